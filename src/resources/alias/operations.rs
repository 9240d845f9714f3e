//! The calls that move `live`, and the check of the result.

use std::time::Duration;

use aws_sdk_sfn::types::RoutingConfigurationListItem;
use jiff::{SignedDuration, Timestamp};

use super::pinned::Pinned;
use super::{AliasState, ReleaseLabel, read};
use crate::apply::{Backoff, Executor, PublishedRelease, StepError};
use crate::aws::Class;
use crate::canary::CanaryStart;
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::role::needed::NeededRoles;
use crate::resources::state_machine::STATE_MACHINE;
use crate::stack::LIVE;

pub(super) const ALL: &[&Spec] = &[&CREATE_STATE_MACHINE_ALIAS, &UPDATE_STATE_MACHINE_ALIAS];

pub(super) const READS: &[Permission] = &[
    Permission::new(
        "states:DescribeStateMachineAlias",
        &STATE_MACHINE,
        &[
            Command::Deploy,
            Command::Plan,
            Command::Diff,
            Command::Test,
            Command::Start,
            Command::Invoke,
            Command::TestState,
            Command::Status,
            Command::ExecutionsFork,
            Command::Replay,
            Command::Canary,
            Command::Rollback,
            Command::Destroy,
            Command::Ui,
        ],
    ),
    Permission::new(
        "states:ListStateMachineAliases",
        &STATE_MACHINE,
        // To find out which versions stay.
        &[Command::Deploy, Command::Plan, Command::Status],
    ),
];

const MOVING: &[Command] = &[Command::Deploy, Command::Canary, Command::Rollback];

#[derive(Debug, Clone)]
pub(crate) struct AliasRequest {
    pub state_machine_arn: String,
    pub release: ReleaseRef,
    /// Of two deploys at once the one whose release is live must have the last word. None for a rollback: the roles have what
    /// each retained release needs.
    pub roles: NeededRoles,
    /// `None` for a rollback, which looks before.
    pub pinned: Option<Pinned>,
}

/// The release that the alias must point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReleaseRef {
    /// The one that an earlier step of the plan publishes.
    Published {
        origin: String,
        /// The alias as it was.
        replaces: AliasState,
        /// When the newest release was published, if the alias did not lead to it: AWS shows for some seconds what was live
        /// before.
        not_live: Option<Timestamp>,
        /// If it gets only a share of the executions.
        canary: Option<CanaryStart>,
    },
    /// An existing one, or the share of one that a canary tries out.
    Known(ReleaseLabel),
}

impl ReleaseRef {
    /// `None` if nothing was published. `seen` is the alias as it is now, if that was read again.
    pub fn label(
        &self,
        published: Option<PublishedRelease>,
        seen: Option<&AliasState>,
        now: Timestamp,
    ) -> Option<ReleaseLabel> {
        let (origin, replaces, canary) = match self {
            Self::Known(label) => return Some(label.clone()),
            Self::Published {
                origin,
                replaces,
                canary,
                ..
            } => (
                origin,
                seen.map_or(replaces, |seen| seen.newer(replaces)),
                canary,
            ),
        };
        let PublishedRelease { version, digest } = published?;
        // AWS may have published nothing, since what is live is the same.
        let is_other = replaces.version().is_some_and(|live| live != version);
        Some(ReleaseLabel {
            release: version,
            origin: origin.clone(),
            digest,
            instead_of: None,
            after: replaces.replaced_by(version),
            canary: { canary.as_ref() }
                .filter(|_| is_other)
                .map(|canary| canary.begin(now)),
        })
    }

