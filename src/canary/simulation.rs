//! Simulated populations: how often a release is judged rightly.
//!
//! `TXFLOW_CANARIES=1000 cargo test --workspace --lib -- canary::simulation --nocapture` prints it for as many seeds.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use super::population::Group;
use super::{Canary, CanaryStart, Rules, Samples, Shares, Verdict, Why, judge};

/// How executions of a release end.
#[derive(Clone, Copy)]
struct Release {
    /// The share that fails.
    fails: f64,
    /// The median of how long one takes, in seconds. The logarithm varies normally, by a half.
    takes: f64,
}

const GOOD: Release = Release {
    fails: 0.05,
    takes: 20.0,
};

/// After how many executions of both releases a canary is left undecided.
const MOST: u32 = 20_000;

/// How many executions are started between two looks.
const BETWEEN: u32 = 50;

/// By default fewer than what is claimed, since nothing is optimized in the gate.
fn seeds() -> u64 {
    let asked = std::env::var("TXFLOW_CANARIES").ok();
    asked.map_or(20, |asked| asked.parse().expect("a number"))
}

fn normal(rng: &mut Rng) -> f64 {
    let (a, b) = (1.0 - rng.f64(), rng.f64());
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

fn run_one(group: &mut Group, release: Release, rng: &mut Rng) {
    let took = release.takes * (0.5 * normal(rng)).exp();
    group.took.push(Duration::from_secs_f64(took));
    group.failed += u32::from(rng.f64() < release.fails);
}

/// Runs a canary to its verdict, and gives after how many executions of both releases that came; `None` if it did not.
fn canary(seed: u64, shares: &[u8], (old, new): (Release, Release)) -> Option<(Verdict, u32)> {
    let mut rng = Rng::with_seed(seed);
    let start = CanaryStart {
        shares: Shares::new(shares.to_vec()).expect("shares"),
        rules: Rules {
            least: Duration::ZERO,
            ..Rules::default()
        },
    };
    let now = Timestamp::UNIX_EPOCH;
    let mut canary: Canary = start.begin(now);
    let mut samples = Samples::default();
    let mut executions = 0;
    while executions < MOST {
        for _ in 0..BETWEEN {
            let is_new = rng.u8(..100) < canary.share();
            let (group, release) = match is_new {
                true => (&mut samples.new, new),
                false => (&mut samples.old, old),
            };
            run_one(group, release, &mut rng);
        }
        executions += BETWEEN;
        match judge(&canary, &samples, now) {
            Verdict::Wait(_) => {}
            Verdict::Continue => {
                canary = canary.next(now).expect("a step");
                samples = Samples::default();
            }
            verdict => return Some((verdict, executions)),
        }
    }
    None
}

/// Gives how many percent of the seeds come to the verdict, and after how many executions at most 99 % of those do.
fn tally(
    name: &str,
    shares: &[u8],
    releases: (Release, Release),
    expected: impl Fn(&Verdict) -> bool,
) -> f64 {
    let seeds = seeds();
    let ended = (0..seeds).filter_map(|seed| canary(seed, shares, releases));
    let mut needed: Vec<u32> = ended
        .filter(|(verdict, _)| expected(verdict))
        .map(|(_, executions)| executions)
        .collect();
    needed.sort_unstable();
    let at = |percent: usize| needed.get((needed.len() * percent).div_ceil(100).saturating_sub(1));
    let percent = 100.0 * needed.len() as f64 / seeds as f64;
    println!(
        "{name}, {shares:?}: {percent:.1} % of {seeds}, after {:?} executions (median), {:?} (99 %), {:?} (all)",
        at(50).copied().unwrap_or(0),
        at(99).copied().unwrap_or(0),
        at(100).copied().unwrap_or(0),
    );
    percent
}

const SHARES: [&[u8]; 2] = [&[10], &[10, 50]];

fn failing(fails: f64) -> (Release, Release) {
    let old = Release { fails, ..GOOD };
    (
        old,
        Release {
            fails: 3.0 * fails,
            ..GOOD
        },
    )
}

#[test]
fn a_release_that_fails_three_times_as_often_is_routed_back() {
    for shares in SHARES {
        for fails in [0.02, 0.1] {
            let name = format!("fails {fails} → {}", 3.0 * fails);
            let back = tally(&name, shares, failing(fails), |verdict| {
                *verdict == Verdict::RouteBack(Why::Failures)
            });
            assert!(back >= 99.0, "{name}: {back}");
        }
    }
}

#[test]
fn a_release_that_takes_twice_as_long_is_routed_back() {
    let slow = Release {
        takes: 2.0 * GOOD.takes,
        ..GOOD
    };
    for shares in SHARES {
        let back = tally("p99 × 2", shares, (GOOD, slow), |verdict| {
            *verdict == Verdict::RouteBack(Why::Durations)
        });
        assert!(back >= 99.0, "{back}");
    }
}

#[test]
fn a_release_that_is_as_good_as_the_old_one_goes_live() {
    for shares in SHARES {
        for fails in [0.0, 0.01, 0.05] {
            let both = Release { fails, ..GOOD };
            let name = format!("fails {fails} as before");
            let live = tally(&name, shares, (both, both), |verdict| {
                *verdict == Verdict::Promote
            });
            assert!(live >= 95.0, "{name}: {live}");
        }
    }
}

/// A release of which nothing ever ends is not waited for for ever.
#[test]
fn what_cannot_be_decided_is_routed_back_when_its_time_is_over() {
    let start = CanaryStart {
        shares: Shares::default(),
        rules: Rules::default(),
    };
    let began = Timestamp::UNIX_EPOCH;
    let canary = start.begin(began);
    let judged = |minutes: u64| {
        let now = began + Duration::from_secs(60 * minutes);
        judge(&canary, &Samples::default(), now)
    };
    assert!(matches!(
        judged(14),
        Verdict::Wait(super::Missing::Time { .. })
    ));
    let missing = super::Missing::Executions { ended: 0, of: 20 };
    assert_eq!(judged(15), Verdict::Wait(missing.clone()));
    assert_eq!(judged(254), Verdict::Wait(missing.clone()));
    assert_eq!(judged(255), Verdict::RouteBack(Why::Undecided { missing }));
}
