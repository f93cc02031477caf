//! Values that a user types: ids, JSON, files.

use std::{io::Read as _, path::Path};

use clap::Args;
use dalsegno_engine::{ids::check_id, retry::RetryPolicy};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, value::RawValue};

use crate::error::CliError;

/// The file name that means stdin.
const STDIN: &str = "-";

/// An id or a name: what a path can carry.
pub(crate) fn id(text: &str) -> Result<String, String> {
    match check_id(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(problem) => Err(format!("it {problem}")),
    }
}

/// Arguments for a workflow or a handler.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub(crate) struct InputArgs {
    /// The arguments, a JSON array: one element for each
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    input: Option<String>,
    /// A file with that array; `-` is stdin
    #[arg(long, value_name = "FILE")]
    input_file: Option<String>,
}

impl InputArgs {
    /// The array, byte for byte; `None` if there are no arguments.
    pub(crate) fn read(&self) -> Result<Option<Box<RawValue>>, CliError> {
        if let Some(text) = &self.input {
            return arguments("--input", text).map(Some);
        }
        let Some(file) = &self.input_file else { return Ok(None) };
        let text = String::from_utf8(read_file(Path::new(file))?);
        let text = text.map_err(|_| CliError::usage(format!("{file} is not text in UTF-8")))?;
        arguments(file, &text).map(Some)
    }
}

/// The array of arguments that an option of this name has, byte for byte.
pub(crate) fn optional_arguments(
    option: &str,
    text: Option<&str>,
) -> Result<Option<Box<RawValue>>, CliError> {
    text.map(|text| arguments(option, text)).transpose()
}

/// A retry policy as JSON; what it does not say is as if absent.
pub(crate) fn retry_policy(text: &str) -> Result<RetryPolicy, String> {
    let policy: RetryPolicy = serde_json::from_str(text).map_err(|error| {
        format!("it is no retry policy: {error}; write one like {{\"maximum_attempts\": 3}}")
    })?;
    policy.check()?;
    Ok(policy)
}

/// The content of a file, or of stdin.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, CliError> {
    let read = if path == Path::new(STDIN) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))
}

fn arguments(from: &str, text: &str) -> Result<Box<RawValue>, CliError> {
    let json: Value = serde_json::from_str(text).map_err(|error| {
        let hint = "a text needs double quotes, as in '[\"World\"]'";
        CliError::usage(format!("{from} is no JSON: {error}\n  help: {hint}"))
    })?;
    if !json.is_array() {
        let wrapped = crate::output::one_line(text, 60);
        let hint = format!("wrap it in [ ], one element for each argument: '[{wrapped}]'");
        return Err(CliError::usage(format!("{from} is JSON, but no array of arguments\n  help: {hint}")));
    }
    raw(text)
}

fn raw(text: &str) -> Result<Box<RawValue>, CliError> {
    RawValue::from_string(text.trim().to_owned()).map_err(|error| CliError::usage(error.to_string()))
}

/// A name and its JSON, typed as `NAME=JSON`.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    name: String,
    value: Box<RawValue>,
}

impl std::str::FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, json) = text.split_once('=').ok_or("write NAME=JSON")?;
        if name.is_empty() {
            return Err("the name before `=` is empty".to_owned());
        }
        let value = RawValue::from_string(json.trim().to_owned());
        let value = value.map_err(|error| {
            format!("what follows `=` is no JSON: {error}; a text needs double quotes: '{name}=\"…\"'")
        })?;
        Ok(Self { name: name.to_owned(), value })
    }
}

/// Pairs as a JSON object.
#[derive(Debug)]
pub(crate) struct Pairs<'a>(&'a [Pair]);

impl<'a> Pairs<'a> {
    /// Of these; `None` if there are none.
    pub(crate) fn new(option: &str, pairs: &'a [Pair]) -> Result<Option<Self>, CliError> {
        for (at, pair) in pairs.iter().enumerate() {
            if pairs[..at].iter().any(|before| before.name == pair.name) {
                return Err(CliError::usage(format!("{option} names `{}` twice", pair.name)));
            }
        }
        Ok((!pairs.is_empty()).then_some(Self(pairs)))
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for pair in self.0 {
            map.serialize_entry(&pair.name, &pair.value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &str) -> Result<Option<Box<RawValue>>, CliError> {
        InputArgs { input: Some(input.to_owned()), input_file: None }.read()
    }

    #[test]
    fn arguments_are_kept_byte_for_byte() {
        let text = "[ {\"n\": 1.50}, 12345678901234567890123 ]";
        let input = typed(&format!("  {text}\n")).expect("it is an array").expect("it is there");
        assert_eq!(input.get(), text);
        assert!(InputArgs::default().read().expect("nothing is wrong").is_none());
    }

    #[test]
    fn what_is_no_array_is_explained() {
        let error = typed("{\"order\": 1}").expect_err("it is refused").to_string();
        assert!(error.contains("wrap it in [ ]") && error.contains("'[{\"order\": 1}]'"), "{error}");
        let error = typed("World").expect_err("it is refused").to_string();
        assert!(error.contains("no JSON") && error.contains("double quotes"), "{error}");
        assert!(matches!(typed("[1] [2]"), Err(CliError::Usage(_))));
    }

    #[test]
    fn a_file_that_is_not_there_is_wrong_usage() {
        let args = InputArgs { input: None, input_file: Some("/nowhere/input.json".to_owned()) };
        assert!(matches!(args.read(), Err(CliError::Usage(text)) if text.contains("/nowhere/input.json")));
    }

    #[test]
    fn pairs_become_an_object() {
        let pairs: Vec<Pair> =
            ["b={\"x\": 1.0}", "a=\"=\""].iter().map(|text| text.parse().expect("a pair")).collect();
        let object = Pairs::new("--memo", &pairs).expect("nothing is wrong").expect("there are some");
        assert_eq!(serde_json::to_string(&object).expect("plain data"), r#"{"b":{"x": 1.0},"a":"="}"#);
        assert!(Pairs::new("--memo", &[]).expect("nothing is wrong").is_none());
    }

    #[test]
    fn a_retry_policy_is_checked_as_it_is_typed() {
        let policy =
            retry_policy(r#"{"maximum_attempts": 3, "initial_interval": "10s"}"#).expect("it is right");
        assert_eq!((policy.maximum_attempts, policy.initial_interval.0), (3, 10_000));
        for text in ["3", r#"{"attempts": 3}"#, r#"{"backoff_coefficient": 0.5}"#] {
            assert!(retry_policy(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wrong_pairs_are_refused() {
        for text in ["a", "=1", "a=b", "a="] {
            assert!(text.parse::<Pair>().is_err(), "{text}");
        }
        let twice: Vec<Pair> = ["a=1", "a=2"].iter().map(|text| text.parse().expect("a pair")).collect();
        assert!(Pairs::new("--memo", &twice).is_err());
    }
}
