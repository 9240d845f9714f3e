//! A difference as Markdown, for a comment on a pull request and the summary of a GitHub job.

use super::values::value;
use crate::commands::plan::drawn;
use crate::graph::{FieldDifference, Mark};
use crate::plan::Reason;
use crate::report::github::{Markdown, code, text};
use crate::resources::{Difference, FunctionDifference, MachineDifference, PermissionDifference};

/// A table of all that differs, with the workflows before and after below.
pub(super) fn markdown(difference: &Difference) -> String {
    let mut markdown = Markdown::default();
    markdown.heading(
        2,
        &format!(
            "{}, stage {}: {} → {}",
            difference.stack,
            difference.stage,
            Difference::shown(difference.old),
            Difference::shown(difference.new)
        ),
    );
    if difference.is_empty() {
        markdown.paragraph("Nothing differs.");
        return markdown.to_string();
    }
    let machines = difference.state_machines.iter().flat_map(machine_rows);
    let functions = difference.functions.iter().map(function_row);
    let permissions = difference.permissions.iter().map(permission_row);
    let rows: Vec<[String; 3]> = machines.chain(functions).chain(permissions).collect();
    markdown.table(["What", "Change", "Why"], &rows);
    for machine in &difference.state_machines {
        if let Some((old, new)) = &machine.definitions {
            let summary = format!("definition of state machine {}", code(&machine.name));
            markdown.details(&summary, |markdown| drawn(markdown, old, new));
        }
    }
    markdown.to_string()
}

fn word(mark: Mark) -> String {
    match mark {
        Mark::Added => "added",
        Mark::Changed => "changed",
        Mark::Removed => "removed",
    }
    .to_owned()
}

fn machine_rows(machine: &MachineDifference) -> Vec<[String; 3]> {
    let why: Vec<String> = { machine.fields.iter().map(field) }
        .chain(machine.settings.iter().filter_map(reason))
        .collect();
    let why = match (machine.change, why.is_empty()) {
        (Mark::Added, _) => "no state started it before".to_owned(),
        (Mark::Removed, _) => "no state starts it any more".to_owned(),
        (Mark::Changed, true) => "its states differ, see below".to_owned(),
        (Mark::Changed, false) => why.join("<br>"),
    };
    let own = [
        format!("state machine {}", code(&machine.name)),
        word(machine.change),
        why,
    ];
    let states = machine.states.iter().map(|state| {
        let fields: Vec<String> = state.fields.iter().map(field).collect();
        let why = match state.change {
            Mark::Added => "it is new".to_owned(),
            Mark::Removed => "it is gone".to_owned(),
            Mark::Changed => fields.join("<br>"),
        };
        let name = code(&state.state.join(" / "));
        [format!("state {name}"), word(state.change), why]
    });
    [own].into_iter().chain(states).collect()
}

fn field(field: &FieldDifference) -> String {
    format!(
        "{}: {} → {}",
        code(&field.path),
        code(&value(field.old.as_ref())),
        code(&value(field.new.as_ref()))
    )
}

fn reason(reason: &Reason) -> Option<String> {
    let (attribute, old, new) = reason.values()?;
    Some(format!(
        "{}: {} → {}",
        text(&attribute),
        code(&old),
        code(&new)
    ))
}

fn function_row(function: &FunctionDifference) -> [String; 3] {
    let why: Vec<String> = function.differences.iter().filter_map(reason).collect();
    let why = match function.change {
        Mark::Added => "it is new".to_owned(),
        Mark::Removed => "no state calls it any more".to_owned(),
        Mark::Changed => why.join("<br>"),
    };
    let name = format!("function {}", code(&function.name));
    [name, word(function.change), why]
}

fn permission_row(one: &PermissionDifference) -> [String; 3] {
    let verb = match one.change {
        Mark::Removed => "needs no longer",
        Mark::Added | Mark::Changed => "needs",
    };
    let actions: Vec<String> = one.actions.iter().map(|action| code(action)).collect();
    let condition = one.condition.as_ref();
    let condition =
        condition.map_or_else(String::new, |condition| format!(" if {}", code(condition)));
    [
        format!("role {}", code(&one.role)),
        word(Mark::Changed),
        format!(
            "{verb} {} on {}{condition}",
            actions.join(", "),
            code(&one.resource)
        ),
    ]
}
