//! What the macro makes: the implementation of the trait `Workflow`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use crate::{
    handler::{Argument, Handler},
    model::{Handlers, WorkflowModel},
    options::Unfinished,
};

/// The block as it was, and the trait.
pub(crate) fn workflow(model: &WorkflowModel) -> TokenStream {
    let item = &model.item;
    let (self_ty, name) = (&item.self_ty, &model.name);
    let (definition, init, run) = (definition(model), init(model.init.as_ref()), run(&model.run));
    let signals = dispatch(&model.signals, signal, &quote!(::dalsegno_sdk::__private::Handled::Unknown));
    let updates = dispatch(&model.updates, update, &quote!(::dalsegno_sdk::__private::Handled::Unknown));
    let validators = dispatch(&model.updates, validate, &quote!(::core::option::Option::None));
    let queries = dispatch(&model.queries, query, &quote!(::core::option::Option::None));
    quote! {
        #item

        #[automatically_derived]
        #[allow(unused_mut, unused_variables, reason = "a workflow need not use all that it is given")]
        impl ::dalsegno_sdk::Workflow for #self_ty {
            const NAME: &'static str = #name;

            fn definition() -> ::dalsegno_sdk::__private::Definition {
                #definition
            }

            fn init(
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::core::result::Result<Self, ::dalsegno_sdk::Failure> {
                #init
            }

            fn run(
                context: ::dalsegno_sdk::Context<Self>,
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::core::result::Result<
                ::dalsegno_sdk::__private::LocalFuture<
                    ::core::result::Result<::dalsegno_sdk::Payload, ::dalsegno_sdk::Failure>,
                >,
                ::dalsegno_sdk::Failure,
            > {
                #run
            }

            fn signal(
                context: &::dalsegno_sdk::Context<Self>,
                name: &str,
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::dalsegno_sdk::__private::Handled<()> {
                #signals
            }

            fn update(
                context: &::dalsegno_sdk::Context<Self>,
                name: &str,
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::dalsegno_sdk::__private::Handled<::dalsegno_sdk::Payload> {
                #updates
            }

            fn validate(
                &self,
                name: &str,
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::core::option::Option<::core::result::Result<(), ::dalsegno_sdk::Failure>> {
                #validators
            }

            fn query(
                &self,
                name: &str,
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::core::option::Option<
                ::core::result::Result<::dalsegno_sdk::Payload, ::dalsegno_sdk::Failure>,
            > {
                #queries
            }
        }
    }
}

fn definition(model: &WorkflowModel) -> TokenStream {
    let (description, input) = (&model.description, schemas(&model.run));
    let parts = [(&model.signals, "signal"), (&model.queries, "query"), (&model.updates, "update")];
    let parts = parts.map(|(handlers, kind)| {
        let named = format_ident!("{kind}");
        let dynamic = handlers.dynamic.as_ref().map(|_| format_ident!("dynamic_{kind}"));
        let dynamic = dynamic.iter();
        let handlers = handlers.named.iter().map(|handler| {
            let (Handler { name, description, .. }, input) = (handler, schemas(handler));
            quote!(.#named(#name, #description, #input))
        });
        quote!(#(#handlers)* #(.#dynamic())*)
    });
    quote! {
        #[allow(unused_imports, reason = "whether types have a schema is not known here")]
        use ::dalsegno_sdk::__private::{KnownSchema as _, UnknownSchema as _};
        ::dalsegno_sdk::__private::Definition::new(Self::NAME, #description, #input) #(#parts)*
    }
}

/// The schemas of the arguments. The reference lets a type without a schema have the method of the other trait.
fn schemas(handler: &Handler) -> TokenStream {
    let types = handler.arguments.iter().map(|argument| &argument.ty);
    quote!(::std::vec![#((&::dalsegno_sdk::__private::Probe::<#types>::new()).schema()),*])
}

/// The choice of a handler by its name.
fn dispatch(handlers: &Handlers, call: fn(&Handler) -> TokenStream, unknown: &TokenStream) -> TokenStream {
    let names = handlers.named.iter().map(|handler| &handler.name);
    let calls = handlers.named.iter().map(call);
    let otherwise = handlers.dynamic.as_ref().map_or_else(|| unknown.clone(), call);
    quote! {
        match name {
            #(#names => { #calls })*
            _ => { #otherwise }
        }
    }
}

fn init(handler: Option<&Handler>) -> TokenStream {
    let Some(handler) = handler else {
        return quote!(::core::result::Result::Ok(<Self as ::core::default::Default>::default()));
    };
    let (method, variables, read) = (&handler.method, variables(handler), read_or_return(handler));
    let result = question_mark(handler);
    quote! {
        #read
        ::core::result::Result::Ok(Self::#method(#(#variables),*) #result)
    }
}

fn run(handler: &Handler) -> TokenStream {
    let (method, variables, read) = (&handler.method, variables(handler), read_or_return(handler));
    let result = question_mark(handler);
    quote! {
        #read
        ::core::result::Result::Ok(::std::boxed::Box::pin(async move {
            let result = Self::#method(context, #(#variables),*).await #result;
            ::dalsegno_sdk::__private::outgoing_result("the workflow", &result)
        }))
    }
}

fn signal(handler: &Handler) -> TokenStream {
    let convert =
        |result: TokenStream| quote!(::dalsegno_sdk::__private::HandlerResult::into_result(#result));
    handled(handler, convert)
}

fn update(handler: &Handler) -> TokenStream {
    let question_mark = question_mark(handler);
    let what = format!("the update `{}`", handler.name);
    let convert = |result: TokenStream| {
        quote! {
            let result = #result #question_mark;
            ::dalsegno_sdk::__private::outgoing_result(#what, &result)
        }
    };
    handled(handler, convert)
}

/// The call of a handler that may be asynchronous; `convert` makes its result one that we know.
fn handled(handler: &Handler, convert: impl Fn(TokenStream) -> TokenStream) -> TokenStream {
    let method = &handler.method;
    let variables = variables(handler);
    let unfit = |failure: TokenStream| quote!(::dalsegno_sdk::__private::Handled::BadArguments(#failure));
    let read = read(handler, unfit);
    if handler.is_async {
        let convert = convert(quote!(handler.await));
        let unfinished = match handler.unfinished {
            Unfinished::Warn => quote!(::dalsegno_sdk::__private::Unfinished::Warn),
            Unfinished::Abandon => quote!(::dalsegno_sdk::__private::Unfinished::Abandon),
        };
        quote! {
            #read
            let handler = Self::#method(::core::clone::Clone::clone(context), #(#variables),*);
            ::dalsegno_sdk::__private::Handled::Task(
                ::std::boxed::Box::pin(async move { #convert }),
                #unfinished,
            )
        }
    } else {
        let convert = convert(quote!(state.#method(#(#variables),*)));
        quote! {
            #read
            ::dalsegno_sdk::__private::Handled::Done(context.state_mut(|state| { #convert }))
        }
    }
}

/// Reads the arguments, so that they are known to fit, and asks the validator if there is one.
fn validate(handler: &Handler) -> TokenStream {
    let read = read_or_return(handler);
    let variables = variables(handler);
    let decide = handler.validator.as_ref().map(|validator| {
        quote!(::dalsegno_sdk::__private::HandlerResult::into_result(self.#validator(#(#variables),*))?;)
    });
    let decision = quote! {
        #read
        #decide
        ::core::result::Result::Ok(())
    };
    answer(&quote!(()), &decision)
}

fn query(handler: &Handler) -> TokenStream {
    let method = &handler.method;
    let (variables, read, result) = (variables(handler), read_or_return(handler), question_mark(handler));
    let ask = quote! {
        #read
        let result = self.#method(#(#variables),*) #result;
        ::core::result::Result::Ok(::dalsegno_sdk::ToPayload::to_payload(&result)?)
    };
    answer(&quote!(::dalsegno_sdk::Payload), &ask)
}

fn answer(ty: &TokenStream, body: &TokenStream) -> TokenStream {
    quote! {
        let mut answer = || -> ::core::result::Result<#ty, ::dalsegno_sdk::Failure> { #body };
        ::core::option::Option::Some(answer())
    }
}

fn question_mark(handler: &Handler) -> TokenStream {
    if handler.is_fallible { quote!(?) } else { quote!() }
}

fn variables(handler: &Handler) -> Vec<Ident> {
    (0..handler.arguments.len()).map(|index| format_ident!("argument_{index}")).collect()
}

fn read_or_return(handler: &Handler) -> TokenStream {
    read(handler, |failure| quote!(::core::result::Result::Err(#failure)))
}

/// Reads the arguments into variables; returns what `unfit` makes of the failure if one does not fit.
fn read(handler: &Handler, unfit: impl Fn(TokenStream) -> TokenStream) -> TokenStream {
    let variables = variables(handler);
    if handler.is_dynamic {
        return quote! {
            let (#(#variables),*) = (::std::borrow::ToOwned::to_owned(name), input.rest());
        };
    }
    let unfit = unfit(quote!(failure));
    let read = variables.iter().zip(&handler.arguments).map(|(variable, Argument { name, ty })| {
        quote! {
            let #variable = match input.next::<#ty>(#name) {
                ::core::result::Result::Ok(argument) => argument,
                ::core::result::Result::Err(failure) => return #unfit,
            };
        }
    });
    quote!(#(#read)*)
}
