//! Serves an embedded AWS until it is killed: `cargo run -p txflow-local-aws --example serve -- DIRECTORY [PORT]`.
//! Prints the endpoint URL on the first line of stdout and each call on stderr.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::sync::Arc;

use txflow_local_aws::{LocalAws, Options};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("say in which directory")?;
    let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let mut options = Options::new(directory, listener);
    options.call_log = Some(Arc::new(|call| eprintln!("{call}")));
    let aws = LocalAws::start(options).await?;
    println!("{}", aws.endpoint_url());
    std::future::pending().await
}
