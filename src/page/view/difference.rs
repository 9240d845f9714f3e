//! What changed between two releases.

use maud::{Markup, html};
use serde_json::Value;

use super::parts::{document, pretty};
use crate::graph::{FieldDifference, Mark, StateDifference};
use crate::page::Url;
use crate::plan::Reason;
use crate::resources::{Difference, FunctionDifference, MachineDifference, PermissionDifference};

/// A value that is longer stands in a line of its own.
const SHORT: usize = 60;

/// `workflow` is the page that this one was opened from.
pub fn difference(difference: &Difference, workflow: &Url) -> Markup {
    let (old, new) = (
        Difference::shown(difference.old),
        Difference::shown(difference.new),
    );
    html! {
        p.crumbs { a href=(workflow) { "Workflow" } }
        h1 { "From " (old) " to " (new) }
        @if difference.is_empty() { p.note { "They do not differ." } }
        @for machine in &difference.state_machines { (state_machine(machine)) }
        @for one in &difference.functions { (function(one)) }
        (permissions(&difference.permissions))
    }
}

/// A sign and a word, of which the color is only a third.
fn heading(mark: Mark, what: &str, name: &str) -> Markup {
    let (class, sign, word) = match mark {
        Mark::Added => ("succeeded", "+", "added"),
        Mark::Changed => ("caught", "~", "changed"),
        Mark::Removed => ("failed", "-", "removed"),
    };
    html! {
        span class={ "badge " (class) } { span aria-hidden="true" { (sign) } " " (word) }
        " " (what) " " strong { (name) }
    }
}

fn state_machine(machine: &MachineDifference) -> Markup {
    html! {
        section {
            h2 { (heading(machine.change, "state machine", &machine.name)) }
            (fields(&machine.fields))
            (reasons(&machine.settings))
            @for one in &machine.states { (state(one)) }
        }
    }
}

fn state(state: &StateDifference) -> Markup {
    html! {
        h3 { (heading(state.change, "state", &state.state.join(" / "))) }
        (fields(&state.fields))
    }
}

fn fields(fields: &[FieldDifference]) -> Markup {
    html! {
        @if !fields.is_empty() {
            (rows("Fields", &|| html! {
                @for field in fields {
                    tr {
                        th scope="row" { (field.path) }
                        td { (value("Before", field.old.as_ref())) }
                        td { (value("After", field.new.as_ref())) }
                    }
                }
            }))
        }
    }
}

fn reasons(reasons: &[Reason]) -> Markup {
    let values: Vec<_> = reasons.iter().filter_map(Reason::values).collect();
    html! {
        @if !values.is_empty() {
            (rows("Settings", &|| html! {
                @for (attribute, old, new) in &values {
                    tr {
                        th scope="row" { (attribute) }
                        td.wide { (old) }
                        td.wide { (new) }
                    }
                }
            }))
        }
    }
}

fn rows(label: &str, rows: &dyn Fn() -> Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.difference {
                thead { tr { th scope="col" { (label) } th scope="col" { "Before" } th scope="col" { "After" } } }
                tbody { (rows()) }
            }
        }
    }
}

fn value(label: &str, value: Option<&Value>) -> Markup {
    html! {
        @match value {
            None => { span.faint { "none" } },
            Some(value) => {
                @let text = value.to_string();
                @if text.chars().count() <= SHORT { code { (text) } } @else { (document(label, value)) }
            }
        }
    }
}

fn function(function: &FunctionDifference) -> Markup {
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    html! {
        section {
            h2 { (heading(function.change, "function", &function.name)) }
            @if function.change == Mark::Changed {
                p.faint { "version " (version(&function.old_version)) " → " (version(&function.new_version)) }
            }
            (reasons(&function.differences))
        }
    }
}

fn permissions(permissions: &[PermissionDifference]) -> Markup {
    html! {
        @if !permissions.is_empty() {
            section {
                h2 #permissions { "Permissions that the states need" }
                div.scroll tabindex="0" role="region" aria-label="Permissions" {
                    table {
                        thead { tr { th scope="col" { "Role" } th scope="col" { "Change" } th scope="col" { "Actions" } th scope="col" { "On" } } }
                        tbody { @for one in permissions { (permission(one)) } }
                    }
                }
            }
        }
    }
}

fn permission(permission: &PermissionDifference) -> Markup {
    let condition = permission.condition.as_deref();
    let condition = condition.map(|text| serde_json::from_str::<Value>(text).unwrap_or_default());
    html! {
        tr {
            td.wide { (permission.role) }
            td {
                @match permission.change {
                    Mark::Removed => { span.badge.failed { "- no longer" } },
                    Mark::Added | Mark::Changed => { span.badge.succeeded { "+ needed" } },
                }
            }
            td.wide { (permission.actions.join(", ")) }
            td.wide {
                (permission.resource)
                @if let Some(condition) = &condition { " if " code { (pretty(condition)) } }
            }
        }
    }
}
