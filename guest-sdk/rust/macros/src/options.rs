//! What stands in the parentheses of an attribute.

use syn::{
    Attribute, Error, Ident, LitStr, Meta, Result, Token,
    parse::{Parse, ParseStream},
};

/// `name = "…"`, `dynamic`, `unfinished = "…"`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<String>,
    /// The handler takes the names that no other has.
    pub(crate) dynamic: bool,
    /// What is said of the handler if the run closes before it ends.
    pub(crate) unfinished: Option<Unfinished>,
}

/// What becomes of a handler that has not ended when the run closes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unfinished {
    Warn,
    Abandon,
}

const KNOWN: &str = "only `name = \"…\"`, `dynamic` and `unfinished = \"…\"` are known here";

impl Options {
    /// Those of an attribute, which may have none.
    pub(crate) fn of(attribute: &Attribute) -> Result<Self> {
        match &attribute.meta {
            Meta::Path(_) => Ok(Self::default()),
            _ => attribute.parse_args(),
        }
    }

    fn read(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key: Ident = input.parse()?;
        match key.to_string().as_str() {
            "name" => self.name = Some(value(input)?.value()),
            "dynamic" => self.dynamic = true,
            "unfinished" => {
                let policy = value(input)?;
                self.unfinished = Some(match policy.value().as_str() {
                    "warn" => Unfinished::Warn,
                    "abandon" => Unfinished::Abandon,
                    _ => return Err(Error::new(policy.span(), "it is \"warn\" or \"abandon\"")),
                });
            }
            _ => return Err(Error::new(key.span(), KNOWN)),
        }
        Ok(())
    }
}

fn value(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            options.read(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        syn::parse_str(text)
    }

    #[test]
    fn all_options_are_read() {
        let options = parse("name = \"x\", unfinished = \"abandon\"").unwrap();
        assert_eq!(options.name.as_deref(), Some("x"));
        assert_eq!(options.unfinished, Some(Unfinished::Abandon));
        assert!(!options.dynamic && parse("dynamic").unwrap().dynamic);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text| parse(text).err().unwrap().to_string();
        assert_eq!(error("nam = \"x\""), KNOWN);
        assert_eq!(error("unfinished = \"wait\""), "it is \"warn\" or \"abandon\"");
    }
}
