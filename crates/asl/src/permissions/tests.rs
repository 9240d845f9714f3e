use serde_json::{Value, json};

use super::*;
use crate::source::Source;
use crate::validate::{Code, Severity};

const OWNER: Owner<'static> = Owner {
    partition: "aws",
    region: "eu-west-1",
    account: "123456789012",
    state_machine: "orders",
};

fn of(state: Value) -> Vec<Need> {
    needs(&json!({ "StartAt": "S", "States": { "S": state } }), &OWNER)
}

fn task(resource: &str, fields: Value) -> Value {
    let mut state = fields;
    state["Type"] = "Task".into();
    state["Resource"] = format!("arn:aws:states:::{resource}").into();
    state
}

fn arns(needs: &[Need]) -> Vec<&str> {
    let arns = needs.iter().map(|need| match &need.resource {
        NeededResource::Arn(arn) => arn.as_str(),
        NeededResource::Any => "*",
        NeededResource::Unknown { .. } => "unknown",
    });
    arns.collect()
}

fn jsonata(resource: &str, arguments: Value) -> Vec<Need> {
    of(task(
        resource,
        json!({ "QueryLanguage": "JSONata", "Arguments": arguments }),
    ))
}

fn jsonpath(resource: &str, parameters: Value) -> Vec<Need> {
    of(task(resource, json!({ "Parameters": parameters })))
}

#[test]
fn a_need_says_which_state_and_which_field() {
    let send = task(
        "sqs:sendMessage",
        json!({ "Parameters": { "QueueUrl.$": "$.url" } }),
    );
    let definition = json!({ "States": {
        "Each": { "Type": "Map", "ItemProcessor": { "States": {
            "Both": { "Type": "Parallel", "Branches": [{ "States": { "Send/now": send } }] },
        }}},
    }});
    let place = "/States/Each/ItemProcessor/States/Both/Branches/0/States/Send~1now";
    let need = Need {
        state: ["Each", "Both", "Send/now"].map(str::to_owned).to_vec(),
        place: format!("{place}/Resource"),
        action: "sqs:SendMessage".to_owned(),
        resource: NeededResource::Unknown {
            because: "`QueueUrl.$` is `$.url`".to_owned(),
            place: format!("{place}/Parameters/QueueUrl.$"),
        },
        conditions: Vec::new(),
    };
    assert_eq!(needs(&definition, &OWNER), [need]);
}

#[test]
fn a_constant_expression_names_the_resource() {
    let arn = "arn:aws:sns:eu-west-1:123456789012:";
    for (value, expected) in [
        (format!("{arn}a"), vec![format!("{arn}a")]),
        (format!("{{% '{arn}' & 'a' %}}"), vec![format!("{arn}a")]),
        (
            format!("{{% $states.input.vip ? '{arn}a' : '{arn}b' %}}"),
            vec![format!("{arn}a"), format!("{arn}b")],
        ),
        (
            format!("{{% '{arn}' & $states.input.topic %}}"),
            vec!["unknown".into()],
        ),
        ("{% $topic %}".into(), vec!["unknown".into()]),
    ] {
        let found = jsonata("sns:publish", json!({ "TopicArn": value, "Message": "" }));
        assert_eq!(arns(&found), expected, "{value}");
    }
    for (call, expected) in [
        (
            format!("States.Format('{arn}{{}}', 'a')"),
            format!("{arn}a"),
        ),
        (
            format!("States.Format('{arn}{{}}', $.topic)"),
            "unknown".into(),
        ),
        ("$.topic".into(), "unknown".into()),
        (
            "$$.StateMachine.Id".into(),
            "arn:aws:states:eu-west-1:123456789012:stateMachine:orders".into(),
        ),
    ] {
        let found = jsonpath("sns:publish", json!({ "TopicArn.$": call, "Message": "" }));
        assert_eq!(arns(&found), [expected], "{call}");
    }
}

