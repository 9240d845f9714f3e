//! What tells the versions that executions were forked onto from releases.
//!
//! The description of a version says that it is one. AWS lists versions without their descriptions, so a tag of the state
//! machine says whether they are worth reading.

use crate::stack::Tags;

/// The tag of a state machine that has, or had, versions for forks. It is written before the first of them and stays: a
/// fork that runs at the same time relies on it.
pub(super) const TAG: &str = "txflow:forks";

/// What the description of such a version says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkLabel {
    /// The version of the state machine whose definition it has.
    pub of: u64,
    /// The state at which it starts.
    pub state: String,
}

const BEGINNING: &str = "txflow fork of version ";
const MIDDLE: &str = ", from ";

impl ForkLabel {
    pub fn description(&self) -> String {
        format!("{BEGINNING}{}{MIDDLE}{}", self.of, self.state)
    }

    pub fn parse(description: &str) -> Option<Self> {
        let (of, state) = description.strip_prefix(BEGINNING)?.split_once(MIDDLE)?;
        Some(Self {
            of: of.parse().ok()?,
            state: state.to_owned(),
        })
    }
}

/// Removes the tag, which is not one of the stack's own, and says whether it was there.
pub(super) fn is_forked(tags: &mut Tags) -> bool {
    tags.remove(TAG).is_some()
}

#[cfg(test)]
mod tests {
    use super::ForkLabel;

    #[test]
    fn the_description_of_a_fork_is_read_back() {
        let label = ForkLabel {
            of: 7,
            state: "Refund, from stock".to_owned(),
        };
        assert_eq!(ForkLabel::parse(&label.description()), Some(label));
        for other in [
            "txflow 0.1.0, commit 1f2e3d4",
            "txflow fork of version x, from A",
            "",
        ] {
            assert_eq!(ForkLabel::parse(other), None);
        }
    }
}
