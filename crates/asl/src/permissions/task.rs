//! What a Task needs.

use serde_json::Value;

use super::argument::{Argument, Unknown};
use super::arn_template::fill_short;
use super::collector::{Collector, passed_to};
use super::each::each;
use super::integration::{Grant, grants};
use super::{
    Condition, NeededResource, athena, bedrock, endpoint, files, kms, named, redshift, roles,
};
use crate::definition::{Pattern, Resource, ResourceKind};
use crate::integrations::{self, Operation, operation, operations, optimized, service};

/// What else a request says, by which a statement is limited as in the policies of Step Functions' documentation:
/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-eks.html>.
fn conditions(action: &str, request: &Argument<'_>) -> Vec<Condition> {
    let aliases = kms::key_aliases(action, request);
    if !aliases.is_empty() {
        return vec![Condition {
            operator: "StringEquals",
            key: "kms:RequestAlias",
            values: aliases,
        }];
    }
    let (field, key) = match action {
        "emr-containers:StartJobRun" => ("ExecutionRoleArn", "emr-containers:ExecutionRoleArn"),
        _ => return Vec::new(),
    };
    let roles = request.known_texts(field);
    let condition = roles.map(|values| Condition {
        operator: "StringEquals",
        key,
        values,
    });
    condition.into_iter().collect()
}

impl<'d> Collector<'d> {
    pub(super) fn task(&mut self) {
        let state = self.state;
        let Some(arn) = state.value.get("Resource").and_then(Value::as_str) else {
            return;
        };
        let place = state.pointer_to("Resource");
        // The call is then made with that role, which is not this one.
        if let Some(credentials) = state.value.get("Credentials") {
            self.credentials(credentials);
            return;
        }
        let request = self.request(state.value, &state.pointer);
        match Resource::parse(arn).kind {
            ResourceKind::LambdaFunction => {
                let function = vec![NeededResource::Arn(arn.to_owned())];
                self.add(&place, "lambda:InvokeFunction", function);
            }
            // An activity's worker has permissions of its own.
            ResourceKind::Activity | ResourceKind::Other => {}
            ResourceKind::Service {
                resource_type,
                resource,
                pattern,
            } => {
                let action = resource.split('.').next().unwrap_or_default();
                match resource_type.strip_prefix("aws-sdk:") {
                    Some(name) => self.sdk(&place, name, action, &request),
                    None => self.optimized(&place, &resource_type, action, pattern, &request),
                }
            }
        }
    }

    fn credentials(&mut self, credentials: &'d Value) {
        let place = self.state.pointer_to("Credentials");
        let credentials = self.value(credentials, "Credentials");
        let roles = each(&credentials, "RoleArn", |role| {
            let because = format!("`{role}` is not an ARN");
            vec![Unknown::new(because, &credentials).resource()]
        });
        self.add(&place, "sts:AssumeRole", roles);
    }

    fn sdk(&mut self, place: &str, name: &str, action: &str, request: &Argument<'_>) {
        let Some(service) = service(name) else {
            return;
        };
        let Some(operation) = operation(service, action) else {
            return;
        };
        let actions = operation.actions(service);
        if actions.is_empty() {
            let action = format!("{}:{}", service.prefix, operation.name);
            let because = "the copy of IAM's reference that txflow has does not list the action";
            self.add(
                place,
                &action,
                vec![Unknown::new(because, request).resource()],
            );
        }
        for action in &actions {
            self.call(place, action, &operation, request);
        }
        files::of_call(self, place, name, operation.name, request);
        if (name, operation.name) == ("bedrockagentruntime", "RetrieveAndGenerate") {
            bedrock::generation(self, place, request);
        }
        if name == "redshiftdata" && { operation.members() }.any(|member| member.name == "Database")
        {
            redshift::credentials(self, place, request);
        }
        if name == "rdsdata" && request.field("SecretArn").is_some() {
            let secrets = each(request, "SecretArn", |_| Vec::new());
            self.add(place, "secretsmanager:GetSecretValue", secrets);
        }
    }

    fn call(&mut self, place: &str, action: &str, operation: &Operation, request: &Argument<'_>) {
        self.granted(place, action, operation, request);
        if action == "ecs:RunTask" {
            return roles::of_task(self, place, request);
        }
        let further = integrations::action(action).map(|action| action.further);
        let listed = further.unwrap_or_default().contains(&"iam:PassRole");
        let roles = match listed {
            true => roles::in_request(operation, request),
            false => roles::given(action, request),
        };
        self.add_if(
            place,
            "iam:PassRole",
            roles,
            &roles::only_to_service(action),
        );
    }

    /// The action on what the request names, and what else it needs for the keys and the tags that the request names.
    fn granted(
        &mut self,
        place: &str,
        action: &str,
        operation: &Operation,
        request: &Argument<'_>,
    ) {
        let on = self.side(place, action, operation, request);
        self.add_if(place, action, on, &conditions(action, request));
    }

    fn optimized(
        &mut self,
        place: &str,
        service_name: &str,
        action: &str,
        pattern: Pattern,
        request: &Argument<'_>,
    ) {
        match (service_name, action) {
            ("apigateway", "invoke") => return endpoint::api_gateway(self, place, request),
            ("http", "invoke") => return endpoint::http(self, place, request),
            _ => {}
        }
        let Some(entry) = optimized(service_name, action) else {
            return;
        };
        let grants = grants(service_name, action);
        let passes = grants.iter().any(|grant| matches!(grant, Grant::Pass(..)));
        let (sdk, name) = entry.operation;
        let found = service(sdk).and_then(|sdk| {
            let operation = operations(sdk).find(|operation| operation.name == name)?;
            Some((operation.actions(sdk), operation))
        });
        if let Some((actions, operation)) = found {
            for action in actions {
                match passes {
                    true => self.granted(place, &action, &operation, request),
                    false => self.call(place, &action, &operation, request),
                }
            }
        }
        for grant in grants {
            self.grant(place, *grant, pattern == Pattern::Sync, request);
        }
        match (service_name, action) {
            ("athena", "startQueryExecution") => athena::query(self, place, request),
            ("athena", "getQueryResults") => athena::results(self, place, request),
            ("bedrock", "invokeModel") => bedrock::files(self, place, request),
            ("states", "startExecution") if pattern == Pattern::Sync => {
                for action in ["states:DescribeExecution", "states:StopExecution"] {
                    self.add(place, action, named::executions(request));
                }
            }
            _ => {}
        }
    }

    fn grant(&mut self, place: &str, grant: Grant, waits: bool, request: &Argument<'_>) {
        match grant {
            Grant::Always(action, on) => self.add(place, action, fill_short(on, request)),
            Grant::Job(action, on) if waits => self.add(place, action, fill_short(on, request)),
            Grant::Rule(rule) if waits => {
                let rule = NeededResource::Arn(self.owner.arn("events", &format!("rule/{rule}")));
                for action in ["events:PutTargets", "events:PutRule", "events:DescribeRule"] {
                    self.add(place, action, vec![rule.clone()]);
                }
            }
            Grant::Same(action, same) if waits => {
                self.add(place, action, named::on_same(same, request))
            }
            Grant::Job(..) | Grant::Rule(_) | Grant::Same(..) => {}
            Grant::Pass(field, principal) => {
                if let Some(role) = request.path(field) {
                    let roles = roles::of(&role, request);
                    self.add_if(place, "iam:PassRole", roles, &passed_to(principal));
                }
            }
        }
    }
}
