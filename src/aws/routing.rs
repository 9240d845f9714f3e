//! The routing configuration of an alias.

use aws_sdk_sfn::operation::describe_state_machine_alias::DescribeStateMachineAliasOutput;

use crate::desired::Routing;

/// Which releases the alias leads to.
pub fn routing(alias: &DescribeStateMachineAliasOutput) -> Routing {
    let items = alias.routing_configuration().iter();
    items
        .filter_map(|item| {
            let version = item.state_machine_version_arn().rsplit(':').next()?;
            Some((version.parse().ok()?, item.weight()))
        })
        .collect()
}
