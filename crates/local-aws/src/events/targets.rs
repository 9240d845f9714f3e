//! The targets of rules.

use serde::Deserialize;
use serde_json::{Value, json};
use txflow_asl::Arn;
use txflow_asl::jsonpath::JsonPath;
use txflow_triggers::{ErrorKind, InputTransformer, is_quoted_path};

use super::put::paths_of;
use super::{Events, bus_name, invalid, no_bus, no_rule, rule_key};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;

/// AWS's limit of targets of a rule.
const MOST: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutTargets {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RemoveTargets {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTargetsByRule {
    rule: String,
    event_bus_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRuleNamesByTarget {
    target_arn: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(super) async fn put_targets(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PutTargets = call.json()?;
        for target in &request.targets {
            check(target)?;
        }
        let bus = bus_name(request.event_bus_name.as_deref());
        self.edit_rule(call, bus, &request.rule, |rule| {
            for target in request.targets {
                let id = target["Id"].as_str().unwrap_or_default().to_owned();
                rule.targets.insert(id, target);
            }
            if rule.targets.len() > MOST {
                let message =
                    "The requested resource exceeds the maximum number allowed.".to_owned();
                return Err(Fault::bad("LimitExceededException", message));
            }
            Ok(())
        })
        .await?;
        Ok(done())
    }

    pub(super) async fn remove_targets(&self, call: &Call) -> Result<Answer, Fault> {
        let request: RemoveTargets = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        self.edit_rule(call, bus, &request.rule, |rule| {
            rule.targets.retain(|id, _| !request.ids.contains(id));
            Ok(())
        })
        .await?;
        Ok(done())
    }

    pub(super) fn list_targets_by_rule(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListTargetsByRule = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        let key = rule_key(&call.scope, bus, &request.rule);
        let rule = self.rules.seen(&key, call.view);
        let rule = rule.ok_or_else(|| no_rule(&request.rule, bus))?;
        let targets: Vec<&Value> = rule.targets.values().collect();
        Ok(Answer::json(json!({ "Targets": targets })))
    }

    pub(super) fn list_rule_names_by_target(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListRuleNamesByTarget = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        if !self.has_bus(&call.scope, bus) {
            return Err(no_bus(bus));
        }
        let mut rules = self
            .rules
            .seen_list(&rule_key(&call.scope, bus, ""), call.view);
        rules.retain(|(_, rule)| {
            let mut targets = rule.targets.values();
            targets.any(|target| target["Arn"] == request.target_arn.as_str())
        });
        let size = request.limit.unwrap_or(100).clamp(1, 100);
        let (rules, next) = page(rules, request.next_token.as_deref(), size)
            .map_err(|_| invalid("The NextToken is not valid."))?;
        let names: Vec<&str> = rules.iter().map(|(_, rule)| rule.name.as_str()).collect();
        Ok(Answer::json(
            json!({ "RuleNames": names, "NextToken": next }),
        ))
    }
}

fn check(target: &Value) -> Result<(), Fault> {
    let text = |member: &str| target[member].as_str();
    Constraints::default()
        .present("targets.member.id", text("Id").as_ref())
        .present("targets.member.arn", text("Arn").as_ref())
        .check("ValidationException")?;
    let (id, arn) = (
        text("Id").unwrap_or_default(),
        text("Arn").unwrap_or_default(),
    );
    let parsed = Arn::parse(arn);
    let parsed = parsed.ok_or_else(|| {
        invalid(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        ))
    })?;
    if parsed.service == "states" && text("RoleArn").is_none() {
        let message = format!("RoleArn is required for target {arn}.");
        return Err(invalid(message));
    }
    let inputs = ["Input", "InputPath", "InputTransformer"];
    if inputs
        .iter()
        .filter(|member| !target[**member].is_null())
        .count()
        > 1
    {
        let message = format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        );
        return Err(invalid(message));
    }
    check_parameters(target, parsed, id)?;
    check_input(target, id)
}

/// What some targets cannot do without.
fn check_parameters(target: &Value, arn: Arn<'_>, id: &str) -> Result<(), Fault> {
    let needed = match arn.service {
        "ecs" => "EcsParameters",
        "batch" => "BatchParameters",
        "sqs" if arn.resource.ends_with(".fifo") => "SqsParameters",
        _ => return Ok(()),
    };
    match target[needed].is_null() {
        true => Err(invalid(format!(
            "Parameter(s) {needed} must be specified for target: {id}."
        ))),
        false => Ok(()),
    }
}

fn check_input(target: &Value, id: &str) -> Result<(), Fault> {
    let input = target["Input"].as_str();
    if input.is_some_and(|input| serde_json::from_str::<Value>(input).is_err()) {
        return Err(invalid(format!(
            "JSON syntax error in input for target {id}"
        )));
    }
    let bad_path = || invalid(format!("InputPath for target {id} is invalid."));
    if let Some(path) = target["InputPath"].as_str()
        && (!path.starts_with('$') || is_quoted_path(path) || JsonPath::parse(path).is_err())
    {
        return Err(bad_path());
    }
    let transformer = &target["InputTransformer"];
    let Some(template) = transformer["InputTemplate"].as_str() else {
        return Ok(());
    };
    let Err(errors) = InputTransformer::parse(&paths_of(transformer), template) else {
        return Ok(());
    };
    let refusal = errors.first().map(|error| match &error.kind {
        ErrorKind::Path => bad_path(),
        ErrorKind::UnknownName(name) => invalid(format!(
            "InputTemplate for target {id} contains invalid placeholder {name}."
        )),
        ErrorKind::EventOutsideObject => invalid(format!(
            "InputTemplate for target {id} contains placeholder aws.events.event.json valid only for JSON template."
        )),
        ErrorKind::Form | ErrorKind::NotJson => invalid(format!(
            "InputTransformer for target {id} is invalid: {error}."
        )),
    });
    refusal.map_or(Ok(()), Err)
}

fn done() -> Answer {
    Answer::json(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
}
