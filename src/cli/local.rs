use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow local
  txflow local --port 0 --fast
  txflow local --weather seed=7")]
pub struct LocalOptions {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// The address to serve on. Anyone who can reach it can run programs as you
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Be as slow, as late and as unreliable as AWS on a bad day. The seed that decides when is printed
    #[arg(long, conflicts_with = "weather")]
    pub realistic: bool,
    /// Be as unreliable as `--realistic` once was with this seed
    #[arg(long, value_name = "seed=N", value_parser = seed)]
    pub weather: Option<u64>,
    /// Allow callers only what this IAM policy allows: a JSON file, such as `txflow policy` prints
    #[arg(long, value_name = "FILE")]
    pub policy: Option<std::path::PathBuf>,
    /// Skip the time of waits and retries
    #[arg(long)]
    pub fast: bool,
}

fn seed(text: &str) -> Result<u64, String> {
    let number = text.strip_prefix("seed=").unwrap_or_default();
    number
        .parse()
        .map_err(|_| "it must be `seed=` and a number, such as `seed=7`".to_owned())
}
