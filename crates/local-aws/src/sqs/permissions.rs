//! The permissions that SQS's operations need.

use super::queue::arn_of_url;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::{Permission, body, filled};

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let by_name = || {
        let owner = body["QueueOwnerAWSAccountId"].as_str();
        let scope = Scope {
            account: owner.unwrap_or(&call.scope.account).to_owned(),
            region: call.scope.region.clone(),
        };
        Some(scope.arn("sqs", body["QueueName"].as_str()?))
    };
    let queue = match call.operation.as_str() {
        "ListQueues" => "*".to_owned(),
        "CreateQueue" | "GetQueueUrl" => by_name()?,
        _ => arn_of_url(body["QueueUrl"].as_str()?, &call.scope),
    };
    // A batch needs what each of its entries would.
    let operation = call.operation.trim_end_matches("Batch");
    let mut needed = vec![Permission::new(format!("sqs:{operation}"), &queue)];
    if call.operation == "CreateQueue" && (filled(&body["tags"]) || filled(&body["Tags"])) {
        needed.push(Permission::new("sqs:TagQueue", queue));
    }
    Some(needed)
}
