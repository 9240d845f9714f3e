//! Moments that seeds have found, each told on purpose.

use std::collections::BTreeMap;
use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Lag, Random, Span, Weather};

use super::checkout::{Checkout, Ended, Until};
use super::cloud::{Cloud, Wait};
use super::truth::Truth;
use super::wish::{Child, Source, Trigger, Wish};
use super::{on_threads, on_virtual_time};

/// One handler and nothing else.
fn wish() -> Wish {
    Wish {
        code: BTreeMap::from([("buy", 0)]),
        children: BTreeMap::new(),
        triggers: BTreeMap::new(),
        memory: 128,
        reserved: None,
        secret: None,
        logging: false,
        tag: None,
        keep: 3,
    }
}

/// A schedule, which keeps the role of the triggers, and perhaps a rule.
fn triggered(rule: Option<u8>) -> Wish {
    let trigger = |source| Trigger {
        source,
        enabled: true,
    };
    let schedule = ("hourly", trigger(Source::Schedule { hours: 2 }));
    let rule = rule.map(|number| ("orders", trigger(Source::Event { number })));
    Wish {
        triggers: [schedule].into_iter().chain(rule).collect(),
        ..wish()
    }
}

fn with_child() -> Wish {
    let pack = Child {
        calls: "buy",
        starts: None,
        comment: 0,
    };
    Wish {
        children: BTreeMap::from([("pack", pack)]),
        ..wish()
    }
}

/// A person with a line to AWS.
struct Person {
    cloud: Cloud,
    checkout: Checkout,
}

impl Person {
    fn in_weather(weather: Weather) -> Self {
        Self {
            cloud: Cloud::new(1, weather),
            checkout: Checkout::new(&Random::seeded(1)),
        }
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let line = self.cloud.line();
        self.checkout.run(arguments, Until::End, &line).await
    }

    async fn deploys(&mut self, wish: &Wish) {
        self.checkout.write(wish);
        let ended = self.run(&["deploy"]).await;
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
    }
}

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

fn tell(moment: impl AsyncFn() + Sync) {
    on_threads(1, &|| on_virtual_time(1, moment()));
}

/// AWS ignores the tags that come with a rule that exists, so they were not sent; but the rule that was shown had just gone.
/// The new one was nobody's, and every later command refused to touch it.
#[test]
fn a_rule_that_went_a_moment_ago_is_made_again_as_the_stacks_own() {
    tell(async || {
        let late = Lag::new(1.0, Span::exactly(Duration::from_secs(1)));
        let mut person = Person::in_weather(Weather {
            stale_lists: late,
            stale_reads: late,
            ..Weather::calm()
        });
        person.deploys(&triggered(Some(0))).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.deploys(&triggered(None)).await;
        person.deploys(&triggered(Some(1))).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
    });
}

/// Step Functions deletes a state machine for as long as half a minute, and shows its versions until then.
#[test]
fn a_release_that_starts_what_is_being_deleted_does_not_go_live() {
    tell(async || {
        let mut person = Person::in_weather(Weather {
            state_machine_deletion: Span::exactly(Duration::from_hours(1)),
            ..Weather::calm()
        });
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&with_child()).await;
        person.deploys(&wish()).await;
        truth.begin_to_delete("pack").await;
        let rollback = person.run(&["rollback"]).await;
        assert_eq!(rollback.exit, Some(Exit::Failed), "{}", rollback.printed);
        let refusal = "version 1 of state machine `shop-dev-pack` does not exist";
        assert!(rollback.printed.contains(refusal), "{}", rollback.printed);
    });
}

/// EventBridge lists a rule late, and the role that led to it was gone by then.
#[test]
fn a_destroy_right_after_a_deploy_leaves_no_trigger() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.cloud.aws.set_weather(Weather {
            stale_lists: Lag::new(1.0, Span::exactly(Duration::from_secs(1))),
            ..Weather::calm()
        });
        person.deploys(&triggered(None)).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.deploys(&triggered(Some(0))).await;
        // Whoever has a former `deploy.toml` removes the whole stack as well.
        person.checkout.write(&wish());
        let destroyed = person.run(&["destroy", "--yes"]).await;
        assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.cloud.aws.set_weather(Weather::calm());
        truth.nothing_of_the_stack_is_left().await;
    });
}

