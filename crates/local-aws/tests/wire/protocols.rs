//! How answers and errors look on the wire, which SDKs are picky about.

use serde_json::json;

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn iam_errors_are_xml_of_the_query_protocol() {
    let server = Server::start().await;
    let answer = server.client.iam("GetRole", "&RoleName=none");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), Some("text/xml"));
    let id = answer.header("x-amzn-requestid").unwrap();
    assert_eq!(
        answer.body,
        format!(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>NoSuchEntity</Code><Message>The role with name none cannot be found.</Message></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn step_functions_errors_carry_their_qualified_type() {
    let server = Server::start().await;
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:none";
    let answer = server
        .client
        .states("DescribeStateMachine", &json!({ "stateMachineArn": arn }));
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-amz-json-1.0")
    );
    assert_eq!(
        answer.json(),
        json!({
            "__type": "com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist",
            "message": format!("State Machine Does Not Exist: '{arn}'"),
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lambda_errors_name_their_type_in_a_header() {
    let server = Server::start().await;
    let answer = server
        .client
        .lambda("GET", "/2015-03-31/functions/none", &json!({}));
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("ResourceNotFoundException")
    );
    assert_eq!(
        answer.json(),
        json!({
            "Type": "User",
            "Message": "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_of_twelve_digits_is_an_account() {
    let server = Server::start().await;
    let credential = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [
        ("Authorization", credential),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let answer = server.client.send(
        "POST",
        "/",
        &headers,
        "Action=GetCallerIdentity&Version=2011-06-15",
    );
    assert!(
        answer.body.contains("<Account>123456789012</Account>"),
        "{}",
        answer.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_says_so_and_is_not_worth_a_retry() {
    let server = Server::start().await;
    let signed = server.client.scope("kinesis");
    let headers = [
        ("X-Amz-Target", "Kinesis_20131202.ListStreams"),
        ("Authorization", &signed),
    ];
    let answer = server.client.send("POST", "/", &headers, "{}");
    assert_eq!(answer.status, 501);
    assert!(
        answer
            .body
            .contains("does not implement `kinesis:ListStreams`"),
        "{}",
        answer.body
    );
    let answer = server.client.send("GET", "/", &headers[1..], "");
    assert_eq!(answer.status, 501);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_json_is_refused_by_every_service() {
    let server = Server::start().await;
    let scope = server.client.scope("states");
    let signed = ("Authorization", scope.as_str());
    for (target, status) in [
        ("AWSStepFunctions.ListStateMachines", 400),
        ("Logs_20140328.DescribeLogGroups", 400),
    ] {
        let answer = server
            .client
            .send("POST", "/", &[("X-Amz-Target", target), signed], "{");
        assert_eq!(answer.status, status);
        assert!(
            answer.json()["__type"]
                .as_str()
                .unwrap()
                .contains("SerializationException"),
            "{}",
            answer.body
        );
    }
    let answer = server
        .client
        .send("POST", "/2015-03-31/functions", &[signed], "{");
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("InvalidRequestContentException")
    );
}
