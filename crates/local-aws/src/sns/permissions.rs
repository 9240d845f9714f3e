//! The permissions that SNS's operations need.

use crate::http::call::Call;
use crate::permission::Permission;

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let member = |name: &str| call.form.get(name).map(str::to_owned);
    // The ARN of a subscription begins with that of its topic.
    let of_subscription = || {
        let arn = member("SubscriptionArn")?;
        Some(arn.rsplit_once(':')?.0.to_owned())
    };
    let resource = match call.operation.as_str() {
        "CreateTopic" => call.scope.arn("sns", &member("Name")?),
        "ListTopics" | "ListSubscriptions" => "*".to_owned(),
        "Publish" => {
            { member("TopicArn").or_else(|| member("TargetArn")) }.unwrap_or_else(|| "*".to_owned())
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => member("ResourceArn")?,
        "Unsubscribe" | "GetSubscriptionAttributes" | "SetSubscriptionAttributes" => {
            of_subscription()?
        }
        _ => member("TopicArn")?,
    };
    // A batch needs what each of its entries would.
    let operation = call.operation.trim_end_matches("Batch");
    let mut needed = vec![Permission::new(format!("sns:{operation}"), &resource)];
    if call.operation == "CreateTopic" && call.form.get("Tags.member.1.Key").is_some() {
        needed.push(Permission::new("sns:TagResource", resource));
    }
    Some(needed)
}
