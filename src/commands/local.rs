//! `txflow local`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use txflow_local_aws::{
    CallerPolicy, EndedExecution, LocalAws, Mocks, Options, Random, StartError, Time, Undelivered,
    Weather,
};

use super::context::Context;
use super::embedded::{LOCAL_REGION, OwnRuntime, data_dir};
use super::error::CommandError;
use super::ui;
use super::upstreams::upstream;
use crate::exit::Exit;
use crate::input_file;
use crate::report::Answer;
use crate::report::style::{FAINT, STRONG, duration};
use crate::world::{one_line, unbroken};

/// That of other emulators, so that tools look for it.
pub(super) const DEFAULT_PORT: u16 = 4566;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow local
  txflow local --port 0 --fast
  txflow local --verbose
  txflow local --mocks MockConfigFile.json
  txflow local --weather seed=7")]
pub struct LocalOptions {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// The address to serve on. Anyone who can reach it can run programs as you
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Be as slow, as late and as unreliable as AWS on a bad day. The seed that decides when is printed
    #[arg(long, conflicts_with = "weather")]
    pub realistic: bool,
    /// Be as unreliable as `--realistic` once was with this seed
    #[arg(long, value_name = "seed=N", value_parser = seed)]
    pub weather: Option<u64>,
    /// Allow callers only what this IAM policy allows: a JSON file, such as `txflow policy` prints
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Send the calls of a service to another emulator; may be given several times
    #[arg(long = "upstream", value_name = "SERVICE=URL", value_parser = upstream)]
    pub upstreams: Vec<(String, String)>,
    /// Mock the responses of tasks: a `MockConfigFile.json` of Step Functions Local. A test case is named behind the ARN of
    /// its state machine: `…:stateMachine:orders#HappyPath`
    #[arg(long, value_name = "FILE")]
    pub mocks: Option<PathBuf>,
    /// The port of the page to look at; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub ui_port: u16,
    /// Skip the time of waits and retries of all executions, not only of those that a command with `--fast` starts
    #[arg(long)]
    pub fast: bool,
    /// Log each call, not only each execution that ends
    #[arg(long, short)]
    pub verbose: bool,
}

fn seed(text: &str) -> Result<u64, String> {
    let number = text.strip_prefix("seed=").unwrap_or_default();
    number
        .parse()
        .map_err(|_| "it must be `seed=` and a number, such as `seed=7`".to_owned())
}

/// Serves the embedded AWS until Ctrl-C, with everything that is deployed in the project's local stages.
pub async fn local(context: &Context, options: &LocalOptions) -> Result<Exit> {
    let runtime = OwnRuntime::start()?;
    let data_dir = data_dir(context.project.root())?;
    refuse_second(&runtime, data_dir.clone()).await?;
    let address = (options.bind, options.port);
    let listener = runtime
        .run(tokio::net::TcpListener::bind(address))
        .await?
        .map_err(|cause| CommandError::CannotServe {
            address: format!("{}:{}", options.bind, options.port),
            cause,
        })?;
    if !options.bind.is_loopback() {
        context.printer.note(&format!(
            "everyone who can reach {} can run programs as you",
            options.bind
        ));
    }
    let mut serve = Options::new(data_dir, listener);
    let drawn = || options.realistic.then(|| Random::system().seed());
    if let Some(seed) = options.weather.or_else(drawn) {
        serve.behavior.weather = Weather::realistic(seed);
        context.printer.note(&format!(
            "AWS has a bad day; `--weather seed={seed}` repeats it"
        ));
    }
    if options.fast {
        serve.behavior.time = Time::Virtual;
    }
    serve.behavior.caller_policy = match &options.policy {
        Some(path) => Some(read_policy(path)?),
        None => None,
    };
    if let Some(path) = &options.mocks {
        serve.behavior.mocks = read_mocks(path)?;
    }
    let stderr = context.world.stderr.clone();
    let events = context.global.json.then(|| context.printer.reporter());
    let log = move |line: String| match &events {
        Some(events) => events.note(&line),
        None => stderr.line(&one_line(&line)),
    };
    let quiet = context.global.quiet;
    if options.verbose && !quiet {
        let log = log.clone();
        serve.behavior.call_log = Some(Arc::new(move |call| log(call.to_string())));
    }
    if !quiet {
        let undelivered = log.clone();
        serve.behavior.on_undelivered =
            Some(Arc::new(move |lost| undelivered(undelivered_line(lost))));
        serve.behavior.on_end = Some(Arc::new(move |ended| log(ended_line(ended))));
    }
    serve.supervisor.clone_from(&context.world.supervisor);
    let aws = runtime.run(LocalAws::start(serve)).await??;
    aws.add_upstreams(options.upstreams.iter().cloned().collect());
    if let Some(damaged) = aws.damaged() {
        context.printer.note(&damaged.to_string());
    }
    let page = ui::Serving::bind(context, options.ui_port).await?;
    let region = context.global.region.clone();
    context.printer.answer(&Serving {
        endpoint_url: aws.endpoint_url(),
        region: region.unwrap_or_else(|| LOCAL_REGION.to_owned()),
        page_url: page.url(),
    })?;
    let direction = ui::Direction::of_local(&aws);
    page.serve(context, Some(direction)).await;
    aws.shutdown().await.map_err(StartError::from)?;
    Ok(Exit::Done)
}

