//! What each recording reached of its own definition.

use std::collections::BTreeSet;

use serde_json::Value;
use txflow_asl::coverage::{Coverage, Part, Reach, items};
use txflow_asl::replay::Replay;

use crate::replay::Clean;
use crate::rows::text;

/// Each item of a definition is at a place of its own, which exists. Returns how many there are.
pub fn check_places(rows: &[Value]) -> usize {
    let mut count = 0;
    for row in rows {
        let definition = &row["definition"];
        let mut places = BTreeSet::new();
        for item in items(definition) {
            let (id, pointer) = (text(row, "id"), item.pointer);
            assert!(definition.pointer(&pointer).is_some(), "{id}: {pointer}");
            assert!(
                places.insert(pointer.clone()),
                "{id}: {pointer} is there twice"
            );
            count += 1;
        }
    }
    count
}

/// A recording reaches exactly the states that its history entered, and of no other state anything.
/// Returns how many rules, retriers and catchers were used.
pub fn check_reached(clean: &[Clean<'_>]) -> usize {
    let mut decisions = 0;
    for Clean {
        id,
        definition,
        recording,
    } in clean
    {
        let mut coverage = Coverage::of(definition);
        coverage.add(&Replay::new(definition).unwrap(), recording.clone());
        assert!(
            coverage.reasons().is_empty(),
            "{id}: {:?}",
            coverage.reasons()
        );
        let entered: BTreeSet<&str> = { recording["events"].as_array().unwrap().iter() }
            .filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str())
            .collect();
        let mut reached = BTreeSet::new();
        for (item, reach) in coverage.items() {
            assert_ne!(reach, Reach::Unknown, "{id}: {}", item.pointer);
            if reach == Reach::NotReached {
                continue;
            }
            match item.part {
                Part::State => assert!(reached.insert(item.state.as_str())),
                Part::Decision(_) => decisions += 1,
                Part::Branch(_) | Part::Processor => {}
            }
            assert!(entered.contains(&*item.state), "{id}: {}", item.pointer);
        }
        assert_eq!(reached, entered, "{id}");
        check_choices(id, &coverage, recording);
    }
    decisions
}

/// Each Choice that was left used one of its rules or its default, as often as it was left.
fn check_choices(id: &str, coverage: &Coverage, recording: &Value) {
    let events = recording["events"].as_array().unwrap().iter();
    let left = events
        .filter(|event| event["type"] == "ChoiceStateExited")
        .count();
    let used = coverage
        .items()
        .filter_map(|(item, reach)| match (item.part, reach) {
            (Part::Decision(decision), Reach::Reached(times)) => {
                use txflow_asl::Decision::{Default, Rule};
                matches!(decision, Rule(_) | Default).then_some(times)
            }
            _ => None,
        });
    assert_eq!(used.sum::<u64>(), left as u64, "{id}");
}
