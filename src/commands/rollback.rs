//! `txflow rollback`.

mod look;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use self::look::{Look, look_at, newest_usable};
use super::apply::{before_writing, carry_out};
use super::completions::Names;
use super::context::{Context, Session};
use super::error::CommandError;
use super::status::Unfinished;
use crate::config::{Deployment, MachineName};
use crate::exit::Exit;
use crate::plan::{self, Foreign, Plan, Refusal};
use crate::report::Answer;
use crate::report::github::{code, text};
use crate::report::style::STRONG;
use crate::resources::{
    self, AliasState, Observed, Release, ReleaseLabel, StateMachineState, Versions,
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow rollback
  txflow rollback --to 7 --stage prod

Without `--to`, it goes back from what a deploy made live. If `live` was rolled back already, it stays \
as it is, so that the command can be run again after an interruption; name an earlier release with \
`--to` to go back further.")]
pub struct RollbackOptions {
    /// The release to move to [default: the one before the live one]
    #[arg(long, value_name = "RELEASE", add = Names::Releases)]
    pub to: Option<u64>,
}

/// Moves `live` to the previous release, or to the one that was named. If `live` was already rolled back,
/// it moves only to a named release: run again after an interruption, the command has the same
/// result.
pub async fn rollback(context: &Context, options: &RollbackOptions) -> Result<Exit> {
    let prepare = async {
        let session: Session<Option<Deployment>> = context.session().await?;
        let observed = observe(context, &session, None).await?;
        let planned = prepare(context, &session, observed, options.to).await?;
        anyhow::Ok((session, planned))
    };
    let (session, planned) = before_writing(&context.world, prepare).await?;
    let PlannedRollback {
        state_machine,
        target,
        plan,
    } = planned;
    for note in &plan.notes {
        context.printer.note(note);
    }
    carry_out(context, &session, &plan).await?;
    let further = { state_machine.before(target.release) }
        .map(|release| format!("txflow rollback --to {release}"));
    context.printer.answer(&RolledBack {
        release: target.release,
        changed: !plan.is_empty(),
        before: state_machine.alias.as_ref().map(AliasState::shown),
        instead_of: target.instead_of,
        alias_arn: session.stack.alias_arn(),
        further: further.map(|command| context.global.same_stack(&command)),
        state_machine_arn: session.stack.state_machine_arn(&MachineName::Main),
        prefix: session.stack.prefix(),
    })?;
    Ok(Exit::Done)
}

/// Moves `live` from one release back to another. If it leads elsewhere, or nowhere any more, it stays as it is, and that is
/// returned.
pub(super) async fn move_back(
    context: &Context,
    session: &Session,
    (from, to): (u64, u64),
) -> Result<Option<AliasState>> {
    let observed = observe(context, session, Some(from)).await?;
    let live = observed.lasting_state_machine();
    if live.is_none_or(|live| live.alias.is_none()) {
        return Ok(Some(AliasState::default()));
    }
    let planned = prepare(context, session, observed, Some(to)).await?;
    let alias = planned.state_machine.alias.unwrap_or_default();
    if alias.version() != Some(from) {
        return Ok(Some(alias));
    }
    carry_out(context, session, &planned.plan).await?;
    Ok(None)
}

struct PlannedRollback {
    state_machine: StateMachineState,
    target: TargetRelease,
    plan: Plan,
}

async fn prepare<D>(
    context: &Context,
    session: &Session<D>,
    observed: Observed,
    to: Option<u64>,
) -> Result<PlannedRollback> {
    let stack = &session.stack;
    // Only the alias is changed, so nothing but its state machine needs its tags.
    let (whole, _) = plan::with_tags_back(stack, &observed);
    plan::refuse_foreign(stack, &whole)?;
    let state_machine = observed.lasting_state_machine().cloned();
    let state_machine = state_machine.ok_or_else(|| match Unfinished::new(stack, &observed) {
        Some(_) => context.unfinished(stack),
        None => context.not_deployed(stack),
    })?;
    if let Some(foreign) = Foreign::state_machine(stack, &state_machine) {
        return Err(Refusal::Foreign(vec![foreign]).into());
    }
    let status = context.global.same_stack("txflow status");
    let target = target(&state_machine, to, &status)?;
    let Session { aws, stack, .. } = session;
    let release = resources::release(aws, stack, &MachineName::Main, target.release).await?;
    let usable = usable(
        context,
        session,
        &state_machine,
        (&target, &release),
        &observed,
    );
    let notes = usable.await?;
    let plan = if target.is_live {
        Plan::nothing(stack)
    } else {
        let alias = state_machine.alias.as_ref();
        plan::reroute(stack, alias, label(release, alias, &target))
    };
    let plan = Plan { notes, ..plan };
    Ok(PlannedRollback {
        state_machine,
        target,
        plan,
    })
}

/// What is to be known of the release before callers get it. A release that is live already may not work any more, such as
/// after its functions were removed by hand.
async fn usable<D>(
    context: &Context,
    session: &Session<D>,
    state_machine: &StateMachineState,
    (target, release): (&TargetRelease, &Release),
    observed: &Observed,
) -> Result<Vec<String>> {
    let roles = &observed.roles;
    let cause = match look_at(session, release, roles).await? {
        Look::Usable { notes } => return Ok(notes),
        Look::Broken { cause } => cause,
    };
    let works = newest_usable(session, state_machine, target.release, roles).await?;
    let command = |works| {
        let command = format!("txflow rollback --to {works}");
        (works, context.global.same_stack(&command))
    };
    Err(CommandError::BrokenRelease {
        release: target.release,
        is_live: target.is_live,
        cause,
        works: works.map(command),
        deploy: context.global.same_stack("txflow deploy"),
    }
    .into())
}

/// Right after a deploy AWS may still show what was live before it, and a rollback would go back from that, unless it is known
/// `from` which release it goes.
async fn observe<D>(
    context: &Context,
    session: &Session<D>,
    from: Option<u64>,
) -> Result<Observed> {
    let observed = session.observe(Versions::None).await?;
    let aws = &session.aws;
    let live = || observed.main()?.alias.as_ref()?.version();
    let is_doubtful = match from {
        Some(_) => live() != from,
        None => observed.may_show_former_live((aws.now)()),
    };
    if aws.policy_propagation.is_zero() || !is_doubtful {
        return Ok(observed);
    }
    let note = "`live` was moved within the last minute, and AWS may still show what was before; looking again in a few seconds";
    context.printer.note(note);
    aws.sleep.sleep(aws.policy_propagation).await;
    session.observe(Versions::None).await
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RolledBack {
    release: u64,
    before: Option<String>,
    /// The later release that callers no longer get.
    instead_of: Option<u64>,
    alias_arn: String,
    changed: bool,
    /// The command to go back further.
    #[serde(skip)]
    further: Option<String>,
    #[serde(skip)]
    state_machine_arn: String,
    #[serde(skip)]
    prefix: String,
}

impl Answer for RolledBack {
    fn text(&self) -> String {
        let Self {
            release,
            alias_arn,
            prefix,
            ..
        } = self;
        let unchanged = self.unchanged();
        let mut text = format!(
            "{STRONG}{prefix}{STRONG:#} is live: release {release}{unchanged}\n  start executions on {alias_arn}"
        );
        if let Some(further) = &self.further {
            text.push_str(&format!("\n  to go back further: {further}"));
        }
        text
    }

    fn summary(&self) -> Option<String> {
        if !self.changed {
            return Some(format!(
                "## {} is live\n\nRelease {}{}: {}\n\n",
                text(&self.prefix),
                self.release,
                self.unchanged(),
                code(&self.alias_arn)
            ));
        }
        let before = self.before.as_deref();
        let before = before.map(|before| format!(" instead of {}", text(before)));
        Some(format!(
            "## {} is rolled back\n\nRelease {} is live{}: {}\n\n",
            text(&self.prefix),
            self.release,
            before.unwrap_or_default(),
            code(&self.alias_arn)
        ))
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("state-machine-arn", self.state_machine_arn.clone()),
            ("version", self.release.to_string()),
            ("live", self.release.to_string()),
            ("changed", self.changed.to_string()),
        ]
    }
}

impl RolledBack {
    fn unchanged(&self) -> String {
        match self.instead_of {
            _ if self.changed => String::new(),
            Some(later) => format!(", already rolled back from release {later}"),
            None => ", nothing to change".to_owned(),
        }
    }
}

/// The release that must be live.
#[derive(Debug, PartialEq, Eq)]
struct TargetRelease {
    release: u64,
    /// The later release that callers no longer get.
    instead_of: Option<u64>,
    /// Whether `live` already points at it, and its description says so.
    is_live: bool,
}

fn target(
    state_machine: &StateMachineState,
    to: Option<u64>,
    status: &str,
) -> Result<TargetRelease, CommandError> {
    let alias = state_machine.alias.as_ref();
    let label = alias.and_then(|alias| {
        let label = ReleaseLabel::parse(&alias.description)?;
        // Moving the alias by hand does not change its description.
        (alias.version() == Some(label.release)).then_some(label)
    });
    let stays = |label: &ReleaseLabel| TargetRelease {
        release: label.release,
        instead_of: label.instead_of,
        is_live: true,
    };
    let routed = alias.into_iter().flat_map(|alias| &alias.routing);
    // What an earlier rollback replaced is not live again.
    let replaced = label.as_ref().and_then(|label| label.instead_of);
    let newest = routed.map(|(release, _)| *release).chain(replaced).max();
    let moves = |release: u64| TargetRelease {
        release,
        instead_of: newest.filter(|newest| *newest > release),
        is_live: false,
    };
    if let Some(release) = to {
        let known: Vec<u64> = state_machine.versions.iter().map(|(n, _)| *n).collect();
        return match label {
            _ if !known.contains(&release) => Err(CommandError::UnknownRelease {
                release,
                known,
                status: status.to_owned(),
            }),
            Some(label) if label.release == release => Ok(stays(&label)),
            _ => Ok(moves(release)),
        };
    }
    if let Some(label) = label.as_ref().filter(|label| label.instead_of.is_some()) {
        return Ok(stays(label));
    }
    if let Some(old) = alias
        .and_then(AliasState::canary)
        .and_then(|label| label.after)
    {
        return Ok(moves(old));
    }
    // While somebody shifts the traffic, the older release is the one that is known to work.
    if let Some(split) = alias.filter(|alias| alias.is_split()) {
        let oldest = split.routing.iter().map(|(release, _)| *release).min();
        return Ok(moves(oldest.unwrap_or_default()));
    }
    let live = alias.and_then(AliasState::version);
    let live = live.ok_or(CommandError::NoLiveRelease)?;
    let before = match label.map(|label| label.after) {
        // What was published before the first release that was live never was, since its deploy failed.
        Some(None) => None,
        // Nor were those in between: their tests failed.
        Some(Some(after)) if after < live && is_retained(state_machine, after) => Some(after),
        _ => state_machine.before(live),
    };
    Ok(moves(before.ok_or_else(|| {
        CommandError::NoEarlierRelease {
            live,
            others: state_machine
                .versions
                .iter()
                .any(|(other, _)| *other != live),
            status: status.to_owned(),
        }
    })?))
}

fn is_retained(state_machine: &StateMachineState, release: u64) -> bool {
    let mut versions = state_machine.versions.iter();
    versions.any(|(number, _)| *number == release)
}

/// The origin of the release, and what it froze: the next deploy compares that.
fn label(release: Release, alias: Option<&AliasState>, target: &TargetRelease) -> ReleaseLabel {
    ReleaseLabel {
        release: target.release,
        digest: resources::digest(&release.definition, &release.settings),
        origin: release.description.unwrap_or_else(|| "txflow".to_owned()),
        instead_of: target.instead_of,
        // A later release than the live one is deployed again.
        after: match target.instead_of {
            Some(_) => None,
            None => alias.and_then(|alias| alias.replaced_by(target.release)),
        },
        canary: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::Project;

    /// A state machine with three releases, of which this one is live, instead of or after that one.
    fn state_machine(live: u64, instead_of: Option<u64>, after: Option<u64>) -> StateMachineState {
        let mut state_machine = Project::new().deployed().state_machine().clone();
        let published = state_machine.versions[0].1;
        state_machine.versions = [3, 2, 1].map(|release| (release, published)).to_vec();
        let label = ReleaseLabel {
            release: live,
            origin: "txflow".to_owned(),
            digest: "0123456789abcdef".to_owned(),
            instead_of,
            after,
            canary: None,
        };
        let alias = state_machine.alias.as_mut().expect("the alias");
        alias.routing = [(live, 100)].into_iter().collect();
        alias.description = label.to_string();
        state_machine
    }

    #[test]
    fn who_goes_back_twice_still_knows_what_was_deployed_last() {
        let instead_of = |live, instead_of, to| {
            let state_machine = state_machine(live, instead_of, None);
            let target = target(&state_machine, Some(to), "txflow status");
            target.expect("a release").instead_of
        };
        assert_eq!(instead_of(3, None, 2), Some(3));
        // The next deploy makes 3 live again, not a new release.
        assert_eq!(instead_of(2, Some(3), 1), Some(3));
        assert_eq!(instead_of(1, Some(3), 2), Some(3));
        assert_eq!(instead_of(1, Some(3), 3), None);
    }

    #[test]
    fn what_was_never_live_is_not_gone_back_to() {
        let before = |after| {
            let target = target(&state_machine(3, None, after), None, "txflow status");
            target.ok().map(|target| target.release)
        };
        assert_eq!(before(Some(2)), Some(2));
        assert_eq!(before(Some(1)), Some(1));
        // The releases before the first one that was live are left of deploys that failed.
        assert_eq!(before(None), None);
    }
}
