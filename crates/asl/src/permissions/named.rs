//! Requests that name resources in a way of their own: by a URL, as keys of an object, in a list of entries.

use super::argument::{Argument, Text, Unknown};
use super::arn_template::fill_short;
use super::each::{arns, each, known};
use super::name::is_on;
use super::{NeededResource, Unlimited};
use super::{bedrock, glue, kms, lambda, partiql, redshift, s3, ssm};
use crate::{Arn, integrations};

/// What a request of these services needs an action on; `None` if its fields are named like the variables of the ARN.
pub(super) fn named(action: &str, request: &Argument<'_>) -> Option<Vec<NeededResource>> {
    let (prefix, name) = action.split_once(':')?;
    Some(match (prefix, name) {
        ("athena", "StartQueryExecution") => {
            fill_short("athena:workgroup/${WorkGroup=primary}", request)
        }
        ("batch", "SubmitJob") => {
            let mut found = each(request, "JobQueue", |queue| {
                arns(request, "batch", "job-queue/", queue)
            });
            let definitions = each(request, "JobDefinition", |name| {
                arns(request, "batch", "job-definition/", name)
            });
            found.extend(any_revision(&definitions));
            found.extend(definitions);
            found
        }
        ("bedrock", "InvokeModel") => bedrock::models(request, "ModelId"),
        ("bedrock", "CreateModelCustomizationJob") => {
            let mut found = bedrock::models(request, "BaseModelIdentifier");
            found.extend(arns(request, "bedrock", "custom-model/", "*"));
            found
        }
        ("codebuild", "BatchGetReports") => report_groups(request),
        ("codebuild", _) if build_id(request).is_some() => projects_of_builds(request),
        ("dynamodb", "BatchGetItem" | "BatchWriteItem") => tables_by_name(request),
        ("dynamodb", "ConditionCheckItem") => transact(request, "ConditionCheck")?,
        ("dynamodb", "DeleteItem") => transact(request, "Delete")?,
        ("dynamodb", "GetItem") => transact(request, "Get")?,
        ("dynamodb", "PutItem") => transact(request, "Put")?,
        ("dynamodb", "UpdateItem") => transact(request, "Update")?,
        ("dynamodb", "Query" | "Scan")
            if request.field("IndexName").is_some() && !request.is_dynamic() =>
        {
            indexes(request)
        }
        ("dynamodb", action) if action.starts_with("PartiQL") => partiql::tables(action, request),
        ("ecs", "RunTask" | "StartTask") => {
            let definitions = each(request, "TaskDefinition", |name| {
                arns(request, "ecs", "task-definition/", name)
            });
            any_revision(&definitions)
        }
        ("events", "PutEvents") => buses(request),
        ("events", _)
            if request
                .field("Rule")
                .or_else(|| request.field("EventBusName"))
                .is_some() =>
        {
            let field = if request.field("Rule").is_some() {
                "Rule"
            } else {
                "Name"
            };
            each(request, field, |rule| rule_arns(request, rule))
        }
        ("execute-api", "ManageConnections") => {
            let because = "the request does not say which API the connection is to";
            vec![Unknown::new(because, request).resource()]
        }
        ("glue", _) => glue::schemas(action, request)?,
        ("kms", "CreateAlias" | "DeleteAlias" | "UpdateAlias") => kms::aliases(request),
        ("kms", "ReEncryptFrom") => each(request, "SourceKeyId", |key| kms::key_arns(request, key)),
        ("kms", "ReEncryptTo") => each(request, "DestinationKeyId", |key| {
            kms::key_arns(request, key)
        }),
        ("kms", _) if !kms::key_aliases(action, request).is_empty() => {
            kms::keys_of_aliases(request)
        }
        ("kms", _) => each(request, "KeyId", |key| kms::key_arns(request, key)),
        ("lambda", _) if is_on(action, "function") && request.field("FunctionName").is_some() => {
            lambda::functions(request)
        }
        ("logs", "GetLogRecord" | "GetQueryResults") => {
            let because = "the request has what a query returned, and IAM asks for the log groups that it searches";
            vec![Unknown::new(because, request).resource()]
        }
        ("logs", _) if is_on(action, "log-group") && log_groups(request).is_some() => {
            log_group(action, request)
        }
        ("mediaconvert", "CreateJob") => {
            let mut found = fill_short("mediaconvert:queues/${Queue=Default}", request);
            if request.field("JobTemplate").is_some() {
                found.extend(fill_short(
                    "mediaconvert:jobTemplates/${JobTemplate}",
                    request,
                ));
            }
            found
        }
        // The reference has the id of a workgroup, and the request has its name.
        ("redshift-data", _) if request.field("WorkgroupName").is_some() => {
            redshift::workgroups(request)
        }
        ("s3", _)
            if (is_on(action, "bucket") || is_on(action, "object"))
                && request.field("Bucket").is_some() =>
        {
            s3::resources(action, request)
        }
        ("scheduler", _) if is_on(action, "schedule") && request.field("Name").is_some() => {
            schedule(request)
        }
        ("secretsmanager", "CreateSecret") => {
            each(request, "Name", |secret| secret_arn(request, secret))
        }
        ("secretsmanager", _) if request.field("SecretId").is_some() => {
            each(request, "SecretId", |secret| secret_arn(request, secret))
        }
        ("states", _) if request.field("StateMachineArn").is_some() => state_machines(request),
        (
            "ses",
            "SendEmail"
            | "SendRawEmail"
            | "SendTemplatedEmail"
            | "SendBulkEmail"
            | "SendBulkTemplatedEmail",
        ) => {
            let fields = ["FromEmailAddress", "Source"];
            let field = fields
                .into_iter()
                .find(|field| request.field(field).is_some());
            let mut found = each(request, field.unwrap_or("FromEmailAddress"), |sender| {
                ses_identities(request, sender)
            });
            for (field, kind) in [
                ("ConfigurationSetName", "configuration-set/"),
                ("Template", "template/"),
            ] {
                if !request.is_dynamic() && request.field(field).is_some() {
                    found.extend(each(request, field, |name| {
                        arns(request, "ses", kind, name)
                    }));
                }
            }
            found
        }
        ("sns", "Publish") => topic(request),
        ("sqs", _) if request.field("QueueUrl").is_some() => {
            each(request, "QueueUrl", |url| vec![queue(request, url)])
        }
        ("ssm", _) => ssm::parameters(action, request)?,
        _ => return None,
    })
}