#[test]
fn what_may_vary_inside_of_a_named_resource_is_a_pattern() {
    let get = |key: &str| jsonata("aws-sdk:s3:getObject", json!({ "Bucket": "b", "Key": key }));
    assert_eq!(arns(&get("a?*.json")), ["arn:aws:s3:::b/a${?}${*}.json"]);
    assert_eq!(arns(&get("{% 'in/' & $x %}")), ["arn:aws:s3:::b/in/*"]);
    assert_eq!(arns(&get("{% $x %}")), ["arn:aws:s3:::b/*"]);
    let bucket = jsonata(
        "aws-sdk:s3:getObject",
        json!({ "Bucket": "{% 'b-' & $x %}", "Key": "k" }),
    );
    assert_eq!(arns(&bucket), ["unknown"]);
}

#[test]
fn only_a_known_host_bounds_an_endpoint() {
    let endpoints = |start: &str| {
        let call = format!("States.Format('{start}{{}}', $.x)");
        let connection = "arn:aws:events:eu-west-1:123456789012:connection/c/1";
        let found = jsonpath(
            "http:invoke",
            json!({
                "ApiEndpoint.$": call, "Method": "GET", "Authentication": { "ConnectionArn": connection },
            }),
        );
        let invoke = found
            .into_iter()
            .find(|need| need.action == "states:InvokeHTTPEndpoint");
        invoke.unwrap()
    };
    let bounded = endpoints("https://example.com/");
    assert_eq!(bounded.resource, NeededResource::Any);
    assert_eq!(bounded.conditions[1].operator, "StringLike");
    assert_eq!(bounded.conditions[1].values, ["https://example.com/*"]);
    for start in ["https://example.co", "https://", "https:///"] {
        let found = endpoints(start).resource;
        assert!(matches!(found, NeededResource::Unknown { .. }), "{start}");
    }
}

#[test]
fn a_role_that_is_handed_over_is_found_wherever_it_is() {
    let role = "arn:aws:iam::123456789012:role/r";
    for (target, expected) in [
        (
            json!({ "Target": { "Arn": "a", "RoleArn": role } }),
            Some(role),
        ),
        (
            json!({ "Target": { "Arn": "a", "RoleArn.$": "$.role" } }),
            Some("unknown"),
        ),
        (json!({ "Target.$": "$.target" }), Some("unknown")),
        (json!({ "Target": { "Arn": "a" } }), None),
    ] {
        let found = jsonpath("aws-sdk:scheduler:createSchedule", target.clone());
        let pass: Vec<Need> = found
            .into_iter()
            .filter(|need| need.action == "iam:PassRole")
            .collect();
        assert_eq!(
            arns(&pass),
            expected.into_iter().collect::<Vec<_>>(),
            "{target}"
        );
    }
    let run = jsonpath("aws-sdk:ecs:runTask", json!({ "TaskDefinition": "t" }));
    let pass = run
        .iter()
        .find(|need| need.action == "iam:PassRole")
        .unwrap();
    assert_eq!(
        pass.conditions,
        [Condition {
            operator: "StringEquals",
            key: "iam:PassedToService",
            values: vec!["ecs-tasks.amazonaws.com".to_owned()],
        }]
    );
}

#[test]
fn credentials_replace_the_call() {
    let mut state = task(
        "sqs:sendMessage",
        json!({ "Parameters": { "QueueUrl": "q" } }),
    );
    state["Credentials"] = json!({ "RoleArn.$": "$.role" });
    let found = of(state.clone());
    assert_eq!(
        (found[0].action.as_str(), found.len()),
        ("sts:AssumeRole", 1)
    );
    assert_eq!(arns(&found), ["unknown"]);
    state["Credentials"] = json!({ "RoleArn": "arn:aws:iam::999999999999:role/r" });
    assert_eq!(arns(&of(state)), ["arn:aws:iam::999999999999:role/r"]);
}

#[test]
fn a_whole_request_may_be_unknown() {
    let expression = of(task(
        "sqs:sendMessage",
        json!({ "QueryLanguage": "JSONata", "Arguments": "{% $states.input %}" }),
    ));
    assert_eq!(arns(&expression), ["unknown"]);
    assert_eq!(
        arns(&of(task("aws-sdk:sqs:sendMessage", json!({})))),
        ["unknown"]
    );
}

