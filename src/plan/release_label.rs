//! The description of the alias `live`: which release it points at, and where that came from.

/// What stands in the alias's description.
///
/// `ListStateMachineVersions` does not say which revision of the state machine a version froze, and
/// asking for it would cost a round trip more in each deploy. The alias is written last, in one call
/// with its routing, so the revision stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseLabel {
    /// Such as `txflow 0.1.0, commit 1f2e3d4`.
    pub origin: String,
    /// The revision of the state machine that the release froze. A state machine that was never
    /// updated has none.
    pub revision_id: Option<String>,
}

const REVISION: &str = ", revision ";
const INITIAL: &str = "INITIAL";

impl ReleaseLabel {
    /// What a description says, `None` where txflow did not write it.
    pub fn parse(description: &str) -> Option<Self> {
        let (origin, revision) = description.rsplit_once(REVISION)?;
        Some(Self {
            origin: origin.to_owned(),
            revision_id: (revision != INITIAL).then(|| revision.to_owned()),
        })
    }
}

impl std::fmt::Display for ReleaseLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let revision = self.revision_id.as_deref().unwrap_or(INITIAL);
        write!(f, "{}{REVISION}{revision}", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_read_back_as_it_was_written() {
        for revision_id in [None, Some("0b6e7a4c".to_owned())] {
            let label = ReleaseLabel {
                origin: "txflow 0.1.0, commit 1f2e3d4".to_owned(),
                revision_id,
            };
            assert_eq!(ReleaseLabel::parse(&label.to_string()), Some(label));
        }
    }

    #[test]
    fn a_description_that_somebody_else_wrote_says_nothing() {
        assert_eq!(ReleaseLabel::parse("the production alias"), None);
    }
}
