//! Serves an embedded AWS until it is killed: `cargo run -p txflow-local-aws --example serve -- DIRECTORY [--port N]
//! [--delay MILLISECONDS] [--fast]`. Prints the endpoint URL on the first line of stdout and each call on stderr.
//! `--delay` sets how long AWS's background operations take, `--fast` makes time virtual.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use txflow_local_aws::{LocalAws, Options, Time, Weather};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments
        .next()
        .ok_or("the first argument must be the data directory")?;
    let (mut port, mut weather, mut time) = (0, Weather::calm(), Time::Real);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            arguments
                .next()
                .ok_or(format!("`{argument}` needs a number"))
        };
        match argument.as_str() {
            "--port" => port = number()?.parse()?,
            "--delay" => weather = Weather::constant(Duration::from_millis(number()?.parse()?)),
            "--fast" => time = Time::Virtual,
            other => return Err(format!("unknown argument `{other}`").into()),
        }
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let mut options = Options::new(directory, listener);
    (options.behavior.weather, options.behavior.time) = (weather, time);
    options.behavior.call_log = Some(Arc::new(|call| eprintln!("{call}")));
    let aws = LocalAws::start(options).await?;
    println!("{}", aws.endpoint_url());
    std::future::pending().await
}
