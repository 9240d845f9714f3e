mod copies;
mod models;
mod objects;
mod passed;
mod required;
mod revisions;
mod tags;

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
        NeededResource::Arn(arn) | NeededResource::OfType { arn, .. } => arn.as_str(),
        NeededResource::Any(_) => "*",
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
    assert_eq!(bounded.resource, NeededResource::Any(Unlimited::NoTypes));
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
        (
            json!({ "Target": { "Arn": "a" }, "FlexibleTimeWindow.$": "$.window" }),
            None,
        ),
        (
            json!({ "Target.$": "$.target", "FlexibleTimeWindow.$": "$.window" }),
            Some("unknown"),
        ),
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
fn a_table_is_known_by_a_key() {
    let refunds = "arn:aws:dynamodb:us-east-1:210987654321:table/refunds";
    let items = json!({ "RequestItems": { "orders.$": "$.writes", refunds: [] } });
    let found = jsonpath("aws-sdk:dynamodb:batchWriteItem", items);
    let mut tables = arns(&found);
    tables.sort_unstable();
    assert_eq!(tables.len(), 2, "{tables:?}");
    assert!(
        tables[0].ends_with(":123456789012:table/orders"),
        "{tables:?}"
    );
    assert_eq!(tables[1], refunds);
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
            "https://sqs.eu-west-1.amazonaws.com/*/q",
            "arn:aws:sqs:eu-west-1:*:q",
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
        "The role needs `glue:GetDatabase`, `glue:GetTable`, `glue:GetPartition`, `glue:GetPartitions`, \
         `glue:BatchGetPartition`, `s3:GetObject` and `s3:ListBucket` for \
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

fn on<'n>(needs: &'n [Need], action: &str) -> Vec<&'n str> {
    let on = needs.iter().zip(arns(needs));
    on.filter(|(need, _)| need.action == action)
        .map(|(_, arn)| arn)
        .collect()
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
#[test]
fn a_call_that_names_no_resource_of_optional_types_needs_the_action_on_everything() {
    let text =
        json!({ "Text.$": "$.text", "SourceLanguageCode": "en", "TargetLanguageCode": "de" });
    let found = jsonpath("aws-sdk:translate:translateText", text.clone());
    assert_eq!(found[0].resource, NeededResource::Any(Unlimited::NoneNamed));
    let found = jsonpath(
        "aws-sdk:comprehend:detectSentiment",
        json!({ "Text.$": "$.text" }),
    );
    assert_eq!(found[0].resource, NeededResource::Any(Unlimited::NoTypes));

    let with = |field: &str, value: Value| {
        let mut request = text.clone();
        request[field] = value;
        jsonpath("aws-sdk:translate:translateText", request)
    };
    let words = "arn:aws:translate:eu-west-1:123456789012:terminology/words";
    assert!(arns(&with("TerminologyNames", json!(["words"])))[0].starts_with(words));
    assert_eq!(
        arns(&with("TerminologyNames.$", json!("$.words"))),
        ["unknown"]
    );
    // A field that may name something, and is not one that txflow knows, is for the user to tell.
    let tag = json!({ "ResourceIdentifier": "x", "ApplyAction": "y", "OptInType": "z" });
    assert_eq!(
        arns(&jsonpath("aws-sdk:rds:applyPendingMaintenanceAction", tag)),
        ["unknown"]
    );
}

/// RDS asks on `db:*` if a call names none, and AWS says so where it refuses one.
#[test]
fn a_list_of_rds_is_on_all_of_its_types() {
    let rds = "arn:aws:rds:eu-west-1:123456789012:";
    let found = jsonpath(
        "aws-sdk:rds:describeDBSnapshots",
        json!({ "DbInstanceIdentifier": "a" }),
    );
    assert_eq!(
        arns(&found),
        [format!("{rds}db:a"), format!("{rds}snapshot:*")]
    );
    let found = jsonpath("aws-sdk:rds:describeDBInstances", json!({}));
    assert_eq!(arns(&found), [format!("{rds}db:*")]);
}

#[test]
fn what_a_call_makes_has_an_id_that_aws_makes_up() {
    let found = jsonpath("aws-sdk:ec2:createSnapshot", json!({ "VolumeId": "vol-1" }));
    let region = "arn:aws:ec2:eu-west-1";
    let snapshot = format!("{region}::snapshot/*");
    let volume = format!("{region}:123456789012:volume/vol-1");
    let mut on_both = on(&found, "ec2:CreateSnapshot");
    on_both.sort_unstable();
    assert_eq!(on_both.len(), 2);
    assert!(
        on_both.iter().any(|arn| arn.ends_with("snapshot/*")),
        "{snapshot} {on_both:?}"
    );
    assert!(on_both.contains(&&*volume));
    let tagged = jsonpath(
        "aws-sdk:ec2:createSnapshot",
        json!({ "VolumeId": "vol-1", "TagSpecifications": [{ "ResourceType": "snapshot" }] }),
    );
    assert!(on(&tagged, "ec2:CreateTags")[0].ends_with("snapshot/*"));
}

