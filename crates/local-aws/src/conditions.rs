//! The conditions under which the services work: time, chance and weather.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::clock::{Clock, Millis, millis};
use crate::random::Random;
use crate::weather::{Lag, Span, Weather};

pub(crate) struct Conditions {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    weather: Mutex<Weather>,
    /// How often each thing was left to chance.
    draws: Mutex<BTreeMap<String, u64>>,
}

/// What a call gets to see: nothing that happened after these instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) creations: Millis,
    pub(crate) changes: Millis,
    pub(crate) lists: Millis,
}

impl View {
    pub(crate) const LATEST: View = View {
        creations: Millis::MAX,
        changes: Millis::MAX,
        lists: Millis::MAX,
    };
}

impl Conditions {
    pub(crate) fn new(clock: Clock, random: Random, weather: Weather) -> Arc<Conditions> {
        Arc::new(Conditions {
            clock,
            random,
            weather: Mutex::new(weather),
            draws: Mutex::default(),
        })
    }

    pub(crate) fn weather(&self) -> Weather {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_weather(&self, weather: Weather) {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The instant at which something ends that begins at `start`. What takes no time ends then: a clock that is read again may
    /// have gone on.
    pub(crate) fn after(&self, start: Millis, what: &str, subject: &str, span: Span) -> Millis {
        start + millis(self.duration(what, subject, span))
    }

    pub(crate) fn duration(&self, what: &str, subject: &str, span: Span) -> Duration {
        if span.least == span.most {
            return span.least;
        }
        within(span, self.draw(what, subject))
    }

    /// A duration that stays the same for this subject.
    pub(crate) fn lasting(&self, what: &str, subject: &str, span: Span) -> Duration {
        if span.least == span.most {
            return span.least;
        }
        within(span, self.share(&format!("{what}/{subject}"), 0))
    }

    /// One of these, which stays the same for this subject.
    pub(crate) fn any_of<T: Copy>(&self, what: &str, subject: &str, all: &[T]) -> Option<T> {
        let share = self.share(&format!("{what}/{subject}"), 0);
        let size = 1.0 / f64::from(u32::try_from(all.len()).ok()?);
        let mut upper = 0.0;
        for one in all {
            upper += size;
            if share < upper {
                return Some(*one);
            }
        }
        all.last().copied()
    }

    pub(crate) fn happens(&self, what: &str, subject: &str, chance: f64) -> bool {
        chance > 0.0 && self.draw(what, subject) < chance
    }

    /// The last instant whose changes are seen.
    pub(crate) fn seen_until(&self, what: &str, subject: &str, lag: Lag) -> Millis {
        if !self.happens(what, subject, lag.chance) {
            return Millis::MAX;
        }
        let late = self.duration(what, subject, lag.span);
        self.now().saturating_sub(millis(late))
    }

    /// What the next call of this kind on this subject gets to see.
    pub(crate) fn view(&self, subject: &str) -> View {
        let weather = self.weather();
        View {
            creations: self.seen_until("late creation", subject, weather.late_creations),
            changes: self.seen_until("stale read", subject, weather.stale_reads),
            lists: self.seen_until("stale list", subject, weather.stale_lists),
        }
    }

    /// A number from 0 to 1: the next one for this subject.
    fn draw(&self, what: &str, subject: &str) -> f64 {
        let about = format!("{what}/{subject}");
        let mut draws = self.draws.lock().unwrap_or_else(PoisonError::into_inner);
        let count = draws.entry(about.clone()).or_default();
        *count += 1;
        self.share(&about, *count)
    }

    fn share(&self, about: &str, count: u64) -> f64 {
        let digest = Sha256::new()
            .chain_update(self.weather().seed.to_be_bytes())
            .chain_update(count.to_be_bytes())
            .chain_update(about)
            .finalize();
        let digest: [u8; 32] = digest.into();
        let seed = digest.first_chunk().copied().map(u64::from_be_bytes);
        fastrand::Rng::with_seed(seed.unwrap_or_default()).f64()
    }
}

fn within(span: Span, share: f64) -> Duration {
    span.least + span.most.saturating_sub(span.least).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(seed: u64) -> Arc<Conditions> {
        Conditions::new(
            Clock::SYSTEM,
            Random::system(),
            Weather {
                seed,
                ..Weather::calm()
            },
        )
    }

    #[test]
    fn the_same_calls_in_another_order_meet_the_same_weather() {
        let span = Span::millis(0, 1_000_000);
        let (first, second) = (conditions(7), conditions(7));
        let mut drawn: Vec<_> = ["a", "b", "a"]
            .map(|subject| first.duration("delay", subject, span))
            .to_vec();
        let mut again: Vec<_> = ["a", "a", "b"]
            .map(|subject| second.duration("delay", subject, span))
            .to_vec();
        drawn.sort_unstable();
        again.sort_unstable();
        assert_eq!(drawn, again);
        assert_ne!(drawn[0], drawn[1]);
        let other = conditions(8).duration("delay", "a", span);
        assert!(!drawn.contains(&other));
    }

    #[test]
    fn chances_hold_on_the_whole() {
        let conditions = conditions(1);
        let often = (0..1000).filter(|_| conditions.happens("it", "a", 0.3));
        assert!((250..350).contains(&often.count()));
        assert!(!conditions.happens("it", "a", 0.0));
        assert!(conditions.happens("it", "a", 1.0));
    }
}
