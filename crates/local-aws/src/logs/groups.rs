//! The operations on log groups.

use serde::Deserialize;
use serde_json::json;

use super::{Group, Logs, arn, invalid, key, not_found};
use crate::fault::{Constraints, Fault};
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::page;
use crate::store::{Change, Table};
use crate::tags::{self, MAX_TAGS, Tags};

/// The retention periods that CloudWatch Logs accepts, in days.
const RETENTIONS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    log_group_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateLogGroup {
    log_group_name: String,
    #[serde(default)]
    tags: Tags,
    log_group_class: Option<String>,
    kms_key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociateKmsKey {
    log_group_name: String,
    kms_key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLogGroups {
    #[serde(default)]
    log_group_name_prefix: String,
    log_group_name_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutRetentionPolicy {
    log_group_name: String,
    retention_in_days: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagging {
    resource_arn: String,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl Logs {
    pub(super) async fn create_log_group(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateLogGroup = call.json()?;
        let name = request.log_group_name;
        check_name(&name)?;
        tags::check("InvalidParameterException", &request.tags)?;
        check_tag_count(&request.tags)?;
        let class = request
            .log_group_class
            .unwrap_or_else(|| "STANDARD".to_owned());
        Constraints::default()
            .one_of(
                "logGroupClass",
                &class,
                &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
            )
            .check("InvalidParameterException")?;
        self.groups
            .change(|groups| {
                let key = key(&call.scope, &name);
                if groups.get(&key).is_some() {
                    let message = "The specified log group already exists";
                    return Err(Fault::bad("ResourceAlreadyExistsException", message));
                }
                let created = self.conditions.now();
                groups.put(
                    &key,
                    Group {
                        name,
                        created,
                        retention_days: None,
                        class,
                        tags: request.tags,
                        kms_key: request.kms_key_id,
                    },
                );
                Ok(())
            })
            .await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) async fn delete_log_group(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let key = key(&call.scope, &request.log_group_name);
        self.groups
            .change(|groups| {
                groups.get(&key).ok_or_else(|| not_found("log group"))?;
                groups.remove(&key);
                Ok(())
            })
            .await?;
        let prefix = format!("{key}|");
        let streams: Vec<_> = self
            .streams
            .list(&prefix)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        self.streams
            .change(|edit| {
                streams.iter().for_each(|key| edit.remove(key));
                Ok(())
            })
            .await?;
        self.store
            .write(vec![Change::DeletePrefix {
                table: Table::LogEvents,
                prefix,
            }])
            .done()
            .await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) fn describe_log_groups(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DescribeLogGroups = call.json()?;
        Constraints::default()
            .range("limit", request.limit, 1, 50)
            .check("InvalidParameterException")?;
        let mut groups = self
            .groups
            .seen_list(&key(&call.scope, &request.log_group_name_prefix), call.view);
        if let Some(pattern) = &request.log_group_name_pattern {
            groups.retain(|(_, group)| group.name.contains(pattern.as_str()));
        }
        let size = usize::try_from(request.limit.unwrap_or(50)).unwrap_or(50);
        let (groups, next) = page(groups, request.next_token.as_deref(), size)
            .map_err(|_| invalid("The specified nextToken is invalid."))?;
        let groups: Vec<_> = groups
            .iter()
            .map(|(_, group)| {
                let arn = arn(&call.scope, &group.name);
                let mut described = json!({
                    "logGroupName": group.name,
                    "creationTime": group.created,
                    "metricFilterCount": 0,
                    "arn": format!("{arn}:*"),
                    "storedBytes": 0,
                    "logGroupClass": group.class,
                    "logGroupArn": arn,
                });
                if let Some(key) = &group.kms_key {
                    described["kmsKeyId"] = json!(key);
                }
                if let Some(days) = group.retention_days {
                    described["retentionInDays"] = json!(days);
                }
                described
            })
            .collect();
        let mut answer = json!({ "logGroups": groups });
        if let Some(next) = next {
            answer["nextToken"] = json!(next);
        }
        Ok(Answer::json(answer))
    }

    pub(super) async fn put_retention_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PutRetentionPolicy = call.json()?;
        if !RETENTIONS.contains(&request.retention_in_days) {
            let allowed = RETENTIONS.map(|days| days.to_string()).join(", ");
            let constraint = format!("Member must satisfy enum value set: [{allowed}]");
            return Constraints::default()
                .violated("retentionInDays", request.retention_in_days, &constraint)
                .check("InvalidParameterException")
                .map(|()| Answer::with(200, Body::Empty));
        }
        self.edit(call, &request.log_group_name, "log group", |group| {
            group.retention_days = Some(request.retention_in_days);
            Ok(())
        })
        .await
    }

    pub(super) async fn delete_retention_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        self.edit(call, &request.log_group_name, "log group", |group| {
            group.retention_days = None;
            Ok(())
        })
        .await
    }

    pub(super) async fn associate_kms_key(&self, call: &Call) -> Result<Answer, Fault> {
        let request: AssociateKmsKey = call.json()?;
        self.edit(call, &request.log_group_name, "log group", |group| {
            group.kms_key = Some(request.kms_key_id);
            Ok(())
        })
        .await
    }

    pub(super) async fn disassociate_kms_key(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        self.edit(call, &request.log_group_name, "log group", |group| {
            group.kms_key = None;
            Ok(())
        })
        .await
    }

    pub(super) async fn tag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        tags::check("InvalidParameterException", &request.tags)?;
        let name = named_by(&call.scope, &request.resource_arn)?;
        self.edit(call, &name, "resource", |group| {
            group.tags.extend(request.tags);
            check_tag_count(&group.tags)
        })
        .await
    }

    pub(super) async fn untag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let name = named_by(&call.scope, &request.resource_arn)?;
        self.edit(call, &name, "resource", |group| {
            group.tags.retain(|key, _| !request.tag_keys.contains(key));
            Ok(())
        })
        .await
    }

    pub(super) fn list_tags_for_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let name = named_by(&call.scope, &request.resource_arn)?;
        let group = self
            .groups
            .seen(&key(&call.scope, &name), call.view)
            .ok_or_else(|| not_found("resource"))?;
        Ok(Answer::json(json!({ "tags": group.tags })))
    }

    async fn edit(
        &self,
        call: &Call,
        name: &str,
        what: &str,
        edit: impl FnOnce(&mut Group) -> Result<(), Fault>,
    ) -> Result<Answer, Fault> {
        let key = key(&call.scope, name);
        self.groups
            .change(|groups| {
                let mut group = Group::clone(groups.get(&key).ok_or_else(|| not_found(what))?);
                edit(&mut group)?;
                groups.put(&key, group);
                Ok(())
            })
            .await?;
        Ok(Answer::with(200, Body::Empty))
    }
}

/// The group of an ARN. Tagging uses the form without `:*`.
fn named_by(scope: &Scope, resource_arn: &str) -> Result<String, Fault> {
    let name = resource_arn
        .strip_prefix(&arn(scope, ""))
        .filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| not_found("resource"))?;
    if name.contains(':') {
        return Err(invalid(format!(
            "1 validation error detected: Value '{resource_arn}' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=/:,.@-]*"
        )));
    }
    Ok(name.to_owned())
}

fn check_name(name: &str) -> Result<(), Fault> {
    let known = |c: char| c.is_ascii_alphanumeric() || ".-_/#".contains(c);
    Constraints::default()
        .length("logGroupName", name, 1, 512)
        .pattern(
            "logGroupName",
            name,
            "[\\.\\-_/#A-Za-z0-9]+",
            name.chars().all(known),
        )
        .check("InvalidParameterException")
}

fn check_tag_count(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MAX_TAGS {
        return Err(Fault::bad(
            "TooManyTagsException",
            "A resource can have no more than 50 tags.",
        ));
    }
    Ok(())
}
