use serde_json::Value;

use super::argument::Argument;
use super::assigned::Assigned;
use super::{Condition, Need, NeededResource, Owner};
use crate::walk::PlacedState;

/// The needs of one state, as they are collected.
pub(super) struct Collector<'d> {
    pub(super) state: &'d PlacedState<'d>,
    pub(super) owner: Owner<'d>,
    assigned: &'d [Assigned<'d>],
    pub(super) found: Vec<Need>,
}

impl<'d> Collector<'d> {
    pub(super) fn new(
        state: &'d PlacedState<'d>,
        owner: Owner<'d>,
        assigned: &'d [Assigned<'d>],
    ) -> Self {
        Self {
            state,
            owner,
            assigned,
            found: Vec::new(),
        }
    }

    /// The request of the state, or of its `ItemReader` or `ResultWriter`, which is at `pointer`.
    pub(super) fn request(&self, holder: &'d Value, pointer: &str) -> Argument<'d> {
        let request = Argument::request(self.state, holder, pointer, self.owner);
        request.knowing(self.assigned)
    }

    /// One field of the state, such as `Credentials`.
    pub(super) fn value(&self, value: &'d Value, field: &str) -> Argument<'d> {
        Argument::value(self.state, value, field, self.owner).knowing(self.assigned)
    }

    pub(super) fn add(&mut self, place: &str, action: &str, resources: Vec<NeededResource>) {
        self.add_if(place, action, resources, &[]);
    }

    pub(super) fn add_if(
        &mut self,
        place: &str,
        action: &str,
        resources: Vec<NeededResource>,
        conditions: &[Condition],
    ) {
        for resource in resources {
            let need = Need {
                state: self
                    .state
                    .names
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect(),
                place: place.to_owned(),
                action: action.to_owned(),
                resource,
                conditions: conditions.to_vec(),
            };
            if !self.found.contains(&need) {
                self.found.push(need);
            }
        }
    }
}

/// The condition that a role is only handed to one service.
pub(super) fn passed_to(principal: &str) -> Vec<Condition> {
    match principal {
        "" => Vec::new(),
        principal => vec![Condition {
            operator: "StringEquals",
            key: "iam:PassedToService",
            values: vec![principal.to_owned()],
        }],
    }
}
