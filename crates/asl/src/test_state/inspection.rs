use crate::definition::QueryLanguage;
use crate::states::{State, StateKind};

/// Whether the inspection data of this state includes a step of the data flow.
pub(super) fn shows(state: &State, step: &str) -> bool {
    let steps: &[&str] = match (&state.kind, state.flow.language) {
        (StateKind::Task(_), QueryLanguage::Jsonata) => &["afterArguments", "result"],
        (StateKind::Map(_), QueryLanguage::Jsonata) => {
            &["afterItemsPointer", "afterItemSelector", "afterItemBatcher"]
        }
        (_, QueryLanguage::Jsonata) => &[],
        (StateKind::Task(_), _) => &[
            "afterInputPath",
            "afterParameters",
            "result",
            "afterResultSelector",
            "afterResultPath",
        ],
        (StateKind::Pass(pass), _) if pass.result.is_some() => {
            &["afterResultSelector", "afterResultPath"]
        }
        (StateKind::Pass(_), _) => &[
            "afterInputPath",
            "afterParameters",
            "afterResultSelector",
            "afterResultPath",
        ],
        (StateKind::Parallel(_), _) => &["afterResultSelector", "afterResultPath"],
        (StateKind::Map(_), _) => &[
            "afterInputPath",
            "afterItemsPath",
            "afterItemsPointer",
            "afterItemSelector",
            "afterItemBatcher",
            "afterResultSelector",
            "afterResultPath",
        ],
        _ => &["afterInputPath"],
    };
    steps.contains(&step)
}
