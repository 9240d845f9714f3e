//! What must exist before a recorded execution starts, read off its row.

use std::collections::{BTreeMap, BTreeSet};

use hyper::Request;
use serde_json::{Value, json};
use txflow_asl::Arn;
use txflow_local_aws::InMemoryAws;

use super::accepted;
use super::masks::{decoded, masked};
use super::workers::{outcomes, scheduled};
use crate::cloud::Cloud;

/// The account of the recordings, after normalization.
pub const ACCOUNT: &str = "111111111111";

/// The services that rows may call, as `Resource` names them.
const SERVICES: &[&str] = &[
    "dynamodb",
    "events",
    "eventbridge",
    "s3",
    "secretsmanager",
    "sfn",
    "sns",
    "sqs",
    "ssm",
    "states",
];

/// Longer than any recorded execution waits for a child.
const FOREVER: u64 = 99_999_999;

/// What a row needs.
#[derive(Debug, Default)]
pub struct Needs {
    /// The placeholders of the URLs of queues, which stand in the row.
    queues: BTreeSet<String>,
    /// The placeholders of the ARNs of topics.
    topics: BTreeSet<String>,
    fifo: bool,
    tables: BTreeSet<String>,
    buckets: BTreeSet<String>,
    objects: Vec<Value>,
    buses: BTreeSet<String>,
    /// The names of activities.
    activities: BTreeSet<String>,
    /// By name.
    machines: BTreeMap<String, Machine>,
}

#[derive(Debug)]
struct Machine {
    definition: Value,
    kind: &'static str,
    published: bool,
}

/// What an execution is started with.
pub struct Prepared {
    pub role: String,
    pub definition: String,
    pub input: String,
    /// What stood in the row, and what stands for it in this AWS.
    renamed: Vec<(String, String)>,
    /// Whether the recording has the names of the row, and not masks of them.
    unmasked: bool,
}

impl Needs {
    /// `Err` says what the row needs and nobody here can make.
    pub fn of(row: &Value) -> Result<Needs, String> {
        let input = row["input"].as_str().unwrap_or("{}");
        let input: Value = serde_json::from_str(input).unwrap_or_default();
        let mut needs = Needs {
            fifo: row["id"].as_str().is_some_and(|id| id.contains("fifo")),
            objects: row["s3_objects"].as_array().cloned().unwrap_or_default(),
            ..Needs::default()
        };
        for object in &needs.objects {
            needs
                .buckets
                .extend(object["Bucket"].as_str().map(str::to_owned));
        }
        let resources = row["resources"].as_array().into_iter().flatten();
        for resource in resources.filter_map(Value::as_str) {
            check_resource(resource)?;
        }
        let mut machines = Vec::new();
        for value in [&row["definition"], &input] {
            visit(value, "", &mut |member, text| {
                needs.note(member, text, &mut machines)
            });
        }
        needs.children(row, &machines)?;
        Ok(needs)
    }

    fn note(&mut self, member: &str, text: &str, machines: &mut Vec<String>) {
        let arn = Arn::parse(text);
        match (member, arn) {
            _ if text.starts_with("sqs-create_queue-") => _ = self.queues.insert(text.to_owned()),
            _ if text.starts_with("sns-create_topic-") => _ = self.topics.insert(text.to_owned()),
            (_, Some(arn)) if arn.resource_type() == Some("activity") => {
                self.activities.insert(arn.name().to_owned());
            }
            (_, Some(arn)) if arn.resource_type() == Some("stateMachine") => {
                let known = machines.iter().any(|known| known == text);
                machines.extend((!known).then(|| text.to_owned()));
            }
            ("TableName", None) => {
                let valid = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
                if !text.starts_with("no_such") && text.chars().all(valid) {
                    self.tables.insert(text.to_owned());
                }
            }
            ("Bucket", None) if is_name(text) => _ = self.buckets.insert(text.to_owned()),
            ("EventBusName", None) if is_name(text) && text != "default" => {
                self.buses.insert(text.to_owned());
            }
            _ => {}
        }
    }

