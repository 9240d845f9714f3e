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

mod lambda;
mod need;
mod request;

pub use need::{Condition, Need, NeededResource};

use serde_json::Value;

use crate::definition::{Resource, ResourceKind};
use crate::walk::{PlacedState, placed_states};
use request::Request;

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
    for state in placed_states(definition) {
        found.extend(task(&state, owner));
    }
    found
}

fn task(state: &PlacedState<'_>, owner: &Owner<'_>) -> Vec<Need> {
    let Some(resource) = state.value.get("Resource").and_then(Value::as_str) else {
        return Vec::new();
    };
    let need = |resource| Need {
        state: state.names.iter().map(|name| (*name).to_owned()).collect(),
        place: state.pointer_to("Resource"),
        action: "lambda:InvokeFunction".to_owned(),
        resource,
        conditions: Vec::new(),
    };
    match Resource::parse(resource).kind {
        ResourceKind::LambdaFunction => vec![need(NeededResource::Arn(resource.to_owned()))],
        ResourceKind::Service {
            resource_type,
            resource,
            ..
        } if resource_type == "lambda" && resource.starts_with("invoke") => {
            let request = Request::of(state);
            vec![need(lambda::function(&request, owner))]
        }
        _ => Vec::new(),
    }
}
