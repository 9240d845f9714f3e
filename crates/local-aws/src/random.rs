//! Chance: ids and choices, from the system or from a seed.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::{Builder, Uuid};

/// Where a server's ids and choices come from.
#[derive(Debug, Clone, Default)]
pub struct Random {
    /// `None` for the system's randomness.
    seeded: Option<Arc<Mutex<fastrand::Rng>>>,
}

impl Random {
    /// The system's randomness.
    pub fn system() -> Random {
        Random::default()
    }

    /// The same ids and choices for the same seed and the same sequence of calls. They can be guessed, so this is for
    /// servers that nobody else reaches.
    pub fn seeded(seed: u64) -> Random {
        Random {
            seeded: Some(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)))),
        }
    }

    /// A seed that is short enough to be typed.
    pub fn seed(&self) -> u64 {
        self.below(1_000_000)
    }

    pub fn uuid(&self) -> Uuid {
        match &self.seeded {
            Some(_) => {
                let bits = self.with(|rng| rng.u128(..));
                Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
            }
            None => Uuid::new_v4(),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.with(|rng| rng.u64(..))
    }

    /// A number from 0 up to `end`, which is not included.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.with(|rng| rng.u64(..end))
    }

    /// A number from 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        self.with(fastrand::Rng::f64)
    }

    fn with<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        match &self.seeded {
            Some(rng) => draw(&mut rng.lock().unwrap_or_else(PoisonError::into_inner)),
            None => draw(&mut fastrand::Rng::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_ids_and_choices() {
        let draw = |random: &Random| (random.uuid(), random.number(), random.below(100));
        let (first, second) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(draw(&first), draw(&second));
        assert_ne!(draw(&first), draw(&Random::seeded(7)));
        let system = Random::system();
        assert_ne!(system.uuid(), system.uuid());
    }
}
