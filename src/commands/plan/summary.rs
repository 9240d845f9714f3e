//! A plan as Markdown, for the summary of a GitHub job.

use serde_json::Value;
use similar::TextDiff;

use super::view::{Change, ChangeKind, PlanView, because, few, left_by_fork, not_live, why_on};
use crate::graph::{GraphChange, mermaid_of_change};
use crate::plan::{Document, Reason};
use crate::report::github::{Markdown, code, text};
use crate::resources::{NEW_VERSION, Statement};

/// The whole plan.
pub fn plan_summary(view: &PlanView<'_>) -> String {
    let mut markdown = Markdown::default();
    markdown.heading(2, &format!("Plan for {}, stage {}", view.stack, view.stage));
    markdown.paragraph(&format!(
        "Account {}, region {}. {}",
        text(view.account),
        text(view.region),
        counts(view)
    ));
    changes(&mut markdown, view);
    for note in view.notes {
        markdown.paragraph(&format!("**Note:** {}", text(note)));
    }
    markdown.to_string()
}

/// The first line of a comment, which GitHub hides: by it, the next plan of this stage finds what it replaces.
pub fn marker(view: &PlanView<'_>) -> String {
    format!("<!-- txflow plan: {}, stage {} -->", view.stack, view.stage)
}

/// What changes, as a table with the documents below; nothing if nothing changes.
pub fn changes(markdown: &mut Markdown, view: &PlanView<'_>) {
    if view.changes.is_empty() {
        return;
    }
    let rows: Vec<_> = view
        .changes
        .iter()
        .map(|change| {
            [
                format!("{} {}", change.kind, code(change.name)),
                word(change.change).to_owned(),
                reasons(change, view.verbose),
            ]
        })
        .collect();
    markdown.table(["Resource", "Change", "Why"], &rows);
    for change in &view.changes {
        documents(markdown, change, view);
    }
}

fn counts(view: &PlanView<'_>) -> String {
    if view.changes.is_empty() {
        return "Nothing to change.".to_owned();
    }
    format!(
        "{} to create, {} to update, {} to delete.",
        view.count(ChangeKind::Create),
        view.count(ChangeKind::Update),
        view.count(ChangeKind::Delete),
    )
}

fn word(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Create => "create",
        ChangeKind::Update => "update",
        ChangeKind::Delete => "delete",
    }
}

fn reasons(change: &Change<'_>, verbose: bool) -> String {
    let mut reasons: Vec<String> = change
        .reasons
        .iter()
        .filter_map(|why| reason(why, change.change, verbose))
        .collect();
    if !change.removed_versions.is_empty() {
        let versions = change.removed_versions.join(", ");
        reasons.push(text(&format!(
            "remove versions that no release needs: {versions}"
        )));
    }
    if reasons.is_empty() {
        reasons.extend(change.reasons.iter().map(|why| implied(why).to_owned()));
        reasons.dedup();
    }
    reasons.join("<br>")
}

/// Why, if the kind of the change says it all.
fn implied(reason: &Reason) -> &'static str {
    match reason {
        Reason::Missing | Reason::NewDocument { .. } => "it does not exist yet",
        Reason::NotWanted => "deploy.toml no longer names it",
        Reason::Superseded | Reason::ForksEnded => "no release needs it",
        Reason::NewVersion => "a new version is pinned",
        _ => "it is not as deploy.toml says",
    }
}

fn reason(reason: &Reason, change: ChangeKind, verbose: bool) -> Option<String> {
    let arrow = |old: &Option<String>, new: &Option<String>, none: &str| {
        let new = new.as_deref().map_or_else(|| none.to_owned(), code);
        match old.as_deref() {
            None if change == ChangeKind::Create => new,
            old => format!("{} → {new}", old.map_or_else(|| "(none)".to_owned(), code)),
        }
    };
    Some(match reason {
        Reason::Changed {
            attribute,
            old,
            new,
        } => format!(
            "{}: {}",
            text(&attribute.to_string()),
            arrow(
                &old.as_deref().map(|old| attribute.measured(old)),
                &new.as_deref().map(|new| attribute.measured(new)),
                "(none)"
            )
        ),
        Reason::DocumentChanged { document, .. } => format!("{document} changed, see below"),
        Reason::Allows(statement) => allows(statement, verbose),
        Reason::Failed { cause } => format!("the last update failed: {}", text(cause)),
        Reason::Inactive => "it was idle for long: make it ready to run".to_owned(),
        Reason::NewRole => "its role is new: let it decrypt the environment variables".to_owned(),
        Reason::Unpublished => "no published version has its current state".to_owned(),
        Reason::NotLive { live, release } => text(&not_live(live.as_deref(), *release)),
        Reason::Release { old, new } => {
            format!("release: {}", arrow(old, new, "(new release)"))
        }
        Reason::LeftByFork { version } => left_by_fork(*version),
        Reason::Canary { old, new, shares } => format!(
            "release: {}; canary: {}",
            arrow(old, new, "(new release)"),
            shares.words()
        ),
        Reason::Running => "stop what is running".to_owned(),
        // The change says it, or the versions that are listed, or it is a wait.
        Reason::NewDocument { .. }
        | Reason::Missing
        | Reason::NotWanted
        | Reason::Superseded
        | Reason::ForksEnded
        | Reason::NewVersion
        | Reason::NotReadyAtOnce => return None,
    })
}

