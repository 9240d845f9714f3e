//! The names of executions that were forked. Nothing else of an execution says that it is a fork once its version is gone.

use sha2::{Digest as _, Sha256};

/// What Step Functions accepts.
const LONGEST: usize = 80;

const MARK: &str = "_fork-";

/// How many digits of the hash there are.
const DIGITS: usize = 8;

/// How long a number may become, with the `-` in front.
const NUMBER: usize = 5;

/// An execution and all forks of it, and those of them. Each fork has a number of its own, so that two commands that fork the
/// same execution at once start one fork: Step Functions accepts a name once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// As much of the first execution's name as there is room for.
    beginning: String,
    /// Of the whole name: long names may begin alike.
    hash: String,
}

impl Family {
    /// That of an execution, which may be a fork.
    pub fn of(name: &str) -> Self {
        fork(name).map_or_else(|| Self::begun_by(name), |(family, _)| family)
    }

    fn begun_by(name: &str) -> Self {
        let hash = hex::encode(Sha256::digest(name));
        Self {
            beginning: beginning(name),
            hash: hash.chars().take(DIGITS).collect(),
        }
    }

    /// The name of a fork.
    pub fn fork(&self, number: usize) -> String {
        format!("{}{MARK}{}-{number}", self.beginning, self.hash)
    }

    /// The name of the first execution; `None` if it was too long to be kept whole.
    pub fn origin(&self) -> Option<&str> {
        let is_whole = self.beginning.chars().count() < ROOM;
        is_whole.then_some(&*self.beginning)
    }

    /// The number of the next fork, if there are these executions.
    pub fn next<'a>(&self, names: impl Iterator<Item = &'a str>) -> usize {
        let forks = names.filter_map(fork).filter(|(family, _)| family == self);
        forks.map(|(_, number)| number).max().unwrap_or_default() + 1
    }
}

/// Which fork of its family an execution is; `None` if it is not one.
pub fn fork_number(name: &str) -> Option<usize> {
    fork(name).map(|(_, number)| number)
}

/// Whether an execution is a fork.
pub fn is_fork(name: &str) -> bool {
    fork(name).is_some()
}

/// The family of a fork and its number. A name that somebody chose does not have the hash of its beginning.
fn fork(name: &str) -> Option<(Family, usize)> {
    let (beginning, rest) = name.rsplit_once(MARK)?;
    let (hash, number) = rest.split_once('-')?;
    let number: usize = number.parse().ok().filter(|number| *number > 0)?;
    let family = Family {
        beginning: beginning.to_owned(),
        hash: hash.to_owned(),
    };
    let is_whole = beginning.chars().count() < ROOM;
    let is_hash = hash.len() == DIGITS && hash.chars().all(|c| c.is_ascii_hexdigit());
    let is_ours = is_hash && (!is_whole || Family::begun_by(beginning) == family);
    (is_ours && family.fork(number) == name).then_some((family, number))
}

/// How much of the first execution's name there is room for.
const ROOM: usize = LONGEST - MARK.len() - DIGITS - NUMBER;

fn beginning(name: &str) -> String {
    name.chars().take(ROOM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_is_known_by_its_name() {
        let family = Family::of("order-17");
        let name = family.fork(1);
        assert_eq!(name, "order-17_fork-72a90ea3-1");
        assert!(is_fork(&name) && Family::of(&name) == family);
        assert_eq!(fork_number(&name), Some(1));
        assert_eq!(Family::of(&name).origin(), Some("order-17"));
        assert!(Family::of("order-1") != family);
        // Names that people chose.
        for other in [
            "order-17",
            "order_fork-17",
            "order-17_fork-abcdef01-1",
            "order-17_fork-72a90ea3",
        ] {
            assert!(!is_fork(other), "{other}");
        }
    }

    #[test]
    fn forks_of_forks_belong_to_the_first_execution_and_have_the_next_number() {
        let family = Family::of("order-17");
        let [first, tenth] = [1, 10].map(|number| family.fork(number));
        let names = ["order-17", &first, &tenth, "order-18_fork-1"];
        assert_eq!(Family::of(&first).next(names.into_iter()), 11);
        assert_eq!(Family::of("order-18").next(names.into_iter()), 1);
    }

    #[test]
    fn long_names_that_begin_alike_have_families_of_their_own() {
        let [one, other] = ["1", "2"].map(|end| format!("{}-{end}", "m".repeat(78)));
        let family = Family::of(&one);
        assert!(family != Family::of(&other));
        let name = family.fork(9999);
        assert_eq!(name.len(), 80);
        assert_eq!(family.origin(), None);
        assert!(Family::of(&name) == family);
    }
}