/// IAM lists the roles some seconds late, and the log groups were already there to be removed.
#[test]
fn a_destroy_right_after_a_deploy_that_was_killed_leaves_no_role() {
    tell(async || {
        for call in 15..45 {
            let mut person = Person::in_weather(Weather::calm());
            let truth = Truth::begin(&person.cloud).await;
            person.cloud.aws.set_weather(Weather {
                seed: call as u64,
                role_propagation: Span::exactly(Duration::from_secs(30)),
                stale_lists: Lag::new(0.5, Span::exactly(Duration::from_secs(5))),
                ..Weather::calm()
            });
            person.checkout.write(&wish());
            let line = person.cloud.line_with_alarm(call);
            let checkout = &person.checkout;
            checkout.run(&["deploy"], Until::Killed(call), &line).await;
            let destroyed = person.run(&["destroy", "--yes"]).await;
            assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
            tokio::time::sleep(Duration::from_secs(60)).await;
            person.cloud.aws.set_weather(Weather::calm());
            truth.nothing_of_the_stack_is_left().await;
        }
    });
}

/// Nothing leads to a trigger whose role is gone and that `deploy.toml` does not name.
#[test]
fn a_rule_that_was_not_listed_yet_goes_with_the_role_of_the_triggers() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&triggered(None)).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.cloud.aws.set_weather(Weather {
            stale_lists: Lag::new(1.0, Span::exactly(Duration::from_secs(1))),
            ..Weather::calm()
        });
        person.deploys(&triggered(Some(0))).await;
        person.deploys(&wish()).await;
        person.cloud.aws.set_weather(Weather::calm());
        assert_eq!(truth.triggers().await.len(), 0);
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
    });
}

/// EventBridge takes a role that does not exist.
#[test]
fn triggers_get_a_role_although_the_former_one_was_still_shown() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&triggered(None)).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        person.cloud.aws.set_weather(Weather {
            stale_reads: Lag::new(1.0, Span::exactly(Duration::from_secs(1))),
            ..Weather::calm()
        });
        person.deploys(&wish()).await;
        let again = triggered(Some(0));
        person.deploys(&again).await;
        person.cloud.aws.set_weather(Weather::calm());
        let triggers = truth.triggers().await;
        assert!(triggers.include(&again), "{triggers:?}");
        truth.can_start(&triggers).await;
    });
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

/// Nobody has waited for the function, and it looks as it should.
#[test]
fn a_function_of_a_deploy_that_was_killed_is_ready_before_it_goes_live() {
    tell(async || {
        let slow = Weather {
            function_creation: Span::exactly(Duration::from_secs(30)),
            ..Weather::calm()
        };
        for call in 1.. {
            let mut person = Person::in_weather(slow);
            let truth = Truth::begin(&person.cloud).await;
            person.checkout.write(&wish());
            let line = person.cloud.line_with_alarm(call);
            let checkout = &person.checkout;
            checkout.run(&["deploy"], Until::Killed(call), &line).await;
            let calls = person.cloud.calls.lock().unwrap().clone();
            let mut calls = calls.iter();
            if !calls.any(|call| call.contains("lambda:CreateFunction 201")) {
                continue;
            }
            person.deploys(&wish()).await;
            // Asks whether all is active that it pins.
            let live = truth.live().await.expect("a release is live");
            assert!(live.is_of(&wish()));
            break;
        }
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

/// Lambda publishes no version that is the same as the last one, so the release is the one that is live; and that was taken for
/// another deploy's.
#[test]
fn a_deploy_that_undoes_a_drift_narrows_the_policy_as_well() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        truth.drift("buy").await;
        person.deploys(&wish()).await;
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
    });
}

/// What was left without a role was read once, and a state machine that does not show its tags yet was somebody else's.
#[test]
fn a_destroy_beside_a_deploy_takes_nothing_new_for_foreign() {
    tell(async || {
        for seed in 0..20 {
            let mut person = Person::in_weather(Weather::calm());
            let [before, after] = [wish(), with_child()].map(|wish| Wish {
                logging: true,
                ..wish
            });
            person.deploys(&before).await;
            person.cloud.aws.set_weather(Weather {
                seed,
                stale_reads: Lag::new(0.5, Span::exactly(Duration::from_secs(1))),
                ..Weather::calm()
            });
            person.deploys(&after).await;
            person.checkout.write(&before);
            let destroyed = person.run(&["destroy", "--yes"]).await;
            assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        }
    });
}
