//! Releases that get a share of the executions, on virtual time.

mod cut;
mod ended;
mod refused;
mod shown;
mod stage;

use std::time::Duration;

use txflow::exit::Exit;

use self::stage::{Stage, tell};

#[test]
fn a_release_that_does_as_well_goes_live_step_by_step() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        let plan = stage
            .run(&["plan", "--canary", "--steps", "10,50,100"])
            .await;
        assert!(
            plan.printed
                .contains("release  1 → 1 (90 %), (new release) (10 %)"),
            "{}",
            plan.printed
        );
        assert!(
            plan.printed.contains("canary   10 %, then 50 %, then all"),
            "{}",
            plan.printed
        );
        let ended = stage
            .run(&["deploy", "--canary", "--steps", "10,50,100"])
            .await;
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        let shown = [
            "10 % on release 2",
            "50 % on release 2",
            "shop-dev is live: release 2 instead of 1",
        ];
        for text in shown {
            assert!(ended.printed.contains(text), "{text}: {}", ended.printed);
        }
        assert_eq!(stage.routing().await, [(2, 100)]);
        // The share, the next one, and all.
        assert_eq!(stage.moves(), 3);
        let plan = stage.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
        let back = stage.run(&["rollback"]).await;
        assert_eq!(back.exit, Some(Exit::Done), "{}", back.printed);
        assert_eq!(stage.routing().await, [(1, 100)]);
    });
}

#[test]
fn a_release_that_fails_more_often_is_routed_back_in_one_call() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        stage.fail("2", 0.5);
        let ended = stage.run(&["deploy", "--canary", "50%"]).await;
        assert_eq!(ended.exit, Some(Exit::TestFailed), "{}", ended.printed);
        for text in [
            "shop-dev is live: release 1 again; release 2 gets no executions",
            "the new release fails more often",
            "× `buy` Refused: out of stock",
        ] {
            assert!(ended.printed.contains(text), "{text}: {}", ended.printed);
        }
        assert_eq!(stage.routing().await, [(1, 100)]);
        assert_eq!(stage.moves(), 2);
        // The same sources are tried again.
        stage.fail("2", 0.0);
        let again = stage.run(&["deploy", "--canary", "50%"]).await;
        assert_eq!(again.exit, Some(Exit::Done), "{}", again.printed);
        assert_eq!(stage.routing().await, [(2, 100)]);
    });
}

#[test]
fn a_release_that_takes_longer_is_routed_back() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.takes(15);
        let ended = stage.run(&["deploy", "--canary", "50%"]).await;
        assert_eq!(ended.exit, Some(Exit::TestFailed), "{}", ended.printed);
        let why = "executions of the new release take longer";
        assert!(ended.printed.contains(why), "{}", ended.printed);
        assert_eq!(stage.routing().await, [(1, 100)]);
    });
}

#[test]
fn a_release_that_nobody_starts_is_routed_back_when_its_time_is_over() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        let ended = stage.run(&["deploy", "--canary", "50%"]).await;
        assert_eq!(ended.exit, Some(Exit::Failed), "{}", ended.printed);
        let why = "its time is over: 0 of the 5 executions have ended";
        assert!(ended.printed.contains(why), "{}", ended.printed);
        assert_eq!(stage.routing().await, [(1, 100)]);
    });
}

#[test]
fn a_canary_that_is_not_waited_for_is_seen_and_ended_by_other_commands() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        let begun = stage.run(&["deploy", "--canary", "20%", "--detach"]).await;
        assert_eq!(begun.exit, Some(Exit::Done), "{}", begun.printed);
        let tries = "shop-dev tries release 2 out: 20 % of the executions, step 1 of 1";
        assert!(begun.printed.contains(tries), "{}", begun.printed);
        assert_eq!(stage.routing().await, [(1, 80), (2, 20)]);
        tokio::time::sleep(Duration::from_secs(30)).await;

        let status = stage.run(&["canary", "status"]).await;
        assert_eq!(status.exit, Some(Exit::Done), "{}", status.printed);
        for text in [
            tries,
            "wait: the step takes",
            "started",
            "next: txflow canary abort",
        ] {
            assert!(status.printed.contains(text), "{text}: {}", status.printed);
        }
        let status = stage.run(&["status"]).await;
        let canary = "release 2 gets 20 % of the executions, and release 1 the rest: step 1 of 1";
        assert!(status.printed.contains(canary), "{}", status.printed);
        assert!(
            !status.printed.contains("moved by hand"),
            "{}",
            status.printed
        );
        // A plan of the same sources leaves it alone.
        let plan = stage.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
        assert!(
            plan.printed.contains("a canary splits `live`"),
            "{}",
            plan.printed
        );

        // Coverage is of one definition, and so of one release.
        let tested = stage.run(&["test", "--coverage"]).await;
        assert_eq!(tested.exit, Some(Exit::Done), "{}", tested.printed);
        let one = "so the tests start executions on release 2";
        assert!(tested.printed.contains(one), "{}", tested.printed);
        let plan = stage.run(&["plan", "--canary", "50%"]).await;
        let goes_on = "it goes on with 20 %, then all, as it began, and not with 50 %, then all";
        assert!(plan.printed.contains(goes_on), "{}", plan.printed);

        // The folder may have what none of them has.
        stage.takes(9);
        let tested = stage.run(&["test", "--coverage"]).await;
        assert_eq!(tested.exit, Some(Exit::Failed), "{}", tested.printed);
        let none = "`live` is split between releases, 1 (80 %), 2 (20 %), and none of them has the definition";
        assert!(tested.printed.contains(none), "{}", tested.printed);

        let promoted = stage.run(&["canary", "promote"]).await;
        assert_eq!(promoted.exit, Some(Exit::Done), "{}", promoted.printed);
        assert_eq!(stage.routing().await, [(2, 100)]);
        let none = stage.run(&["canary", "status"]).await;
        assert_eq!(none.exit, Some(Exit::Failed), "{}", none.printed);
        assert!(
            none.printed
                .contains("no canary is running: `live` leads to release 2")
        );
    });
}

#[test]
fn an_abort_and_a_rollback_go_back_wholly() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        for command in [&["canary", "abort"][..], &["rollback"]] {
            stage.run(&["deploy", "--canary", "20%", "--detach"]).await;
            assert_eq!(stage.routing().await, [(1, 80), (2, 20)]);
            let ended = stage.run(command).await;
            assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
            assert_eq!(stage.routing().await, [(1, 100)]);
            let status = stage.run(&["status"]).await;
            assert!(
                status.printed.contains("rolled back  release 2 → 1"),
                "{}",
                status.printed
            );
        }
    });
}

#[test]
fn another_machine_goes_on_with_a_canary() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        for go_on in [&["canary", "watch"][..], &["deploy", "--canary"]] {
            stage.run(&["deploy", "--canary", "50%", "--detach"]).await;
            let ended = stage.run(go_on).await;
            assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
            assert_eq!(stage.routing().await, [(2, 100)]);
            stage.run(&["rollback"]).await;
        }
    });
}
