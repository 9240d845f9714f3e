//! The operations on schedules.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::groups::{check_name, no_group, page_size};
use super::route::name;
use super::schedule::{Schedule, Settings, arn};
use super::{DEFAULT, SERVICE, Scheduler, conflict, group_arn, invalid, key, not_found};
use crate::clock::seconds;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::iam::Assumption;
use crate::page::page;
use crate::ticker::Scheduled as _;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteSchedule {
    group_name: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

/// The group that a call names in its URL.
pub(super) fn group(call: &Call) -> Option<&str> {
    call.query.get("groupName")
}

impl Scheduler {
    pub(super) async fn create_schedule(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        self.write(call, |before, name| match before {
            Some(_) => Err(conflict(&format!("Schedule {name}"))),
            None => Ok(None),
        })
        .await
    }

    /// All settings are replaced.
    pub(super) async fn update_schedule(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        self.write(call, |before, name| match before {
            Some(before) => Ok(Some(before.created)),
            None => Err(no_schedule(name)),
        })
        .await
    }

    /// `check` gives when the schedule was created that is there, if it may be replaced.
    async fn write(
        self: &Arc<Self>,
        call: &Call,
        check: impl FnOnce(Option<&Schedule>, &str) -> Result<Option<u64>, Fault>,
    ) -> Result<Answer, Fault> {
        let request: WriteSchedule = call.json()?;
        let name = name(call).to_owned();
        check_name(&name)?;
        let settings = request.settings;
        let now = self.conditions.now();
        settings.check(now)?;
        let group = request.group_name.unwrap_or_else(|| DEFAULT.to_owned());
        if !self.has_group(&call.scope, &group) {
            return Err(no_group(&group));
        }
        self.check_role(call, &group, &settings)?;
        let key = key(&call.scope, &format!("{group}/{name}"));
        let arn = arn(&call.scope, &group, &name);
        let scheduled = settings.first(now).filter(|_| settings.is_enabled());
        let due = scheduled.map(|at| settings.within_window(at, &arn, &self.conditions));
        let answer = json!({ "ScheduleArn": arn });
        let written = self.schedules.change(|schedules| {
            let before = schedules.get(&key).map(AsRef::as_ref);
            let created = check(before, &name)?;
            let schedule = Schedule {
                name,
                group,
                arn,
                created: created.unwrap_or(now),
                modified: now,
                settings,
                scheduled,
                due,
            };
            schedules.put(&key, schedule);
            Ok(())
        });
        written.await?;
        self.tick();
        Ok(Answer::json(answer))
    }

    fn check_role(&self, call: &Call, group: &str, settings: &Settings) -> Result<(), Fault> {
        let role = settings.target["RoleArn"].as_str().unwrap_or_default();
        let assumption = Assumption {
            service: SERVICE,
            account: &call.scope.account,
            source_arn: &group_arn(&call.scope, group),
        };
        if self.iam.assumable(role, &assumption) {
            return Ok(());
        }
        Err(invalid(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ))
    }

    pub(super) fn get_schedule(&self, call: &Call) -> Result<Answer, Fault> {
        let (key, name) = named(call);
        let schedule = self.schedules.seen(&key, call.view);
        let schedule = schedule.ok_or_else(|| no_schedule(name))?;
        let settings = serde_json::to_value(&schedule.settings).map_err(Fault::storage)?;
        let mut described = shown(&schedule);
        described["Target"] = Value::Null;
        if let (Some(into), Value::Object(from)) = (described.as_object_mut(), settings) {
            into.extend(from);
            into.retain(|_, value| !value.is_null());
        }
        let retry = &mut described["Target"]["RetryPolicy"];
        if retry.is_null() {
            *retry = json!({ "MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185 });
        }
        Ok(Answer::json(described))
    }

    pub(super) async fn delete_schedule(&self, call: &Call) -> Result<Answer, Fault> {
        let (key, name) = named(call);
        let deleted = self.schedules.change(|schedules| {
            schedules.get(&key).ok_or_else(|| no_schedule(name))?;
            schedules.remove(&key);
            Ok(())
        });
        deleted.await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) fn list_schedules(&self, call: &Call) -> Result<Answer, Fault> {
        let group = call.query.get("ScheduleGroup");
        if let Some(group) = group.filter(|group| !self.has_group(&call.scope, group)) {
            return Err(no_group(group));
        }
        let within = group.map(|group| format!("{group}/")).unwrap_or_default();
        let mut all = self
            .schedules
            .seen_list(&key(&call.scope, &within), call.view);
        let prefix = call.query.get("NamePrefix").unwrap_or_default();
        let state = call.query.get("State");
        all.retain(|(_, schedule)| {
            schedule.name.starts_with(prefix)
                && state.is_none_or(|state| state == schedule.settings.state)
        });
        let (schedules, next) = page(all, call.query.get("NextToken"), page_size(call)?)
            .map_err(|_| invalid("Invalid NextToken."))?;
        let schedules: Vec<Value> = schedules
            .iter()
            .map(|(_, schedule)| shown(schedule))
            .collect();
        Ok(Answer::json(
            json!({ "Schedules": schedules, "NextToken": next }),
        ))
    }
}

/// The key of the schedule that a call names in its URL, and its name.
fn named(call: &Call) -> (String, &str) {
    let name = name(call);
    let group = group(call).unwrap_or(DEFAULT);
    (key(&call.scope, &format!("{group}/{name}")), name)
}

/// As a list shows it.
fn shown(schedule: &Schedule) -> Value {
    json!({
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.settings.state,
        "CreationDate": seconds(schedule.created),
        "LastModificationDate": seconds(schedule.modified),
        "Target": { "Arn": schedule.settings.target["Arn"] },
    })
}

fn no_schedule(name: &str) -> Fault {
    not_found(&format!("Schedule {name}"))
}
