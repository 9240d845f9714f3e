//! The workflow, and what changed between its releases.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use maud::Markup;

use crate::commands::diff::{Revision, side};
use crate::commands::release::{self, Leads};
use crate::commands::status;
use crate::commands::ui::problem::{Missing, problem_of};
use crate::commands::ui::site::{Call, Live, Ui};
use crate::commands::ui::stage::Stage;
use crate::config::{Definition, MachineName};
use crate::coverage::{MachineCoverage, StackCoverage};
use crate::graph::{self, Graph};
use crate::page::view::Section;
use crate::page::view::difference::difference as difference_view;
use crate::page::view::parts::{drawing, with_code};
use crate::page::view::source::{LineMark, anchor};
use crate::page::view::workflow::{
    DefinitionView, Deployed, Tab, Urls, Workflow, workflow as view,
};
use crate::page::{Reply, Url};
use crate::resources::{self, Difference, Overview, Versions};
use crate::world::{Secrets, plain};

/// The workflow as deploy.toml has it, and what is deployed of it. The query may name another state machine.
pub(in crate::commands::ui) async fn workflow(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let stack = &stage.session.stack;
    let secrets = stage.secrets();
    let shown = machine(stage, call.request.query.get("machine"))?;
    let names = stage.session.config.state_machines.names();
    let names: Vec<(MachineName, String)> = names
        .map(|machine| {
            let name = stack.state_machine_name(&machine);
            (machine, name)
        })
        .collect();
    let deployed = deployed(ui, stage).await;
    let deployment = stage.session.deployment.as_ref();
    let config = deployment.and_then(|deployment| deployment.state_machines.get(&shown));
    let coverage = stage.tests().coverage();
    let definition = config.map(|config| {
        let definition = &config.definition;
        let measured = coverage.as_ref().and_then(|coverage| {
            let (measured, is_same) = coverage.of(shown.given(), &definition.digest())?;
            is_same.then_some(measured)
        });
        DefinitionView {
            path: { definition.path.strip_prefix(".") }
                .unwrap_or(&definition.path)
                .display()
                .to_string(),
            text: masked_lines(definition.text.whole(), secrets),
            marks: measured.map(marks).unwrap_or_default(),
            graph: plain_graph(definition, secrets),
            coverage: measured.map(|measured| StackCoverage::new(vec![measured.clone()]).line()),
        }
    });
    let page = Workflow {
        machines: { names.iter() }
            .map(|(machine, name)| Tab {
                name,
                url: stage.workflow_url(machine),
                is_shown: *machine == shown,
            })
            .collect(),
        definition,
        start: deployed.is_ok().then(|| stage.start_url(&shown)),
        deployed: deployed.map_err(|error| ui.problem(&error)),
        urls: Urls {
            tests: stage.url(["tests"]),
            difference: &|old, new| stage.url(["releases", &old.to_string(), &new.to_string()]),
        },
        now: ui.now(),
    };
    let live = Live {
        url: stage.url(["live", "workflow"]),
        current: None,
    };
    let content = view(&page);
    Ok(ui.live_page(call, Section::Workflow, "Workflow", Some(live), &content))
}

/// Tells each deploy and rollback.
pub(in crate::commands::ui) async fn live(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let (stage, interval) = (Rc::clone(&call.stage), ui.lists.interval);
    let newest = ui
        .releases
        .watch(call.stage.name(), |publisher| async move {
            let mut known: Option<Leads> = None;
            loop {
                match (release::leads(&stage.session).await, &known) {
                    (Err(error), _) => publisher.fail(problem_of(&error, stage.secrets()).line()),
                    (Ok(leads), Some(known)) if leads == *known && !publisher.has_failed() => {}
                    (Ok(leads), before) => {
                        let seen = Rc::new(leads.clone());
                        match before.is_none() && !publisher.has_failed() {
                            // That is what the page shows.
                            true => publisher.know(seen),
                            false => publisher.publish(seen),
                        }
                        known = Some(leads);
                    }
                }
                stage.session.aws.sleep.sleep(interval).await;
            }
        });
    Ok(ui.changes(call, newest))
}

