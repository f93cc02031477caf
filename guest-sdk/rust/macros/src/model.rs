//! What the macro takes from the code: the handlers of an `impl` block.

use syn::{
    Attribute, Error, Expr, ExprLit, Ident, ImplItem, ImplItemFn, ItemImpl, Lit, Meta, Result, Type,
    spanned::Spanned,
};

use crate::{
    handler::{Handler, Role},
    names::kebab_case,
    options::Options,
};

/// A workflow type.
pub(crate) struct WorkflowModel {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The block without our attributes.
    pub(crate) item: ItemImpl,
    pub(crate) init: Option<Handler>,
    pub(crate) run: Handler,
    pub(crate) signals: Handlers,
    pub(crate) queries: Handlers,
    pub(crate) updates: Handlers,
}

/// The handlers of one kind.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) named: Vec<Handler>,
    pub(crate) dynamic: Option<Handler>,
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
        if options.dynamic || options.unfinished.is_some() {
            return Err(Error::new_spanned(&item.self_ty, "a workflow type has only the option `name`"));
        }
        let name = options.name.map_or_else(|| type_name(&item.self_ty).map(|name| kebab_case(&name)), Ok)?;
        let description = description(&item.attrs);
        let (mut init, mut run, mut validators) = (None, None, Vec::new());
        let (mut signals, mut queries, mut updates) =
            (Handlers::default(), Handlers::default(), Handlers::default());
        for member in &mut item.items {
            let ImplItem::Fn(method) = member else { continue };
            let Some((role, attribute)) = take_role(method)? else {
                continue;
            };
            let options = if role == Role::Validator { Options::default() } else { Options::of(&attribute)? };
            let handler = Handler::of(method, role, options)?;
            match role {
                Role::Init => set_once(&mut init, handler)?,
                Role::Run => set_once(&mut run, handler)?,
                Role::Signal => signals.push(handler)?,
                Role::Query => queries.push(handler)?,
                Role::Update => updates.push(handler)?,
                Role::Validator => validators.push((attribute.parse_args::<Ident>()?, handler)),
            }
        }
        for (validated, validator) in validators {
            updates.validate(&validated, &validator)?;
        }
        let Some(run) = run else {
            return Err(Error::new_spanned(&item.self_ty, "a workflow has one `#[run] async fn`"));
        };
        Ok(Self { name, description, item, init, run, signals, queries, updates })
    }
}

impl Handlers {
    fn push(&mut self, handler: Handler) -> Result<()> {
        if handler.is_dynamic {
            return set_once(&mut self.dynamic, handler);
        }
        if self.named.iter().any(|other| other.name == handler.name) {
            let message = format!("there is another handler named `{}`", handler.name);
            return Err(Error::new(handler.method.span(), message));
        }
        self.named.push(handler);
        Ok(())
    }

    /// Gives the update of a method its validator.
    fn validate(&mut self, validated: &Ident, validator: &Handler) -> Result<()> {
        let mut updates = self.named.iter_mut().chain(&mut self.dynamic);
        let Some(update) = updates.find(|update| update.method == *validated) else {
            return Err(Error::new(validated.span(), "there is no `#[update]` method of this name"));
        };
        if update.arguments.len() != validator.arguments.len() {
            return Err(Error::new(validator.method.span(), "a validator has the arguments of its update"));
        }
        match update.validator.replace(validator.method.clone()) {
            None => Ok(()),
            Some(first) => Err(Error::new(first.span(), "there is another validator of this update")),
        }
    }
}

fn set_once(place: &mut Option<Handler>, handler: Handler) -> Result<()> {
    match place.replace(handler) {
        None => Ok(()),
        Some(first) => Err(Error::new(first.method.span(), "there is another method of this kind")),
    }
}

/// Takes the attribute that makes a handler of a method.
fn take_role(method: &mut ImplItemFn) -> Result<Option<(Role, Attribute)>> {
    let mut found = None;
    let mut others = Vec::new();
    for attribute in std::mem::take(&mut method.attrs) {
        let Some(role) = Role::of(&attribute) else {
            others.push(attribute);
            continue;
        };
        if found.is_some() {
            return Err(Error::new_spanned(attribute, "a method is one kind of handler"));
        }
        found = Some((role, attribute));
    }
    method.attrs = others;
    Ok(found)
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
        assert_eq!(model.signals.named[0].name, "approve");
        assert_eq!(model.signals.named[0].description, "Says yes.");
        assert_eq!(model.queries.named[0].name, "status");
        assert!(!model.queries.named[0].is_fallible);
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
    }

    #[test]
    fn mistakes_of_updates_are_named() {
        let run = quote::quote!(
            #[run]
            async fn run(ctx: Context<Self>) {}
        );
        let stray = error(parse_quote!(impl W { #run #[validator(u)] fn v(&self) {} }));
        assert_eq!(stray, "there is no `#[update]` method of this name");
        let update = quote::quote!(#run #[update] fn u(&mut self, a: u8) {});
        let short = error(parse_quote!(impl W { #update #[validator(u)] fn v(&self) {} }));
        assert_eq!(short, "a validator has the arguments of its update");
        let waits = error(parse_quote!(impl W { #update #[validator(u)] async fn v(&self, a: u8) {} }));
        assert_eq!(waits, "a validator takes `&self` and is not `async`");
        let dynamic = error(parse_quote!(impl W { #run #[update(dynamic)] fn u(&mut self, a: u8) {} }));
        assert_eq!(dynamic, "a dynamic handler is given `name: String, input: Vec<Payload>`");
        let done = error(parse_quote!(impl W { #run #[signal(unfinished = "warn")] fn s(&mut self) {} }));
        assert_eq!(done, "only an asynchronous handler can be unfinished when the run closes");
    }
}
