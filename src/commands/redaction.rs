//! What `redact` of `[replay]` takes out of recorded executions, whichever command shows them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use txflow_asl::replay::{Redaction, RedactionPath};

use super::error::CommandError;
use crate::executions::Run;
use crate::world::{Secrets, encoded};

/// What these paths take out of executions of a definition.
pub(super) fn redaction(redact: &[String], definition: &Value) -> Result<Redaction, CommandError> {
    let paths = redact.iter().map(|text| {
        RedactionPath::parse(text).map_err(|cause| CommandError::BadRecording {
            path: format!("redact = [\"{text}\"]"),
            cause,
        })
    });
    Ok(Redaction {
        paths: paths.collect::<Result<_, _>>()?,
        forms: encoded,
        names: words(definition),
    })
}

/// What the paths find in a recorded execution is a secret from now on, in whatever is printed.
pub(super) fn hide(redaction: &Redaction, recorded: &Value, secrets: &Secrets) {
    if !redaction.paths.is_empty() {
        let found = redaction.found_in(recorded);
        secrets.add(found.iter().map(String::as_str), &[]);
    }
}

/// The same of an execution as it is shown, whose documents lose what is too short to be looked for, as well.
pub(super) fn hidden(redaction: &Redaction, mut run: Run, secrets: &Secrets) -> Run {
    if redaction.paths.is_empty() {
        return run;
    }
    let mut documents = Vec::new();
    run.change_documents(&mut |document| documents.push(document.clone()));
    let events = documents
        .into_iter()
        .map(|input| json!({ "inputEventDetails": { "input": input } }));
    let recorded = json!({ "events": events.collect::<Vec<_>>() });
    hide(redaction, &recorded, secrets);
    run.change_documents(&mut |document| redaction.mark(document));
    run.masked(secrets)
}

/// All words of a definition: the names of fields that it has are no secret, and paths lead through them.
fn words(definition: &Value) -> BTreeSet<String> {
    fn add(value: &Value, words: &mut BTreeSet<String>) {
        let mut split = |text: &str| {
            let parts = text.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c));
            words.extend(parts.map(str::to_owned));
            words.insert(text.to_owned());
        };
        match value {
            Value::String(text) => split(text),
            Value::Array(items) => items.iter().for_each(|item| add(item, words)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    add(&Value::from(name.as_str()), words);
                    add(field, words);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut words = BTreeSet::new();
    add(definition, &mut words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ExecutionStatus;
    use crate::executions::Status;

    #[test]
    fn the_names_of_a_definition_are_no_secrets() {
        let definition = json!({ "Parameters": { "by-card.$": "$.accounts['ann'].total_sum" } });
        let words = words(&definition);
        for word in ["Parameters", "by-card", "accounts", "ann", "total_sum"] {
            assert!(words.contains(word), "{word}");
        }
    }

    #[test]
    fn what_is_redacted_is_in_no_part_of_an_execution() {
        let paths = ["$.card", "$.pin", "$.type"].map(str::to_owned);
        let redaction = redaction(&paths, &json!({ "States": { "SALE": {} } })).unwrap();
        let secrets = Secrets::default();
        let run = Run {
            input: Some(json!({ "card": "ann-4111", "pin": 12, "type": "SALE", "n": 12 })),
            error: Some("Declined".to_owned()),
            cause: Some("ann-4111 in SALE is blocked".to_owned()),
            ..Run::sample(Status::Ended(ExecutionStatus::Failed))
        };
        let run = hidden(&redaction, run, &secrets);
        let input = run.input.unwrap();
        assert_eq!(
            (&input["card"], &input["n"]),
            (&json!("[redacted]"), &json!(12))
        );
        assert_ne!(input["pin"], 12);
        assert_eq!(run.cause.as_deref(), Some("*** in SALE is blocked"));
        assert_eq!(secrets.mask("order-ann-4111"), "order-***");
    }
}
