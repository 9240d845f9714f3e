use serde_json::{Map, Value};

use super::query_language::QueryLanguage;
use crate::jsonpath::JsonPath;
use crate::template::Template;

/// Why a definition cannot be executed.
///
/// It describes the first problem only. The static checks report all of them, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {pointer}")]
pub struct DefinitionError {
    pub message: String,
    /// The location, in the form of a JSON pointer: `/States/Charge/Next`.
    pub pointer: String,
}

/// The fields of one object of a definition, and its location.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'d> {
    map: &'d Map<String, Value>,
    parent: Option<&'d Fields<'d>>,
    key: &'d str,
    pub(crate) language: QueryLanguage,
}

type Read<T> = Result<T, DefinitionError>;

impl<'d> Fields<'d> {
    pub(crate) fn root(value: &'d Value) -> Read<Self> {
        let Value::Object(map) = value else {
            return Err(DefinitionError {
                message: "A state machine definition must be a JSON object".into(),
                pointer: "/".into(),
            });
        };
        let fields = Self {
            map,
            parent: None,
            key: "",
            language: QueryLanguage::JsonPath,
        };
        fields.with_language()
    }

    /// The object `value`, which is at `key` below this one.
    pub(crate) fn child<'c>(&'c self, key: &'c str, value: &'c Value) -> Read<Fields<'c>>
    where
        'd: 'c,
    {
        let Value::Object(map) = value else {
            return Err(self.error(key, format!("`{key}` must be an object")));
        };
        let fields = Fields {
            map,
            parent: Some(self),
            key,
            language: self.language,
        };
        fields.with_language()
    }

    fn with_language(mut self) -> Read<Self> {
        self.language = match self.string("QueryLanguage")? {
            Some("JSONata") => QueryLanguage::Jsonata,
            Some("JSONPath") => QueryLanguage::JsonPath,
            Some(other) => {
                let message = format!("`QueryLanguage` is `JSONPath` or `JSONata`, not `{other}`");
                return Err(self.error("QueryLanguage", message));
            }
            None => self.language,
        };
        Ok(self)
    }

    pub(crate) fn error(&self, key: &str, message: impl Into<String>) -> DefinitionError {
        let mut keys = vec![key];
        let mut at = Some(self);
        while let Some(fields) = at {
            keys.push(fields.key);
            at = fields.parent;
        }
        keys.reverse();
        let keys: Vec<&str> = keys.into_iter().filter(|k| !k.is_empty()).collect();
        DefinitionError {
            message: message.into(),
            pointer: format!("/{}", keys.join("/")),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'d Value> {
        self.map.get(key)
    }

    pub(crate) fn object(&self, key: &str) -> Read<Option<&'d Map<String, Value>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(self.error(key, format!("`{key}` must be an object"))),
        }
    }

    pub(crate) fn array(&self, key: &str) -> Read<Option<&'d [Value]>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(self.error(key, format!("`{key}` must be an array"))),
        }
    }

    pub(crate) fn string(&self, key: &str) -> Read<Option<&'d str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(key, format!("`{key}` must be a string"))),
        }
    }

    pub(crate) fn required_string(&self, key: &str) -> Read<&'d str> {
        let missing = || self.error("", format!("These fields are required: [{key}]"));
        self.string(key)?.ok_or_else(missing)
    }

    pub(crate) fn bool(&self, key: &str) -> Read<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.error(key, format!("`{key}` must be a boolean"))),
        }
    }

    pub(crate) fn number(&self, key: &str) -> Read<Option<f64>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(self.error(key, format!("`{key}` must be a number"))),
        }
    }

    pub(crate) fn integer(&self, key: &str) -> Read<Option<u64>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.error(key, format!("`{key}` must be a whole number, 0 or more"))),
            },
        }
    }

    pub(crate) fn path(&self, key: &str) -> Read<Option<JsonPath>> {
        let Some(text) = self.string(key)? else {
            return Ok(None);
        };
        let path = JsonPath::parse(text).map_err(|e| self.error(key, e.to_string()))?;
        Ok(Some(path))
    }

    /// A path, or `null`, which is distinct from an absent field.
    pub(crate) fn path_or_null(&self, key: &str) -> Read<Option<Option<JsonPath>>> {
        match self.get(key) {
            Some(Value::Null) => Ok(Some(None)),
            _ => Ok(self.path(key)?.map(Some)),
        }
    }

    pub(crate) fn template(&self, key: &str) -> Read<Option<Template>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let template = Template::parse(value, self.language)
            .map_err(|(message, at)| self.error(&format!("{key}{at}"), message))?;
        Ok(Some(template))
    }
}
