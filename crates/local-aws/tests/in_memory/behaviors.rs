//! What AWS does in any weather. Each test names where the behavior is documented or was seen.

use serde_json::{Value, json};
use txflow_local_aws::{Failures, Lag, Span, Weather};

use crate::cloud::{Cloud, MACHINE, invoking, zip};

fn calm() -> Cloud {
    Cloud::new(Weather::calm())
}

async fn revision(cloud: &Cloud) -> Value {
    let found = cloud.lambda("GET", "/f/configuration", json!({})).await;
    found.ok().json()["RevisionId"].clone()
}

const TAGS: &str = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af";

/// aws/aws-sdk#377, and recordings in LocalStack's `test_lambda_api`.
#[tokio::test(start_paused = true)]
async fn tags_and_the_end_of_a_change_make_a_new_revision() {
    let cloud = calm();
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.settle().await;
    cloud.create_function("f", &role, json!({})).await.ok();
    let mut revisions = vec![revision(&cloud).await];
    cloud.settle().await;
    revisions.push(revision(&cloud).await);
    let tags = json!({ "Tags": { "team": "a" } });
    cloud.lambda("POST", TAGS, tags).await.ok();
    revisions.push(revision(&cloud).await);
    let untag = format!("{TAGS}?tagKeys=team");
    cloud.lambda("DELETE", &untag, json!({})).await.ok();
    revisions.push(revision(&cloud).await);
    let update = json!({ "Timeout": 4, "RevisionId": revisions[3] });
    let put = cloud.lambda("PUT", "/f/configuration", update);
    let answered = put.await.ok().json()["RevisionId"].clone();
    revisions.push(answered.clone());
    cloud.settle().await;
    revisions.push(revision(&cloud).await);
    for (index, revision) in revisions.iter().enumerate() {
        assert!(!revisions[..index].contains(revision), "{index}");
    }
    for stale in [&revisions[1], &answered] {
        let update = json!({ "Timeout": 5, "RevisionId": stale });
        let refused = cloud.lambda("PUT", "/f/configuration", update).await;
        refused.refused(412, &["RevisionId"]);
    }
}

/// LocalStack's provider, which was compared with AWS (localstack/localstack#10421); `test_sfn_api_tagging` for tags.
#[tokio::test(start_paused = true)]
async fn lists_of_a_missing_state_machine_call_its_arn_invalid() {
    let cloud = calm();
    let machine = json!({ "stateMachineArn": MACHINE });
    for operation in ["ListStateMachineVersions", "ListStateMachineAliases"] {
        let listed = cloud.states(operation, machine.clone()).await;
        listed.refused(400, &["InvalidArn", MACHINE]);
    }
    let tags = cloud.states("ListTagsForResource", json!({ "resourceArn": MACHINE }));
    tags.await.refused(400, &["ResourceNotFound"]);
    let described = cloud.states("DescribeStateMachine", machine).await;
    described.refused(400, &["StateMachineDoesNotExist"]);
}

/// Nothing tells when a role can be assumed, so that only `Weather::realistic` makes callers try again.
#[tokio::test(start_paused = true)]
async fn a_new_role_can_be_assumed_at_once_in_calm_weather() {
    let cloud = calm();
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
    let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
}

/// IAM's reference of global condition keys.
#[tokio::test(start_paused = true)]
async fn the_conditions_of_a_role_see_what_a_task_has() {
    let cloud = calm();
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    let definition = json!({ "StartAt": "B", "States": { "B": {
        "Type": "Task", "End": true,
        "Resource": "arn:aws:states:::aws-sdk:s3:createBucket",
        "Parameters": { "Bucket": "bucket" },
    } } });
    let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
    let known = json!({
        "StringEquals": {
            "aws:RequestedRegion": "us-east-1",
            "aws:ResourceAccount": "${aws:PrincipalAccount}",
        },
        "ArnEquals": { "aws:PrincipalArn": role },
        "Bool": { "aws:SecureTransport": "true", "aws:ViaAWSService": "false" },
        "DateGreaterThan": { "aws:CurrentTime": "2027-01-15" },
    });
    let unknown = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
    for (condition, status) in [(unknown, "FAILED"), (known, "SUCCEEDED")] {
        let policy = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*", "Condition": condition,
        } });
        let policy = policy.to_string();
        let parameters = [
            ("RoleName", "workflow"),
            ("PolicyName", "p"),
            ("PolicyDocument", policy.as_str()),
        ];
        cloud.iam("PutRolePolicy", &parameters).await.ok();
        let ended = cloud.run(MACHINE).await;
        assert_eq!(ended["status"], status, "{ended}");
        let cause = ended["cause"].as_str().unwrap_or_default();
        let told = cause.contains("no value for the condition key aws:PrincipalOrgID");
        assert_eq!(told, status == "FAILED", "{ended}");
    }
}

