//! Reads the alias.

use jiff::Timestamp;

use super::ReleaseLabel;
use super::routing::{self, Routing};
use crate::aws::{Aws, AwsError, failed, found, timestamp};
use crate::stack::Stack;

/// The alias `live`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AliasState {
    /// What the last deploy or rollback wrote there; see [`ReleaseLabel`](super::ReleaseLabel).
    pub description: String,
    pub routing: Routing,
    /// When it was written last, if AWS says so.
    pub updated: Option<Timestamp>,
}

impl AliasState {
    /// The version that all new executions get; `None` if somebody split the traffic.
    pub fn version(&self) -> Option<u64> {
        match self.routing.as_slice() {
            [(version, _)] => Some(*version),
            _ => None,
        }
    }

    /// The release that another one replaces: the live one, or if that is deployed again the one before it; of several that
    /// somebody made live, the one that most executions get.
    pub fn replaced_by(&self, release: u64) -> Option<u64> {
        let before = ReleaseLabel::parse(&self.description).and_then(|label| label.after);
        let most = self.routing.iter().max_by_key(|(_, weight)| *weight);
        let replaced = [self.version(), before, most.map(|(version, _)| *version)];
        replaced
            .into_iter()
            .flatten()
            .find(|other| *other != release)
    }

    /// What the description says of the canary that splits the traffic; `None` if somebody else split it, or nobody.
    pub fn canary(&self) -> Option<ReleaseLabel> {
        let label = ReleaseLabel::parse(&self.description)?;
        let is_ours = label.canary.is_some() && self.leads_to(&label.routing());
        is_ours.then_some(label)
    }

    /// Whether it leads there, in whatever order AWS lists it.
    pub fn leads_to(&self, routing: &Routing) -> bool {
        let mut own = self.routing.clone();
        own.sort_unstable();
        own == *routing
    }

    /// Of two readings the one of the later state: AWS may show the earlier one last.
    pub(super) fn newer<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.updated >= other.updated {
            self
        } else {
            other
        }
    }

    /// Whether the traffic is split, by a canary or by somebody.
    pub fn is_split(&self) -> bool {
        self.routing.len() > 1
    }

    /// `7`, or `6 (90 %), 7 (10 %)`.
    pub fn shown(&self) -> String {
        routing::shown(&self.routing)
    }
}

/// The alias as it is now; `None` if there is none.
///
/// # Errors
///
/// If the read fails.
pub async fn live(aws: &Aws, stack: &Stack) -> Result<Option<AliasState>, AwsError> {
    read(aws, &stack.alias_arn()).await
}

pub(in crate::resources) async fn read(
    aws: &Aws,
    arn: &str,
) -> Result<Option<AliasState>, AwsError> {
    let answer = aws.sfn.describe_state_machine_alias();
    let answer = answer.state_machine_alias_arn(arn).send().await;
    let answer = found(answer.map_err(failed("DescribeStateMachineAlias")))?;
    Ok(answer.map(|alias| AliasState {
        routing: routing::of(&alias),
        updated: alias.update_date().map(timestamp),
        description: alias.description.unwrap_or_default(),
    }))
}
