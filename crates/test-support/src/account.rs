//! All that an endpoint holds, as sorted lines of text: two snapshots are compared as a reader would compare them.

use std::collections::BTreeMap;
use std::fmt;

use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_eventbridge as events;
use aws_sdk_iam as iam;
use aws_sdk_lambda as lambda;
use aws_sdk_lambda::config::{Credentials, SharedHttpClient};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_scheduler as scheduler;
use aws_sdk_sfn as sfn;
use aws_smithy_http_client::Builder;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The end record of a zip file, which is all of an empty one.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const TRUST: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole"
    }]
}"#;

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
    pub scheduler: scheduler::Client,
    pub events: events::Client,
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
        Self::through(Builder::new().build_http(), endpoint).await
    }

    /// The same, with a client of the caller's own that sends the requests.
    pub async fn through(client: SharedHttpClient, endpoint: &str) -> Self {
        Self::of(&loader(endpoint).http_client(client).load().await)
    }

    fn of(config: &SdkConfig) -> Self {
        Self {
            iam: iam::Client::new(config),
            lambda: lambda::Client::new(config),
            logs: logs::Client::new(config),
            states: sfn::Client::new(config),
            scheduler: scheduler::Client::new(config),
            events: events::Client::new(config),
        }
    }

    /// What starts executions: groups of schedules, schedules, and rules of the default event bus. Not in a snapshot,
    /// since not every emulator serves them.
    pub async fn triggers(&self) -> Vec<String> {
        let groups = self.scheduler.list_schedule_groups().send().await;
        let groups = groups.expect("ListScheduleGroups").schedule_groups;
        let groups = groups.into_iter().filter_map(|group| group.name);
        let groups = groups.filter(|name| name != "default");
        let schedules = self.scheduler.list_schedules().send().await;
        let schedules = schedules.expect("ListSchedules").schedules;
        let schedules = schedules.into_iter().map(|schedule| {
            let state = schedule.state.map(|state| state.to_string());
            format!(
                "schedule {}/{} {}",
                schedule.group_name.unwrap_or_default(),
                schedule.name.unwrap_or_default(),
                state.unwrap_or_default()
            )
        });
        let rules = self.events.list_rules().send().await;
        let rules = rules.expect("ListRules").rules.unwrap_or_default();
        let rules = rules.into_iter().map(|rule| {
            let state = rule.state.map(|state| state.to_string());
            let name = rule.name.unwrap_or_default();
            format!("rule {name} {}", state.unwrap_or_default())
        });
        let groups = groups.map(|name| format!("group {name}"));
        groups.chain(schedules).chain(rules).collect()
    }

    /// All that is there.
    pub async fn snapshot(&self) -> Snapshot {
        self.snapshot_where(|_| true).await
    }

    /// What belongs to one stage, with the stage's name left out: two stages can be compared.
    pub async fn snapshot_of(&self, stage: &str) -> Snapshot {
        let marker = format!("-{stage}");
        let Snapshot(lines) = self.snapshot_where(|name| name.contains(&marker)).await;
        Snapshot(
            lines
                .iter()
                .map(|line| line.replace(stage, "<stage>"))
                .collect(),
        )
    }

    /// Asks only for details of what is `wanted`: the rest may be going while this looks.
    async fn snapshot_where(&self, wanted: impl Fn(&str) -> bool) -> Snapshot {
        let mut lines = Vec::new();
        self.roles(&wanted, &mut lines).await;
        self.log_groups(&wanted, &mut lines).await;
        let pins = self.functions(&wanted, &mut lines).await;
        self.state_machines(&wanted, &mut lines, &pins).await;
        lines.sort();
        Snapshot(lines)
    }

    async fn roles(&self, wanted: impl Fn(&str) -> bool, lines: &mut Vec<String>) {
        let roles = self.iam.list_roles().send().await.expect("ListRoles");
        for role in roles.roles().iter().filter(|role| wanted(role.role_name())) {
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

    async fn log_groups(&self, wanted: impl Fn(&str) -> bool, lines: &mut Vec<String>) {
        let groups = self
            .logs
            .describe_log_groups()
            .send()
            .await
            .expect("DescribeLogGroups");
        for group in groups.log_groups() {
            let name = group.log_group_name().unwrap_or_default();
            if !wanted(name) {
                continue;
            }
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
    async fn functions(
        &self,
        wanted: impl Fn(&str) -> bool,
        lines: &mut Vec<String>,
    ) -> BTreeMap<String, String> {
        let mut pins = BTreeMap::new();
        let functions = self
            .lambda
            .list_functions()
            .send()
            .await
            .expect("ListFunctions");
        for function in functions.functions() {
            let name = function.function_name().unwrap_or_default();
            if !wanted(name) {
                continue;
            }
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

    async fn state_machines(
        &self,
        wanted: impl Fn(&str) -> bool,
        lines: &mut Vec<String>,
        pins: &BTreeMap<String, String>,
    ) {
        let machines = self
            .states
            .list_state_machines()
            .send()
            .await
            .expect("ListStateMachines");
        for machine in machines
            .state_machines()
            .iter()
            .filter(|machine| wanted(machine.name()))
        {
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

    /// A role, a log group and a function that txflow did not make, all of one name.
    pub async fn bystander(&self, name: &str) {
        let arn = self.role_and_log_group(name).await;
        let code = lambda::types::FunctionCode::builder()
            .zip_file(Blob::new(EMPTY_ZIP))
            .build();
        let function = self
            .lambda
            .create_function()
            .function_name(name)
            .role(arn)
            .code(code);
        let runtime = lambda::types::Runtime::Providedal2023;
        function
            .runtime(runtime)
            .handler("bootstrap")
            .send()
            .await
            .expect("CreateFunction");
    }

    /// The role and the log group alone. Gives the role's ARN.
    pub async fn role_and_log_group(&self, name: &str) -> String {
        let role = self
            .iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(TRUST)
            .send()
            .await;
        let role = role.expect("CreateRole");
        let arn = role.role().map(|role| role.arn().to_owned());
        let arn = arn.expect("the role's ARN");
        self.logs
            .create_log_group()
            .log_group_name(name)
            .send()
            .await
            .expect("CreateLogGroup");
        arn
    }

    /// The numbers of the versions of a function, oldest first.
    pub async fn versions(&self, function: &str) -> Vec<u64> {
        let answer = self
            .lambda
            .list_versions_by_function()
            .function_name(function)
            .send()
            .await;
        let answer = answer.expect("ListVersionsByFunction");
        let numbers = answer
            .versions()
            .iter()
            .filter_map(|version| version.version()?.parse().ok());
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        numbers
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

fn loader(endpoint: &str) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
}

/// A policy document in one spelling. IAM answers with URL-encoded ones.
fn document(text: &str) -> String {
    let text = percent_decode_str(text).decode_utf8_lossy().into_owned();
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => value.to_string(),
        Err(_) => text,
    }
}

fn pinned(definition: &str, pins: &BTreeMap<String, String>) -> String {
    let mut text = definition.to_owned();
    for (arn, code) in pins {
        text = text.replace(&format!("\"{arn}\""), &format!("\"{code}\""));
    }
    text
}
