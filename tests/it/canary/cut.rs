//! Canaries that are cut off: `live` is never left split without a word.

use txflow::exit::Exit;

use super::stage::{Stage, tell};
use crate::simulation::checkout::Until;

/// No executions start, so it is soon over.
const SHORT: &str = "[canary]\nfor = 20\nwait = 10\n";

const DEPLOY: [&str; 3] = ["deploy", "--canary", "20%"];

async fn about_to_deploy() -> Stage {
    let mut stage = Stage::with_rules(SHORT).await;
    stage.run(&["deploy"]).await;
    stage.change();
    stage
}

/// What a person finds who comes later.
async fn can_be_ended(stage: &Stage, cut: Until) {
    let routing = stage.routing().await;
    let status = stage.run(&["status"]).await;
    assert_eq!(status.exit, Some(Exit::Done), "{cut:?}: {}", status.printed);
    let is_told = status
        .printed
        .contains("release 2 gets 20 % of the executions");
    match routing.as_slice() {
        [(1, 80), (2, 20)] => {
            assert!(is_told, "{cut:?}: {}", status.printed);
            assert!(
                status.printed.contains("txflow canary abort"),
                "{}",
                status.printed
            );
            let status = stage.run(&["canary", "status"]).await;
            assert_eq!(status.exit, Some(Exit::Done), "{cut:?}: {}", status.printed);
            let ended = stage.run(&["canary", "abort"]).await;
            assert_eq!(ended.exit, Some(Exit::Done), "{cut:?}: {}", ended.printed);
        }
        [(1, 100)] => assert!(!is_told, "{cut:?}: {}", status.printed),
        other => panic!("{cut:?}: {other:?}"),
    }
    assert_eq!(stage.routing().await, [(1, 100)], "{cut:?}");
}

/// Cuts the deploy at one call after the other, until it comes to its end. Gives how often it left `live` split.
async fn cut_at_each_call(cut: fn(usize) -> Until) -> usize {
    let mut split = 0;
    for call in 0.. {
        let cut = cut(call);
        let stage = about_to_deploy().await;
        let ended = stage.run_until(&DEPLOY, cut).await;
        if ended.exit == Some(Exit::Failed) {
            assert!(
                ended.printed.contains("its time is over"),
                "{cut:?}: {}",
                ended.printed
            );
            break;
        }
        if let Some(exit) = ended.exit {
            assert_eq!(exit, Exit::Interrupted, "{cut:?}: {}", ended.printed);
        }
        if stage.routing().await.len() > 1 {
            split += 1;
            let is_watched = ended.printed.contains("the canary is no longer watched");
            let is_cut = ended.printed.contains("interrupted:");
            assert!(
                ended.exit.is_none() || is_watched || is_cut,
                "{cut:?}: {}",
                ended.printed
            );
        }
        can_be_ended(&stage, cut).await;
    }
    split
}

#[test]
fn a_canary_that_is_killed_at_any_call_is_seen_and_can_be_ended() {
    tell(async || {
        let split = cut_at_each_call(Until::Killed).await;
        assert!(split > 5, "{split}");
    });
}

#[test]
fn a_canary_that_is_interrupted_at_any_call_is_seen_and_can_be_ended() {
    tell(async || {
        let split = cut_at_each_call(Until::Interrupted).await;
        assert!(split > 5, "{split}");
    });
}

#[test]
fn whoever_interrupts_the_watch_is_told_how_to_go_on() {
    tell(async || {
        let stage = about_to_deploy().await;
        stage.run(&["deploy", "--canary", "20%", "--detach"]).await;
        let ended = stage
            .run_until(&["canary", "watch"], Until::Interrupted(5))
            .await;
        assert_eq!(ended.exit, Some(Exit::Interrupted), "{}", ended.printed);
        for text in [
            "`live` stays split between releases 1 (80 %), 2 (20 %)",
            "`txflow canary watch",
            "`txflow canary promote",
            "`txflow canary abort",
        ] {
            assert!(ended.printed.contains(text), "{text}: {}", ended.printed);
        }
        assert_eq!(stage.routing().await, [(1, 80), (2, 20)]);
    });
}
