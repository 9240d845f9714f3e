//! Codes and texts as AWS writes them, and real errors of the SDK without any AWS.
use std::time::Duration;

use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_sdk_sts::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::aws::http_client::http_client;

#[test]
fn a_role_that_is_not_known_everywhere_yet_is_told_by_its_text() {
    let texts = [
        (
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        (
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
        ),
        (
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call SendMessage on SQS",
        ),
        (
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
        ),
        (
            "AccessDeniedException",
            "The state machine IAM Role is not authorized to access the Log Destination",
        ),
        (
            "AccessDeniedException",
            "'arn:aws:iam::123456789012:role/shop' is not authorized to create managed-rule.",
        ),
        (
            "InvalidParameterValueException",
            "Lambda was unable to configure access to your environment variables because the KMS key is invalid for \
             CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: ARN does \
             not refer to a valid principal",
        ),
    ];
    for (code, text) in texts {
        assert_eq!(classify("", code, text), Class::RoleNotReady, "{text}");
    }
}

#[test]
fn a_vpc_that_ec2_has_no_capacity_for_is_worth_another_attempt() {
    let text =
        "Your request has been throttled by EC2, please make sure you have enough API rate limit.";
    assert_eq!(
        classify("", "InvalidParameterValueException", text),
        Class::Busy
    );
}

#[test]
fn the_same_codes_with_other_texts_are_final() {
    let too_small =
        "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint";
    assert_eq!(
        classify("", "InvalidParameterValueException", too_small),
        Class::Other
    );
    let denied = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: states:CreateStateMachine \
                  on resource: arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev because no identity-based \
                  policy allows the states:CreateStateMachine action";
    assert_eq!(classify("", "AccessDeniedException", denied), Class::Denied);
    assert_eq!(classify("", "AccessDenied", denied), Class::Denied);
}

#[test]
fn one_code_says_that_a_function_exists_that_it_is_busy_and_that_it_is_in_use() {
    let code = "ResourceConflictException";
    let exists = "Function already exist: shop-dev-buy";
    assert_eq!(classify("", code, exists), Class::AlreadyExists);
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy";
    let updating = format!(
        "The operation cannot be performed at this time. An update is in progress for resource: {function}"
    );
    assert_eq!(classify("", code, &updating), Class::Busy);
    let pending = "The operation cannot be performed at this time. The function is currently in the following state: Pending";
    assert_eq!(classify("", code, pending), Class::Busy);
    let aliased = "Unable to delete version because the following aliases reference it: [live]";
    assert_eq!(classify("", code, aliased), Class::InUse);
    let exists = "Version to be deleted must not be referenced by an alias";
    assert_eq!(classify("", "ConflictException", exists), Class::InUse);
}

/// LocalStack has these words from AWS, whose documentation has the code alone.
/// localstack/localstack#10421 has recorded it of ListStateMachineVersions.
#[test]
fn an_arn_that_is_invalid_is_that_of_a_missing_state_machine_and_not_of_an_execution() {
    let of = |operation| classify(operation, "InvalidArn", "Invalid arn: shop");
    assert_eq!(of("ListStateMachineVersions"), Class::NotFound);
    assert_eq!(of("DescribeStateMachineAlias"), Class::NotFound);
    assert_eq!(of("DescribeExecution"), Class::Other);
}

#[test]
fn a_revision_that_is_no_longer_the_latest_does_not_come_back() {
    let refused = "Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is 1.";
    assert_eq!(
        classify("", "ConflictException", refused),
        Class::ChangedMeanwhile
    );
}

#[test]
fn codes_that_speak_for_themselves() {
    let codes = [
        ("ResourceNotFoundException", Class::NotFound),
        ("ResourceNotFound", Class::NotFound),
        ("NoSuchEntity", Class::NotFound),
        ("StateMachineDoesNotExist", Class::NotFound),
        ("ExecutionDoesNotExist", Class::NotFound),
        ("EntityAlreadyExists", Class::AlreadyExists),
        ("ResourceAlreadyExistsException", Class::AlreadyExists),
        ("StateMachineAlreadyExists", Class::AlreadyExists),
        ("StateMachineDeleting", Class::Busy),
        ("OperationAbortedException", Class::Busy),
        ("DeleteConflict", Class::Busy),
        ("ConcurrentModification", Class::Busy),
        ("ConflictException", Class::Busy),
        ("PreconditionFailedException", Class::ChangedMeanwhile),
        ("TooManyRequestsException", Class::Throttled),
        ("ThrottlingException", Class::Throttled),
        ("Throttling", Class::Throttled),
        ("StateMachineTypeNotSupported", Class::NotSupported),
        ("ExpiredToken", Class::Credentials),
        ("ExpiredTokenException", Class::Credentials),
        ("InvalidClientTokenId", Class::Credentials),
        ("UnrecognizedClientException", Class::Credentials),
        ("SignatureDoesNotMatch", Class::Credentials),
        ("InvalidSignatureException", Class::Credentials),
        ("MissingAuthenticationTokenException", Class::Credentials),
        ("ServiceException", Class::Other),
        ("InvalidDefinition", Class::Other),
    ];
    for (code, class) in codes {
        assert_eq!(classify("", code, "some text"), class, "{code}");
    }
    // CloudWatch Logs throttles under other codes with the same text.
    assert_eq!(
        classify("", "LimitExceededException", "Rate exceeded"),
        Class::Throttled
    );
}

#[test]
fn an_error_reads_as_aws_wrote_it() {
    let error = AwsError {
        operation: "CreateRole",
        code: Some("AccessDenied".to_owned()),
        message: "no".to_owned(),
        request_id: Some("1-2-3".to_owned()),
        class: Class::Denied,
    };
    assert_eq!(
        error.to_string(),
        "CreateRole failed with AccessDenied: no (request id 1-2-3)"
    );
}

/// The result of a call to this endpoint.
async fn call(endpoint: &str, credentials: SharedCredentialsProvider) -> AwsError {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .http_client(http_client(false))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .read_timeout(Duration::from_millis(200))
                .build(),
        );
    let sts = aws_sdk_sts::Client::from_conf(config.build());
    let answer = sts.get_caller_identity().send().await;
    answer.map_err(failed("GetCallerIdentity")).unwrap_err()
}

