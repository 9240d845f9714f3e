//! Aliases of state machines: the one call that moves what callers see.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::States;
use super::arn::MachineArn;
use super::describe::{PageInput, listed};
use super::machine::{Alias, StateMachine, unknown, validation};
use crate::clock;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AliasInput {
    name: Option<String>,
    description: Option<String>,
    state_machine_alias_arn: Option<String>,
    routing_configuration: Option<Vec<Route>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    state_machine_version_arn: String,
    weight: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListStateMachineAliases {
    #[serde(default)]
    state_machine_arn: String,
    #[serde(flatten)]
    page: PageInput,
}

impl States {
    pub(super) async fn create_state_machine_alias(&self, call: &Call) -> Result<Answer, Fault> {
        let request: AliasInput = call.json()?;
        Constraints::default()
            .present("name", request.name.as_ref())
            .present(
                "routingConfiguration",
                request.routing_configuration.as_ref(),
            )
            .check("ValidationException")?;
        let name = request.name.unwrap_or_default();
        let known = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let word = name.chars().any(|c| known(c) && !c.is_ascii_digit());
        Constraints::default()
            .length("name", &name, 1, 80)
            .pattern(
                "name",
                &name,
                "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$",
                word && name.chars().all(known),
            )
            .check("ValidationException")?;
        check_description(request.description.as_ref())?;
        let (machine_arn, routes) =
            read_routes(&request.routing_configuration.unwrap_or_default())?;
        let now = self.conditions.now();
        let alias = Alias {
            description: request.description,
            routes,
            created: now,
            updated: now,
        };
        let created = self
            .edit(&machine_arn, not_found, |machine| {
                check_versions(machine, &alias.routes)?;
                if let Some(existing) = machine.aliases.get(&name) {
                    if existing.description == alias.description && existing.routes == alias.routes {
                        return Ok(existing.created);
                    }
                    return Err(Fault::bad(
                        "ConflictException",
                        "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
                    ));
                }
                machine.aliases.insert(name.clone(), alias);
                Ok(now)
            })
            .await?;
        Ok(Answer::json(json!({
            "stateMachineAliasArn": format!("{machine_arn}:{name}"),
            "creationDate": clock::seconds(created),
        })))
    }

    pub(super) fn describe_state_machine_alias(&self, call: &Call) -> Result<Answer, Fault> {
        let request: AliasInput = call.json()?;
        let (arn, name) = alias_arn(request.state_machine_alias_arn.as_deref())?;
        let machine = self.seen(&arn, call.view).ok_or_else(not_found)?;
        let alias = machine.aliases.get(&name).ok_or_else(not_found)?;
        let routes: Vec<_> = alias
            .routes
            .iter()
            .map(|(version, weight)| json!({ "stateMachineVersionArn": machine.version_arn(*version), "weight": weight }))
            .collect();
        let mut shown = json!({
            "stateMachineAliasArn": format!("{arn}:{name}"),
            "name": name,
            "routingConfiguration": routes,
            "creationDate": clock::seconds(alias.created),
            "updateDate": clock::seconds(alias.updated),
        });
        if let Some(description) = &alias.description {
            shown["description"] = json!(description);
        }
        Ok(Answer::json(shown))
    }

    pub(super) async fn update_state_machine_alias(&self, call: &Call) -> Result<Answer, Fault> {
        let request: AliasInput = call.json()?;
        let (arn, name) = alias_arn(request.state_machine_alias_arn.as_deref())?;
        if request.description.is_none() && request.routing_configuration.is_none() {
            return Err(validation(
                "Either the description or the routing configuration must be specified.",
            ));
        }
        check_description(request.description.as_ref())?;
        let routes = request
            .routing_configuration
            .map(|routes| read_routes(&routes))
            .transpose()?;
        if routes
            .as_ref()
            .is_some_and(|(machine_arn, _)| *machine_arn != arn)
        {
            return Err(validation(
                "Routing configuration must contain versions of the alias's own state machine.",
            ));
        }
        let updated = self.conditions.now();
        self.edit(&arn, not_found, |machine| {
            if let Some((_, routes)) = &routes {
                check_versions(machine, routes)?;
            }
            let alias = machine.aliases.get_mut(&name).ok_or_else(not_found)?;
            alias.description = request.description.or(alias.description.take());
            if let Some((_, routes)) = routes {
                alias.routes = routes;
            }
            alias.updated = updated;
            Ok(())
        })
        .await?;
        Ok(Answer::json(
            json!({ "updateDate": clock::seconds(updated) }),
        ))
    }

    pub(super) async fn delete_state_machine_alias(&self, call: &Call) -> Result<Answer, Fault> {
        let request: AliasInput = call.json()?;
        let (arn, name) = alias_arn(request.state_machine_alias_arn.as_deref())?;
        // Deleting an alias that does not exist succeeds, even if its state machine does not exist.
        if self
            .machine(&arn)
            .is_some_and(|machine| machine.aliases.contains_key(&name))
        {
            self.edit(&arn, not_found, |machine| {
                machine.aliases.remove(&name);
                Ok(())
            })
            .await?;
        }
        Ok(Answer::json(json!({})))
    }

    pub(super) fn list_state_machine_aliases(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListStateMachineAliases = call.json()?;
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        let machine = self
            .seen_in_list(&arn.arn, call.view)
            .ok_or_else(|| unknown(&request.state_machine_arn))?;
        // For the ARN of a version, the aliases that route to it.
        let version: Option<u64> = arn
            .qualifier
            .as_ref()
            .and_then(|number| number.parse().ok());
        let leads = |alias: &Alias| {
            version.is_none_or(|asked| alias.routes.iter().any(|(number, _)| *number == asked))
        };
        let aliases = machine
            .aliases
            .iter()
            .filter(|(_, alias)| leads(alias))
            .map(|(name, alias)| {
                let shown: Value = json!({
                    "stateMachineAliasArn": format!("{}:{name}", machine.arn),
                    "creationDate": clock::seconds(alias.created),
                });
                (name.clone(), shown)
            })
            .collect();
        listed("stateMachineAliases", aliases, &request.page)
    }
}

fn check_description(description: Option<&String>) -> Result<(), Fault> {
    let description = description.map_or("", String::as_str);
    Constraints::default()
        .length("description", description, 0, 256)
        .check("ValidationException")
}

/// The state machine and the versions of a routing configuration.
fn read_routes(routes: &[Route]) -> Result<(String, Vec<(u64, u64)>), Fault> {
    let show = |items: Vec<String>| format!("[{}]", items.join(", "));
    let arns = || {
        show(
            routes
                .iter()
                .map(|route| route.state_machine_version_arn.clone())
                .collect(),
        )
    };
    if routes.is_empty() || routes.len() > 2 {
        let items = routes.iter().map(|route| {
            let (arn, weight) = (&route.state_machine_version_arn, route.weight);
            format!("RoutingConfigurationListItem(stateMachineVersionArn={arn}, weight={weight})")
        });
        let bound = if routes.is_empty() {
            "greater than or equal to 1"
        } else {
            "less than or equal to 2"
        };
        return Err(validation(format!(
            "1 validation error detected: Value '{}' at 'routingConfiguration' failed to satisfy constraint: Member must have length {bound}",
            show(items.collect())
        )));
    }
    let mut constraints = Constraints::default();
    for (index, route) in routes.iter().enumerate() {
        constraints.range(
            &format!("routingConfiguration.{}.member.weight", index + 1),
            Some(route.weight),
            0,
            100,
        );
    }
    constraints.check("ValidationException")?;
    let mut read = Vec::new();
    let mut machine_arns = BTreeSet::new();
    for route in routes {
        let arn = MachineArn::parse(&route.state_machine_version_arn)?;
        let Some(number) = arn.qualifier.and_then(|number| number.parse::<u64>().ok()) else {
            let message = format!(
                "Routing configuration must contain state machine version ARNs. Received: {}",
                arns()
            );
            return Err(validation(message));
        };
        machine_arns.insert(arn.arn);
        read.push((number, route.weight.unsigned_abs()));
    }
    if read.len() == 2 && read[0].0 == read[1].0 {
        let message = format!(
            "Routing configuration must contain distinct state machine version ARNs. Received: {}",
            arns()
        );
        return Err(validation(message));
    }
    if machine_arns.len() > 1 {
        return Err(validation(format!(
            "Routing configuration must contain versions of one state machine. Received: {}",
            arns()
        )));
    }
    if read.iter().map(|(_, weight)| weight).sum::<u64>() != 100 {
        let weights = show(
            routes
                .iter()
                .map(|route| route.weight.to_string())
                .collect(),
        );
        return Err(validation(format!(
            "Sum of routing configuration weights must equal 100. Received: {weights}"
        )));
    }
    Ok((machine_arns.into_iter().next().unwrap_or_default(), read))
}

fn check_versions(machine: &StateMachine, routes: &[(u64, u64)]) -> Result<(), Fault> {
    let known = routes
        .iter()
        .all(|(version, _)| machine.versions.contains_key(version));
    if known { Ok(()) } else { Err(not_found()) }
}

fn alias_arn(text: Option<&str>) -> Result<(String, String), Fault> {
    let arn = MachineArn::parse(text.unwrap_or_default())?;
    let name = arn
        .qualifier
        .ok_or_else(|| super::arn::invalid(&format!("Invalid alias ARN: {}", arn.arn)))?;
    Ok((arn.arn, name))
}

fn not_found() -> Fault {
    Fault::bad(
        "ResourceNotFound",
        "Request references a resource that does not exist.",
    )
}
