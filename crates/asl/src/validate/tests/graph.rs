use serde_json::json;

use super::*;

#[test]
fn every_target_exists_in_its_own_machine() {
    let missing = |target: &str, place: &str| {
        format!("MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {place}")
    };
    let definition = json!({ "StartAt": "Nowhere", "States": {
        "P": { "Type": "Parallel", "Next": "C", "Branches": [
            { "StartAt": "B", "States": { "B": { "Type": "Pass", "Next": "C" } } },
        ], "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "X" }] },
        "C": { "Type": "Choice", "Default": "Y", "Choices": [
            { "Variable": "$.a", "IsNull": true, "Next": "Z" },
            { "Variable": "$.a", "IsNull": false, "Next": "P" },
        ] },
        "E": { "Type": "Pass", "Next": "C", "End": false },
    } });
    let found = errors(&definition);
    for expected in [
        missing("Nowhere", "/StartAt"),
        missing("C", "/States/P/Branches[0]/States/B/Next"),
        missing("X", "/States/P/Catch[0]/Next"),
        missing("Y", "/States/C/Default"),
        missing("Z", "/States/C/Choices[0]/Next"),
        "MISSING_END_STATE: Workflow has no terminal state at null".into(),
    ] {
        assert!(found.contains(&expected), "{expected} not in {found:#?}");
    }
    assert_eq!(found.len(), 6, "{found:#?}");
}

/// What <https://github.com/floci-io/floci/pull/2786> measured on AWS.
#[test]
fn a_graph_is_judged_in_the_order_of_aws() {
    let judged = |states: Value| errors(&json!({ "StartAt": "A", "States": states }));
    let no_end = "MISSING_END_STATE: Workflow has no terminal state at null";
    let to = |target: &str| json!({ "Type": "Pass", "Next": target });
    let end = || json!({ "Type": "Pass", "End": true });
    let of_end = judged(json!({ "A": to("B"), "B": to("A"), "Unused": to("A") }));
    assert_eq!(of_end, [no_end]);
    assert_eq!(
        judged(json!({ "A": to("Z") })),
        [
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/A/Next",
            no_end
        ]
    );
    assert_eq!(
        judged(json!({ "A": to("B"), "B": to("A"), "C": end() })),
        ["MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C"]
    );
    let nowhere = json!({ "StartAt": "Nope", "States": { "A": end() } });
    assert_eq!(
        errors(&nowhere),
        [
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /StartAt",
            "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A",
        ]
    );
    let inside = json!({ "StartAt": "X", "States": { "X": to("Y"), "Y": to("X") } });
    assert_valid(&with(state("Map", json!({ "ItemProcessor": inside }))));
}

#[test]
fn what_may_follow_from_a_missing_target_is_marked() {
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "Bee", "Extra": 1 },
        "B": { "Type": "Pass", "Next": "C" },
        "C": { "Type": "Succeed" },
    } });
    let follows: Vec<bool> = findings(&definition).iter().map(|f| f.follows).collect();
    assert_eq!(follows, [false, false, true, true]);
    let alone = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Succeed" },
        "B": { "Type": "Succeed" },
    } });
    assert!(!findings(&alone)[0].follows);
}

#[test]
fn states_that_lead_only_to_each_other_are_a_warning() {
    let definition = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Succeed" },
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Pass", "Next": "A" },
    } });
    assert_valid(&definition);
    assert_eq!(
        warnings(&definition),
        [
            "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A",
            "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B",
        ]
    );
    // A state that is only its own target is not the target of another.
    let mut alone = with(state("Succeed", json!({})));
    alone["States"]["A"] = json!({ "Type": "Pass", "Next": "A" });
    assert_eq!(
        errors(&alone),
        ["MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A"]
    );
}

#[test]
fn names_are_unique_in_the_whole_definition_and_short() {
    let branch = |name: &str| machine(name);
    let parallel = |branches: Value| with(state("Parallel", json!({ "Branches": branches })));
    assert_eq!(
        errors(&parallel(json!([branch("B"), branch("B")]))),
        ["DUPLICATE_STATE_NAME: Duplicate State name: B at /States/S/Branches[1]/States/B"]
    );
    let name = "ü".repeat(80);
    assert_valid(&machine(&name));
    let name = format!("{name}ü");
    assert_eq!(
        errors(&machine(&name)),
        [format!(
            "INVALID_STATE_NAME: State name '{name}' exceeds the 80-character limit allowed by \
             the service at /States/{name}"
        )]
    );
}

#[test]
fn labels_are_unique_short_and_plain() {
    let map = |label: &str| with(state("Map", json!({ "Label": label })));
    assert_valid(&map("label-1_a"));
    for label in ["", "a b", "a/b?", "a;b", &"l".repeat(41)] {
        let found = errors(&map(label));
        assert_eq!(found.len(), 1, "{label}");
        assert!(
            found[0].starts_with("INVALID_LABEL_NAME: Label "),
            "{}",
            found[0]
        );
        assert!(found[0].ends_with(" at /States/S/Label"), "{}", found[0]);
    }
    let mut two = map("l");
    two["States"]["S"]["ItemProcessor"] = json!({ "StartAt": "M", "States": {
        "M": state("Map", json!({ "Label": "l" })),
    } });
    assert_eq!(
        errors(&two),
        ["DUPLICATE_LABEL_NAME: Duplicate Label name: l \
          at /States/S/ItemProcessor/States/M/Label"]
    );
}

#[test]
fn machines_in_states_are_whole_machines() {
    let parallel = |branches: Value| with(state("Parallel", json!({ "Branches": branches })));
    assert_schema(
        &parallel(json!([])),
        "Value cannot be empty",
        "/States/S/Branches",
    );
    assert_schema(
        &parallel(json!([{}])),
        "These fields are required: [States, StartAt]",
        "/States/S/Branches[0]",
    );
    let mut branch = machine("B");
    branch["QueryLanguage"] = json!("JSONata");
    assert_schema(
        &parallel(json!([branch])),
        "Field 'QueryLanguage' is not supported",
        "/States/S/Branches[0]",
    );
}
