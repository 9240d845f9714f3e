//! How many calls AWS takes, in one table, and the buckets that count them.
//!
//! A bucket holds `burst` calls and is refilled at `rate` calls a second.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::call::Call;

/// A quota for some operations of a service, which share one bucket in each account and region.
#[derive(Debug, PartialEq)]
struct Quota {
    service: &'static str,
    operations: Operations,
    burst: f64,
    rate: f64,
}

#[derive(Debug, PartialEq)]
enum Operations {
    /// Each of these has a bucket of its own.
    Each(&'static [&'static str]),
    /// Those that no earlier line names share a bucket.
    Others,
    /// These are not counted.
    Unlimited(&'static [&'static str]),
}

use Operations::{Each, Others, Unlimited};

/// The first line that fits counts.
///
/// - Lambda: "Lambda quotas" in its developer guide, `gettingstarted-limits`.
/// - Step Functions: "Quotas related to API action throttling" in its developer guide, `service-quotas`; the lower
///   figures, which hold in most regions.
/// - CloudWatch Logs: "CloudWatch Logs quotas" in its user guide, `cloudwatch_limits_cwl`. Operations that it does not
///   name count as ten a second each.
/// - STS: "IAM and AWS STS quotas" in IAM's user guide.
/// - IAM documents no rate. Operators report throttling from about twenty calls a second on.
const QUOTAS: [Quota; 18] = [
    quota("lambda", Unlimited(&["Invoke"]), 0.0, 0.0),
    quota("lambda", Each(&["GetFunction"]), 100.0, 100.0),
    quota("lambda", Each(&["GetPolicy"]), 15.0, 15.0),
    quota("lambda", Others, 15.0, 15.0),
    quota(
        "states",
        Each(&["StartExecution", "RedriveExecution"]),
        800.0,
        150.0,
    ),
    quota("states", Each(&["StopExecution"]), 500.0, 25.0),
    quota("states", Each(&["DescribeExecution"]), 250.0, 10.0),
    quota("states", Each(&["GetExecutionHistory"]), 400.0, 20.0),
    quota("states", Each(&["DescribeStateMachine"]), 200.0, 20.0),
    quota(
        "states",
        Each(&[
            "DescribeStateMachineAlias",
            "DescribeStateMachineForExecution",
            "TagResource",
            "UntagResource",
        ]),
        200.0,
        1.0,
    ),
    quota("states", Each(&["TestState"]), 50.0, 10.0),
    quota("states", Each(&["ListStateMachines"]), 100.0, 5.0),
    quota("states", Each(&["ListExecutions"]), 100.0, 2.0),
    quota(
        "states",
        Each(&[
            "CreateStateMachine",
            "CreateStateMachineAlias",
            "DeleteStateMachine",
            "DeleteStateMachineAlias",
            "DeleteStateMachineVersion",
            "ListStateMachineAliases",
            "ListStateMachineVersions",
            "ListTagsForResource",
            "PublishStateMachineVersion",
            "UpdateStateMachine",
            "UpdateStateMachineAlias",
            "ValidateStateMachineDefinition",
        ]),
        100.0,
        1.0,
    ),
    quota("logs", Unlimited(&["PutLogEvents"]), 0.0, 0.0),
    quota(
        "logs",
        Each(&[
            "CreateLogGroup",
            "DeleteLogGroup",
            "DescribeLogGroups",
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "AssociateKmsKey",
            "DisassociateKmsKey",
            "TagResource",
            "UntagResource",
            "ListTagsForResource",
        ]),
        10.0,
        10.0,
    ),
    quota("sts", Others, 600.0, 600.0),
    quota("iam", Others, 20.0, 20.0),
];

const fn quota(service: &'static str, operations: Operations, burst: f64, rate: f64) -> Quota {
    Quota {
        service,
        operations,
        burst,
        rate,
    }
}

/// The buckets of all accounts and regions.
#[derive(Default)]
pub(crate) struct Buckets(Mutex<BTreeMap<String, Bucket>>);

struct Bucket {
    calls: f64,
    filled: Millis,
}

impl Buckets {
    /// Takes a call from its bucket, or refuses it.
    pub(crate) fn take(&self, call: &Call, now: Millis) -> Result<(), Fault> {
        let operation = call.operation.as_str();
        let of_service = QUOTAS.iter().filter(|quota| quota.service == call.api.name);
        let mut of_service = of_service;
        let Some((quota, name)) =
            of_service.find_map(|quota| Some((quota, quota.bucket(operation)?)))
        else {
            return Ok(());
        };
        if matches!(quota.operations, Unlimited(_)) {
            return Ok(());
        }
        let key = format!(
            "{}/{}/{}/{name}",
            call.scope.account, call.scope.region, quota.service
        );
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key).or_insert(Bucket {
            calls: quota.burst,
            filled: now,
        });
        #[expect(
            clippy::cast_precision_loss,
            reason = "spans of milliseconds are small"
        )]
        let seconds = now.saturating_sub(bucket.filled) as f64 / 1000.0;
        bucket.calls = (bucket.calls + seconds * quota.rate).min(quota.burst);
        bucket.filled = now;
        if bucket.calls < 1.0 {
            return Err(throttled(call));
        }
        bucket.calls -= 1.0;
        Ok(())
    }
}

impl Quota {
    /// The name of the bucket that an operation takes from, if this line is about it.
    fn bucket<'a>(&self, operation: &'a str) -> Option<&'a str> {
        match &self.operations {
            Each(named) | Unlimited(named) => named.contains(&operation).then_some(operation),
            Others => Some("others"),
        }
    }
}

/// The refusal in the words of the call's service.
fn throttled(call: &Call) -> Fault {
    let text = "Rate exceeded";
    match call.api.name {
        "lambda" => Fault::new(429, "TooManyRequestsException", text)
            .with("Reason", "CallerRateLimitExceeded"),
        "iam" | "sts" => Fault::bad("Throttling", text),
        _ => Fault::bad("ThrottlingException", text),
    }
}