    /// The state machines that are called do what the history of their caller shows. Several are called in the order in
    /// which the row names them.
    fn children(&mut self, row: &Value, machines: &[String]) -> Result<(), String> {
        let events = row["expected"]["events"].as_array();
        let events = events.map(Vec::as_slice).unwrap_or_default();
        let starts = scheduled(events)
            .filter(|event| {
                details(event, "taskScheduled")["resource"]
                    .as_str()
                    .is_some_and(starts)
            })
            .collect::<Vec<_>>();
        let of_all = outcomes(events, &starts);
        for (index, arn) in machines.iter().enumerate() {
            let parsed = Arn::parse(arn).ok_or("a state machine without an ARN")?;
            let own: Vec<&Value> = match machines.len() {
                1 => of_all.iter().collect(),
                _ => of_all.get(index).into_iter().collect(),
            };
            let mut definitions = own
                .iter()
                .map(|end| child(end))
                .collect::<Result<Vec<_>, _>>()?;
            definitions.dedup();
            let definition = match &definitions[..] {
                [] => alone(json!({ "Type": "Pass", "End": true })),
                [definition] => definition.clone(),
                _ => {
                    return Err(format!(
                        "`{}`, which does not always do the same",
                        parsed.name()
                    ));
                }
            };
            let published = match parsed.qualifier() {
                None => false,
                Some("1") => true,
                Some(_) => return Err(format!("the alias or version `{arn}`")),
            };
            let synchronous = row["definition"]
                .to_string()
                .contains(":startSyncExecution");
            let machine = Machine {
                definition,
                kind: if synchronous { "EXPRESS" } else { "STANDARD" },
                published,
            };
            self.machines.insert(parsed.name().to_owned(), machine);
        }
        Ok(())
    }

    pub async fn prepare(&self, cloud: &Cloud, row: &Value) -> Result<Prepared, String> {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/recorded");
        cloud.role("recorded", "states.amazonaws.com").await;
        cloud.allow("recorded", json!("*")).await;
        for name in &self.tables {
            let table = json!({
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            });
            let made = cloud
                .json("dynamodb", "DynamoDB_20120810.CreateTable", table)
                .await;
            accepted("CreateTable", made)?;
        }
        for name in &self.buckets {
            put(cloud, name, String::new()).await?;
        }
        for object in &self.objects {
            let text = |name: &str| object[name].as_str().unwrap_or_default();
            let path = format!("{}/{}", text("Bucket"), text("Key"));
            put(cloud, &path, body(text("Body"))).await?;
        }
        for name in &self.buses {
            let bus = json!({ "Name": name });
            accepted(
                "CreateEventBus",
                cloud.json("events", "AWSEvents.CreateEventBus", bus).await,
            )?;
        }
        for name in &self.activities {
            let made = cloud
                .states("CreateActivity", json!({ "name": name }))
                .await;
            accepted("CreateActivity", made)?;
        }
        for (name, machine) in &self.machines {
            let machine = json!({
                "name": name,
                "definition": machine.definition.to_string(),
                "roleArn": role,
                "type": machine.kind,
                "publish": machine.published,
            });
            accepted(
                "CreateStateMachine",
                cloud.states("CreateStateMachine", machine).await,
            )?;
        }
        let renamed = self.renamed(cloud).await?;
        let rename = |text: &str| {
            let renamed = renamed.iter();
            renamed.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        let expected = row["expected"].to_string();
        Ok(Prepared {
            role,
            definition: rename(&row["definition"].to_string()),
            input: rename(row["input"].as_str().unwrap_or("{}")),
            unmasked: renamed.iter().any(|(from, _)| expected.contains(from)),
            renamed,
        })
    }

    /// Makes what has another name here.
    async fn renamed(&self, cloud: &Cloud) -> Result<Vec<(String, String)>, String> {
        let mut renamed = Vec::new();
        let suffix = if self.fifo { ".fifo" } else { "" };
        for (index, placeholder) in self.queues.iter().enumerate() {
            let mut queue = json!({ "QueueName": format!("queue-{index}{suffix}") });
            if self.fifo {
                queue["Attributes"] = json!({ "FifoQueue": "true" });
            }
            let made = cloud.json("sqs", "AmazonSQS.CreateQueue", queue).await;
            let url = accepted("CreateQueue", made)?["QueueUrl"].clone();
            let url = url.as_str().ok_or("CreateQueue gave no URL")?;
            renamed.push((placeholder.clone(), url.to_owned()));
        }
        for (index, placeholder) in self.topics.iter().enumerate() {
            let name = format!("topic-{index}{suffix}");
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("Action", "CreateTopic")
                .append_pair("Version", "2010-03-31")
                .append_pair("Name", &name);
            if self.fifo {
                form.append_pair("Attributes.entry.1.key", "FifoTopic")
                    .append_pair("Attributes.entry.1.value", "true");
            }
            let request = Request::post(InMemoryAws::endpoint_url())
                .header("content-type", "application/x-www-form-urlencoded");
            let made = cloud.try_call("sns", request, form.finish()).await;
            let made = made.map_err(|_| "the connection was cut")?;
            let found = made.text.split_once("<TopicArn>");
            let found = found.and_then(|(_, rest)| rest.split_once("</TopicArn>"));
            let (arn, _) = found.ok_or_else(|| format!("CreateTopic: {}", made.text))?;
            renamed.push((placeholder.clone(), arn.to_owned()));
        }
        Ok(renamed)
    }
}

impl Prepared {
    /// What AWS answered, as the recording would have it.
    pub fn found(&self, value: &Value) -> Value {
        let mut value = value.clone();
        if self.unmasked {
            let mut text = value.to_string();
            for (from, to) in &self.renamed {
                text = text.replace(to, from);
            }
            value = serde_json::from_str(&text).unwrap_or(value);
        }
        // The output of an execution is compared as a value.
        if let Some(output) = value["output"].as_str() {
            let output = serde_json::from_str(output).unwrap_or_else(|_| json!(output));
            value["output"] = Value::Null;
            let mut value = masked(&decoded(&value));
            value["output"] = masked(&output);
            return value;
        }
        masked(&decoded(&value))
    }
}

/// Calls `note` with each text, and with the member that it is the value of.
fn visit(value: &Value, member: &str, note: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => note(member, text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, member, note)),
        Value::Object(members) => {
            for (name, value) in members {
                visit(value, name, note);
            }
        }
        _ => {}
    }
}

