//! AWS managed policies.
//!
//! The policies that matter to functions and state machines have the statements that are relevant here. Any other name
//! under AWS's path can be attached and grants nothing, since AWS has over a thousand and changes them.

const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// Whether `arn` is the ARN of an AWS managed policy.
pub(super) fn is_policy(arn: &str) -> bool {
    arn.strip_prefix(PREFIX)
        .is_some_and(|name| !name.is_empty())
}

/// The statements of the policy, as far as they matter to the services here.
pub(super) fn document(arn: &str) -> Option<&'static str> {
    Some(match arn.strip_prefix(PREFIX)? {
        "AdministratorAccess" | "PowerUserAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        }
        "service-role/AWSLambdaRole" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}"#
        }
        "AWSLambda_FullAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:*","logs:DescribeLogGroups","states:DescribeStateMachine","states:ListStateMachines"],"Resource":"*"}]}"#
        }
        "service-role/AWSLambdaBasicExecutionRole" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#
        }
        "AWSStepFunctionsFullAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"states:*","Resource":"*"}]}"#
        }
        "CloudWatchLogsFullAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}"#
        }
        _ => return None,
    })
}
