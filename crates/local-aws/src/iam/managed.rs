//! Policies that AWS manages.
//!
//! Those that matter to functions and state machines have the statements that count here. Any other name under AWS's
//! own path can be attached and grants nothing, since AWS has over a thousand and changes them.

const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// Whether `arn` is one of AWS's own, which can be attached.
pub(super) fn is_policy(arn: &str) -> bool {
    arn.strip_prefix(PREFIX)
        .is_some_and(|name| !name.is_empty())
}

/// What the policy grants, as far as the services here ask.
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
