//! What the holder of the printed policy may try, and does not get: each attempt is denied in the embedded AWS.
//!
//! The embedded AWS checks what it simulates of IAM: one identity policy for all callers, with the condition keys
//! `iam:PassedToService` and `iam:PermissionsBoundary`, and for the role of a state machine its policies and its
//! boundary. It gives handlers no credentials and assumes no role for callers, so that what a session of a role may do
//! is tried through a state machine.

use std::fs;

use aws_sdk_iam::types::Tag;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};
use crate::support::txflow::Outcome;

const BOUNDARY: &str = "arn:aws:iam::000000000000:policy/prod-boundary";
const OTHER_BOUNDARY: &str = "arn:aws:iam::000000000000:policy/preview-boundary";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const ANYBODY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#;
const LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

const PATH: &str = "/txflow/transactions/prod/";
const OWN: &str = "transactions-prod-purchase-handler";
/// Names that those of `prod` are a part of.
const FOREIGN: &str = "transactions-prod-2-purchase-handler";

fn project() -> Project {
    let definition = json!({
        "StartAt": "Purchase",
        "States": { "Purchase": task("purchase-handler") }
    });
    Project::new("transactions")
        .handler("purchase-handler")
        .definition(definition)
        .settings(&format!(
            "[tests.PURCHASE]\ninput = {{}}\n\
             [state-machine]\nlogging = \"ALL\"\n\
             [roles]\npermissions-boundary = \"{OTHER_BOUNDARY}\"\n\
             [stages.prod]\nprotect = true\n\
             [stages.prod.roles]\npermissions-boundary = \"{BOUNDARY}\"\n"
        ))
        .write()
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:000000000000:{resource}")
}

fn role_arn(path_and_name: &str) -> String {
    format!("arn:aws:iam::000000000000:role{path_and_name}")
}

async fn printed(project: &Project, arguments: &[&str]) -> Value {
    let arguments = [&["policy", "--local"], arguments].concat();
    project.alone(&arguments).run().await.succeeded().json()
}

async fn run(project: &Project, arguments: &[&str]) -> Outcome {
    let arguments = [arguments, &["--local"]].concat();
    project.alone(&arguments).run().await
}

/// The embedded AWS, whose callers may do what the policy allows.
async fn limited(project: &Project, policy: &Value) -> LocalServer {
    let file = project.path().join("policy.json");
    fs::write(&file, policy.to_string()).expect("write the policy");
    LocalServer::start(project.path(), &["--policy", "policy.json"]).await
}

/// A project with the stages `prod`, `prod-2` and `pr-1`, and a role of somebody else's.
async fn neighbourhood() -> Project {
    let project = project();
    for stage in ["prod", "prod-2", "pr-1"] {
        let deployed = run(&project, &["deploy", "--stage", stage]).await;
        deployed.succeeded();
    }
    let mut server = LocalServer::start(project.path(), &[]).await;
    let iam = Account::at(&server.url).await.iam;
    let create = iam.create_role().role_name("administrator");
    let create = create.assume_role_policy_document(LAMBDA).send().await;
    create.expect("CreateRole");
    server.signal(Signal::INT).await;
    project
}

/// Fails unless AWS says that it is denied.
macro_rules! denied {
    ($($name:literal: $call:expr;)*) => {{
        let mut count = 0;
        $(
            let error = match $call.send().await {
                Ok(_) => panic!("{}: it was allowed", $name),
                Err(error) => error.into_service_error(),
            };
            let code = error.meta().code().unwrap_or_default();
            assert!(code.starts_with("AccessDenied"), "{}: {error:?}", $name);
            count += 1;
        )*
        count
    }};
}

