//! A policy that was just written is not in force at once.

use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Span, Weather};

use super::checkout::Until;
use super::moments::{Person, tell, with_child};
use super::truth::Truth;

/// Callers are sent to a release when its policies have had their time.
#[test]
fn what_starts_right_after_a_deploy_may_call_what_it_calls() {
    tell(async || {
        let mut person = Person::in_weather(slow_policies());
        let truth = Truth::begin(&person.cloud).await;
        // Both handlers and their roles are there already: only a policy is written.
        for calls in ["buy", "sell"] {
            let mut wish = with_child();
            wish.code.insert("sell", 0);
            wish.children.get_mut("pack").unwrap().calls = calls;
            person.deploys(&wish).await;
            let tested = person.run(&["test"]).await;
            assert_eq!(tested.exit, Some(Exit::Done), "{}", tested.printed);
            let executions = truth.executions().await;
            assert!(!executions.is_empty());
            let mut ends = executions.values();
            assert!(ends.all(|end| end == "SUCCEEDED"), "{executions:?}");
        }
    });
}

/// Nothing but the age of its release tells that a deploy that was interrupted has written policies a moment ago.
#[test]
fn what_starts_right_after_a_deploy_that_goes_on_from_one_that_was_interrupted_may_call_what_it_calls()
 {
    tell(async || {
        let mut interrupted = 0;
        for call in 20.. {
            let mut person = Person::in_weather(slow_policies());
            let truth = Truth::begin(&person.cloud).await;
            let mut wish = with_child();
            wish.code.insert("sell", 0);
            person.deploys(&wish).await;
            tokio::time::sleep(Duration::from_secs(60)).await;
            wish.children.get_mut("pack").unwrap().calls = "sell";
            person.checkout.write(&wish);
            let line = person.cloud.line_with_alarm(call);
            let until = Until::Interrupted(call);
            let first = person.checkout.run(&["deploy"], until, &line).await;
            if first.exit == Some(Exit::Done) {
                break;
            }
            interrupted += 1;
            person.deploys(&wish).await;
            let tested = person.run(&["test"]).await;
            assert_eq!(
                tested.exit,
                Some(Exit::Done),
                "{call}: {} {}",
                first.printed,
                tested.printed
            );
            let executions = truth.executions().await;
            let mut ends = executions.values();
            assert!(
                ends.all(|end| end == "SUCCEEDED"),
                "{call}: {} {executions:?}",
                first.printed
            );
        }
        assert!(interrupted > 5, "{interrupted}");
    });
}

fn slow_policies() -> Weather {
    Weather {
        policy_propagation: Span::exactly(Duration::from_secs(9)),
        ..Weather::calm()
    }
}
