//! Settings that are refused.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::Fault;

/// What is refused if it asks for anything.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Unsupported {
    snap_start: Option<Value>,
    image_config: Option<Value>,
}

impl Unsupported {
    pub(super) fn refuse(&self) -> Result<(), Fault> {
        let snap_start = self.snap_start.as_ref();
        for (member, present) in [
            (
                "SnapStart",
                snap_start.is_some_and(|snap| snap["ApplyOn"] == "PublishedVersions"),
            ),
            ("ImageConfig", self.image_config.is_some()),
        ] {
            if present {
                return Err(Fault::not_implemented(
                    "lambda",
                    &format!("functions with {member}"),
                ));
            }
        }
        Ok(())
    }

    /// Adds what AWS shows of a function that has none of this.
    pub(super) fn show(shown: &mut Value) {
        shown["SnapStart"] = json!({ "ApplyOn": "None", "OptimizationStatus": "Off" });
    }
}
