//! Each attribute, changed alone: its step and its reason.

use serde_json::json;

use super::{Project, changes, operations};
use crate::config::{
    Architecture, Deployment, FileSystemConfig, FunctionConfig, FunctionLogging, LogFormat,
    LogLevel, PolicyStatement, VpcConfig,
};
use crate::plan::Plan;
use crate::resources::Kind;
use crate::resources::sample::{plain, secret};

/// The plan that leads from a deployed stack to another `deploy.toml`.
fn after(old: impl FnOnce(&mut Deployment), new: impl FnOnce(&mut Deployment)) -> Plan {
    Project::with(old)
        .deployed()
        .plan(&Project::with(new).desired())
}

fn buy(change: impl FnOnce(&mut FunctionConfig)) -> impl FnOnce(&mut Deployment) {
    |deployment| change(deployment.functions.get_mut("buy").unwrap())
}

/// Checks that `buy` alone gets another configuration and a new version, and that callers get that.
fn configures(plan: &Plan, reason: &str) {
    let published = [
        "UpdateFunctionConfiguration shop-dev-buy",
        "GetFunction shop-dev-buy",
        "PublishVersion shop-dev-buy",
        "GetFunction shop-dev-buy",
        "UpdateStateMachine shop-dev",
        "UpdateStateMachineAlias shop-dev:live",
    ];
    let operations = operations(plan);
    let operations = operations
        .iter()
        .filter(|step| !step.starts_with("PutRolePolicy"));
    assert_eq!(operations.collect::<Vec<_>>(), published);
    let changes = changes(plan);
    let changes: Vec<_> = changes
        .iter()
        .filter(|change| *change != "policy")
        .collect();
    assert_eq!(changes, [reason, "definition", "live: 1"]);
}

