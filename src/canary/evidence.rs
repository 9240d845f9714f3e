//! How strongly counts speak for or against a release, in a form that stays valid however often one looks.
//!
//! Each function gives an e-value: the likelihood of the counts if a claim is false against the likelihood if it is true, averaged
//! over how false it may be. While the claim is true, the chance that the value ever reaches `b` is at most `1 / b`
//! (Ville's inequality), so it may be looked at after each execution.

/// How many times as often a release that is worse may fail.
const RATIOS: [f64; 6] = [1.5, 2.0, 3.0, 5.0, 10.0, 50.0];

/// Failures of each release among the executions that were started on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failures {
    pub old: u32,
    pub new: u32,
    /// The share of the new release in all that were started.
    pub share: f64,
}

impl Failures {
    /// Against the claim that both fail alike, or the new release less: then each failure is one of the new release with the
    /// chance of any execution to be that. So it does not matter how often executions fail at all, nor whether that
    /// changes while the canary runs.
    pub fn worse(self) -> f64 {
        mean(RATIOS.map(|ratio| self.ln_worse(ratio)))
    }

    /// Against the claim that the new release fails at least `ratio` times as often.
    pub fn less_than(self, ratio: f64) -> f64 {
        (-self.ln_worse(ratio)).exp()
    }

    /// The logarithm of how much likelier it is that the new release fails `ratio` times as often than that both fail
    /// alike.
    fn ln_worse(self, ratio: f64) -> f64 {
        let Self { old, new, share } = self;
        if share <= 0.0 || share >= 1.0 {
            return 0.0;
        }
        let then = ratio * share / (ratio * share + 1.0 - share);
        f64::from(new) * (then / share).ln() + f64::from(old) * ((1.0 - then) / (1.0 - share)).ln()
    }
}

/// Against the claim that an event happens in at most this share of the trials.
pub(super) fn more_often(events: u32, trials: u32, share: f64) -> f64 {
    let alternatives = [2.0, 4.0, 10.0, 50.0].map(|times| (times * share).min(0.9));
    mean(alternatives.map(|other| ln_ratio(events, trials, other, share)))
}

/// Against the claim that an event happens in at least this share of the trials.
pub(super) fn less_often(events: u32, trials: u32, share: f64) -> f64 {
    let alternatives = [0.0, share / 4.0, share / 2.0];
    mean(alternatives.map(|other| ln_ratio(events, trials, other, share)))
}

/// The logarithm of how much likelier so many events are if their chance is `other` than if it is `share`.
fn ln_ratio(events: u32, trials: u32, other: f64, share: f64) -> f64 {
    let rest = trials.saturating_sub(events);
    let of_events = match events {
        0 => 0.0,
        events => f64::from(events) * (other / share).ln(),
    };
    of_events + f64::from(rest) * ((1.0 - other) / (1.0 - share)).ln()
}

fn mean<const N: usize>(logarithms: [f64; N]) -> f64 {
    let count = u32::try_from(N).map_or(1.0, f64::from);
    logarithms.iter().map(|one| one.exp() / count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_speak_against_a_release_that_has_more_than_its_share() {
        let failures = |old, new| Failures {
            old,
            new,
            share: 0.1,
        };
        assert!(failures(90, 10).worse() < 1.0);
        assert!(failures(5, 10).worse() > 200.0);
        assert!(failures(0, 4).worse() > 200.0);
        assert!(failures(0, 1).worse() < 10.0);
        assert!(failures(400, 44).less_than(2.0) > 200.0);
        assert!(failures(400, 80).less_than(2.0) < 1.0);
        assert!((failures(0, 0).worse() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn rare_events_need_many_trials() {
        assert!(less_often(0, 200, 0.02) < 200.0);
        assert!(less_often(0, 330, 0.02) > 200.0);
        assert!(less_often(20, 330, 0.02) < 1.0);
        assert!(more_often(20, 330, 0.01) > 200.0);
        assert!(more_often(3, 330, 0.01) < 1.0);
    }
}
