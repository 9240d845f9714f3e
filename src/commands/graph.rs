//! `txflow graph`.

use anyhow::Result;
use serde::Serialize;

use super::error::CommandError;
use super::session::{Session, Ui};
use crate::cli::{GraphFormat, GraphOptions};
use crate::executions;
use crate::exit::Exit;
use crate::graph::{self, Graph, Paint};
use crate::report::Answer;
use crate::report::github::Markdown;

/// Draws the workflow; AWS is called only if there is an execution to paint on it.
pub async fn graph(ui: &Ui, options: &GraphOptions) -> Result<Exit> {
    let (graph, paint) = match &options.execution {
        None => (Graph::of(&ui.load_names()?.definition.template), None),
        Some(meant) => {
            let session = ui.session(None).await?;
            let (graph, paint) = execution(ui, &session, meant).await?;
            (graph, Some(paint))
        }
    };
    let drawn = Drawn {
        // Data has no layout, so it cannot be too large to draw.
        text: if ui.global.json {
            String::new()
        } else {
            draw(&graph, paint.as_ref(), options.format)?
        },
        graph: &graph,
        execution: paint.as_ref(),
    };
    ui.answer(&drawn)?;
    Ok(Exit::Done)
}

/// The definition that an execution ran, and the execution itself.
async fn execution(ui: &Ui, session: &Session, meant: &str) -> Result<(Graph, Paint)> {
    let run = ui.execution(session, meant).await?;
    let definition = executions::definition(&session.aws, &run.execution_arn).await?;
    let graph = Graph::of(&definition).with_handlers_of(&session.stack.prefix());
    let paint = Paint::new(&graph, &run);
    Ok((graph, paint))
}

fn draw(graph: &Graph, paint: Option<&Paint>, format: GraphFormat) -> Result<String> {
    Ok(match format {
        GraphFormat::Svg => graph::svg(graph, paint).map_err(CommandError::from)?,
        GraphFormat::Mermaid => graph::mermaid(graph, paint),
        GraphFormat::Dot => graph::dot(graph, paint),
    })
}

#[derive(Serialize)]
struct Drawn<'a> {
    #[serde(flatten)]
    graph: &'a Graph,
    execution: Option<&'a Paint>,
    #[serde(skip)]
    text: String,
}

impl Answer for Drawn<'_> {
    fn text(&self) -> String {
        self.text.clone()
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.block("mermaid", &graph::mermaid(self.graph, self.execution));
        Some(markdown.to_string())
    }
}