#[test]
fn settings_of_a_function() {
    let vpc = |subnet: &str| {
        Some(VpcConfig {
            subnet_ids: vec![subnet.to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
            dual_stack: false,
        })
    };
    configures(
        &after(|_| {}, buy(|f| f.settings.memory = 256)),
        "memory: 128 → 256",
    );
    configures(
        &after(|_| {}, buy(|f| f.settings.timeout = 5)),
        "timeout: 30 → 5",
    );
    configures(
        &after(|_| {}, buy(|f| f.settings.tracing = true)),
        "tracing: off → on",
    );
    configures(
        &after(|_| {}, buy(|f| f.settings.ephemeral_storage = 1024)),
        "ephemeral storage: 512 → 1024",
    );
    configures(
        &after(buy(|f| f.settings.layers = vec!["a".to_owned()]), |_| {}),
        "layers: a → -",
    );
    configures(
        &after(
            |_| {},
            buy(|f| f.settings.dead_letter_target = Some("arn:aws:sqs:::q".to_owned())),
        ),
        "dead-letter target: - → arn:aws:sqs:::q",
    );
    configures(
        &after(
            buy(|f| f.settings.vpc = vpc("subnet-1")),
            buy(|f| f.settings.vpc = vpc("subnet-2")),
        ),
        "VPC: subnets subnet-1; security groups sg-1 → subnets subnet-2; security groups sg-1",
    );
    let mounted = |path: &str| {
        vec![FileSystemConfig {
            access_point: "arn:aws:elasticfilesystem:::access-point/fsap-1".to_owned(),
            mount_path: path.to_owned(),
        }]
    };
    configures(
        &after(
            buy(|f| f.settings.file_systems = mounted("/mnt/data")),
            |_| {},
        ),
        "file systems: arn:aws:elasticfilesystem:::access-point/fsap-1 at /mnt/data → -",
    );
    let key = || Some("arn:aws:kms:::key/1".to_owned());
    configures(
        &after(|_| {}, buy(move |f| f.settings.kms_key = key())),
        "KMS key: - → arn:aws:kms:::key/1",
    );
    let level = |level: &str| {
        let level = level.to_owned();
        buy(move |f| {
            f.settings.logging = FunctionLogging {
                format: LogFormat::Json,
                application_level: Some(level),
                system_level: Some("WARN".to_owned()),
            };
        })
    };
    configures(
        &after(level("INFO"), level("DEBUG")),
        "application log level: INFO → DEBUG",
    );
}

#[test]
fn the_keys_of_logs_and_of_the_state_machine() {
    let key = || Some("arn:aws:kms:::key/1".to_owned());
    let with = move |deployment: &mut Deployment| {
        deployment.state_machines.main.kms_key = key();
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.log_kms_key = key();
    };
    for (plan, operation, change) in [
        (
            after(|_| {}, with),
            "AssociateKmsKey",
            "- → arn:aws:kms:::key/1",
        ),
        (
            after(with, |_| {}),
            "DisassociateKmsKey",
            "arn:aws:kms:::key/1 → -",
        ),
    ] {
        let operations = operations(&plan);
        let of_logs = format!("{operation} /aws/lambda/shop-dev-buy");
        assert!(operations.contains(&of_logs), "{operations:?}");
        assert!(operations.contains(&"UpdateStateMachine shop-dev".to_owned()));
        let change = format!("KMS key: {change}");
        let changes = changes(&plan);
        assert_eq!(
            changes.iter().filter(|one| **one == change).count(),
            2,
            "{changes:?}"
        );
    }
}

#[test]
fn values_of_the_environment() {
    let set = |value| buy(move |f| f.settings.environment = [("K".to_owned(), value)].into());
    configures(&after(|_| {}, set(plain("1"))), "environment K: - → 1");
    configures(
        &after(set(plain("1")), set(plain("2"))),
        "environment K: 1 → 2",
    );
    configures(
        &after(set(secret("1")), set(secret("2"))),
        "environment K: (secret) → (secret)",
    );
    configures(
        &after(set(plain("1")), set(secret("2"))),
        "environment K: (secret) → (secret)",
    );
    // It may have been a secret: AWS does not say.
    configures(
        &after(set(plain("1")), |_| {}),
        "environment K: (not shown) → -",
    );
    assert!(
        after(set(plain("1")), set(secret("1"))).is_empty(),
        "AWS holds what is wanted"
    );
}

#[test]
fn the_architecture_goes_with_the_code() {
    let plan = after(
        |_| {},
        |deployment| {
            deployment.build.architecture = Architecture::Arm64;
            deployment.functions.remove("sell");
            deployment.state_machines.main.definition =
                crate::resources::sample::definition(&["buy"]);
        },
    );
    let operations = operations(&plan);
    assert!(
        operations.contains(&"UpdateFunctionCode shop-dev-buy".to_owned()),
        "{operations:?}"
    );
    assert!(changes(&plan).contains(&"architecture: x86_64 → arm64".to_owned()));
    assert!(
        !operations
            .iter()
            .any(|step| step.starts_with("UpdateFunctionConfiguration"))
    );
}

#[test]
fn reserved_concurrency_needs_no_release() {
    let plan = after(|_| {}, buy(|f| f.reserved_concurrency = Some(2)));
    assert_eq!(operations(&plan), ["PutFunctionConcurrency shop-dev-buy"]);
    assert_eq!(changes(&plan), ["reserved concurrency: - → 2"]);
    let plan = after(buy(|f| f.reserved_concurrency = Some(2)), |_| {});
    assert_eq!(
        operations(&plan),
        ["DeleteFunctionConcurrency shop-dev-buy"]
    );
    assert_eq!(changes(&plan), ["reserved concurrency: 2 → -"]);
}

#[test]
fn statements_of_a_role() {
    let statement = PolicyStatement {
        actions: vec!["s3:GetObject".to_owned()],
        resources: vec!["arn:aws:s3:::shop/*".into()],
        condition: None,
    };
    let plan = after(|_| {}, buy(|f| f.statements = vec![statement]));
    assert_eq!(operations(&plan), ["PutRolePolicy shop-dev-buy"]);
    assert_eq!(changes(&plan), ["policy"]);
}

#[test]
fn what_somebody_did_to_a_role_is_undone() {
    let project = Project::new();
    let mut cloud = project.deployed();
    let role = cloud.role("buy");
    role.trust = json!({});
    role.other_policies = vec!["by-hand".to_owned()];
    role.attached_policies = vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()];
    let plan = cloud.plan(&project.desired());
    assert_eq!(
        operations(&plan),
        [
            "UpdateAssumeRolePolicy shop-dev-buy",
            "DeleteRolePolicy shop-dev-buy",
            "DetachRolePolicy shop-dev-buy",
        ]
    );
    assert_eq!(
        changes(&plan),
        [
            "trust policy",
            "inline policy: by-hand → -",
            "managed policy: arn:aws:iam::aws:policy/AdministratorAccess → -",
        ]
    );
}

