//! Workflows without handlers: an `async fn` becomes a type of the same name.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, ItemImpl, Result, parse_quote};

use crate::{
    expand,
    model::{WorkflowModel, description},
    names::kebab_case,
    options::Options,
};

/// The function as a unit type with one `#[run]`.
pub(crate) fn workflow(function: ItemFn, mut options: Options) -> Result<TokenStream> {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    if sig.asyncness.is_none() {
        return Err(Error::new_spanned(&sig, "a workflow is an `async fn`"));
    }
    let (ident, inputs, output) = (&sig.ident, &sig.inputs, &sig.output);
    options.name.get_or_insert_with(|| kebab_case(&ident.to_string()));
    let item: ItemImpl = parse_quote! {
        impl #ident {
            #[run]
            async fn run(_: ::dalsegno_sdk::Context<Self>, #inputs) #output #block
        }
    };
    let mut model = WorkflowModel::take_from(item, options)?;
    model.description = description(&attrs);
    let expanded = expand::workflow(&model);
    Ok(quote! {
        #(#attrs)*
        #[allow(non_camel_case_types, reason = "the type is named as the function is")]
        // In braces: the name of a unit type could not be used for a variable any more.
        #[derive(Debug, Default)]
        #vis struct #ident {}

        #expanded
    })
}
