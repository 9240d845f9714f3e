//! The repository's own workflow, deployed as a newcomer deploys it.

use crate::support::account::Account;
use crate::support::emulators::Emulators;
use crate::support::project::repository;
use crate::support::txflow::{Outcome, Txflow};

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_clone_is_deployed_tested_and_removed() {
    let emulators = Emulators::required();
    let ministack = emulators.ministack().await;
    let run = async |arguments: &[&str]| -> Outcome {
        let mut txflow = Txflow::new(&repository(), &ministack.url(), arguments);
        // The handlers are built where the tests were built.
        if let Ok(target) = std::env::var("CARGO_TARGET_DIR") {
            txflow = txflow.env("CARGO_TARGET_DIR", &target);
        }
        txflow.run().await.succeeded()
    };
    run(&["deploy"]).await;
    run(&["test", "--type", "PURCHASE"]).await;
    run(&["test", "--type", "REFUND"]).await;
    run(&["plan", "--exit-code"]).await;
    run(&["destroy", "--yes"]).await;
    let left = Account::at(&ministack.url()).await.snapshot().await;
    assert!(left.is_empty(), "{left:?}");
}
