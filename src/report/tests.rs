//! What a run prints, to the letter.
use std::time::Duration;

use serde_json::{Value, json};

use super::lines::line;
use super::{Event, counted};
use crate::canary::{Figures, Look, Missing, Verdict};
use crate::executions::load::Progress;
use crate::plan::StepName;
use crate::world::plain;

pub(super) fn look() -> Look {
    let figures = |release, ended, failed| Figures {
        release,
        started: ended + 1,
        running: 1,
        ended,
        failed,
        aborted: 0,
        p50: Some(Duration::from_millis(1500)),
        p99: None,
    };
    Look {
        step: 1,
        steps: 2,
        share: 10,
        old: figures(6, 280, 5),
        new: figures(7, 31, 1),
        verdict: Verdict::Wait(Missing::Executions { ended: 31, of: 40 }),
    }
}

/// An event of each kind, its line and its JSON. Those of tests are in `state_event.rs`.
fn events() -> Vec<(Event, Option<&'static str>, Value)> {
    let step = || StepName {
        operation: "CreateRole",
        doing: "Creating",
        done: "Created",
        object: "role `shop-dev-buy`".to_owned(),
    };
    let step_json = json!({ "operation": "CreateRole", "object": "role `shop-dev-buy`" });
    let elapsed = Duration::from_millis(1500);
    vec![
        (
            Event::Note {
                text: "the build stays".to_owned(),
            },
            Some("        Note the build stays"),
            json!({ "event": "note", "text": "the build stays" }),
        ),
        (
            Event::Logged {
                function: "buy".to_owned(),
                line: "REPORT RequestId: 1\tDuration: 2 ms\t\n".to_owned(),
            },
            Some("         buy REPORT RequestId: 1  Duration: 2 ms"),
            json!({ "event": "logged", "function": "buy", "line": "REPORT RequestId: 1\tDuration: 2 ms\t\n" }),
        ),
        (
            Event::BuildOutput {
                line: "   Compiling buy v0.1.0".to_owned(),
            },
            Some("   Compiling buy v0.1.0"),
            json!({ "event": "build-output", "line": "   Compiling buy v0.1.0" }),
        ),
        (
            Event::BuildStarted {
                functions: 1,
                profile: "lambda".to_owned(),
                target: "x86_64-unknown-linux-gnu".to_owned(),
                linker: None,
            },
            Some("    Building 1 function for x86_64-unknown-linux-gnu with profile `lambda`"),
            json!({
                "event": "build-started",
                "functions": 1,
                "profile": "lambda",
                "target": "x86_64-unknown-linux-gnu",
                "linker": null,
            }),
        ),
        (
            Event::Built {
                handler: "buy".to_owned(),
                sha256: "hash".to_owned(),
                size: 512_345,
                elapsed,
                compiled: true,
            },
            Some("       Built `buy` 512 KB, 1.50 s"),
            json!({
                "event": "built",
                "handler": "buy",
                "sha256": "hash",
                "size": 512_345,
                "seconds": 1.5,
                "compiled": true,
            }),
        ),
        (
            Event::BuildFinished,
            None,
            json!({ "event": "build-finished" }),
        ),
        (
            Event::StepStarted { step: step() },
            None,
            json!({ "event": "step-started", "step": step_json }),
        ),
        (
            Event::StepWaiting {
                step: step(),
                cause: "it is Pending".to_owned(),
            },
            Some("     Waiting for role `shop-dev-buy`: it is Pending"),
            json!({ "event": "step-waiting", "step": step_json, "cause": "it is Pending" }),
        ),
        (
            Event::StepFinished {
                step: step(),
                elapsed,
            },
            Some("     Created role `shop-dev-buy` 1.50 s"),
            json!({ "event": "step-finished", "step": step_json, "seconds": 1.5 }),
        ),
        (
            Event::StepFailed {
                step: step(),
                error: "no".to_owned(),
            },
            Some("      Failed role `shop-dev-buy`"),
            json!({ "event": "step-failed", "step": step_json, "error": "no" }),
        ),
        (
            Event::StepKept {
                step: step(),
                cause: "an alias references it".to_owned(),
            },
            Some("        Kept role `shop-dev-buy`: an alias references it"),
            json!({ "event": "step-kept", "step": step_json, "cause": "an alias references it" }),
        ),
        (
            Event::StepLeft {
                step: step(),
                cause: "it is Pending".to_owned(),
            },
            Some("        Left role `shop-dev-buy`: it is Pending"),
            json!({ "event": "step-left", "step": step_json, "cause": "it is Pending" }),
        ),
        (
            Event::Retrying {
                operation: "GetRole".to_owned(),
                cause: "no answer".to_owned(),
            },
            Some("    Retrying GetRole: no answer"),
            json!({ "event": "retrying", "operation": "GetRole", "cause": "no answer" }),
        ),
        (
            Event::ExecutionStarted {
                test: "BUY".to_owned(),
                execution_arn: "arn".to_owned(),
                alone: false,
            },
            None,
            json!({ "event": "execution-started", "test": "BUY", "execution_arn": "arn" }),
        ),
        (
            Event::ExecutionStarted {
                test: "Running".to_owned(),
                execution_arn: "arn:aws:states:eu-west-1:123456789012:execution:shop:order-17"
                    .to_owned(),
                alone: true,
            },
            Some("     Started execution `order-17`"),
            json!({
                "event": "execution-started", "test": "Running",
                "execution_arn": "arn:aws:states:eu-west-1:123456789012:execution:shop:order-17"
            }),
        ),
        (
            Event::LoadProgress(Progress {
                executions: 30,
                total: 300,
                failed: 2,
                per_second: Some(8.5),
            }),
            Some("     Running 30 of 300 executions, 2 failed, 8.50 per second"),
            json!({
                "event": "load-progress",
                "executions": 30,
                "total": 300,
                "failed": 2,
                "per_second": 8.5,
            }),
        ),
        (
            Event::CanaryLooked(Box::new(look())),
            Some(
                "      Canary 10 % on release 7: 1 of 31 failed; release 6: 5 of 280; \
                 wait: 31 of the 40 executions have ended that each release needs",
            ),
            json!({
                "event": "canary-looked",
                "step": 1,
                "steps": 2,
                "share": 10,
                "old": {
                    "release": 6, "started": 281, "running": 1, "ended": 280, "failed": 5,
                    "aborted": 0, "p50": 1.5, "p99": null,
                },
                "new": {
                    "release": 7, "started": 32, "running": 1, "ended": 31, "failed": 1,
                    "aborted": 0, "p50": 1.5, "p99": null,
                },
                "verdict": "wait",
                "because": { "missing": "executions", "ended": 31, "of": 40 },
            }),
        ),
        (
            Event::Changed {
                files: ["a", "b", "c", "d", "e", "f", "g"].map(Into::into).into(),
            },
            Some("     Changed a, b, c, d, e, 2 more"),
            json!({ "event": "changed", "files": ["a", "b", "c", "d", "e", "f", "g"] }),
        ),
        (
            Event::Watching,
            Some("     Waiting for changes (Ctrl-C ends)"),
            json!({ "event": "watching" }),
        ),
    ]
}

#[test]
fn each_event_has_its_line_and_its_json() {
    for (event, text, data) in events() {
        assert_eq!(line(&event).map(|text| plain(&text)).as_deref(), text);
        assert_eq!(serde_json::to_value(&event).unwrap(), data);
    }
}

#[test]
fn counts_agree_with_their_nouns() {
    assert_eq!(counted(0, "resource"), "0 resources");
    assert_eq!(counted(1, "resource"), "1 resource");
    assert_eq!(counted(2, "resource"), "2 resources");
}
