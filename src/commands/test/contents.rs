//! What tables and queues of the embedded AWS hold after an execution.

use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use serde_json::{Value, json};
use txflow_local_aws::{Direct, DirectError};

use crate::commands::context::Session;
use crate::commands::embedded::Embedded;
use crate::config::{ContentsKind, ExpectedContents, named_resource};
use crate::executions::{Expectation, Mismatch, has_parts, json as document};
use crate::services;

/// What an execution causes may arrive after its end, such as what a topic delivers to a queue.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(50);

/// How many documents are listed, and how much of each.
const LISTED: usize = 10;
const WIDTH: usize = 160;

/// The expectations that are not met, after a while.
pub(super) async fn unmet_contents(
    embedded: &Embedded,
    session: &Session,
    expected: &[ExpectedContents],
) -> Vec<Mismatch> {
    let account = &session.stack.account;
    let reader = Reader {
        direct: embedded.direct(&account.id, &account.region),
    };
    let mut unmet = Vec::new();
    for expected in expected {
        let filled = session.stack.account.fill(&expected.name);
        let name = named_resource(&filled).to_owned();
        let mut waited = Duration::ZERO;
        loop {
            let found = reader.documents(expected.kind, &name).await;
            let Some(detail) = detail(expected, found) else {
                break;
            };
            if waited >= PATIENCE {
                unmet.push(Mismatch {
                    what: match expected.kind {
                        ContentsKind::Items => Expectation::Items(name),
                        ContentsKind::Messages => Expectation::Messages(name),
                    },
                    line: expected.line,
                    detail,
                    is_diff: false,
                });
                break;
            }
            session.aws.sleep.sleep(PAUSE).await;
            waited += PAUSE;
        }
    }
    unmet
}

/// What is not as expected. `None` if all is.
fn detail(expected: &ExpectedContents, found: Result<Vec<Value>, DirectError>) -> Option<String> {
    let found = match found {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let counted = found
        .iter()
        .filter(|found| has_parts(&expected.parts, found));
    let count = counted.count();
    if expected.count.allows(count) {
        return None;
    }
    let mut lines = vec![format!("expected {}, got {count}", expected.count)];
    if !found.is_empty() {
        lines.push(format!("of {} in all:", found.len()));
    }
    lines.extend(found.iter().take(LISTED).map(|found| {
        let text = found.to_string();
        let shown: String = text.chars().take(WIDTH).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        format!("  {shown}{more}")
    }));
    if let more @ 1.. = found.len().saturating_sub(LISTED) {
        lines.push(format!("  and {more} more"));
    }
    Some(lines.join("\n"))
}

/// Reads what services hold.
struct Reader {
    direct: Direct,
}

impl Reader {
    async fn documents(&self, kind: ContentsKind, name: &str) -> Result<Vec<Value>, DirectError> {
        match kind {
            ContentsKind::Items => services::Reader::new(self.direct.clone()).items(name).await,
            ContentsKind::Messages => self.messages(name).await,
        }
    }

    /// The bodies of the messages in a queue that can be received now. They are put back.
    async fn messages(&self, queue: &str) -> Result<Vec<Value>, DirectError> {
        let url = self
            .direct
            .call("sqs", "GetQueueUrl", json!({ "QueueName": queue }))
            .await?["QueueUrl"]
            .take();
        let (mut bodies, mut receipts) = (Vec::new(), Vec::new());
        let read = loop {
            let receive = json!({
                "QueueUrl": url,
                "MaxNumberOfMessages": 10,
                "VisibilityTimeout": 60,
                "WaitTimeSeconds": 0,
            });
            let page = match self.direct.call("sqs", "ReceiveMessage", receive).await {
                Ok(page) => page,
                Err(error) => break Err(error),
            };
            let messages = page["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                break Ok(());
            }
            for message in messages {
                bodies.push(document(message["Body"].as_str().unwrap_or_default()));
                receipts.push(message["ReceiptHandle"].clone());
            }
        };
        for receipt in receipts {
            let back = json!({
                "QueueUrl": url,
                "ReceiptHandle": receipt,
                "VisibilityTimeout": 0,
            });
            self.direct
                .call("sqs", "ChangeMessageVisibility", back)
                .await?;
        }
        read.map(|()| bodies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Times;

    #[test]
    fn only_what_contains_the_parts_counts() {
        let expected = |count: Times| ExpectedContents {
            kind: ContentsKind::Items,
            name: "orders".into(),
            parts: vec![(String::new(), json!({ "id": 1 }))],
            count,
            line: 3,
        };
        let found = || Ok(vec![json!({ "id": 1, "a": 2 }), json!({ "id": 2 })]);
        assert_eq!(detail(&expected(Times::at_least_one()), found()), None);
        let two = Times {
            min: 2,
            max: Some(2),
        };
        assert_eq!(
            detail(&expected(two), found()).as_deref(),
            Some("expected 2, got 1\nof 2 in all:\n  {\"id\":1,\"a\":2}\n  {\"id\":2}")
        );
    }
}