/// AWS does not document with which ARN an execution of an alias assumes its role, so a client should allow both.
#[tokio::test(start_paused = true)]
async fn a_trust_policy_is_held_against_the_source_of_an_execution() {
    let cloud = Cloud::new(Weather {
        qualified_source: true,
        ..Weather::calm()
    });
    cloud.function("f").await;
    cloud.machine().await;
    let publish = json!({ "stateMachineArn": MACHINE, "publish": true });
    cloud.states("UpdateStateMachine", publish).await.ok();
    for (sources, of_version) in [
        (json!([MACHINE]), "FAILED"),
        (json!([MACHINE, format!("{MACHINE}:*")]), "SUCCEEDED"),
    ] {
        let trust = json!({ "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "states.amazonaws.com" },
            "Condition": { "ArnLike": { "aws:SourceArn": sources } },
        } })
        .to_string();
        let parameters = [("RoleName", "workflow"), ("PolicyDocument", &trust)];
        cloud.iam("UpdateAssumeRolePolicy", &parameters).await.ok();
        assert_eq!(cloud.run(MACHINE).await["status"], "SUCCEEDED");
        let ran = cloud.run(&format!("{MACHINE}:1")).await;
        assert_eq!(ran["status"], of_version, "{ran}");
    }
}

/// "IAM and AWS STS quotas" in IAM's user guide.
#[tokio::test(start_paused = true)]
async fn the_inline_policies_of_a_role_have_a_size_together() {
    let cloud = calm();
    cloud.role("r", "lambda.amazonaws.com").await;
    let policy = |resource: usize| {
        let resource = format!("arn:aws:s3:::{}", "b".repeat(resource));
        let statement = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": resource });
        json!({ "Statement": statement }).to_string()
    };
    let put = async |name, size| {
        let document = policy(size);
        let parameters = [
            ("RoleName", "r"),
            ("PolicyName", name),
            ("PolicyDocument", document.as_str()),
        ];
        cloud.iam("PutRolePolicy", &parameters).await
    };
    put("a", 5000).await.ok();
    put("b", 5000).await.ok();
    let third = put("c", 100).await;
    third.refused(409, &["LimitExceeded", "10240"]);
    put("b", 4000).await.ok();
    put("c", 100).await.ok();
}

