//! What all batch operations share.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::http::answer::Answer;

/// AWS's limit of entries.
const MOST: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<T> {
    pub(super) queue_url: String,
    #[serde(default = "Vec::new")]
    entries: Vec<Identified<T>>,
}

#[derive(Deserialize)]
struct Identified<T> {
    #[serde(rename = "Id")]
    id: String,
    #[serde(flatten)]
    entry: T,
}

impl<T> Batch<T> {
    /// The entries with their ids, or why there is no such batch.
    pub(super) fn checked(self) -> Result<Vec<(String, T)>, Fault> {
        let refused = |code, message: &str| Err(Fault::bad(code, message));
        if self.entries.is_empty() {
            return refused(
                "EmptyBatchRequest",
                "There should be at least one SendMessageBatchRequestEntry in the request.",
            );
        }
        if self.entries.len() > MOST {
            let message = format!(
                "Maximum number of entries per request are {MOST}. You have sent {}.",
                self.entries.len()
            );
            return refused("TooManyEntriesInBatchRequest", &message);
        }
        let mut ids = BTreeSet::new();
        for Identified { id, .. } in &self.entries {
            let known = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            if id.is_empty() || id.len() > 80 || !id.chars().all(known) {
                return refused(
                    "InvalidBatchEntryId",
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
                );
            }
            if !ids.insert(id) {
                return refused("BatchEntryIdsNotDistinct", &format!("Id {id} repeated."));
            }
        }
        let entries = self.entries.into_iter();
        Ok(entries.map(|one| (one.id, one.entry)).collect())
    }
}

/// What became of an entry: the members of its answer.
pub(super) type Outcome = Result<Map<String, Value>, Fault>;

pub(super) fn answer(outcomes: Vec<(String, Outcome)>) -> Answer {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, outcome) in outcomes {
        match outcome {
            Ok(mut members) => {
                members.insert("Id".to_owned(), json!(id));
                successful.push(Value::Object(members));
            }
            Err(fault) => failed.push(json!({
                "Id": id,
                "SenderFault": fault.status < 500,
                "Code": fault.query_code().unwrap_or(fault.code),
                "Message": fault.message,
            })),
        }
    }
    let mut answer = json!({ "Successful": successful });
    if !failed.is_empty() {
        answer["Failed"] = json!(failed);
    }
    Answer::json(answer)
}
