//! Moments that seeds have found, each told on purpose.

use std::collections::BTreeMap;
use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Lag, Random, Span, Weather};

use super::checkout::{Checkout, Ended, Until};
use super::cloud::Cloud;
use super::truth::Truth;
use super::wish::{Child, Source, Trigger, Wish};
use super::{on_threads, on_virtual_time};

/// One handler and nothing else.
pub fn wish() -> Wish {
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
pub fn triggered(rule: Option<u8>) -> Wish {
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

pub fn with_child() -> Wish {
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
pub struct Person {
    pub cloud: Cloud,
    pub checkout: Checkout,
}

impl Person {
    pub fn in_weather(weather: Weather) -> Self {
        Self {
            cloud: Cloud::new(1, weather),
            checkout: Checkout::new(&Random::seeded(1)),
        }
    }

    pub async fn run(&self, arguments: &[&str]) -> Ended {
        let line = self.cloud.line();
        self.checkout.run(arguments, Until::End, &line).await
    }

    pub async fn deploys(&mut self, wish: &Wish) {
        self.checkout.write(wish);
        let ended = self.run(&["deploy"]).await;
        assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
    }
}

pub fn tell(moment: impl AsyncFn() + Sync) {
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

/// Lambda and Step Functions delete no version that an alias references, whoever made it.
#[test]
fn what_an_alias_of_others_leads_to_stays_and_deploys_go_on() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        let release = |code| Wish {
            code: BTreeMap::from([("buy", code)]),
            keep: 1,
            ..wish()
        };
        let mut with_sell = release(0);
        with_sell.code.insert("sell", 0);
        person.deploys(&with_sell).await;
        truth.others_alias(1).await;
        person.deploys(&release(1)).await;
        let changed = release(2);
        person.checkout.write(&changed);
        let pruning = person.run(&["deploy"]).await;
        assert_eq!(pruning.exit, Some(Exit::Done), "{}", pruning.printed);
        let kept = "release 1 stays, since an alias that txflow did not make leads to it";
        assert!(pruning.printed.contains(kept), "{}", pruning.printed);
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
        let live = truth.live().await.expect("a release is live");
        assert!(live.is_of(&changed), "{live:#?}");
        let theirs = truth.release(1).await;
        assert!(theirs.is_of(&with_sell), "{theirs:#?}");
        truth.can_be_called(&theirs).await;
        truth.others_function_alias("buy", 2).await;
        person.checkout.write(&release(0));
        let pruning = person.run(&["deploy"]).await;
        assert_eq!(pruning.exit, Some(Exit::Done), "{}", pruning.printed);
        let kept = pruning.printed.lines().find(|line| line.contains("Kept"));
        let kept = kept.unwrap_or_else(|| panic!("{}", pruning.printed));
        assert!(kept.contains("version 2"), "{kept}");
        let destroyed = person.run(&["destroy", "--yes"]).await;
        assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        tokio::time::sleep(Duration::from_secs(60)).await;
        truth.nothing_of_the_stack_is_left().await;
    });
}

/// A deploy that changes nothing used to end it.
#[test]
fn a_split_by_hand_stays_until_somebody_rolls_back() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        let release = |code| Wish {
            code: BTreeMap::from([("buy", code)]),
            ..wish()
        };
        person.deploys(&release(0)).await;
        person.deploys(&release(1)).await;
        let split = [(1, 30), (2, 70)];
        truth.split(split).await;
        person.checkout.write(&release(1));
        let same = person.run(&["deploy"]).await;
        assert_eq!(same.exit, Some(Exit::Done), "{}", same.printed);
        assert!(same.printed.contains("`live` is split"), "{}", same.printed);
        assert_eq!(truth.routes().await, split);
        person.checkout.write(&release(2));
        let changed = person.run(&["deploy"]).await;
        assert_eq!(changed.exit, Some(Exit::Failed), "{}", changed.printed);
        let refusal = "`live` is split between releases, 1 (30 %), 2 (70 %)";
        assert!(changed.printed.contains(refusal), "{}", changed.printed);
        assert_eq!(truth.routes().await, split);
        let back = person.run(&["rollback"]).await;
        assert_eq!(back.exit, Some(Exit::Done), "{}", back.printed);
        assert_eq!(truth.routes().await, [(1, 100)], "{}", back.printed);
        person.deploys(&release(2)).await;
    });
}