/// "Tagging IAM resources" in IAM's user guide; the message is recorded in moto's `test_iam`.
#[tokio::test(start_paused = true)]
async fn tag_keys_of_roles_ignore_case() {
    let cloud = calm();
    cloud.role("r", "lambda.amazonaws.com").await;
    let twice = [
        ("RoleName", "r"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
        ("Tags.member.2.Key", "Team"),
        ("Tags.member.2.Value", "b"),
    ];
    let refused = cloud.iam("TagRole", &twice).await;
    refused.refused(400, &["InvalidInput", "Duplicate tag keys found"]);
    cloud.iam("TagRole", &twice[..3]).await.ok();
    let other = [
        ("RoleName", "r"),
        ("Tags.member.1.Key", "TEAM"),
        ("Tags.member.1.Value", "b"),
    ];
    cloud.iam("TagRole", &other).await.ok();
    let tags = cloud.iam("ListRoleTags", &[("RoleName", "r")]).await.ok();
    assert!(tags.text.contains("<Key>TEAM</Key>"), "{}", tags.text);
    assert!(!tags.text.contains("<Key>team</Key>"), "{}", tags.text);
}

/// "Tag restrictions" of each service.
#[tokio::test(start_paused = true)]
async fn tags_have_letters_digits_spaces_and_a_few_signs() {
    let cloud = calm();
    cloud.function("f").await;
    cloud.machine().await;
    let group = json!({ "logGroupName": "g" });
    cloud.logs("CreateLogGroup", group).await.ok();
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    for (value, taken) in [("a b_.:/=+-@é", true), ("a&b", false), ("a#b", false)] {
        let iam = [
            ("RoleName", "workflow"),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", value),
        ];
        let states = json!({ "resourceArn": MACHINE, "tags": [{ "key": "k", "value": value }] });
        let tags = json!({ "k": value });
        let answers = [
            cloud.iam("TagRole", &iam).await,
            cloud.states("TagResource", states).await,
            cloud.lambda("POST", TAGS, json!({ "Tags": tags })).await,
            cloud
                .logs("TagResource", json!({ "resourceArn": arn, "tags": tags }))
                .await,
        ];
        for answer in answers {
            assert_eq!(answer.status < 300, taken, "{value}: {}", answer.text);
        }
    }
}

/// The errors of DeleteFunction and DeleteStateMachineVersion in the API references.
#[tokio::test(start_paused = true)]
async fn a_version_that_an_alias_references_is_not_deleted() {
    let cloud = calm();
    cloud.function("f").await;
    cloud.lambda("POST", "/f/versions", json!({})).await.ok();
    let alias = json!({ "Name": "theirs", "FunctionVersion": "1" });
    cloud.lambda("POST", "/f/aliases", alias).await.ok();
    let deleted = cloud.lambda("DELETE", "/f?Qualifier=1", json!({})).await;
    deleted.refused(409, &["theirs"]);

    cloud.machine().await;
    let publish = json!({ "stateMachineArn": MACHINE, "publish": true });
    cloud.states("UpdateStateMachine", publish).await.ok();
    let version = format!("{MACHINE}:1");
    let routes = json!([{ "stateMachineVersionArn": version, "weight": 100 }]);
    let alias = json!({ "name": "theirs", "routingConfiguration": routes });
    cloud.states("CreateStateMachineAlias", alias).await.ok();
    let delete = json!({ "stateMachineVersionArn": version });
    let deleted = cloud.states("DeleteStateMachineVersion", delete).await;
    deleted.refused(400, &["ConflictException", "theirs"]);
}

/// The developer guide, "Manage Lambda function versions": Lambda does not reuse version numbers, even for a function that was deleted
/// and created again.
#[tokio::test(start_paused = true)]
async fn a_function_that_is_created_again_goes_on_counting_its_versions() {
    let cloud = calm();
    let role = cloud.role("f", "lambda.amazonaws.com").await;
    cloud.settle().await;
    for number in ["1", "2"] {
        cloud.create_function("f", &role, json!({})).await.ok();
        cloud.settle().await;
        let published = cloud.lambda("POST", "/f/versions", json!({})).await.ok();
        assert_eq!(published.json()["Version"], number);
        cloud.lambda("DELETE", "/f", json!({})).await.ok();
    }
}

/// The API reference of CreateStateMachine: a request that differs in nothing but these is idempotent, and ignores them.
#[tokio::test(start_paused = true)]
async fn a_state_machine_that_is_created_again_keeps_its_role_and_its_tags() {
    let cloud = calm();
    cloud.machine().await;
    let other = cloud.role("other", "states.amazonaws.com").await;
    cloud.settle().await;
    let again = json!({
        "name": "m", "definition": invoking("f"), "roleArn": other,
        "tags": [{ "key": "team", "value": "a" }],
    });
    cloud.states("CreateStateMachine", again.clone()).await.ok();
    let machine = json!({ "stateMachineArn": MACHINE });
    let described = cloud.states("DescribeStateMachine", machine).await.ok();
    let role = described.json()["roleArn"].clone();
    assert!(role.as_str().unwrap().ends_with("/workflow"), "{role}");
    let tags = cloud.states("ListTagsForResource", json!({ "resourceArn": MACHINE }));
    assert_eq!(tags.await.ok().json()["tags"], json!([]));
    let mut other = again;
    other["definition"] = invoking("g").into();
    let refused = cloud.states("CreateStateMachine", other).await;
    refused.refused(400, &["StateMachineAlreadyExists"]);
}

/// `Architectures` in the API reference of UpdateFunctionCode: `x86_64` is the default, whatever the function had.
#[tokio::test(start_paused = true)]
async fn code_that_comes_without_an_architecture_is_for_x86_64() {
    let cloud = calm();
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.settle().await;
    let arm = json!({ "Architectures": ["arm64"] });
    cloud.create_function("f", &role, arm).await.ok();
    cloud.settle().await;
    let code = json!({ "ZipFile": zip("second") });
    let updated = cloud.lambda("PUT", "/f/code", code).await.ok().json();
    assert_eq!(updated["Architectures"], json!(["x86_64"]));
}

/// "Tagging" in the API reference of PutRule: the tags of a rule that exists are changed by TagResource alone.
#[tokio::test(start_paused = true)]
async fn tags_that_come_with_a_rule_that_exists_are_ignored() {
    let cloud = calm();
    let put = async |team: &str| {
        let rule = json!({
            "Name": "r", "EventPattern": r#"{ "source": ["shop"] }"#,
            "Tags": [{ "Key": "team", "Value": team }],
        });
        let answer = cloud.json("events", "AWSEvents.PutRule", rule).await.ok();
        answer.json()["RuleArn"].clone()
    };
    let arn = put("a").await;
    put("b").await;
    let tags = json!({ "ResourceARN": arn });
    let tags = cloud
        .json("events", "AWSEvents.ListTagsForResource", tags)
        .await;
    let team = json!([{ "Key": "team", "Value": "a" }]);
    assert_eq!(tags.ok().json()["Tags"], team);
}

/// The API reference of DeleteStateMachine: it is `DELETING` until its executions have ended, and so are its versions.
#[tokio::test(start_paused = true)]
async fn a_version_of_a_state_machine_that_is_being_deleted_is_shown_as_that() {
    let cloud = Cloud::new(Weather {
        state_machine_deletion: Span::millis(60_000, 60_000),
        ..Weather::calm()
    });
    cloud.machine().await;
    let publish = json!({ "stateMachineArn": MACHINE, "publish": true });
    cloud.states("UpdateStateMachine", publish).await.ok();
    let machine = json!({ "stateMachineArn": MACHINE });
    cloud.states("DeleteStateMachine", machine).await.ok();
    let version = json!({ "stateMachineArn": format!("{MACHINE}:1") });
    let described = cloud.states("DescribeStateMachine", version.clone()).await;
    assert_eq!(described.ok().json()["status"], "DELETING");
    cloud.settle().await;
    cloud.settle().await;
    let gone = cloud.states("DescribeStateMachine", version).await;
    gone.refused(400, &["StateMachineDoesNotExist"]);
}

/// "Quotas related to versions and aliases" in the developer guide of Step Functions.
#[tokio::test(start_paused = true)]
async fn a_state_machine_has_at_most_a_thousand_versions() {
    let cloud = calm();
    cloud.machine().await;
    let publish = async |number: usize| {
        let update = json!({
            "stateMachineArn": MACHINE, "definition": invoking(&format!("f{number}")), "publish": true,
        });
        cloud.states("UpdateStateMachine", update).await
    };
    for number in 0..1000 {
        publish(number).await.ok();
    }
    let refused = publish(1000).await;
    refused.refused(400, &["ServiceQuotaExceededException", "1000"]);
    let oldest = json!({ "stateMachineVersionArn": format!("{MACHINE}:1") });
    cloud.states("DeleteStateMachineVersion", oldest).await.ok();
    publish(1000).await.ok();
}

/// "Function states" in Lambda's developer guide.
#[tokio::test(start_paused = true)]
async fn an_idle_function_becomes_inactive_and_the_call_that_wakes_it_fails() {
    let day = std::time::Duration::from_hours(24);
    let cloud = Cloud::new(Weather {
        inactive_after: Some(14 * day),
        ..Weather::calm()
    });
    cloud.function("f").await;
    let state = async || {
        let found = cloud.lambda("GET", "/f/configuration", json!({})).await;
        found.ok().json()["State"].clone()
    };
    for _ in 0..3 {
        tokio::time::sleep(10 * day).await;
        cloud.lambda("POST", "/f/invocations", json!({})).await.ok();
    }
    assert_eq!(state().await, "Active");
    tokio::time::sleep(15 * day).await;
    assert_eq!(state().await, "Inactive");
    let woken = cloud.lambda("POST", "/f/invocations", json!({})).await;
    woken.refused(409, &["Inactive"]);
    assert_eq!(state().await, "Pending");
    cloud.settle().await;
    assert_eq!(state().await, "Active");
    cloud.lambda("POST", "/f/invocations", json!({})).await.ok();
}

/// The note on `KMSAccessDeniedException` in the documentation of Terraform's `aws_lambda_function`.
#[tokio::test(start_paused = true)]
async fn a_role_made_again_cannot_decrypt_until_the_function_is_updated() {
    let cloud = calm();
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.settle().await;
    let environment = json!({ "Environment": { "Variables": { "KEY": "value" } } });
    let created = cloud.create_function("f", &role, environment);
    created.await.ok();
    cloud.settle().await;
    let invoke = || cloud.lambda("POST", "/f/invocations", json!({}));
    invoke().await.ok();
    cloud.iam("DeleteRole", &[("RoleName", "r")]).await.ok();
    cloud.role("r", "lambda.amazonaws.com").await;
    cloud.settle().await;
    let denied = invoke().await;
    denied.refused(502, &["KMS access was denied"]);
    let update = json!({ "Role": role });
    cloud.lambda("PUT", "/f/configuration", update).await.ok();
    cloud.settle().await;
    invoke().await.ok();
}

/// hashicorp/terraform-provider-aws#4633.
#[tokio::test(start_paused = true)]
async fn a_key_is_not_granted_to_a_role_that_kms_does_not_know_yet() {
    let cloud = Cloud::new(Weather {
        role_propagation: Span::millis(1, 20_000),
        ..Weather::calm()
    });
    let environment = json!({ "Environment": { "Variables": { "KEY": "value" } } });
    let mut seen = Vec::new();
    for index in 0..40 {
        let role = cloud
            .role(&format!("r{index}"), "lambda.amazonaws.com")
            .await;
        let name = format!("f{index}");
        loop {
            let created = cloud
                .create_function(&name, &role, environment.clone())
                .await;
            if created.status == 201 {
                break;
            }
            seen.push(created.text);
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }
    let met = |text: &str| seen.iter().any(|seen| seen.contains(text));
    assert!(met("cannot be assumed by Lambda"));
    assert!(met(
        "KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: ARN does not refer to a valid principal: arn:aws:sts::000000000000:assumed-role/r"
    ));
}

/// Lambda's quotas: 15 calls a second, but 100 of GetFunction.
#[tokio::test(start_paused = true)]
async fn calls_are_throttled_at_the_documented_rates() {
    let cloud = Cloud::new(Weather {
        throttling: true,
        ..Weather::constant(std::time::Duration::ZERO)
    });
    let taken = async |path: &str, calls: usize| {
        let mut taken = 0;
        for _ in 0..calls {
            let answer = cloud.lambda("GET", path, json!({})).await;
            taken += usize::from(answer.status == 404);
            if answer.status != 404 {
                answer.refused(429, &["Rate exceeded", "CallerRateLimitExceeded"]);
            }
        }
        taken
    };
    assert_eq!(taken("/f/configuration", 50).await, 15);
    assert_eq!(taken("/f", 150).await, 100);
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(taken("/f/configuration", 50).await, 6);
    let mut roles = Vec::new();
    for _ in 0..25 {
        roles.push(cloud.iam("ListRoles", &[]).await);
    }
    roles[24].refused(400, &["<Code>Throttling</Code>"]);
    let machines = cloud.states("ListStateMachines", json!({})).await;
    machines.ok();
    assert_eq!(Weather::calm().failures, Failures::default());
    assert_eq!(Weather::calm().late_creations, Lag::NEVER);
    assert!(!zip("a").is_empty());
}