/// Neither a path nor an expression.
fn is_name(text: &str) -> bool {
    !text.contains(['$', '{', '%'])
}

fn check_resource(resource: &str) -> Result<(), String> {
    let Some(arn) = Arn::parse(resource) else {
        return Err(format!("`{resource}`"));
    };
    if arn.service == "lambda" {
        return Err("a function".to_owned());
    }
    let service = arn
        .resource
        .trim_start_matches("aws-sdk:")
        .split(':')
        .next();
    let service = service.unwrap_or_default();
    match service == "activity" || SERVICES.contains(&service) {
        true => Ok(()),
        false => Err(format!("the service `{service}`")),
    }
}

/// Whether a resource starts an execution.
fn starts(resource: &str) -> bool {
    let action = resource.split('.').next();
    matches!(action, Some("startExecution" | "startSyncExecution"))
}

pub fn details<'a>(event: &'a Value, kind: &str) -> &'a Value {
    &event[format!("{kind}EventDetails")]
}

/// A state machine that ends as the last event of the task that called it shows.
fn child(end: &Value) -> Result<Value, String> {
    let resource = |kind: &str| {
        details(end, kind)["resource"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    match end["type"].as_str() {
        Some("TaskSucceeded") => {
            let output = &details(end, "taskSucceeded")["output"];
            match output.get("Output") {
                Some(Value::String(text)) => {
                    let result = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                    Ok(returning(&result))
                }
                Some(result) => Ok(returning(result)),
                // The task was reported by its token, whatever the child did.
                None if resource("taskSucceeded").contains(".sync") => Ok(waiting()),
                None => Ok(alone(json!({ "Type": "Pass", "End": true }))),
            }
        }
        Some("TaskFailed") => {
            let cause = &details(end, "taskFailed")["cause"];
            match cause["Status"].as_str() {
                Some("FAILED") => Ok(failing(cause)),
                Some("TIMED_OUT") => {
                    let mut child = waiting();
                    child["TimeoutSeconds"] = json!(1);
                    Ok(child)
                }
                Some(status) => Err(format!("a state machine that ends as {status}")),
                None if resource("taskFailed").contains(".sync") => Ok(waiting()),
                None => Ok(alone(json!({ "Type": "Pass", "End": true }))),
            }
        }
        _ => Ok(waiting()),
    }
}

fn alone(state: Value) -> Value {
    json!({ "StartAt": "S", "States": { "S": state } })
}

fn returning(result: &Value) -> Value {
    alone(json!({ "Type": "Pass", "Result": result, "End": true }))
}

fn failing(described: &Value) -> Value {
    let mut state = json!({ "Type": "Fail" });
    for member in ["Error", "Cause"] {
        if let Some(text) = described[member].as_str() {
            state[member] = json!(text);
        }
    }
    alone(state)
}

fn waiting() -> Value {
    alone(json!({ "Type": "Wait", "Seconds": FOREVER, "End": true }))
}

async fn put(cloud: &Cloud, path: &str, body: String) -> Result<(), String> {
    let url = format!("{}/{path}", InMemoryAws::endpoint_url());
    let put = cloud.try_call("s3", Request::put(url), body).await;
    accepted("PUT", put.map_err(|_| "the connection was cut")?).map(drop)
}

/// The recordings have Python's way to write a byte array.
fn body(text: &str) -> String {
    let bytes = text.strip_prefix("bytearray(b'");
    let bytes = bytes.and_then(|bytes| bytes.strip_suffix("')"));
    bytes.unwrap_or(text).to_owned()
}