    /// The canary that it begins.
    pub fn canary(&self) -> Option<&CanaryStart> {
        match self {
            Self::Known(_) => None,
            Self::Published { canary, .. } => canary.as_ref(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct CreateStateMachineAlias(pub AliasRequest);

static CREATE_STATE_MACHINE_ALIAS: Spec = Spec {
    operation: "CreateStateMachineAlias",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[Permission::new(
        "states:CreateStateMachineAlias",
        &STATE_MACHINE,
        &[Command::Deploy, Command::Rollback],
    )],
};

impl Operation for CreateStateMachineAlias {
    fn spec(&self) -> &'static Spec {
        &CREATE_STATE_MACHINE_ALIAS
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.create(executor))
    }
}

impl CreateStateMachineAlias {
    async fn create(&self, executor: &Executor) -> Result<(), StepError> {
        let alias = &self.0;
        alias.until_ready(executor).await?;
        let label = alias.label(executor).await?;
        let request = executor
            .aws
            .sfn
            .create_state_machine_alias()
            .name(LIVE)
            .description(label.to_string())
            .set_routing_configuration(Some(alias.route(&label)?));
        let spec = &CREATE_STATE_MACHINE_ALIAS;
        match executor.call(spec, || request.clone().send()).await {
            // A request whose response was lost is sent again and meets its own first effect, or another
            // deploy came first.
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                alias.update(executor).await
            }
            created => {
                created?;
                alias.confirm(executor, &label).await
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct UpdateStateMachineAlias(pub AliasRequest);

static UPDATE_STATE_MACHINE_ALIAS: Spec = Spec {
    operation: "UpdateStateMachineAlias",
    effect: Effect::Update,
    words: Words::new("Moving", "Moved"),
    part: None,
    permissions: &[Permission::new(
        "states:UpdateStateMachineAlias",
        &STATE_MACHINE,
        MOVING,
    )],
};

impl Operation for UpdateStateMachineAlias {
    fn spec(&self) -> &'static Spec {
        &UPDATE_STATE_MACHINE_ALIAS
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.0.update(executor))
    }
}

impl AliasRequest {
    async fn update(&self, executor: &Executor) -> Result<(), StepError> {
        self.until_ready(executor).await?;
        let label = self.label(executor).await?;
        let request = executor
            .aws
            .sfn
            .update_state_machine_alias()
            .state_machine_alias_arn(self.arn())
            .description(label.to_string())
            .set_routing_configuration(Some(self.route(&label)?));
        let spec = &UPDATE_STATE_MACHINE_ALIAS;
        executor.call(spec, || request.clone().send()).await?;
        self.confirm(executor, &label).await
    }

    /// Of two deploys at once the one whose call came last is live, and the other one must find out. AWS may
    /// still show for some seconds what was live before, whatever that was.
    async fn confirm(&self, executor: &Executor, ours: &ReleaseLabel) -> Result<(), StepError> {
        let mut backoff = Backoff::visible();
        loop {
            let (live, held) = tokio::try_join!(self.live(executor), self.roles.held(executor))?;
            if live.leads_to(&ours.routing()) {
                let pinned = self.pinned.as_ref();
                let alone = match pinned {
                    Some(pinned) => !pinned.is_disturbed(executor).await?,
                    None => true,
                };
                return self.roles.keep(executor, held, alone).await;
            }
            let Some(pause) = backoff.next() else {
                return Err(overtaken(ours.release, &live));
            };
            // The call itself has succeeded.
            if executor.pause(pause, String::new).await.is_err() {
                return Ok(());
            }
        }
    }

    /// An alias that was created a moment ago may not be readable yet.
    async fn live(&self, executor: &Executor) -> Result<AliasState, StepError> {
        let live = read(&executor.aws, &self.arn()).await?;
        Ok(live.unwrap_or_default())
    }

    async fn until_ready(&self, executor: &Executor) -> Result<(), StepError> {
        executor.until_policies_apply().await?;
        match &self.pinned {
            Some(pinned) => pinned.refuse_missing(executor).await,
            None => Ok(()),
        }
    }

    async fn label(&self, executor: &Executor) -> Result<ReleaseLabel, StepError> {
        let seen = match self.is_doubtful(executor).await? {
            true => read(&executor.aws, &self.arn()).await?,
            false => None,
        };
        let published = executor.outputs.lock().release().cloned();
        let now = (executor.aws.now)();
        let label = self.release.label(published, seen.as_ref(), now);
        label.ok_or(StepError::NoRelease)
    }

    /// Whether something else may be live than the plan says. A rollback goes to what was live before a release.
    async fn is_doubtful(&self, executor: &Executor) -> Result<bool, StepError> {
        const YOUNG: SignedDuration = SignedDuration::from_mins(5);
        // A rollback beside this deploy leaves no other trace.
        const FRESH: Duration = Duration::from_secs(1);
        let ReleaseRef::Published { not_live, .. } = &self.release else {
            return Ok(false);
        };
        let read_at = executor.outputs.lock().read_at;
        if read_at.is_some_and(|at| at.elapsed() > FRESH) {
            return Ok(true);
        }
        let now = (executor.aws.now)();
        if not_live.is_some_and(|published| now.duration_since(published) < YOUNG) {
            return Ok(true);
        }
        match &self.pinned {
            Some(pinned) => pinned.is_disturbed(executor).await,
            None => Ok(false),
        }
    }

    fn arn(&self) -> String {
        format!("{}:{LIVE}", self.state_machine_arn)
    }

    fn route(&self, label: &ReleaseLabel) -> Result<Vec<RoutingConfigurationListItem>, StepError> {
        let routes = label.routing().into_iter().map(|(release, weight)| {
            RoutingConfigurationListItem::builder()
                .state_machine_version_arn(format!("{}:{release}", self.state_machine_arn))
                .weight(weight)
                .build()
                .map_err(|error| StepError::Request {
                    name: LIVE.to_owned(),
                    cause: error.to_string(),
                })
        });
        routes.collect()
    }
}

/// Checks that callers still get the release of this plan, if it has published one. AWS may show for some seconds what was live
/// before.
pub(in crate::resources) async fn refuse_overtaken(
    executor: &Executor,
    alias_arn: &str,
) -> Result<(), StepError> {
    let Some(ours) = executor.outputs.lock().release().cloned() else {
        return Ok(());
    };
    let mut backoff = Backoff::visible();
    loop {
        let live = read(&executor.aws, alias_arn).await?.unwrap_or_default();
        let mut routes = live.routing.iter();
        if routes.any(|(release, _)| *release == ours.version) {
            return Ok(());
        }
        let Some(pause) = backoff.next() else {
            return Err(overtaken(ours.version, &live));
        };
        let cause = || "another command has moved `live`".to_owned();
        executor.pause(pause, cause).await?;
    }
}

fn overtaken(release: u64, live: &AliasState) -> StepError {
    let is_live = !live.routing.is_empty();
    StepError::Overtaken {
        release,
        origin: origin(live),
        live: is_live.then(|| live.shown()),
    }
}

/// The origin of what is live, if txflow wrote it.
fn origin(live: &AliasState) -> Option<String> {
    let label = ReleaseLabel::parse(&live.description)?;
    live.leads_to(&label.routing()).then_some(label.origin)
}