#[tokio::test]
async fn whoever_deploys_prod_gets_nothing_else() {
    let project = neighbourhood().await;
    let policy = printed(&project, &["--stage", "prod"]).await;
    let mut server = limited(&project, &policy).await;
    let Account {
        iam,
        lambda,
        states: sfn,
        logs,
        ..
    } = Account::at(&server.url).await;
    let create = |path: &str, name: &str| {
        let create = iam.create_role().path(path).role_name(name);
        create.assume_role_policy_document(LAMBDA)
    };
    let evil = "transactions-prod-evil";
    let put = |role: &str| {
        let put = iam.put_role_policy().role_name(role).policy_name("evil");
        put.policy_document(EVERYTHING)
    };
    let function = |name: &str, role: &str| {
        let code = aws_sdk_lambda::types::FunctionCode::builder();
        let code = code
            .zip_file(aws_sdk_lambda::primitives::Blob::new(b"PK"))
            .build();
        let create = lambda.create_function().function_name(name).code(code);
        create
            .role(role)
            .handler("bootstrap")
            .runtime("provided.al2023".into())
    };
    let machine = |name: &str, role: &str| {
        let create = sfn.create_state_machine().name(name).role_arn(role);
        create.definition(r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#)
    };
    let own_role = role_arn(&format!("{PATH}{OWN}"));
    let foreign_role = role_arn(&format!("/txflow/transactions/prod-2/{FOREIGN}"));
    let foreign_machine = arn("states", "stateMachine:transactions-prod-2");
    let foreign_group = format!("/aws/lambda/{FOREIGN}");
    let attempts = denied! {
        "a role without a boundary": create(PATH, evil);
        "a role with another boundary": create(PATH, evil).permissions_boundary(OTHER_BOUNDARY);
        "a role with a boundary that allows everything": create(PATH, evil).permissions_boundary(ADMINISTRATOR);
        "a role at the root": create("/", evil).permissions_boundary(BOUNDARY);
        "a role under the path of a stage whose name begins alike":
            create("/txflow/transactions/prod-2/", evil).permissions_boundary(BOUNDARY);
        "a policy in a role of nobody's stack": put("administrator");
        "a policy in a role of another stage": put(FOREIGN);
        "AdministratorAccess for a role of the stack":
            iam.attach_role_policy().role_name(OWN).policy_arn(ADMINISTRATOR);
        "AdministratorAccess for a role of nobody's stack":
            iam.attach_role_policy().role_name("administrator").policy_arn(ADMINISTRATOR);
        "a role without its boundary": iam.delete_role_permissions_boundary().role_name(OWN);
        "a role with its boundary changed":
            iam.put_role_permissions_boundary().role_name(OWN).permissions_boundary(ADMINISTRATOR);
        "another stage's role with this stage's boundary":
            iam.put_role_permissions_boundary().role_name(FOREIGN).permissions_boundary(BOUNDARY);
        "another text for the boundary":
            iam.create_policy_version().policy_arn(BOUNDARY).policy_document(EVERYTHING).set_as_default(true);
        "an older text for the boundary":
            iam.set_default_policy_version().policy_arn(BOUNDARY).version_id("v1");
        "no boundary at all": iam.delete_policy().policy_arn(BOUNDARY);
        "a policy of one's own": iam.create_policy().policy_name("evil").policy_document(EVERYTHING);
        "a role of the stack that everybody may assume":
            iam.update_assume_role_policy().role_name(OWN).policy_document(ANYBODY);
        "another role that everybody may assume":
            iam.update_assume_role_policy().role_name("administrator").policy_document(ANYBODY);
        "the tags of another stage's role":
            iam.tag_role().role_name(FOREIGN).tags(Tag::builder().key("a").value("b").build().expect("a tag"));
        "another stage's role removed": iam.delete_role().role_name(FOREIGN);
        "a user": iam.create_user().user_name("evil");
        "a key": iam.create_access_key().user_name("somebody");
        "a function of the stack with another stage's role": function(OWN, &foreign_role);
        "a function of the stack with an administrator's role": function(OWN, &role_arn("/administrator"));
        "a function of another name": function("transactions-prod-2-evil", &own_role);
        "a state machine of the stack with an administrator's role":
            machine("transactions-prod", &role_arn("/administrator"));
        "a state machine of another name": machine("transactions-prod-2", &own_role);
        "another stage's code": lambda.update_function_code().function_name(FOREIGN)
            .zip_file(aws_sdk_lambda::primitives::Blob::new(b"PK"));
        "another stage's environment": lambda.get_function().function_name(FOREIGN);
        "another stage's environment by its configuration":
            lambda.get_function_configuration().function_name(FOREIGN);
        "another stage's environment by its versions": lambda.list_versions_by_function().function_name(FOREIGN);
        "another stage's function invoked": lambda.invoke().function_name(FOREIGN);
        "another stage's function removed": lambda.delete_function().function_name(FOREIGN);
        "another stage's state machine removed": sfn.delete_state_machine().state_machine_arn(&foreign_machine);
        "another stage's alias moved":
            sfn.update_state_machine_alias().state_machine_alias_arn(format!("{foreign_machine}:live"))
                .description("evil");
        "another stage's execution started": sfn.start_execution().state_machine_arn(&foreign_machine);
        "another stage's logs removed": logs.delete_log_group().log_group_name(&foreign_group);
        "another stage's logs read": logs.filter_log_events().log_group_name(&foreign_group);
        "another stage's execution logs removed":
            logs.delete_log_group().log_group_name("/aws/vendedlogs/states/transactions-prod-2");
        "another account let in": lambda.add_permission().function_name(OWN).statement_id("evil")
            .action("lambda:InvokeFunction").principal("*");
    };
    assert!(attempts >= 15, "{attempts}");
    server.signal(Signal::INT).await;
}

/// The service that a role is passed to is not the caller's choice with these services, so the printed condition is
/// held to others here.
#[tokio::test]
async fn roles_are_passed_to_lambda_and_step_functions_only() {
    let project = neighbourhood().await;
    let mut policy = printed(&project, &["--stage", "prod"]).await;
    let statements = policy["Statement"].as_array_mut().expect("statements");
    let mut passing = statements.iter_mut();
    let passing = passing.find(|one| one["Sid"] == "PassedRoles");
    let services = &mut passing.expect("a statement")["Condition"]["StringEquals"];
    assert_eq!(
        services["iam:PassedToService"],
        json!(["lambda.amazonaws.com", "states.amazonaws.com"])
    );
    services["iam:PassedToService"] = json!(["ec2.amazonaws.com"]);
    let mut server = limited(&project, &policy).await;
    let Account { states: sfn, .. } = Account::at(&server.url).await;
    let role = role_arn(&format!("{PATH}transactions-prod-state-machine"));
    let machine = arn("states", "stateMachine:transactions-prod");
    let update = || {
        sfn.update_state_machine()
            .state_machine_arn(&machine)
            .role_arn(&role)
    };
    assert_eq!(
        denied! { "a role passed to a service that is not named": update(); },
        1
    );
    server.signal(Signal::INT).await;
}

/// A role may be given any policy under its boundary. It does not help.
#[tokio::test]
async fn a_role_with_every_permission_reaches_no_further_than_its_boundary() {
    let project = neighbourhood().await;
    let policy = printed(&project, &["--stage", "prod"]).await;
    let mut server = limited(&project, &policy).await;
    let Account {
        iam, states: sfn, ..
    } = Account::at(&server.url).await;
    let role = "transactions-prod-state-machine";
    let put = iam.put_role_policy().role_name(role).policy_name("evil");
    put.policy_document(EVERYTHING)
        .send()
        .await
        .expect("PutRolePolicy");
    let machine = arn("states", "stateMachine:transactions-prod");
    let mut said = Vec::new();
    for function in [OWN, FOREIGN].map(|function| format!("{function}:1")) {
        let definition = json!({ "StartAt": "Call", "States": { "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": arn("lambda", &format!("function:{function}")) },
            "End": true
        } } });
        let update = sfn.update_state_machine().state_machine_arn(&machine);
        let update = update.definition(definition.to_string()).send().await;
        update.expect("UpdateStateMachine");
        let started = sfn
            .start_execution()
            .state_machine_arn(&machine)
            .send()
            .await;
        let execution = started.expect("StartExecution").execution_arn;
        said.push(loop {
            let describe = sfn.describe_execution().execution_arn(&execution);
            let described = describe.send().await.expect("DescribeExecution");
            if described.status().as_str() != "RUNNING" {
                let cause = described.cause().unwrap_or_default();
                break format!("{} {cause}", described.status().as_str());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        });
    }
    assert!(said[0].starts_with("SUCCEEDED"), "{}", said[0]);
    let because = "because no permissions boundary allows the lambda:InvokeFunction action";
    assert!(said[1].contains(because), "{}", said[1]);
    server.signal(Signal::INT).await;
}

