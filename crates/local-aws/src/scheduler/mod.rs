//! EventBridge Scheduler: schedules in groups, which start executions when they are due.

mod due;
mod groups;
mod permissions;
mod route;
mod schedule;
mod schedules;
mod tags;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::schedule::Schedule;
use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::delivery::Deliveries;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::Api;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::iam::Iam;
use crate::permission::Permission;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};
use crate::tags::Tags;
use crate::ticker::{Scheduled as _, Ticker};

/// The name of the service in trust policies.
const SERVICE: &str = "scheduler.amazonaws.com";

/// The group that every account has.
const DEFAULT: &str = "default";

pub(crate) struct Scheduler {
    iam: Arc<Iam>,
    conditions: Arc<Conditions>,
    deliveries: Arc<Deliveries>,
    /// By `<account>/<region>/<name>`.
    groups: Durable<Group>,
    /// By `<account>/<region>/<group>/<name>`.
    schedules: Durable<Schedule>,
    ticker: Ticker,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Group {
    name: String,
    created: Millis,
    tags: Tags,
}

impl Scheduler {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
        iam: &Arc<Iam>,
        deliveries: &Arc<Deliveries>,
    ) -> Result<Scheduler, StoreError> {
        Ok(Scheduler {
            iam: Arc::clone(iam),
            conditions: Arc::clone(conditions),
            deliveries: Arc::clone(deliveries),
            groups: Durable::load(store, conditions, "schedule-group")?,
            schedules: Durable::load(store, conditions, "schedule")?,
            ticker: Ticker::default(),
        })
    }
}

impl Operations for Scheduler {
    const API: &'static Api = &route::API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateScheduleGroup" => self.create_schedule_group(call).await,
            "GetScheduleGroup" => self.get_schedule_group(call),
            "DeleteScheduleGroup" => self.delete_schedule_group(call).await,
            "ListScheduleGroups" => self.list_schedule_groups(call),
            "CreateSchedule" => self.create_schedule(call).await,
            "GetSchedule" => self.get_schedule(call),
            "UpdateSchedule" => self.update_schedule(call).await,
            "DeleteSchedule" => self.delete_schedule(call).await,
            "ListSchedules" => self.list_schedules(call),
            "TagResource" => self.tag_resource(call).await,
            "UntagResource" => self.untag_resource(call).await,
            "ListTagsForResource" => self.list_tags_for_resource(call),
            operation => Err(Fault::not_implemented("scheduler", operation)),
        }
    }

    async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        self.tick();
        Ok(())
    }

    fn stop(&self) {
        self.ticker.stop();
        self.deliveries.stop();
    }
}

fn key(scope: &Scope, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

fn group_arn(scope: &Scope, group: &str) -> String {
    scope.arn("scheduler", &format!("schedule-group/{group}"))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::bad("ValidationException", message)
}

fn not_found(what: &str) -> Fault {
    let message = format!("{what} does not exist.");
    Fault::new(404, "ResourceNotFoundException", message)
}

fn conflict(what: &str) -> Fault {
    let message = format!("{what} already exists.");
    Fault::new(409, "ConflictException", message)
}
