//! What the macro makes: the implementation of the trait `Workflow`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use crate::model::{Argument, Handler, WorkflowModel};

/// The block as it was, and the trait.
pub(crate) fn workflow(model: &WorkflowModel) -> TokenStream {
    let WorkflowModel { name, description, item, .. } = model;
    let self_ty = &item.self_ty;
    let signal_definitions = model.signals.iter().map(|handler| definition(&quote!(signal), handler));
    let query_definitions = model.queries.iter().map(|handler| definition(&quote!(query), handler));
    let init = init(model.init.as_ref());
    let run = run(&model.run);
    let signals = model.signals.iter().map(signal);
    let queries = model.queries.iter().map(query);
    quote! {
        #item

        #[automatically_derived]
        #[allow(unused_mut, unused_variables, reason = "a workflow need not use all that it is given")]
        impl ::dalsegno_sdk::Workflow for #self_ty {
            fn definition() -> ::dalsegno_sdk::__private::Definition {
                ::dalsegno_sdk::__private::Definition::new(#name, #description)
                    #(#signal_definitions)*
                    #(#query_definitions)*
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
            ) -> ::dalsegno_sdk::__private::Handled {
                match name {
                    #(#signals)*
                    _ => ::dalsegno_sdk::__private::Handled::Unknown,
                }
            }

            fn query(
                &self,
                name: &str,
                mut input: ::dalsegno_sdk::Arguments<'_>,
            ) -> ::core::option::Option<
                ::core::result::Result<::dalsegno_sdk::Payload, ::dalsegno_sdk::Failure>,
            > {
                match name {
                    #(#queries)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

fn definition(kind: &TokenStream, handler: &Handler) -> TokenStream {
    let Handler { name, description, .. } = handler;
    quote!(.#kind(#name, #description))
}

fn init(handler: Option<&Handler>) -> TokenStream {
    let Some(handler) = handler else {
        return quote!(::core::result::Result::Ok(<Self as ::core::default::Default>::default()));
    };
    let (method, variables, read) = (&handler.method, variables(handler), read_or_return(handler));
    let result = if handler.is_fallible { quote!(?) } else { quote!() };
    quote! {
        #(#read)*
        ::core::result::Result::Ok(Self::#method(#(#variables),*) #result)
    }
}

fn run(handler: &Handler) -> TokenStream {
    let (method, variables, read) = (&handler.method, variables(handler), read_or_return(handler));
    let result = if handler.is_fallible { quote!(?) } else { quote!() };
    quote! {
        #(#read)*
        ::core::result::Result::Ok(::std::boxed::Box::pin(async move {
            let result = Self::#method(context, #(#variables),*).await #result;
            ::core::result::Result::Ok(::dalsegno_sdk::Payload::json(&result)?)
        }))
    }
}

fn signal(handler: &Handler) -> TokenStream {
    let Handler { name, method, arguments, .. } = handler;
    let variables = variables(handler);
    let read = variables.iter().zip(arguments).map(|(variable, Argument { name, ty })| {
        quote! {
            let #variable = match input.next::<#ty>(#name) {
                ::core::result::Result::Ok(argument) => argument,
                ::core::result::Result::Err(failure) => {
                    return ::dalsegno_sdk::__private::Handled::BadArguments(failure);
                }
            };
        }
    });
    let call = if handler.is_async {
        quote! {
            let handler = Self::#method(::core::clone::Clone::clone(context), #(#variables),*);
            ::dalsegno_sdk::__private::Handled::Task(::std::boxed::Box::pin(async move {
                ::dalsegno_sdk::__private::HandlerResult::into_result(handler.await)
            }))
        }
    } else {
        quote! {
            let result = context.state_mut(|state| state.#method(#(#variables),*));
            ::dalsegno_sdk::__private::Handled::Done(
                ::dalsegno_sdk::__private::HandlerResult::into_result(result),
            )
        }
    };
    quote!(#name => { #(#read)* #call })
}

fn query(handler: &Handler) -> TokenStream {
    let Handler { name, method, .. } = handler;
    let (variables, read) = (variables(handler), read_or_return(handler));
    let result = if handler.is_fallible { quote!(?) } else { quote!() };
    quote! {
        #name => {
            let mut answer = || -> ::core::result::Result<
                ::dalsegno_sdk::Payload,
                ::dalsegno_sdk::Failure,
            > {
                #(#read)*
                let result = self.#method(#(#variables),*) #result;
                ::core::result::Result::Ok(::dalsegno_sdk::Payload::json(&result)?)
            };
            ::core::option::Option::Some(answer())
        }
    }
}

fn variables(handler: &Handler) -> Vec<Ident> {
    (0..handler.arguments.len()).map(|index| format_ident!("argument_{index}")).collect()
}

fn read_or_return(handler: &Handler) -> Vec<TokenStream> {
    let variables = variables(handler);
    let read = variables.iter().zip(&handler.arguments);
    read.map(|(variable, Argument { name, ty })| quote!(let #variable = input.next::<#ty>(#name)?;)).collect()
}