/// Which revision of a definition runs is only known if the request names it, be it by a name or by an ARN: without one it is
/// the latest. AWS asks on the revision, see <https://github.com/aws/aws-cdk/issues/30368>.
fn any_revision(definitions: &[NeededResource]) -> Vec<NeededResource> {
    let found = definitions.iter().map(|definition| match definition {
        NeededResource::Arn(arn) if !has_revision(arn) => NeededResource::Arn(format!("{arn}:*")),
        other => other.clone(),
    });
    found.collect()
}

fn has_revision(arn: &str) -> bool {
    arn.rsplit('/')
        .next()
        .is_some_and(|name| name.contains(':'))
}

/// `Id`, or `Ids`.
fn build_id(request: &Argument<'_>) -> Option<&'static str> {
    let mut fields = ["Id", "Ids"].into_iter();
    fields.find(|field| !request.is_dynamic() && request.field(field).is_some())
}

/// A build `site:1` belongs to the project `site`.
fn projects_of_builds(request: &Argument<'_>) -> Vec<NeededResource> {
    each(
        request,
        build_id(request).unwrap_or("Id"),
        |build| match build.split_once(':') {
            Some((project, _)) => arns(request, "codebuild", "project/", project),
            None => {
                let because = format!("`{build}` does not say the project of the build");
                vec![Unknown::new(because, request).resource()]
            }
        },
    )
}

/// What another action of the same call works on.
pub(super) fn on_same(action: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    named(action, request).unwrap_or_else(|| vec![request.unknown().resource()])
}

/// A report `site:1` belongs to the group `site`.
fn report_groups(request: &Argument<'_>) -> Vec<NeededResource> {
    let reports = each(request, "ReportArns", |_| Vec::new()).into_iter();
    reports
        .map(|report| match report {
            NeededResource::Arn(report) => {
                let group = report.replace(":report/", ":report-group/");
                let group = group.rsplit_once(':').map_or(&*group, |(group, _)| group);
                NeededResource::Arn(group.to_owned())
            }
            other => other,
        })
        .collect()
}

fn table(request: &Argument<'_>, name: &str) -> Vec<NeededResource> {
    arns(request, "dynamodb", "table/", name)
}

fn tables_by_name(request: &Argument<'_>) -> Vec<NeededResource> {
    match request.field("RequestItems") {
        None => vec![request.without("RequestItems").resource()],
        Some(items) if items.is_dynamic() => vec![items.unknown().resource()],
        Some(items) => {
            let names = items.fields().into_iter();
            names
                .flat_map(|(name, _)| match name.starts_with("arn:") {
                    true => vec![NeededResource::Arn(name.to_owned())],
                    false => table(request, name),
                })
                .collect()
        }
    }
}

/// The tables of a transaction's items of one kind; none if it has no such item. `None` if the request is not a
/// transaction.
fn transact(request: &Argument<'_>, kind: &str) -> Option<Vec<NeededResource>> {
    if request.is_dynamic() {
        return None;
    }
    let items = request.field("TransactItems")?;
    if items.is_dynamic() {
        return Some(vec![items.unknown().resource()]);
    }
    let items = items.items();
    let operations = items.iter().filter_map(|item| match item.is_dynamic() {
        true => Some(item.clone()),
        false => item.field(kind),
    });
    Some(
        operations
            .flat_map(|operation| each(&operation, "TableName", |name| table(request, name)))
            .collect(),
    )
}

fn indexes(request: &Argument<'_>) -> Vec<NeededResource> {
    let index = request
        .field("IndexName")
        .map(|index| index.texts())
        .unwrap_or_default();
    let index = match &index[..] {
        [Text::Known(index)] => index.clone(),
        // Any index is one of the table that the state names.
        _ => "*".to_owned(),
    };
    let tables = each(request, "TableName", |name| table(request, name));
    let indexes = tables.into_iter().map(|table| match table {
        NeededResource::Arn(table) => NeededResource::Arn(format!("{table}/index/{index}")),
        other => other,
    });
    indexes.collect()
}

/// The buses of the entries. One without a name goes to the default bus.
fn buses(request: &Argument<'_>) -> Vec<NeededResource> {
    let bus = |name: &str| arns(request, "events", "event-bus/", name);
    let Some(entries) = request.field("Entries") else {
        return vec![request.without("Entries").resource()];
    };
    let entries = entries.items();
    let found = entries
        .iter()
        .flat_map(|entry| match entry.field("EventBusName") {
            Some(name) => known(&name, bus),
            None => bus("default"),
        });
    found.collect()
}

/// A rule on the default bus or on the one that the request names.
fn rule_arns(request: &Argument<'_>, rule: &str) -> Vec<NeededResource> {
    let on = |bus: &str| match bus {
        "default" => arns(request, "events", "rule/", rule),
        bus => arns(request, "events", "rule/", &format!("{bus}/{rule}")),
    };
    match request.field("EventBusName") {
        None => on("default"),
        Some(bus) => {
            let buses = bus.texts().into_iter();
            buses
                .flat_map(|bus| match bus {
                    Text::Known(bus) => on(bus.rsplit('/').next().unwrap_or(&bus)),
                    Text::Starts(_, reason) | Text::Unknown(reason) => vec![reason.resource()],
                })
                .collect()
        }
    }
}

/// The field that names groups.
fn log_groups(request: &Argument<'_>) -> Option<&'static str> {
    const FIELDS: [&str; 5] = [
        "LogGroupName",
        "LogGroupNames",
        "LogGroupIdentifier",
        "LogGroupIdentifiers",
        "LogGroupArnList",
    ];
    let mut fields = FIELDS.into_iter();
    fields.find(|field| !request.is_dynamic() && request.field(field).is_some())
}

/// A stream is named behind its group. Other actions are checked against the group, some of them with `:*` behind it.
fn log_group(action: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    let types = integrations::action(action).map(|action| action.types);
    let mut types = types.iter().flatten();
    if types.any(|kind| kind.required && kind.name == "log-stream") {
        return fill_short(
            "logs:log-group:${LogGroupName}:log-stream:${LogStreamName=*}",
            request,
        );
    }
    let field = log_groups(request).unwrap_or("LogGroupName");
    each(request, field, |group| {
        let mut found = arns(request, "logs", "log-group:", group);
        found.extend(arns(request, "logs", "log-group:", &format!("{group}:*")));
        found
    })
}

fn schedule(request: &Argument<'_>) -> Vec<NeededResource> {
    let groups = match request.field("GroupName") {
        None => vec![Text::Known("default".to_owned())],
        Some(group) => group.texts(),
    };
    let found = groups.into_iter().flat_map(|group| match group {
        Text::Known(group) => each(request, "Name", |name| {
            arns(
                request,
                "scheduler",
                "schedule/",
                &format!("{group}/{name}"),
            )
        }),
        Text::Starts(_, reason) | Text::Unknown(reason) => vec![reason.resource()],
    });
    found.collect()
}

/// AWS appends six characters to the name of a secret.
fn secret_arn(request: &Argument<'_>, secret: &str) -> Vec<NeededResource> {
    arns(
        request,
        "secretsmanager",
        "secret:",
        &format!("{secret}-??????"),
    )
}

/// An address is verified itself, or its domain is.
fn ses_identities(request: &Argument<'_>, sender: &str) -> Vec<NeededResource> {
    let address = sender
        .rsplit('<')
        .next()
        .unwrap_or(sender)
        .trim_end_matches('>')
        .trim();
    let mut found = arns(request, "ses", "identity/", address);
    if let Some((_, domain)) = address.split_once('@') {
        found.extend(arns(request, "ses", "identity/", domain));
    }
    found
}

fn topic(request: &Argument<'_>) -> Vec<NeededResource> {
    let fields = ["TopicArn", "TargetArn"];
    match fields
        .into_iter()
        .find(|field| request.field(field).is_some())
    {
        Some(field) => each(request, field, |name| {
            let because = format!("`{name}` is not an ARN");
            vec![Unknown::new(because, request).resource()]
        }),
        // A phone number has no ARN: <https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html>.
        None if request.field("PhoneNumber").is_some() => {
            vec![NeededResource::Any(Unlimited::NoneNamed)]
        }
        None => vec![request.without("TopicArn").resource()],
    }
}

/// `https://sqs.eu-west-1.amazonaws.com/123456789012/orders`, or the same on another host.
fn queue(request: &Argument<'_>, url: &str) -> NeededResource {
    let owner = request.owner;
    let parts = url
        .split_once("://")
        .map(|(_, rest)| rest.split('/').collect::<Vec<_>>());
    // `*` stands for the account if nothing says which.
    let is_account = |account: &str| {
        account.contains('$')
            || account == "*"
            || account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts = parts.as_deref().and_then(|parts| match parts {
        [host, account, name] if is_account(account) => Some((*host, *account, *name)),
        _ => None,
    });
    let Some((host, account, name)) = parts else {
        let because = format!("`{url}` is not the URL of a queue");
        return Unknown::new(because, request).resource();
    };
    let labels: Vec<&str> = host.split('.').collect();
    let region = match labels[..] {
        ["sqs", region, "amazonaws", ..] | [region, "queue", "amazonaws", ..] => region,
        _ => owner.region,
    };
    let partition = owner.partition;
    NeededResource::Arn(format!("arn:{partition}:sqs:{region}:{account}:{name}"))
}

/// The executions of the state machine that a request starts.
pub(super) fn executions(request: &Argument<'_>) -> Vec<NeededResource> {
    let executions = |machine: Arn<'_>| {
        let resource = format!("execution:{}:*", machine.name());
        machine.with_resource(&resource).to_string()
    };
    of_state_machines(request, executions)
}

/// The state machine of a request, also of one that names a version or an alias: IAM is asked about the state machine, and gets
/// the rest as `states:StateMachineQualifier`.
///
/// Sources: <https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html>,
/// <https://github.com/aws/aws-cdk/pull/26546>.
fn state_machines(request: &Argument<'_>) -> Vec<NeededResource> {
    of_state_machines(request, |machine| machine.without_qualifier().to_string())
}

fn of_state_machines(
    request: &Argument<'_>,
    resource: impl Fn(Arn<'_>) -> String,
) -> Vec<NeededResource> {
    let machines = each(request, "StateMachineArn", |name| {
        let because = format!("`{name}` is not an ARN");
        vec![Unknown::new(because, request).resource()]
    });
    let found = machines.into_iter().map(|machine| match machine {
        NeededResource::Arn(text) => NeededResource::Arn(match Arn::parse(&text) {
            Some(arn) => resource(arn),
            None => text,
        }),
        other => other,
    });
    found.collect()
}