/// What changed between two releases.
pub(in crate::commands::ui) async fn difference(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let release = |number: usize| match call.part(number).parse() {
        Ok(release) => Ok(Revision::Release(release)),
        Err(_) => Err(Missing("A release is a number.".to_owned())),
    };
    let (context, session) = (&stage.context, &stage.session);
    let (old, new) = tokio::try_join!(
        side(context, session, release(0)?),
        side(context, session, release(1)?),
    )?;
    let found = Difference::new(&session.stack, old, new).masked(stage.secrets());
    let content = difference_view(&found, &stage.workflow_url(&MachineName::Main));
    let title = format!(
        "{} → {}",
        Difference::shown(found.old),
        Difference::shown(found.new)
    );
    Ok(ui.page(call, Section::Workflow, &title, &content))
}

impl Stage {
    /// The workflow page of a state machine.
    pub fn workflow_url(&self, machine: &MachineName) -> Url {
        let url = self.url(["workflow"]);
        match machine {
            MachineName::Main => url,
            named => url.with("machine", &self.session.stack.state_machine_name(named)),
        }
    }
}

/// The state machine of this name in AWS; the main one without a name.
pub(super) fn machine(stage: &Stage, name: Option<&str>) -> Result<MachineName> {
    let Some(name) = name else {
        return Ok(MachineName::Main);
    };
    let mut machines = stage.session.config.state_machines.names();
    let found = machines.find(|machine| stage.session.stack.state_machine_name(machine) == name);
    found.ok_or_else(|| Missing(format!("The stack has no state machine `{name}`.")).into())
}

/// As `txflow status` reads it.
async fn deployed(ui: &Ui, stage: &Stage) -> Result<Deployed> {
    let session = &stage.session;
    let observed = session.observe(Versions::All).await?;
    let (observed, untagged) = status::readable(&session.stack, &observed)?;
    if observed.lasting_state_machine().is_none() {
        return Err(stage.context.not_deployed_here(session).await.into());
    }
    let keep = session.config.keep_versions;
    let usage = resources::usage(&session.aws, &session.stack, &observed, keep).await?;
    let secrets = stage.secrets();
    let drift = status::drift(
        &stage.context,
        session,
        &observed,
        &untagged,
        &usage,
        ui.now(),
    );
    Ok(Deployed {
        overview: Overview::new(&session.stack, &observed, &usage).masked(secrets),
        drift: drift
            .map(|drift| masked_lines(&plain(drift.text().trim()), secrets))
            .map_err(|error| ui.problem(&error)),
        plan: stage.context.global.same_stack("txflow plan"),
    })
}

/// A secret has no line break here, and the others stay where they are.
fn masked_lines(text: &str, secrets: &Secrets) -> String {
    let lines = text.split('\n').map(|line| secrets.mask(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Its states lead to their lines.
fn plain_graph(definition: &Definition, secrets: &Secrets) -> Markup {
    let mut masked = definition.template.clone();
    secrets.mask_json(&mut masked);
    let graph = Graph::of(&masked);
    let line = |state: usize| {
        state_line(definition, &graph, state).map(|line| format!("#{}", anchor(line)))
    };
    drawn(graph::inline_svg(&graph, None, &line))
}

/// The line of a state in the file.
pub(super) fn state_line(definition: &Definition, graph: &Graph, state: usize) -> Option<usize> {
    let pointer = definition.pointer(&graph.path(state))?;
    let place = definition.text.key_place(&pointer)?;
    Some(place.line)
}

pub(super) fn drawn(drawn: Result<graph::Drawing, graph::CannotDraw>) -> Markup {
    match drawn {
        Ok(graph) => drawing(&graph),
        Err(error) => maud::html! { p.note { (with_code(&error.to_string())) } },
    }
}

/// A line is missed if anything that begins on it is.
fn marks(coverage: &MachineCoverage) -> BTreeMap<usize, LineMark> {
    let mut marks = BTreeMap::new();
    for item in &coverage.items {
        let mark = match item.is_reached() {
            true => LineMark::Reached,
            false => LineMark::Missed,
        };
        let known = marks.entry(item.line).or_insert(mark);
        if mark == LineMark::Missed {
            *known = mark;
        }
    }
    marks
}
