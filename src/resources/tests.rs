//! What is desired for a deployment: documents, names and tags, whole and exact.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::sample::{self, deployment, stack};
use super::{Desired, Observed};
use crate::config::{
    Deployment, FileSystemConfig, LogLevel, PolicyStatement, Source, StateMachineKind,
    TriggerConfig, VpcConfig,
};
use crate::stack::Origin;

const LOGS: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop-dev-buy:*";

fn desired(change: impl FnOnce(&mut Deployment)) -> Desired {
    let mut deployment = deployment();
    change(&mut deployment);
    sample::desired(&deployment, &BTreeMap::new())
}

fn policy(desired: &Desired, role: &str) -> Value {
    desired.roles[role].policy.clone()
}

/// The statements of `buy`'s role behind the one for its logs.
fn more_statements(change: impl FnOnce(&mut crate::config::FunctionConfig)) -> Value {
    let desired = desired(|deployment| change(deployment.functions.get_mut("buy").unwrap()));
    let policy = policy(&desired, "shop-dev-buy");
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements[0]["Resource"], json!([LOGS]));
    Value::from(&statements[1..])
}

#[test]
fn a_function_may_write_its_own_log_group_and_nothing_else() {
    let desired = desired(|_| {});
    assert_eq!(
        policy(&desired, "shop-dev-buy"),
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [LOGS],
        }] })
    );
    assert_eq!(
        desired.roles["shop-dev-buy"].trust,
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }] })
    );
}

#[test]
fn the_state_machine_may_invoke_exactly_the_functions_of_its_stack() {
    let desired = desired(|_| {});
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev";
    assert_eq!(
        policy(&desired, "shop-dev-state-machine"),
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": [
                format!("{function}-buy:*"), format!("{function}-sell:*"),
            ],
        }] })
    );
    assert_eq!(
        desired.roles["shop-dev-state-machine"].trust,
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "states.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": "123456789012" },
                "ArnLike": {
                    // The state machine, its versions and its alias, the child of a Map Run, the executions of each, and the Map Run.
                    "aws:SourceArn": [
                        "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev",
                        "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:*",
                        "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev/*",
                        "arn:aws:states:eu-west-1:123456789012:execution:shop-dev:*",
                        "arn:aws:states:eu-west-1:123456789012:execution:shop-dev/*",
                        "arn:aws:states:eu-west-1:123456789012:mapRun:shop-dev/*",
                    ],
                },
            },
        }] })
    );
}

/// `buy`, and a state `Charge` that calls a function of somebody else.
fn charging(deployment: &mut Deployment) {
    deployment.state_machines.main.definition.template["States"]["Charge"] = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": CHARGE },
        "End": true,
    });
}

const CHARGE: &str = "arn:aws:lambda:eu-west-1:210987654321:function:charge:PROD";

fn allow(actions: &[&str], resources: &[&str]) -> PolicyStatement {
    PolicyStatement {
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: resources
            .iter()
            .map(|resource| (*resource).into())
            .collect(),
        condition: None,
    }
}

#[test]
fn the_state_machine_may_do_what_its_states_need() {
    let desired = desired(charging);
    let role = &desired.roles["shop-dev-state-machine"];
    assert_eq!(
        role.policy["Statement"][1],
        json!({ "Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": [CHARGE] })
    );
    let because = |at: usize| -> Vec<String> {
        let because = &role.statements[at].because;
        because.iter().map(ToString::to_string).collect()
    };
    assert_eq!(because(1), ["state `Charge`"]);
    assert_eq!(
        because(0),
        ["state `buy`", "state `sell`", "the functions of the stack"]
    );
}

