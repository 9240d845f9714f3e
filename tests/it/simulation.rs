//! The real commands against an AWS in memory with AWS's moods, on virtual time, from one seed.
//!
//! `TXFLOW_SEED=7 cargo test --workspace --test it -- simulation` tells the story of one seed, and
//! `TXFLOW_SEEDS=20000` runs that many.

mod cloud;
mod story;
mod truth;
mod wish;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use self::story::Story;

/// How many there are unless somebody asks for more.
const SEEDS: u64 = 500;

#[test]
fn a_stage_survives_whatever_aws_and_its_people_do() {
    let one = variable("TXFLOW_SEED");
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None => 0..variable("TXFLOW_SEEDS").unwrap_or(SEEDS),
    };
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let told = Mutex::default();
            if catch_unwind(AssertUnwindSafe(|| simulate(seed, &told))).is_err() {
                failed.lock().unwrap().push(seed);
            }
            if one.is_some() {
                println!("{}", told.into_inner().unwrap().join("\n"));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    on_threads(threads, &work);
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable();
    let again: Vec<String> = failed
        .iter()
        .map(|seed| format!("TXFLOW_SEED={seed} cargo test --workspace --test it -- simulation"))
        .collect();
    assert!(
        again.is_empty(),
        "{} of {} failed; again, with what happened:\n{}",
        again.len(),
        seeds.end - seeds.start,
        again.join("\n")
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
fn on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let thread = std::thread::Builder::new().stack_size(64 << 20);
            thread.spawn_scoped(scope, work).unwrap();
        }
    });
}

/// Tells one story to its end, with all calls behind it.
fn simulate(seed: u64, told: &Mutex<Vec<String>>) {
    // The SDK varies its pauses by this.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
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

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
