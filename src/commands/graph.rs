//! `txflow graph`.

use anyhow::Result;
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::completions::Names;
use super::context::{Context, Session};
use super::error::CommandError;
use super::executions::{machine_of, named};
use super::state_machine::StateMachineOption;
use crate::config::MachineName;
use crate::executions;
use crate::exit::Exit;
use crate::graph::{self, Graph, Paint};
use crate::report::Answer;
use crate::report::github::Markdown;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow graph > workflow.svg
  txflow graph --format mermaid
  txflow graph --execution last > execution.svg
  txflow graph --execution last --local --json")]
pub struct GraphOptions {
    /// The format of the graph
    #[arg(long, value_enum, default_value_t = GraphFormat::Svg)]
    pub format: GraphFormat,
    /// Paint the path of this execution: its ARN, its name, or `last`
    #[arg(long, value_name = "EXECUTION", add = Names::Executions)]
    pub execution: Option<String>,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Svg,
    Mermaid,
    Dot,
}

/// Draws the workflow; AWS is called only if there is an execution to paint on it.
pub async fn graph(context: &Context, options: &GraphOptions) -> Result<Exit> {
    let (graph, paint) = match &options.execution {
        None => {
            let deployment = context.project.load_names()?;
            let (_, machine) = options.machine.of(&deployment)?;
            (Graph::of(&machine.definition.template), None)
        }
        Some(meant) => {
            let session = context.session().await?;
            let machine = machine_of(&session, &options.machine, meant)?;
            let (graph, paint) = execution(context, &session, &machine, meant).await?;
            (graph, Some(paint))
        }
    };
    let drawn = Drawn {
        // Data has no layout, so it cannot be too large to draw.
        text: if context.global.json {
            String::new()
        } else {
            draw(&graph, paint.as_ref(), options.format)?
        },
        graph: &graph,
        execution: paint.as_ref(),
    };
    context.printer.answer(&drawn)?;
    Ok(Exit::Done)
}

/// The definition that an execution ran, and the execution itself.
async fn execution(
    context: &Context,
    session: &Session,
    machine: &MachineName,
    meant: &str,
) -> Result<(Graph, Paint)> {
    let run = named(context, session, machine, meant).await?;
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

#[derive(Serialize, JsonSchema)]
pub(super) struct Drawn<'a> {
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
