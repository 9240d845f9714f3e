//! The description of the alias `live`: what it points at, and the origin of that.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Routing;
use crate::canary::Canary;
use crate::resources::StateMachineSettings;

/// The contents of the alias's description.
///
/// `ListStateMachineVersions` does not say what a version froze, and reading it would cost another round
/// trip in each deploy. The alias is written last, in one call with its routing, so its description holds a
/// digest of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseLabel {
    /// The release that it was written for. It stays the same if somebody moves the alias by hand.
    pub release: u64,
    /// Such as `txflow 0.1.0, commit 1f2e3d4`.
    pub origin: String,
    /// The [`digest`] of the release.
    pub digest: String,
    /// The later release that a rollback replaced with this one: if an interrupted rollback is run again, it
    /// must not go back further.
    pub instead_of: Option<u64>,
    /// The release that a deploy replaced with this one. Executions could start on it until the alias had moved, so it stays
    /// until the next release.
    pub after: Option<u64>,
    /// While the release gets only a share of the executions, and the one before it the rest.
    pub canary: Option<Canary>,
}

const RELEASE: &str = "release ";
const ORIGIN: &str = " from ";
const CONTENT: &str = ", content ";
const INSTEAD_OF: &str = ", instead of release ";
const AFTER: &str = ", after release ";
const CANARY: &str = ", canary ";

impl ReleaseLabel {
    /// Parses a description; `None` if txflow did not write it.
    pub fn parse(description: &str) -> Option<Self> {
        let rest = description.strip_prefix(RELEASE)?;
        let (release, rest) = rest.split_once(ORIGIN)?;
        let (origin, content) = rest.rsplit_once(CONTENT)?;
        let (content, canary) = match content.split_once(CANARY) {
            Some((content, canary)) => (content, Some(Canary::parse(canary)?)),
            None => (content, None),
        };
        let (content, after) = split_release(content, AFTER)?;
        let (digest, instead_of) = split_release(content, INSTEAD_OF)?;
        Some(Self {
            release: release.parse().ok()?,
            origin: origin.to_owned(),
            digest: digest.to_owned(),
            instead_of,
            after,
            canary,
        })
    }

    /// Where the alias leads, in the order of the releases' numbers.
    pub fn routing(&self) -> Routing {
        let (Some(canary), Some(old)) = (&self.canary, self.after) else {
            return vec![(self.release, 100)];
        };
        let share = i32::from(canary.share());
        let mut routing = vec![(old, 100 - share), (self.release, share)];
        routing.sort_unstable();
        routing
    }

    /// The same of an earlier release that gets all executions instead of this one.
    pub fn instead(&self, release: u64, origin: String, digest: String) -> Self {
        Self {
            release,
            origin,
            digest,
            instead_of: Some(self.release),
            after: None,
            canary: None,
        }
    }
}

/// What stands before `words`, and the release behind them; `None` if that is not one.
fn split_release<'a>(text: &'a str, words: &str) -> Option<(&'a str, Option<u64>)> {
    match text.split_once(words) {
        Some((before, release)) => Some((before, Some(release.parse().ok()?))),
        None => Some((text, None)),
    }
}

impl std::fmt::Display for ReleaseLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            release,
            origin,
            digest,
            instead_of,
            after,
            canary,
        } = self;
        write!(f, "{RELEASE}{release}{ORIGIN}{origin}{CONTENT}{digest}")?;
        if let Some(release) = instead_of {
            write!(f, "{INSTEAD_OF}{release}")?;
        }
        if let Some(release) = after {
            write!(f, "{AFTER}{release}")?;
        }
        if let Some(canary) = canary {
            write!(f, "{CANARY}{canary}")?;
        }
        Ok(())
    }
}

