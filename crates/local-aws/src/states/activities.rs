//! Activities: tasks that workers elsewhere ask for. `executions/workers.rs` hands them out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use txflow_asl::{Activities, TaskError};

use super::States;
use super::create::check_name;
use super::machine::validation;
use super::tags::{TagInput, read};
use crate::clock::{self, Millis};
use crate::conditions::View;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::page;
use crate::states::arn;
use crate::tags::Tags;

/// ListActivities returns this many if the call does not say.
const PAGE: usize = 100;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Activity {
    name: String,
    arn: String,
    created: Millis,
    tags: Tags,
}

#[derive(Deserialize)]
struct CreateActivity {
    #[serde(default)]
    name: String,
    #[serde(default)]
    tags: Vec<TagInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(default)]
    activity_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListActivities {
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl States {
    /// Creating an activity again is not an error, and changes nothing.
    pub(super) async fn create_activity(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateActivity = call.json()?;
        check_name(&request.name)?;
        let tags = read(request.tags)?;
        let arn = activity_arn(&call.scope, &request.name);
        let now = self.conditions.now();
        let created = self.activities.change(|activities| {
            if let Some(existing) = activities.get(&arn) {
                return Ok(existing.created);
            }
            let activity = Activity {
                name: request.name,
                arn: arn.clone(),
                created: now,
                tags,
            };
            activities.put(&arn, activity);
            Ok(now)
        });
        let created = clock::seconds(created.await?);
        Ok(Answer::json(
            json!({ "activityArn": arn, "creationDate": created }),
        ))
    }

    pub(super) fn describe_activity(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let arn = check_activity(&request.activity_arn)?;
        let activity = self.activities.seen(arn, call.view);
        let activity = activity.ok_or_else(|| no_activity(arn))?;
        Ok(Answer::json(activity.shown()))
    }

    pub(super) fn list_activities(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListActivities = call.json()?;
        let size = match request.max_results {
            None | Some(0) => PAGE,
            Some(size) if size <= 1000 => size,
            Some(size) => {
                return Err(validation(format!(
                    "1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"
                )));
            }
        };
        let prefix = activity_arn(&call.scope, "");
        let activities = self.activities.seen_list(&prefix, call.view);
        let (activities, next) = page(activities, request.next_token.as_deref(), size)
            .map_err(|_| Fault::bad("InvalidToken", "Invalid Token: 'Invalid token'"))?;
        let shown: Vec<Value> = { activities.iter() }
            .map(|(_, activity)| activity.shown())
            .collect();
        let mut answer = json!({ "activities": shown });
        if let Some(next) = next {
            answer["nextToken"] = json!(next);
        }
        Ok(Answer::json(answer))
    }

    /// Deleting an activity that does not exist succeeds.
    pub(super) async fn delete_activity(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let arn = check_activity(&request.activity_arn)?;
        let deleted = self.activities.change(|activities| {
            if activities.get(arn).is_some() {
                activities.remove(arn);
            }
            Ok(())
        });
        deleted.await?;
        Ok(Answer::json(json!({})))
    }
}

impl States {
    pub(super) fn activity_tags(&self, arn: &str, view: View) -> Option<Tags> {
        { self.activities.seen(arn, view) }.map(|activity| activity.tags.clone())
    }

    /// Changes the tags of an activity.
    pub(super) async fn edit_activity_tags(
        &self,
        arn: &str,
        missing: impl FnOnce() -> Fault,
        edit: impl FnOnce(&mut Tags) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let edited = self.activities.change(|activities| {
            let activity = activities.get(arn).ok_or_else(missing)?;
            let mut activity = Activity::clone(activity);
            edit(&mut activity.tags)?;
            activities.put(arn, activity);
            Ok(())
        });
        edited.await
    }

    /// Why a task of this activity cannot be scheduled. How AWS reports it is not known.
    /// Which activities an execution finds.
    pub(super) fn existing_activities(self: &Arc<Self>) -> Activities {
        let states = Arc::clone(self);
        Activities::new(move |arn| states.activities.get(arn).is_some())
    }

    pub(super) fn activity(&self, arn: &str) -> Result<(), TaskError> {
        match self.activities.get(arn) {
            Some(_) => Ok(()),
            None => Err(TaskError {
                error: "States.Runtime".to_owned(),
                cause: no_activity(arn).message,
            }),
        }
    }
}

impl Activity {
    fn shown(&self) -> Value {
        json!({
            "activityArn": self.arn,
            "name": self.name,
            "creationDate": clock::seconds(self.created),
        })
    }
}

pub(super) fn activity_arn(scope: &Scope, name: &str) -> String {
    scope.arn("states", &format!("activity:{name}"))
}

/// Checks that `text` is the ARN of an activity.
pub(super) fn check_activity(text: &str) -> Result<&str, Fault> {
    let arn = arn::parsed(text)?;
    match arn::is_activity(&arn) {
        true => Ok(text),
        false => Err(arn::wrong_type(&arn)),
    }
}

pub(super) fn no_activity(arn: &str) -> Fault {
    Fault::bad(
        "ActivityDoesNotExist",
        format!("Activity Does Not Exist: '{arn}'"),
    )
}
