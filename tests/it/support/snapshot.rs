//! All that an endpoint holds, as sorted lines of text: two snapshots are compared as a reader would compare them.

use std::collections::BTreeMap;
use std::fmt;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_iam as iam;
use aws_sdk_lambda as lambda;
use aws_sdk_lambda::config::Credentials;
use aws_sdk_sfn as sfn;
use serde_json::Value;

/// Everything of the kinds that txflow makes, whoever made it. Ids, times and version numbers are left out: they differ
/// between two deploys that come to the same. A pinned function version is shown as the hash of its code.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Snapshot(pub Vec<String>);

/// Clients of the official SDK, as a second reader beside txflow.
pub struct Account {
    pub iam: iam::Client,
    pub lambda: lambda::Client,
    pub logs: logs::Client,
    pub states: sfn::Client,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Snapshot {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Account {
    pub async fn at(endpoint: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(endpoint)
            .load()
            .await;
        Self {
            iam: iam::Client::new(&config),
            lambda: lambda::Client::new(&config),
            logs: logs::Client::new(&config),
            states: sfn::Client::new(&config),
        }
    }

    pub async fn snapshot(&self) -> Snapshot {
        let mut lines = Vec::new();
        self.roles(&mut lines).await;
        self.log_groups(&mut lines).await;
        let pins = self.functions(&mut lines).await;
        self.state_machines(&mut lines, &pins).await;
        lines.sort();
        Snapshot(lines)
    }

    async fn roles(&self, lines: &mut Vec<String>) {
        let roles = self.iam.list_roles().send().await.expect("ListRoles");
        for role in roles.roles() {
            let name = role.role_name();
            let trust = document(role.assume_role_policy_document().unwrap_or_default());
            lines.push(format!("role {name} at {} trusts {trust}", role.path()));
            let tags = self
                .iam
                .list_role_tags()
                .role_name(name)
                .send()
                .await
                .expect("ListRoleTags");
            lines.extend(
                tags.tags()
                    .iter()
                    .map(|tag| format!("role {name} tag {}={}", tag.key(), tag.value())),
            );
            let policies = self
                .iam
                .list_role_policies()
                .role_name(name)
                .send()
                .await
                .expect("ListRolePolicies");
            for policy in policies.policy_names() {
                let text = self
                    .iam
                    .get_role_policy()
                    .role_name(name)
                    .policy_name(policy)
                    .send()
                    .await;
                let text = document(text.expect("GetRolePolicy").policy_document());
                lines.push(format!("role {name} policy {policy} {text}"));
            }
            let attached = self
                .iam
                .list_attached_role_policies()
                .role_name(name)
                .send()
                .await;
            for policy in attached
                .expect("ListAttachedRolePolicies")
                .attached_policies()
            {
                lines.push(format!(
                    "role {name} attached {}",
                    policy.policy_arn().unwrap_or_default()
                ));
            }
        }
    }

    async fn log_groups(&self, lines: &mut Vec<String>) {
        let groups = self
            .logs
            .describe_log_groups()
            .send()
            .await
            .expect("DescribeLogGroups");
        for group in groups.log_groups() {
            let name = group.log_group_name().unwrap_or_default();
            lines.push(format!(
                "log group {name} keeps {:?} days",
                group.retention_in_days()
            ));
            let arn = group.log_group_arn().unwrap_or_default();
            let tags = self
                .logs
                .list_tags_for_resource()
                .resource_arn(arn)
                .send()
                .await;
            let tags = tags.expect("ListTagsForResource").tags.unwrap_or_default();
            lines.extend(
                tags.iter()
                    .map(|(key, value)| format!("log group {name} tag {key}={value}")),
            );
        }
    }

    /// Answers with the code's hash by version ARN.
    async fn functions(&self, lines: &mut Vec<String>) -> BTreeMap<String, String> {
        let mut pins = BTreeMap::new();
        let functions = self
            .lambda
            .list_functions()
            .send()
            .await
            .expect("ListFunctions");
        for function in functions.functions() {
            let name = function.function_name().unwrap_or_default();
            let answer = self
                .lambda
                .get_function()
                .function_name(name)
                .send()
                .await
                .expect("GetFunction");
            let config = answer.configuration().expect("a configuration");
            let environment: BTreeMap<_, _> = config
                .environment()
                .and_then(|environment| environment.variables())
                .into_iter()
                .flatten()
                .collect();
            lines.push(format!(
                "function {name} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {environment:?} {:?} {:?} {:?} {:?}",
                config.runtime(),
                config.handler(),
                config.role(),
                config.memory_size(),
                config.timeout(),
                config.architectures(),
                config.code_sha256(),
                config.logging_config(),
                config.tracing_config(),
                config.ephemeral_storage(),
                answer.concurrency(),
            ));
            for (key, value) in answer.tags().into_iter().flatten() {
                lines.push(format!("function {name} tag {key}={value}"));
            }
            let arn = config.function_arn().unwrap_or_default();
            let versions = self
                .lambda
                .list_versions_by_function()
                .function_name(name)
                .send()
                .await;
            for version in versions.expect("ListVersionsByFunction").versions() {
                pins.insert(
                    format!("{arn}:{}", version.version().unwrap_or_default()),
                    format!("{name}@{}", version.code_sha256().unwrap_or_default()),
                );
            }
        }
        pins
    }

    async fn state_machines(&self, lines: &mut Vec<String>, pins: &BTreeMap<String, String>) {
        let machines = self
            .states
            .list_state_machines()
            .send()
            .await
            .expect("ListStateMachines");
        for machine in machines.state_machines() {
            let (name, arn) = (machine.name(), machine.state_machine_arn());
            let answer = self
                .states
                .describe_state_machine()
                .state_machine_arn(arn)
                .send()
                .await;
            let answer = answer.expect("DescribeStateMachine");
            let logging = answer.logging_configuration();
            lines.push(format!(
                "state machine {name} {:?} {} {logging:?}",
                answer.r#type(),
                answer.role_arn(),
            ));
            lines.push(format!(
                "state machine {name} is {}",
                pinned(answer.definition(), pins)
            ));
            let tags = self
                .states
                .list_tags_for_resource()
                .resource_arn(arn)
                .send()
                .await;
            for tag in tags.expect("ListTagsForResource").tags() {
                let (key, value) = (
                    tag.key().unwrap_or_default(),
                    tag.value().unwrap_or_default(),
                );
                lines.push(format!("state machine {name} tag {key}={value}"));
            }
            if let Some(version) = self.live(arn).await {
                let release = self
                    .states
                    .describe_state_machine()
                    .state_machine_arn(&version)
                    .send()
                    .await;
                let release = release.expect("DescribeStateMachine of a version");
                lines.push(format!(
                    "state machine {name} live is {}",
                    pinned(release.definition(), pins)
                ));
            }
        }
    }

    /// The version ARN that the alias `live` of a state machine leads to.
    pub async fn live(&self, state_machine_arn: &str) -> Option<String> {
        let alias = format!("{state_machine_arn}:live");
        let answer = self
            .states
            .describe_state_machine_alias()
            .state_machine_alias_arn(alias)
            .send()
            .await
            .ok()?;
        let route = answer.routing_configuration().first()?;
        Some(route.state_machine_version_arn().to_owned())
    }
}

/// A policy document in one spelling.
fn document(text: &str) -> String {
    let text = percent_decode(text);
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => value.to_string(),
        Err(_) => text,
    }
}

/// IAM answers with URL-encoded documents.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn pinned(definition: &str, pins: &BTreeMap<String, String>) -> String {
    let mut text = definition.to_owned();
    for (arn, code) in pins {
        text = text.replace(&format!("\"{arn}\""), &format!("\"{code}\""));
    }
    text
}
