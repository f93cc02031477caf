//! Bodies that begin a workflow and do something with it: the fields of both in one object.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::start::StartBody;

/// What is done with a workflow that may have to be started for it.
pub(crate) trait With: DeserializeOwned + ToSchema {
    /// Its fields; all others are those of the start.
    const FIELDS: &[&str];
}

/// The start, and what comes with it.
pub(crate) struct WithStart<T> {
    pub(crate) start: StartBody,
    pub(crate) with: T,
}

impl<'de, T: With> Deserialize<'de> for WithStart<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: With> Visitor<'de> for Fields<T> {
            type Value = WithStart<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WithStart<T>, A::Error> {
                let (mut start, mut with) = (Object::default(), Object::default());
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    let part = if T::FIELDS.contains(&name.as_str()) { &mut with } else { &mut start };
                    part.add(&name, &value).map_err(A::Error::custom)?;
                }
                let with = with.read().map_err(A::Error::custom)?;
                Ok(WithStart { start: start.read().map_err(A::Error::custom)?, with })
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// The text of an object that grows, each value byte for byte.
#[derive(Default)]
struct Object(String);

impl Object {
    fn add(&mut self, name: &str, value: &RawValue) -> serde_json::Result<()> {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&serde_json::to_string(name)?);
        self.0.push(':');
        self.0.push_str(value.get());
        Ok(())
    }

    fn read<T: DeserializeOwned>(mut self) -> Result<T, String> {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        let mut json = serde_json::Deserializer::from_str(&self.0);
        serde_path_to_error::deserialize(&mut json).map_err(|at| match at.path().iter().next() {
            Some(_) => format!("{}: {}", at.path(), at.inner()),
            None => at.inner().to_string(),
        })
    }
}

impl<T: With> PartialSchema for WithStart<T> {
    fn schema() -> RefOr<Schema> {
        match (StartBody::schema(), T::schema()) {
            (RefOr::T(Schema::Object(mut start)), RefOr::T(Schema::Object(with))) => {
                start.properties.extend(with.properties);
                start.required.extend(with.required);
                start.description = with.description;
                Schema::Object(start).into()
            }
            (_, with) => with,
        }
    }
}

impl<T: With> ToSchema for WithStart<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        StartBody::schemas(schemas);
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Extra {
        extra: String,
    }

    impl With for Extra {
        const FIELDS: &[&str] = &["extra"];
    }

    fn read(text: &str) -> Result<WithStart<Extra>, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn each_part_takes_its_own_fields() {
        let both = read(r#"{"extra": "x", "workflow_type": "order", "input": [ {"n": 1.0} ]}"#);
        assert_eq!(both.expect("it has both parts").with.extra, "x");
    }

    #[test]
    fn what_is_missing_or_not_known_is_told() {
        for (text, part) in [
            (r#"{"workflow_type": "order"}"#, "`extra`"),
            (r#"{"extra": "x"}"#, "`workflow_type`"),
            (r#"{"extra": "x", "workflow_type": "order", "cuont": 1}"#, "cuont"),
            (r#"{"extra": "x", "workflow_type": "order", "start_delay": 5}"#, "start_delay: "),
            (r#"{"extra": "x", "extra": "y", "workflow_type": "order"}"#, "duplicate"),
        ] {
            let error = read(text).err().expect("it is refused");
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
