//! The calls that a task makes in the name of the state machine's role, as IAM sees them: actions, on what the actual
//! parameters name.
//!
//! Of what a call names, IAM's reference has the form of the ARN, and the parameters have its parts. If they do not tell
//! which resource it is, the role must allow the action on any.

mod resources;

use serde_json::Value;
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::integrations::{self, Operation, Service};
use txflow_asl::permissions::{NeededResource, Owner, side_needs};
use txflow_asl::{Arn, TaskRequest};

use super::caller::Caller;
use super::managed_rules;
use crate::http::scope::Scope;

/// One action that the role must allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleCall {
    /// Such as `dynamodb:PutItem`.
    pub(super) action: String,
    /// `None` if the parameters do not tell.
    pub(super) resource: Option<String>,
    /// The values of condition keys.
    pub(super) context: Vec<(&'static str, String)>,
}

impl RoleCall {
    fn new(action: impl Into<String>, resource: Option<String>) -> RoleCall {
        RoleCall {
            action: action.into(),
            resource,
            context: Vec::new(),
        }
    }

    fn with(mut self, key: &'static str, value: Option<&str>) -> RoleCall {
        self.context
            .extend(value.map(|value| (key, value.to_owned())));
        self
    }
}

/// What the role must allow for a task to run. Nothing for an activity, whose workers have rights of their own.
pub(super) fn role_calls(caller: &Caller, request: &TaskRequest) -> Vec<RoleCall> {
    let task = Task {
        scope: Scope::of_arn(&caller.source),
        state_machine: caller.source.split('#').next().unwrap_or_default(),
        parameters: request.parameters.value(),
    };
    // Then another role calls, which this one assumes.
    if let Some(credentials) = &request.credentials {
        let role = credentials["RoleArn"].as_str().map(str::to_owned);
        return vec![RoleCall::new("sts:AssumeRole", role)];
    }
    match &request.resource.kind {
        ResourceKind::LambdaFunction => vec![RoleCall::new(
            "lambda:InvokeFunction",
            Some(request.resource.arn.clone()),
        )],
        ResourceKind::Service {
            resource_type,
            resource,
            pattern,
        } => {
            let action = resource.split('.').next().unwrap_or_default();
            let mut calls = match resource_type.strip_prefix("aws-sdk:") {
                Some(service) => task.of_sdk(service, action),
                None => task.of_optimized(resource_type, action),
            };
            let waits = *pattern == Pattern::Sync;
            calls.extend(task.besides(resource_type, action, waits));
            calls.extend(task.side_calls(&request.resource.arn));
            calls
        }
        ResourceKind::Activity | ResourceKind::Other => Vec::new(),
    }
}

struct Task<'a> {
    /// Where the state machine is.
    scope: Scope,
    /// The ARN of the state machine, which may end in a version or an alias.
    state_machine: &'a str,
    parameters: &'a Value,
}