#[test]
fn a_declared_statement_replaces_what_it_covers_and_adds_the_rest() {
    let declaring = |statement: PolicyStatement| {
        let desired = desired(|deployment| {
            charging(deployment);
            deployment.state_machines.main.statements = vec![statement];
        });
        let policy = policy(&desired, "shop-dev-state-machine");
        policy["Statement"].as_array().unwrap()[1..].to_vec()
    };
    let as_json = |statement: &PolicyStatement| {
        let resources = statement.resources.iter();
        let resources: Vec<String> = resources.map(|one| stack().account.fill(one)).collect();
        json!({ "Effect": "Allow", "Action": statement.actions, "Resource": resources })
    };
    let derived = as_json(&allow(&["lambda:InvokeFunction"], &[CHARGE]));
    let pattern = "arn:aws:lambda:*:210987654321:function:*";
    for covering in [
        allow(&["lambda:Invoke*"], &[pattern]),
        allow(&["*"], &["*"]),
        PolicyStatement {
            condition: Some(json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } }).into()),
            ..allow(&["lambda:InvokeFunction"], &[CHARGE])
        },
    ] {
        let mut expected = as_json(&covering);
        if let Some(condition) = &covering.condition {
            expected["Condition"] = stack().account.fill_json(condition);
        }
        assert_eq!(declaring(covering), [expected]);
    }
    for other in [
        allow(&["lambda:GetFunction"], &["*"]),
        allow(
            &["lambda:InvokeFunction"],
            &["arn:aws:lambda:*:*:function:char"],
        ),
    ] {
        assert_eq!(declaring(other.clone()), [derived.clone(), as_json(&other)]);
    }
}

#[test]
fn tracing_adds_the_two_actions_of_x_ray() {
    assert_eq!(
        more_statements(|function| function.settings.tracing = true),
        json!([{
            "Effect": "Allow",
            "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            "Resource": ["*"],
        }])
    );
}

