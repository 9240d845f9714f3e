//! What a call needs beside its own action: for the tags, the keys, the guardrail and the versions that its request names.
//!
//! The derivation reads it off a definition, and the embedded AWS off each request, so that a role which lacks one of them
//! fails there as well.

use serde_json::{Value, json};

use super::argument::Argument;
use super::call::Call;
use super::collector::Collector;
use super::{Need, NeededResource, Owner, bedrock, key, s3, tags};
use crate::definition::{Resource, ResourceKind};
use crate::integrations::{Operation, called, operations, service};
use crate::walk::placed_states;

/// What the role needs for a task that calls `resource` with exactly these parameters, beside the actions of the call itself.
#[must_use]
pub fn side_needs(resource: &str, parameters: &Value, owner: &Owner<'_>) -> Vec<Need> {
    let task = json!({ "Type": "Task", "Resource": resource, "Parameters": parameters });
    let definition = json!({ "States": { "Task": task } });
    let states = placed_states(&definition);
    let mut found = Vec::new();
    for state in &states {
        let mut collector = Collector::new(state, *owner, &[]);
        let request = collector.request(state.value, &state.pointer);
        for (action, operation) in actions(resource) {
            collector.side(&state.pointer, &action, &operation, &request);
        }
        found.append(&mut collector.found);
    }
    // A key is written so that a policy takes it as it is.
    for need in &mut found {
        if let NeededResource::Arn(arn) = &mut need.resource {
            *arn = arn.replace("${*}", "*").replace("${?}", "?");
        }
    }
    found
}

/// The actions of what a task calls.
fn actions(resource: &str) -> Vec<(String, Operation)> {
    let ResourceKind::Service {
        resource_type,
        resource,
        ..
    } = Resource::parse(resource).kind
    else {
        return Vec::new();
    };
    let called = called(&resource_type, &resource);
    let found = called.and_then(|(sdk, name)| {
        let sdk = service(sdk)?;
        let operation = operations(sdk).find(|operation| operation.name == name)?;
        Some((sdk, operation))
    });
    found.map_or_else(Vec::new, |(sdk, operation)| {
        let actions = operation.actions(sdk).into_iter();
        actions.map(|action| (action, operation)).collect()
    })
}

impl Collector<'_> {
    /// What else an action needs. Returns what the action itself is needed on.
    pub(super) fn side(
        &mut self,
        place: &str,
        action: &str,
        operation: &Operation,
        request: &Argument<'_>,
    ) -> Vec<NeededResource> {
        let call = Call {
            action,
            operation,
            request,
        };
        let on = call.resources();
        key::in_request(self, place, action, operation, request);
        s3::besides(self, place, &call, &on);
        if action == "bedrock:InvokeModel" {
            bedrock::guardrail(self, place, request);
        }
        tags::in_request(self, place, &call, &on);
        on
    }
}
