//! The calls that move `live`, and the look at what became of it.

use aws_sdk_sfn::types::RoutingConfigurationListItem;

use super::backoff::Backoff;
use super::execute::{Executor, StepError};
use crate::aws::{self, Class, failed, found};
use crate::desired::{LIVE, Routing, routing};
use crate::plan::{AliasRequest, ReleaseLabel, ReleaseRef};

impl Executor {
    pub(super) async fn create_alias(&self, alias: &AliasRequest) -> Result<(), StepError> {
        let label = self.label(alias)?;
        let route = route(alias, &label)?;
        let created = self
            .until_ready(|| async {
                self.aws
                    .sfn
                    .create_state_machine_alias()
                    .name(LIVE)
                    .description(label.to_string())
                    .routing_configuration(route.clone())
                    .send()
                    .await
                    .map(drop)
                    .map_err(failed("CreateStateMachineAlias"))
            })
            .await;
        match created {
            // A request whose answer was lost is sent again and meets its own first effect, or another
            // deploy came first.
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let before = self.live(alias).await?.routing;
                let alias = AliasRequest {
                    before,
                    ..alias.clone()
                };
                self.update_alias(&alias).await
            }
            created => {
                created?;
                self.confirm(alias, &label).await
            }
        }
    }

    pub(super) async fn update_alias(&self, alias: &AliasRequest) -> Result<(), StepError> {
        let label = self.label(alias)?;
        let route = route(alias, &label)?;
        self.until_ready(|| async {
            self.aws
                .sfn
                .update_state_machine_alias()
                .state_machine_alias_arn(arn(alias))
                .description(label.to_string())
                .routing_configuration(route.clone())
                .send()
                .await
                .map(drop)
                .map_err(failed("UpdateStateMachineAlias"))
        })
        .await?;
        self.confirm(alias, &label).await
    }

    /// Of two deploys at once the one whose call came last is live: the other one is to know. AWS may
    /// show for some seconds what was live before.
    async fn confirm(&self, alias: &AliasRequest, ours: &ReleaseLabel) -> Result<(), StepError> {
        let mut backoff = Backoff::visible();
        loop {
            let live = self.live(alias).await?;
            if live.routing == [(ours.release, 100)] {
                return Ok(());
            }
            let stale = live.routing == alias.before;
            let Some(pause) = backoff.next().filter(|_| stale) else {
                return Err(StepError::Overtaken {
                    release: ours.release,
                    origin: live.origin(),
                    live: routing::shown(&live.routing),
                });
            };
            // The call itself has been done.
            if self.pause(pause, String::new).await.is_err() {
                return Ok(());
            }
        }
    }

    async fn live(&self, alias: &AliasRequest) -> Result<Live, StepError> {
        let answer = self.aws.sfn.describe_state_machine_alias();
        let answer = answer.state_machine_alias_arn(arn(alias)).send().await;
        let answer = found(answer.map_err(failed("DescribeStateMachineAlias")))?;
        // One that was made a moment ago may not be readable yet.
        let live = answer.map(|answer| Live {
            routing: aws::routing(&answer),
            description: answer.description.unwrap_or_default(),
        });
        Ok(live.unwrap_or_default())
    }

    fn label(&self, alias: &AliasRequest) -> Result<ReleaseLabel, StepError> {
        Ok(match &alias.release {
            ReleaseRef::Known(label) => label.clone(),
            ReleaseRef::Published { origin } => {
                let published = self.outputs.learned().release.clone();
                let published = published.ok_or(StepError::NoRelease)?;
                ReleaseLabel {
                    release: published.version,
                    origin: origin.clone(),
                    digest: published.digest,
                    instead_of: None,
                }
            }
        })
    }
}

/// What the alias leads to.
#[derive(Default)]
struct Live {
    routing: Routing,
    description: String,
}

impl Live {
    /// Where it comes from, if txflow wrote that for it.
    fn origin(&self) -> Option<String> {
        let label = ReleaseLabel::parse(&self.description)?;
        (self.routing == [(label.release, 100)]).then_some(label.origin)
    }
}

fn arn(alias: &AliasRequest) -> String {
    format!("{}:{LIVE}", alias.state_machine_arn)
}

fn route(
    alias: &AliasRequest,
    label: &ReleaseLabel,
) -> Result<RoutingConfigurationListItem, StepError> {
    RoutingConfigurationListItem::builder()
        .state_machine_version_arn(format!("{}:{}", alias.state_machine_arn, label.release))
        .weight(100)
        .build()
        .map_err(|error| StepError::Request {
            name: LIVE.to_owned(),
            cause: error.to_string(),
        })
}
