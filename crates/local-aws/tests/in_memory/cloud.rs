//! A cloud in memory, on virtual time, and a client of it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use txflow_local_aws::{
    Behavior, Clock, Cut, HandlerCall, InMemoryAws, Random, Undelivered, Weather,
};

pub const ACCOUNT: &str = "000000000000";
pub const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

pub struct Cloud {
    pub aws: InMemoryAws,
    /// The events that functions were invoked with.
    invoked: Arc<Mutex<Vec<Value>>>,
    /// What schedules and rules could not deliver.
    pub undelivered: Arc<Mutex<Vec<Undelivered>>>,
    /// The access key id. Twelve digits are an account.
    pub access_key: &'static str,
}

/// An answer of AWS.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn ok(self) -> Answer {
        assert!(self.status < 300, "{} {}", self.status, self.text);
        self
    }

    /// Fails unless this is a refusal with this status and all of these texts.
    #[track_caller]
    pub fn refused(&self, status: u16, texts: &[&str]) {
        assert_eq!(self.status, status, "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "{}", self.text);
        }
    }
}

impl Cloud {
    pub fn new(weather: Weather) -> Cloud {
        Cloud::with_seed(weather, 7)
    }

    /// Functions answer with their version, and with whether they may read an object.
    pub fn with_seed(weather: Weather, seed: u64) -> Cloud {
        let undelivered = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&undelivered);
        let behavior = Behavior {
            on_undelivered: Some(Arc::new(move |one: &Undelivered| {
                told.lock().unwrap().push(one.clone());
            })),
            weather,
            clock: Clock::following_tokio(
                SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
            ),
            random: Random::seeded(seed),
            ..Behavior::default()
        };
        let invoked = Arc::new(Mutex::new(Vec::new()));
        let events = Arc::clone(&invoked);
        let handlers = Arc::new(move |call: &HandlerCall<'_>| {
            let event = serde_json::from_slice(call.payload).unwrap_or_default();
            events.lock().unwrap().push(event);
            let reads = (call.permits)("s3:GetObject", "arn:aws:s3:::bucket/key");
            Ok(json!({ "version": call.version, "reads": reads }))
        });
        Cloud {
            aws: InMemoryAws::start(behavior, handlers).unwrap(),
            invoked,
            undelivered,
            access_key: "test",
        }
    }

    pub fn invoked(&self) -> Vec<Value> {
        self.invoked.lock().unwrap().clone()
    }

    pub async fn try_call(
        &self,
        service: &str,
        request: hyper::http::request::Builder,
        body: String,
    ) -> Result<Answer, Cut> {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.access_key
        );
        let request: Request<Bytes> = request
            .header("authorization", credential)
            .body(body.into())
            .unwrap();
        let answer: Response<Bytes> = self.aws.call(request).await?;
        Ok(Answer {
            status: answer.status().as_u16(),
            text: String::from_utf8_lossy(answer.body()).into_owned(),
        })
    }

    async fn call(
        &self,
        service: &str,
        request: hyper::http::request::Builder,
        body: String,
    ) -> Answer {
        self.try_call(service, request, body).await.unwrap()
    }

    pub async fn try_iam(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Answer, Cut> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", "2010-05-08")
            .extend_pairs(parameters)
            .finish();
        let request = Request::post(InMemoryAws::endpoint_url())
            .header("content-type", "application/x-www-form-urlencoded");
        self.try_call("iam", request, body).await
    }

    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.try_iam(action, parameters).await.unwrap()
    }

    /// A call in the AWS JSON protocol; `target` is such as `AmazonSQS.CreateQueue`.
    pub async fn json(&self, service: &str, target: &str, input: Value) -> Answer {
        let request = Request::post(InMemoryAws::endpoint_url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0");
        self.call(service, request, input.to_string()).await
    }

    pub async fn states(&self, operation: &str, input: Value) -> Answer {
        let target = format!("AWSStepFunctions.{operation}");
        self.json("states", &target, input).await
    }

    pub async fn dynamodb(&self, operation: &str, input: Value) -> Answer {
        let request = Request::post(InMemoryAws::endpoint_url())
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        self.call("dynamodb", request, input.to_string()).await
    }

    pub async fn logs(&self, operation: &str, input: Value) -> Answer {
        let target = format!("Logs_20140328.{operation}");
        self.json("logs", &target, input).await
    }

    /// `path` follows `/2015-03-31/functions`, unless it starts with the date of an API version.
    pub async fn try_lambda(&self, method: &str, path: &str, input: Value) -> Result<Answer, Cut> {
        let path = match path.starts_with("/20") {
            true => path.to_owned(),
            false => format!("/2015-03-31/functions{path}"),
        };
        let uri = format!("{}{path}", InMemoryAws::endpoint_url());
        let request = Request::builder().method(method).uri(uri);
        self.try_call("lambda", request, input.to_string()).await
    }

    pub async fn lambda(&self, method: &str, path: &str, input: Value) -> Answer {
        self.try_lambda(method, path, input).await.unwrap()
    }

    /// The ids of the network interfaces that a filter lets through.
    pub async fn interfaces(&self, filter: &str, value: &str) -> Vec<String> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "DescribeNetworkInterfaces")
            .append_pair("Version", "2016-11-15")
            .append_pair("Filter.1.Name", filter)
            .append_pair("Filter.1.Value.1", value)
            .finish();
        let request = Request::post(InMemoryAws::endpoint_url())
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.call("ec2", request, body).await.ok();
        let ids = answer.text.split("<networkInterfaceId>").skip(1);
        ids.map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    }

    /// A role that the service can assume at once, if the weather lets it, and its ARN.
    pub async fn role(&self, name: &str, service: &str) -> String {
        let trust = json!({ "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service },
        } });
        self.role_with(name, &trust).await
    }

    pub async fn role_with(&self, name: &str, trust: &Value) -> String {
        let trust = trust.to_string();
        let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", &trust)];
        self.iam("CreateRole", &parameters).await.ok();
        format!("arn:aws:iam::{ACCOUNT}:role/{name}")
    }

    pub async fn allow(&self, role: &str, actions: Value) -> Answer {
        let policy = json!({ "Statement": {
            "Effect": "Allow", "Action": actions, "Resource": "*",
        } });
        let policy = policy.to_string();
        let parameters = [
            ("RoleName", role),
            ("PolicyName", "p"),
            ("PolicyDocument", &policy),
        ];
        self.iam("PutRolePolicy", &parameters).await
    }

    /// CreateFunction, with `more` members.
    pub async fn create_function(&self, name: &str, role: &str, more: Value) -> Answer {
        let mut input = json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": role,
            "Code": { "ZipFile": zip("first") },
        });
        let members = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(members);
        self.lambda("POST", "", input).await
    }

    /// An active function with a role of its own, `<name>-role`.
    pub async fn function(&self, name: &str) {
        let role = self
            .role(&format!("{name}-role"), "lambda.amazonaws.com")
            .await;
        self.settle().await;
        self.create_function(name, &role, json!({})).await.ok();
        self.settle().await;
    }

    /// A state machine that invokes the function `f`, with the role `workflow`.
    pub async fn machine(&self) {
        let role = self.role("workflow", "states.amazonaws.com").await;
        self.settle().await;
        self.allow("workflow", json!("lambda:InvokeFunction"))
            .await
            .ok();
        self.settle().await;
        let input = json!({ "name": "m", "definition": invoking("f"), "roleArn": role });
        self.states("CreateStateMachine", input).await.ok();
    }

    /// More than anything here takes.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }

    /// Starts an execution and describes it once it has ended.
    pub async fn run(&self, arn: &str) -> Value {
        let started = self.states("StartExecution", json!({ "stateMachineArn": arn }));
        let execution = started.await.ok().json()["executionArn"].clone();
        let mut pause = Duration::from_millis(10);
        loop {
            let input = json!({ "executionArn": execution });
            let found = self.states("DescribeExecution", input).await.ok().json();
            if found["status"] != "RUNNING" {
                return found;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(60));
        }
    }
}

pub fn invoking(function: &str) -> String {
    let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}");
    json!({ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": arn, "End": true } } })
        .to_string()
}

/// A zip with that text as its program, as base64.
pub fn zip(text: &str) -> String {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("bootstrap", options.unix_permissions(0o755))
        .unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    STANDARD.encode(zip.finish().unwrap().into_inner())
}