#[test]
fn a_vpc_adds_the_network_interfaces_that_lambda_makes() {
    let statements = more_statements(|function| {
        function.settings.vpc = Some(VpcConfig {
            subnet_ids: vec!["subnet-1".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
            dual_stack: false,
        });
    });
    assert_eq!(
        statements,
        json!([{
            "Effect": "Allow",
            "Action": [
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            "Resource": ["*"],
        }])
    );
}

#[test]
fn a_file_system_adds_the_two_actions_through_its_access_point() {
    let home = "arn:aws:elasticfilesystem:eu-west-1:123456789012";
    let access_point = format!("{home}:access-point/fsap-0123456789abcdef0");
    let statements = more_statements(|function| {
        function.settings.file_systems = vec![FileSystemConfig {
            access_point: access_point.clone(),
            mount_path: "/mnt/data".to_owned(),
        }];
    });
    assert_eq!(
        statements,
        json!([{
            "Effect": "Allow",
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Resource": [format!("{home}:file-system/*")],
            "Condition": { "ArnEquals": { "elasticfilesystem:AccessPointArn": access_point } },
        }])
    );
}

#[test]
fn a_dead_letter_target_adds_the_one_action_on_it() {
    for (target, action) in [
        ("arn:aws:sqs:eu-west-1:123456789012:dead", "sqs:SendMessage"),
        ("arn:aws:sns:eu-west-1:123456789012:dead", "sns:Publish"),
    ] {
        let statements = more_statements(|function| {
            function.settings.dead_letter_target = Some(target.to_owned())
        });
        assert_eq!(
            statements,
            json!([{ "Effect": "Allow", "Action": [action], "Resource": [target] }])
        );
    }
}

#[test]
fn declared_statements_are_taken_as_they_are_written() {
    let condition = json!({ "StringEquals": { "s3:prefix": "receipts/" } });
    let statements = more_statements(|function| {
        function.statements = vec![PolicyStatement {
            actions: vec!["s3:GetObject".to_owned()],
            resources: vec!["arn:aws:s3:::shop/receipts/*".into()],
            condition: Some(condition.clone().into()),
        }];
    });
    assert_eq!(
        statements,
        json!([{
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::shop/receipts/*"],
            "Condition": condition,
        }])
    );
}

#[test]
fn an_express_state_machine_logs_and_may_deliver_its_logs() {
    let desired = desired(|deployment| {
        deployment.state_machines.main.kind = StateMachineKind::Express;
        deployment.state_machines.main.logging = LogLevel::Error;
        deployment.state_machines.main.tracing = true;
    });
    let policy = policy(&desired, "shop-dev-state-machine");
    assert_eq!(
        policy["Statement"][1],
        json!({
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
            "Resource": ["*"],
        })
    );
    assert_eq!(
        policy["Statement"][2],
        json!({
            "Effect": "Allow",
            "Action": [
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            "Resource": ["*"],
        })
    );
    let group = "/aws/vendedlogs/states/shop-dev";
    assert_eq!(desired.log_groups[group].retention, Some(30));
    let settings = desired.state_machines.main.settings;
    let destination = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{group}:*");
    assert!(settings.logging.log_group_arns.contains(&destination));
}

#[test]
fn a_wildcard_resource_stands_only_beside_actions_that_aws_cannot_narrow() {
    let desired = desired(|deployment| {
        deployment.state_machines.main.logging = LogLevel::All;
        deployment.state_machines.main.tracing = true;
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.tracing = true;
        buy.settings.vpc = Some(VpcConfig {
            subnet_ids: vec!["subnet-1".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
            dual_stack: false,
        });
    });
    for role in desired.roles.values() {
        for statement in role.policy["Statement"].as_array().unwrap() {
            if statement["Resource"] != json!(["*"]) {
                continue;
            }
            for action in statement["Action"].as_array().unwrap() {
                let service = action.as_str().unwrap().split(':').next().unwrap();
                let delivery = role.name.ends_with("state-machine") && service == "logs";
                assert!(delivery || ["xray", "ec2"].contains(&service), "{action}");
            }
        }
    }
}

#[test]
fn all_resources_are_named_by_stack_and_stage() {
    let desired = desired(|_| {});
    let names = |keys: Vec<&String>| keys.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(desired.roles.keys().collect()),
        ["shop-dev-buy", "shop-dev-sell", "shop-dev-state-machine"]
    );
    assert_eq!(
        names(desired.log_groups.keys().collect()),
        ["/aws/lambda/shop-dev-buy", "/aws/lambda/shop-dev-sell"]
    );
    assert!(
        desired
            .roles
            .values()
            .all(|role| role.path == "/txflow/shop/dev/")
    );
    assert_eq!(desired.functions["buy"].name, "shop-dev-buy");
    assert_eq!(
        desired.functions["buy"].configuration.role_arn,
        "arn:aws:iam::123456789012:role/txflow/shop/dev/shop-dev-buy"
    );
    assert_eq!(desired.state_machines.main.name, "shop-dev");
}

#[test]
fn every_resource_carries_the_tags_of_the_stack_and_the_user() {
    let desired = desired(|deployment| {
        deployment.tags.insert("team".to_owned(), "red".to_owned());
        // deploy.toml cannot set whose a resource is.
        deployment
            .tags
            .insert("txflow:stage".to_owned(), "prod".to_owned());
    });
    let expected = [
        ("team", "red"),
        ("txflow:stack", "shop"),
        ("txflow:stage", "dev"),
        ("txflow:version", env!("CARGO_PKG_VERSION")),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    for role in desired.roles.values() {
        let mut of_role = expected.clone();
        of_role.insert("txflow:region".to_owned(), "eu-west-1".to_owned());
        assert_eq!(role.tags, of_role);
    }
    let groups = desired.log_groups.values().map(|group| &group.tags);
    let functions = desired.functions.values().map(|function| &function.tags);
    let machine = [&desired.state_machines.main.tags];
    let tags: Vec<_> = groups.chain(functions).chain(machine).collect();
    assert_eq!(tags.len(), 2 + 2 + 1);
    assert!(tags.iter().all(|tags| **tags == expected), "{tags:#?}");
}

#[test]
fn the_policy_of_the_state_machine_fits_however_many_functions_there_are() {
    let with = |functions: usize| {
        desired(|deployment| {
            let one = deployment.functions["buy"].clone();
            let more = (0..functions).map(|i| (format!("a-handler-of-many-{i}"), one.clone()));
            deployment.functions.extend(more);
        })
    };
    let exact = |desired: &Desired| {
        let policy = policy(desired, "shop-dev-state-machine").to_string();
        policy.contains("function:shop-dev-a-handler-of-many-0:*")
    };
    for functions in [50, 80, 150, 1000] {
        let desired = with(functions);
        let role = &desired.roles["shop-dev-state-machine"];
        assert_eq!(role.check(), Ok(()), "{functions}");
        assert_eq!(exact(&desired), functions <= 80, "{functions}");
    }
}

#[test]
fn a_policy_that_iam_would_refuse_is_refused_before_anything_is_written() {
    let desired = desired(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.statements = vec![PolicyStatement {
            actions: vec!["s3:GetObject".to_owned()],
            resources: (0..400)
                .map(|i| format!("arn:aws:s3:::a-bucket-{i}/*").as_str().into())
                .collect(),
            condition: None,
        }];
    });
    let refused = desired.roles["shop-dev-buy"].check().unwrap_err();
    let refused = refused.to_string();
    assert!(refused.ends_with("characters, and IAM accepts 10,240"));
    let nothing = Observed::default();
    let draft = crate::plan::make(&desired, &nothing).unwrap();
    assert_eq!(draft.check(str::to_owned).unwrap_err().to_string(), refused);
}

#[test]
fn a_handler_that_was_not_built_is_an_error_and_not_a_removal() {
    let missing = super::desired(&deployment(), &[], &stack(), Origin::default()).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the build produced no artifact for `buy`"
    );
}

#[test]
fn a_version_says_which_commit_it_came_from() {
    let version = env!("CARGO_PKG_VERSION");
    let origin = |commit: Option<&str>| Origin {
        commit: commit.map(str::to_owned),
    };
    assert_eq!(
        origin(Some("1f2e3d4-dirty")).description(),
        format!("txflow {version}, commit 1f2e3d4-dirty")
    );
    assert_eq!(origin(None).description(), format!("txflow {version}"));
}

#[test]
fn triggers_may_start_what_is_live_and_only_those_of_the_stack_may_be_them() {
    let desired = desired(|deployment| {
        let trigger = TriggerConfig {
            source: Source::Schedule {
                expression: "rate(1 day)".to_owned(),
                time_zone: "UTC".to_owned(),
                flexible_window: None,
                input: None,
            },
            enabled: true,
            retries: 0,
            max_event_age: 60,
            dead_letter_queue: Some("arn:aws:sqs:eu-west-1:123456789012:lost".into()),
        };
        deployment.triggers.insert("nightly".to_owned(), trigger);
    });
    let role = &desired.roles["shop-dev-triggers"];
    assert_eq!(
        role.policy,
        json!({ "Version": "2012-10-17", "Statement": [
            {
                "Effect": "Allow",
                "Action": ["states:StartExecution"],
                "Resource": ["arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev"],
                "Condition": { "StringEquals": { "states:StateMachineQualifier": "live" } },
            },
            {
                "Effect": "Allow",
                "Action": ["sqs:SendMessage"],
                "Resource": ["arn:aws:sqs:eu-west-1:123456789012:lost"],
            },
        ] })
    );
    let assumed_by = |service: &str, sources: Value| {
        json!({
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": "123456789012" },
                "ArnLike": { "aws:SourceArn": sources },
            },
        })
    };
    let group = "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/shop-dev";
    let rules = "arn:aws:events:eu-west-1:123456789012:rule";
    assert_eq!(
        role.trust["Statement"],
        json!([
            assumed_by("scheduler.amazonaws.com", json!([group])),
            assumed_by(
                "events.amazonaws.com",
                json!([
                    format!("{rules}/shop-dev.*"),
                    format!("{rules}/*/shop-dev.*")
                ])
            ),
        ])
    );
}

