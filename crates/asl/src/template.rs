//! Values with expressions in them: `Parameters`, `Arguments`, `Output`, `Assign` and so on.

use serde_json::Value;

use crate::definition::QueryLanguage;
use crate::intrinsic::Intrinsic;
use crate::jsonata::{self, Expression};
use crate::jsonpath::JsonPath;

/// A value of a definition with its expressions parsed.
#[derive(Clone, Debug)]
pub enum Template {
    Constant(Value),
    Object(Vec<TemplateField>),
    Array(Vec<Template>),
    /// `"name.$": "$.a.b"`.
    Path(JsonPath),
    /// `"name.$": "States.UUID()"`.
    Intrinsic(Intrinsic),
    /// `"{% $states.input %}"`.
    Expression(Expression),
}

/// One field of an object.
#[derive(Clone, Debug)]
pub struct TemplateField {
    /// Its name in the result.
    pub name: String,
    pub value: Template,
}

impl Template {
    /// # Errors
    /// A message, and the JSON pointer within the template of the expression that cannot be parsed.
    pub fn parse(value: &Value, language: QueryLanguage) -> Result<Self, (String, String)> {
        let template = match (language, value) {
            (_, Value::Array(items)) => Self::array(items, language)?,
            (QueryLanguage::JsonPath, Value::Object(map)) => {
                let fields = map
                    .iter()
                    .map(|(name, value)| match name.strip_suffix(".$") {
                        Some(name) => dynamic(name, value),
                        None => Self::field(name, value, language),
                    });
                Self::Object(fields.collect::<Result<_, _>>()?)
            }
            (QueryLanguage::Jsonata, Value::Object(map)) => {
                let fields = map
                    .iter()
                    .map(|(name, value)| Self::field(name, value, language));
                Self::Object(fields.collect::<Result<_, _>>()?)
            }
            (QueryLanguage::Jsonata, Value::String(text)) => match jsonata::delimited(text) {
                Some(source) => Self::Expression(
                    Expression::parse(source).map_err(|e| (e.to_string(), String::new()))?,
                ),
                None => Self::Constant(value.clone()),
            },
            _ => Self::Constant(value.clone()),
        };
        Ok(template.folded())
    }

    fn array(items: &[Value], language: QueryLanguage) -> Result<Self, (String, String)> {
        let items = items.iter().enumerate().map(|(i, item)| {
            Self::parse(item, language).map_err(|(message, at)| (message, format!("/{i}{at}")))
        });
        Ok(Self::Array(items.collect::<Result<_, _>>()?))
    }

    fn field(
        name: &str,
        value: &Value,
        language: QueryLanguage,
    ) -> Result<TemplateField, (String, String)> {
        let value = Self::parse(value, language)
            .map_err(|(message, at)| (message, format!("/{name}{at}")))?;
        Ok(TemplateField {
            name: name.to_owned(),
            value,
        })
    }

    /// Turns parts without expressions into constants, which are copied as a whole.
    fn folded(self) -> Self {
        match self {
            Self::Array(items) if items.iter().all(Self::is_constant) => {
                Self::Constant(items.into_iter().filter_map(Self::into_constant).collect())
            }
            Self::Object(fields) if fields.iter().all(|field| field.value.is_constant()) => {
                let fields = fields.into_iter();
                let fields = fields.filter_map(|f| Some((f.name, f.value.into_constant()?)));
                Self::Constant(Value::Object(fields.collect()))
            }
            other => other,
        }
    }

    fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    fn into_constant(self) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}

/// A field whose name ends in `.$`: a path or an intrinsic function.
fn dynamic(name: &str, value: &Value) -> Result<TemplateField, (String, String)> {
    let at = || format!("/{name}.$");
    let Value::String(text) = value else {
        return Err((
            format!(
                "The value for the field '{name}.$' must be a STRING that contains a JSONPath or an intrinsic function"
            ),
            at(),
        ));
    };
    let value = if text.starts_with('$') {
        Template::Path(JsonPath::parse(text).map_err(|e| (e.to_string(), at()))?)
    } else {
        Template::Intrinsic(Intrinsic::parse(text).map_err(|e| (e.to_string(), at()))?)
    };
    Ok(TemplateField {
        name: name.to_owned(),
        value,
    })
}
