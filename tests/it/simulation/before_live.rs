//! Callers never get a release whose tests fail, whatever the weather, and wherever its deploy is cut off.

use std::time::Duration;

use fastrand::Rng;
use txflow::exit::Exit;
use txflow_local_aws::{Random, Weather};

use super::checkout::{Checkout, Ended, Until};
use super::cloud::Cloud;
use super::truth::Truth;
use super::wish::Wish;
use super::{on_threads, on_virtual_time};

const SEEDS: u64 = 12;

/// How often a release fails before one does not.
const FAILING: usize = 3;

/// What no execution puts out here, whether it succeeds or is denied something.
const FAILS: &str = "expect = { output = { never = true } }\n";

const DEPLOY: [&str; 2] = ["deploy", "--test-before-live"];

#[test]
fn callers_never_get_a_release_whose_tests_fail() {
    on_threads(1, &|| {
        for seed in 0..SEEDS {
            on_virtual_time(seed, tell(seed));
        }
    });
}

async fn tell(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let cloud = Cloud::new(seed, Weather::calm());
    let truth = Truth::begin(&cloud).await;
    let mut checkout = Checkout::new(&Random::seeded(seed));
    let sound = Wish::any(&mut rng);
    checkout.write(&sound);
    let first = run(&cloud, &checkout, Until::End).await;
    assert_eq!(first.exit, Some(Exit::Done), "{seed}: {}", first.printed);
    for _ in 0..FAILING {
        settle().await;
        let failing = Wish::any(&mut rng);
        checkout.write(&failing);
        checkout.append(FAILS);
        let call = rng.usize(1..120);
        let until = match rng.u8(..3) {
            0 => Until::End,
            1 => Until::Killed(call),
            _ => Until::Interrupted(call),
        };
        cloud.aws.set_weather(Weather::realistic(seed));
        let ended = run(&cloud, &checkout, until).await;
        cloud.aws.set_weather(Weather::calm());
        assert_ne!(ended.exit, Some(Exit::Done), "{seed}: {}", ended.printed);
        let live = truth.live().await.expect("a release");
        let printed = &ended.printed;
        assert!(
            live.is_of(&sound),
            "{seed}: {until:?} of {failing:?} instead of {sound:?}: {live:#?}\n{printed}"
        );
        truth.can_be_called(&live).await;
    }
    settle().await;
    let sound = Wish::any(&mut rng);
    checkout.write(&sound);
    let last = run(&cloud, &checkout, Until::End).await;
    assert_eq!(last.exit, Some(Exit::Done), "{seed}: {}", last.printed);
    let live = truth.live().await.expect("a release");
    assert!(live.is_of(&sound), "{seed}: {live:#?}");
    truth.can_be_called(&live).await;
}

async fn run(cloud: &Cloud, checkout: &Checkout, until: Until) -> Ended {
    let line = match until {
        Until::End => cloud.line(),
        Until::Killed(call) | Until::Interrupted(call) => cloud.line_with_alarm(call),
    };
    checkout.run(&DEPLOY, until, &line).await
}

/// What was cut off may still be under way, and what was made may not be shown yet.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(120)).await;
}
