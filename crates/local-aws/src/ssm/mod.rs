//! Systems Manager: its Parameter Store.

mod delete;
mod put;
mod read;
mod tags;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::{Permission, body, filled};
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};
use crate::tags::Tags;

const API: Api = Api {
    name: "ssm",
    protocol: Protocol::Json {
        target: "AmazonSSM",
        content_type: "application/x-amz-json-1.1",
        error_type: str::to_owned,
    },
};

/// How many versions of a parameter are kept.
const VERSIONS: usize = 100;

pub(crate) struct Ssm {
    conditions: Arc<Conditions>,
    /// By `<account>/<region>/<name>`.
    parameters: Durable<Parameter>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parameter {
    name: String,
    arn: String,
    tags: Tags,
    /// Oldest first, never empty.
    versions: Vec<Version>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    version: u64,
    value: String,
    kind: String,
    data_type: String,
    tier: String,
    description: Option<String>,
    allowed_pattern: Option<String>,
    key_id: Option<String>,
    modified: Millis,
}

impl Parameter {
    fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }
}

impl Ssm {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<Ssm, StoreError> {
        Ok(Ssm {
            conditions: Arc::clone(conditions),
            parameters: Durable::load(store, conditions, "parameter")?,
        })
    }
}

impl Operations for Ssm {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        let body = body(call);
        let of = |name: &str| Permission::of(call, arn(&call.scope, plain(name)));
        Some(match call.operation.as_str() {
            "DescribeParameters" => vec![Permission::of(call, "*")],
            "GetParameters" | "DeleteParameters" => {
                let names = body["Names"].as_array()?.iter();
                names.filter_map(|name| Some(of(name.as_str()?))).collect()
            }
            "GetParametersByPath" => vec![of(body["Path"].as_str()?.trim_end_matches('/'))],
            "AddTagsToResource" | "RemoveTagsFromResource" | "ListTagsForResource" => {
                vec![of(body["ResourceId"].as_str()?)]
            }
            "PutParameter" if filled(&body["Tags"]) => {
                let name = body["Name"].as_str()?;
                let tags = Permission::new("ssm:AddTagsToResource", arn(&call.scope, plain(name)));
                vec![of(name), tags]
            }
            _ => vec![of(body["Name"].as_str()?)],
        })
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "PutParameter" => self.put_parameter(call).await,
            "GetParameter" => self.get_parameter(call),
            "GetParameters" => self.get_parameters(call),
            "GetParametersByPath" => self.get_parameters_by_path(call),
            "GetParameterHistory" => self.get_parameter_history(call),
            "DescribeParameters" => self.describe_parameters(call),
            "DeleteParameter" => self.delete_parameter(call).await,
            "DeleteParameters" => self.delete_parameters(call).await,
            "AddTagsToResource" => self.add_tags(call).await,
            "RemoveTagsFromResource" => self.remove_tags(call).await,
            "ListTagsForResource" => self.list_tags(call),
            operation => Err(Fault::not_implemented("ssm", operation)),
        }
    }
}

fn key(scope: &Scope, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

/// The slash at the start of a name is that after `parameter`.
fn arn(scope: &Scope, name: &str) -> String {
    scope.arn(
        "ssm",
        &format!("parameter/{}", name.trim_start_matches('/')),
    )
}

/// The name in a reference such as `/shop/limit:3`, or in an ARN.
fn plain(reference: &str) -> &str {
    match reference.split_once(":parameter") {
        Some((_, name)) => plain(name),
        None => reference.split(':').next().unwrap_or_default(),
    }
}

fn no_parameter() -> Fault {
    Fault::bad("ParameterNotFound", "")
}

fn validation(message: impl Into<String>) -> Fault {
    Fault::bad("ValidationException", message)
}
