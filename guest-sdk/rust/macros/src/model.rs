//! What the macro takes from the code: the handlers of an `impl` block.

use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Lit, LitStr, Meta, Pat,
    Result, ReturnType, Token, Type,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use crate::names::kebab_case;

/// What stands in the parentheses of an attribute.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<String>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "name" {
                return Err(Error::new(key.span(), "only `name = \"…\"` is known here"));
            }
            input.parse::<Token![=]>()?;
            options.name = Some(input.parse::<LitStr>()?.value());
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// A workflow type.
pub(crate) struct WorkflowModel {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The block without our attributes.
    pub(crate) item: ItemImpl,
    pub(crate) init: Option<Handler>,
    pub(crate) run: Handler,
    pub(crate) signals: Vec<Handler>,
    pub(crate) queries: Vec<Handler>,
}

/// A method that is called from outside.
pub(crate) struct Handler {
    /// As callers know it.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) method: Ident,
    pub(crate) arguments: Vec<Argument>,
    /// It takes the context instead of `self`.
    pub(crate) is_async: bool,
    /// It returns a `Result`.
    pub(crate) is_fallible: bool,
}

/// An argument that the caller gives.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Init,
    Run,
    Signal,
    Query,
}

impl WorkflowModel {
    /// Reads the block, and takes our attributes out of it.
    pub(crate) fn take_from(mut item: ItemImpl, options: Options) -> Result<Self> {
        if let Some((path, _)) = &item.trait_ {
            return Err(Error::new_spanned(
                path,
                "`#[workflow]` stands before an `impl` block without a trait",
            ));
        }
        if !item.generics.params.is_empty() {
            return Err(Error::new_spanned(&item.generics, "a workflow type has no parameters"));
        }
        let name = options.name.map_or_else(|| type_name(&item.self_ty).map(|name| kebab_case(&name)), Ok)?;
        let description = description(&item.attrs);
        let (mut init, mut run, mut signals, mut queries) = (None, None, Vec::new(), Vec::new());
        for member in &mut item.items {
            let ImplItem::Fn(method) = member else { continue };
            let Some((role, options)) = take_role(method)? else {
                continue;
            };
            let handler = Handler::of(method, role, options)?;
            match role {
                Role::Init => set_once(&mut init, handler)?,
                Role::Run => set_once(&mut run, handler)?,
                Role::Signal => push_named(&mut signals, handler)?,
                Role::Query => push_named(&mut queries, handler)?,
            }
        }
        let Some(run) = run else {
            return Err(Error::new_spanned(&item.self_ty, "a workflow has one `#[run] async fn`"));
        };
        Ok(Self { name, description, item, init, run, signals, queries })
    }
}

fn set_once(place: &mut Option<Handler>, handler: Handler) -> Result<()> {
    match place.replace(handler) {
        None => Ok(()),
        Some(first) => Err(Error::new(first.method.span(), "there is another method of this kind")),
    }
}

fn push_named(handlers: &mut Vec<Handler>, handler: Handler) -> Result<()> {
    if handlers.iter().any(|other| other.name == handler.name) {
        let message = format!("there is another handler named `{}`", handler.name);
        return Err(Error::new(handler.method.span(), message));
    }
    handlers.push(handler);
    Ok(())
}

/// Takes the attribute that makes a handler of a method.
fn take_role(method: &mut ImplItemFn) -> Result<Option<(Role, Options)>> {
    let mut found = None;
    let mut others = Vec::new();
    for attribute in std::mem::take(&mut method.attrs) {
        let Some(role) = role(&attribute) else {
            others.push(attribute);
            continue;
        };
        if found.is_some() {
            return Err(Error::new_spanned(attribute, "a method is one kind of handler"));
        }
        let options = match &attribute.meta {
            Meta::Path(_) => Options::default(),
            _ => attribute.parse_args::<Options>()?,
        };
        found = Some((role, options));
    }
    method.attrs = others;
    Ok(found)
}

fn role(attribute: &Attribute) -> Option<Role> {
    match attribute.path().get_ident()?.to_string().as_str() {
        "init" => Some(Role::Init),
        "run" => Some(Role::Run),
        "signal" => Some(Role::Signal),
        "query" => Some(Role::Query),
        _ => None,
    }
}

