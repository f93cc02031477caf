//! A method that is called from outside, and what it has to look like.

use syn::{Attribute, Error, FnArg, Ident, ImplItemFn, Pat, Result, ReturnType, Signature, Type};

use crate::{
    model::description,
    options::{Options, Unfinished},
};

/// What a method is called for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Role {
    Init,
    Run,
    Signal,
    Query,
    Update,
    Validator,
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
    /// It takes the names that no other has.
    pub(crate) is_dynamic: bool,
    pub(crate) unfinished: Unfinished,
    /// The method that decides on an update before.
    pub(crate) validator: Option<Ident>,
}

/// An argument that the caller gives.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

impl Role {
    /// The one that an attribute names.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        match attribute.path().get_ident()?.to_string().as_str() {
            "init" => Some(Self::Init),
            "run" => Some(Self::Run),
            "signal" => Some(Self::Signal),
            "query" => Some(Self::Query),
            "update" => Some(Self::Update),
            "validator" => Some(Self::Validator),
            _ => None,
        }
    }

    /// Why a method cannot have this role.
    fn objection(self, is_async: bool, has_self: bool) -> Option<&'static str> {
        match (self, is_async, has_self) {
            (Self::Run, false, _) => Some("`#[run]` is an `async fn`"),
            (Self::Run, true, true) => Some("`#[run]` takes `ctx: Context<Self>` instead of `self`"),
            (Self::Signal | Self::Update, true, true) => {
                Some("an asynchronous handler takes `ctx: Context<Self>` instead of `self`")
            }
            (Self::Signal, false, false) => Some("a signal's handler takes `&mut self`"),
            (Self::Update, false, false) => Some("an update's handler takes `&mut self`"),
            (Self::Query, true, _) | (Self::Query, _, false) => {
                Some("a query's handler takes `&self` and is not `async`")
            }
            (Self::Validator, true, _) | (Self::Validator, _, false) => {
                Some("a validator takes `&self` and is not `async`")
            }
            (Self::Init, true, _) | (Self::Init, _, true) => {
                Some("`#[init]` takes the workflow's arguments, returns `Self`, and is not `async`")
            }
            _ => None,
        }
    }

    /// Why a method of this role cannot have these options.
    fn objection_to(self, options: &Options, is_async: bool) -> Option<&'static str> {
        let is_called_by_name = matches!(self, Self::Signal | Self::Query | Self::Update);
        match options {
            Options { name: Some(_), dynamic: true, .. } => Some("a dynamic handler has no name of its own"),
            Options { dynamic: true, .. } if !is_called_by_name => {
                Some("only signals, queries and updates have a dynamic handler")
            }
            Options { name: Some(_), .. } if !is_called_by_name => {
                Some("only signals, queries and updates have a name")
            }
            Options { unfinished: Some(_), .. } if !is_async || self == Self::Run => {
                Some("only an asynchronous handler can be unfinished when the run closes")
            }
            _ => None,
        }
    }
}

impl Handler {
    pub(crate) fn of(method: &ImplItemFn, role: Role, options: Options) -> Result<Self> {
        let signature = &method.sig;
        let is_async = signature.asyncness.is_some();
        let mut inputs = signature.inputs.iter().peekable();
        let has_self = inputs.next_if(|input| matches!(input, FnArg::Receiver(_))).is_some();
        let objection = role.objection(is_async, has_self).or_else(|| role.objection_to(&options, is_async));
        if let Some(message) = objection {
            return Err(Error::new_spanned(signature, message));
        }
        if is_async && inputs.next().is_none() {
            return Err(Error::new_spanned(signature, "the first parameter is `ctx: Context<Self>`"));
        }
        let arguments: Vec<_> =
            inputs.enumerate().filter_map(|(index, input)| Argument::of(index, input)).collect();
        if options.dynamic && arguments.len() != 2 {
            return Err(Error::new_spanned(
                signature,
                "a dynamic handler is given `name: String, input: Vec<Payload>`",
            ));
        }
        Ok(Self {
            name: options.name.unwrap_or_else(|| method_name(signature)),
            description: description(&method.attrs),
            method: signature.ident.clone(),
            arguments,
            is_async,
            is_fallible: returns_result(&signature.output),
            is_dynamic: options.dynamic,
            unfinished: options.unfinished.unwrap_or(Unfinished::Warn),
            validator: None,
        })
    }
}

fn method_name(signature: &Signature) -> String {
    signature.ident.to_string().trim_start_matches("r#").to_owned()
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
