//! JSON Schemas of arguments: by them the host refuses what does not fit before the workflow has it.
//!
//! Types that implement `JsonSchema` have one; which those are is found at the call, where the type is known: the
//! method of [`KnownSchema`] is found without a further reference, so it comes before that of [`UnknownSchema`].

use std::marker::PhantomData;

/// The schema of anything.
const ANYTHING: &str = "true";

/// A type that may have a schema.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// Of this type.
    #[expect(clippy::new_without_default, reason = "the macro alone makes it")]
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// Types with a schema.
pub trait KnownSchema {
    /// As text.
    fn schema(&self) -> String;
}

/// Types without.
pub trait UnknownSchema {
    /// As text.
    fn schema(&self) -> String;
}

#[cfg(feature = "schemas")]
impl<T: schemars::JsonSchema> KnownSchema for Probe<T> {
    fn schema(&self) -> String {
        let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>();
        schema.remove("$schema");
        schema.to_value().to_string()
    }
}

/// Only so that the trait has an implementation.
#[cfg(not(feature = "schemas"))]
impl KnownSchema for () {
    fn schema(&self) -> String {
        ANYTHING.to_owned()
    }
}

impl<T> UnknownSchema for &Probe<T> {
    fn schema(&self) -> String {
        ANYTHING.to_owned()
    }
}
