//! The child executions of a distributed `Map` state.

use anyhow::Result;

use super::execution::{execution_url, run, state_url, url};
use crate::commands::ui::problem::Missing;
use crate::commands::ui::site::{Call, Live, Ui};
use crate::executions::{self, ChildPage, Unread};
use crate::page::Reply;
use crate::page::view::Section;
use crate::page::view::children::{Children, children};

/// All of them, a page after the other.
pub(in crate::commands::ui) async fn list(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let run = run(ui, call).await?;
    let index = call.part(2).parse().ok();
    let map_run = { run.map_runs.iter() }.find(|map_run| Some(map_run.state) == index);
    let missing = || Missing("This state has no Map Run that can be read.".to_owned());
    let map_run = map_run.ok_or_else(missing)?;
    let states = run.history.as_ref().map(|history| &history.states);
    let state = states.and_then(|states| states.get(map_run.state));
    let unread = run.unread.get(&map_run.map_run_arn).copied();
    let query = &call.request.query;
    let status = query.get("status");
    let shown = match unread {
        Some(Unread::Denied | Unread::Express | Unread::NotFound) => ChildPage::default(),
        _ => {
            let (aws, from) = (&stage.session.aws, query.get("from"));
            executions::list_of_map_run(aws, &map_run.map_run_arn, status, from).await?
        }
    };
    for child in &shown.listed {
        ui.runs.know_child(&child.execution_arn, &run.execution_arn);
    }
    let execution = url(call);
    let this = state_url(&execution, map_run.state);
    let view = Children {
        map_run,
        state: (state.map_or("", |state| state.name.as_str()), this.clone()),
        execution: (run.name(), execution),
        shown,
        status,
        unread,
        url: this.at("children"),
        child_url: &|arn| execution_url(stage, arn),
        now: ui.now(),
    };
    let title = format!("Map Run {}", map_run.name());
    // Its list is read for each page, and changes by itself.
    let live = (!run.status.is_ended()).then(|| Live {
        url: stage.url(["live", "executions", call.part(0), call.part(1)]),
        current: None,
    });
    let content = children(&view);
    Ok(ui.live_page(call, Section::Executions, &title, live, &content))
}
