//! Canaries that are cut off: `live` is never left split without a word.

use txflow::exit::Exit;

use super::stage::{RULES, Stage, tell};
use crate::simulation::checkout::Until;

/// No executions start, so it is soon over.
const SHORT: &str = "[canary]\nfor = 20\nwait = 10\n";

const DEPLOY: [&str; 3] = ["deploy", "--canary", "20%"];

async fn about_to_deploy(rules: &'static str) -> Stage {
    let mut stage = Stage::with_rules(rules).await;
    stage.run(&["deploy"]).await;
    stage.change();
    stage
}

/// What a person finds who comes later. Gives whether `live` was split.
async fn can_be_ended(stage: &Stage, cut: Until) -> bool {
    let routing = stage.routing().await;
    let status = stage.run(&["status"]).await;
    assert_eq!(status.exit, Some(Exit::Done), "{cut:?}: {}", status.printed);
    let [(1, _), (2, share)] = routing.as_slice() else {
        let is_told = status.printed.contains("\nCanary\n");
        assert!(!is_told, "{cut:?}: {}", status.printed);
        assert_eq!(routing.len(), 1, "{cut:?}");
        return false;
    };
    let canary = format!("release 2 gets {share} % of the executions");
    assert!(
        status.printed.contains(&canary),
        "{cut:?}: {}",
        status.printed
    );
    assert!(
        status.printed.contains("txflow canary abort"),
        "{}",
        status.printed
    );
    let status = stage.run(&["canary", "status"]).await;
    assert_eq!(status.exit, Some(Exit::Done), "{cut:?}: {}", status.printed);
    let ended = stage.run(&["canary", "abort"]).await;
    assert_eq!(ended.exit, Some(Exit::Done), "{cut:?}: {}", ended.printed);
    assert_eq!(stage.routing().await, [(1, 100)], "{cut:?}");
    true
}

/// Cuts the deploy at each call but the last one, when nothing starts. Gives how often it left `live` split.
async fn cut_at_each_call(cut: fn(usize) -> Until) -> usize {
    let mut split = 0;
    for call in 0.. {
        let cut = cut(call);
        let stage = about_to_deploy(SHORT).await;
        let ended = stage.run_until(&DEPLOY, cut).await;
        if ended.exit == Some(Exit::Failed) {
            let is_over = ended.printed.contains("its time is over");
            assert!(is_over, "{cut:?}: {}", ended.printed);
            break;
        }
        if let Some(exit) = ended.exit {
            assert_eq!(exit, Exit::Interrupted, "{cut:?}: {}", ended.printed);
            assert!(
                ended.printed.contains("interrupted:"),
                "{cut:?}: {}",
                ended.printed
            );
        }
        split += usize::from(can_be_ended(&stage, cut).await);
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
        let stage = about_to_deploy(SHORT).await;
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

/// With executions, so that the canary gets to its second step and to its end.
#[test]
fn a_canary_that_is_killed_on_its_way_to_live_is_seen_and_can_be_ended() {
    const STEPS: [&str; 4] = ["deploy", "--canary", "--steps", "20,50"];
    tell(async || {
        let mut shares = Vec::new();
        for call in (0..).step_by(12) {
            let cut = Until::Killed(call);
            let stage = about_to_deploy(RULES).await;
            let _traffic = stage.traffic();
            let ended = stage.run_until(&STEPS, cut).await;
            if ended.exit == Some(Exit::Done) {
                break;
            }
            assert_eq!(ended.exit, None, "{cut:?}: {}", ended.printed);
            shares.extend(stage.routing().await.last().copied());
            can_be_ended(&stage, cut).await;
        }
        for share in [(1, 100), (2, 20), (2, 50)] {
            assert!(shares.contains(&share), "{share:?}: {shares:?}");
        }
    });
}