#[test]
fn an_optional_resource_that_the_call_names_is_needed_too() {
    let found = jsonpath(
        "aws-sdk:ssm:sendCommand",
        json!({ "DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"] }),
    );
    let on = on(&found, "ssm:SendCommand");
    assert!(
        on.contains(&"arn:aws:ec2:eu-west-1:123456789012:instance/i-1"),
        "{on:?}"
    );
    let has_document = on
        .iter()
        .any(|arn| arn.ends_with("document/AWS-RunShellScript"));
    assert!(has_document, "{on:?}");
}

/// <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>
#[test]
fn a_constant_variable_is_followed() {
    let arn = "arn:aws:sns:eu-west-1:123456789012:";
    let publish = |topic: &str| {
        task(
            "sns:publish",
            json!({ "Arguments": { "TopicArn": topic, "Message": "" } }),
        )
    };
    let assigned = |variables: Value, state: Value| {
        let definition = json!({ "QueryLanguage": "JSONata", "States": {
            "Set": { "Type": "Pass", "Assign": variables },
            "Each": { "Type": "Map", "ItemProcessor": { "States": { "S": state } } },
            "Beside": { "Type": "Map", "ItemProcessor": { "States": {
                "Hidden": { "Type": "Pass", "Assign": { "inner": "arn:aws:sns:::hidden" } },
            } } },
        } });
        needs(&definition, &OWNER)
    };
    for (variables, topic, expected) in [
        (
            json!({ "topic": format!("{arn}a") }),
            "{% $topic %}",
            format!("{arn}a"),
        ),
        (
            json!({ "name": "a" }),
            &*format!("{{% '{arn}' & $name %}}"),
            format!("{arn}a"),
        ),
        (
            json!({ "of": { "topics": format!("{arn}a") } }),
            "{% $of.topics %}",
            format!("{arn}a"),
        ),
        (
            json!({ "base": arn, "topic": "{% $base & 'a' %}" }),
            "{% $topic %}",
            format!("{arn}a"),
        ),
        (
            json!({ "topic": "{% $states.input.topic %}" }),
            "{% $topic %}",
            "unknown".into(),
        ),
        (
            json!({ "topic": "{% $topic %}" }),
            "{% $topic %}",
            "unknown".into(),
        ),
        (json!({}), "{% $inner %}", "unknown".into()),
    ] {
        assert_eq!(
            arns(&assigned(variables.clone(), publish(topic))),
            [expected],
            "{variables}"
        );
    }

    let publish = |topic: &str| {
        task(
            "sns:publish",
            json!({ "Parameters": { "TopicArn.$": topic, "Message": "" } }),
        )
    };
    let format = format!("States.Format('{arn}{{}}', $name)");
    for (variables, topic, expected) in [
        (
            json!({ "topic": format!("{arn}a") }),
            "$topic",
            vec![format!("{arn}a")],
        ),
        (json!({ "name": "a" }), &*format, vec![format!("{arn}a")]),
        (
            json!({ "topic.$": "$.topic" }),
            "$topic",
            vec!["unknown".to_owned()],
        ),
    ] {
        let definition = json!({ "States": {
            "Choose": { "Type": "Choice", "Choices": [{ "Assign": variables, "Next": "S" }] },
            "S": publish(topic),
        } });
        assert_eq!(arns(&needs(&definition, &OWNER)), expected, "{variables}");
    }
}

#[test]
fn each_assignment_of_a_variable_is_a_value_of_it() {
    let definition = json!({ "QueryLanguage": "JSONata", "States": {
        "A": { "Type": "Pass", "Assign": { "table": "a" } },
        "B": { "Type": "Pass", "Assign": { "table": "b" } },
        "S": task("dynamodb:getItem", json!({ "Arguments": { "TableName": "{% $table %}", "Key": {} } })),
    } });
    let table = |name: &str| format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{name}");
    assert_eq!(arns(&needs(&definition, &OWNER)), [table("a"), table("b")]);
}

#[test]
fn a_key_that_the_request_names_is_needed() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1";
    let put = |field: &str, value: &str| {
        jsonpath(
            "aws-sdk:s3:putObject",
            json!({ "Bucket": "b", "Key": "k", field: value }),
        )
    };
    assert_eq!(on(&put("SseKmsKeyId", key), "kms:GenerateDataKey"), [key]);
    assert_eq!(on(&put("SseKmsKeyId", "1"), "kms:GenerateDataKey"), [key]);
    assert_eq!(
        on(&put("SseKmsKeyId", "alias/a"), "kms:GenerateDataKey"),
        ["unknown"]
    );
    assert_eq!(
        on(&put("SseKmsKeyId.$", "$.key"), "kms:GenerateDataKey"),
        ["unknown"]
    );
    assert_eq!(put("ContentType", "x").len(), 1);
    let parameter = json!({ "Name": "a", "Value": "b", "Type": "SecureString", "KeyId": key });
    assert_eq!(
        on(
            &jsonpath("aws-sdk:ssm:putParameter", parameter),
            "kms:Encrypt"
        ),
        [key]
    );
}

