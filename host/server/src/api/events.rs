//! Event types as the OpenAPI document has them; `table` lists them. A test holds it to what the engine writes.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{
            ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
        },
    },
};

mod table;

pub(crate) use table::EVENT_TYPES;

/// One type of events.
pub(crate) struct EventType {
    /// As `type` has it.
    pub(crate) name: &'static str,
    /// What happened.
    pub(crate) meaning: &'static str,
    /// Its attributes, in order.
    pub(crate) attributes: &'static [Attribute],
}

/// One attribute: its name, its form, and what it is.
type Attribute = (&'static str, Form, &'static str);

/// What JSON an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    Flag,
    Time,
    /// ISO 8601.
    Length,
    /// ISO 8601, or `null` for none.
    LengthOrNull,
    TextOrNull,
    Payload,
    Payloads,
    /// Payloads by name.
    Fields,
    FieldsOrNull,
    /// Pairs of a name and a payload, in order.
    Headers,
    Failure,
    RetryState,
    /// An object of its own, described here.
    Object,
    ObjectOrNull,
    /// Several of these.
    Objects,
}

impl Form {
    /// In a word, for the table.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "true or false",
            Self::Time => "time",
            Self::Length => "duration",
            Self::LengthOrNull => "duration or null",
            Self::TextOrNull => "text or null",
            Self::Payload => "payload",
            Self::Payloads => "payloads",
            Self::Fields => "payloads by name",
            Self::FieldsOrNull => "payloads by name or null",
            Self::Headers => "[name, payload] pairs",
            Self::Failure => "Failure",
            Self::RetryState => "RetryState",
            Self::Object => "object",
            Self::ObjectOrNull => "object or null",
            Self::Objects => "objects",
        }
    }

    fn schema(self, description: &str) -> RefOr<Schema> {
        let text = |format: Option<KnownFormat>, or_null: bool| -> RefOr<Schema> {
            let text =
                if or_null { SchemaType::from_iter([Type::String, Type::Null]) } else { Type::String.into() };
            let object = ObjectBuilder::new().schema_type(text).format(format.map(SchemaFormat::KnownFormat));
            object.description(Some(description)).into()
        };
        let object = |or_null: bool| {
            let types =
                if or_null { SchemaType::from_iter([Type::Object, Type::Null]) } else { Type::Object.into() };
            ObjectBuilder::new().schema_type(types)
        };
        let payload = || Ref::from_schema_name("Payload");
        match self {
            Self::Text => text(None, false),
            Self::TextOrNull => text(None, true),
            Self::Time => text(Some(KnownFormat::DateTime), false),
            Self::Length => text(Some(KnownFormat::Duration), false),
            Self::LengthOrNull => text(Some(KnownFormat::Duration), true),
            Self::Number => {
                ObjectBuilder::new().schema_type(Type::Integer).description(Some(description)).into()
            }
            Self::Payload => payload().into(),
            Self::Payloads => ArrayBuilder::new().items(payload()).description(Some(description)).into(),
            Self::Flag => {
                ObjectBuilder::new().schema_type(Type::Boolean).description(Some(description)).into()
            }
            Self::Fields | Self::FieldsOrNull => {
                let fields = object(self == Self::FieldsOrNull).additional_properties(Some(payload()));
                fields.description(Some(description)).into()
            }
            Self::Headers => {
                let pair = ArrayBuilder::new().min_items(Some(2)).max_items(Some(2));
                ArrayBuilder::new().items(pair).description(Some(description)).into()
            }
            Self::Failure => Ref::from_schema_name("Failure").into(),
            Self::RetryState => Ref::from_schema_name("RetryState").into(),
            Self::Object | Self::ObjectOrNull => {
                object(self == Self::ObjectOrNull).description(Some(description)).into()
            }
            Self::Objects => ArrayBuilder::new().items(object(false)).description(Some(description)).into(),
        }
    }
}

impl EventType {
    /// The whole event.
    fn schema(&self) -> RefOr<Schema> {
        let attributes =
            self.attributes.iter().fold(ObjectBuilder::new(), |object, (name, form, meaning)| {
                let object = object.property(*name, form.schema(meaning));
                if *form == Form::Payload { object } else { object.required(*name) }
            });
        let number = || Form::Number.schema("from 1, without gaps");
        ObjectBuilder::new()
            .title(Some(self.name))
            .description(Some(self.meaning))
            .property("event_id", number())
            .property("time", Form::Time.schema("when its transition was made"))
            .property(
                "activation",
                Form::Number.schema("the activation that made it or was shown it, from 1"),
            )
            .property("type", ObjectBuilder::new().schema_type(Type::String).enum_values(Some([self.name])))
            .property("attributes", attributes)
            .required("event_id")
            .required("time")
            .required("activation")
            .required("type")
            .required("attributes")
            .into()
    }
}

/// One line of a history.
pub(crate) struct EventSchema;

impl PartialSchema for EventSchema {
    fn schema() -> RefOr<Schema> {
        let all = EVENT_TYPES.iter().fold(OneOfBuilder::new(), |all, event| all.item(event.schema()));
        all.description(Some("One line of a history. The attributes depend on the type.")).into()
    }
}

impl ToSchema for EventSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Event")
    }
}

#[cfg(test)]
mod tests;
