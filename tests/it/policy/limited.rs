//! A project whose commands may do only what `txflow policy` allows them.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use txflow::policy::Command;

use crate::page::client::{Client, between};
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::txflow::Outcome;

pub struct Limited {
    pub project: Project,
    /// The stages that the policies are for, where that is not the one stage.
    pub stages: Option<&'static str>,
    /// A function that has left deploy.toml.
    pub former: Option<&'static str>,
    /// A state machine that has left deploy.toml.
    pub former_state_machine: Option<&'static str>,
    used: BTreeSet<(Command, String)>,
}

impl Limited {
    pub fn new(project: Project) -> Self {
        Self {
            project,
            stages: None,
            former: None,
            former_state_machine: None,
            used: BTreeSet::new(),
        }
    }

    /// Whether the command needed the action.
    pub fn used(&self, command: Command, action: &str) -> bool {
        self.used.contains(&(command, action.to_owned()))
    }

    /// Runs a command with the policy for that command.
    pub async fn run(&mut self, arguments: &[&str]) -> Outcome {
        let command = [command(arguments)];
        let policy = self.policy(&command).await;
        let mut server = self.serve(&policy).await;
        let outcome = self.local(arguments).await;
        self.note(&mut server, &command).await;
        outcome
    }

    /// The same, with one action taken out of the policy.
    pub async fn run_without(&mut self, action: &str, arguments: &[&str]) -> Outcome {
        let mut policy = self.policy(&arguments[..1]).await;
        let statements = policy["Statement"].as_array_mut().expect("statements");
        for statement in statements.iter_mut() {
            let actions = statement["Action"].as_array_mut().expect("actions");
            actions.retain(|allowed| allowed != action);
        }
        statements.retain(|statement| statement["Action"] != Value::Array(Vec::new()));
        let mut server = self.serve(&policy).await;
        let outcome = self.local(arguments).await;
        server.signal(Signal::INT).await;
        outcome
    }

    /// Runs a command while an execution of the test goes on, which the command ends.
    pub async fn run_during(&mut self, test: &str, arguments: &[&str]) -> Outcome {
        let commands = ["test", arguments[0]];
        let policy = self.policy(&commands).await;
        let mut server = self.serve(&policy).await;
        let test = ["test", "--local", "--type", test];
        let mut running = self.project.alone(&test).start();
        let watched = |call: &String| call.starts_with("states:GetExecutionHistory 200");
        while !server.calls().iter().any(watched) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let outcome = self.local(arguments).await;
        let _ = running.wait().await;
        self.note(&mut server, &commands).await;
        outcome
    }