#[tokio::test]
async fn whoever_deploys_previews_cannot_touch_prod_and_whoever_plans_sees_one_stage() {
    let project = neighbourhood().await;
    let previews = printed(&project, &["--stages", "pr-*"]).await;
    let plans = printed(&project, &["--stage", "prod-2", "--command", "plan"]).await;
    for policy in [previews, plans] {
        let mut server = limited(&project, &policy).await;
        let Account {
            iam,
            lambda,
            states: sfn,
            logs,
            ..
        } = Account::at(&server.url).await;
        let machine = arn("states", "stateMachine:transactions-prod");
        let attempts = denied! {
            "code": lambda.update_function_code().function_name(OWN)
                .zip_file(aws_sdk_lambda::primitives::Blob::new(b"PK"));
            "environment": lambda.get_function().function_name(OWN);
            "environment by its configuration": lambda.get_function_configuration().function_name(OWN);
            "environment by its versions": lambda.list_versions_by_function().function_name(OWN);
            "invocation": lambda.invoke().function_name(OWN);
            "execution": sfn.start_execution().state_machine_arn(&machine);
            "definition": sfn.describe_state_machine().state_machine_arn(&machine);
            "removal": sfn.delete_state_machine().state_machine_arn(&machine);
            "logs": logs.filter_log_events().log_group_name(format!("/aws/lambda/{OWN}"));
            "role": iam.put_role_policy().role_name(OWN).policy_name("evil").policy_document(EVERYTHING);
            "role under prod's boundary": iam.create_role().path("/txflow/transactions/pr-1/")
                .role_name("transactions-pr-1-evil").assume_role_policy_document(LAMBDA)
                .permissions_boundary(BOUNDARY);
        };
        assert_eq!(attempts, 11);
        server.signal(Signal::INT).await;
    }
    let covering = ["policy", "--stages", "*"];
    let refused = project.alone(&covering).run().await.exits_with(2);
    assert_shown!("stages_with_a_protected_one", refused.stderr);
}