#[test]
fn the_permissions_boundary_of_the_roles() {
    let arn = |name: &str| format!("arn:aws:iam::123456789012:policy/{name}");
    let bounded = |name: &'static str| {
        move |deployment: &mut Deployment| deployment.permissions_boundary = Some(arn(name))
    };
    let roles = ["shop-dev-buy", "shop-dev-sell", "shop-dev-state-machine"];
    let each = |operation: &str, change: &str| {
        (
            roles.map(|role| format!("{operation} {role}")),
            [(); 3].map(|()| format!("permissions boundary: {change}")),
        )
    };
    for (before, now, (wanted, reasons)) in [
        (
            None,
            Some("a"),
            each("PutRolePermissionsBoundary", &format!("- → {}", arn("a"))),
        ),
        (
            Some("a"),
            Some("b"),
            each(
                "PutRolePermissionsBoundary",
                &format!("{} → {}", arn("a"), arn("b")),
            ),
        ),
        (
            Some("a"),
            None,
            each(
                "DeleteRolePermissionsBoundary",
                &format!("{} → -", arn("a")),
            ),
        ),
    ] {
        let set = |name: Option<&'static str>| {
            move |deployment: &mut Deployment| {
                deployment.permissions_boundary = None;
                if let Some(name) = name {
                    bounded(name)(deployment);
                }
            }
        };
        let plan = after(set(before), set(now));
        assert_eq!(operations(&plan), wanted);
        assert_eq!(changes(&plan), reasons);
    }
}

#[test]
fn a_role_is_bounded_before_a_policy_is_written_into_it() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.role("buy").policy = None;
    let mut project = project;
    project.deployment.permissions_boundary =
        Some("arn:aws:iam::123456789012:policy/boundary".to_owned());
    let plan = cloud.plan(&project.desired());
    let step = |operation: &str| {
        let mut steps = plan.steps.iter();
        steps
            .find(|step| {
                step.operation.spec().operation == operation && step.resource.name == "shop-dev-buy"
            })
            .unwrap()
    };
    let bounded = step("PutRolePermissionsBoundary");
    assert!(step("PutRolePolicy").after.contains(&bounded.id));
}

#[test]
fn retention_of_a_log_group() {
    let plan = after(|_| {}, buy(|f| f.log_retention = Some(7)));
    assert_eq!(
        operations(&plan),
        ["PutRetentionPolicy /aws/lambda/shop-dev-buy"]
    );
    assert_eq!(changes(&plan), ["retention: 30 → 7"]);
    let plan = after(|_| {}, buy(|f| f.log_retention = None));
    assert_eq!(
        operations(&plan),
        ["DeleteRetentionPolicy /aws/lambda/shop-dev-buy"]
    );
    assert_eq!(changes(&plan), ["retention: 30 → -"]);
}

#[test]
fn settings_of_the_state_machine() {
    let plan = after(
        |_| {},
        |deployment| deployment.state_machines.main.tracing = true,
    );
    assert_eq!(
        operations(&plan),
        [
            "PutRolePolicy shop-dev-state-machine",
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live",
        ]
    );
    assert_eq!(changes(&plan), ["policy", "tracing: off → on", "live: 1"]);
    assert!(
        plan.steps[1].after.contains(&plan.steps[0].id),
        "Step Functions tries the role out"
    );

    let errors =
        |deployment: &mut Deployment| deployment.state_machines.main.logging = LogLevel::Error;
    let plan = after(errors, |deployment| {
        deployment.state_machines.main.logging = LogLevel::All;
        deployment.state_machines.main.include_execution_data = true;
    });
    assert_eq!(
        changes(&plan),
        [
            "log level: ERROR → ALL",
            "execution data in logs: off → on",
            "live: 1"
        ]
    );
    let plan = after(|_| {}, errors);
    let group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/shop-dev:*";
    assert!(changes(&plan).contains(&format!("log destination: - → {group}")));
    assert_eq!(
        operations(&plan)[..2],
        [
            "PutRolePolicy shop-dev-state-machine",
            "CreateLogGroup /aws/vendedlogs/states/shop-dev",
        ]
    );
}

