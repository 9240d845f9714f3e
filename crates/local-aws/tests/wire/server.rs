//! A server for each test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use txflow_local_aws::{Behavior, LocalAws, Mocks, Options, Time, Weather};

use crate::client::{Answer, Client};
use crate::handler;

pub const PREFIX: &str = "arn:aws:states:us-east-1:000000000000";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:echo";

/// A directory that is removed when the value is dropped.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Directory {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "txflow-local-aws-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn options(directory: &Directory) -> Options {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    // These tests are not about delays.
    let mut options = Options::new(directory.path(), listener);
    options.behavior.weather = Weather::constant(Duration::ZERO);
    options
}

pub struct Server {
    pub aws: LocalAws,
    pub client: Client,
    pub directory: Directory,
}

impl Server {
    pub async fn start() -> Server {
        Server::with(Time::Real, Mocks::default()).await
    }

    pub async fn with(time: Time, mocks: Mocks) -> Server {
        let directory = Directory::new();
        let mut options = options(&directory).await;
        options.behavior = Behavior {
            time,
            mocks,
            ..options.behavior
        };
        let aws = LocalAws::start(options).await.unwrap();
        let client = Client::new(aws.address());
        Server {
            aws,
            client,
            directory,
        }
    }

    /// Creates a state machine with that definition, whose role may invoke functions. Returns its ARN.
    pub fn state_machine(&self, name: &str, definition: &Value) -> String {
        role(self.client, "workflows", "states.amazonaws.com");
        let policy =
            r#"{"Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}"#;
        let policy: String = form_urlencoded::byte_serialize(policy.as_bytes()).collect();
        let put = self.client.iam(
            "PutRolePolicy",
            &format!("&RoleName=workflows&PolicyName=p&PolicyDocument={policy}"),
        );
        assert_eq!(put.status, 200, "{}", put.body);
        let created = self.client.states(
            "CreateStateMachine",
            &json!({
                "name": name,
                "definition": definition.to_string(),
                "roleArn": "arn:aws:iam::000000000000:role/workflows",
            }),
        );
        assert_eq!(created.status, 200, "{}", created.body);
        created.json()["stateMachineArn"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Creates a function that answers each event with itself. Returns its ARN.
    pub fn echo(&self) -> &'static str {
        self.echo_with(&json!({}))
    }

    /// The same with environment variables.
    pub fn echo_with(&self, environment: &Value) -> &'static str {
        self.function("echo", &handler::zip(), environment);
        FUNCTION
    }

    /// Creates a function whose role is `functions`.
    pub fn function(&self, name: &str, zip: &[u8], environment: &Value) {
        role(self.client, "functions", "lambda.amazonaws.com");
        let created = self.client.lambda(
            "POST",
            "/2015-03-31/functions",
            &json!({
                "FunctionName": name,
                "Runtime": "provided.al2023",
                "Handler": "bootstrap",
                "Role": "arn:aws:iam::000000000000:role/functions",
                "Code": { "ZipFile": STANDARD.encode(zip) },
                "Environment": { "Variables": environment },
            }),
        );
        assert_eq!(created.status, 201, "{}", created.body);
    }

    pub fn start_execution(&self, state_machine: &str, input: &Value) -> Answer {
        self.client.states(
            "StartExecution",
            &json!({ "stateMachineArn": state_machine, "input": input.to_string() }),
        )
    }

    /// Waits for the end of an execution and describes it.
    pub fn ended(&self, execution: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let found = self
                .client
                .states("DescribeExecution", &json!({ "executionArn": execution }))
                .json();
            if found["status"] != "RUNNING" {
                return found;
            }
            std::thread::yield_now();
        }
        panic!("{execution} did not end");
    }

    pub fn run(&self, state_machine: &str, input: &Value) -> Value {
        let started = self.start_execution(state_machine, input);
        assert_eq!(started.status, 200, "{}", started.body);
        self.ended(started.json()["executionArn"].as_str().unwrap())
    }
}

pub fn role(client: Client, name: &str, service: &str) {
    let trust = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let trust: String = form_urlencoded::byte_serialize(trust.as_bytes()).collect();
    let created = client.iam(
        "CreateRole",
        &format!("&RoleName={name}&AssumeRolePolicyDocument={trust}"),
    );
    assert!(
        created.status == 200 || created.status == 409,
        "{}",
        created.body
    );
}
