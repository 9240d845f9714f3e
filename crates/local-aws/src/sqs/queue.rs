//! One queue: its names, and what it is set to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use txflow_asl::{Arn, is_account_id};

use super::Sqs;
use super::faults::no_queue;
use super::settings::{RedrivePolicy, number};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::tags::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) created: Millis,
    pub(super) modified: Millis,
    /// As they were set.
    pub(super) settings: BTreeMap<String, String>,
    pub(super) tags: Tags,
    /// When it was last emptied.
    pub(super) purged: Option<Millis>,
}

impl Queue {
    pub(super) fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    pub(super) fn is(&self, setting: &str) -> bool {
        let value = self.settings.get(setting);
        value.is_some_and(|value| value == "true")
    }

    /// A setting that is a number, or its default.
    pub(super) fn number(&self, setting: &str) -> u64 {
        let set = self.settings.get(setting);
        let set = set.and_then(|value| value.parse().ok());
        set.unwrap_or_else(|| number(setting).map_or(0, |number| number.default))
    }

    /// In milliseconds.
    pub(super) fn span(&self, setting: &str) -> Millis {
        self.number(setting) * 1000
    }

    pub(super) fn redrive_policy(&self) -> Option<RedrivePolicy> {
        let text = self.settings.get("RedrivePolicy")?;
        RedrivePolicy::parse(text)
    }
}

pub(super) fn key(scope: &Scope, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

pub(super) fn key_of_arn(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "sqs")?;
    Some(format!("{}/{}/{}", arn.account, arn.region, arn.resource))
}

/// The ARN that a URL stands for: of this server, or one of AWS's forms, of which the last two segments count.
pub(crate) fn arn_of_url(url: &str, scope: &Scope) -> String {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", url),
    };
    let region = match host.split('.').collect::<Vec<_>>().as_slice() {
        ["sqs", region, "amazonaws", ..] | [region, "queue", "amazonaws", ..] => region,
        _ => scope.region.as_str(),
    };
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let name = segments.next().unwrap_or_default();
    let account = segments.next().filter(|account| is_account_id(account));
    let of = Scope {
        account: account.unwrap_or(&scope.account).to_owned(),
        region: region.to_owned(),
    };
    of.arn("sqs", name)
}

/// The URL by which a service here calls the queue with that ARN.
pub(crate) fn url_of_arn(arn: &str) -> String {
    let scope = Scope::of_arn(arn);
    let name = arn.rsplit(':').next().unwrap_or_default();
    format!(
        "https://sqs.{}.amazonaws.com/{}/{name}",
        scope.region, scope.account
    )
}

impl Sqs {
    pub(super) fn url(&self, queue: &Queue) -> String {
        let account = Scope::of_arn(&queue.arn).account;
        format!("{}/{account}/{}", self.endpoint_url, queue.name)
    }

    /// The key and the queue that a URL names.
    pub(super) fn find(
        &self,
        call: &Call,
        url: &str,
    ) -> Result<(String, std::sync::Arc<Queue>), Fault> {
        let key = key_of_arn(&arn_of_url(url, &call.scope)).ok_or_else(no_queue)?;
        let queue = self.queues.get(&key).ok_or_else(no_queue)?;
        Ok((key, queue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_queue_in_each_of_its_forms() {
        let scope = Scope {
            account: "000000000000".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        for (url, expected) in [
            (
                "http://127.0.0.1:4566/000000000000/q",
                "eu-west-1:000000000000:q",
            ),
            (
                "http://localhost:4566/111111111111/q.fifo",
                "eu-west-1:111111111111:q.fifo",
            ),
            (
                "https://sqs.us-east-1.amazonaws.com/000000000000/q",
                "us-east-1:000000000000:q",
            ),
            (
                "https://us-east-1.queue.amazonaws.com/000000000000/q",
                "us-east-1:000000000000:q",
            ),
            ("q", "eu-west-1:000000000000:q"),
        ] {
            let arn = arn_of_url(url, &scope);
            assert_eq!(arn, format!("arn:aws:sqs:{expected}"));
            assert_eq!(arn_of_url(&url_of_arn(&arn), &scope), arn);
        }
    }
}