const WITH_VALUES: &str = r#"
    name = "shop"
    [substitutions]
    lost = "lost-${AWS::Region}"
    orders = "orders-${AWS::Region}"
    shop = "the shop"
    every = 5
    limit = 100
    id = "orderId"
    [functions.buy]
    [[triggers]]
    name = "often"
    schedule = "rate(${every} minutes)"
    input = { limit = "${limit}", from = ["${shop}", "${AWS::AccountId}"] }
    dead-letter-queue = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${lost}"
    [[triggers]]
    name = "orders"
    event-bus = "${orders}"
    event-pattern = { source = ["${shop}"], detail = { total = [{ numeric = [">", "${limit}"] }], from = [{ anything-but = "${AWS::Region}" }] } }
    input-transformer = { paths = { id = "$.detail.${id}" }, template = '{"id": <id>, "limit": ${limit}, "from": "${shop} in ${AWS::Region}", "text": "${!a}"}' }
    dead-letter-queue = "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:lost"
    [tests.SENT]
    event = { source = "the shop", detail-type = "Order", detail = { total = 101, from = "elsewhere" }, event-bus = "${orders}" }
    [stages.prod.substitutions]
    every = 15
"#;

/// The result of a file whose triggers name values.
fn with_values(stage: &str) -> (Deployment, Desired) {
    let dir = tempfile::tempdir().unwrap();
    let buy = json!({ "StartAt": "Buy", "States": {
        "Buy": { "Type": "Task", "Resource": "${buy}", "End": true }
    } });
    std::fs::write(dir.path().join("deploy.toml"), WITH_VALUES).unwrap();
    std::fs::write(dir.path().join("definition.asl.json"), buy.to_string()).unwrap();
    let deployment = crate::config::load(dir.path(), stage, &|_| None).unwrap();
    let desired = sample::desired(&deployment, &BTreeMap::new());
    (deployment, desired)
}

