//! Moments of a rollback: what it goes back from may not be what AWS shows, or what a deploy beside it believes.

use std::collections::BTreeMap;
use std::time::Duration;

use txflow::exit::Exit;
use txflow_local_aws::{Lag, Span, Weather};

use super::moments::{Person, tell, wish};
use super::truth::Truth;
use super::wish::Wish;

fn release(code: u8) -> Wish {
    Wish {
        code: BTreeMap::from([("buy", code)]),
        ..wish()
    }
}

/// The deploy had read what was live before the rollback, and the next rollback went back to what the first one had left.
#[test]
fn what_a_rollback_beside_a_deploy_has_left_is_not_gone_back_to() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        for code in [0, 1] {
            person.deploys(&release(code)).await;
            tokio::time::sleep(Duration::from_secs(90)).await;
        }
        person.cloud.aws.set_weather(Weather {
            function_update: Span::exactly(Duration::from_secs(30)),
            ..Weather::calm()
        });
        person.checkout.write(&release(2));
        let rollback = async {
            person.cloud.until_called("UpdateStateMachine 200").await;
            person.run(&["rollback"]).await
        };
        let (deploy, rollback) = tokio::join!(person.run(&["deploy"]), rollback);
        assert_eq!(rollback.exit, Some(Exit::Done), "{}", rollback.printed);
        assert_eq!(deploy.exit, Some(Exit::Done), "{}", deploy.printed);
        assert_eq!(truth.routes().await, [(3, 100)], "{}", deploy.printed);
        tokio::time::sleep(Duration::from_secs(90)).await;
        let again = person.run(&["rollback"]).await;
        assert_eq!(again.exit, Some(Exit::Done), "{}", again.printed);
        assert_eq!(truth.routes().await, [(1, 100)], "{}", again.printed);
    });
}

/// Neither the alias nor the list of releases showed the last deploy.
#[test]
fn a_rollback_of_a_deploy_that_aws_does_not_show_yet_goes_to_the_one_before() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&release(0)).await;
        tokio::time::sleep(Duration::from_secs(90)).await;
        for code in [1, 2] {
            person.deploys(&release(code)).await;
            tokio::time::sleep(Duration::from_secs(15)).await;
        }
        let stale = |chance| {
            let lag = Lag::new(chance, Span::exactly(Duration::from_secs(5)));
            Weather {
                stale_reads: lag,
                stale_lists: lag,
                ..Weather::calm()
            }
        };
        person.cloud.aws.set_weather(stale(1e-9));
        person.deploys(&release(3)).await;
        person.cloud.aws.set_weather(stale(1.0));
        let rollback = person.run(&["rollback"]).await;
        assert_eq!(rollback.exit, Some(Exit::Done), "{}", rollback.printed);
        assert_eq!(truth.routes().await, [(3, 100)], "{}", rollback.printed);
    });
}

/// The second of two deploys in a row read the alias as it was before the first one, and a rollback left that one out.
#[test]
fn a_rollback_after_two_deploys_in_a_row_goes_to_the_first_of_them() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        person.deploys(&release(0)).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let stale = |chance| Weather {
            function_update: Span::exactly(Duration::from_secs(5)),
            stale_reads: Lag::new(chance, Span::exactly(Duration::from_secs(4))),
            ..Weather::calm()
        };
        // The deploy itself sees what it has made live, and the next one does not.
        person.cloud.aws.set_weather(stale(1e-9));
        person.deploys(&release(1)).await;
        person.cloud.aws.set_weather(stale(1.0));
        person.deploys(&release(2)).await;
        let rollback = person.run(&["rollback"]).await;
        let to = "shop-dev is live: release 2";
        assert!(rollback.printed.contains(to), "{}", rollback.printed);
    });
}

/// AWS shows its releases and its alias until it is gone.
#[test]
fn nothing_is_live_of_a_stage_that_is_being_deleted() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        for code in [0, 1] {
            person.deploys(&release(code)).await;
        }
        person.cloud.aws.set_weather(Weather {
            state_machine_deletion: Span::exactly(Duration::from_secs(600)),
            ..Weather::calm()
        });
        truth.begin_to_delete_all().await;
        let status = person.run(&["status"]).await;
        assert_eq!(status.exit, Some(Exit::Failed), "{}", status.printed);
        let told = "state machine shop-dev, which is being deleted";
        assert!(status.printed.contains(told), "{}", status.printed);
        let rollback = person.run(&["rollback"]).await;
        assert_eq!(rollback.exit, Some(Exit::Failed), "{}", rollback.printed);
        assert!(
            rollback.printed.contains("unfinished"),
            "{}",
            rollback.printed
        );
    });
}
