//! The macros of `dalsegno-sdk`; use them from there.
//!
//! Read `model` first: what is taken from the code; then `expand`: what is made of it.

mod expand;
mod function;
mod handler;
mod model;
mod names;
mod options;

use proc_macro::TokenStream;
use syn::{Error, Item, parse_macro_input};

use crate::{model::WorkflowModel, options::Options};

/// Documented where it is used from: in `dalsegno-sdk`.
#[proc_macro_attribute]
pub fn workflow(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as Options);
    let expanded = match parse_macro_input!(item as Item) {
        Item::Impl(item) => WorkflowModel::take_from(item, options).map(|model| expand::workflow(&model)),
        Item::Fn(item) => function::workflow(item, options),
        other => {
            Err(Error::new_spanned(other, "`#[workflow]` stands before an `impl` block or an `async fn`"))
        }
    };
    expanded.unwrap_or_else(Error::into_compile_error).into()
}