#[test]
fn triggers_have_values_and_pseudo_parameters_in_place() {
    let (deployment, desired) = with_values("dev");
    let often = &desired.schedules["often"].settings;
    assert_eq!(often.expression, "rate(5 minutes)");
    assert_eq!(
        often.input,
        json!({ "limit": 100, "from": ["the shop", "123456789012"] })
    );
    assert_eq!(
        often.dead_letter_queue.as_deref(),
        Some("arn:aws:sqs:eu-west-1:123456789012:lost-eu-west-1")
    );
    let [rule] = desired.rules.values().collect::<Vec<_>>()[..] else {
        panic!("{:?}", desired.rules);
    };
    assert_eq!(rule.bus, "orders-eu-west-1");
    assert_eq!(
        rule.pattern,
        json!({
            "source": ["the shop"],
            "detail": { "total": [{ "numeric": [">", 100] }], "from": [{ "anything-but": "eu-west-1" }] }
        })
    );
    assert_eq!(
        rule.target.dead_letter_queue.as_deref(),
        Some("arn:aws:sqs:eu-west-1:123456789012:lost")
    );
    let template = r#"{"id": <id>, "limit": 100, "from": "the shop in eu-west-1", "text": "${a}"}"#;
    assert_eq!(
        rule.target.input,
        super::rule::Input::Transformed {
            paths: [("id".to_owned(), "$.detail.orderId".to_owned())].into(),
            template: template.to_owned(),
        }
    );
    let buses = deployment.event_buses().into_iter();
    let buses: Vec<String> = buses.map(|bus| stack().account.fill(bus)).collect();
    assert_eq!(buses, ["orders-eu-west-1"]);
    // The event is compared with the pattern, on the same event bus.
    assert_eq!(deployment.warnings, []);

    let (_, prod) = with_values("prod");
    assert_eq!(
        prod.schedules["often"].settings.expression,
        "rate(15 minutes)"
    );
}

/// Of a definition whose states name what they call in keys.
#[test]
fn a_role_may_use_what_a_key_names() {
    let dir = tempfile::tempdir().unwrap();
    let toml = "name = \"shop\"\n[substitutions]\norders = \"orders-${AWS::Region}\"\n";
    let read = json!({ "StartAt": "Read", "States": { "Read": {
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:batchGetItem", "End": true,
        "Parameters": { "RequestItems": {
            "${orders}": { "Keys.$": "$.keys" },
            "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/refunds": { "Keys": [] },
        } },
    } } });
    std::fs::write(dir.path().join("deploy.toml"), toml).unwrap();
    std::fs::write(dir.path().join("definition.asl.json"), read.to_string()).unwrap();
    let deployment = crate::config::load(dir.path(), "dev", &|_| None).unwrap();
    let desired = sample::desired(&deployment, &BTreeMap::new());
    let needs = super::role::needs_of(&desired.state_machines.main, &stack());
    let resources: Vec<String> = { needs.iter() }
        .map(|need| format!("{:?}", need.resource))
        .collect();
    let table =
        |name: &str| format!("Arn(\"arn:aws:dynamodb:eu-west-1:123456789012:table/{name}\")");
    assert_eq!(resources.len(), 2, "{resources:?}");
    for name in ["orders-eu-west-1", "refunds"] {
        assert!(resources.contains(&table(name)), "{resources:?}");
    }
    // What is said of a key leads to the key as it is written.
    let text = &deployment.state_machines.main.definition.text;
    let pointer = "/States/Read/Parameters/RequestItems/orders-eu-west-1/Keys.$";
    assert_eq!(
        text.key_place(pointer),
        text.key_place(&pointer.replace("orders-eu-west-1", "orders-${AWS::Region}"))
    );
    assert!(text.key_place(pointer).is_some());
    assert_eq!(text.key_place(&pointer.replace("orders", "refunds")), None);
}
