//! Any text as a definition, in JSON and in YAML: it is read, checked, parsed and run, and nothing panics. What the
//! checks accept can be parsed to run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use txflow_asl::source::Source;
use txflow_asl::validate::{Severity, validate};
use txflow_asl::{Execution, ExecutionKind, Machine, StartOptions, Timestamp};

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

/// The first steps of an execution. A loop with large payloads would take minutes to its end.
fn run(machine: &Machine, kind: ExecutionKind) {
    let options = StartOptions {
        kind,
        ..StartOptions::default()
    };
    let mut now = Timestamp::default();
    let mut execution = Execution::start(machine, options, now);
    for _ in 0..STEPS {
        let step = execution.advance(now);
        for task in &step.tasks {
            // The step has just asked for the task.
            let _ = if task.retry_count % 2 == 0 {
                execution.task_succeeded(task.id, task.parameters.clone())
            } else {
                execution.task_failed(task.id, Some("States.TaskFailed".into()), None)
            };
        }
        match step.wake {
            _ if step.end.is_some() => break,
            Some(wake) if step.tasks.is_empty() => now = now.max(wake),
            None if step.tasks.is_empty() => execution.stop(None, None),
            _ => {}
        }
    }
}

const STEPS: usize = 20;
