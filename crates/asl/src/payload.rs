use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::limits;

/// A JSON value that passes through an execution, with its text.
///
/// Clones share both. AWS keeps the original text, including spaces, until a state changes the value. A payload that
/// was created from text therefore returns that text.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

struct Inner {
    value: Value,
    text: OnceLock<Box<str>>,
    size: OnceLock<Option<usize>>,
}

impl Payload {
    /// Parses JSON text and keeps the text.
    ///
    /// # Errors
    /// If the text is not JSON, or is nested more than 128 levels deep.
    pub fn from_text(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        let text = text.into();
        let value = serde_json::from_str(&text)?;
        Ok(Self(Arc::new(Inner {
            value,
            text: OnceLock::from(text.into_boxed_str()),
            size: OnceLock::new(),
        })))
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// The text that it was created from, or the value as compact JSON.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0
            .text
            .get_or_init(|| self.0.value.to_string().into_boxed_str())
    }

    /// Whether it is within the limit of 256 KiB.
    pub(crate) fn fits(&self) -> bool {
        self.size()
            .is_some_and(|bytes| bytes <= limits::MAX_PAYLOAD_BYTES)
    }

    /// The length of its text, or `None` if it is nested too deeply.
    pub(crate) fn size(&self) -> Option<usize> {
        *self.0.size.get_or_init(|| match self.0.text.get() {
            Some(text) => Some(text.len()),
            None => limits::measure(&self.0.value),
        })
    }

    /// An array of payloads that keep their texts.
    pub(crate) fn array(items: Vec<Self>) -> Self {
        let text = OnceLock::new();
        if items.iter().any(|item| item.0.text.get().is_some()) {
            let texts: Vec<&str> = items.iter().map(Self::text).collect();
            let _ = text.set(format!("[{}]", texts.join(",")).into_boxed_str());
        }
        Self(Arc::new(Inner {
            value: items.into_iter().map(Self::into_value).collect(),
            text,
            size: OnceLock::new(),
        }))
    }

    /// The value, without a copy if nothing else holds this payload.
    #[must_use]
    pub fn into_value(self) -> Value {
        Arc::try_unwrap(self.0).map_or_else(|shared| shared.value.clone(), |inner| inner.value)
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self(Arc::new(Inner {
            value,
            text: OnceLock::new(),
            size: OnceLock::new(),
        }))
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A payload as its text alone, for what is only kept: a parsed value takes ten times the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed(Box<str>);

impl Packed {
    /// The text of the payload.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The payload, parsed again.
    #[must_use]
    pub fn unpack(&self) -> Payload {
        // Only the text of a value is packed, so it is JSON.
        Payload::from_text(&*self.0).unwrap_or_else(|_| Value::Null.into())
    }
}

impl From<&Value> for Packed {
    fn from(value: &Value) -> Self {
        Self(value.to_string().into_boxed_str())
    }
}

impl From<&Payload> for Packed {
    fn from(payload: &Payload) -> Self {
        match payload.0.text.get() {
            Some(text) => Self(text.clone()),
            None => Self::from(payload.value()),
        }
    }
}

/// A payload that waits for its use.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Payload(Payload),
    Packed(Packed),
}

impl Held {
    pub(crate) fn packed(payload: &Payload) -> Self {
        Self::Packed(payload.into())
    }

    pub(crate) fn pack(&self) -> Packed {
        match self {
            Self::Payload(payload) => payload.into(),
            Self::Packed(packed) => packed.clone(),
        }
    }

    pub(crate) fn into_payload(self) -> Payload {
        match self {
            Self::Payload(payload) => payload,
            Self::Packed(packed) => packed.unpack(),
        }
    }
}
