use std::array;
use std::cell::RefCell;

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use uuid::Builder;

/// The random numbers of one execution, all derived from its seed.
#[derive(Debug)]
pub(crate) struct Random(RefCell<SmallRng>);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(RefCell::new(SmallRng::seed_from_u64(seed)))
    }

    pub(crate) fn next(&self) -> u64 {
        self.0.borrow_mut().next_u64()
    }

    /// A number from 0 up to, but not including, 1.
    pub(crate) fn fraction(&self) -> f64 {
        self.0.borrow_mut().random()
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        let builder = Builder::from_random_bytes(bits.to_be_bytes());
        builder.into_uuid().to_string()
    }

    /// A task token: opaque, and too long to be guessed.
    pub(crate) fn token(&self) -> String {
        let words: [[u8; 8]; 8] = array::from_fn(|_| self.next().to_be_bytes());
        hex::encode(words.as_flattened())
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_uuid_has_version_4_and_the_variant_of_rfc_9562() {
        let random = Random::new(0);
        for uuid in (0..100).map(|_| random.uuid()) {
            let parts: Vec<&str> = uuid.split('-').collect();
            assert_eq!(
                parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
                [8, 4, 4, 4, 12]
            );
            assert!(parts[2].starts_with('4'), "{uuid}");
            assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
        }
    }

    #[test]
    fn a_seed_determines_the_ids() {
        let random = Random::new(7);
        assert_eq!(random.uuid(), "0e2c1a00-2aae-413d-ac0f-c8ddfa4e9e14");
        let token = random.token();
        assert_eq!((token.len(), &token[..16]), (128, "b7b311b3b0d45872"));
    }
}
