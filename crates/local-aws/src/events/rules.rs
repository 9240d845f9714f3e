//! Rules.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use txflow_triggers::EventPattern;

use super::buses::ListRequest;
use super::{Events, Rule, bus_name, invalid, no_bus, no_rule, rule_arn, rule_key, scheduled};
use crate::fault::{Constraints, Fault};
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::page::page;
use crate::tags::{self, Tag};
use crate::ticker::Scheduled as _;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRule {
    name: String,
    event_bus_name: Option<String>,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    state: Option<String>,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) event_bus_name: Option<String>,
}

impl Events {
    pub(super) async fn put_rule(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let request: PutRule = call.json()?;
        let name = request.name;
        let known = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let state = request.state.unwrap_or_else(|| "ENABLED".to_owned());
        Constraints::default()
            .length("name", &name, 1, 64)
            .pattern(
                "name",
                &name,
                "[\\.\\-_A-Za-z0-9]+",
                name.chars().all(known),
            )
            .one_of("state", &state, &["ENABLED", "DISABLED"])
            .check("ValidationException")?;
        let (pattern, schedule) = (request.event_pattern, request.schedule_expression);
        if pattern.is_none() && schedule.is_none() {
            return Err(invalid(
                "Parameter(s) EventPattern or ScheduleExpression must be specified.",
            ));
        }
        pattern.as_deref().map(check_pattern).transpose()?;
        let tags = Tag::map(request.tags);
        tags::check("ValidationException", &tags)?;
        let bus = bus_name(request.event_bus_name.as_deref()).to_owned();
        if !self.has_bus(&call.scope, &bus) {
            return Err(no_bus(&bus));
        }
        if let Some(schedule) = &schedule {
            scheduled::check(schedule, &bus)?;
        }
        let now = self.conditions.now();
        let arn = rule_arn(&call.scope, &bus, &name);
        let answer = json!({ "RuleArn": arn });
        let key = rule_key(&call.scope, &bus, &name);
        let put = self.rules.change(|rules| {
            // The tags of a rule that exists stay as they are.
            let before = rules.get(&key);
            let mut rule = Rule {
                name,
                bus,
                arn,
                pattern,
                schedule,
                due: None,
                state,
                description: request.description,
                targets: before.map(|rule| rule.targets.clone()).unwrap_or_default(),
                tags: before.map_or(tags, |rule| rule.tags.clone()),
            };
            rule.due = rule.due_after(now, now);
            rules.put(&key, rule);
            Ok(())
        });
        put.await?;
        self.tick();
        Ok(Answer::json(answer))
    }

    pub(super) fn describe_rule(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        let key = rule_key(&call.scope, bus, &request.name);
        let rule = self.rules.seen(&key, call.view);
        let rule = rule.ok_or_else(|| no_rule(&request.name, bus))?;
        let mut described = described(&rule);
        described["CreatedBy"] = json!(call.scope.account);
        Ok(Answer::json(described))
    }

    pub(super) fn list_rules(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListRequest = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        if !self.has_bus(&call.scope, bus) {
            return Err(no_bus(bus));
        }
        let prefix = request.name_prefix.as_deref().unwrap_or_default();
        let rules = self
            .rules
            .seen_list(&rule_key(&call.scope, bus, prefix), call.view);
        let size = request.limit.unwrap_or(100).clamp(1, 100);
        let (rules, next) = page(rules, request.next_token.as_deref(), size)
            .map_err(|_| invalid("The NextToken is not valid."))?;
        let rules: Vec<Value> = rules.iter().map(|(_, rule)| described(rule)).collect();
        Ok(Answer::json(json!({ "Rules": rules, "NextToken": next })))
    }

    pub(super) async fn set_state(
        self: &Arc<Self>,
        call: &Call,
        state: &str,
    ) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        self.edit_rule(call, bus, &request.name, |rule| {
            state.clone_into(&mut rule.state);
            let now = self.conditions.now();
            rule.due = rule.due_after(now, now);
            Ok(())
        })
        .await?;
        self.tick();
        Ok(Answer::with(200, Body::Empty))
    }

    /// A rule that does not exist is deleted with success.
    pub(super) async fn delete_rule(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        let key = rule_key(&call.scope, bus, &request.name);
        let deleted = self.rules.change(|rules| {
            if rules.get(&key).is_some_and(|rule| !rule.targets.is_empty()) {
                return Err(invalid("Rule can't be deleted since it has targets."));
            }
            rules.remove(&key);
            Ok(())
        });
        deleted.await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) async fn edit_rule<T>(
        &self,
        call: &Call,
        bus: &str,
        name: &str,
        edit: impl FnOnce(&mut Rule) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let key = rule_key(&call.scope, bus, name);
        self.rules
            .change(|rules| {
                let mut rule = Rule::clone(rules.get(&key).ok_or_else(|| no_rule(name, bus))?);
                let result = edit(&mut rule)?;
                rules.put(&key, rule);
                Ok(result)
            })
            .await
    }
}

pub(super) fn check_pattern(text: &str) -> Result<EventPattern, Fault> {
    let refused = |reason: String| {
        let message = format!("Event pattern is not valid. Reason: {reason}");
        Err(Fault::bad("InvalidEventPatternException", message))
    };
    if text.chars().count() > EventPattern::LONGEST {
        return refused("it is too long".to_owned());
    }
    match serde_json::from_str(text) {
        Err(error) => refused(error.to_string()),
        Ok(pattern) => EventPattern::parse(&pattern).or_else(|errors| {
            let first = errors.into_iter().next();
            refused(first.map(|error| error.message).unwrap_or_default())
        }),
    }
}

fn described(rule: &Rule) -> Value {
    let mut described = json!({
        "Name": rule.name,
        "Arn": rule.arn,
        "State": rule.state,
        "EventBusName": rule.bus,
    });
    let optional = [
        ("EventPattern", &rule.pattern),
        ("ScheduleExpression", &rule.schedule),
        ("Description", &rule.description),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            described[member] = json!(value);
        }
    }
    described
}
