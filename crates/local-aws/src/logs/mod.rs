//! CloudWatch Logs: groups, streams and events.

mod events;
mod filter;
mod groups;
mod permissions;
mod read;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::Permission;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};
use crate::tags::Tags;

const API: Api = Api {
    name: "logs",
    protocol: Protocol::Json {
        target: "Logs_20140328",
        content_type: "application/x-amz-json-1.1",
        error_type: str::to_owned,
    },
};

pub(crate) struct Logs {
    store: Arc<Store>,
    conditions: Arc<Conditions>,
    /// By `<account>/<region>/<group name>`.
    groups: Durable<Group>,
    /// By `<group key>|<stream name>`.
    streams: Durable<Stream>,
    /// Orders events of a stream that have the same timestamp.
    sequence: AtomicU64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Group {
    name: String,
    created: Millis,
    retention_days: Option<i64>,
    class: String,
    tags: Tags,
    /// Shown, and without effect: everything is encrypted with the server's own key.
    #[serde(default)]
    kms_key: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stream {
    name: String,
    created: Millis,
}

impl Logs {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<Logs, StoreError> {
        Ok(Logs {
            store: Arc::clone(store),
            conditions: Arc::clone(conditions),
            groups: Durable::load(store, conditions, "log-group")?,
            streams: Durable::load(store, conditions, "log-stream")?,
            // Higher than what a previous server used: it cannot have counted faster than the clock.
            sequence: AtomicU64::new(conditions.now() * 1000),
        })
    }

    /// Whether the group exists. Step Functions asks this about the log destination of a state machine.
    pub(crate) fn has_group(&self, scope: &Scope, name: &str) -> bool {
        self.groups.get(&key(scope, name)).is_some()
    }
}

impl Operations for Logs {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateLogGroup" => self.create_log_group(call).await,
            "DeleteLogGroup" => self.delete_log_group(call).await,
            "DescribeLogGroups" => self.describe_log_groups(call),
            "AssociateKmsKey" => self.associate_kms_key(call).await,
            "DisassociateKmsKey" => self.disassociate_kms_key(call).await,
            "PutRetentionPolicy" => self.put_retention_policy(call).await,
            "DeleteRetentionPolicy" => self.delete_retention_policy(call).await,
            "TagResource" => self.tag_resource(call).await,
            "UntagResource" => self.untag_resource(call).await,
            "ListTagsForResource" => self.list_tags_for_resource(call),
            "CreateLogStream" => self.create_log_stream(call).await,
            "DeleteLogStream" => self.delete_log_stream(call).await,
            "DescribeLogStreams" => self.describe_log_streams(call).await,
            "PutLogEvents" => self.put_log_events(call).await,
            "GetLogEvents" => self.get_log_events(call).await,
            "FilterLogEvents" => self.filter_log_events(call).await,
            operation => Err(Fault::not_implemented("logs", operation)),
        }
    }
}

fn key(scope: &Scope, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

fn arn(scope: &Scope, name: &str) -> String {
    scope.arn("logs", &format!("log-group:{name}"))
}

fn not_found(what: &str) -> Fault {
    Fault::bad(
        "ResourceNotFoundException",
        format!("The specified {what} does not exist."),
    )
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::bad("InvalidParameterException", message)
}
