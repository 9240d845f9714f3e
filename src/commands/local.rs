//! `txflow local`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;
use txflow_local_aws::{CallerPolicy, LocalAws, Options, Random, StartError, Time, Weather};

use super::embedded::data_dir;
use super::error::CommandError;
use super::own_runtime::OwnRuntime;
use super::session::{LOCAL_REGION, Ui};
use crate::cli::LocalOptions;
use crate::exit::Exit;
use crate::input_file;
use crate::report::style::{FAINT, STRONG};
use crate::report::{Answer, Event};
use crate::world::one_line;

/// Serves the embedded AWS until Ctrl-C, with everything that is deployed in the project's local stages.
pub async fn local(ui: &Ui, options: &LocalOptions) -> Result<Exit> {
    let runtime = OwnRuntime::start()?;
    let data_dir = data_dir(&ui.root())?;
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
        let text = format!(
            "everyone who can reach {} can run programs as you",
            options.bind
        );
        ui.reporter.report(&Event::Note { text });
    }
    let mut serve = Options::new(data_dir, listener);
    let drawn = || options.realistic.then(|| Random::system().seed());
    if let Some(seed) = options.weather.or_else(drawn) {
        serve.behavior.weather = Weather::realistic(seed);
        let text = format!("AWS has a bad day; `--weather seed={seed}` repeats it");
        ui.reporter.report(&Event::Note { text });
    }
    if options.fast {
        serve.behavior.time = Time::Virtual;
    }
    serve.behavior.caller_policy = match &options.policy {
        Some(path) => Some(read_policy(path)?),
        None => None,
    };
    let log = ui.world.stderr.clone();
    let quiet = ui.global.quiet;
    serve.behavior.call_log = (!quiet).then(|| -> txflow_local_aws::CallLog {
        Arc::new(move |call| log.line(&one_line(&call.to_string())))
    });
    serve.supervisor.clone_from(&ui.world.supervisor);
    let aws = runtime.run(LocalAws::start(serve)).await??;
    ui.tell_damage(aws.damaged());
    let region = ui.global.region.clone();
    ui.answer(&Serving {
        endpoint_url: aws.endpoint_url(),
        region: region.unwrap_or_else(|| LOCAL_REGION.to_owned()),
    })?;
    ui.world.interruption().await;
    aws.shutdown().await.map_err(StartError::from)?;
    Ok(Exit::Done)
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

#[derive(Debug, Serialize)]
struct Serving {
    endpoint_url: String,
    region: String,
}

impl Answer for Serving {
    fn text(&self) -> String {
        let Self {
            endpoint_url,
            region,
        } = self;
        format!(
            "{STRONG}Local AWS{STRONG:#} on {endpoint_url} {FAINT}(Ctrl-C ends it){FAINT:#}\n\n\
             export AWS_ENDPOINT_URL={endpoint_url}\n\
             export AWS_REGION={region} AWS_DEFAULT_REGION={region}\n\
             export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n"
        )
    }
}
