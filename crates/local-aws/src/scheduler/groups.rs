//! Groups of schedules.

use serde::Deserialize;
use serde_json::{Value, json};

use super::route::name;
use super::{DEFAULT, Group, Scheduler, conflict, group_arn, invalid, key, not_found};
use crate::clock::seconds;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::page;
use crate::tags::{self, Tag, Tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateScheduleGroup {
    #[serde(default)]
    tags: Vec<Tag>,
}

impl Scheduler {
    pub(super) async fn create_schedule_group(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateScheduleGroup = call.json()?;
        let name = name(call).to_owned();
        check_name(&name)?;
        let tags: Tags = Tag::map(request.tags);
        tags::check("ValidationException", &tags)?;
        let created = self.conditions.now();
        let key = key(&call.scope, &name);
        let answer = json!({ "ScheduleGroupArn": group_arn(&call.scope, &name) });
        let create = self.groups.change(|groups| {
            if groups.get(&key).is_some() || name == DEFAULT {
                return Err(conflict(&format!("Schedule group {name}")));
            }
            let group = Group {
                name,
                created,
                tags,
            };
            groups.put(&key, group);
            Ok(())
        });
        create.await?;
        Ok(Answer::json(answer))
    }

    pub(super) fn get_schedule_group(&self, call: &Call) -> Result<Answer, Fault> {
        let name = name(call);
        let group = self.groups.seen(&key(&call.scope, name), call.view);
        match group {
            Some(group) => Ok(Answer::json(described(&call.scope, &group))),
            None if name == DEFAULT => Ok(Answer::json(described(&call.scope, &default()))),
            None => Err(no_group(name)),
        }
    }

    /// The schedules go with the group.
    pub(super) async fn delete_schedule_group(&self, call: &Call) -> Result<Answer, Fault> {
        let name = name(call);
        if name == DEFAULT {
            return Err(invalid("The default schedule group cannot be deleted."));
        }
        let key = key(&call.scope, name);
        let deleted = self.groups.change(|groups| {
            groups.get(&key).ok_or_else(|| no_group(name))?;
            groups.remove(&key);
            Ok(())
        });
        deleted.await?;
        let inside = self.schedules.list(&format!("{key}/"));
        let emptied = self.schedules.change(|schedules| {
            inside.iter().for_each(|(key, _)| schedules.remove(key));
            Ok(())
        });
        emptied.await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) fn list_schedule_groups(&self, call: &Call) -> Result<Answer, Fault> {
        let prefix = call.query.get("NamePrefix").unwrap_or_default();
        let all = self.groups.seen_list(&key(&call.scope, prefix), call.view);
        let size = page_size(call)?;
        let (groups, next) = page(all, call.query.get("NextToken"), size)
            .map_err(|_| invalid("Invalid NextToken."))?;
        let groups = groups
            .iter()
            .map(|(_, group)| described(&call.scope, group));
        let default = DEFAULT
            .starts_with(prefix)
            .then(|| described(&call.scope, &default()));
        let first = default.filter(|_| call.query.get("NextToken").is_none());
        let groups: Vec<Value> = first.into_iter().chain(groups).collect();
        Ok(Answer::json(
            json!({ "ScheduleGroups": groups, "NextToken": next }),
        ))
    }

    pub(super) fn has_group(&self, scope: &Scope, name: &str) -> bool {
        name == DEFAULT || self.groups.get(&key(scope, name)).is_some()
    }
}

pub(super) fn no_group(name: &str) -> Fault {
    not_found(&format!("Schedule group {name}"))
}

pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    Constraints::default()
        .length("name", name, 1, 64)
        .pattern("name", name, "^[0-9a-zA-Z-_.]+$", name.chars().all(known))
        .check("ValidationException")
}

pub(super) fn page_size(call: &Call) -> Result<usize, Fault> {
    let size = call.query.get("MaxResults").unwrap_or("100");
    let size = size.parse().ok().filter(|size| (1..=100).contains(size));
    size.ok_or_else(|| invalid("MaxResults must be between 1 and 100."))
}

fn default() -> Group {
    Group {
        name: DEFAULT.to_owned(),
        created: 0,
        tags: Tags::new(),
    }
}

fn described(scope: &Scope, group: &Group) -> Value {
    json!({
        "Arn": group_arn(scope, &group.name),
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": seconds(group.created),
        "LastModificationDate": seconds(group.created),
    })
}
