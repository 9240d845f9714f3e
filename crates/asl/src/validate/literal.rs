//! Values of a request that are written out and that no call can accept.
//!
//! Step Functions passes them on unread, so a state that has one fails whenever it runs. Sources: the constraints in the API
//! reference of each operation, and <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::placeholder::has_placeholder;
use super::report::Mark;
use crate::jsonata::delimited;

/// The service as IAM names it, a field, what its value is, and whether a text is one.
type Row = (&'static str, &'static str, &'static str, fn(&str) -> bool);

const ROWS: &[Row] = &[
    ("sqs", "QueueUrl", "the URL of a queue", is_no_arn),
    (
        "states",
        "StateMachineArn",
        "the ARN of a state machine",
        is_arn,
    ),
    ("sns", "TopicArn", "the ARN of a topic", is_arn),
    ("s3", "Bucket", "the name of a bucket", is_bucket),
    (
        "lambda",
        "FunctionName",
        "the name or the ARN of a function",
        is_function,
    ),
    (
        "dynamodb",
        "TableName",
        "the name or the ARN of a table",
        is_table,
    ),
    (
        "http",
        "ApiEndpoint",
        "a URL that begins with `https://`",
        is_https,
    ),
];

/// Warns of each such value.
pub(super) fn check(
    checker: &mut Checker<'_>,
    service: &str,
    request: &Map<String, Value>,
    at: &At<'_>,
    context: CheckContext,
) {
    let rows = ROWS.iter().filter(|(of, ..)| *of == prefix(service));
    for (_, field, what, is_possible) in rows {
        let Some(text) = request.get(*field).and_then(Value::as_str) else {
            continue;
        };
        let is_expression = context.is_jsonata() && delimited(text).is_some();
        if is_expression || has_placeholder(text) || is_possible(text) {
            continue;
        }
        let message = format!("'{text}' is not {what}, so the state fails whenever it runs");
        let code = Code::ImpossibleValue;
        checker
            .report
            .warning(code, &at.key(field), Mark::Value, message);
    }
}

/// `states` of `aws-sdk:sfn`.
fn prefix(service: &str) -> &str {
    match service.strip_prefix("aws-sdk:") {
        Some("sfn") => "states",
        Some(service) => service,
        None => service,
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

fn is_no_arn(text: &str) -> bool {
    !is_arn(text)
}

/// An access point is named by its ARN.
fn is_bucket(text: &str) -> bool {
    is_arn(text) || !text.contains(['/', ':', ' '])
}

/// Also a part of an ARN, such as `123456789012:function:charge`.
fn is_function(text: &str) -> bool {
    !text.contains(['/', ' '])
}

fn is_table(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    is_arn(text) || text.bytes().all(allowed)
}

fn is_https(text: &str) -> bool {
    let start = text.get(.."https://".len());
    start.is_some_and(|start| start.eq_ignore_ascii_case("https://"))
}
