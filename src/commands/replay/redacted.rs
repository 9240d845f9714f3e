//! Executions without what `[replay] redact` names, and without the secrets of the deployment.

use std::borrow::Cow;

use serde_json::Value;
use txflow_asl::replay::{REDACTED_TEXT, RedactionPath, rename};

use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::redaction::redaction;
use crate::config::{Definition, Deployment, Diagnostic, Severity};
use crate::report::Event;
use crate::world::Secrets;

/// Takes it out of all recordings, and warns of paths that find nothing.
pub(super) fn redact(
    context: &Context,
    deployment: &Deployment,
    definition: &Definition,
    recordings: &mut [Value],
) -> Result<(), CommandError> {
    let redact = &deployment.replay.redact;
    let redaction = redaction(redact, &definition.template)?;
    let unused = redaction.apply(recordings);
    let unused = unused.map_err(|cause| CommandError::BadRecording {
        path: format!("redact = [\"{}\"]", redact.join("\", \"")),
        cause,
    })?;
    for path in unused.into_iter().filter(|_| !recordings.is_empty()) {
        context
            .printer
            .report(&Event::Finding(finds_nothing(path, recordings.len())));
    }
    for recording in recordings {
        hide_secrets(recording, &context.world.secrets);
    }
    Ok(())
}

fn finds_nothing(path: &RedactionPath, recordings: usize) -> Diagnostic {
    let path = path.text();
    let executions = match recordings {
        1 => "the execution".to_owned(),
        several => format!("any of {several} executions"),
    };
    Diagnostic {
        severity: Severity::Warning,
        code: "unused-redaction".to_owned(),
        message: format!("`{path}` in `redact` of `[replay]` finds nothing in {executions}"),
        place: None,
        hint: Some(
            "check its spelling: it is followed in each input, output and parameter, and `$..name` finds a field at any depth"
                .to_owned(),
        ),
    }
}

/// Secrets of the deployment are redacted wherever they are: in an environment that a handler returned, for one.
fn hide_secrets(value: &mut Value, secrets: &Secrets) {
    let hidden = |text: &str| match secrets.mask(text) {
        Cow::Owned(masked) => Some(masked.replace("***", REDACTED_TEXT)),
        Cow::Borrowed(_) => None,
    };
    match value {
        Value::String(text) => {
            if let Some(hidden) = hidden(text) {
                *text = hidden;
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| hide_secrets(item, secrets)),
        Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|field| hide_secrets(field, secrets));
            rename(fields, hidden);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;
    use txflow_asl::replay::Redaction;

    use super::*;
    use crate::world::encoded;

    #[test]
    fn a_secret_is_redacted_inside_of_documents_and_in_names() {
        let secrets = Secrets::default();
        secrets.add(["5up3r-s3cret"], &[]);
        let mut recording = json!({ "output": "{\"a\":\"5up3r-s3cret\"}", "5up3r-s3cret": 1 });
        hide_secrets(&mut recording, &secrets);
        assert_eq!(
            recording,
            json!({ "output": "{\"a\":\"[redacted]\"}", "[redacted]": 1 })
        );
    }

    #[test]
    fn a_value_is_redacted_in_each_encoding() {
        let value = "ann/4111?";
        let mut all = encoded(value);
        all.push(format!("user:{value}"));
        let mut recordings =
            [json!({ "input": json!({ "card": value, "all": all }).to_string(), "events": [] })];
        let redaction = Redaction {
            paths: vec![RedactionPath::parse("$.card").unwrap()],
            forms: encoded,
            names: BTreeSet::new(),
        };
        assert!(redaction.apply(&mut recordings).unwrap().is_empty());
        let input: Value = serde_json::from_str(recordings[0]["input"].as_str().unwrap()).unwrap();
        let all = input["all"].as_array().unwrap().iter();
        let all: BTreeSet<&str> = all.map(|form| form.as_str().unwrap()).collect();
        let expected = ["[redacted]", "user:[redacted]", "\"[redacted]\""];
        assert!(all.iter().all(|form| expected.contains(form)), "{all:?}");
    }
}
