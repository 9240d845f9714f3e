//! Tasks that call HTTP endpoints on this computer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use txflow_local_aws::LocalAws;

use crate::client::Client;
use crate::server::{Directory, options};

/// A server that answers what the path asks for, and the requests that have come to it.
struct Endpoint {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Endpoint {
    fn new() -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            // Ends with the test: then nobody takes what came.
            for stream in listener.incoming() {
                let request = answer(stream.unwrap());
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        Endpoint { address, requests }
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !is_whole(&request) {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            read => request.extend(&buffer[..read]),
        }
    }
    let request = String::from_utf8(request).unwrap();
    let target = request.split(' ').nth(1).unwrap();
    let (status, body) = match target.split('?').next().unwrap() {
        "/missing" => ("404 Not Found", "no such order"),
        "/text" => ("200 OK", "plain"),
        "/token" => ("200 OK", r#"{"access_token":"t0ken"}"#),
        "/no-token" => ("401 Unauthorized", "{}"),
        "/cut" => return request,
        _ => ("201 Created", r#"{"id":7}"#),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nX-Kind: a\r\nX-Kind: b\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).unwrap();
    request
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths
        .next()
        .map_or(0, |(_, length)| length.parse().unwrap());
    body.len() >= length
}

struct Caller {
    client: Client,
    connection: Value,
    _aws: LocalAws,
    _directory: Directory,
}

impl Caller {
    async fn new() -> Caller {
        let directory = Directory::new();
        let aws = LocalAws::start(options(&directory).await).await.unwrap();
        let client = Client::new(aws.address());
        let trust = json!({ "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "states.amazonaws.com" },
        } });
        let encoded: String =
            form_urlencoded::byte_serialize(trust.to_string().as_bytes()).collect();
        let role = format!("&RoleName=r&AssumeRolePolicyDocument={encoded}");
        assert_eq!(client.iam("CreateRole", &role).status, 200);
        let created = client.events(
            "CreateConnection",
            &json!({
                "Name": "orders",
                "AuthorizationType": "API_KEY",
                "AuthParameters": {
                    "ApiKeyAuthParameters": { "ApiKeyName": "x-key", "ApiKeyValue": "s3cret" },
                    "InvocationHttpParameters": { "QueryStringParameters": [
                        { "Key": "tenant", "Value": "t", "IsValueSecret": true },
                    ] },
                },
            }),
        );
        let caller = Caller {
            client,
            connection: created.json()["ConnectionArn"].clone(),
            _aws: aws,
            _directory: directory,
        };
        caller.allow("*");
        caller
    }

    fn allow(&self, action: &str) {
        let policy =
            json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
        let encoded: String =
            form_urlencoded::byte_serialize(policy.to_string().as_bytes()).collect();
        let policy = format!("&RoleName=r&PolicyName=p&PolicyDocument={encoded}");
        assert_eq!(self.client.iam("PutRolePolicy", &policy).status, 200);
    }

    /// How an execution ends that does this task.
    fn run(&self, resource: &str, parameters: Value) -> Value {
        let state = json!({
            "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"),
            "Parameters": parameters, "End": true,
        });
        let definition = json!({ "StartAt": "Call", "States": { "Call": state } }).to_string();
        let role = "arn:aws:iam::000000000000:role/r";
        let machine = json!({ "name": "m", "definition": definition, "roleArn": role });
        let created = self.client.states("CreateStateMachine", &machine);
        assert_eq!(created.status, 200, "{}", created.body);
        let arn = created.json()["stateMachineArn"].clone();
        let started = self
            .client
            .states("StartExecution", &json!({ "stateMachineArn": arn }));
        let named = json!({ "executionArn": started.json()["executionArn"] });
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let found = self.client.states("DescribeExecution", &named).json();
            if found["status"] != "RUNNING" {
                self.client
                    .states("DeleteStateMachine", &json!({ "stateMachineArn": arn }));
                return found;
            }
            assert!(Instant::now() < deadline, "{found}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn invoke(&self, url: String, more: Value) -> Value {
        let mut parameters = json!({
            "ApiEndpoint": url,
            "Method": "POST",
            "Authentication": { "ConnectionArn": self.connection },
        });
        let members = more.as_object().unwrap().clone();
        parameters.as_object_mut().unwrap().extend(members);
        self.run("http:invoke", parameters)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_task_calls_with_its_connection() {
    let (caller, endpoint) = (Caller::new().await, Endpoint::new());
    let url = format!("http://{}/orders", endpoint.address);
    let ended = caller.invoke(
        url.clone(),
        json!({
            "Headers": { "X-Own": "mine" },
            "QueryParameters": { "q": ["a b", "c"] },
            "RequestBody": { "items": [1, 2] },
        }),
    );
    let output: Value = serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["StatusCode"], 201);
    assert_eq!(output["StatusText"], "Created");
    assert_eq!(output["ResponseBody"], json!({ "id": 7 }));
    assert_eq!(output["Headers"]["x-kind"], json!(["a", "b"]));
    let request = endpoint.requests.recv().unwrap();
    assert!(
        request.starts_with("POST /orders?q=a+b&q=c&tenant=t HTTP/1.1\r\n"),
        "{request}"
    );
    for line in [
        "x-own: mine",
        "x-key: s3cret",
        "content-type: application/json",
    ] {
        assert!(request.to_lowercase().contains(line), "{line} in {request}");
    }
    assert!(request.ends_with(r#"{"items":[1,2]}"#), "{request}");

    let encoded = json!({ "RequestBodyEncoding": "URL_ENCODED" });
    caller.invoke(
        url,
        json!({ "RequestBody": { "a": ["b"] }, "Transform": encoded }),
    );
    let request = endpoint.requests.recv().unwrap();
    assert!(
        request.contains("application/x-www-form-urlencoded"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\na%5B0%5D=b"), "{request}");

    let text = caller.invoke(format!("http://{}/text", endpoint.address), json!({}));
    assert!(
        text["output"]
            .as_str()
            .unwrap()
            .contains(r#""ResponseBody":"plain""#),
        "{text}"
    );
}

/// The form is that of the developer guide's example for the level TRACE; `revealSecrets` adds what the connection does.
#[tokio::test(flavor = "multi_thread")]
async fn a_traced_http_task_shows_what_it_sends_and_gets() {
    let (caller, endpoint) = (Caller::new().await, Endpoint::new());
    let url = format!("http://{}/orders", endpoint.address);
    let state = json!({ "Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true, "Parameters": {
        "ApiEndpoint": url, "Method": "POST", "Authentication": { "ConnectionArn": caller.connection },
        "Headers": { "X-Own": "mine" }, "QueryParameters": { "q": "a" }, "RequestBody": { "n": 1 },
    } });
    let test = |level: &str, reveals: bool| {
        let request = json!({
            "definition": state.to_string(), "roleArn": "arn:aws:iam::000000000000:role/r",
            "inspectionLevel": level, "revealSecrets": reveals,
        });
        let tested = caller.client.states("TestState", &request);
        assert_eq!(tested.status, 200, "{}", tested.body);
        let sent = endpoint.requests.recv().unwrap();
        assert!(
            sent.contains("tenant=t") && sent.contains("s3cret"),
            "{sent}"
        );
        tested.json()["inspectionData"].clone()
    };
    let always = "User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144";
    let hidden = test("TRACE", false);
    assert_eq!(
        hidden["request"],
        json!({
            "protocol": "http", "method": "POST", "url": format!("{url}?q=a"),
            "headers": format!("[X-Own: mine, {always}]"), "body": "{\"n\":1}",
        })
    );
    assert_eq!(
        hidden["response"],
        json!({
            "protocol": "http", "statusCode": "201", "statusMessage": "Created",
            "headers": "[x-kind: a, x-kind: b, content-length: 8]", "body": "{\"id\":7}",
        })
    );
    let revealed = test("TRACE", true);
    assert_eq!(revealed["request"]["url"], format!("{url}?q=a&tenant=t"));
    let headers = format!("[X-Own: mine, x-key: s3cret, {always}]");
    assert_eq!(revealed["request"]["headers"], headers);
    let debug = test("DEBUG", false);
    assert!(debug.get("request").is_none() && debug.get("response").is_none());
}

/// The request for the token has what RFC 6749, 4.4 asks for, and what the connection adds.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_gets_a_token_or_has_a_password() {
    let (caller, endpoint) = (Caller::new().await, Endpoint::new());
    let url = |path: &str| format!("http://{}{path}", endpoint.address);
    let connect = |name: &str, kind: &str, parameters: Value| {
        let created = caller.client.events(
            "CreateConnection",
            &json!({ "Name": name, "AuthorizationType": kind, "AuthParameters": parameters }),
        );
        assert_eq!(created.status, 200, "{}", created.body);
        json!({ "Authentication": { "ConnectionArn": created.json()["ConnectionArn"] } })
    };
    let oauth = |endpoint: String| {
        json!({ "OAuthParameters": {
            "AuthorizationEndpoint": endpoint, "HttpMethod": "POST",
            "ClientParameters": { "ClientID": "me", "ClientSecret": "hush" },
            "OAuthHttpParameters": { "BodyParameters": [{ "Key": "audience", "Value": "orders" }] },
        } })
    };
    let kind = "OAUTH_CLIENT_CREDENTIALS";
    let connection = connect("oauth", kind, oauth(url("/token")));
    let ended = caller.invoke(url("/orders"), connection);
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let request = endpoint.requests.recv().unwrap();
    assert!(request.starts_with("POST /token HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Basic bWU6aHVzaA=="), "{request}");
    let form = "grant_type=client_credentials&client_id=me&client_secret=hush&audience=orders";
    assert!(request.ends_with(form), "{request}");
    let request = endpoint.requests.recv().unwrap();
    assert!(
        request
            .to_lowercase()
            .contains("authorization: bearer t0ken\r\n"),
        "{request}"
    );
    let described = caller
        .client
        .events("DescribeConnection", &json!({ "Name": "oauth" }));
    assert!(!described.body.contains("hush"), "{}", described.body);

    let refused = connect("refused", kind, oauth(url("/no-token")));
    let ended = caller.invoke(url("/orders"), refused);
    assert!(
        ended["cause"]
            .as_str()
            .unwrap()
            .contains("got no token from"),
        "{ended}"
    );
    let elsewhere = connect(
        "elsewhere",
        kind,
        oauth("https://example.com/token".to_owned()),
    );
    let ended = caller.invoke(url("/orders"), elsewhere);
    assert!(
        ended["cause"]
            .as_str()
            .unwrap()
            .contains("only `http://` addresses"),
        "{ended}"
    );
    endpoint.requests.recv().unwrap();

    let basic = json!({ "BasicAuthParameters": { "Username": "me", "Password": "hush" } });
    let basic = connect("basic", "BASIC", basic);
    assert_eq!(caller.invoke(url("/orders"), basic)["status"], "SUCCEEDED");
    let request = endpoint.requests.recv().unwrap();
    assert!(request.contains("Basic bWU6aHVzaA=="), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_with_a_call_has_a_name() {
    let (caller, endpoint) = (Caller::new().await, Endpoint::new());
    let at = |path: &str| format!("http://{}{path}", endpoint.address);
    let missing = caller.invoke(at("/missing"), json!({}));
    assert_eq!(missing["error"], "States.Http.StatusCode.404");
    assert_eq!(missing["cause"], "no such order");
    assert_eq!(
        caller.invoke(at("/cut"), json!({}))["error"],
        "States.Http.Socket"
    );
    let elsewhere = caller.invoke("https://example.com/".to_owned(), json!({}));
    assert_eq!(elsewhere["error"], "States.Runtime");
    let cause = elsewhere["cause"].as_str().unwrap();
    assert!(
        cause.contains("mock it, or run it in a real account"),
        "{cause}"
    );
    let unknown = json!({ "Authentication": { "ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/none/1" } });
    let unknown = caller.invoke(at("/orders"), unknown);
    let cause = unknown["cause"].as_str().unwrap();
    assert!(cause.contains("create-connection"), "{cause}");
    // The role is asked as well.
    caller.allow("events:*");
    let denied = caller.invoke(at("/orders"), json!({}));
    let cause = denied["cause"].as_str().unwrap();
    assert!(
        cause.contains("not authorized to perform: states:InvokeHTTPEndpoint"),
        "{cause}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_called_with_stage_and_path() {
    let (caller, endpoint) = (Caller::new().await, Endpoint::new());
    let parameters = json!({
        "ApiEndpoint": endpoint.address.to_string(),
        "Method": "GET", "Stage": "prod", "Path": "orders",
        "QueryParameters": { "id": ["1", "2"] }, "AuthType": "NO_AUTH",
    });
    let ended = caller.run("apigateway:invoke", parameters.clone());
    assert!(
        ended["output"]
            .as_str()
            .unwrap()
            .contains(r#""StatusCode":201"#),
        "{ended}"
    );
    let request = endpoint.requests.recv().unwrap();
    assert!(
        request.starts_with("GET /prod/orders?id=1&id=2 HTTP/1.1\r\n"),
        "{request}"
    );
    let mut missing = parameters;
    missing["Path"] = json!("/missing");
    missing.as_object_mut().unwrap().remove("Stage");
    missing.as_object_mut().unwrap().remove("QueryParameters");
    assert_eq!(
        caller.run("apigateway:invoke", missing)["error"],
        "ApiGateway.404"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_tells_no_secrets() {
    let caller = Caller::new().await;
    let found = caller
        .client
        .events("DescribeConnection", &json!({ "Name": "orders" }));
    let described = found.json();
    assert_eq!(described["ConnectionState"], "AUTHORIZED");
    let parameters = &described["AuthParameters"];
    assert_eq!(
        parameters["ApiKeyAuthParameters"],
        json!({ "ApiKeyName": "x-key" })
    );
    assert!(
        !found.body.contains("s3cret") && !found.body.contains("\"t\""),
        "{}",
        found.body
    );
    let listed = caller
        .client
        .events("ListConnections", &json!({ "NamePrefix": "or" }));
    assert_eq!(listed.json()["Connections"][0]["Name"], "orders");
    let again = json!({ "Name": "orders", "AuthorizationType": "API_KEY", "AuthParameters": {
        "ApiKeyAuthParameters": { "ApiKeyName": "k", "ApiKeyValue": "v" },
    } });
    let again = caller.client.events("CreateConnection", &again);
    assert!(
        again.body.contains("ResourceAlreadyExistsException"),
        "{}",
        again.body
    );
    let empty = json!({ "Name": "b", "AuthorizationType": "BASIC", "AuthParameters": {} });
    let empty = caller.client.events("CreateConnection", &empty);
    assert!(empty.body.contains("ValidationException"), "{}", empty.body);
    for (status, code) in [(200, "DELETING"), (400, "ResourceNotFoundException")] {
        let deleted = caller
            .client
            .events("DeleteConnection", &json!({ "Name": "orders" }));
        assert_eq!(deleted.status, status);
        assert!(deleted.body.contains(code), "{}", deleted.body);
    }
}
