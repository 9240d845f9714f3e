use serde_json::Value;

use super::fields::{DefinitionError, Fields};
use super::query_language::QueryLanguage;
use crate::intrinsic::Intrinsic;
use crate::jsonata::{self, Expression};
use crate::jsonpath::JsonPath;

/// A field that is either a literal or refers to its value.
#[derive(Clone, Debug)]
pub enum Dynamic<T> {
    Literal(T),
    /// From the field of the same name with the suffix `Path`.
    Path(JsonPath),
    /// Like `Path`, for fields that also take intrinsic functions.
    Intrinsic(Intrinsic),
    Expression(Expression),
}

impl Dynamic<String> {
    /// Reads the field `key` or `keyPath`.
    pub(crate) fn text(fields: &Fields, key: &str) -> Result<Option<Self>, DefinitionError> {
        if let Some(text) = fields.string(key)? {
            let expression = expression(fields, key, text)?;
            return Ok(Some(
                expression.map_or_else(|| Self::Literal(text.to_owned()), Self::Expression),
            ));
        }
        let key = format!("{key}Path");
        match fields.string(&key)? {
            Some(text) if text.starts_with("States.") => {
                let call = Intrinsic::parse(text).map_err(|e| fields.error(&key, e.to_string()))?;
                Ok(Some(Self::Intrinsic(call)))
            }
            _ => Ok(fields.path(&key)?.map(Self::Path)),
        }
    }
}

impl Dynamic<f64> {
    /// Reads the field `key` or `keyPath`.
    pub(crate) fn number(fields: &Fields, key: &str) -> Result<Option<Self>, DefinitionError> {
        if let Some(Value::String(text)) = fields.get(key)
            && let Some(expression) = expression(fields, key, text)?
        {
            return Ok(Some(Self::Expression(expression)));
        }
        if let Some(number) = fields.number(key)? {
            return Ok(Some(Self::Literal(number)));
        }
        Ok(fields.path(&format!("{key}Path"))?.map(Self::Path))
    }
}

fn expression(
    fields: &Fields,
    key: &str,
    text: &str,
) -> Result<Option<Expression>, DefinitionError> {
    if fields.language != QueryLanguage::Jsonata {
        return Ok(None);
    }
    let parsed = jsonata::delimited(text).map(Expression::parse).transpose();
    parsed.map_err(|e| fields.error(key, e.to_string()))
}
