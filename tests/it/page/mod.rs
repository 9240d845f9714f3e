//! The page of `txflow local` and `txflow ui`, over HTTP. What a browser makes of it is elsewhere.

mod access;
mod acting;
mod browser;
pub mod client;
mod inside;
mod looking;
mod on_aws;
mod refused;
mod secrets;
mod ways;

use serde_json::{Value, json};

use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};
use client::Client;

/// A project in the embedded AWS, and its page.
struct Opened {
    project: Project,
    _server: LocalServer,
    client: Client,
}

impl Opened {
    async fn deployed(project: Project) -> Self {
        let project = project.write();
        let mut server = LocalServer::start(project.path(), &[]).await;
        let client = Client::of(&mut server).await;
        project
            .alone(&["deploy", "--local"])
            .run()
            .await
            .succeeded();
        Self {
            project,
            _server: server,
            client,
        }
    }

    /// Runs an execution to its end, however that is.
    async fn ran(&self, name: &str, input: &Value) {
        let input = input.to_string();
        let start = [
            "start", "--local", "--wait", "--fast", "--name", name, "--input", &input,
        ];
        self.project.alone(&start).run().await;
    }

    /// Reads the page of an execution until it shows a status.
    async fn until(&self, path: &str, status: &str) -> String {
        self.client.until(path, status).await
    }
}

/// A task that gets its input as the event, keeps it and puts its answer beside it.
fn calls(handler: &str, next: Option<&str>) -> Value {
    let mut task = task(handler);
    let function = task["Parameters"]["FunctionName"].clone();
    task["Parameters"] = json!({ "FunctionName": function, "Payload.$": "$" });
    task["ResultPath"] = format!("$.{handler}").into();
    task["OutputPath"] = "$".into();
    if let Some(next) = next {
        task.as_object_mut().expect("a state").remove("End");
        task["Next"] = next.into();
    }
    task
}

/// A task that fails if the input says so, and a wait before it unless the input names an order.
fn orders() -> Project {
    let mut charge = calls("charge", None);
    charge["Retry"] =
        json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1 }]);
    Project::new("orders")
        .handler("charge")
        .definition(json!({ "StartAt": "Start", "States": {
            "Start": { "Type": "Choice", "Choices": [
                { "Variable": "$.kind", "StringEquals": "ORDER", "Next": "Charge" },
            ], "Default": "Hold" },
            "Hold": { "Type": "Wait", "SecondsPath": "$.seconds", "Next": "Charge" },
            "Charge": charge,
        } }))
}

/// A state machine of which AWS keeps no executions.
fn quotes(settings: &str) -> Project {
    Project::new("quotes")
        .handler("quote")
        .definition(json!({ "StartAt": "Quote", "States": { "Quote": calls("quote", None) } }))
        .settings(&format!("[state-machine]\ntype = \"EXPRESS\"\n{settings}"))
}
