//! Writing: streams and their events.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Logs, Stream, invalid, key, not_found};
use crate::clock::Millis;
use crate::fault::{Constraints, Fault};
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::store::{Change, Commit, Table};

/// An event as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogEvent {
    pub(crate) timestamp: Millis,
    pub(super) ingested: Millis,
    pub(crate) message: String,
}

/// How many digits of an event's id are its time.
const TIME_DIGITS: usize = 14;

/// An event that is read only if it is asked for: a log group may have hundreds of thousands.
pub(super) struct StoredEvent {
    key: String,
    value: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateLogStream {
    log_group_name: String,
    log_stream_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutLogEvents {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<InputLogEvent>,
}

#[derive(Deserialize)]
struct InputLogEvent {
    timestamp: Millis,
    message: String,
}

impl Logs {
    /// With its events.
    pub(super) async fn delete_log_stream(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateLogStream = call.json()?;
        let group = key(&call.scope, &request.log_group_name);
        self.groups
            .get(&group)
            .ok_or_else(|| not_found("log group"))?;
        let key = format!("{group}|{}", request.log_stream_name);
        let removed = self.streams.change(|streams| {
            let found = streams.get(&key);
            found.ok_or_else(|| not_found("log stream"))?;
            streams.remove(&key);
            Ok(())
        });
        removed.await?;
        let prefix = format!("{key}|");
        let table = Table::LogEvents;
        let changes = vec![Change::DeletePrefix { table, prefix }];
        self.store.write(changes).done().await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) async fn create_log_stream(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateLogStream = call.json()?;
        let name = request.log_stream_name;
        Constraints::default()
            .length("logStreamName", &name, 1, 512)
            .pattern("logStreamName", &name, "[^:*]*", !name.contains([':', '*']))
            .check("InvalidParameterException")?;
        let group = key(&call.scope, &request.log_group_name);
        self.groups
            .get(&group)
            .ok_or_else(|| not_found("log group"))?;
        self.streams
            .change(|streams| {
                let key = format!("{group}|{name}");
                if streams.get(&key).is_some() {
                    let message = "The specified log stream already exists";
                    return Err(Fault::bad("ResourceAlreadyExistsException", message));
                }
                streams.put(
                    &key,
                    Stream {
                        name,
                        created: self.conditions.now(),
                    },
                );
                Ok(())
            })
            .await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) async fn put_log_events(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PutLogEvents = call.json()?;
        let group = key(&call.scope, &request.log_group_name);
        self.groups
            .get(&group)
            .ok_or_else(|| not_found("log group"))?;
        let stream = format!("{group}|{}", request.log_stream_name);
        self.streams
            .get(&stream)
            .ok_or_else(|| not_found("log stream"))?;
        if !request.log_events.is_sorted_by_key(|event| event.timestamp) {
            let message =
                "Log events in a single PutLogEvents request must be in chronological order.";
            return Err(invalid(message));
        }
        let lines = request
            .log_events
            .into_iter()
            .map(|event| (event.timestamp, event.message))
            .collect();
        self.append(&stream, lines)?.done().await?;
        Ok(Answer::json(json!({ "nextSequenceToken": "0" })))
    }

    /// Creates the stream of a function's process and, as Lambda does, its group if that is missing. Returns the key
    /// for [`Logs::append`].
    pub(crate) async fn open_stream(
        &self,
        scope: &Scope,
        group: &str,
        stream: &str,
    ) -> Result<String, Fault> {
        let group_key = key(scope, group);
        if self.groups.get(&group_key).is_none() {
            self.groups
                .change(|groups| {
                    if groups.get(&group_key).is_none() {
                        let created = self.conditions.now();
                        let (name, class) = (group.to_owned(), "STANDARD".to_owned());
                        let tags = crate::tags::Tags::new();
                        groups.put(
                            &group_key,
                            super::Group {
                                name,
                                created,
                                retention_days: None,
                                class,
                                tags,
                                kms_key: None,
                            },
                        );
                    }
                    Ok(())
                })
                .await?;
        }
        let stream_key = format!("{group_key}|{stream}");
        self.streams
            .change(|streams| {
                streams.put(
                    &stream_key,
                    Stream {
                        name: stream.to_owned(),
                        created: self.conditions.now(),
                    },
                );
                Ok(())
            })
            .await?;
        Ok(stream_key)
    }

    pub(crate) fn append(
        &self,
        stream: &str,
        lines: Vec<(Millis, String)>,
    ) -> Result<Commit, Fault> {
        let ingested = self.conditions.now();
        let mut changes = Vec::with_capacity(lines.len());
        for (timestamp, message) in lines {
            let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
            let event = LogEvent {
                timestamp,
                ingested,
                message,
            };
            changes.push(Change::Put {
                table: Table::LogEvents,
                key: format!("{stream}|{timestamp:0TIME_DIGITS$}{sequence:020}"),
                value: serde_json::to_vec(&event).map_err(Fault::storage)?,
            });
        }
        Ok(self.store.write(changes))
    }

    /// The events of all streams whose key starts with `prefix`, in the order of the keys. Includes everything that was
    /// appended before.
    pub(super) async fn events(&self, prefix: &str) -> Result<Vec<StoredEvent>, Fault> {
        self.store.write(Vec::new()).done().await?;
        let stored = self
            .store
            .scan(Table::LogEvents, prefix, None, usize::MAX)?;
        let events = stored
            .into_iter()
            .map(|(key, value)| StoredEvent { key, value });
        Ok(events.collect())
    }
}

impl StoredEvent {
    /// Unique in its log group. It starts with its time.
    pub(super) fn id(&self) -> &str {
        self.split().1
    }

    pub(super) fn time(&self) -> Millis {
        let digits = self.id().get(..TIME_DIGITS).unwrap_or_default();
        digits.parse().unwrap_or_default()
    }

    /// The key of its stream.
    pub(super) fn stream(&self) -> &str {
        self.split().0
    }

    fn split(&self) -> (&str, &str) {
        self.key.rsplit_once('|').unwrap_or(("", &self.key))
    }

    pub(super) fn read(&self) -> Result<LogEvent, Fault> {
        serde_json::from_slice(&self.value).map_err(Fault::storage)
    }
}

impl LogEvent {
    pub(super) fn describe(&self) -> Value {
        json!({ "timestamp": self.timestamp, "message": self.message, "ingestionTime": self.ingested })
    }
}
