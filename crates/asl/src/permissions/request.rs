//! What a state asks of a service: its `Parameters` or `Arguments`.

use serde_json::Value;

use super::NeededResource;
use crate::definition::QueryLanguage;
use crate::jsonata::delimited;
use crate::source::push_token;
use crate::walk::PlacedState;

pub(super) struct Request<'d> {
    value: Option<&'d Value>,
    language: QueryLanguage,
    /// The JSON pointer of the request.
    place: String,
}

/// The text of one of its fields.
pub(super) enum Text {
    Known(String),
    /// Only an execution knows it: what a [`NeededResource::Unknown`] says.
    Unknown {
        because: String,
        place: String,
    },
}

impl<'d> Request<'d> {
    pub(super) fn of(state: &PlacedState<'d>) -> Self {
        let field = match state.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        Self {
            value: state.value.get(field),
            language: state.language,
            place: state.pointer_to(field),
        }
    }

    pub(super) fn text(&self, field: &str) -> Text {
        let (key, value) = match self.value.and_then(|value| value.get(field)) {
            Some(value) => (field.to_owned(), Some(value)),
            None => {
                let key = format!("{field}.$");
                let value = self.value.and_then(|value| value.get(&key));
                (key, value)
            }
        };
        match value.and_then(Value::as_str) {
            Some(text) if key == field && !self.is_expression(text) => Text::Known(text.to_owned()),
            Some(text) => Text::Unknown {
                because: format!("`{key}` is `{text}`"),
                place: self.place_of(&key),
            },
            None => Text::Unknown {
                because: format!("it has no `{field}`"),
                place: self.place.clone(),
            },
        }
    }

    fn is_expression(&self, text: &str) -> bool {
        self.language == QueryLanguage::Jsonata && delimited(text).is_some()
    }

    fn place_of(&self, key: &str) -> String {
        let mut place = self.place.clone();
        push_token(&mut place, key);
        place
    }
}

impl Text {
    /// The resource that the text names. `arn` makes an ARN of it.
    pub(super) fn resource(self, arn: impl FnOnce(String) -> String) -> NeededResource {
        match self {
            Self::Known(text) => NeededResource::Arn(arn(text)),
            Self::Unknown { because, place } => NeededResource::Unknown { because, place },
        }
    }
}