fn some_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test"))
}

fn no_provider(error: fn() -> CredentialsError) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(provide_credentials_fn(move || async move { Err(error()) }))
}

/// A server that sends this response to the first call, or none.
async fn server(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        match answer {
            Some(answer) => {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            None => std::future::pending().await,
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_refused_connection_says_so_in_one_line() {
    // Nobody listens on a port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = call(&endpoint, some_credentials()).await;
    assert_eq!(error.class, Class::Refused);
    let text = error.to_string();
    assert!(
        text.starts_with("GetCallerIdentity failed: no connection: "),
        "{text}"
    );
    assert!(
        text.contains("onnection refused") && !text.contains('\n'),
        "{text}"
    );
}

#[tokio::test]
async fn missing_credentials_are_not_a_network_that_is_down() {
    let missing = no_provider(|| CredentialsError::not_loaded("no credentials\nAttempted:\n  All"));
    let error = call("http://127.0.0.1:1", missing).await;
    assert_eq!(error.class, Class::NoCredentials);
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity failed: no AWS credentials were found"
    );
}

#[tokio::test]
async fn credentials_that_cannot_be_used_say_why() {
    let expired = no_provider(|| CredentialsError::provider_error("the SSO session has expired"));
    let error = call("http://127.0.0.1:1", expired).await;
    assert_eq!(error.class, Class::Credentials);
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity failed: the credentials cannot be used: the SSO session has expired"
    );
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_timeout() {
    let error = call(&server(None).await, some_credentials()).await;
    assert_eq!(error.class, Class::Unreachable);
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity failed: no response in time"
    );
}

#[tokio::test]
async fn a_web_server_at_the_endpoint_is_recognised() {
    let page = "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 14\r\n\r\n<h1>Hello</h1>";
    let error = call(&server(Some(page)).await, some_credentials()).await;
    assert_eq!(error.class, Class::Unreachable);
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity failed: the response does not come from AWS (HTTP status 404)"
    );
}

#[tokio::test]
async fn an_answer_of_aws_keeps_its_code_text_and_request_id() {
    let answer = "HTTP/1.1 403 Forbidden\r\nx-amzn-requestid: 1-2-3\r\ncontent-length: 207\r\n\r\n\
        <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
        <Code>ExpiredToken</Code><Message>The token is expired</Message></Error>\
        <RequestId>1-2-3</RequestId></ErrorResponse>";
    let error = call(&server(Some(answer)).await, some_credentials()).await;
    assert_eq!(error.class, Class::Credentials);
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity failed with ExpiredToken: The token is expired (request id 1-2-3)"
    );
}

#[test]
fn a_wait_for_a_role_does_not_read_like_a_failure() {
    let waits = |message: &str| {
        let error = AwsError {
            operation: "CreateStateMachine",
            code: Some("AccessDeniedException".to_owned()),
            message: message.to_owned(),
            request_id: None,
            class: Class::RoleNotReady,
        };
        error.awaited()
    };
    assert_eq!(
        waits(
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."
        ),
        "AWS cannot use its role yet; a new role or policy takes some seconds, at times a minute"
    );
    assert_eq!(
        waits(
            "'arn:aws:iam::123456789012:role/txflow/shop/dev/shop-dev-buy' is not authorized to create managed-rule."
        ),
        "AWS cannot use role `shop-dev-buy` yet; a new role or policy takes some seconds, at times a minute"
    );
}
