//! Canaries that somebody else ends.

use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Lag, Span, Weather};

use super::stage::{Stage, tell};
use crate::simulation::truth::MACHINE;

#[test]
fn whoever_moves_live_by_hand_ends_a_canary_and_is_not_overwritten() {
    tell(async || {
        for by_hand in [&[(1, 100)][..], &[(1, 50), (2, 50)]] {
            let mut stage = Stage::deployed().await;
            let _traffic = stage.traffic();
            stage.change();
            let somebody = async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                stage.move_by_hand(by_hand).await;
                stage.moves()
            };
            let (ended, moves) = tokio::join!(stage.run(&["deploy", "--canary", "20%"]), somebody);
            assert_eq!(ended.exit, Some(Exit::Failed), "{}", ended.printed);
            let told = "somebody has ended the canary of release 2";
            assert!(ended.printed.contains(told), "{}", ended.printed);
            assert_eq!(stage.routing().await, by_hand);
            assert_eq!(stage.moves(), moves);
        }
    });
}

#[test]
fn a_release_that_somebody_promotes_meanwhile_is_live_all_the_same() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        let somebody = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            stage.run(&["canary", "promote"]).await
        };
        let (ended, promoted) = tokio::join!(stage.run(&["deploy", "--canary", "20%"]), somebody);
        assert_eq!(promoted.exit, Some(Exit::Done), "{}", promoted.printed);
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        assert_eq!(stage.routing().await, [(2, 100)]);
    });
}

#[test]
fn a_destroy_ends_a_canary_that_is_watched() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        let somebody = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            stage.run(&["destroy", "--yes"]).await
        };
        let (ended, destroyed) = tokio::join!(stage.run(&["deploy", "--canary", "20%"]), somebody);
        assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        assert_eq!(ended.exit, Some(Exit::Failed), "{}", ended.printed);
        let told = "somebody has ended the canary of release 2";
        assert!(ended.printed.contains(told), "{}", ended.printed);
        assert!(!ended.printed.contains("stays split"), "{}", ended.printed);
        let again = "is once more";
        assert!(!ended.printed.contains(again), "{}", ended.printed);
        let alias = "start executions on";
        assert!(!ended.printed.contains(alias), "{}", ended.printed);
    });
}

/// A pipeline runs a job again that was cut off.
#[test]
fn a_canary_that_was_ended_is_ended_again() {
    tell(async || {
        for (command, told, leads_to) in [
            (
                "promote",
                "shop-dev is live: release 2 instead of 1, nothing to change",
                2,
            ),
            (
                "abort",
                "shop-dev is live: release 1 again; release 2 gets no executions, nothing to change",
                1,
            ),
        ] {
            let mut stage = Stage::deployed().await;
            stage.change();
            stage.run(&["deploy", "--canary", "20%", "--detach"]).await;
            let ended = stage.run(&["canary", command]).await;
            assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
            let moves = stage.moves();
            let again = stage.run(&["canary", command]).await;
            assert_eq!(again.exit, Some(Exit::Done), "{}", again.printed);
            assert!(again.printed.contains(told), "{}", again.printed);
            assert_eq!(stage.moves(), moves);
            assert_eq!(stage.routing().await, [(leads_to, 100)]);
            // The other way is not what has happened.
            let other = match command {
                "promote" => "abort",
                _ => "promote",
            };
            let refused = stage.run(&["canary", other]).await;
            assert_eq!(refused.exit, Some(Exit::Failed), "{}", refused.printed);
            let live = format!("no canary is running: `live` leads to release {leads_to}");
            assert!(refused.printed.contains(&live), "{}", refused.printed);
        }
    });
}

/// What is live is not the newest release, so nobody knows whether it is the one that is meant.
#[test]
fn a_canary_of_a_later_release_is_not_taken_for_ended() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        stage.change();
        stage.run(&["deploy"]).await;
        let publish = stage.account.states.update_state_machine().publish(true);
        let publish = publish.state_machine_arn(MACHINE);
        let pass = r#"{ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } }"#;
        publish.definition(pass).send().await.unwrap();
        let refused = stage.run(&["canary", "promote"]).await;
        assert_eq!(refused.exit, Some(Exit::Failed), "{}", refused.printed);
        let live = "no canary is running: `live` leads to release 2";
        assert!(refused.printed.contains(live), "{}", refused.printed);
    });
}

#[test]
fn two_that_watch_a_canary_do_not_disturb_each_other() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        let deploy = ["deploy", "--canary", "--steps", "10,50"];
        let somebody = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            stage.run(&["canary", "watch"]).await
        };
        let (ended, watched) = tokio::join!(stage.run(&deploy), somebody);
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        assert_eq!(watched.exit, Some(Exit::Done), "{}", watched.printed);
        assert_eq!(stage.routing().await, [(2, 100)]);
    });
}

/// AWS shows for a moment what an alias led to before, which is not somebody's change.
#[test]
fn an_alias_that_is_shown_as_it_was_before_ends_no_canary() {
    tell(async || {
        let mut stage = Stage::deployed().await;
        let _traffic = stage.traffic();
        stage.change();
        let late = Lag::new(1.0, Span::exactly(Duration::from_secs(3)));
        stage.cloud.aws.set_weather(Weather {
            stale_reads: late,
            late_routing: late,
            ..Weather::calm()
        });
        let deploy = ["deploy", "--canary", "--steps", "20,50"];
        let ended = stage.run(&deploy).await;
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        stage.cloud.aws.set_weather(Weather::calm());
        assert_eq!(stage.routing().await, [(2, 100)]);
    });
}
