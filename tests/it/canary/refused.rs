//! What a canary is not for, and what goes with it.

use txflow::exit::Exit;

use super::stage::{Stage, tell};

#[test]
fn a_first_release_and_one_without_a_change_have_no_canary() {
    tell(async || {
        let stage = Stage::new().await;
        let first = stage.run(&["deploy", "--canary", "10%"]).await;
        assert_eq!(first.exit, Some(Exit::Done), "{}", first.printed);
        let note = "no release is live that a canary could be compared with";
        assert!(first.printed.contains(note), "{}", first.printed);
        assert!(
            first.printed.contains("is live: release 1"),
            "{}",
            first.printed
        );
        assert_eq!(stage.routing().await, [(1, 100)]);
        let again = stage.run(&["deploy", "--canary", "10%"]).await;
        assert_eq!(again.exit, Some(Exit::Done), "{}", again.printed);
        assert!(
            again.printed.contains("nothing to change"),
            "{}",
            again.printed
        );
        assert_eq!(stage.routing().await, [(1, 100)]);
    });
}

#[test]
fn other_sources_do_not_replace_a_release_that_is_tried_out() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        stage.run(&["deploy", "--canary", "10%", "--detach"]).await;
        stage.change();
        for deploy in [&["deploy"][..], &["deploy", "--canary", "20%"]] {
            let refused = stage.run(deploy).await;
            assert_eq!(refused.exit, Some(Exit::Failed), "{}", refused.printed);
            let why = "a canary splits `live` between releases, 1 (90 %), 2 (10 %)";
            assert!(refused.printed.contains(why), "{}", refused.printed);
            assert!(
                refused.printed.contains("txflow canary abort"),
                "{}",
                refused.printed
            );
        }
        assert_eq!(stage.routing().await, [(1, 90), (2, 10)]);
    });
}

/// Somebody else's split is not a canary.
#[test]
fn a_split_by_hand_is_left_alone() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        stage.run(&["deploy"]).await;
        stage.move_by_hand(&[(1, 70), (2, 30)]).await;
        for command in ["status", "watch", "promote", "abort"] {
            let refused = stage.run(&["canary", command]).await;
            assert_eq!(refused.exit, Some(Exit::Failed), "{}", refused.printed);
            let none = "no canary is running: `live` leads to release 1 (70 %), 2 (30 %)";
            assert!(refused.printed.contains(none), "{}", refused.printed);
        }
        assert_eq!(stage.routing().await, [(1, 70), (2, 30)]);
    });
}

#[test]
fn options_that_do_not_fit_together_are_bad_usage() {
    tell(async || {
        let stage = Stage::deployed().await;
        for options in [
            &["--canary", "10%", "--test"][..],
            &["--canary", "100%"],
            &["--canary", "10%", "--steps", "20,50"],
            &["--canary", "--steps", "50,20"],
            &["--steps", "20,50"],
            &["--for", "15m"],
            &["--detach"],
        ] {
            let arguments = [&["deploy"][..], options].concat();
            let refused = stage.run(&arguments).await;
            assert_eq!(
                refused.exit,
                Some(Exit::Usage),
                "{options:?}: {}",
                refused.printed
            );
        }
        stage.append("[state-machine]\ntype = \"EXPRESS\"\n");
        let express = stage.run(&["deploy", "--canary"]).await;
        assert_eq!(express.exit, Some(Exit::Usage), "{}", express.printed);
        let why = "AWS lists no executions of an EXPRESS state machine";
        assert!(express.printed.contains(why), "{}", express.printed);
    });
}

#[test]
fn a_release_whose_tests_fail_is_not_tried_out() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        let deploy = ["deploy", "--test-before-live", "--canary", "50%"];
        stage.fail("2", 1.0);
        let failed = stage.run(&deploy).await;
        assert_eq!(failed.exit, Some(Exit::TestFailed), "{}", failed.printed);
        assert!(failed.printed.contains("FAIL BUY"), "{}", failed.printed);
        assert_eq!(stage.moves(), 0);
        stage.fail("2", 0.0);
        let passed = stage.run(&deploy).await;
        assert_eq!(passed.exit, Some(Exit::Done), "{}", passed.printed);
        assert!(
            passed.printed.contains("release 2 instead of 1"),
            "{}",
            passed.printed
        );
        assert_eq!(stage.moves(), 2);
        // What is live is tested.
        let again = stage.run(&deploy).await;
        assert_eq!(again.exit, Some(Exit::Done), "{}", again.printed);
        assert!(again.printed.contains("PASS BUY"), "{}", again.printed);
    });
}

#[test]
fn a_plan_that_was_reviewed_with_a_canary_is_applied_with_one() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        let canary = ["--canary", "50%"];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dev.plan");
        let file = file.to_str().unwrap();
        let plan = [&["plan", "--out", file][..], &canary].concat();
        assert_eq!(stage.run(&plan).await.exit, Some(Exit::Done));
        let deploy = ["deploy", "--plan", file];
        let other = [&deploy[..], &["--canary", "20%"]].concat();
        let other = stage.run(&other).await;
        assert_eq!(other.exit, Some(Exit::Failed), "{}", other.printed);
        let tested = [&deploy[..], &["--test"]].concat();
        let tested = stage.run(&tested).await;
        assert_eq!(tested.exit, Some(Exit::Usage), "{}", tested.printed);
        assert_eq!(stage.routing().await, [(1, 100)]);
        // The file holds its shares.
        let detached = [&deploy[..], &["--canary", "--detach"]].concat();
        let detached = stage.run(&detached).await;
        assert_eq!(detached.exit, Some(Exit::Done), "{}", detached.printed);
        assert_eq!(stage.routing().await, [(1, 50), (2, 50)]);
        stage.run(&["canary", "abort"]).await;
        assert_eq!(stage.run(&plan).await.exit, Some(Exit::Done));
        let deployed = stage.run(&deploy).await;
        assert_eq!(deployed.exit, Some(Exit::Done), "{}", deployed.printed);
        assert_eq!(stage.routing().await, [(2, 100)]);
    });
}
