use clap::{Args, ValueEnum};

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
    #[arg(long, value_name = "EXECUTION")]
    pub execution: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Svg,
    Mermaid,
    Dot,
}