/// Such as by a destroy that found it.
#[test]
fn a_role_that_was_removed_is_not_waited_for() {
    tell(async || {
        let minute = Duration::from_secs(60);
        let mut person = Person::in_weather(Weather {
            role_propagation: Span::exactly(minute),
            ..Weather::calm()
        });
        let truth = Truth::begin(&person.cloud).await;
        person.checkout.write(&wish());
        let began = tokio::time::Instant::now();
        let somebody = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            truth.delete_role("shop-dev-buy").await;
        };
        let (ended, ()) = tokio::join!(person.run(&["deploy"]), somebody);
        assert_eq!(ended.exit, Some(Exit::Failed), "{}", ended.printed);
        let told = "the role `shop-dev-buy` was removed by another command during this deploy";
        assert!(ended.printed.contains(told), "{}", ended.printed);
        assert!(began.elapsed() < minute, "{:?}", began.elapsed());
    });
}

/// The code is what it was, and everything that AWS holds of it but the version that callers get.
#[test]
fn a_version_that_somebody_deleted_is_published_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        for code in [0, 1] {
            let release = Wish {
                code: BTreeMap::from([("buy", code)]),
                ..wish()
            };
            person.deploys(&release).await;
        }
        truth.delete_function_version("buy", "2").await;
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::ChangesPending), "{}", plan.printed);
        let status = person.run(&["status"]).await;
        let lost = "shop-dev-buy  version 2 does not exist any more";
        assert!(status.printed.contains(lost), "{}", status.printed);
        let deploy = person.run(&["deploy"]).await;
        assert_eq!(deploy.exit, Some(Exit::Done), "{}", deploy.printed);
        let live = truth.live().await.expect("a release is live");
        truth.can_be_called(&live).await;
    });
}

/// Somebody deploys the stage that is being removed: nothing of that one is stopped or removed, and no hint leads there.
#[test]
fn a_destroy_sees_that_the_stage_was_deployed_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        person.cloud.aws.set_weather(Weather {
            state_machine_deletion: Span::exactly(Duration::from_secs(20)),
            ..Weather::calm()
        });
        let again = async {
            person.cloud.until_called("DeleteStateMachine 200").await;
            truth.make_again().await;
        };
        let (destroyed, ()) = tokio::join!(person.run(&["destroy", "--yes"]), again);
        assert_eq!(destroyed.exit, Some(Exit::Failed), "{}", destroyed.printed);
        let told = "`shop-dev` was created again during this destroy";
        assert!(destroyed.printed.contains(told), "{}", destroyed.printed);
        assert!(
            !destroyed.printed.contains("it continues where"),
            "{}",
            destroyed.printed
        );
    });
}

/// A function that nobody has invoked for weeks fails at the invocation that wakes it ("Lambda function states" in Lambda's
/// developer guide), and so do the first executions of a release that somebody goes back to.
#[test]
fn a_function_that_is_idle_is_told_before_executions_fail_at_it() {
    tell(async || {
        let mut person = Person::in_weather(Weather {
            inactive_after: Some(Duration::from_hours(14 * 24)),
            ..Weather::calm()
        });
        let vpc = "\n[defaults]\nvpc = { subnet-ids = [\"subnet-1\"], security-group-ids = [\"sg-1\"] }\n";
        for code in [0, 1] {
            person.checkout.write(&Wish {
                code: BTreeMap::from([("buy", code)]),
                ..wish()
            });
            person.checkout.append(vpc);
            let ended = person.run(&["deploy"]).await;
            assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
        }
        tokio::time::sleep(Duration::from_hours(15 * 24)).await;
        let idle = "function `shop-dev-buy` version 2 is Inactive";
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
        assert!(plan.printed.contains(idle), "{}", plan.printed);
        let test = person.run(&["test"]).await;
        assert_eq!(test.exit, Some(Exit::TestFailed), "{}", test.printed);
        let hint = "run the test again in a minute";
        assert!(test.printed.contains(hint), "{}", test.printed);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let test = person.run(&["test"]).await;
        assert_eq!(test.exit, Some(Exit::Done), "{}", test.printed);
        let rollback = person.run(&["rollback"]).await;
        assert_eq!(rollback.exit, Some(Exit::Done), "{}", rollback.printed);
        let idle = "function `shop-dev-buy` version 1 is Inactive";
        assert!(rollback.printed.contains(idle), "{}", rollback.printed);
    });
}