/// Identifies a release: everything that a state machine version freezes, in 16 hexadecimal digits.
pub fn digest(definition: &Value, settings: &StateMachineSettings) -> String {
    let mut content = json!({
        "definition": definition,
        "type": settings.kind.as_str(),
        "roleArn": settings.role_arn,
        "logging": {
            "level": settings.logging.level.as_str(),
            "includeExecutionData": settings.logging.include_execution_data,
            "logGroupArns": settings.logging.log_group_arns,
        },
        "tracing": settings.tracing,
    });
    // A release that has none keeps the digest that it had before there were keys.
    if let Some(key) = &settings.kms_key {
        content["kmsKey"] = key.as_str().into();
    }
    // The order of keys has no meaning, and AWS need not keep it.
    content.sort_all_objects();
    let hash = Sha256::digest(content.to_string());
    hex::encode(&hash[..8])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::canary::{CanaryStart, Decimal, Rules};
    use crate::config::{LogLevel, StateMachineKind};
    use crate::resources::Logging;

    fn settings() -> StateMachineSettings {
        StateMachineSettings {
            kind: StateMachineKind::Standard,
            role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
            logging: Logging {
                level: LogLevel::Off,
                include_execution_data: false,
                log_group_arns: BTreeSet::new(),
            },
            tracing: false,
            kms_key: None,
        }
    }

    #[test]
    fn a_label_is_read_back_as_it_was_written() {
        let label = ReleaseLabel {
            release: 7,
            origin: "txflow 0.1.0, commit 1f2e3d4".to_owned(),
            digest: digest(&json!({}), &settings()),
            instead_of: None,
            after: None,
            canary: None,
        };
        for (instead_of, after) in [
            (None, None),
            (Some(8), None),
            (None, Some(6)),
            (Some(8), Some(6)),
        ] {
            let label = ReleaseLabel {
                instead_of,
                after,
                ..label.clone()
            };
            assert_eq!(ReleaseLabel::parse(&label.to_string()), Some(label));
        }
    }

    #[test]
    fn a_canary_is_read_back_and_fits_into_a_description() {
        let start = CanaryStart {
            shares: "11/22/33/44/55".parse().unwrap(),
            rules: Rules {
                least: Duration::from_secs(604_800),
                wait: Duration::from_secs(2_592_000),
                min_executions: 100_000,
                failure_ratio: Decimal::hundredths(2_555),
                tolerance: Decimal::hundredths(1_055),
                p99_ratio: Decimal::hundredths(1_155),
            },
        };
        let canary = start.begin("2026-01-31T12:00:00.9Z".parse().unwrap());
        let label = ReleaseLabel {
            release: 12_345,
            origin: "txflow 0.10.10, commit 1f2e3d4c5b-dirty".to_owned(),
            digest: digest(&json!({}), &settings()),
            instead_of: None,
            after: Some(12_344),
            canary: Some(canary),
        };
        let text = label.to_string();
        assert!(text.len() <= 256, "{}: {text}", text.len());
        assert_eq!(ReleaseLabel::parse(&text), Some(label.clone()));
        assert_eq!(label.routing(), [(12_344, 89), (12_345, 11)]);
        // What somebody has written into it is not taken for a canary.
        let other = text.replace("step 1", "step 6");
        assert_eq!(ReleaseLabel::parse(&other), None);
    }

    #[test]
    fn a_description_that_somebody_else_wrote_says_nothing() {
        assert_eq!(ReleaseLabel::parse("the production alias"), None);
    }

    #[test]
    fn a_digest_knows_content_from_the_order_of_keys() {
        let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
        let other_order = json!({ "States": { "A": { "Type": "Succeed" } }, "StartAt": "A" });
        let known = digest(&definition, &settings());
        assert_eq!(known, digest(&other_order, &settings()));
        assert_eq!(known.len(), 16);

        let other_definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Fail" } } });
        assert_ne!(known, digest(&other_definition, &settings()));
        let traced = StateMachineSettings {
            tracing: true,
            ..settings()
        };
        assert_ne!(known, digest(&definition, &traced));
    }
}