fn allows(statement: &Statement, verbose: bool) -> String {
    let listed = |items: &[String], shown: &dyn Fn(&String) -> String| {
        let (items, more) = few(items, verbose);
        let items = items.iter().map(shown).chain(more);
        items.collect::<Vec<_>>().join(", ")
    };
    let with_why = |resource: &String| code(resource) + &text(&why_on(statement, resource));
    format!(
        "allows {} on {} for {}",
        listed(&statement.actions, &|action| code(action)),
        listed(&statement.resources, &with_why),
        text(&because(statement, verbose))
    )
}

fn documents(markdown: &mut Markdown, change: &Change<'_>, view: &PlanView<'_>) {
    for reason in &change.reasons {
        let (document, language, shown) = match reason {
            Reason::DocumentChanged { document, old, new } => {
                let diff = TextDiff::from_lines(old, new);
                let mut diff = diff.unified_diff();
                (
                    document,
                    "diff",
                    diff.context_radius(view.around()).to_string(),
                )
            }
            Reason::NewDocument { document, new } if view.verbose => {
                (document, "json", new.clone())
            }
            _ => continue,
        };
        let summary = format!("{} of {} {}", document, change.kind, code(change.name));
        markdown.details(&summary, |markdown| {
            if let Reason::DocumentChanged {
                document: Document::Definition,
                old,
                new,
            } = reason
            {
                // As part of its ARN it would hide the name of the function.
                let new = new.replace(&format!(":{NEW_VERSION}"), "");
                let definitions = (serde_json::from_str(old), serde_json::from_str(&new));
                if let (Ok(old), Ok(new)) = definitions {
                    drawn(markdown, &old, &new);
                }
            }
            markdown.block(language, &shown);
        });
    }
}

/// The workflow before and after.
pub fn drawn(markdown: &mut Markdown, old: &Value, new: &Value) {
    let change = GraphChange::of(old, new);
    for (when, graph) in [("Before", &change.old), ("After", &change.new)] {
        markdown.paragraph(&format!("**{when}**"));
        markdown.block("mermaid", &mermaid_of_change(graph));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::plan::tests::buy_grows;
    use crate::plan::tests::Project;

    #[test]
    fn the_summary_of_a_first_plan_says_what_roles_allow_and_functions_get() {
        let plan = Project::new().without("sell").first_plan();
        let summary = plan_summary(&PlanView::new(&plan));
        for row in [
            "| role <code>shop-dev-state-machine</code> | create | allows <code>lambda:InvokeFunction</code> on \
             <code>arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:&#42;</code> for state &#96;buy&#96;, the functions of the stack |",
            "| function <code>shop-dev-buy</code> | create | memory: <code>128 MB</code><br>timeout: <code>30 s</code> |",
        ] {
            assert!(summary.contains(row), "{summary}");
        }
    }

    #[test]
    fn a_summary_has_old_and_new_and_a_diff_of_the_definition() {
        assert_eq!(
            plan_summary(&PlanView::new(&buy_grows())),
            r#"## Plan for shop, stage dev

Account 123456789012, region eu-west-1. 0 to create, 3 to update, 0 to delete.

| Resource | Change | Why |
| --- | --- | --- |
| function <code>shop-dev-buy</code> | update | memory: <code>128 MB</code> → <code>256 MB</code><br>environment TOKEN: (none) → <code>(secret)</code> |
| state machine <code>shop-dev</code> | update | definition changed, see below |
| alias <code>shop-dev:live</code> | update | release: <code>1</code> → (new release) |

<details><summary>definition of state machine <code>shop-dev</code></summary>

**Before**

```mermaid
flowchart TD
  start(("Start"))
  s0["buy<br/>Task · shop-dev-buy<br/>changed"]
  s1["sell<br/>Task · shop-dev-sell"]
  finish(("End"))
  start --> s0
  s0 --> s1
  s1 --> finish
  classDef changed fill:#9a6700,stroke:#9a6700,color:#ffffff
  class s0 changed
```

**After**

```mermaid
flowchart TD
  start(("Start"))
  s0["buy<br/>Task · shop-dev-buy<br/>changed"]
  s1["sell<br/>Task · shop-dev-sell"]
  finish(("End"))
  start --> s0
  s0 --> s1
  s1 --> finish
  classDef changed fill:#9a6700,stroke:#9a6700,color:#ffffff
  class s0 changed
```

```diff
@@ -5,7 +5,7 @@
       "Type": "Task",
       "Resource": "arn:aws:states:::lambda:invoke",
       "Parameters": {
-        "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:1",
+        "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:(new version)",
         "Payload.$": "$"
       },
       "Next": "sell"
```

</details>

"#
        );
    }
}
