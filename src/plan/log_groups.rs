//! The steps that a log group needs.

use super::builder::Builder;
use super::{Action, Reason, Resource, StepId};
use crate::desired::{LogGroup, Stack};
use crate::observe::LogGroupState;

/// Gives the step that creates the log group, where it is missing.
pub(super) fn log_group(
    builder: &mut Builder,
    stack: &Stack,
    desired: &LogGroup,
    observed: Option<&LogGroupState>,
) -> Option<StepId> {
    let resource = Resource::LogGroup(desired.name.clone());
    let arn = stack.log_group_arn(&desired.name);
    let Some(observed) = observed else {
        let create = Action::CreateLogGroup {
            name: desired.name.clone(),
            arn,
            tags: desired.tags.clone(),
        };
        let created = builder.add(&resource, create, [], vec![Reason::Missing]);
        if desired.retention.is_some() {
            builder.add(
                &resource,
                retention(desired),
                [created.clone()],
                vec![Reason::changed("retention", None::<i32>, desired.retention)],
            );
        }
        return Some(created);
    };
    if observed.retention != desired.retention {
        let reason = Reason::changed("retention", observed.retention, desired.retention);
        builder.add(&resource, retention(desired), [], vec![reason]);
    }
    builder.tags(
        &resource,
        &observed.tags,
        &desired.tags,
        |tags| Action::TagLogGroup {
            arn: arn.clone(),
            tags,
        },
        |keys| Action::UntagLogGroup {
            arn: arn.clone(),
            keys,
        },
    );
    None
}

fn retention(desired: &LogGroup) -> Action {
    let name = desired.name.clone();
    match desired.retention {
        Some(days) => Action::PutRetentionPolicy { name, days },
        None => Action::DeleteRetentionPolicy { name },
    }
}
