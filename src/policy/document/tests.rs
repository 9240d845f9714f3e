use super::*;
use crate::policy::SIZE_LIMIT;
use crate::resources::sample;
use crate::stack::Members;

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

struct Printed(Vec<Value>);

impl Printed {
    fn new(stage: &str, boundary: Option<&str>, commands: &[Command]) -> Self {
        let deployment = sample::deployment();
        let mut stack = sample::stack();
        stack.stage = stage.to_owned();
        let scope = Scope {
            stack: &stack,
            functions: &deployment.functions,
            state_machines: &deployment.state_machines,
            event_buses: deployment.event_buses(),
            answers_tasks: deployment.answers_tasks(),
            former: &Members {
                handlers: ["rent".to_owned()].into(),
                ..Members::default()
            },
            all: None,
            boundary,
        };
        let document = document(&scope, commands);
        Self(document["Statement"].as_array().unwrap().clone())
    }

    fn with(&self, action: &str) -> Option<&Value> {
        let mut holding = self.0.iter().filter(|statement| {
            let actions = statement["Action"].as_array().unwrap();
            actions.iter().any(|found| found == action)
        });
        let found = holding.next();
        assert_eq!(holding.next(), None, "{action} stands twice");
        found
    }

    fn actions(&self) -> impl Iterator<Item = &str> {
        let statements = self.0.iter();
        let actions = statements.flat_map(|one| one["Action"].as_array().unwrap());
        actions.map(|action| action.as_str().unwrap())
    }

    fn resources(&self) -> impl Iterator<Item = &str> {
        let statements = self.0.iter();
        let resources = statements.flat_map(|one| one["Resource"].as_array().unwrap());
        resources.map(|resource| resource.as_str().unwrap())
    }
}

#[test]
fn a_reader_may_write_nothing() {
    let readers = [
        Command::Plan,
        Command::Diff,
        Command::Status,
        Command::Logs,
        Command::Graph,
    ];
    for action in Printed::new("dev", None, &readers).actions() {
        let name = action.split(':').nth(1).unwrap();
        let reads = ["Get", "List", "Describe", "Filter"];
        assert!(reads.iter().any(|read| name.starts_with(read)), "{name}");
    }
}

#[test]
fn the_whole_policy_fits_into_a_managed_policy() {
    for boundary in [None, Some(BOUNDARY)] {
        let printed = Printed::new("dev", boundary, &Command::ALL);
        assert!(Value::from(printed.0).to_string().len() < SIZE_LIMIT);
    }
}

#[test]
fn roles_are_passed_to_two_services_only() {
    let printed = Printed::new("dev", None, &[Command::Deploy]);
    let passing = printed.with("iam:PassRole").unwrap();
    let roles = "arn:aws:iam::123456789012:role/txflow/shop/dev/shop-dev-*";
    assert_eq!(passing["Resource"], json!([roles]));
    assert_eq!(
        passing["Condition"]["StringEquals"]["iam:PassedToService"],
        json!(["lambda.amazonaws.com", "states.amazonaws.com"])
    );
}

#[test]
fn with_a_boundary_roles_are_made_and_given_policies_only_under_it() {
    let printed = Printed::new("dev", Some(BOUNDARY), &Command::ALL);
    for action in [
        "iam:CreateRole",
        "iam:PutRolePolicy",
        "iam:PutRolePermissionsBoundary",
    ] {
        assert_eq!(
            printed.with(action).unwrap()["Condition"],
            json!({ "StringEquals": { "iam:PermissionsBoundary": BOUNDARY } }),
            "{action}"
        );
    }
    // What IAM cannot hold to anything.
    assert_eq!(printed.with("iam:UpdateAssumeRolePolicy"), None);
    let without = Printed::new("dev", None, &Command::ALL);
    assert!(without.with("iam:UpdateAssumeRolePolicy").is_some());
    assert_eq!(without.with("iam:PutRolePermissionsBoundary"), None);
    for printed in [printed, without] {
        for never in ["iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy"] {
            assert_eq!(printed.with(never), None, "{never}");
        }
    }
}

/// Names are made of the name of the workflow, the stage and the function, with hyphens between and within.
#[test]
fn no_pattern_ends_within_a_name() {
    for stage in ["prod", "pr-*"] {
        for resource in Printed::new(stage, Some(BOUNDARY), &Command::ALL).resources() {
            let all_groups = resource.ends_with("log-group:*");
            let path = format!("/txflow/shop/{stage}/");
            if resource == "*" || all_groups || resource.contains(&path) {
                continue;
            }
            let whole = resource.strip_suffix(":*").unwrap_or(resource);
            let whole = whole.replace("pr-*", "prod");
            assert!(!whole.contains('*'), "{resource}");
        }
    }
}

#[test]
fn a_function_that_left_deploy_toml_can_be_named() {
    let printed = Printed::new("dev", None, &[Command::Deploy]);
    let functions = printed.with("lambda:DeleteFunction").unwrap();
    let functions = functions["Resource"].as_array().unwrap();
    let arn = |name: &str| {
        json!(format!(
            "arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        ))
    };
    let all = ["buy", "rent", "sell"];
    let all = all.map(|name| {
        [
            arn(&format!("shop-dev-{name}")),
            arn(&format!("shop-dev-{name}:*")),
        ]
    });
    assert_eq!(*functions, all.concat());
}
