//! A role that somebody deleted: KMS grants are worth nothing to another one of its name.

use std::time::Duration;

use aws_sdk_iam::types::{Role, Tag};
use percent_encoding::percent_decode_str;

use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;

const FUNCTION: &str = "transactions-dev-purchase-handler";

/// Deletes the role by hand, and returns it with its policy.
async fn delete(account: &Account) -> (Role, String, String) {
    let role = account.iam.get_role().role_name(FUNCTION).send().await;
    let role = role.expect("GetRole").role.expect("a role");
    let names = account.iam.list_role_policies().role_name(FUNCTION);
    let names = names.send().await.expect("ListRolePolicies").policy_names;
    let name = names.first().expect("a policy");
    let policy = account.iam.get_role_policy();
    let policy = policy.role_name(FUNCTION).policy_name(name).send().await;
    let policy = decoded(policy.expect("GetRolePolicy").policy_document());
    let delete = account.iam.delete_role_policy();
    let delete = delete.role_name(FUNCTION).policy_name(name);
    delete.send().await.expect("DeleteRolePolicy");
    let delete = account.iam.delete_role().role_name(FUNCTION);
    delete.send().await.expect("DeleteRole");
    (role, name.clone(), policy)
}

fn decoded(document: &str) -> String {
    percent_decode_str(document)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

/// Creates it as it was.
async fn create(account: &Account, (role, name, policy): (Role, String, String)) {
    let trust = role.assume_role_policy_document().expect("a trust policy");
    let create = account.iam.create_role();
    let create = create
        .role_name(FUNCTION)
        .path(role.path())
        .assume_role_policy_document(decoded(trust))
        .set_permissions_boundary(
            role.permissions_boundary()
                .and_then(|boundary| boundary.permissions_boundary_arn.clone()),
        )
        .set_tags(Some(Vec::<Tag>::from(role.tags())));
    create.send().await.expect("CreateRole");
    let put = account.iam.put_role_policy().role_name(FUNCTION);
    let put = put.policy_name(name).policy_document(policy);
    put.send().await.expect("PutRolePolicy");
}

/// IAM tells the time to the second, so a role is younger than a version only in a later second.
async fn a_later_second(account: &Account) {
    let role = async || {
        let role = account.iam.get_role().role_name(FUNCTION).send().await;
        role.expect("GetRole")
            .role
            .expect("a role")
            .create_date
            .secs()
    };
    let function = account.lambda.get_function_configuration();
    let function = function.function_name(FUNCTION).send().await;
    let modified = function.expect("GetFunctionConfiguration").last_modified;
    let modified: jiff::Timestamp = modified.expect("a time").parse().expect("a time");
    while role().await <= modified.as_second() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let deleted = delete(account).await;
        create(account, deleted).await;
    }
}

#[tokio::test]
async fn functions_run_after_somebody_has_deleted_their_role() {
    let project = Project::transactions()
        .without_tests()
        .settings("[tests.PURCHASE]\ninput = { type = \"PURCHASE\" }\n")
        .function_settings("purchase-handler", "environment = { KEY = \"value\" }\n")
        .write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    run(&["deploy", "--local", "--test"]).await.succeeded();

    delete(&account).await;
    run(&["deploy", "--local", "--test"]).await.succeeded();
    run(&["plan", "--local", "--exit-code"]).await.succeeded();

    a_later_second(&account).await;
    let test = run(&["test", "--local"]).await.exits_with(3);
    assert!(test.stdout.contains("KMS"), "{}", test.stdout);
    let plan = run(&["plan", "--local"]).await.succeeded();
    let reason = "its role is new";
    assert!(plan.stdout.contains(reason), "{}", plan.stdout);
    run(&["deploy", "--local", "--test"]).await.succeeded();
    run(&["plan", "--local", "--exit-code"]).await.succeeded();
}
