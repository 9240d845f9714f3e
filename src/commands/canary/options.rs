//! How a canary begins.

use std::time::Duration;

use clap::Args;

use crate::canary::{CanaryStart, Share, Shares};
use crate::commands::error::CommandError;
use crate::config::{Deployment, StateMachineKind};

#[derive(Debug, Clone, Default, Args)]
pub struct CanaryOptions {
    /// Give a new release this share of the executions first, such as `10%`, and all of them only if it does as well as the
    /// old one [default: the steps of deploy.toml]
    #[arg(long, value_name = "SHARE")]
    pub canary: Option<Option<Share>>,
    /// How long each step of the canary takes at least, such as `15m`
    #[arg(long = "for", value_name = "DURATION", requires = "canary", value_parser = humantime::parse_duration)]
    pub least: Option<Duration>,
    /// The shares of the canary's steps, such as `10,50,100`
    #[arg(
        long,
        value_name = "SHARES",
        requires = "canary",
        value_delimiter = ','
    )]
    pub steps: Vec<Share>,
}

impl CanaryOptions {
    /// The canary that is to begin, if one is asked for. `planned` is that of the plan that is applied.
    pub fn start(
        &self,
        deployment: &Deployment,
        planned: Option<&CanaryStart>,
    ) -> Result<Option<CanaryStart>, CommandError> {
        let Some(first) = self.canary.or(planned.map(|_| None)) else {
            return Ok(None);
        };
        if deployment.state_machines.main.kind == StateMachineKind::Express {
            return Err(CommandError::CanaryOfExpress);
        }
        let mut start = planned.unwrap_or(&deployment.canary).clone();
        if let Some(shares) = self.shares(first)? {
            start.shares = shares;
        }
        if let Some(least) = self.least {
            // The description of the alias holds whole seconds.
            start.rules.least = Duration::from_secs(least.as_secs());
        }
        Ok(Some(start))
    }

    fn shares(&self, first: Option<Share>) -> Result<Option<Shares>, CommandError> {
        let bad = |cause: &str| CommandError::BadShares {
            cause: cause.to_owned(),
        };
        let first_step = self.steps.first();
        let shares = match first {
            Some(first) if first_step.is_some_and(|step| *step != first) => {
                return Err(bad("the first of `--steps` must be that of `--canary`"));
            }
            None if self.steps.is_empty() => return Ok(None),
            Some(first) if self.steps.is_empty() => vec![first.0],
            _ => self.steps.iter().map(|share| share.0).collect(),
        };
        let expected = format!("they must be {}", Shares::EXPECTED);
        Shares::new(shares).map(Some).map_err(|_| bad(&expected))
    }
}
