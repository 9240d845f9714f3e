//! The calls that a task makes in the name of the state machine's role, as IAM sees them: actions, on what the actual
//! parameters name.
//!
//! Of what a call names, IAM's reference has the form of the ARN, and the parameters have its parts. If they do not tell
//! which resource it is, the role must allow the action on any.

use serde_json::Value;
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::integrations::{self, Operation, ResourceType, Service};
use txflow_asl::{Arn, FunctionReference, TaskRequest};

use super::caller::Caller;
use super::managed_rules;
use crate::http::call::Scope;

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

    /// What a call of API Gateway's control plane is about: its path.
    fn api_path(&self, operation: &Operation) -> Option<String> {
        let mut path = operation.path()?.to_owned();
        while let Some((before, rest)) = path.split_once("${") {
            let (member, after) = rest.split_once('}')?;
            let value = self.text(member)?.replace(':', "%3A").replace('/', "%2F");
            path = format!("{before}{value}{after}");
        }
        let of_account = ["/domainnameaccessassociations", "/routingrules"];
        let account = match of_account.iter().any(|part| path.contains(part)) {
            true => &*self.scope.account,
            false => "",
        };
        Some(format!(
            "arn:aws:apigateway:{}:{account}:{path}",
            self.scope.region
        ))
    }

    /// What each of the required types is, or the most specific of those that the parameters name.
    fn resources(&self, types: &[ResourceType]) -> Vec<Option<String>> {
        if types.is_empty() {
            return vec![Some("*".to_owned())];
        }
        let named: Vec<(bool, String)> = types
            .iter()
            .filter_map(|kind| Some((kind.required, self.resource(kind)?)))
            .collect();
        // An index stands for its table, an object for its bucket.
        let most = named.iter().max_by_key(|(_, arn)| arn.len());
        let part_of = |arn: &str| {
            most.is_some_and(|(_, most)| most.len() > arn.len() && most.starts_with(arn))
        };
        let required = named.iter().filter(|(required, _)| *required);
        let mut resources: Vec<Option<String>> = required
            .map(|(_, arn)| match most {
                Some((_, most)) if part_of(arn) => Some(most.clone()),
                _ => Some(arn.clone()),
            })
            .collect();
        if resources.is_empty() {
            resources.push(most.map(|(_, arn)| arn.clone()));
        }
        resources.dedup();
        resources
    }

    /// The ARN of this type that the parameters name.
    fn resource(&self, kind: &ResourceType) -> Option<String> {
        let (start, _) = kind.arn.split_once("${").unwrap_or((kind.arn, ""));
        debug_assert!(start.starts_with("arn:"), "{}", kind.arn);
        let form = Arn::parse(kind.arn)?;
        if let Some(whole) = self.whole(&form) {
            // An access point stands for a bucket.
            let key = self
                .text("Key")
                .filter(|_| kind.name == "accesspointobject");
            return Some(match key {
                Some(key) => format!("{whole}/object/{key}"),
                None => whole,
            });
        }
        let mut resource = String::new();
        let mut rest = form.resource;
        while let Some((text, variable)) = rest.split_once("${") {
            let (variable, behind) = variable.split_once('}')?;
            resource.push_str(text);
            resource.push_str(&self.part(form.service, variable)?);
            rest = behind;
        }
        resource.push_str(rest);
        let filled = |part: &str, value: &str| match part.starts_with("${") {
            true => value.to_owned(),
            false => part.to_owned(),
        };
        // The documents of AWS are in no account.
        let is_of_aws = form.service == "ssm"
            && kind.name == "document"
            && resource.to_ascii_lowercase().starts_with("document/aws");
        let account = if is_of_aws { "" } else { &*self.scope.account };
        let (region, account) = (
            filled(form.region, &self.scope.region),
            filled(form.account, account),
        );
        let arn = Arn {
            partition: "aws",
            service: form.service,
            region: &region,
            account: &account,
            resource: &resource,
        };
        Some(arn.to_string())
    }

    /// A parameter that is an ARN of that form.
    fn whole(&self, form: &Arn<'_>) -> Option<String> {
        let kind = form.resource.split("${").next().unwrap_or_default();
        let parameters = self.parameters.as_object()?;
        let mut texts = parameters.iter().filter_map(|(_, value)| value.as_str());
        let found = texts.find(|text| {
            let arn = Arn::parse(text);
            arn.is_some_and(|arn| arn.service == form.service && arn.resource.starts_with(kind))
        })?;
        // A statement names a state machine without the version or alias that is started.
        match Arn::parse(found) {
            Some(arn) if arn.service == "states" && arn.resource_type() == Some("stateMachine") => {
                Some(arn.without_qualifier().to_string())
            }
            // ECS and Batch run the latest revision of what has none.
            Some(arn)
                if ["task-definition/", "job-definition/"].contains(&kind)
                    && !arn.resource.contains(':') =>
            {
                Some(format!("{found}:1"))
            }
            _ => Some(found.to_owned()),
        }
    }

    /// The value of a part of an ARN: that of the member with its name, or with the one that the service gives it.
    fn part(&self, service: &str, variable: &str) -> Option<String> {
        let own = |member: &str| {
            let parameters = self.parameters.as_object()?;
            let mut members = parameters.iter();
            let (_, value) = members.find(|(name, _)| name.eq_ignore_ascii_case(member))?;
            value.as_str().map(str::to_owned)
        };
        match (service, variable) {
            ("s3", "BucketName") => own("Bucket"),
            ("s3", "ObjectName") => own("Key"),
            ("sqs", "QueueName") => {
                own("QueueUrl").map(|url| url.rsplit('/').next().unwrap_or_default().to_owned())
            }
            ("ssm", "ParameterNameWithoutLeadingSlash") => {
                own("Name").map(|name| name.trim_start_matches('/').to_owned())
            }
            // Secrets Manager adds six characters to the name.
            ("secretsmanager", "SecretId") => own("SecretId").map(|name| format!("{name}-a1B2c3")),
            ("athena", "WorkGroupName") => own("WorkGroup").or_else(|| Some("primary".to_owned())),
            ("ecs", "TaskDefinitionFamilyName") => {
                let definition = own("TaskDefinition")?;
                Some(definition.split(':').next().unwrap_or_default().to_owned())
            }
            ("ecs", "TaskDefinitionRevisionNumber") => {
                let definition = own("TaskDefinition")?;
                let revision = definition.split(':').nth(1);
                Some(revision.unwrap_or("1").to_owned())
            }
            ("batch", "JobDefinitionName") => {
                let definition = own("JobDefinition")?;
                Some(definition.split(':').next().unwrap_or_default().to_owned())
            }
            ("batch", "Revision") => {
                let definition = own("JobDefinition")?;
                let revision = definition.split(':').nth(1);
                Some(revision.unwrap_or("1").to_owned())
            }
            ("batch", "JobQueueName") => own("JobQueue"),
            _ => own(variable).or_else(|| own(variable.strip_suffix("Name")?)),
        }
    }

    /// The resources of a call that may name several.
    fn several(&self, service: &Service, operation: &Operation) -> Option<Vec<String>> {
        match (service.name, operation.name) {
            ("dynamodb", "BatchGetItem" | "BatchWriteItem") => {
                let tables = self.parameters["RequestItems"].as_object()?;
                Some(tables.keys().map(|name| self.table(name)).collect())
            }
            ("bedrockruntime", _) => {
                let model = self
                    .text("ModelId")
                    .filter(|model| !model.starts_with("arn:"))?;
                // `us.anthropic.…` is a profile for the models of several regions.
                let (region, account) = (&self.scope.region, &self.scope.account);
                Some(match model.split_once('.') {
                    Some((place, base)) if place.len() <= 6 && base.contains('.') => vec![
                        format!(
                            "arn:aws:bedrock:{region}:{account}:inference-profile/{place}.{base}"
                        ),
                        format!("arn:aws:bedrock:{region}::foundation-model/{base}"),
                    ],
                    _ => vec![format!(
                        "arn:aws:bedrock:{region}::foundation-model/{model}"
                    )],
                })
            }
            ("eventbridge", "PutEvents") => {
                let entries = self.parameters["Entries"].as_array()?;
                let buses = entries.iter().map(|entry| {
                    let bus = entry["EventBusName"].as_str().unwrap_or("default");
                    match bus.starts_with("arn:") {
                        true => bus.to_owned(),
                        false => self.scope.arn("events", &format!("event-bus/{bus}")),
                    }
                });
                Some(buses.collect())
            }
            // A text message has no topic.
            ("sns", "Publish") if self.parameters.get("PhoneNumber").is_some() => {
                Some(vec!["*".to_owned()])
            }
            _ => None,
        }
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

    fn function(&self) -> Option<String> {
        let name = self.text("FunctionName")?;
        let arn = match Arn::parse(name) {
            Some(_) => name.to_owned(),
            None => {
                let function = FunctionReference::parse(name)?;
                let resource = match function.qualifier {
                    Some(qualifier) => format!("function:{}:{qualifier}", function.name),
                    None => format!("function:{}", function.name),
                };
                self.scope.arn("lambda", &resource)
            }
        };
        Some(match self.text("Qualifier") {
            Some(qualifier) => format!("{arn}:{qualifier}"),
            None => arn,
        })
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

    /// `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`
    fn gateway(&self) -> Option<String> {
        let api = self.text("ApiEndpoint")?.split('.').next()?;
        let stage = self.text("Stage").unwrap_or("$default");
        let method = self.text("Method")?;
        let path = self.text("Path").unwrap_or("/").trim_start_matches('/');
        let resource = format!("{api}/{stage}/{method}/{path}");
        Some(self.scope.arn("execute-api", &resource))
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