impl Task<'_> {
    fn text(&self, member: &str) -> Option<&str> {
        self.parameters[member].as_str()
    }

    fn of_optimized(&self, service: &str, action: &str) -> Vec<RoleCall> {
        match (service, action) {
            ("lambda", "invoke") => vec![RoleCall::new("lambda:InvokeFunction", self.function())],
            ("http", "invoke") => self.http_endpoint(),
            // Without it, nobody asks who calls.
            ("apigateway", "invoke")
                if self.text("AuthType").is_none_or(|kind| kind == "NO_AUTH") =>
            {
                Vec::new()
            }
            ("apigateway", "invoke") => {
                let path = self.text("Path").unwrap_or_default();
                // The clients of WebSocket APIs.
                let action = match path.trim_start_matches('/').starts_with("@connections") {
                    true => "execute-api:ManageConnections",
                    false => "execute-api:Invoke",
                };
                vec![RoleCall::new(action, self.gateway())]
            }
            ("bedrockagentcore", "invokeHarness") => {
                let harness = || self.text("HarnessArn").map(str::to_owned);
                ["InvokeHarness", "InvokeAgentRuntime"]
                    .map(|action| RoleCall::new(format!("bedrock-agentcore:{action}"), harness()))
                    .into()
            }
            // The cluster decides, by its own means.
            ("eks", "runJob" | "call") => Vec::new(),
            _ => match integrations::optimized(service, action) {
                Some(found) => self.of_operation(found.operation.0, |operation| {
                    operation.name == found.operation.1
                }),
                None => Vec::new(),
            },
        }
    }

    fn of_sdk(&self, service: &str, action: &str) -> Vec<RoleCall> {
        let mut calls = self.of_sdk_call(service, action);
        // The Data APIs read the secret in the name of their caller.
        if let ("rdsdata" | "redshiftdata", Some(secret)) = (service, self.text("SecretArn")) {
            let action = "secretsmanager:GetSecretValue";
            calls.push(RoleCall::new(action, Some(secret.to_owned())));
        } else if service == "redshiftdata" {
            calls.extend(self.database_credentials());
        }
        calls
    }

    /// What Redshift logs a caller in with that has no secret.
    fn database_credentials(&self) -> Vec<RoleCall> {
        let Some(database) = self.text("Database") else {
            return Vec::new();
        };
        let workgroup = self.text("WorkgroupName");
        if let Some(workgroup) = workgroup {
            let arn = Some(workgroup).filter(|workgroup| workgroup.starts_with("arn:"));
            let action = "redshift-serverless:GetCredentials";
            return vec![RoleCall::new(action, arn.map(str::to_owned))];
        }
        let Some(cluster) = self.text("ClusterIdentifier") else {
            return Vec::new();
        };
        let on = |kind: &str, name: &str| {
            Some(
                self.scope
                    .arn("redshift", &format!("{kind}:{cluster}/{name}")),
            )
        };
        let database = on("dbname", database);
        match self.text("DbUser") {
            Some(user) => vec![
                RoleCall::new("redshift:GetClusterCredentials", on("dbuser", user)),
                RoleCall::new("redshift:GetClusterCredentials", database),
            ],
            None => vec![RoleCall::new(
                "redshift:GetClusterCredentialsWithIAM",
                database,
            )],
        }
    }

    fn of_sdk_call(&self, service: &str, action: &str) -> Vec<RoleCall> {
        if (service, action) == ("lambda", "invoke") {
            return self.of_optimized(service, action);
        }
        self.of_operation(service, |operation| operation.camel_case() == action)
    }

    fn of_operation(&self, service: &str, is: impl Fn(&Operation) -> bool) -> Vec<RoleCall> {
        let Some(service) = integrations::service(service) else {
            return Vec::new();
        };
        let Some(operation) = integrations::operations(service).find(|operation| is(operation))
        else {
            return Vec::new();
        };
        if service.name == "dynamodb" && operation.name.starts_with("Transact") {
            return self.transaction();
        }
        let actions = operation.actions(service);
        let actions = actions.iter().filter(|action| self.is_stated(action));
        let mut calls: Vec<RoleCall> = actions
            .flat_map(|action| self.of_action(service, &operation, action))
            .collect();
        calls.dedup();
        let alias = self.text("KeyId").and_then(|key| {
            let start = key.find("alias/")?;
            (start == 0 || key.starts_with("arn:")).then(|| key[start..].to_owned())
        });
        for call in calls
            .iter_mut()
            .filter(|call| call.action.starts_with("kms:"))
        {
            let alias = alias.clone().into_iter();
            call.context
                .extend(alias.map(|alias| ("kms:RequestAlias", alias)));
        }
        for call in calls
            .iter_mut()
            .filter(|call| call.action == "emr-containers:StartJobRun")
        {
            let role = self.text("ExecutionRoleArn").map(str::to_owned);
            call.context
                .extend(role.map(|role| ("emr-containers:ExecutionRoleArn", role)));
        }
        calls
    }

    /// Whether an action is one of the request's statements in PartiQL; true if it has nothing to do with them.
    fn is_stated(&self, action: &str) -> bool {
        let Some(verb) = action.strip_prefix("dynamodb:PartiQL") else {
            return true;
        };
        let own = self.parameters["Statement"].as_str();
        let lists = ["Statements", "TransactStatements"].into_iter();
        let items = lists.filter_map(|list| self.parameters[list].as_array());
        let listed = items
            .flatten()
            .filter_map(|item| item["Statement"].as_str());
        let verbs = own.into_iter().chain(listed).map(|statement| {
            let mut words = statement.split(|char: char| !char.is_alphanumeric());
            words.find(|word| !word.is_empty() && !word.eq_ignore_ascii_case("EXISTS"))
        });
        verbs
            .flatten()
            .any(|found| found.eq_ignore_ascii_case(verb))
    }

    /// A transaction needs what each of its parts needs.
    fn transaction(&self) -> Vec<RoleCall> {
        let items = self.parameters["TransactItems"].as_array();
        let parts = items.into_iter().flatten().filter_map(Value::as_object);
        parts
            .flatten()
            .map(|(kind, part)| {
                let action = match kind.as_str() {
                    "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                    kind => format!("dynamodb:{kind}Item"),
                };
                RoleCall::new(
                    action,
                    part["TableName"].as_str().map(|name| self.table(name)),
                )
            })
            .collect()
    }

    fn table(&self, name: &str) -> String {
        match name.starts_with("arn:") {
            true => name.to_owned(),
            false => self.scope.arn("dynamodb", &format!("table/{name}")),
        }
    }

    fn of_action(&self, service: &Service, operation: &Operation, action: &str) -> Vec<RoleCall> {
        let Some(known) = integrations::action(action) else {
            return vec![RoleCall::new(action, None)];
        };
        let mut calls: Vec<RoleCall> = match self.several(service, operation) {
            _ if action == "s3:GetObject" && self.text("CopySource").is_some() => {
                vec![RoleCall::new(action, self.copy_source())]
            }
            _ if service.prefix == "apigateway"
                && known.types.iter().all(|kind| !kind.required) =>
            {
                vec![RoleCall::new(action, self.api_path(operation))]
            }
            Some(resources) => { resources.into_iter() }
                .map(|resource| RoleCall::new(action, Some(resource)))
                .collect(),
            None => { self.resources(&known.types).into_iter() }
                .map(|resource| RoleCall::new(action, resource))
                .collect(),
        };
        let passes = known.further.contains(&"iam:PassRole");
        if passes || takes_roles(service.name) {
            calls.extend(self.passed_roles(service));
        }
        calls
    }

    /// The roles that the parameters name, which are passed to the service.
    fn passed_roles(&self, service: &Service) -> Vec<RoleCall> {
        let mut roles = Vec::new();
        collect_roles(self.parameters, &mut roles);
        { roles.into_iter() }
            .map(|(member, role)| {
                let role = match role.starts_with("arn:") {
                    true => role.to_owned(),
                    false => format!("arn:aws:iam::{}:role/{role}", self.scope.account),
                };
                RoleCall::new("iam:PassRole", Some(role))
                    .with("iam:PassedToService", passed_to(service.name, member))
            })
            .collect()
    }

    fn http_endpoint(&self) -> Vec<RoleCall> {
        let state_machine = Arn::parse(self.state_machine);
        let state_machine = state_machine.map(|arn| arn.without_qualifier().to_string());
        let holders = ["Authentication", "InvocationConfig"].into_iter();
        let mut connections =
            holders.filter_map(|holder| self.parameters[holder]["ConnectionArn"].as_str());
        let connection = connections.next().map(str::to_owned);
        let secret = connection.as_deref().and_then(Arn::parse).map(|arn| {
            // `connection/<name>/<id>` keeps its credentials in `events!connection/<name>/<id>-<six characters>`.
            let secret = format!("secret:events!{}-a1B2c3", arn.resource);
            self.scope.arn("secretsmanager", &secret)
        });
        vec![
            RoleCall::new("states:InvokeHTTPEndpoint", state_machine)
                .with("states:HTTPEndpoint", self.text("ApiEndpoint"))
                .with("states:HTTPMethod", self.text("Method")),
            RoleCall::new("events:RetrieveConnectionCredentials", connection),
            RoleCall::new("secretsmanager:GetSecretValue", secret.clone()),
            RoleCall::new("secretsmanager:DescribeSecret", secret),
        ]
    }

    /// What Step Functions calls besides, and what a service calls in the name of the role.
    fn besides(&self, service: &str, action: &str, waits: bool) -> Vec<RoleCall> {
        let execution = || {
            let child = Arn::parse(self.text("StateMachineArn")?)?;
            let name = child.without_qualifier().name();
            let execution = format!("execution:{name}:a-child");
            Some(child.with_resource(&execution).to_string())
        };
        let results = self.parameters["ResultConfiguration"]["OutputLocation"].as_str();
        let results = results.filter(|_| (service, action) == ("athena", "startQueryExecution"));
        let written = results.map_or(&[][..], |_| &["s3:GetBucketLocation", "s3:PutObject"]);
        managed_rules::besides(service, action, waits)
            .chain(written.iter().copied())
            .map(|action| match action {
                "states:DescribeExecution" => RoleCall::new(action, execution()),
                _ => RoleCall::new(action, None),
            })
            .collect()
    }
}

