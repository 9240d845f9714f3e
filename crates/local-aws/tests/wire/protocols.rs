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
    let scope = server.client.scope("lambda");
    let signed = ("Authorization", scope.as_str());
    let answer = server
        .client
        .send("POST", "/2015-03-31/functions", &[signed], "{");
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("InvalidRequestContentException")
    );
}

/// A client reads a refusal only in its own protocol.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_served_is_refused_in_its_own_protocol() {
    let server = Server::start().await;
    let form = "application/x-www-form-urlencoded";
    for (service, content_type, path, body, expected) in [
        (
            "cloudformation",
            form,
            "/",
            "Action=ListStacks&Version=2010-05-15",
            "<Code>NotImplemented</Code>",
        ),
        (
            "ec2",
            form,
            "/",
            "Action=DescribeVpcs&Version=2016-11-15",
            "<Response><Errors><Error><Code>NotImplemented</Code>",
        ),
        (
            "route53",
            "application/xml",
            "/2013-04-01/hostedzone",
            "",
            "<Error><Code>NotImplemented</Code>",
        ),
        (
            "glue",
            "application/x-amz-json-1.1",
            "/",
            "{}",
            "\"__type\":\"NotImplemented\"",
        ),
        (
            "sqs",
            form,
            "/",
            "Action=ListQueues&Version=2012-11-05",
            "as SDKs speak it since November 2023",
        ),
    ] {
        let authorization = server.client.scope(service);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", content_type),
        ];
        let answer = server.client.send("POST", path, &headers, body);
        assert_eq!(answer.status, 501);
        assert!(answer.body.contains(expected), "{service}: {}", answer.body);
        if service != "sqs" {
            for way in [
                "Mock the state",
                "to another emulator with `upstream`",
                "use a real account",
            ] {
                assert!(answer.body.contains(way), "{service}: {}", answer.body);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_value_is_told_in_the_words_of_aws() {
    let server = Server::start().await;
    let answer = server.client.sqs("CreateQueue", &json!({ "QueueName": 1 }));
    assert_eq!(
        answer.json()["__type"],
        "com.amazonaws.sqs#SerializationException"
    );
    assert_eq!(
        answer.json()["message"],
        "NUMBER_VALUE can not be converted to a String"
    );
    let answer = server.client.events(
        "PutRule",
        &json!({ "ScheduleExpression": "rate(1 minute)" }),
    );
    assert_eq!(
        answer.json()["message"],
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
    );
    let answer = server.client.lambda(
        "POST",
        "/2015-03-31/functions",
        &json!({ "FunctionName": 1 }),
    );
    assert_eq!(
        answer.json()["Message"],
        "Could not parse request body into json: NUMBER_VALUE can not be converted to a String"
    );
}

/// `<bucket>.localhost` is how SDKs that are not told otherwise address a bucket, and a presigned URL is all that a browser or
/// `curl` needs.
#[tokio::test(flavor = "multi_thread")]
async fn s3_is_reached_by_the_name_of_a_bucket_and_by_presigned_urls() {
    let server = Server::start().await;
    let port = server.aws.address().port();
    let authorization = server.client.scope("s3");
    let raw = |method: &str, host: &str, path: &str, signed: bool, body: &str| {
        let head = if signed {
            format!("Authorization: {authorization}\r\n")
        } else {
            String::new()
        };
        server.client.write(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    };
    assert_eq!(raw("PUT", "bkt.localhost", "/", true, "").status, 200);
    assert_eq!(raw("PUT", "bkt.localhost", "/a/k", true, "one").status, 200);
    assert_eq!(raw("GET", "127.0.0.1", "/bkt/a/k", true, "").body, "one");
    // Long after any test.
    let query = |seconds: u32| {
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20260101%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20260101T000000Z&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        )
    };
    let (valid, expired) = (query(u32::MAX), query(1));
    assert_eq!(
        raw("PUT", "127.0.0.1", &format!("/bkt/k?{valid}"), false, "two").status,
        200
    );
    assert_eq!(
        raw("GET", "bkt.localhost", &format!("/k?{valid}"), false, "").body,
        "two"
    );
    let version_2 = "/bkt/k?AWSAccessKeyId=k&Signature=0&Expires=99999999999";
    assert_eq!(raw("GET", "localhost", version_2, false, "").body, "two");
    let late = raw("GET", "127.0.0.1", &format!("/bkt/k?{expired}"), false, "");
    assert_eq!(late.status, 403);
    assert!(
        late.body.contains("<Message>Request has expired</Message>"),
        "{}",
        late.body
    );
    let other = expired.replace("s3", "sqs");
    assert_eq!(
        raw("GET", "127.0.0.1", &format!("/bkt/k?{other}"), false, "").status,
        403
    );
    // A page that shows the URL is a page that asks.
    let page = server.client.write(&format!(
        "GET /bkt/k?{valid} HTTP/1.1\r\nHost: localhost:{port}\r\nSec-Fetch-Site: cross-site\r\nConnection: close\r\n\r\n"
    ));
    assert_eq!(page.status, 403);
    let page = server.client.write(&format!(
        "GET /bkt/k?{valid} HTTP/1.1\r\nHost: localhost:{port}\r\nReferer: http://a/\r\nConnection: close\r\n\r\n"
    ));
    assert_eq!(page.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_refuses_what_is_too_large_or_not_there() {
    let server = Server::start().await;
    let authorization = server.client.scope("s3");
    let send = |method: &str, path: &str, more: &[(&str, &str)]| {
        let headers = [&[("Authorization", authorization.as_str())], more].concat();
        server.client.send(method, path, &headers, "")
    };
    assert_eq!(send("PUT", "/bkt", &[]).status, 200);
    let own = "x".repeat(2047);
    assert_eq!(send("PUT", "/bkt/k", &[("x-amz-meta-a", &own)]).status, 200);
    let refused = send("PUT", "/bkt/k", &[("x-amz-meta-ab", &own)]);
    assert_eq!(refused.status, 400);
    for text in [
        "<Code>MetadataTooLarge</Code>",
        "<Size>2049</Size>",
        "<MaxSizeAllowed>2048</MaxSizeAllowed>",
    ] {
        assert!(refused.body.contains(text), "{}", refused.body);
    }
    for (method, path, named) in [
        ("PUT", "/bkt?versioning", "s3:PutBucketVersioning"),
        ("GET", "/bkt?versions", "s3:ListObjectVersions"),
        ("PUT", "/bkt/k?acl", "s3:PutObjectAcl"),
    ] {
        let refused = send(method, path, &[]);
        assert_eq!(refused.status, 501);
        assert!(refused.body.contains(named), "{}", refused.body);
    }
    assert_eq!(send("GET", "/bkt/k?versionId=null", &[]).status, 200);
    assert_eq!(send("GET", "/bkt/k?versionId=v", &[]).status, 400);
    // Refused before it is read.
    let port = server.aws.address().port();
    let large = server.client.write(&format!(
        "PUT /bkt/k HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {authorization}\r\nContent-Length: 99999999\r\n\
         Connection: close\r\n\r\n"
    ));
    assert_eq!(large.status, 400);
    assert!(
        large.body.contains("upload the object in parts"),
        "{}",
        large.body
    );
}
