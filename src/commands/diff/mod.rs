//! `txflow diff`.

mod markdown;
mod text;
mod values;

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use clap::Args;
use futures_util::future::try_join_all;
use txflow_local_aws::Time;

use super::build::{BuildOptions, begin, deployment};
use super::completions::Names;
use super::context::{Context, Identified, Session};
use super::error::CommandError;
use crate::aws::found;
use crate::config::Deployment;
use crate::exit::Exit;
use crate::resources::{self, AliasState, Contents, Difference, Side};
use crate::stack::Origin;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow diff
  txflow diff 3
  txflow diff 3 live
  txflow diff --stage prod --markdown > comment.md

Shows what makes one release another one: the definition state by state, the functions by their code and configuration, \
and what the states need to be allowed. Versions are left out: that a function has another one is said by its code and \
configuration. With one release, or none, the handlers are built to know their code. What only deploy.toml says, such as \
`statements`, triggers and log retention, is in no release; `txflow plan` compares it. It writes nothing.")]
pub struct DiffOptions {
    /// The release to compare with: its number, or `live` [default: live]
    #[arg(value_name = "RELEASE", add = Names::Releases)]
    pub release: Option<Revision>,
    /// The release that is compared [default: what is in the working folder]
    #[arg(value_name = "OTHER", add = Names::Releases)]
    pub other: Option<Revision>,
    #[command(flatten)]
    pub build: BuildOptions,
    /// Print it as Markdown, with the workflow before and after
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Exit with code 4 if something differs
    #[arg(long)]
    pub exit_code: bool,
}

/// A release, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    Live,
    Release(u64),
}

impl FromStr for Revision {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "live" => Ok(Self::Live),
            number => { number.parse().ok().map(Self::Release) }
                .ok_or_else(|| anyhow!("a release is a number, or `live`")),
        }
    }
}

/// Compares two releases, or what is in the working folder with one.
pub async fn diff(context: &Context, options: &DiffOptions) -> Result<Exit> {
    let old = options.release.unwrap_or(Revision::Live);
    let difference = match options.other {
        Some(new) => {
            let session: Session<Option<Deployment>> = context.session().await?;
            let (old, new) =
                tokio::try_join!(side(context, &session, old), side(context, &session, new))?;
            Difference::new(&session.stack, old, new)
        }
        None => with_working_folder(context, options, old).await?,
    };
    if options.markdown {
        context.printer.markdown(None, &difference)?;
    } else {
        context.printer.answer(&difference)?;
    }
    Ok(if options.exit_code && !difference.is_empty() {
        Exit::ChangesPending
    } else {
        Exit::Done
    })
}

async fn with_working_folder(
    context: &Context,
    options: &DiffOptions,
    old: Revision,
) -> Result<Difference> {
    let deployment = deployment(context, &options.build)?;
    let building = begin(context, &deployment);
    let read = async |session: &Session, identified: &Identified| {
        tokio::try_join!(
            building.finish(context, identified),
            side(context, session, old),
        )
    };
    let (session, (artifacts, old)) =
        Session::open_with(&context.connection, deployment, Time::Real, read).await?;
    let Session {
        deployment, stack, ..
    } = &session;
    let desired = resources::desired(deployment, &artifacts, stack, Origin::default())?;
    let new = Side {
        release: None,
        contents: Contents::of_desired(&desired),
    };
    Ok(Difference::new(stack, old, new))
}

/// A release with all that it pins.
pub(super) async fn side<D>(
    context: &Context,
    session: &Session<D>,
    revision: Revision,
) -> Result<Side> {
    let Session { aws, stack, .. } = session;
    let number = match revision {
        Revision::Release(number) => number,
        Revision::Live => {
            let live = resources::live(aws, stack).await?;
            let Some(live) = live else {
                return Err(context.not_deployed_here(session).await.into());
            };
            live.version().ok_or_else(|| CommandError::SplitTraffic {
                live: AliasState::shown(&live),
            })?
        }
    };
    let release = found(resources::whole_release(aws, stack, number).await)?;
    let Some(release) = release.filter(|release| !release.is_fork()) else {
        let known = resources::release_numbers(aws, stack).await?;
        if known.is_empty() {
            return Err(context.not_deployed_here(session).await.into());
        }
        let release = number;
        return Err(CommandError::UnknownRelease {
            release,
            known,
            status: context.global.same_stack("txflow status"),
        }
        .into());
    };
    let functions = release.functions.iter();
    let functions = functions.map(async |(handler, version)| {
        let name = stack.function_name(handler);
        let read = resources::function_version(aws, &name, version).await?;
        // One that is gone differs from all others.
        anyhow::Ok(read.map(|read| (handler.clone(), read)))
    });
    let functions = try_join_all(functions).await?;
    let functions: BTreeMap<_, _> = functions.into_iter().flatten().collect();
    Ok(Side {
        release: Some(number),
        contents: Contents::of_release(release, functions, stack),
    })
}
