//! Event buses.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bus, DEFAULT, Events, bus_arn, bus_key, bus_name, invalid, no_bus};
use crate::clock::seconds;
use crate::fault::{Constraints, Fault};
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::page;
use crate::tags::{self, Tag};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateEventBus {
    name: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRequest {
    pub(super) name_prefix: Option<String>,
    pub(super) event_bus_name: Option<String>,
    pub(super) next_token: Option<String>,
    pub(super) limit: Option<usize>,
}

impl Events {
    pub(super) async fn create_event_bus(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateEventBus = call.json()?;
        let name = request.name;
        let known = |c: char| c.is_ascii_alphanumeric() || "/.-_".contains(c);
        Constraints::default()
            .length("name", &name, 1, 256)
            .pattern(
                "name",
                &name,
                "[/\\.\\-_A-Za-z0-9]+",
                name.chars().all(known),
            )
            .check("ValidationException")?;
        let tags = Tag::map(request.tags);
        tags::check("ValidationException", &tags)?;
        let created = self.conditions.now();
        let answer = json!({ "EventBusArn": bus_arn(&call.scope, &name) });
        let key = bus_key(&call.scope, &name);
        let create = self.buses.change(|buses| {
            if buses.get(&key).is_some() || name == DEFAULT {
                let message = format!("Event bus {name} already exists.");
                return Err(Fault::bad("ResourceAlreadyExistsException", message));
            }
            let bus = Bus {
                name,
                created,
                tags,
            };
            buses.put(&key, bus);
            Ok(())
        });
        create.await?;
        Ok(Answer::json(answer))
    }

    pub(super) fn describe_event_bus(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let name = bus_name(request.name.as_deref());
        let bus = self.buses.seen(&bus_key(&call.scope, name), call.view);
        match bus {
            Some(bus) => Ok(Answer::json(described(&call.scope, &bus))),
            None if name == DEFAULT => Ok(Answer::json(described(&call.scope, &default()))),
            None => Err(no_bus(name)),
        }
    }

    pub(super) async fn delete_event_bus(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let name = bus_name(request.name.as_deref());
        if name == DEFAULT {
            return Err(invalid("Cannot delete event bus default."));
        }
        let key = bus_key(&call.scope, name);
        if !self.rules.list(&format!("{key}|")).is_empty() {
            let message = format!("Cannot delete event bus {name} since it has rules.");
            return Err(invalid(message));
        }
        let deleted = self.buses.change(|buses| {
            buses.remove(&key);
            Ok(())
        });
        deleted.await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) fn list_event_buses(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListRequest = call.json()?;
        let prefix = request.name_prefix.as_deref().unwrap_or_default();
        let mut buses = self
            .buses
            .seen_list(&bus_key(&call.scope, prefix), call.view);
        if DEFAULT.starts_with(prefix) {
            buses.insert(0, (String::new(), default().into()));
        }
        let size = request.limit.unwrap_or(100).clamp(1, 100);
        let (buses, next) = page(buses, request.next_token.as_deref(), size)
            .map_err(|_| invalid("The NextToken is not valid."))?;
        let buses = buses.iter().map(|(_, bus)| described(&call.scope, bus));
        let buses: Vec<Value> = buses.collect();
        Ok(Answer::json(
            json!({ "EventBuses": buses, "NextToken": next }),
        ))
    }

    pub(super) fn has_bus(&self, scope: &Scope, name: &str) -> bool {
        name == DEFAULT || self.buses.get(&bus_key(scope, name)).is_some()
    }
}

fn default() -> Bus {
    Bus {
        name: DEFAULT.to_owned(),
        created: 0,
        tags: tags::Tags::new(),
    }
}

fn described(scope: &Scope, bus: &Bus) -> Value {
    json!({
        "Name": bus.name,
        "Arn": bus_arn(scope, &bus.name),
        "CreationTime": seconds(bus.created),
        "LastModifiedTime": seconds(bus.created),
    })
}
