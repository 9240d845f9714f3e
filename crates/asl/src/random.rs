use std::cell::RefCell;

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

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
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        parts.map(|part| &hex[part]).join("-")
    }

    /// A task token: opaque, and too long to be guessed.
    pub(crate) fn token(&self) -> String {
        let words: Vec<String> = (0..8).map(|_| format!("{:016x}", self.next())).collect();
        words.concat()
    }
}
