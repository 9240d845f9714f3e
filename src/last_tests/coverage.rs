//! What the last run that measured it reached of the definitions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::time;
use crate::coverage::MachineCoverage;
use crate::world::Secrets;

/// What tests reached, and of which definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastCoverage {
    #[serde(with = "time")]
    pub measured: Timestamp,
    state_machines: Vec<Measured>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Measured {
    /// That of the definition's text.
    digest: String,
    coverage: MachineCoverage,
}

impl LastCoverage {
    /// Of state machines, each with the digest of its definition.
    pub fn new<'a>(
        measured: Timestamp,
        machines: impl IntoIterator<Item = (String, &'a MachineCoverage)>,
    ) -> Self {
        let machines = machines.into_iter();
        Self {
            measured,
            state_machines: machines
                .map(|(digest, coverage)| Measured {
                    digest,
                    coverage: coverage.clone(),
                })
                .collect(),
        }
    }

    /// With each secret masked that was not known yet when it was kept.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let machines = self.state_machines.iter_mut();
        for item in machines.flat_map(|one| &mut one.coverage.items) {
            let texts = [&mut item.state, &mut item.item, &mut item.pointer];
            let texts = texts.into_iter().chain(&mut item.next);
            texts.for_each(|text| secrets.mask_text(text));
        }
        self
    }

    /// What was reached of a state machine, and whether its definition is still the one that was measured.
    pub fn of(
        &self,
        state_machine: Option<&str>,
        digest: &str,
    ) -> Option<(&MachineCoverage, bool)> {
        let mut measured = self.state_machines.iter();
        let measured =
            measured.find(|one| one.coverage.state_machine.as_deref() == state_machine)?;
        Some((&measured.coverage, measured.digest == digest))
    }
}
