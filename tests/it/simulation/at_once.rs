//! Moments of two deploys at once, told on purpose: what the one needs, the other one removes.

use std::collections::BTreeMap;
use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Lag, Random, Span, Weather};

use super::checkout::{Checkout, Ended, Until};
use super::cloud::{Cloud, Wait};
use super::moments::{Person, tell, triggered, wish, with_child};
use super::truth::Truth;
use super::wish::{Source, Wish};

/// Somebody else deploys beside a person, from another checkout.
struct Other(Checkout);

impl Other {
    fn with(wish: &Wish) -> Self {
        let mut checkout = Checkout::new(&Random::seeded(2));
        checkout.write(wish);
        Self(checkout)
    }

    async fn deploys(&self, cloud: &Cloud, wait: Wait) -> Ended {
        let line = cloud.line_that_waits(wait);
        self.0.run(&["deploy"], Until::End, &line).await
    }
}

/// Another deploy removed it after it was looked for, and IAM still showed it.
#[test]
fn a_role_of_triggers_that_goes_while_they_are_made_is_made_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        person.cloud.aws.set_weather(Weather {
            latency: Span::exactly(Duration::from_millis(50)),
            stale_reads: Lag::new(1.0, Span::exactly(Duration::from_secs(1))),
            ..Weather::calm()
        });
        let triggered = triggered(Some(0));
        person.checkout.write(&triggered);
        let other = async {
            person.cloud.until_called("PutTargets 200").await;
            truth.delete_role("shop-dev-triggers").await;
        };
        let (ended, ()) = tokio::join!(person.run(&["deploy"]), other);
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        person.cloud.aws.set_weather(Weather::calm());
        truth.can_start(&truth.triggers().await).await;
    });
}

/// What the deploy beside this one had added to the policy was taken for a drift, and taken away once its release was live.
#[test]
fn a_policy_that_a_deploy_beside_this_one_has_widened_stays_wide() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        person.cloud.aws.set_weather(Weather {
            // The role of the new state machine, for which it waits.
            role_propagation: Span::exactly(Duration::from_secs(5)),
            ..Weather::calm()
        });
        person.checkout.write(&with_child());
        let deployed_before = Other::with(&wish());
        let other = async {
            person.cloud.until_called("PutRolePolicy 200").await;
            let wait = Wait {
                before: "PutRolePolicy",
                until: "UpdateStateMachineAlias 200",
            };
            deployed_before.deploys(&person.cloud, wait).await
        };
        let (ended, _) = tokio::join!(person.run(&["deploy"]), other);
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        let live = truth.live().await.expect("a release is live");
        assert!(live.is_of(&with_child()), "{live:#?}");
        truth.can_be_called(&live).await;
    });
}

/// AWS throttled the call that had to write what was read before, and the SDK sent it again once the other deploy had ended.
#[test]
fn a_policy_that_is_written_late_keeps_what_another_deploy_needs() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        person.cloud.aws.set_weather(Weather {
            latency: Span::exactly(Duration::from_millis(50)),
            ..Weather::calm()
        });
        let with_sell = Wish {
            code: BTreeMap::from([("buy", 0), ("sell", 0)]),
            ..wish()
        };
        person.checkout.write(&with_sell);
        let with_logs = Other::with(&Wish {
            logging: true,
            ..wish()
        });
        let wait = Wait {
            before: "PutRolePolicy",
            until: "UpdateStateMachineAlias 200",
        };
        let deploy = async {
            let ended = person.run(&["deploy"]).await;
            assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            let live = truth.live().await.expect("a release is live");
            assert!(live.is_of(&with_sell), "{live:#?}");
            truth.can_be_called(&live).await;
        };
        tokio::join!(with_logs.deploys(&person.cloud, wait), deploy);
    });
}

/// AWS names no revision of a state machine that was never updated, so none was asked for.
#[test]
fn what_another_deploy_has_just_written_is_not_published_as_this_ones() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        let with_two = Wish {
            code: BTreeMap::from([("buy", 0), ("sell", 0)]),
            ..with_child()
        };
        person.deploys(&with_two).await;
        truth.delete_version("pack", 1).await;
        let mut changed = with_two.clone();
        changed.children.get_mut("pack").unwrap().calls = "sell";
        person.checkout.write(&changed);
        let as_before = Other::with(&with_two);
        let wait = Wait {
            before: "PublishStateMachineVersion",
            until: "UpdateStateMachine 200",
        };
        let (_, other) = tokio::join!(
            person.run(&["deploy"]),
            as_before.deploys(&person.cloud, wait)
        );
        let refusal = "`shop-dev-pack` was changed by someone else";
        assert!(other.printed.contains(refusal), "{}", other.printed);
        let live = truth.live().await.expect("a release is live");
        assert!(live.is_of(&changed), "{live:#?}");
    });
}

