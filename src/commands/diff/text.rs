//! A difference as text.

use std::fmt::Write as _;

use super::values::value;
use crate::graph::{FieldDifference, Mark};
use crate::plan::Reason;
use crate::report::Answer;
use crate::report::style::{ATTENTION, BAD, GOOD, STRONG};
use crate::resources::{Difference, FunctionDifference, MachineDifference, PermissionDifference};
use crate::world::one_line;

impl Answer for Difference {
    fn text(&self) -> String {
        let mut text = format!(
            "Stack {STRONG}{}{STRONG:#}, stage {STRONG}{}{STRONG:#}: {} → {}\n",
            self.stack,
            self.stage,
            Self::shown(self.old),
            Self::shown(self.new)
        );
        if self.is_empty() {
            text.push_str("\nNothing differs.");
        }
        for machine in &self.state_machines {
            text.push('\n');
            state_machine(&mut text, machine);
        }
        for function in &self.functions {
            text.push('\n');
            function_text(&mut text, function);
        }
        permissions(&mut text, &self.permissions);
        text.truncate(text.trim_end().len());
        text
    }

    fn summary(&self) -> Option<String> {
        Some(super::markdown::markdown(self))
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![("changed", (!self.is_empty()).to_string())]
    }
}

fn heading(text: &mut String, indent: &str, mark: Mark, what: &str, name: &str) {
    let (style, sign) = match mark {
        Mark::Added => (GOOD, '+'),
        Mark::Changed => (ATTENTION, '~'),
        Mark::Removed => (BAD, '-'),
    };
    let _ = writeln!(
        text,
        "{indent}{style}{sign}{style:#} {what} {STRONG}{}{STRONG:#}",
        one_line(name)
    );
}

fn state_machine(text: &mut String, machine: &MachineDifference) {
    heading(text, "", machine.change, "state machine", &machine.name);
    fields(text, "    ", &machine.fields);
    reasons(text, &machine.settings);
    for state in &machine.states {
        let name = state.state.join(" / ");
        heading(text, "    ", state.change, "state", &name);
        fields(text, "        ", &state.fields);
    }
}

fn fields(text: &mut String, indent: &str, fields: &[FieldDifference]) {
    let widths = fields
        .iter()
        .map(|field| one_line(&field.path).chars().count());
    let width = widths.max().unwrap_or(0);
    for field in fields {
        let _ = writeln!(
            text,
            "{indent}{:width$}  {} → {}",
            one_line(&field.path),
            value(field.old.as_ref()),
            value(field.new.as_ref())
        );
    }
}

fn function_text(text: &mut String, function: &FunctionDifference) {
    heading(text, "", function.change, "function", &function.name);
    reasons(text, &function.differences);
}

fn reasons(text: &mut String, reasons: &[Reason]) {
    for reason in reasons {
        if let Some((attribute, old, new)) = reason.values() {
            let _ = writeln!(
                text,
                "    {}  {} → {}",
                one_line(&attribute),
                one_line(&old),
                one_line(&new)
            );
        }
    }
}

fn permissions(text: &mut String, permissions: &[PermissionDifference]) {
    let mut role = None;
    for one in permissions {
        if role != Some(&one.role) {
            role = Some(&one.role);
            text.push('\n');
            heading(text, "", Mark::Changed, "role", &one.role);
        }
        let (style, sign, verb) = match one.change {
            Mark::Removed => (BAD, '-', "needs no longer"),
            Mark::Added | Mark::Changed => (GOOD, '+', "needs"),
        };
        let _ = writeln!(
            text,
            "    {style}{sign}{style:#} {verb} {}\n        on  {}",
            one_line(&one.actions.join(", ")),
            one_line(&one.resource)
        );
        if let Some(condition) = &one.condition {
            let _ = writeln!(text, "        if  {}", one_line(condition));
        }
    }
}
