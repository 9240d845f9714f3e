//! A plan as text, grouped by resource, with old and new.

use std::fmt::Write as _;

use super::summary::plan_summary;
use super::view::{Change, ChangeKind, PlanView, because, few, left_by_fork, not_live, why_on};
use crate::plan::Reason;
use crate::report::style::{ATTENTION, BAD, GOOD, STRONG};
use crate::report::{Answer, diff_text};
use crate::resources::Statement;
use crate::world::{HANGING, one_line, unbroken};

impl Answer for PlanView<'_> {
    fn text(&self) -> String {
        plan_text(self)
    }

    fn summary(&self) -> Option<String> {
        Some(plan_summary(self))
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![("changed", (!self.changes.is_empty()).to_string())]
    }
}

fn plan_text(view: &PlanView<'_>) -> String {
    let mut text = format!(
        "Stack {STRONG}{}{STRONG:#}, stage {STRONG}{}{STRONG:#}, account {}, region {}\n",
        view.stack,
        view.stage,
        one_line(view.account),
        one_line(view.region)
    );
    let is_empty = view.changes.is_empty() && view.local.is_empty();
    if is_empty {
        text.push_str("\nNothing to change.");
    }
    for change in &view.changes {
        text.push('\n');
        change_text(&mut text, change, view);
    }
    for (kind, name) in view.local {
        let name = one_line(name);
        let _ = write!(
            text,
            "\n{BAD}-{BAD:#} {kind} {STRONG}{name}{STRONG:#}\n    from the local AWS, with all that is in it\n"
        );
    }
    for note in view.notes {
        let note = one_line(note);
        let _ = write!(text, "\n{ATTENTION}note:{ATTENTION:#} {note}\n");
    }
    if !is_empty {
        let _ = write!(
            text,
            "\n{} to create, {} to update, {} to delete.",
            view.count(ChangeKind::Create),
            view.count(ChangeKind::Update),
            view.count(ChangeKind::Delete),
        );
    }
    text
}

fn change_text(text: &mut String, change: &Change<'_>, view: &PlanView<'_>) {
    let (style, sign) = match change.change {
        ChangeKind::Create => (GOOD, '+'),
        ChangeKind::Update => (ATTENTION, '~'),
        ChangeKind::Delete => (BAD, '-'),
    };
    let (kind, name) = (change.kind, one_line(change.name));
    let _ = writeln!(
        text,
        "{style}{sign}{style:#} {kind} {STRONG}{name}{STRONG:#}"
    );
    let changed = change.reasons.iter().filter_map(|reason| match reason {
        Reason::Changed { attribute, .. } => Some(one_line(&attribute.to_string()).chars().count()),
        _ => None,
    });
    let width = changed.max().unwrap_or(0);
    for reason in &change.reasons {
        reason_text(text, reason, (change, width), view);
    }
    if !change.removed_versions.is_empty() {
        let versions = change.removed_versions.join(", ");
        let versions = one_line(&versions);
        let _ = writeln!(
            text,
            "    remove versions that no release needs: {versions}"
        );
    }
}

fn reason_text(
    text: &mut String,
    reason: &Reason,
    (change, width): (&Change<'_>, usize),
    view: &PlanView<'_>,
) {
    let arrow = |old: &Option<String>, new: &Option<String>| {
        let new = new.as_deref().unwrap_or("(none)");
        match old.as_deref() {
            // It had no value because it did not exist.
            None if change.change == ChangeKind::Create => one_line(new).into_owned(),
            old => format!("{} → {}", one_line(old.unwrap_or("(none)")), one_line(new)),
        }
    };
    let _ = match reason {
        Reason::Changed {
            attribute,
            old,
            new,
        } => writeln!(
            text,
            "    {:width$}  {}",
            one_line(&attribute.to_string()),
            arrow(
                &old.as_deref().map(|old| attribute.measured(old)),
                &new.as_deref().map(|new| attribute.measured(new))
            )
        ),
        Reason::DocumentChanged { document, old, new } => {
            let _ = writeln!(text, "    {document}");
            diff_text(text, old, new, view.around());
            Ok(())
        }
        Reason::NewDocument { document, new } => {
            if view.verbose {
                let _ = writeln!(text, "    {document}");
                for line in new.lines() {
                    let _ = writeln!(text, "        {}", unbroken(line));
                }
            }
            Ok(())
        }
        Reason::Allows(statement) => {
            statement_text(text, statement, view.verbose);
            Ok(())
        }
        Reason::Failed { cause } => {
            writeln!(text, "    the last update failed: {}", one_line(cause))
        }
        Reason::Inactive => writeln!(text, "    it was idle for long: makes it ready to run"),
        Reason::NewRole => writeln!(
            text,
            "    its role is new: lets it decrypt the environment variables"
        ),
        Reason::Unpublished => writeln!(text, "    no published version has its current state"),
        Reason::NotLive { live, release } => {
            let told = not_live(live.as_deref(), *release);
            writeln!(text, "    {}", one_line(&told))
        }
        Reason::Release { old, new } => {
            let new = new.as_deref().unwrap_or("(new release)");
            let old = old.as_deref().unwrap_or("(none)");
            writeln!(text, "    release  {} → {}", one_line(old), one_line(new))
        }
        Reason::LeftByFork { version } => writeln!(text, "    {}", left_by_fork(*version)),
        Reason::Canary { old, new, shares } => {
            let new = new.as_deref().unwrap_or("(new release)");
            let old = old.as_deref().unwrap_or("(none)");
            let (first, rest) = (shares.first(), shares.words());
            let _ = writeln!(
                text,
                "    release  {} → {0} ({} %), {} ({first} %)",
                one_line(old),
                100 - first,
                one_line(new)
            );
            writeln!(text, "    canary   {rest}")
        }
        Reason::Running => writeln!(text, "    stop what is running"),
        // The sign says it, or the versions that are listed, or it is a wait.
        Reason::Missing
        | Reason::NotWanted
        | Reason::Superseded
        | Reason::ForksEnded
        | Reason::NewVersion
        | Reason::NotReadyAtOnce => Ok(()),
    };
}

/// What a statement allows: the actions in a line, then each resource, and what it is for.
pub(super) fn statement_text(text: &mut String, statement: &Statement, verbose: bool) {
    let (actions, more) = few(&statement.actions, verbose);
    let actions = [actions, more.as_slice()].concat().join(", ");
    let _ = writeln!(text, "    allows {HANGING}{}", one_line(&actions));
    let (resources, more) = few(&statement.resources, verbose);
    for (i, resource) in resources.iter().chain(&more).enumerate() {
        let on = if i == 0 { "on " } else { "" };
        let why = why_on(statement, resource);
        let _ = writeln!(text, "        {on:4}{}{why}", one_line(resource));
    }
    if let Some(condition) = &statement.condition {
        let _ = writeln!(text, "        if  {}", one_line(&condition.to_string()));
    }
    let _ = writeln!(
        text,
        "        for {HANGING}{}",
        one_line(&because(statement, verbose))
    );
}
