//! Requests that a web page could send are refused, whatever they ask for.

use serde_json::json;

use crate::client::{Answer, Client};
use crate::server::Server;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// The body of a form that would create a role.
pub const CREATE_ROLE: &str = "Action=CreateRole&Version=2010-05-08&RoleName=evil&AssumeRolePolicyDocument=%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";

/// Whether nothing was created.
pub fn is_untouched(client: Client) -> bool {
    let roles = client.iam("ListRoles", "").body;
    let functions = client.lambda("GET", "/2015-03-31/functions", &json!({}));
    !roles.contains("evil") && functions.json()["Functions"] == json!([])
}

struct Case {
    kind: &'static str,
    request: String,
    /// What the refusal says.
    says: String,
}

fn cases(client: Client) -> Vec<Case> {
    let (port, own) = (client.address.port(), client.address.to_string());
    let signed = format!("Authorization: {}\r\n", client.scope("iam"));
    let length = CREATE_ROLE.len();
    let post = |target: &str, headers: &str| {
        format!(
            "POST {target} HTTP/1.1\r\nConnection: close\r\n{FORM}{headers}Content-Length: {length}\r\n\r\n{CREATE_ROLE}"
        )
    };
    let get = |target: &str, headers: &str| {
        format!("GET {target} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n")
    };
    let host = format!("Host: {own}\r\n");
    let mut cases = Vec::new();
    let mut case = |kind, request, says: &str| {
        let says = says.to_owned();
        cases.push(Case {
            kind,
            request,
            says,
        });
    };
    for foreign in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("0.0.0.0:{port}"),
        format!("sync-127.0.0.1:{port}"),
        "127.0.0.1:1".to_owned(),
        "localhost".to_owned(),
    ] {
        let header = format!("Host: {foreign}\r\n{signed}");
        let says = format!("for the host `{foreign}`");
        case("a foreign host", post("/", &header), &says);
    }
    case("no host", post("/", &signed), "one `Host` header");
    let two = format!("{host}Host: evil.example\r\n{signed}");
    case("two hosts", post("/", &two), "one `Host` header");
    let target = format!("http://evil.example:{port}/");
    let says = format!("for the host `evil.example:{port}`");
    let header = format!("{host}{signed}");
    case("a foreign target", post(&target, &header), &says);
    let target = format!("http://{own}/");
    let header = format!("Host: evil.example\r\n{signed}");
    case(
        "an own target for a foreign host",
        post(&target, &header),
        "for the host `evil.example`",
    );
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://{own}"),
        String::new(),
    ] {
        let header = format!("{host}{signed}Origin: {origin}\r\n");
        let says = format!("`origin: {origin}`");
        case("an origin", post("/", &header), &says);
        let header = format!("{host}Origin: {origin}\r\n");
        case("a form", post("/", &header), &says);
    }
    for site in ["cross-site", "same-site", "same-origin", "anything"] {
        let header = format!("{host}{signed}Sec-Fetch-Site: {site}\r\n");
        let says = format!("`sec-fetch-site: {site}`");
        case("a site", post("/", &header), &says);
        let functions = "/2015-03-31/functions";
        case("a site that reads", get(functions, &header), &says);
    }
    let preflight = format!(
        "OPTIONS / HTTP/1.1\r\nConnection: close\r\n{host}Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,x-amz-target\r\n\r\n"
    );
    case("a preflight", preflight, "`OPTIONS`");
    let bare = format!("OPTIONS / HTTP/1.1\r\nConnection: close\r\n{host}\r\n");
    case("a preflight without an origin", bare, "`OPTIONS`");
    let socket = "Upgrade: websocket\r\nConnection: close, upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for path in ["/", "/_txflow/join"] {
        let of_a_page = format!("{host}{socket}Origin: https://evil.example\r\n");
        let request = format!("GET {path} HTTP/1.1\r\n{of_a_page}\r\n");
        case("a web socket", request, "`origin: https://evil.example`");
    }
    // The server's own routes.
    let upgrade = format!("{host}Upgrade: txflow\r\n");
    let token = "endpoint file";
    case("a join", get("/_txflow/join", &upgrade), token);
    let wrong = format!("{upgrade}X-Txflow-Token: 0\r\n");
    case(
        "a join with another token",
        get("/_txflow/join", &wrong),
        token,
    );
    let foreign = "Host: evil.example\r\n";
    case(
        "a foreign join",
        get("/_txflow/join", foreign),
        "`evil.example`",
    );
    let put = format!(
        "PUT /_txflow/mocks HTTP/1.1\r\nConnection: close\r\n{host}Content-Length: 2\r\n\r\n{{}}"
    );
    case("mocks", put.clone(), token);
    let put = put.replace("mocks", "handover");
    case("a zip", put, token);
    let code = format!("/_txflow/code/{:064}", 0);
    case("code", get(&code, &host), "GetFunction");
    let code = format!("{code}?key=0");
    case("code with another key", get(&code, &host), "GetFunction");
    // Unsigned calls.
    let missing = "Request is missing Authentication Token";
    let header = format!("{host}Sec-Fetch-Site: none\r\n");
    case("a form of an old browser", post("/", &host), missing);
    case("a form that the user wrote", post("/", &header), missing);
    let other = get("/2015-03-31/functions", &host);
    case("a navigation of an old browser", other, missing);
    let presigned = "/2015-03-31/functions?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260101%2Fus-east-1%2Flambda%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=0";
    case("a signed address", get(presigned, &host), missing);
    let basic = format!("{host}Authorization: Basic dXNlcjpwYXNz\r\n");
    case(
        "a password",
        post("/", &basic),
        "requires 'Credential' parameter",
    );
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_could_send_is_refused() {
    let server = Server::start().await;
    let client = server.client;
    for Case {
        kind,
        request,
        says,
    } in cases(client)
    {
        let answer = client.write(&request);
        assert_eq!(answer.status, 403, "{kind}: {request}\n{}", answer.body);
        assert!(answer.body.contains(&says), "{kind}: {}", answer.body);
        assert!(!shares(&answer), "{kind}");
        assert!(is_untouched(client), "{kind}");
    }
    // The same calls from a program.
    let signed = client.scope("iam");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let headers = [form, ("Authorization", &signed), ("Sec-Fetch-Site", "none")];
    let created = client.send("POST", "/", &headers, CREATE_ROLE);
    assert_eq!(created.status, 200, "{}", created.body);
    assert!(!is_untouched(client));
}

