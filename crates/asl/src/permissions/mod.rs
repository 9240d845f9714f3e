//! What the role of a state machine must allow, read off the definition.
//!
//! ```
//! use serde_json::json;
//! use txflow_asl::permissions::{NeededResource, Owner, needs};
//!
//! let definition = json!({ "StartAt": "Charge", "States": {
//!     "Charge": {
//!         "Type": "Task",
//!         "Resource": "arn:aws:states:::lambda:invoke",
//!         "Parameters": { "FunctionName": "charge", "Payload.$": "$" },
//!         "End": true
//!     }
//! }});
//! let owner = Owner {
//!     partition: "aws",
//!     region: "eu-west-1",
//!     account: "123456789012",
//!     state_machine: "orders",
//! };
//! let needs = needs(&definition, &owner);
//! assert_eq!(needs[0].state, ["Charge"]);
//! assert_eq!(needs[0].action, "lambda:InvokeFunction");
//! let charge = "arn:aws:lambda:eu-west-1:123456789012:function:charge";
//! assert_eq!(needs[0].resource, NeededResource::Arn(charge.to_owned()));
//! ```

mod api_gateway;
mod argument;
mod arn_template;
mod assigned;
mod athena;
mod bedrock;
mod call;
mod collector;
mod each;
mod endpoint;
mod example;
mod files;
mod finding;
mod glue;
mod integration;
mod key;
mod kms;
mod lambda;
mod map;
mod name;
mod named;
mod need;
mod partiql;
mod redshift;
mod required;
mod resource;
mod roles;
mod s3;
mod side;
mod ssm;
mod tags;
mod task;
#[cfg(test)]
mod tests;

pub use example::{example_resources, example_word};
pub use finding::{UnknownResource, unknown_resources};
pub use need::{Condition, Need, NeededResource, Unlimited};
pub use side::side_needs;

use serde_json::Value;

use crate::walk::placed_states;
use assigned::assigned;
use collector::Collector;

/// Whose definition it is. ARNs that the definition leaves incomplete, and those of the state machine itself, are made
/// of it.
///
/// Each part may be a placeholder, such as `${AWS::AccountId}`, as long as the final text is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    pub partition: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// The name of the state machine.
    pub state_machine: &'a str,
}

/// What the states of a definition need, in their order. What several states need is listed for each.
///
/// The definition has its final ARNs: placeholders are replaced before. What does not have the shape of a state, or
/// calls what does not exist, needs nothing here: the checks refuse it.
#[must_use]
pub fn needs(definition: &Value, owner: &Owner<'_>) -> Vec<Need> {
    let mut found = Vec::new();
    let states = placed_states(definition);
    let assigned = assigned(&states);
    for state in &states {
        let mut collector = Collector::new(state, *owner, &assigned);
        match state.value.get("Type").and_then(Value::as_str) {
            Some("Task") => collector.task(),
            Some("Map") => collector.map(),
            _ => {}
        }
        found.append(&mut collector.found);
    }
    found
}

impl Owner<'_> {
    /// The ARN of the state machine, without a version or an alias.
    fn state_machine_arn(&self) -> String {
        self.arn("states", &format!("stateMachine:{}", self.state_machine))
    }

    /// An ARN of the account and the region.
    fn arn(&self, service: &str, resource: &str) -> String {
        let (partition, region, account) = (self.partition, self.region, self.account);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}
