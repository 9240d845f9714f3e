//! An execution without the secrets that its handlers returned. What is printed is masked anyway, but parts of
//! an execution are cut off, drawn or counted before, and half of a secret is not found any more.

use std::collections::BTreeMap;

use serde_json::Value;

use super::history::Failure;
use super::run::Run;
use crate::world::Secrets;

impl Run {
    /// Lets all its documents be changed: its input and output, and those of its states.
    pub fn change_documents(&mut self, change: &mut impl FnMut(&mut Value)) {
        for document in [&mut self.input, &mut self.output].into_iter().flatten() {
            change(document);
        }
        let history = self.history.iter_mut();
        for state in history.flat_map(|history| &mut history.states) {
            for text in [&mut state.input, &mut state.output].into_iter().flatten() {
                if let Ok(document) = serde_json::from_str::<Value>(text) {
                    let mut changed = document.clone();
                    change(&mut changed);
                    if changed != document {
                        *text = changed.to_string();
                    }
                }
            }
        }
    }

    /// With each secret masked in all that came from its handlers.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        // A history may have 25,000 events.
        if secrets.is_empty() {
            return self;
        }
        for document in [&mut self.input, &mut self.output].into_iter().flatten() {
            secrets.mask_json(document);
        }
        for text in self.error.iter_mut() {
            secrets.mask_text(text);
        }
        // What a function failed with is a document.
        for text in self.cause.iter_mut() {
            secrets.mask_document(text);
        }
        let history = self.history.iter_mut();
        for history in history {
            for result in history.results.values_mut() {
                secrets.mask_document(result);
            }
            for assigned in history.assigned.values_mut() {
                let mut document = Value::Object(std::mem::take(assigned));
                secrets.mask_json(&mut document);
                if let Value::Object(masked) = document {
                    *assigned = masked;
                }
            }
        }
        let history = self.history.iter_mut();
        for state in history.flat_map(|history| &mut history.states) {
            for text in [&mut state.input, &mut state.output].into_iter().flatten() {
                secrets.mask_document(text);
            }
            let calls = state.attempts.iter_mut();
            for call in calls.filter_map(|attempt| attempt.call.as_mut()) {
                secrets.mask_document(&mut call.parameters);
            }
            let attempts = state.attempts.iter_mut();
            let failures = attempts.flat_map(|attempt| &mut attempt.failure);
            for Failure { error, cause } in failures.chain(&mut state.failure) {
                secrets.mask_text(error);
                secrets.mask_document(cause);
            }
        }
        let started = self.children.iter_mut().map(|child| &mut child.run);
        let of_maps = self.map_runs.iter_mut().flat_map(|run| &mut run.children);
        for child in started.chain(of_maps) {
            *child = child.clone().masked(secrets);
        }
        self
    }
}

impl Run {
    /// With the names masked as well that it, its states and those that it started have, which nothing is asked for by then.
    pub fn with_masked_names(mut self, secrets: &Secrets) -> Self {
        if secrets.is_empty() {
            return self;
        }
        // What is in front is of the account and of deploy.toml.
        if let Some((before, name)) = self.execution_arn.rsplit_once(':') {
            self.execution_arn = format!("{before}:{}", secrets.mask(name));
        }
        // Iterations have the same states.
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        let history = self.history.iter_mut();
        for state in history.flat_map(|history| &mut history.states) {
            let masked = known.entry(state.name.clone());
            let masked = masked.or_insert_with(|| secrets.mask(&state.name).into_owned());
            state.name.clone_from(masked);
        }
        let started = self.children.iter_mut().map(|child| &mut child.run);
        let of_maps = self.map_runs.iter_mut().flat_map(|run| &mut run.children);
        for child in started.chain(of_maps) {
            *child = child.clone().with_masked_names(secrets);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::config::ExecutionStatus;
    use crate::executions::history::{History, TaskCall, tests::entered};
    use crate::executions::{Attempt, StateKind, Status};

    #[test]
    fn no_part_of_an_execution_holds_the_secret() {
        const SECRET: &str = "5up3r-s3cret";
        let secrets = Secrets::default();
        secrets.add([SECRET, "123456"], &[]);
        let failure = || Failure {
            error: format!("E {SECRET}"),
            cause: json!({ "errorMessage": SECRET })
                .to_string()
                .replace("5up3r", "\\u0035up3r"),
        };
        let mut history = History::default();
        history.take(entered(1, 0, "Buy", StateKind::Task));
        history
            .results
            .insert(0, json!({ "a": SECRET }).to_string());
        let assigned = json!({ "a": SECRET });
        history
            .assigned
            .insert(0, assigned.as_object().unwrap().clone());
        let state = &mut history.states[0];
        state.input = Some(json!({ "pin": 123_456, "a": [SECRET] }).to_string());
        state.output = Some(format!("not JSON: {SECRET}"));
        state.failure = Some(failure());
        state.attempts.push(Attempt {
            submitted: false,
            execution_arn: None,
            scheduled: Timestamp::UNIX_EPOCH,
            ended: None,
            failure: Some(failure()),
            call: Some(TaskCall {
                service: "sqs".to_owned(),
                action: "sendMessage".to_owned(),
                parameters: json!({ "MessageBody": SECRET }).to_string(),
            }),
            function_arn: None,
            request_id: None,
        });
        let run = Run {
            input: Some(json!({ "a": SECRET })),
            output: Some(json!([123_456])),
            error: Some(SECRET.to_owned()),
            cause: Some(SECRET.to_owned()),
            history: Some(history),
            ..Run::sample(Status::Ended(ExecutionStatus::Failed))
        };
        let masked = run.masked(&secrets);
        let all = format!("{masked:?}");
        assert!(!all.contains(SECRET) && !all.contains("123456"), "{all}");
        assert_eq!(masked.output, Some(json!(["***"])));
        let states = masked.history.unwrap_or_default().states;
        let input = json!({ "pin": "***", "a": ["***"] }).to_string();
        assert_eq!(states[0].input, Some(input));
    }
}
