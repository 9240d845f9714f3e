//! How many items of each kind were reached.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::item::{ItemCoverage, MachineCoverage};
use super::kind::Kind;

/// How many items there are, by what is known of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CoverageFigures")]
pub struct Figures {
    pub reached: usize,
    pub not_reached: usize,
    /// They count as not reached.
    pub unknown: usize,
}

/// What tests reached of all state machines of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StackCoverage {
    /// How many of all items were reached, in percent, rounded down to a tenth.
    #[serde(rename = "percent", serialize_with = "percent")]
    #[schemars(with = "f64")]
    pub all: Figures,
    /// The same by kind. A kind of which the definitions have none is left out.
    pub kinds: BTreeMap<Kind, Figures>,
    pub state_machines: Vec<MachineCoverage>,
}

impl Figures {
    pub fn of<'a>(items: impl IntoIterator<Item = &'a ItemCoverage>) -> Self {
        let mut figures = Self::default();
        for item in items {
            *match item.times {
                None => &mut figures.unknown,
                Some(0) => &mut figures.not_reached,
                Some(_) => &mut figures.reached,
            } += 1;
        }
        figures
    }

    pub fn total(self) -> usize {
        self.reached + self.not_reached + self.unknown
    }

    /// Rounded down to a tenth, so that 90 is never shown for less.
    pub fn percent(self) -> f64 {
        match self.total() {
            0 => 100.0,
            total => (self.reached * 1000 / total) as f64 / 10.0,
        }
    }

    /// How many more items must be reached for so many percent.
    pub fn lacks(self, percent: f64) -> usize {
        let needed = (self.total() as f64 * percent / 100.0 - 1e-9).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count"
        )]
        let needed = needed.max(0.0) as usize;
        needed.saturating_sub(self.reached)
    }
}

impl StackCoverage {
    pub fn new(state_machines: Vec<MachineCoverage>) -> Self {
        let items = || state_machines.iter().flat_map(|machine| &machine.items);
        let kinds = Kind::ALL.into_iter().map(|kind| {
            let of_kind = items().filter(|item| item.kind == kind);
            (kind, Figures::of(of_kind))
        });
        Self {
            all: Figures::of(items()),
            kinds: kinds.filter(|(_, figures)| figures.total() > 0).collect(),
            state_machines,
        }
    }

    /// `14 of 17 states, 3 of 5 choice rules: 82 %`.
    pub fn line(&self) -> String {
        let kinds = self.kinds.iter().map(|(kind, figures)| {
            let total = kind.counted(figures.total());
            format!("{} of {total}", figures.reached)
        });
        let kinds: Vec<String> = kinds.collect();
        format!("{}: {} %", kinds.join(", "), self.all.percent().floor())
    }
}

fn percent<S: Serializer>(figures: &Figures, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(figures.percent())
}