/// `orders-dev order-17 SUCCEEDED 0.07 s`
fn ended_line(ended: &EndedExecution) -> String {
    // `…:execution:<state machine>:<name>`, and one more part for an EXPRESS one.
    let mut parts = ended.arn.split(':').skip(6);
    let (machine, name) = (parts.next(), parts.next());
    let (machine, name) = (machine.unwrap_or_default(), name.unwrap_or_default());
    let status = ended.status;
    let time = if ended.is_virtual { " (virtual)" } else { "" };
    let error = ended.error.as_ref().map(|error| format!(", {error}"));
    format!(
        "{machine} {name} {status} {}{time}{}",
        duration(ended.duration),
        error.unwrap_or_default()
    )
}

/// `orders-dev.nightly started nothing: ResourceNotFound: …`
fn undelivered_line(lost: &Undelivered) -> String {
    let sender = lost.sender.rsplit('/').next().unwrap_or(&lost.sender);
    let kept = match lost.kept {
        true => " (it is in the dead-letter queue)",
        false => "",
    };
    format!(
        "{sender} could not start {}: {}{kept}",
        lost.target, lost.error
    )
}

/// A project has one server. Another port would not help, so this is checked before a port is opened.
#[expect(
    clippy::disallowed_methods,
    reason = "looks for a server of the project"
)]
async fn refuse_second(runtime: &OwnRuntime, data_dir: PathBuf) -> Result<()> {
    let find = async move { tokio::task::spawn_blocking(move || LocalAws::find(data_dir)).await };
    let found = runtime.run(find).await??;
    match found.map_err(StartError::from)? {
        Some(running) => Err(CommandError::AlreadyServing {
            endpoint_url: running.endpoint_url(),
        }
        .into()),
        None => Ok(()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads a file that the user names"
)]
fn read_policy(path: &Path) -> Result<CallerPolicy, CommandError> {
    let bad = |cause: String| CommandError::BadPolicy {
        path: path.display().to_string(),
        cause,
    };
    let text = input_file::read(path).map_err(|error| bad(error.to_string()))?;
    CallerPolicy::parse(&text).map_err(|error| bad(error.to_string()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads a file that the user names"
)]
fn read_mocks(path: &Path) -> Result<Mocks, CommandError> {
    let bad = |cause: String| CommandError::BadMocks {
        path: path.display().to_string(),
        cause,
    };
    let text = input_file::read(path).map_err(|error| bad(error.to_string()))?;
    Mocks::from_file_text(&text).map_err(|error| bad(error.to_string()))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Serving {
    endpoint_url: String,
    region: String,
    /// Where a browser shows the executions, with the token that lets it in.
    page_url: String,
}

impl Answer for Serving {
    fn text(&self) -> String {
        let Self {
            endpoint_url,
            region,
            page_url,
        } = self;
        let exports = format!(
            "export AWS_ENDPOINT_URL={endpoint_url}\n\
             export AWS_REGION={region} AWS_DEFAULT_REGION={region}\n\
             export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n\
             export AWS_DISABLE_HOST_PREFIX_INJECTION=true"
        );
        let page = format!("{STRONG}Page{STRONG:#} on {page_url}");
        format!(
            "{STRONG}Local AWS{STRONG:#} on {endpoint_url} {FAINT}(Ctrl-C ends it){FAINT:#}\n\n\
             {}\n\n{}\n",
            unbroken(&exports),
            unbroken(&page)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_a_trigger_could_not_start_is_a_line() {
        let mut lost = Undelivered {
            sender: "arn:aws:scheduler:us-east-1:000000000000:schedule/orders-dev/nightly"
                .to_owned(),
            target: "arn:aws:states:us-east-1:000000000000:stateMachine:orders-dev:live".to_owned(),
            error: "AccessDeniedException: no".to_owned(),
            kept: false,
        };
        let line = "nightly could not start arn:aws:states:us-east-1:000000000000:stateMachine:orders-dev:live: AccessDeniedException: no";
        assert_eq!(undelivered_line(&lost), line);
        lost.kept = true;
        let kept = format!("{line} (it is in the dead-letter queue)");
        assert_eq!(undelivered_line(&lost), kept);
    }

    #[test]
    fn an_execution_that_has_ended_is_a_line() {
        let mut ended = EndedExecution {
            arn: "arn:aws:states:us-east-1:000000000000:execution:orders-dev:order-17".to_owned(),
            status: "SUCCEEDED",
            error: None,
            duration: Duration::from_millis(70),
            is_virtual: false,
        };
        assert_eq!(ended_line(&ended), "orders-dev order-17 SUCCEEDED 0.07 s");
        ended.arn = ended.arn.replace(":execution:", ":express:") + ":1234";
        (ended.status, ended.error) = ("FAILED", Some("Declined".to_owned()));
        (ended.duration, ended.is_virtual) = (Duration::from_secs(7_200), true);
        let line = "orders-dev order-17 FAILED 2 h (virtual), Declined";
        assert_eq!(ended_line(&ended), line);
    }
}
