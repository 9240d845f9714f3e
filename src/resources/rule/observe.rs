//! Reads rules.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::types::{Rule as Described, RuleState as Status, Target as SdkTarget};
use futures_util::future::try_join_all;
use serde_json::Value;

use super::{DEFAULT_BUS, Input, Target, qualified};
use crate::aws::{Aws, AwsError, failed, found};
use crate::stack::{Stack, Tags};

/// What AWS does if nothing else is said.
const RETRIES: i32 = 185;
const MAX_EVENT_AGE: i32 = 86_400;

#[derive(Debug, Clone, PartialEq)]
pub struct RuleState {
    /// `None` if it is not one for events.
    pub pattern: Option<Value>,
    pub enabled: bool,
    /// By id.
    pub targets: BTreeMap<String, Target>,
    pub tags: Tags,
}

/// The rules on all event buses whose names begin like those of the stack: one that `deploy.toml` does not name any longer
/// may be on any bus.
pub(in crate::resources) async fn read_all(
    aws: &Aws,
    stack: &Stack,
) -> Result<BTreeMap<String, RuleState>, AwsError> {
    // Every account has this one, so it need not be listed first.
    let on_default = on_bus(aws, stack, DEFAULT_BUS);
    let on_others = async {
        let buses = buses(aws).await?;
        let others = buses.iter().filter(|bus| *bus != DEFAULT_BUS);
        try_join_all(others.map(|bus| on_bus(aws, stack, bus))).await
    };
    let (on_default, on_others) = tokio::try_join!(on_default, on_others)?;
    let all = on_others.into_iter().flatten();
    Ok(all.chain(on_default).collect())
}

pub(in crate::resources) async fn buses(aws: &Aws) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let request = aws.events.list_event_buses().set_next_token(token);
        let page = request.send().await.map_err(failed("ListEventBuses"))?;
        let buses = page.event_buses().iter();
        names.extend(buses.filter_map(|bus| bus.name.clone()));
        token = page.next_token;
        if token.is_none() {
            return Ok(names);
        }
    }
}

async fn on_bus(aws: &Aws, stack: &Stack, bus: &str) -> Result<Vec<(String, RuleState)>, AwsError> {
    let rules = list(aws, &stack.rule_name(""), bus).await?;
    let read = rules.into_iter().map(|rule| async move {
        let name = rule.name.clone().unwrap_or_default();
        let arn = rule.arn.clone().unwrap_or_default();
        let (targets, tags) = tokio::try_join!(targets(aws, bus, &name), tags(aws, &arn))?;
        let state = RuleState {
            pattern: rule.event_pattern.as_deref().map(json),
            enabled: rule.state == Some(Status::Enabled),
            targets,
            tags,
        };
        Ok::<_, AwsError>((qualified(bus, &name), state))
    });
    try_join_all(read).await
}

async fn list(aws: &Aws, prefix: &str, bus: &str) -> Result<Vec<Described>, AwsError> {
    let mut rules = Vec::new();
    let mut token = None;
    loop {
        let request = aws.events.list_rules().name_prefix(prefix);
        let request = request.event_bus_name(bus).set_next_token(token);
        // A bus may go while its rules are asked for.
        let page = found(request.send().await.map_err(failed("ListRules")))?;
        let Some(page) = page else {
            return Ok(rules);
        };
        rules.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(rules);
        }
    }
}

pub(in crate::resources) async fn targets(
    aws: &Aws,
    bus: &str,
    rule: &str,
) -> Result<BTreeMap<String, Target>, AwsError> {
    let mut targets = BTreeMap::new();
    let mut token = None;
    loop {
        let request = aws.events.list_targets_by_rule().rule(rule);
        let request = request.event_bus_name(bus).set_next_token(token);
        let page = request.send().await.map_err(failed("ListTargetsByRule"));
        let Some(page) = found(page)? else {
            return Ok(targets);
        };
        let listed = page.targets().iter();
        targets.extend(listed.map(|one| (one.id.clone(), target(one))));
        token = page.next_token;
        if token.is_none() {
            return Ok(targets);
        }
    }
}

async fn tags(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let request = aws.events.list_tags_for_resource().resource_arn(arn);
    let answer = request.send().await.map_err(failed("ListTagsForResource"));
    let answer = found(answer)?;
    let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

fn target(target: &SdkTarget) -> Target {
    let retry = target.retry_policy();
    let queue = target.dead_letter_config();
    Target {
        arn: target.arn.clone(),
        role: target.role_arn.clone().unwrap_or_default(),
        input: input(target),
        retries: { retry.and_then(|retry| retry.maximum_retry_attempts()) }.unwrap_or(RETRIES),
        max_event_age: { retry.and_then(|retry| retry.maximum_event_age_in_seconds()) }
            .unwrap_or(MAX_EVENT_AGE),
        dead_letter_queue: queue.and_then(|queue| queue.arn.clone()),
    }
}

fn input(target: &SdkTarget) -> Input {
    if let Some(transformer) = target.input_transformer() {
        let paths = transformer.input_paths_map().cloned().unwrap_or_default();
        return Input::Transformed {
            paths: paths.into_iter().collect(),
            template: transformer.input_template.clone(),
        };
    }
    match (target.input(), target.input_path()) {
        (Some(input), _) => Input::Constant(json(input)),
        // txflow writes none: whoever wrote it wants only this part of the event.
        (None, Some(path)) if path != "$" => Input::Transformed {
            paths: BTreeMap::from([("path".to_owned(), path.to_owned())]),
            template: "<path>".to_owned(),
        },
        (None, _) => Input::Event,
    }
}

/// What is not JSON differs from every document.
pub(in crate::resources) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
