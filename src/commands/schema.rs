//! `txflow schema`.

use anyhow::Result;
use clap::Args;

use super::context::Context;
use super::results::ResultName;
use crate::config;
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow schema > deploy.schema.json
  txflow schema --result status

With --json a command prints its result on stdout, as JSON. On stderr each line is a JSON object with an `event`: \
first the progress, and if the command fails, an `error` with its `kind`, `exit_code`, `message` and `hint`, and the \
`places` in the files of the project (`file`, `line` and `column`). The exit code is the same as without --json.

The number at the end of `$id` is the version of a schema. It is raised if a key is removed or gets another meaning; keys \
are added without notice.")]
pub struct SchemaOptions {
    /// Print the schema of what this command prints with --json; `event` is that of the lines on stderr, and `error` that
    /// of the last one if the command fails
    #[arg(long, value_name = "COMMAND", hide_possible_values = true)]
    pub result: Option<ResultName>,
}

/// Prints the JSON schema of deploy.toml, or that of a result.
pub fn schema(context: &Context, options: &SchemaOptions) -> Result<Exit> {
    let schema = options
        .result
        .map_or_else(config::schema, ResultName::schema);
    context.printer.print(&format!("{schema:#}"))?;
    Ok(Exit::Done)
}
