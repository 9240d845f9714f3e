use super::{Condition, Need, NeededResource, Owner};
use crate::walk::PlacedState;

/// The needs of one state, as they are collected.
pub(super) struct Collector<'d> {
    pub(super) state: &'d PlacedState<'d>,
    pub(super) owner: Owner<'d>,
    pub(super) found: Vec<Need>,
}

impl<'d> Collector<'d> {
    pub(super) fn new(state: &'d PlacedState<'d>, owner: Owner<'d>) -> Self {
        Self {
            state,
            owner,
            found: Vec::new(),
        }
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