#[test]
fn what_the_checks_refuse_needs_nothing() {
    for resource in [
        "sqs:sendMesage",
        "aws-sdk:nosuch:put",
        "aws-sdk:sqs:SendMessage",
        "",
    ] {
        assert_eq!(jsonpath(resource, json!({})), [], "{resource}");
    }
    assert_eq!(of(json!({ "Type": "Task", "Resource": 7 })), []);
    assert_eq!(
        of(json!({ "Type": "Map", "ItemReader": "x", "ResultWriter": 1 })),
        []
    );
}

#[test]
fn a_queue_is_where_its_url_says() {
    for (url, arn) in [
        (
            "https://sqs.us-east-1.amazonaws.com/999999999999/q.fifo",
            "arn:aws:sqs:us-east-1:999999999999:q.fifo",
        ),
        (
            "http://localhost:4566/000000000000/q",
            "arn:aws:sqs:eu-west-1:000000000000:q",
        ),
        ("q", "unknown"),
    ] {
        let found = jsonpath(
            "sqs:sendMessage",
            json!({ "QueueUrl": url, "MessageBody": "" }),
        );
        assert_eq!(arns(&found), [arn], "{url}");
    }
}

#[test]
fn placeholders_of_the_owner_stay() {
    let owner = Owner {
        partition: "${AWS::Partition}",
        region: "${AWS::Region}",
        account: "${AWS::AccountId}",
        state_machine: "orders",
    };
    let state = task(
        "dynamodb:getItem",
        json!({ "Parameters": { "TableName": "t", "Key": {} } }),
    );
    let found = needs(&json!({ "States": { "S": state } }), &owner);
    let arn = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/t";
    assert_eq!(arns(&found), [arn]);
}

#[test]
fn what_is_unknown_is_a_warning_at_its_place() {
    let definition = r#"{ "StartAt": "Query", "States": { "Query": {
        "Type": "Task", "End": true, "Resource": "arn:aws:states:::athena:startQueryExecution",
        "Parameters": {
            "QueryString.$": "$.query",
            "ResultConfiguration": { "OutputLocation": "s3://results/" } } } } }"#;
    let source = Source::from_json(definition.to_owned()).unwrap();
    let needs = needs(source.value(), &OWNER);
    let unknown = unknown_resources(&needs);
    let [tables] = &unknown[..] else {
        panic!("{unknown:?}")
    };
    let finding = tables.finding(&source);
    assert_eq!(
        (finding.severity, finding.code),
        (Severity::Warning, Code::UnknownResource)
    );
    assert_eq!(
        finding.location.as_deref(),
        Some("/States/Query/Parameters/QueryString.$")
    );
    assert_eq!(&definition[finding.position.span.clone()], "\"$.query\"");
    assert_eq!(
        finding.message,
        "The role needs `glue:GetDatabase`, `glue:GetTable`, `glue:GetPartitions`, `s3:GetObject` and `s3:ListBucket` for \
         the state `Query`, but only an execution knows on which resource: the query names the tables that it reads"
    );
    let hint = finding.hint.unwrap();
    assert!(
        hint.contains("[[state-machine.statements]]") && hint.contains("\"glue:GetTable\""),
        "{hint}"
    );
}

#[test]
fn a_field_may_be_named_like_the_type_of_the_resource() {
    for (resource, parameters, expected) in [
        (
            "aws-sdk:rds:deleteDBSnapshot",
            json!({ "DbSnapshotIdentifier": "snap-1" }),
            "arn:aws:rds:eu-west-1:123456789012:snapshot:snap-1",
        ),
        (
            "aws-sdk:transcribe:getTranscriptionJob",
            json!({ "TranscriptionJobName": "job-1" }),
            "arn:aws:transcribe:eu-west-1:123456789012:transcription-job/job-1",
        ),
        (
            "aws-sdk:route53:getHostedZone",
            json!({ "Id": "Z1" }),
            "arn:aws:route53:::hostedzone/Z1",
        ),
        (
            "aws-sdk:route53:changeResourceRecordSets",
            json!({ "HostedZoneId": "Z1", "ChangeBatch": {} }),
            "arn:aws:route53:::hostedzone/Z1",
        ),
    ] {
        assert_eq!(
            arns(&jsonpath(resource, parameters)),
            [expected],
            "{resource}"
        );
    }
}