/// With the policy, the boundary and nothing more.
#[tokio::test]
async fn the_whole_life_of_a_stack_passes_under_the_boundary() {
    let mut project = project();
    let boundary = printed(&project, &["--stage", "prod", "--boundary"]).await;
    let mut server = LocalServer::start(project.path(), &[]).await;
    let iam = Account::at(&server.url).await.iam;
    let create = iam.create_policy().policy_name("prod-boundary");
    let create = create.policy_document(boundary.to_string()).send().await;
    create.expect("CreatePolicy");
    server.signal(Signal::INT).await;

    let policy = printed(&project, &["--stage", "prod"]).await;
    let mut server = limited(&project, &policy).await;
    let stage = ["--stage", "prod"];
    let with = |arguments: &[&'static str]| [arguments, &stage].concat();
    run(&project, &with(&["deploy"])).await.succeeded();
    run(&project, &with(&["test"])).await.succeeded();
    project = project.change_handler("purchase-handler");
    run(&project, &with(&["deploy", "--test"]))
        .await
        .succeeded();
    run(&project, &with(&["rollback"])).await.succeeded();
    run(&project, &with(&["test"])).await.succeeded();
    run(&project, &with(&["logs"])).await.succeeded();
    server.signal(Signal::INT).await;

    // Somebody loosens a role by hand; the deploy with nothing but the policy mends it.
    let mut server = LocalServer::start(project.path(), &[]).await;
    let iam = Account::at(&server.url).await.iam;
    let delete = iam.delete_role_permissions_boundary().role_name(OWN);
    delete.send().await.expect("DeleteRolePermissionsBoundary");
    let put = iam.put_role_policy().role_name(OWN).policy_name("txflow");
    put.policy_document(EVERYTHING)
        .send()
        .await
        .expect("PutRolePolicy");
    server.signal(Signal::INT).await;
    let mut server = limited(&project, &policy).await;
    let drift = run(&project, &with(&["status"])).await.succeeded();
    assert_shown!("boundary_removed_by_hand", drift.stdout);
    run(&project, &with(&["deploy"])).await.succeeded();
    let plan = run(&project, &with(&["plan", "--exit-code"])).await;
    plan.exits_with(0);

    run(&project, &[&with(&["destroy"])[..], &["--yes"]].concat())
        .await
        .succeeded();
    server.signal(Signal::INT).await;
    let mut server = LocalServer::start(project.path(), &[]).await;
    let left = Account::at(&server.url).await.snapshot().await;
    assert_eq!(left.0, [""; 0]);
    server.signal(Signal::INT).await;
}

#[tokio::test]
async fn a_boundary_that_is_missing_or_leaves_deploy_toml_is_explained() {
    let project = project();
    let policy = printed(&project, &["--stage", "prod"]).await;
    let mut server = limited(&project, &policy).await;
    let deploy = ["deploy", "--stage", "prod"];
    let missing = run(&project, &deploy).await.exits_with(1);
    missing
        .says(&format!(
            "the permissions boundary `{BOUNDARY}` does not exist"
        ))
        .says("`txflow policy --boundary`");
    server.signal(Signal::INT).await;

    // Without a policy that limits it, the local AWS is given the boundary as somebody would have made it.
    run(&project, &deploy).await.succeeded();
    let toml = fs::read_to_string(project.path().join("deploy.toml")).expect("deploy.toml");
    let (before, _) = toml.split_once("[roles]").expect("roles");
    let without_roles = format!("{before}[stages.prod]\n");
    fs::write(project.path().join("deploy.toml"), without_roles).expect("write deploy.toml");
    let mut server = limited(&project, &policy).await;
    let plan = run(&project, &["plan", "--stage", "prod"])
        .await
        .succeeded();
    assert_shown!("boundary_leaves_deploy_toml", plan.stdout);
    let removed = run(&project, &deploy).await.exits_with(1);
    removed
        .says("`iam:DeleteRolePermissionsBoundary`")
        .says("ask an administrator to run this command once");
    server.signal(Signal::INT).await;
    run(&project, &deploy).await.succeeded();
}