/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html>: Lake Formation decides on the tables itself.
#[test]
fn a_query_may_ask_lake_formation() {
    let found = jsonpath(
        "athena:startQueryExecution",
        json!({ "QueryString": "SELECT 1" }),
    );
    assert_eq!(on(&found, "lakeformation:GetDataAccess"), ["*"]);
}

/// Each row is of a kind that public workflows have.
#[test]
fn what_a_request_says_in_its_own_way_is_found() {
    let role = "arn:aws:iam::123456789012:role/r";
    for (resource, parameters, action, expected) in [
        // The field leaves out the beginning of the variable's name.
        (
            "aws-sdk:ec2:revokeSecurityGroupIngress",
            json!({ "GroupId": "sg-1" }),
            "ec2:RevokeSecurityGroupIngress",
            "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1",
        ),
        // One of two variables is the name, and AWS makes up the other.
        (
            "aws-sdk:autoscaling:updateAutoScalingGroup",
            json!({ "AutoScalingGroupName": "g", "MinSize": 0 }),
            "autoscaling:UpdateAutoScalingGroup",
            "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/g",
        ),
        // The name stands for the id, unless the call makes it.
        (
            "aws-sdk:databrew:startJobRun",
            json!({ "Name": "clean" }),
            "databrew:StartJobRun",
            "arn:aws:databrew:eu-west-1:123456789012:job/clean",
        ),
        (
            "aws-sdk:macie2:createClassificationJob",
            json!({ "JobType": "ONE_TIME", "Name": "n" }),
            "macie2:CreateClassificationJob",
            "arn:aws:macie2:eu-west-1:123456789012:classification-job/*",
        ),
        // A voice names no lexicon.
        (
            "aws-sdk:polly:synthesizeSpeech",
            json!({ "OutputFormat": "mp3", "Text.$": "$.text", "VoiceId": "Joanna" }),
            "polly:SynthesizeSpeech",
            "*",
        ),
        // A phone number has no ARN.
        (
            "sns:publish",
            json!({ "PhoneNumber.$": "$.phone", "Message": "" }),
            "sns:Publish",
            "*",
        ),
        // The bucket is known, the key is not.
        (
            "aws-sdk:s3:copyObject",
            json!({ "Bucket": "b", "Key": "k", "CopySource.$": "States.Format('from/{}', $.key)" }),
            "s3:GetObject",
            "arn:aws:s3:::from/*",
        ),
        // What a service reads and writes for its caller.
        (
            "aws-sdk:lambda:updateFunctionCode",
            json!({ "FunctionName": "f", "S3Bucket": "code", "S3Key": "f.zip" }),
            "s3:GetObject",
            "arn:aws:s3:::code/f.zip",
        ),
        (
            "aws-sdk:transcribe:startTranscriptionJob",
            json!({ "Media": {}, "OutputBucketName": "text" }),
            "s3:PutObject",
            "arn:aws:s3:::text/*",
        ),
        (
            "bedrock:invokeModel",
            json!({ "ModelId": "m", "Output": { "S3Uri": "s3://answers/a" } }),
            "s3:PutObject",
            "arn:aws:s3:::answers/a*",
        ),
        (
            "aws-sdk:bedrockagentruntime:retrieveAndGenerate",
            json!({ "RetrieveAndGenerateConfiguration": {
                "KnowledgeBaseConfiguration": { "KnowledgeBaseId": "KB", "ModelArn": "m" } } }),
            "bedrock:Retrieve",
            "arn:aws:bedrock:eu-west-1:123456789012:knowledge-base/KB",
        ),
        // A role that is given to a service, though the reference does not say so of the action.
        (
            "aws-sdk:comprehend:startEntitiesDetectionJob",
            json!({ "DataAccessRoleArn": role }),
            "iam:PassRole",
            role,
        ),
        // The id of a build begins with its project.
        (
            "codebuild:retryBuildBatch.sync",
            json!({ "Id": "site:7b1f" }),
            "codebuild:StopBuildBatch",
            "arn:aws:codebuild:eu-west-1:123456789012:project/site",
        ),
        // Tags need a right of their own.
        (
            "aws-sdk:ecs:runTask",
            json!({ "Cluster": "c", "TaskDefinition": "t", "Tags": [] }),
            "ecs:TagResource",
            "arn:aws:ecs:eu-west-1:123456789012:task/c/*",
        ),
    ] {
        let found = jsonpath(resource, parameters);
        assert_eq!(on(&found, action), [expected], "{resource}");
    }
}

#[test]
fn an_instance_has_an_interface_and_a_volume() {
    let found = jsonpath(
        "aws-sdk:ec2:runInstances",
        json!({ "ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "SubnetId": "subnet-1" }),
    );
    let on = on(&found, "ec2:RunInstances");
    for kind in [
        "instance/*",
        "network-interface/*",
        "volume/*",
        "image/ami-1",
        "subnet/subnet-1",
    ] {
        assert!(on.iter().any(|arn| arn.ends_with(kind)), "{kind} {on:?}");
    }
}