/// The deploy that found a role without a function looked for it once more, and it went right then.
#[test]
fn a_role_that_goes_while_its_function_is_made_is_made_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        let with_sell = Wish {
            code: BTreeMap::from([("buy", 0), ("sell", 0)]),
            ..wish()
        };
        person.checkout.write(&with_sell);
        person.cloud.aws.set_weather(Weather {
            latency: Span::exactly(Duration::from_millis(50)),
            role_propagation: Span::exactly(Duration::from_secs(60)),
            ..Weather::calm()
        });
        let line = person.cloud.line_with_alarm(60);
        let until = Until::Killed(60);
        person.checkout.run(&["deploy"], until, &line).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.cloud.aws.set_weather(Weather {
            function_creation: Span::exactly(Duration::from_secs(5)),
            ..Weather::calm()
        });
        let other = async {
            person.cloud.until_called("CreateFunction 201").await;
            truth.delete_role("shop-dev-sell").await;
        };
        let (ended, ()) = tokio::join!(person.run(&["deploy"]), other);
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        let live = truth.live().await.expect("a release is live");
        assert!(live.is_of(&with_sell), "{live:#?}");
        truth.can_be_called(&live).await;
    });
}

/// The role of the triggers went between the plan and the alias, and EventBridge Scheduler waited for it in vain.
#[test]
fn a_role_of_triggers_that_goes_before_they_are_made_is_made_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&triggered(None)).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut wanted = Wish {
            code: BTreeMap::from([("buy", 1)]),
            ..triggered(Some(0))
        };
        let hourly = wanted.triggers.get_mut("hourly").unwrap();
        hourly.source = Source::Schedule { hours: 3 };
        let without = Other::with(&with_child());
        person.checkout.write(&wanted);
        let line = person.cloud.line_that_waits(Wait {
            before: "UpdateStateMachine",
            until: "DeleteRole 200",
        });
        let at_once = person.cloud.line();
        let (ended, _) = tokio::join!(
            person.checkout.run(&["deploy"], Until::End, &line),
            without.0.run(&["deploy"], Until::End, &at_once)
        );
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        truth.can_start(&truth.triggers().await).await;
    });
}

/// A deploy that began meanwhile found a role without triggers, and removed it before they were made.
#[test]
fn a_new_role_of_triggers_that_goes_before_they_are_made_is_made_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        let wanted = triggered(Some(0));
        let wanted = Wish {
            code: BTreeMap::from([("buy", 1)]),
            ..wanted
        };
        person.checkout.write(&wanted);
        let other = async {
            person.cloud.until_called("UpdateStateMachine 200").await;
            truth.delete_role("shop-dev-triggers").await;
        };
        let (ended, ()) = tokio::join!(person.run(&["deploy"]), other);
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        let triggers = truth.triggers().await;
        assert!(triggers.include(&wanted), "{triggers:?}");
        truth.can_start(&triggers).await;
    });
}

/// The deploy beside this one went back to the last release and published none, so nothing told that it was there; and Lambda still
/// showed the function that it had removed.
#[test]
fn a_function_that_goes_before_a_release_takes_it_up_again_is_missed() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        let with_sell = Wish {
            code: BTreeMap::from([("buy", 0), ("sell", 0)]),
            ..wish()
        };
        person.deploys(&with_sell).await;
        person.deploys(&wish()).await;
        person.checkout.write(&Wish {
            code: BTreeMap::from([("buy", 1), ("sell", 0)]),
            ..wish()
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.cloud.aws.set_weather(Weather {
            function_update: Span::exactly(Duration::from_secs(2)),
            stale_reads: Lag::new(1.0, Span::exactly(Duration::from_secs(5))),
            ..Weather::calm()
        });
        let other = async {
            person.cloud.until_called("UpdateStateMachine 200").await;
            // Soon AWS shows that the other function is ready.
            tokio::time::sleep(Duration::from_secs(4)).await;
            truth.delete_function("sell").await;
        };
        let (ended, ()) = tokio::join!(person.run(&["deploy"]), other);
        assert_eq!(ended.exit, Some(Exit::Failed), "{}", ended.printed);
        let told = "`shop-dev-sell` was changed by someone else";
        assert!(ended.printed.contains(told), "{}", ended.printed);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(truth.routes().await, [(2, 100)], "{}", ended.printed);
    });
}
