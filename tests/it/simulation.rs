//! The real commands against an AWS in memory with AWS's moods, on virtual time, from one seed.
//!
//! `just simulate 1000..21000` runs these seeds, and `TXFLOW_SEED=7 cargo test --workspace --test it -- simulation` tells
//! the story of one.

mod at_once;
mod before_live;
pub mod checkout;
pub mod cloud;
mod live;
mod moments;
mod network;
mod policies;
mod running;
mod story;
mod sync;
mod triggers;
pub mod truth;
pub mod wish;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use self::story::Story;

/// Which there are unless somebody asks for others.
const SEEDS: Range<u64> = 0..500;

/// What others have found. A change of the order of calls makes them other stories.
const FOUND: [u64; 17] = [
    3816, 4108, 4133, 5256, 6493, 7292, 8175, 8262, 8327, 8937, 9995, 11578, 12048, 12520, 12711,
    14815, 16796,
];

#[test]
fn a_stage_survives_whatever_aws_and_its_people_do() {
    let one = variable("TXFLOW_SEED").map(|seed| seed.parse().expect("TXFLOW_SEED is a number"));
    let seeds: Vec<u64> = match (one, variable("TXFLOW_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(seeds)) => range(&seeds).collect(),
        (None, None) => SEEDS.chain(FOUND).collect(),
    };
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let began = Instant::now();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(&seed) = seeds.get(at) else {
                break;
            };
            let told = Mutex::default();
            if catch_unwind(AssertUnwindSafe(|| simulate(seed, &told))).is_err() {
                println!("failed: {}", again(seed));
                failed.lock().unwrap().push(seed);
            }
            if one.is_some() {
                println!("{}", told.into_inner().unwrap().join("\n"));
            }
            let done = at + 1;
            if done.is_multiple_of(100) {
                println!("{done} seeds, {:.1} a second", rate(done, began));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    on_threads(threads, &work);
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable();
    let ran = seeds.len();
    println!("{ran} seeds, {:.1} a second", rate(ran, began));
    assert!(
        failed.is_empty(),
        "{} of {ran} failed; again, with what happened:\n{}",
        failed.len(),
        failed
            .iter()
            .copied()
            .map(again)
            .collect::<Vec<_>>()
            .join("\n")
    );
}

/// Each story ends with a deploy, its test and a destroy.
#[test]
fn a_seed_tells_the_same_story_each_time() {
    let tell = |seed| {
        let told = Mutex::default();
        simulate(seed, &told);
        told.into_inner().unwrap()
    };
    on_threads(1, &|| {
        for seed in [3, 298] {
            let (one, other) = (tell(seed), tell(seed));
            let mut calls = one.iter();
            assert!(calls.any(|line| line.contains("StartExecution 200")));
            let mut both = one.iter().zip(&other);
            assert_eq!(both.find(|(one, other)| one != other), None, "seed {seed}");
            assert_eq!(one.len(), other.len(), "seed {seed}");
        }
    });
}

/// Without optimization the futures of a command are large.
pub fn on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let thread = std::thread::Builder::new().stack_size(64 << 20);
            thread.spawn_scoped(scope, work).unwrap();
        }
    });
}

/// Tells one story to its end, with all calls behind it.
fn simulate(seed: u64, told: &Mutex<Vec<String>>) {
    on_virtual_time(seed, async {
        let mut story = Story::begin(seed).await;
        let ended = AssertUnwindSafe(story.go_on_to_the_end());
        let ended = futures_util::FutureExt::catch_unwind(ended).await;
        let mut all = std::mem::take(&mut story.told);
        all.extend(story.calls());
        *told.lock().unwrap() = all;
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    });
}

pub fn on_virtual_time(seed: u64, story: impl Future<Output = ()>) {
    // The SDK varies its pauses by this.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(story);
}

/// The command that tells the story of a seed.
fn again(seed: u64) -> String {
    format!("TXFLOW_SEED={seed} cargo test --workspace --test it -- simulation --nocapture")
}

#[expect(clippy::cast_precision_loss, reason = "nobody waits for so many")]
fn rate(seeds: usize, since: Instant) -> f64 {
    seeds as f64 / since.elapsed().as_secs_f64()
}

/// `500`, or `1000..21000`.
fn range(seeds: &str) -> Range<u64> {
    let number = |text: &str| {
        text.parse()
            .expect("TXFLOW_SEEDS is a number, or two with `..`")
    };
    match seeds.split_once("..") {
        Some((start, end)) => number(start)..number(end),
        None => 0..number(seeds),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
