//! Keys of the user's own, the format of logs, and networks with IPv6: what deploy.toml says reaches AWS, and what AWS
//! holds is compared with it.

use rustix::process::Signal;

use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/1";

fn project() -> Project {
    let settings = format!(
        "kms-key = \"{KEY}\"\nlog-kms-key = \"{KEY}\"\nlog-format = \"JSON\"\nsystem-log-level = \"WARN\"\n\
         vpc = {{ subnet-ids = [\"subnet-1\"], security-group-ids = [\"sg-1\"], dual-stack = true }}\n"
    );
    let state_machine = format!(
        "[state-machine]\nkms-key = \"{KEY}\"\nlog-kms-key = \"{KEY}\"\nlogging = \"ALL\"\n"
    );
    Project::transactions()
        .without_tests()
        .function_settings("purchase-handler", &settings)
        .settings(&state_machine)
        .write()
}

#[tokio::test]
async fn keys_levels_and_dual_stack_reach_aws_and_what_is_changed_there_is_seen() {
    let project = project();
    let mut server = LocalServer::start(project.path(), &[]).await;
    let deploy = ["deploy", "--local"];
    project.alone(&deploy).run().await.succeeded();
    let unchanged = ["plan", "--local", "--exit-code"];
    project.alone(&unchanged).run().await.succeeded();

    let account = Account::at(&server.url).await;
    let function = "transactions-dev-purchase-handler";
    let lambda = || account.lambda.get_function_configuration();
    let found = lambda()
        .function_name(function)
        .send()
        .await
        .expect("the function");
    let logging = found.logging_config().expect("logging");
    assert_eq!(found.kms_key_arn(), Some(KEY));
    assert_eq!(
        found
            .vpc_config()
            .and_then(|vpc| vpc.ipv6_allowed_for_dual_stack()),
        Some(true)
    );
    assert_eq!(
        logging.application_log_level().map(|level| level.as_str()),
        Some("INFO")
    );
    assert_eq!(
        logging.system_log_level().map(|level| level.as_str()),
        Some("WARN")
    );

    let log_group = format!("/aws/lambda/{function}");
    let changed = account.lambda.update_function_configuration();
    let text = aws_sdk_lambda::types::LoggingConfig::builder()
        .log_format(aws_sdk_lambda::types::LogFormat::Text)
        .build();
    let changed = changed
        .function_name(function)
        .kms_key_arn("")
        .logging_config(text);
    changed.send().await.expect("UpdateFunctionConfiguration");
    let changed = account
        .logs
        .disassociate_kms_key()
        .log_group_name(&log_group);
    changed.send().await.expect("DisassociateKmsKey");
    let plan = project.alone(&unchanged).run().await.exits_with(4);
    for change in [
        format!("~ log group {log_group}\n    KMS key  (none) → {KEY}"),
        format!("KMS key                (none) → {KEY}"),
        "log format             Text → JSON".to_owned(),
        "system log level       (none) → WARN".to_owned(),
    ] {
        assert!(plan.stdout.contains(&change), "{change}: {}", plan.stdout);
    }
    project.alone(&deploy).run().await.succeeded();
    project.alone(&unchanged).run().await.succeeded();

    let described = account.states.describe_state_machine();
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:transactions-dev";
    let described = described
        .state_machine_arn(arn)
        .send()
        .await
        .expect("the state machine");
    let encryption = described.encryption_configuration().expect("a key");
    assert_eq!(encryption.kms_key_id(), Some(KEY));
    server.signal(Signal::INT).await;
}
