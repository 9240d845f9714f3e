//! Which releases an alias leads to.

use aws_sdk_sfn::operation::describe_state_machine_alias::DescribeStateMachineAliasOutput;
use txflow_asl::Arn;

/// Version numbers and their weights in percent. txflow writes one with 100.
pub type Routing = Vec<(u64, i32)>;

/// `7`, or `6 (90 %), 7 (10 %)`.
pub fn shown(routing: &Routing) -> String {
    let routing = routing.iter().map(|(version, weight)| match weight {
        100 => version.to_string(),
        _ => format!("{version} ({weight} %)"),
    });
    routing.collect::<Vec<_>>().join(", ")
}

/// The routing that AWS reports.
pub(super) fn of(alias: &DescribeStateMachineAliasOutput) -> Routing {
    let items = alias.routing_configuration().iter();
    items
        .filter_map(|item| {
            let version = Arn::version_in(item.state_machine_version_arn())?;
            Some((version, item.weight()))
        })
        .collect()
}
