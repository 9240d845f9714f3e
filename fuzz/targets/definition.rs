//! Any text as a definition, in JSON and in YAML: it is read, checked, parsed and run, and nothing panics. What the
//! checks accept can be parsed to run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use txflow_asl::source::Source;
use txflow_asl::validate::{Severity, validate};
use txflow_asl::{ExecutionKind, Machine, StartOptions, TaskEnd, TaskError, Timestamp, run_to_end};

fuzz_target!(init: txflow_fuzz::keep_stack_overflows(), |text: &str| {
    let sources = [Source::from_json(text), Source::from_yaml(text)];
    for source in sources.into_iter().flatten() {
        for kind in [ExecutionKind::Standard, ExecutionKind::Express] {
            let findings = validate(&source, kind);
            let valid = findings.iter().all(|f| f.severity == Severity::Warning);
            let machine = Machine::from_value(source.value());
            // A placeholder may stand for a path, which a deployer has yet to fill in.
            if valid && !text.contains("${") {
                assert!(machine.is_ok(), "{:?}", machine.err());
            }
            if let Ok(machine) = machine {
                run(&machine, kind);
            }
        }
    }
});

fn run(machine: &Machine, kind: ExecutionKind) {
    let options = StartOptions {
        kind,
        ..StartOptions::default()
    };
    run_to_end(machine, options, Timestamp::default(), |task| {
        TaskEnd::Done(if task.retry_count % 2 == 0 {
            Ok(task.parameters.clone())
        } else {
            Err(TaskError {
                error: "States.TaskFailed".into(),
                cause: String::new(),
            })
        })
    });
}