/// Whether a browser would let a page read the answer, or send more.
fn shares(answer: &Answer) -> bool {
    answer.header("access-control-allow-origin").is_some()
        || answer.header("access-control-allow-headers").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_refused_request_is_waited_for() {
    let server = Server::start().await;
    let own = server.client.address;
    // The body is announced, and never comes.
    let body = format!("Connection: close\r\n{FORM}Content-Length: 1000000\r\n\r\n");
    for head in [
        "Host: evil.example\r\n".to_owned(),
        format!("Host: {own}\r\nOrigin: https://evil.example\r\n"),
        format!("Host: {own}\r\n"),
    ] {
        let request = format!("POST / HTTP/1.1\r\n{head}{body}");
        assert_eq!(server.client.write(&request).status, 403, "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_signature_fails_in_its_services_own_words() {
    let server = Server::start().await;
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let answer = server
        .client
        .send("POST", "/", &[form], "Action=ListRoles&Version=2010-05-08");
    assert_eq!(answer.status, 403);
    let code = "<Code>MissingAuthenticationToken</Code>";
    assert!(answer.body.contains(code), "{}", answer.body);
    let target = ("X-Amz-Target", "AWSStepFunctions.ListStateMachines");
    let answer = server.client.send("POST", "/", &[target], "{}");
    assert_eq!(answer.status, 400);
    let code = "com.amazon.coral.service#MissingAuthenticationTokenException";
    assert_eq!(answer.json()["__type"], code);
    let answer = server.client.send("GET", "/2015-03-31/functions", &[], "");
    assert_eq!(answer.status, 403);
    let code = Some("MissingAuthenticationTokenException");
    assert_eq!(answer.header("x-amzn-errortype"), code);
    assert!(answer.json()["message"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prefix_that_sdks_put_before_a_synchronous_call_is_served() {
    let server = Server::start().await;
    let port = server.client.address.port();
    let signed = server.client.scope("states");
    let status = |operation: &str| {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: sync-localhost:{port}\r\nConnection: close\r\nAuthorization: {signed}\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        server.client.write(&request).status
    };
    // The service itself says what they lack.
    assert_eq!(status("StartSyncExecution"), 400);
    assert_eq!(status("TestState"), 400);
    assert_eq!(status("ListStateMachines"), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_function_is_where_get_function_says() {
    let server = Server::start().await;
    let path = format!("/2015-03-31/functions/{}", server.echo());
    let found = server.client.lambda("GET", &path, &json!({})).json();
    let location = found["Code"]["Location"].as_str().unwrap();
    let path = location.strip_prefix(&server.aws.endpoint_url()).unwrap();
    // As on AWS, nothing else is needed.
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.client.address
    );
    let mut stream = std::net::TcpStream::connect(server.client.address).unwrap();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(answer.ends_with(&crate::handler::zip()));
}