    /// Looks at an execution on the page that the server has, and runs it again from a state.
    pub async fn browse(&mut self, state: &str) {
        let policy = self.policy(&["ui"]).await;
        let mut server = self.serve(&policy).await;
        let client = Client::of(&mut server).await;
        for page in ["/dev/tests", "/dev/services"] {
            client.page(page).await;
        }
        let workflow = client.page("/dev/workflow").await;
        if workflow.contains("href=\"/dev/releases/") {
            let releases = between(&workflow, "href=\"/dev/releases/", "\"");
            client.page(&format!("/dev/releases/{releases}")).await;
        }
        let list = client.page("/dev/executions").await;
        let name = between(&list, "href=\"/dev/executions/transactions-dev/", "\"");
        let execution = format!("/dev/executions/transactions-dev/{name}");
        client.page(&execution).await;
        for index in 0..3 {
            // It may have fewer.
            client.get(&format!("{execution}/states/{index}")).await;
        }
        let fork = format!("{execution}/fork");
        let form = client.page(&format!("{fork}?from={state}")).await;
        let input = [("from", state), ("input", r#"{"type":"PURCHASE"}"#)];
        for (action, fields) in [(&*fork, &input[..]), ("/dev/start", &input[1..])] {
            let begun = client.submit(&form, action, fields).await;
            client.page(begun.location()).await;
        }
        self.note(&mut server, &["ui"]).await;
    }

    /// Starts an execution of the EXPRESS state machine of a stage from the page, and sees it end.
    pub async fn start_from_page(&mut self, stage: &str, input: &str) {
        let policy = self.policy(&["ui"]).await;
        let mut server = self.serve(&policy).await;
        let client = Client::of(&mut server).await;
        let start = format!("/{stage}/start");
        let form = client.page(&start).await;
        let begun = client.submit(&form, &start, &[("input", input)]).await;
        client.until(begun.location(), "SUCCEEDED").await;
        self.note(&mut server, &["ui"]).await;
    }

    /// Changes a role as somebody might by hand, who may do everything.
    pub async fn tamper(&self, role: &str) {
        let mut server = LocalServer::start(self.project.path(), &[]).await;
        let iam = Account::at(&server.url).await.iam;
        let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
        let put = iam.put_role_policy().role_name(role);
        let put = put.policy_name("by-hand").policy_document(policy);
        put.send().await.expect("PutRolePolicy");
        let attach = iam.attach_role_policy().role_name(role);
        let attach = attach.policy_arn("arn:aws:iam::aws:policy/PowerUserAccess");
        attach.send().await.expect("AttachRolePolicy");
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        let update = iam.update_assume_role_policy().role_name(role);
        let update = update.policy_document(trust).send().await;
        update.expect("UpdateAssumeRolePolicy");
        server.signal(Signal::INT).await;
    }

    /// Creates a role, as an administrator would, that Lambda and Step Functions may assume.
    pub async fn make_role(&self, path: &str, role: &str) {
        let mut server = LocalServer::start(self.project.path(), &[]).await;
        let iam = Account::at(&server.url).await.iam;
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com"]},"Action":"sts:AssumeRole"}}"#;
        let create = iam.create_role().role_name(role).path(path);
        let create = create.assume_role_policy_document(trust).send().await;
        create.expect("CreateRole");
        let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let put = iam.put_role_policy().role_name(role);
        let put = put.policy_name("all").policy_document(policy);
        put.send().await.expect("PutRolePolicy");
        server.signal(Signal::INT).await;
    }

    /// The IAM actions that the policy of all commands allows, and on what.
    pub async fn of_iam(&self) -> Vec<(Value, Value)> {
        let policy = self.policy(&[]).await;
        let statements = policy["Statement"].as_array().expect("statements");
        let of_iam = statements.iter().filter(|statement| {
            let actions = statement["Action"].as_array().expect("actions");
            actions.iter().any(|action| {
                action
                    .as_str()
                    .is_some_and(|action| action.starts_with("iam:"))
            })
        });
        of_iam
            .map(|statement| (statement["Action"].clone(), statement["Resource"].clone()))
            .collect()
    }

    /// What is there, for whoever may see everything.
    pub async fn left(&self) -> Vec<String> {
        let mut server = LocalServer::start(self.project.path(), &[]).await;
        let left = Account::at(&server.url).await.snapshot().await;
        server.signal(Signal::INT).await;
        left.0
    }

    async fn policy(&self, commands: &[&str]) -> Value {
        let mut arguments = vec!["policy", "--local"];
        for command in commands {
            arguments.extend(["--command", command]);
        }
        if let Some(stages) = self.stages {
            arguments.extend(["--stages", stages]);
        }
        if let Some(former) = self.former {
            arguments.extend(["--function", former]);
        }
        if let Some(former) = self.former_state_machine {
            arguments.extend(["--state-machine", former]);
        }
        self.project
            .alone(&arguments)
            .run()
            .await
            .succeeded()
            .json()
    }

    async fn serve(&self, policy: &Value) -> LocalServer {
        let file = self.project.path().join("policy.json");
        fs::write(&file, policy.to_string()).expect("write the policy");
        LocalServer::start(self.project.path(), &["--policy", "policy.json"]).await
    }

    async fn local(&self, arguments: &[&str]) -> Outcome {
        let arguments = [arguments, &["--local"]].concat();
        self.project.alone(&arguments).run().await
    }

    /// Ends the server, and notes what it says was needed.
    async fn note(&mut self, server: &mut LocalServer, commands: &[&str]) {
        server.signal(Signal::INT).await;
        let calls = server.calls();
        let needed = calls.iter().filter_map(|call| call.split_once(", needs "));
        for needed in needed.flat_map(|(_, needed)| needed.split(", ")) {
            let action = needed.split(" on ").next().unwrap_or(needed);
            for command in Command::ALL {
                if commands.contains(&command.as_str()) {
                    self.used.insert((command, action.to_owned()));
                }
            }
        }
    }
}

/// The command as a policy names it.
fn command<'a>(arguments: &[&'a str]) -> &'a str {
    match arguments {
        ["executions", "fork", ..] => "executions-fork",
        _ => arguments[0],
    }
}
