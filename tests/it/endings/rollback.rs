//! A rollback that was cut off and is run again.

use super::Local;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::project::Project;
use crate::support::wire::{Act, Rule};

/// With the releases 1, 2 and 3, of which the last is live.
async fn three_releases() -> Local {
    let mut local = Local::deployed(Project::transactions()).await;
    for _ in 0..2 {
        local.project = local.project.change_handler("refund-handler");
        local.txflow(&["deploy"]).run().await.succeeded();
    }
    local.wire.clear();
    assert_eq!(local.live().await, Some(3));
    local
}

#[tokio::test]
async fn a_rollback_that_was_cut_off_at_any_call_goes_back_one_release() {
    let local = three_releases().await;
    let run = async |arguments: &[&str]| local.txflow(arguments).run().await.succeeded();
    let mut cuts = 0;
    loop {
        local.wire.rule(Rule::on_any(Act::Hold).after(cuts));
        let mut child = local.txflow(&["rollback"]).start();
        let ended = tokio::select! {
            () = local.wire.held() => false,
            _ = child.wait() => true,
        };
        child.kill().await.expect("kill txflow");
        local.wire.clear();
        run(&["rollback"]).await;
        assert_eq!(local.live().await, Some(2), "after a cut at call {cuts}");
        if ended {
            break;
        }
        cuts += 1;
        run(&["rollback", "--to", "3"]).await;
    }
    assert!(cuts > 10, "a rollback makes {cuts} calls");
}

#[tokio::test]
async fn a_second_rollback_is_meant_only_where_it_names_its_release() {
    let local = three_releases().await;
    let run = async |arguments: &[&str]| local.txflow(arguments).run().await.succeeded();
    let first = run(&["rollback"]).await;
    assert_shown!("rolled_back", first.stdout);
    local.wire.clear();
    let again = run(&["rollback"]).await;
    assert_shown!("rolled_back_already", again.stdout);
    let named = run(&["rollback", "--to", "2"]).await;
    assert_shown!("rolled_back_already", named.stdout);
    assert_eq!(local.written(), [""; 0], "it is as it was asked for");

    let further = run(&["rollback", "--to", "1"]).await;
    assert_shown!("rolled_back_to_the_first", further.stdout);
    assert_eq!(local.live().await, Some(1));
    let again = run(&["rollback"]).await;
    assert_shown!("rolled_back_to_the_first_already", again.stdout);
    assert_eq!(local.live().await, Some(1));

    // What goes forward again is no rollback, and can be rolled back: to what was live before.
    run(&["rollback", "--to", "3"]).await;
    run(&["rollback"]).await;
    assert_eq!(local.live().await, Some(1));
    // And so is what a deploy puts live.
    run(&["deploy"]).await;
    assert_eq!(local.live().await, Some(3));
    run(&["rollback"]).await;
    assert_eq!(local.live().await, Some(1));
}

/// It stays where it is, and callers fail.
#[tokio::test]
async fn a_rollback_to_what_is_live_says_that_it_does_not_work() {
    let local = three_releases().await;
    local.txflow(&["rollback"]).run().await.succeeded();
    let account = Account::at(&local.server.url).await;
    let delete = account.lambda.delete_function();
    let delete = delete.function_name("transactions-dev-refund-handler");
    delete.qualifier("2").send().await.expect("DeleteFunction");
    for arguments in [&["rollback"][..], &["rollback", "--to", "2"]] {
        let broken = local.txflow(arguments).run().await.exits_with(1);
        assert_shown!("live_does_not_work", broken.error());
    }
    assert_eq!(local.live().await, Some(2));
}