impl Handler {
    fn of(method: &ImplItemFn, role: Role, options: Options) -> Result<Self> {
        let signature = &method.sig;
        let is_async = signature.asyncness.is_some();
        let error = |message: &str| Err(Error::new_spanned(signature, message));
        let mut inputs = signature.inputs.iter().peekable();
        let receiver = inputs.next_if(|input| matches!(input, FnArg::Receiver(_)));
        match (role, is_async, receiver.is_some()) {
            (Role::Run, false, _) => return error("`#[run]` is an `async fn`"),
            (Role::Run, true, true) => return error("`#[run]` takes `ctx: Context<Self>` instead of `self`"),
            (Role::Signal, true, true) => {
                return error("an asynchronous handler takes `ctx: Context<Self>` instead of `self`");
            }
            (Role::Signal, false, false) => return error("a signal's handler takes `&mut self`"),
            (Role::Query, true, _) | (Role::Query, _, false) => {
                return error("a query's handler takes `&self` and is not `async`");
            }
            (Role::Init, true, _) | (Role::Init, _, true) => {
                return error("`#[init]` takes the workflow's arguments, returns `Self`, and is not `async`");
            }
            _ => {}
        }
        if is_async && inputs.next().is_none() {
            return error("the first parameter is `ctx: Context<Self>`");
        }
        let method_name = signature.ident.to_string();
        Ok(Self {
            name: options.name.unwrap_or_else(|| method_name.trim_start_matches("r#").to_owned()),
            description: description(&method.attrs),
            method: signature.ident.clone(),
            arguments: inputs.enumerate().filter_map(|(index, input)| Argument::of(index, input)).collect(),
            is_async,
            is_fallible: returns_result(&signature.output),
        })
    }
}

impl Argument {
    fn of(index: usize, input: &FnArg) -> Option<Self> {
        let FnArg::Typed(typed) = input else { return None };
        let name = match &*typed.pat {
            Pat::Ident(pattern) => pattern.ident.to_string().trim_start_matches('_').to_owned(),
            _ => format!("number {}", index + 1),
        };
        Some(Self { name, ty: (*typed.ty).clone() })
    }
}

fn returns_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    let Type::Path(path) = &**ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Result")
}

fn type_name(ty: &Type) -> Result<String> {
    if let Type::Path(path) = ty
        && let Some(segment) = path.path.segments.last()
    {
        return Ok(segment.ident.to_string());
    }
    Err(Error::new(ty.span(), "this type has no name of its own: give one by `#[workflow(name = \"…\")]`"))
}

/// The text of the documentation comments.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else {
            return None;
        };
        meta.path.is_ident("doc").then(|| text.value().trim().to_owned())
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn error(item: ItemImpl) -> String {
        let Err(error) = WorkflowModel::take_from(item, Options::default()) else {
            return "none".to_owned();
        };
        error.to_string()
    }

    #[test]
    fn handlers_are_found_with_their_names_and_comments() {
        let item = parse_quote! {
            impl OrderFulfilment {
                #[run]
                async fn run(ctx: Context<Self>, order: Order) -> Result<Receipt, Failure> {}
                /// Says yes.
                #[signal(name = "approve")]
                fn approved(&mut self, by: String) {}
                #[query]
                fn status(&self) -> Status {}
                fn helper(&self) {}
            }
        };
        let model = WorkflowModel::take_from(item, Options::default()).unwrap();
        assert_eq!(model.name, "order-fulfilment");
        assert_eq!(model.run.arguments[0].name, "order");
        assert!(model.run.is_fallible && model.run.is_async);
        assert_eq!(model.signals[0].name, "approve");
        assert_eq!(model.signals[0].description, "Says yes.");
        assert_eq!(model.queries[0].name, "status");
        assert!(!model.queries[0].is_fallible);
    }

    #[test]
    fn mistakes_are_named() {
        let none = error(parse_quote!(impl W {}));
        assert_eq!(none, "a workflow has one `#[run] async fn`");
        let blocking = error(parse_quote!(impl W { #[run] fn run(ctx: Context<Self>) {} }));
        assert_eq!(blocking, "`#[run]` is an `async fn`");
        let bare = error(parse_quote!(impl W { #[run] async fn run() {} }));
        assert_eq!(bare, "the first parameter is `ctx: Context<Self>`");
        let mutable = error(parse_quote!(impl W { #[query] async fn q(&self) {} }));
        assert_eq!(mutable, "a query's handler takes `&self` and is not `async`");
        let twice = error(
            parse_quote!(impl W { #[signal] fn a(&mut self) {} #[signal(name = "a")] fn b(&mut self) {} }),
        );
        assert_eq!(twice, "there is another handler named `a`");
        let option = syn::parse_str::<Options>("nam = \"x\"").err().unwrap().to_string();
        assert_eq!(option, "only `name = \"…\"` is known here");
    }
}
