//! The last test run of the stage, and what it reached.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;

use super::workflow::{drawn, machine, state_line};
use crate::commands::ui::site::{Call, Live, Ui};
use crate::commands::ui::stage::Stage;
use crate::config::MachineName;
use crate::coverage::{MachineCoverage, StackCoverage, painted};
use crate::graph;
use crate::last_tests::{LastCoverage, Place};
use crate::page::view::Section;
use crate::page::view::source::anchor;
use crate::page::view::test_run::{CoverageView, GraphView, Tests, tests as view};
use crate::page::{Reply, Url};

/// Between two looks at the file, for all open pages.
const INTERVAL: Duration = Duration::from_millis(300);

/// The results, and the coverage.
pub(in crate::commands::ui) async fn show(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let place = stage.tests();
    let secrets = stage.secrets();
    let last = place.tests().map(|last| last.masked(secrets));
    let coverage = place.coverage();
    let coverage = coverage.map(|coverage| coverage.masked(secrets));
    let shown = machine(stage, call.request.query.get("machine"))?;
    let measured = coverage
        .as_ref()
        .map(|coverage| Measured::of(stage, coverage));
    let global = &stage.context.global;
    let workflow = |name: Option<&str>| stage.workflow_url(&MachineName::of(name));
    let main = stage.session.stack.state_machine_name(&MachineName::Main);
    let page = Tests {
        last: last.as_ref(),
        coverage: { measured.as_ref().zip(coverage.as_ref()) }.map(|(measured, coverage)| {
            CoverageView {
                coverage: &measured.coverage,
                measured: coverage.measured,
                is_old: measured.is_old,
                graph: measured.graph(stage, &shown),
                workflow: &workflow,
            }
        }),
        command: global.same_stack("txflow test"),
        watch: global
            .local
            .then(|| global.same_stack("txflow test --watch")),
        measure: global.same_stack("txflow test --coverage"),
        execution: &|machine, name| {
            let machine = machine.map_or_else(|| main.clone(), str::to_owned);
            stage.execution_url(&machine, name)
        },
        declared: declared(stage),
        now: ui.now(),
    };
    let live = Live {
        url: stage.url(["live", "tests"]),
        current: None,
    };
    Ok(ui.live_page(call, Section::Tests, "Tests", Some(live), &view(&page)))
}

/// The tests of deploy.toml, with the form that starts an execution with the input of each. One that an event starts has none.
fn declared(stage: &Stage) -> Vec<(&str, Option<Url>)> {
    let deployment = stage.session.deployment.iter();
    let tests = deployment.flat_map(|deployment| &deployment.tests);
    let declared = tests.map(|test| {
        let url = || {
            stage
                .start_url(&test.state_machine)
                .with("test", &test.name)
        };
        (test.name.as_str(), (!test.input.is_null()).then(url))
    });
    declared.collect()
}

/// Tells when the results are written anew.
pub(in crate::commands::ui) async fn live(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = Rc::clone(&call.stage);
    let newest = ui.tests.watch(stage.name(), |publisher| {
        let place = stage.tests();
        let sleep = stage.session.aws.sleep.clone();
        async move {
            let mut known = place.changed();
            loop {
                sleep.sleep(INTERVAL).await;
                let changed = place.changed();
                if changed != known {
                    publisher.publish(Rc::new(changed));
                    known = changed;
                }
            }
        }
    });
    Ok(ui.changes(call, newest))
}

impl Stage {
    /// Where the results of its tests are.
    pub fn tests(&self) -> Place {
        let global = &self.context.global;
        Place::new(self.context.project.root(), self.name(), global.local)
    }
}

/// What was measured, of the state machines that deploy.toml still names.
struct Measured {
    coverage: StackCoverage,
    /// Whether a definition has changed since.
    is_old: bool,
}

impl Measured {
    fn of(stage: &Stage, coverage: &LastCoverage) -> Self {
        let mut machines: Vec<MachineCoverage> = Vec::new();
        let mut is_old = false;
        let deployment = stage.session.deployment.as_ref();
        for name in stage.session.config.state_machines.names() {
            let config = deployment.and_then(|deployment| deployment.state_machines.get(&name));
            let digest = config.map(|config| config.definition.digest());
            let found = coverage.of(name.given(), &digest.unwrap_or_default());
            if let Some((measured, is_same)) = found {
                machines.push(measured.clone());
                is_old |= !is_same;
            }
        }
        Self {
            coverage: StackCoverage::new(machines),
            is_old,
        }
    }

    /// One state machine, painted; the others by their names. Lines of another definition lead nowhere.
    fn graph(&self, stage: &Stage, shown: &MachineName) -> Option<GraphView> {
        let deployment = stage.session.deployment.as_ref()?;
        let config = deployment.state_machines.get(shown)?;
        let mut machines = self.coverage.state_machines.iter();
        let machine = machines.find(|machine| machine.state_machine.as_deref() == shown.given())?;
        let name = stage.session.stack.state_machine_name(shown);
        let mut definition = config.definition.template.clone();
        stage.secrets().mask_json(&mut definition);
        let painted = painted(&name, &definition, machine);
        let workflow = stage.workflow_url(shown);
        let link = |state: usize| {
            let line = state_line(&config.definition, &painted.0, state)?;
            Some(format!("{workflow}#{}", anchor(line)))
        };
        let others = self.coverage.state_machines.iter();
        let others = others.filter(|other| other.state_machine.as_deref() != shown.given());
        Some(GraphView {
            name,
            graph: drawn(graph::inline_svg_of_coverage(&painted, &link)),
            others: others
                .map(|other| {
                    let name = MachineName::of(other.state_machine.as_deref());
                    let shown = stage.session.stack.state_machine_name(&name);
                    let url = stage.url(["tests"]).with("machine", &shown);
                    (shown, url)
                })
                .collect(),
        })
    }
}
