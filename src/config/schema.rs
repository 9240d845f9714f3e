//! The JSON schema of `deploy.toml`, for editors.

use serde_json::{Map as Object, Value};

use super::section::table_schema;
use super::setting::Definitions;
use super::stages::File;

/// The schema that `txflow schema` prints, in draft 7, which editors of TOML support.
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    let keys = File::keys(&mut definitions);
    let about =
        "What txflow deploys: a Step Functions workflow and the Lambda functions of its handlers.";
    let mut schema = table_schema(about, keys, false);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "deploy.toml".into();
    let parts: Object<String, Value> = definitions.parts.into_iter().collect();
    schema["definitions"] = parts.into();
    schema
}
