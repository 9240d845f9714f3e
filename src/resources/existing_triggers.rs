//! Reads what starts executions of a state machine that txflow did not create.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use super::rule::{self, Input, Target};
use super::schedule::{self, ScheduleSettings};
use crate::aws::{Aws, AwsError, Class, failed, found};

/// A schedule, or a rule of an event bus.
#[derive(Debug, Clone, PartialEq)]
pub struct ExistingTrigger {
    pub name: String,
    pub source: ExistingSource,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExistingSource {
    Schedule(ScheduleSettings),
    Event {
        bus: String,
        pattern: serde_json::Value,
        target: Target,
    },
}

/// The schedules and rules that start executions of a state machine, on its own ARN or on an alias or a version; `None` if
/// the caller may not look for them.
///
/// # Errors
///
/// The first read that fails otherwise.
pub async fn existing_triggers(
    aws: &Aws,
    state_machine: &str,
) -> Result<Option<Vec<ExistingTrigger>>, AwsError> {
    let both = tokio::try_join!(schedules(aws, state_machine), rules(aws, state_machine));
    match both {
        Ok((schedules, rules)) => Ok(Some([schedules, rules].concat())),
        Err(error) if error.class == Class::Denied => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a target is the state machine, or an alias or a version of it.
fn is_of(target: &str, state_machine: &str) -> bool {
    let rest = target.strip_prefix(state_machine);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

async fn schedules(aws: &Aws, state_machine: &str) -> Result<Vec<ExistingTrigger>, AwsError> {
    let listed = schedule::list_targeting(aws, |target| is_of(target, state_machine)).await?;
    let read = listed.into_iter().map(|(group, name)| async move {
        let settings = schedule::read(aws, &group, &name).await?;
        Ok::<_, AwsError>(settings.map(|settings| ExistingTrigger {
            name,
            source: ExistingSource::Schedule(settings),
        }))
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

async fn rules(aws: &Aws, state_machine: &str) -> Result<Vec<ExistingTrigger>, AwsError> {
    let (buses, targets) = tokio::try_join!(rule::buses(aws), targets_of(aws, state_machine))?;
    let on_buses = buses.iter().map(|bus| {
        let targets = &targets;
        async move {
            let names = targets
                .iter()
                .map(|target| names_by_target(aws, bus, target));
            let names = try_join_all(names).await?;
            let names: BTreeSet<String> = names.into_iter().flatten().collect();
            let read = names
                .into_iter()
                .map(|name| rule_of(aws, bus, name, state_machine));
            try_join_all(read).await
        }
    });
    let rules = try_join_all(on_buses).await?.into_iter().flatten();
    Ok(rules.flatten().collect())
}

/// The ARNs on which executions of the state machine can be started. A rule for a version is rare, and AWS lists rules by
/// their exact target alone.
async fn targets_of(aws: &Aws, state_machine: &str) -> Result<Vec<String>, AwsError> {
    let request = aws.sfn.list_state_machine_aliases();
    let answer = request.state_machine_arn(state_machine).send().await;
    let answer = found(answer.map_err(failed("ListStateMachineAliases")))?;
    let aliases = answer.map(|answer| answer.state_machine_aliases);
    let aliases = aliases.unwrap_or_default().into_iter();
    let aliases = aliases.map(|alias| alias.state_machine_alias_arn);
    Ok([state_machine.to_owned()]
        .into_iter()
        .chain(aliases)
        .collect())
}

async fn names_by_target(aws: &Aws, bus: &str, target: &str) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let request = aws.events.list_rule_names_by_target().target_arn(target);
        let request = request.event_bus_name(bus).set_next_token(token);
        let page = request
            .send()
            .await
            .map_err(failed("ListRuleNamesByTarget"));
        let Some(page) = found(page)? else {
            return Ok(names);
        };
        names.extend(page.rule_names.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(names);
        }
    }
}

async fn rule_of(
    aws: &Aws,
    bus: &str,
    name: String,
    state_machine: &str,
) -> Result<Option<ExistingTrigger>, AwsError> {
    let request = aws.events.describe_rule().name(&name).event_bus_name(bus);
    let described = request.send().await.map_err(failed("DescribeRule"));
    let (described, targets) =
        tokio::try_join!(async { found(described) }, rule::targets(aws, bus, &name))?;
    let Some(described) = described else {
        return Ok(None);
    };
    let mut targets = targets.into_values();
    let Some(target) = targets.find(|target| is_of(&target.arn, state_machine)) else {
        return Ok(None);
    };
    let enabled = described
        .state
        .is_some_and(|state| state.as_str() == "ENABLED");
    let source = match (described.event_pattern, described.schedule_expression) {
        (Some(pattern), _) => ExistingSource::Event {
            bus: bus.to_owned(),
            pattern: rule::json(&pattern),
            target,
        },
        (None, Some(expression)) => {
            ExistingSource::Schedule(scheduled(target, expression, enabled))
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(ExistingTrigger { name, source }))
}

/// A rule with a schedule as EventBridge Scheduler would have it.
fn scheduled(target: Target, expression: String, enabled: bool) -> ScheduleSettings {
    ScheduleSettings {
        expression,
        time_zone: "UTC".to_owned(),
        flexible_window: None,
        enabled,
        input: match target.input {
            Input::Constant(input) => input,
            Input::Event | Input::Transformed { .. } => serde_json::json!({}),
        },
        target: target.arn,
        role: target.role,
        retries: target.retries,
        max_event_age: target.max_event_age,
        dead_letter_queue: target.dead_letter_queue,
        period: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_machine_whose_name_begins_alike_is_another() {
        let orders = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
        for (target, is_its) in [
            (orders.to_owned(), true),
            (format!("{orders}:live"), true),
            (format!("{orders}-2"), false),
            (
                "arn:aws:sqs:eu-west-1:123456789012:orders".to_owned(),
                false,
            ),
        ] {
            assert_eq!(is_of(&target, orders), is_its, "{target}");
        }
    }
}
