//! Any text as a path, an intrinsic function or a JSONata expression, on any JSON: it ends, within its budget, and
//! nothing panics. The first line is the text, the rest the input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use txflow_asl::{Machine, Payload, StartOptions, TaskEnd, Timestamp, run_to_end};

fuzz_target!(init: prepare(), |data: &str| {
    let (text, input) = data.split_once('\n').unwrap_or((data, "{}"));
    let Ok(input) = Payload::from_text(input) else {
        return;
    };
    let states = [
        json!({ "Type": "Pass", "Parameters": { "value.$": text }, "End": true }),
        json!({ "Type": "Pass", "InputPath": text, "End": true }),
        json!({ "Type": "Pass", "ResultPath": text, "End": true }),
        json!({ "Type": "Fail", "ErrorPath": text }),
        json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{%{text}%}}"),
            "End": true }),
    ];
    for state in states {
        run(&json!({ "StartAt": "S", "States": { "S": state } }), &input);
    }
});

fn prepare() {
    txflow_fuzz::keep_stack_overflows();
    // The hook of libFuzzer ends the process at each panic, also at one that is caught. One that is not caught still
    // ends it.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}

fn run(definition: &Value, input: &Payload) {
    if let Ok(machine) = Machine::from_value(definition) {
        let options = StartOptions::new(input.clone());
        run_to_end(&machine, options, Timestamp::default(), |_| TaskEnd::Never);
    }
}
