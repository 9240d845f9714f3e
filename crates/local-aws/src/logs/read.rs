//! Reading: streams, the events of one, the events of many.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Pattern;
use super::{Logs, arn, invalid, key, not_found};
use crate::clock::Millis;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::{decode, encode, page};

/// AWS's default and limit for one answer.
const MAX_EVENTS: i64 = 10_000;
/// AWS ends a page at 1 MB of events. Each event counts 26 bytes more than its text.
const MAX_BYTES: usize = 1024 * 1024;
const EVENT_OVERHEAD: usize = 26;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLogStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    #[serde(default)]
    log_stream_name_prefix: String,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<Millis>,
    end_time: Option<Millis>,
    next_token: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    start_from_head: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<Millis>,
    end_time: Option<Millis>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

impl Logs {
    pub(super) async fn describe_log_streams(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DescribeLogStreams = call.json()?;
        Constraints::default()
            .range("limit", request.limit, 1, 50)
            .check("InvalidParameterException")?;
        let group = self.group(
            &call.scope,
            request.log_group_name,
            request.log_group_identifier,
        )?;
        let by_time = request.order_by.as_deref() == Some("LastEventTime");
        if by_time && !request.log_stream_name_prefix.is_empty() {
            return Err(invalid(
                "Cannot order by LastEventTime with a logStreamNamePrefix.",
            ));
        }
        let mut first_and_last: BTreeMap<String, (Millis, Millis)> = BTreeMap::new();
        let prefix = format!("{group}|{}", request.log_stream_name_prefix);
        for event in self.events(&prefix).await? {
            let (stream, time) = (event.stream(), event.time());
            match first_and_last.get_mut(stream) {
                Some((_, last)) => *last = time.max(*last),
                None => {
                    first_and_last.insert(stream.to_owned(), (time, time));
                }
            }
        }
        let mut streams: Vec<_> = self
            .streams
            .list(&prefix)
            .into_iter()
            .map(|(key, stream)| {
                let times = first_and_last.get(&key).copied();
                let order = if by_time {
                    format!("{:014}|{key}", times.map_or(0, |(_, last)| last))
                } else {
                    key
                };
                (order, (stream, times))
            })
            .collect();
        streams.sort_by(|(a, _), (b, _)| a.cmp(b));
        if request.descending {
            // Pagination needs ascending keys.
            streams.reverse();
            for (index, (order, _)) in streams.iter_mut().enumerate() {
                *order = format!("{index:09}");
            }
        }
        let size = usize::try_from(request.limit.unwrap_or(50)).unwrap_or(50);
        let (streams, next) =
            page(streams, request.next_token.as_deref(), size).map_err(|_| invalid_token())?;
        let group_name = group.splitn(3, '/').nth(2).unwrap_or_default();
        let streams: Vec<_> = streams
            .into_iter()
            .map(|(_, (stream, times))| {
                let mut described = json!({
                    "logStreamName": stream.name,
                    "creationTime": stream.created,
                    "arn": format!("{}:log-stream:{}", arn(&call.scope, group_name), stream.name),
                    "storedBytes": 0,
                });
                if let Some((first, last)) = times {
                    described["firstEventTimestamp"] = json!(first);
                    described["lastEventTimestamp"] = json!(last);
                    described["lastIngestionTime"] = json!(last);
                }
                described
            })
            .collect();
        Ok(Answer::json(with_token(
            json!({ "logStreams": streams }),
            next,
        )))
    }

    pub(super) async fn get_log_events(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetLogEvents = call.json()?;
        let limit = checked_limit(request.limit)?;
        let group = self.group(
            &call.scope,
            request.log_group_name,
            request.log_group_identifier,
        )?;
        let stream = format!("{group}|{}", request.log_stream_name);
        self.streams
            .get(&stream)
            .ok_or_else(|| not_found("log stream"))?;
        let mut events = self.events(&format!("{stream}|")).await?;
        events.retain(|event| within(event.time(), request.start_time, request.end_time));

        // A token is a direction and a place between two events. A reader at the end gets its own token back: that is
        // how AWS says that there are no more events for now.
        let place = match request.next_token.as_deref() {
            Some(token) => Some(parse_token(token).ok_or_else(invalid_token)?),
            None => None,
        };
        let total = events.len();
        let (from, to) = match place {
            Some((Direction::Forward, at)) => (at.min(total), (at + limit).min(total)),
            Some((Direction::Backward, at)) => (at.min(total).saturating_sub(limit), at.min(total)),
            None if request.start_from_head => (0, limit.min(total)),
            None => (total.saturating_sub(limit), total),
        };
        let events: Vec<_> = events[from..to]
            .iter()
            .map(|event| event.read().map(|event| event.describe()))
            .collect::<Result<_, _>>()?;
        Ok(Answer::json(json!({
            "events": events,
            "nextForwardToken": format!("f/{to:056}/s"),
            "nextBackwardToken": format!("b/{from:056}/s"),
        })))
    }