#[test]
fn tags_are_set_and_removed_and_need_no_release() {
    let tag = |key: &'static str, value: &'static str| {
        move |deployment: &mut Deployment| {
            deployment.tags.insert(key.to_owned(), value.to_owned());
        }
    };
    let plan = after(tag("team", "red"), tag("owner", "blue"));
    let count = |operation: &str| {
        let steps = plan.steps.iter();
        steps
            .filter(|step| step.operation.spec().operation == operation)
            .count()
    };
    // Two functions, two log groups and the state machine share the name of their operation.
    assert_eq!((count("TagResource"), count("UntagResource")), (5, 5));
    assert_eq!((count("TagRole"), count("UntagRole")), (3, 3));
    assert_eq!(plan.steps.len(), 16);
    assert!(changes(&plan).contains(&"tag owner: - → blue".to_owned()));
    assert!(changes(&plan).contains(&"tag team: red → -".to_owned()));
}

#[test]
fn tags_come_after_an_update_since_they_change_the_revision_that_it_is_based_on() {
    let cloud = Project::new().deployed();
    let changed = Project::with(|deployment| {
        deployment.tags.insert("team".to_owned(), "red".to_owned());
    });
    let plan = cloud.plan(&changed.code("buy", "new code").desired());
    let of_buy = |operation: &str| {
        let mut steps = plan.steps.iter();
        let step = steps.find(|step| {
            step.operation.spec().operation == operation
                && step.resource.name == "shop-dev-buy"
                && step.resource.kind == Kind::Function
        });
        step.unwrap()
    };
    assert!(
        of_buy("TagResource")
            .after
            .contains(&of_buy("GetFunction").id)
    );
    assert!(
        of_buy("GetFunction")
            .after
            .contains(&of_buy("UpdateFunctionCode").id)
    );
}

#[test]
fn an_idle_function_is_woken_by_the_update_of_its_configuration() {
    let mut cloud = Project::new().deployed();
    cloud.function("buy").latest.inactive = true;
    let project = Project::new();
    assert!(cloud.plan(&project.desired()).is_empty());
    let plan = cloud.plan(&project.code("buy", "new code").desired());
    assert_eq!(
        operations(&plan)[..2],
        [
            "UpdateFunctionConfiguration shop-dev-buy",
            "GetFunction shop-dev-buy"
        ]
    );
}

#[test]
fn tags_of_aws_itself_stay() {
    let project = Project::new();
    let mut cloud = project.deployed();
    let tags = &mut cloud.function("buy").tags;
    tags.insert("aws:cloudformation:stack-name".to_owned(), "x".to_owned());
    assert!(cloud.plan(&project.desired()).is_empty());
}

#[test]
fn a_role_that_was_created_again_is_let_decrypt() {
    let project = Project::with(buy(|f| {
        f.settings.environment = [("K".to_owned(), plain("1"))].into()
    }));
    let desired = project.desired();
    let again = |plan: &Plan| {
        let functions = operations(plan).into_iter();
        let functions = functions.filter(|step| step.starts_with("UpdateFunctionConfiguration"));
        functions.collect::<Vec<_>>()
    };
    let mut cloud = project.deployed();
    cloud.create_role_again("buy");
    cloud.create_role_again("sell");
    assert!(!cloud.may_decrypt(1));
    let plan = cloud.deploy(&desired);
    assert_eq!(
        again(&plan),
        ["UpdateFunctionConfiguration shop-dev-buy"],
        "`sell` has nothing to decrypt"
    );
    assert_eq!(cloud.live(), Some(2), "a release with the new version");
    assert!(cloud.may_decrypt(2));
    assert!(cloud.plan(&desired).is_empty());

    cloud.held.roles.remove("shop-dev-buy");
    let plan = cloud.plan(&desired);
    assert_eq!(again(&plan), ["UpdateFunctionConfiguration shop-dev-buy"]);
    // Cut off behind the role: the next deploy finds it, and that it is younger than the function.
    let function = plan
        .steps
        .iter()
        .position(|step| step.resource.kind == Kind::Function);
    cloud.apply_some(&plan, |i| i < function.unwrap());
    let plan = cloud.deploy(&desired);
    assert_eq!(again(&plan), ["UpdateFunctionConfiguration shop-dev-buy"]);
    assert!(cloud.may_decrypt(3));

    // Cut off before the version is published.
    cloud.create_role_again("buy");
    let plan = cloud.plan(&desired);
    let publish = |step: &str| step.starts_with("PublishVersion");
    let publish = operations(&plan).iter().position(|step| publish(step));
    cloud.apply_some(&plan, |i| i < publish.unwrap());
    cloud.deploy(&desired);
    assert!(cloud.may_decrypt(4));
    assert!(cloud.plan(&desired).is_empty());
}
