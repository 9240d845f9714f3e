//! EventBridge: event buses, rules that send what matches to their targets, and connections.

mod buses;
mod connections;
mod permissions;
mod put;
mod rules;
mod scheduled;
mod tags;
mod targets;

pub(crate) use self::connections::{Connections, Credentials, OAuth};

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::delivery::Deliveries;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::Permission;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};
use crate::tags::Tags;
use crate::ticker::{Scheduled as _, Ticker};

const API: Api = Api {
    name: "events",
    protocol: Protocol::Json {
        target: "AWSEvents",
        content_type: "application/x-amz-json-1.1",
        error_type: str::to_owned,
    },
};

/// The name of the service in trust policies.
const SERVICE: &str = "events.amazonaws.com";

/// The event bus that every account has.
const DEFAULT: &str = "default";

pub(crate) struct Events {
    conditions: Arc<Conditions>,
    deliveries: Arc<Deliveries>,
    /// By `<account>/<region>/<name>`.
    buses: Durable<Bus>,
    /// By `<account>/<region>/<bus>|<name>`.
    rules: Durable<Rule>,
    connections: Arc<Connections>,
    ticker: Ticker,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Bus {
    name: String,
    created: Millis,
    tags: Tags,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rule {
    name: String,
    bus: String,
    arn: String,
    pattern: Option<String>,
    /// A rate or a cron expression. Absent in what an older server stored.
    #[serde(default)]
    schedule: Option<String>,
    /// When it is due next by that.
    #[serde(default)]
    due: Option<Millis>,
    state: String,
    description: Option<String>,
    /// By id, as they were sent.
    targets: BTreeMap<String, Value>,
    tags: Tags,
}

impl Events {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
        deliveries: &Arc<Deliveries>,
        connections: &Arc<Connections>,
    ) -> Result<Events, StoreError> {
        Ok(Events {
            conditions: Arc::clone(conditions),
            deliveries: Arc::clone(deliveries),
            buses: Durable::load(store, conditions, "event-bus")?,
            rules: Durable::load(store, conditions, "event-rule")?,
            connections: Arc::clone(connections),
            ticker: Ticker::default(),
        })
    }
}

impl Operations for Events {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateEventBus" => self.create_event_bus(call).await,
            "DescribeEventBus" => self.describe_event_bus(call),
            "DeleteEventBus" => self.delete_event_bus(call).await,
            "ListEventBuses" => self.list_event_buses(call),
            "PutRule" => self.put_rule(call).await,
            "DescribeRule" => self.describe_rule(call),
            "ListRules" => self.list_rules(call),
            "EnableRule" => self.set_state(call, "ENABLED").await,
            "DisableRule" => self.set_state(call, "DISABLED").await,
            "DeleteRule" => self.delete_rule(call).await,
            "PutTargets" => self.put_targets(call).await,
            "RemoveTargets" => self.remove_targets(call).await,
            "ListTargetsByRule" => self.list_targets_by_rule(call),
            "ListRuleNamesByTarget" => self.list_rule_names_by_target(call),
            "CreateConnection" => self.create_connection(call).await,
            "DescribeConnection" => self.describe_connection(call),
            "ListConnections" => self.list_connections(call),
            "DeleteConnection" => self.delete_connection(call).await,
            "TagResource" => self.tag_resource(call).await,
            "UntagResource" => self.untag_resource(call).await,
            "ListTagsForResource" => self.list_tags_for_resource(call),
            "PutEvents" => self.put_events(call),
            "TestEventPattern" => put::test_event_pattern(call),
            operation => Err(Fault::not_implemented("events", operation)),
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

fn bus_key(scope: &Scope, bus: &str) -> String {
    format!("{}/{}/{bus}", scope.account, scope.region)
}

fn rule_key(scope: &Scope, bus: &str, rule: &str) -> String {
    format!("{}|{rule}", bus_key(scope, bus))
}

fn bus_arn(scope: &Scope, bus: &str) -> String {
    scope.arn("events", &format!("event-bus/{bus}"))
}

fn rule_arn(scope: &Scope, bus: &str, rule: &str) -> String {
    let resource = match bus {
        DEFAULT => format!("rule/{rule}"),
        bus => format!("rule/{bus}/{rule}"),
    };
    scope.arn("events", &resource)
}

/// The name of a bus, which calls may also name by its ARN.
fn bus_name(bus: Option<&str>) -> &str {
    let bus = bus.unwrap_or(DEFAULT);
    match bus.split_once(":event-bus/") {
        Some((_, name)) => name,
        None => bus,
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::bad("ValidationException", message)
}

fn no_bus(bus: &str) -> Fault {
    let message = format!("Event bus {bus} does not exist.");
    Fault::bad("ResourceNotFoundException", message)
}

fn no_rule(rule: &str, bus: &str) -> Fault {
    let message = format!("Rule {rule} does not exist on EventBus {bus}.");
    Fault::bad("ResourceNotFoundException", message)
}
