//! The shares of the executions that the new release gets, step by step.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

/// In percent, growing. The last one is below 100: what follows it is that the release is live wholly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shares(Vec<u8>);

/// What fits into the description of the alias.
const MOST: usize = 5;

impl Shares {
    /// 100 may stand at the end.
    ///
    /// # Errors
    ///
    /// What they must be.
    pub fn new(mut shares: Vec<u8>) -> Result<Self, &'static str> {
        if shares.last() == Some(&100) {
            shares.pop();
        }
        let grow = shares.is_sorted_by(|one, next| one < next);
        let in_range = shares.iter().all(|share| (1..100).contains(share));
        if shares.is_empty() || shares.len() > MOST || !grow || !in_range {
            return Err(Self::EXPECTED);
        }
        Ok(Self(shares))
    }

    pub const EXPECTED: &str =
        "one to five growing percentages from 1 to 99, such as 10, 50; 100 may follow";

    pub fn one(share: Share) -> Self {
        Self(vec![share.0])
    }

    /// The share of a step, from 0.
    pub fn get(&self, step: usize) -> Option<u8> {
        self.0.get(step).copied()
    }

    pub fn first(&self) -> u8 {
        self.0.first().copied().unwrap_or(1)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// `10 %, then 50 %, then all`.
    pub fn words(&self) -> String {
        let shares = self.0.iter().map(|share| format!("{share} %"));
        let all: Vec<String> = shares.chain(["all".to_owned()]).collect();
        all.join(", then ")
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self(vec![10, 50])
    }
}

impl From<&Shares> for Vec<u8> {
    fn from(shares: &Shares) -> Self {
        shares.0.clone()
    }
}

/// `10/50`.
impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares: Vec<String> = self.0.iter().map(u8::to_string).collect();
        f.write_str(&shares.join("/"))
    }
}

impl FromStr for Shares {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shares = text.split('/').map(str::parse).collect::<Result<_, _>>();
        Self::new(shares.map_err(|_| Self::EXPECTED)?)
    }
}

/// One share, as the user types it: `10%` or `10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(pub u8);

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        let share = number
            .parse()
            .ok()
            .filter(|share| (1..=100).contains(share));
        share
            .map(Self)
            .ok_or("a percentage from 1 to 99, such as `10%`; the last of `--steps` may be 100")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_grow_to_less_than_all() {
        let shares = |shares: &[u8]| Shares::new(shares.to_vec());
        assert_eq!(shares(&[10, 50, 100]), shares(&[10, 50]));
        assert_eq!(
            shares(&[10, 50]).map(|shares| shares.words()),
            Ok("10 %, then 50 %, then all".to_owned())
        );
        for wrong in [
            &[][..],
            &[100],
            &[0, 10],
            &[50, 10],
            &[10, 10],
            &[1, 2, 3, 4, 5, 6],
        ] {
            assert!(shares(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!("10%".parse(), Ok(Share(10)));
        assert_eq!("100".parse(), Ok(Share(100)));
        for wrong in ["0%", "101", "ten", "10 percent", ""] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }
}
