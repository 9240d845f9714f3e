//! The second example, from what `init` writes to its removal: other services, values and triggers.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::moto::moto;
use crate::support::account::Account;
use crate::support::txflow::{Outcome, Txflow};

/// Where the example is written, by one test at a time. Paths are a part of what a build depends on, so only in the same
/// folder AWS's SDK is compiled once.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/order-fulfilment");
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/order-fulfilment-target");
static ALONE: Mutex<()> = Mutex::const_new(());

/// A project from the template.
struct Example {
    _alone: MutexGuard<'static, ()>,
}

impl Example {
    async fn written() -> Self {
        let alone = ALONE.lock().await;
        if let Err(error) = fs::remove_dir_all(FOLDER) {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        }
        let around = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let arguments = ["init", "--template", "order-fulfilment", "-C", FOLDER];
        let init = Txflow::without_account(around, &arguments);
        init.run().await.succeeded();
        Self { _alone: alone }
    }

    fn path(&self) -> &'static Path {
        Path::new(FOLDER)
    }

    /// The profile is overridden: a small zip would take its time. The first build fetches what txflow's own lock does not
    /// name, AWS's SDK of DynamoDB, and takes minutes beside the other tests.
    fn building(&self, txflow: Txflow) -> Txflow {
        txflow
            .within(Duration::from_secs(1200))
            .env("CARGO_TARGET_DIR", TARGET)
            .env("CARGO_PROFILE_LAMBDA_INHERITS", "dev")
            .env("CARGO_PROFILE_LAMBDA_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_LAMBDA_LTO", "off")
            .env("CARGO_PROFILE_LAMBDA_DEBUG", "false")
            .env("CARGO_PROFILE_LAMBDA_CODEGEN_UNITS", "16")
    }

    async fn local(&self, arguments: &[&str]) -> Outcome {
        let arguments = [arguments, &["--local"]].concat();
        let txflow = Txflow::without_account(self.path(), &arguments);
        self.building(txflow).run().await.succeeded()
    }

    async fn at(&self, endpoint: &str, arguments: &[&str]) -> Outcome {
        let txflow = Txflow::new(self.path(), endpoint, arguments);
        self.building(txflow).run().await
    }
}

#[tokio::test]
async fn it_is_deployed_tested_and_removed_locally() {
    let example = Example::written().await;
    let valid = Txflow::without_account(example.path(), &["validate"]);
    assert_eq!(
        valid.run().await.succeeded().stderr,
        "",
        "it has no warnings"
    );

    // Its role may do what its states do, on what the values name.
    let arguments = ["policy", "--role", "state-machine"];
    let policy = Txflow::without_account(example.path(), &arguments);
    let policy = policy.run().await.succeeded().stdout;
    for allowed in [
        "dynamodb:PutItem",
        ":table/orders",
        "sns:Publish",
        "sqs:SendMessage",
        ":order-approvals",
        ":function:order-fulfilment-dev-reserve-item:*",
    ] {
        assert!(policy.contains(allowed), "{allowed} in {policy}");
    }

    example.local(&["plan"]).await.says("weekly-coffee");
    let tests = example.local(&["deploy", "--test"]).await;
    tests.says("9 tests: 9 passed, 0 failed");
    // The tables keep what the first run stored.
    let tests = example.local(&["test", "--fast"]).await;
    tests.says("9 tests: 9 passed, 0 failed");
    example.local(&["status"]).await.says("No drift");
    // What no test tries breaks neither of its state machines.
    for machine in [&[][..], &["--state-machine", "shipping"]] {
        let explored = example.local(&[&["explore"], machine].concat()).await;
        explored.says("no findings");
    }
    // A deploy without a change writes nothing.
    let again = example.local(&["plan", "--exit-code"]).await;
    assert!(!again.stdout.contains("weekly-coffee"), "{again:#?}");
    example.local(&["destroy", "--yes"]).await;
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn moto_holds_it_and_nothing_of_it_is_left() {
    let (_moto, wire) = moto().await;
    let account = Account::at(&wire.url()).await;
    let before = account.snapshot().await;
    let example = Example::written().await;
    // moto runs no executions, and neither schedules nor rules of EventBridge are a part of this.
    let deploy_toml = example.path().join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read deploy.toml");
    let parts: Vec<&str> = text.split("\n\n").collect();
    let without = |part: &&&str| !part.contains("[[triggers]]") && !part.contains("[tests.");
    let parts: Vec<&str> = parts.iter().filter(without).copied().collect();
    fs::write(&deploy_toml, parts.join("\n\n")).expect("write deploy.toml");

    example.at(&wire.url(), &["deploy"]).await.succeeded();
    assert_ne!(account.snapshot().await, before);
    let destroy = example.at(&wire.url(), &["destroy", "--yes"]).await;
    destroy.succeeded();
    assert_eq!(account.snapshot().await, before);
}
