use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow local
  txflow local --port 0 --fast")]
pub struct LocalOptions {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// The address to serve on. Anyone who can reach it can run programs as you
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Take as long as AWS for what happens in the background
    #[arg(long)]
    pub realistic: bool,
    /// Allow callers only what this IAM policy allows: a JSON file, such as `txflow policy` prints
    #[arg(long, value_name = "FILE")]
    pub policy: Option<std::path::PathBuf>,
    /// Skip the time of waits and retries
    #[arg(long)]
    pub fast: bool,
}
