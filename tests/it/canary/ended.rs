//! Canaries that somebody else ends.

use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Lag, Span, Weather};

use super::stage::{Stage, tell};

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
