//! The data flow of a state: from its input to what its work gets, and from the work's
//! result to the output.

use crate::definition::{DefinitionError, Fields, QueryLanguage};
use crate::jsonpath::JsonPath;
use crate::template::Template;

/// The fields of a state that say how data flows through it.
#[derive(Clone, Debug)]
pub struct DataFlow {
    pub language: QueryLanguage,
    /// `None` is `null`, which stands for an empty object.
    pub input_path: Option<JsonPath>,
    /// `Parameters` in JSONPath, `Arguments` in JSONata.
    pub arguments: Option<Template>,
    pub result_selector: Option<Template>,
    pub result_path: ResultPath,
    /// `None` is `null`, which stands for an empty object.
    pub output_path: Option<JsonPath>,
    /// JSONata's `Output`.
    pub output: Option<Template>,
    /// An object: the variables to set and their values.
    pub assign: Option<Template>,
}

impl DataFlow {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        let arguments = match fields.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        Ok(Self {
            language: fields.language,
            input_path: fields.path_or_null("InputPath")?.unwrap_or_else(whole),
            arguments: fields.template(arguments)?,
            result_selector: fields.template("ResultSelector")?,
            result_path: ResultPath::parse(fields)?,
            output_path: fields.path_or_null("OutputPath")?.unwrap_or_else(whole),
            output: fields.template("Output")?,
            assign: fields.template("Assign")?,
        })
    }
}

fn whole() -> Option<JsonPath> {
    JsonPath::parse("$").ok()
}

/// Where a result goes.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultPath {
    /// In the place of the input.
    Whole,
    /// `null`: nowhere, the input is the output.
    Discard,
    /// Into the input.
    Into(JsonPath),
}

impl ResultPath {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        Ok(match fields.path_or_null("ResultPath")? {
            None => Self::Whole,
            Some(None) => Self::Discard,
            Some(Some(path)) if path.is_root() => Self::Whole,
            Some(Some(path)) => Self::Into(path),
        })
    }
}
