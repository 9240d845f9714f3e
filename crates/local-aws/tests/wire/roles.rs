//! A function calls with the credentials of its role, and may do what the role allows.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::handler;
use crate::server::Server;

const SHOW_KEYS: &str = r#"
while next; do
  answer "{\"key\":\"$AWS_ACCESS_KEY_ID\",\"secret\":\"$AWS_SECRET_ACCESS_KEY\",\"token\":\"$AWS_SESSION_TOKEN\",\"url\":\"$AWS_ENDPOINT_URL\"}"
done
"#;

/// The credentials that a function was given.
struct Keys {
    client: Client,
    key: String,
    token: String,
}

impl Keys {
    fn of(server: &Server) -> Keys {
        let path = "/2015-03-31/functions/shows/invocations";
        let shown = server.client.lambda("POST", path, &json!({})).json();
        let text = |member: &str| shown[member].as_str().unwrap().to_owned();
        assert_eq!(text("url"), server.aws.endpoint_url());
        assert!(text("secret").len() >= 32, "{shown}");
        Keys {
            client: server.client,
            key: text("key"),
            token: text("token"),
        }
    }

    fn call(&self, target: &str, service: &str, token: &str, input: &Value) -> Answer {
        let key = &self.key;
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let headers = [
            ("X-Amz-Target", target),
            ("Authorization", authorization.as_str()),
            ("X-Amz-Security-Token", token),
        ];
        self.client.send("POST", "/", &headers, &input.to_string())
    }

    fn describe_bus(&self) -> Answer {
        self.call(
            "AWSEvents.DescribeEventBus",
            "events",
            &self.token,
            &json!({}),
        )
    }

    fn identity(&self) -> Answer {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0",
            self.key
        );
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", authorization.as_str()),
            ("X-Amz-Security-Token", self.token.as_str()),
        ];
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        self.client.send("POST", "/", &headers, body)
    }
}

fn allow(client: Client, action: &str) {
    let policy = json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
    let policy = policy.to_string();
    let policy: String = form_urlencoded::byte_serialize(policy.as_bytes()).collect();
    let put = client.iam(
        "PutRolePolicy",
        &format!("&RoleName=functions&PolicyName=p&PolicyDocument={policy}"),
    );
    assert_eq!(put.status, 200, "{}", put.body);
}

async fn server() -> Server {
    let server = Server::start().await;
    server.function("shows", &handler::zip_of(SHOW_KEYS), &json!({}));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_may_do_what_its_role_allows() {
    let server = server().await;
    let keys = Keys::of(&server);
    let refused = keys.describe_bus();
    assert_eq!(refused.status, 400);
    let refused = refused.json();
    assert_eq!(refused["__type"], "AccessDeniedException");
    assert_eq!(
        refused["message"],
        "User: arn:aws:sts::000000000000:assumed-role/functions/shows is not authorized to perform: \
         events:DescribeEventBus on resource: arn:aws:events:us-east-1:000000000000:event-bus/default \
         because no identity-based policy allows the events:DescribeEventBus action"
    );
    allow(server.client, "events:DescribeEventBus");
    let allowed = keys.describe_bus();
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    // The user's own credentials are held to no role.
    let client = server.client;
    let own = client.send(
        "POST",
        "/",
        &[
            ("X-Amz-Target", "AWSEvents.ListEventBuses"),
            ("Authorization", &client.scope("events")),
        ],
        "{}",
    );
    assert_eq!(own.status, 200, "{}", own.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_is_the_role_in_a_session_of_the_function() {
    let server = server().await;
    let identity = Keys::of(&server).identity();
    let arn = "<Arn>arn:aws:sts::000000000000:assumed-role/functions/shows</Arn>";
    assert!(identity.body.contains(arn), "{}", identity.body);
    assert!(
        identity.body.contains(":shows</UserId>"),
        "{}",
        identity.body
    );
    assert!(identity.body.contains("<UserId>AROA"), "{}", identity.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credentials_of_a_session_cannot_be_made_up_and_end_with_the_process() {
    let server = server().await;
    allow(server.client, "*");
    let keys = Keys::of(&server);
    let forged = |keys: &Keys, token: &str| {
        let answer = keys.call("AWSEvents.ListEventBuses", "events", token, &json!({}));
        (answer.status, answer.json()["__type"].clone())
    };
    let invalid = (400, json!("UnrecognizedClientException"));
    assert_eq!(forged(&keys, &keys.token), (200, Value::Null));
    assert_eq!(forged(&keys, ""), invalid);
    assert_eq!(forged(&keys, &keys.key), invalid);
    let made_up = Keys {
        key: "ASIATXFLOW0123456789".to_owned(),
        ..Keys::of(&server)
    };
    assert_eq!(forged(&made_up, &keys.token), invalid);
    let deleted = server
        .client
        .lambda("DELETE", "/2015-03-31/functions/shows", &json!({}));
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while forged(&keys, &keys.token) != invalid {
        assert!(std::time::Instant::now() < deadline, "they are still valid");
        std::thread::yield_now();
    }
}
