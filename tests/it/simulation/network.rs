//! Functions in a VPC, of whose network interfaces none may be left: they block their subnets and security groups.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use txflow::exit::Exit;
use txflow_local_aws::{Span, Weather};

use super::moments::{Person, tell, wish};
use super::truth::Truth;
use super::wish::Wish;

const VPC: &str =
    "[defaults]\nvpc = { subnet-ids = [\"subnet-1\"], security-group-ids = [\"sg-1\"] }\n";

/// awslabs/aws-support-tools#174: so long Lambda may take, and it uses the role of the function.
fn slow() -> Weather {
    Weather {
        network_interface_removal: Span::exactly(Duration::from_mins(20)),
        ..Weather::calm()
    }
}

async fn deploys_in_vpc(person: &mut Person, wish: &Wish) {
    person.checkout.write(wish);
    person.checkout.append(VPC);
    let ended = person.run(&["deploy"]).await;
    assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
}

/// aws/aws-cdk#34400 and terraform-aws-modules/terraform-aws-lambda#310 tell of interfaces that stayed.
#[test]
fn a_destroy_leaves_no_network_interface() {
    tell(async || {
        let mut person = Person::in_weather(slow());
        let truth = Truth::begin(&person.cloud).await;
        deploys_in_vpc(&mut person, &wish()).await;
        assert_eq!(person.cloud.network_interfaces().await, 1);
        let destroyed = person.run(&["destroy", "--yes"]).await;
        assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        truth.nothing_of_the_stack_is_left().await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(person.cloud.network_interfaces().await, 0);
    });
}

#[test]
fn a_function_that_has_left_its_vpc_leaves_no_network_interface() {
    tell(async || {
        let mut person = Person::in_weather(slow());
        let release = |code| Wish {
            code: BTreeMap::from([("buy", code)]),
            keep: 1,
            ..wish()
        };
        deploys_in_vpc(&mut person, &release(0)).await;
        person.deploys(&release(0)).await;
        sleep(Duration::from_hours(1)).await;
        // A rollback goes back into the VPC.
        assert_eq!(person.cloud.network_interfaces().await, 1);
        person.deploys(&release(1)).await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(person.cloud.network_interfaces().await, 0);
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
    });
}

/// Functions share the interfaces of a network, so Lambda does not remove them as long as one of them is there.
#[test]
fn an_interface_that_another_function_uses_is_not_waited_for() {
    tell(async || {
        let mut person = Person::in_weather(slow());
        let mut both = Wish { keep: 1, ..wish() };
        both.code.insert("sell", 0);
        deploys_in_vpc(&mut person, &both).await;
        let began = Instant::now();
        both.code.remove("sell");
        deploys_in_vpc(&mut person, &both).await;
        assert!(began.elapsed() < Duration::from_mins(5));
        assert_eq!(person.cloud.network_interfaces().await, 1);
        let destroyed = person.run(&["destroy", "--yes"]).await;
        assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        sleep(Duration::from_hours(1)).await;
        assert_eq!(person.cloud.network_interfaces().await, 0);
    });
}

/// Only the role is left, which Lambda still needs.
#[test]
fn a_destroy_that_was_killed_is_finished_without_leaving_a_network_interface() {
    tell(async || {
        for call in 10..60 {
            let mut person = Person::in_weather(slow());
            deploys_in_vpc(&mut person, &wish()).await;
            let line = person.cloud.line_with_alarm(call);
            let killed = super::checkout::Until::Killed(call);
            let ended = person.checkout.run(&["destroy", "--yes"], killed, &line);
            if ended.await.exit.is_some() {
                break;
            }
            let destroyed = person.run(&["destroy", "--yes"]).await;
            assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
            sleep(Duration::from_hours(1)).await;
            assert_eq!(
                person.cloud.network_interfaces().await,
                0,
                "killed at {call}"
            );
        }
    });
}