    pub(super) async fn filter_log_events(&self, call: &Call) -> Result<Answer, Fault> {
        let request: FilterLogEvents = call.json()?;
        let limit = checked_limit(request.limit)?;
        if request.log_stream_names.is_some() && request.log_stream_name_prefix.is_some() {
            return Err(invalid(
                "logStreamNames and logStreamNamePrefix cannot both be specified.",
            ));
        }
        let pattern = Pattern::parse(request.filter_pattern.as_deref().unwrap_or_default())?;
        let group = self.group(
            &call.scope,
            request.log_group_name,
            request.log_group_identifier,
        )?;
        let prefix = format!(
            "{group}|{}",
            request.log_stream_name_prefix.unwrap_or_default()
        );
        let from = request
            .next_token
            .as_deref()
            .map(decode)
            .transpose()
            .map_err(|_| invalid_token())?
            .unwrap_or_default();
        let mut events = self.events(&prefix).await?;
        events.retain(|event| {
            event.id() >= from.as_str()
                && within(event.time(), request.start_time, request.end_time)
        });
        // An id starts with its time, so this interleaves the streams.
        events.sort_by(|a, b| a.id().cmp(b.id()));
        let mut chosen = Vec::new();
        let (mut bytes, mut next) = (0, None);
        for stored in events {
            let stream = &stored.stream()[group.len() + 1..];
            let named = request
                .log_stream_names
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == stream));
            if !named {
                continue;
            }
            let event = stored.read()?;
            if !pattern.matches(&event.message) {
                continue;
            }
            bytes += event.message.len() + EVENT_OVERHEAD;
            if chosen.len() == limit || (bytes > MAX_BYTES && !chosen.is_empty()) {
                next = Some(encode(stored.id()));
                break;
            }
            let mut described = event.describe();
            described["logStreamName"] = json!(stream);
            described["eventId"] = json!(stored.id());
            chosen.push(described);
        }
        Ok(Answer::json(with_token(
            json!({ "events": chosen, "searchedLogStreams": [] }),
            next,
        )))
    }

    /// The key of the group that a request names, by name or by ARN.
    fn group(
        &self,
        scope: &Scope,
        name: Option<String>,
        identifier: Option<String>,
    ) -> Result<String, Fault> {
        let name = match (name, identifier) {
            (Some(name), None) => name,
            (None, Some(identifier)) => identifier
                .strip_prefix(&arn(scope, ""))
                .unwrap_or(&identifier)
                .trim_end_matches(":*")
                .to_owned(),
            _ => {
                return Err(invalid(
                    "Specify exactly one of logGroupName and logGroupIdentifier.",
                ));
            }
        };
        let key = key(scope, &name);
        self.groups
            .get(&key)
            .ok_or_else(|| not_found("log group"))?;
        Ok(key)
    }
}

enum Direction {
    Forward,
    Backward,
}

fn parse_token(token: &str) -> Option<(Direction, usize)> {
    let (direction, place) = token.strip_suffix("/s")?.split_once('/')?;
    let direction = match direction {
        "f" => Direction::Forward,
        "b" => Direction::Backward,
        _ => return None,
    };
    // The zeros are padding. A place beyond the stream counts as its end.
    Some((direction, place.parse().ok()?))
}

fn invalid_token() -> Fault {
    invalid("The specified nextToken is invalid.")
}

fn checked_limit(limit: Option<i64>) -> Result<usize, Fault> {
    Constraints::default()
        .range("limit", limit, 1, MAX_EVENTS)
        .check("InvalidParameterException")?;
    Ok(usize::try_from(limit.unwrap_or(MAX_EVENTS)).unwrap_or_default())
}

/// The start is included, the end is not.
fn within(at: Millis, start: Option<Millis>, end: Option<Millis>) -> bool {
    start.is_none_or(|start| at >= start) && end.is_none_or(|end| at < end)
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    answer
}