impl Task<'_> {
    /// What the request needs for the tags, keys and the like that it names.
    fn side_calls(&self, resource: &str) -> Vec<RoleCall> {
        let owner = Owner {
            partition: "aws",
            region: &self.scope.region,
            account: &self.scope.account,
            state_machine: "",
        };
        let needs = side_needs(resource, self.parameters, &owner).into_iter();
        needs
            .map(|need| RoleCall {
                action: need.action,
                resource: match need.resource {
                    NeededResource::Arn(arn) | NeededResource::OfType { arn, .. } => Some(arn),
                    NeededResource::Any(_) => Some("*".to_owned()),
                    NeededResource::Unknown { .. } => None,
                },
                context: { need.conditions.into_iter() }
                    .flat_map(|one| one.values.into_iter().map(move |value| (one.key, value)))
                    .collect(),
            })
            .collect()
    }
}

/// Services that get roles by calls of which IAM's reference does not say so.
fn takes_roles(service: &str) -> bool {
    const SERVICES: [&str; 6] = [
        "bedrock",
        "ecs",
        "eks",
        "emrserverless",
        "mediaconvert",
        "sagemaker",
    ];
    SERVICES.contains(&service)
}

/// The service that gets a role, as it is named in trust policies.
fn passed_to(service: &str, member: &str) -> Option<&'static str> {
    Some(match (service, member) {
        ("comprehend", _) => "comprehend.amazonaws.com",
        ("databrew", _) => "databrew.amazonaws.com",
        ("eventbridge", _) => "events.amazonaws.com",
        ("glue", _) => "glue.amazonaws.com",
        ("lambda", _) => "lambda.amazonaws.com",
        ("rekognition", _) => "rekognition.amazonaws.com",
        ("scheduler", _) => "scheduler.amazonaws.com",
        ("sfn", _) => "states.amazonaws.com",
        ("textract", _) => "textract.amazonaws.com",
        ("transcribe", _) => "transcribe.amazonaws.com",
        ("translate", _) => "translate.amazonaws.com",
        ("bedrock", _) => "bedrock.amazonaws.com",
        ("ecs", _) => "ecs-tasks.amazonaws.com",
        ("eks", "PodExecutionRoleArn") => "eks-fargate-pods.amazonaws.com",
        ("eks", _) => "eks.amazonaws.com",
        ("emrserverless", _) => "emr-serverless.amazonaws.com",
        ("mediaconvert", _) => "mediaconvert.amazonaws.com",
        ("sagemaker", _) => "sagemaker.amazonaws.com",
        _ => return None,
    })
}

/// The members that name roles, also in lists and objects.
fn collect_roles<'v>(value: &'v Value, roles: &mut Vec<(&'v str, &'v str)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(role) if name.ends_with("Role") || name.ends_with("RoleArn") => {
                        roles.push((name, role));
                    }
                    _ => collect_roles(member, roles),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_roles(item, roles)),
        _ => {}
    }
}
