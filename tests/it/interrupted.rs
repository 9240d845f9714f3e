//! A deploy that is cut off at any of its writes is finished by running it again, or removed completely by `destroy`.
//!
//! Each case has a stage of its own, so that many can share one ministack and wait side by side.

use futures_util::{StreamExt, stream};

use crate::support::account::{Account, Snapshot};
use crate::support::emulators::{Emulator, Emulators};
use crate::support::project::Project;
use crate::support::wire::{Act, Rule, Wire};

const DENIED: Act = Act::Error(403, "AccessDenied", "the test says no");

/// What a deploy of one stage comes to when nothing goes wrong.
struct Clean {
    endpoint: String,
    project: Project,
    account: Account,
    writes: usize,
    snapshot: Snapshot,
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_refused_write_stops_the_deploy_and_the_next_one_finishes_it() {
    let (_ministack, clean) = clean().await;
    at_each_write(&clean, "refused", async |wire, stage| {
        wire.rule(Rule::on_any_write(DENIED).after(number(&stage)));
        let stopped = clean
            .project
            .txflow(&wire.url(), &["deploy", "--stage", &stage])
            .run()
            .await;
        stopped.exits_with(1).says("the test says no");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_write_without_an_answer_is_taken_up_by_the_same_deploy() {
    let (_ministack, clean) = clean().await;
    at_each_write(&clean, "unanswered", async |wire, stage| {
        wire.rule(Rule::on_any_write(Act::DropAnswer).after(number(&stage)));
        clean
            .project
            .txflow(&wire.url(), &["deploy", "--stage", &stage])
            .run()
            .await
            .succeeded();
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_killed_deploy_is_finished_by_the_next_one() {
    let (_ministack, clean) = clean().await;
    at_each_write(&clean, "killed", async |wire, stage| {
        wire.rule(Rule::on_any_write(Act::Hold).after(number(&stage)));
        let mut child = clean.project.txflow(&wire.url(), &["deploy", "--stage", &stage]).start();
        tokio::select! {
            () = wire.held() => {}
            ended = child.wait() => panic!("`{stage}` was to be killed and ended by itself: {ended:?}"),
        }
        child.kill().await.expect("kill txflow");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_cut_off_destroy_is_finished_by_the_next_one() {
    let (_ministack, clean) = clean().await;
    // As many writes as there are, and then some: the rule that is never met lets the destroy succeed.
    let stages = (0..clean.writes).map(|write| format!("gone{write:02}"));
    let cases = stages.map(async |stage| {
        let wire = Wire::in_front_of(&clean.endpoint).await;
        let run = async |arguments: &[&str]| {
            let arguments = [arguments, &["--stage", &stage]].concat();
            clean.project.txflow(&wire.url(), &arguments).run().await
        };
        run(&["deploy"]).await.succeeded();
        wire.clear();
        wire.rule(Rule::on_any_write(DENIED).after(number(&stage)));
        let first = run(&["destroy", "--yes"]).await;
        assert_eq!(
            first.code,
            Some(i32::from(wire.writes().len() > number(&stage))),
            "{first:?}"
        );
        run(&["destroy", "--yes"]).await.succeeded();
        let left = clean.account.snapshot_of(&stage).await;
        assert!(left.is_empty(), "left of `{stage}`:\n{left:?}");
    });
    stream::iter(cases)
        .buffer_unordered(4)
        .collect::<()>()
        .await;
}

/// One stage for each write of a deploy: `cut` goes wrong at that write, then a deploy without a fault comes to what a
/// clean one comes to, and a destroy leaves nothing. Every other stage is destroyed without a second deploy.
async fn at_each_write(clean: &Clean, name: &str, cut: impl AsyncFn(&Wire, String)) {
    let cases = (0..clean.writes).map(async |write| {
        let stage = format!("{name}{write:02}");
        let wire = Wire::in_front_of(&clean.endpoint).await;
        cut(&wire, stage.clone()).await;
        wire.clear();
        let run = async |arguments: &[&str]| {
            let arguments = [arguments, &["--stage", &stage]].concat();
            clean
                .project
                .txflow(&wire.url(), &arguments)
                .run()
                .await
                .succeeded()
        };
        if write % 2 == 0 {
            run(&["deploy"]).await;
            let snapshot = clean.account.snapshot_of(&stage).await;
            assert_eq!(snapshot, clean.snapshot, "after the deploy of `{stage}`");
        }
        run(&["destroy", "--yes"]).await;
        let left = clean.account.snapshot_of(&stage).await;
        assert!(left.is_empty(), "left of `{stage}`:\n{left:?}");
    });
    stream::iter(cases)
        .buffer_unordered(4)
        .collect::<()>()
        .await;
}

/// Deploys one stage to count its writes, and keeps what it came to.
async fn clean() -> (Emulator, Clean) {
    let ministack = Emulators::required().ministack().await;
    let wire = Wire::in_front_of(&ministack.url()).await;
    let account = Account::at(&ministack.url()).await;
    let project = Project::transactions().write();
    project
        .txflow(&wire.url(), &["deploy", "--stage", "clean"])
        .run()
        .await
        .succeeded();
    let writes = wire.writes().len();
    let snapshot = account.snapshot_of("clean").await;
    assert!(writes > 10, "a stack is made with {writes} writes");
    let endpoint = ministack.url();
    let clean = Clean {
        endpoint,
        project,
        account,
        writes,
        snapshot,
    };
    (ministack, clean)
}

/// The number at the end of the name of a stage.
fn number(stage: &str) -> usize {
    let digits = stage.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    digits
        .parse()
        .expect("the name of a case ends with the number of a write")
}
