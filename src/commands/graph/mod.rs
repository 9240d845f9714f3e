//! `txflow graph`.

mod form;
#[expect(clippy::disallowed_types, reason = "runs the program that renders")]
mod png;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Serialize;
use txflow_asl::fork::original;
use txflow_local_aws::private_folder;

use self::form::{GraphFormat, Target, form};
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
use crate::world::{linked, one_line, unbroken};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow graph
  txflow graph -o workflow.png
  txflow graph --format mermaid
  txflow graph --execution last -o execution.svg
  txflow graph --execution last --local --json")]
pub struct GraphOptions {
    /// The format of the graph [default: as the extension of --output says, else svg]
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Write to this file: .svg, .png, .mmd (Mermaid) or .dot; `-` is standard output [default: standard output, but on a
    /// terminal an SVG is written to .txflow/]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Paint the path of this execution: its ARN, its name or the beginning of it, or `last`
    #[arg(long, value_name = "EXECUTION", add = Names::Executions)]
    pub execution: Option<String>,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// Draws the workflow; AWS is called only if there is an execution to paint on it.
pub async fn graph(context: &Context, options: &GraphOptions) -> Result<Exit> {
    let terminal = context.world.stdout.terminal && !context.global.json;
    let (format, target) = form(options.format, options.output.as_deref(), terminal)?;
    let (graph, paint) = match &options.execution {
        None => {
            let deployment = context.project.load_names()?;
            let (_, machine) = options.machine.of(&deployment.state_machines)?;
            (Graph::of(&machine.definition.template), None)
        }
        Some(meant) => {
            let session = context.session().await?;
            let machine = machine_of(&session, &options.machine, meant)?;
            let (graph, paint) = execution(context, &session, &machine, meant).await?;
            (graph, Some(paint))
        }
    };
    let draw = || draw(&graph, paint.as_ref(), format);
    let path = match target {
        Target::Stdout => None,
        Target::Kept => Some(kept(context, paint.is_some())?),
        Target::File(path) => Some(path),
    };
    let text = match &path {
        Some(path) => {
            let picture = context.world.secrets.mask(&draw()?).into_owned();
            let picture = match format {
                GraphFormat::Png => png::png(&context.world, &picture).await?,
                _ => picture.into_bytes(),
            };
            write(path, &picture)?;
            let shown = path.strip_prefix(".").unwrap_or(path).display();
            let shown = one_line(&shown.to_string()).into_owned();
            format!("Wrote {}", linked(&shown, address(path).as_deref()))
        }
        // Data has no layout, so it cannot be too large to draw.
        None if context.global.json => String::new(),
        None => draw()?,
    };
    let drawn = Drawn {
        text,
        graph: &graph,
        execution: paint.as_ref(),
    };
    context.printer.answer(&drawn)?;
    Ok(Exit::Done)
}

/// The definition that an execution ran, and the execution itself.
async fn execution<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
    meant: &str,
) -> Result<(Graph, Paint)> {
    let run = named(context, session, machine, meant).await?;
    let definition = executions::definition(&session.aws, &run.execution_arn).await?;
    let graph = Graph::of(&original(&definition)).with_handlers_of(&session.stack.prefix());
    let paint = Paint::new(&graph, &run);
    Ok((graph, paint))
}

fn draw(graph: &Graph, paint: Option<&Paint>, format: GraphFormat) -> Result<String> {
    Ok(match format {
        GraphFormat::Svg | GraphFormat::Png => {
            graph::svg(graph, paint).map_err(CommandError::from)?
        }
        GraphFormat::Mermaid => graph::mermaid(graph, paint),
        GraphFormat::Dot => graph::dot(graph, paint),
    })
}

/// A place for a picture that nobody has named one for.
fn kept(context: &Context, is_execution: bool) -> Result<PathBuf, CommandError> {
    let folder = context.project.root().join(".txflow");
    private_folder(&folder).map_err(|cause| cannot_write(&folder, cause))?;
    let name = if is_execution {
        "execution"
    } else {
        "workflow"
    };
    Ok(folder.join(format!("{name}.svg")))
}

#[expect(clippy::disallowed_methods, reason = "writes the picture")]
fn write(path: &Path, picture: &[u8]) -> Result<(), CommandError> {
    std::fs::write(path, picture).map_err(|cause| cannot_write(path, cause))
}

fn cannot_write(path: &Path, cause: std::io::Error) -> CommandError {
    CommandError::CannotWrite {
        path: path.display().to_string(),
        cause,
    }
}

/// Where a browser finds the file.
#[expect(
    clippy::disallowed_methods,
    reason = "an address says the whole path of a file"
)]
fn address(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    let path = utf8_percent_encode(path.to_str()?, OUTSIDE_A_PATH);
    Some(format!("file://{path}"))
}

/// What a path may hold and an address may not.
const OUTSIDE_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?');

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
        unbroken(&self.text)
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.block("mermaid", &graph::mermaid(self.graph, self.execution));
        Some(markdown.to_string())
    }
}
