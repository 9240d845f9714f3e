//! What to do about the errors of commands, and their exit codes.

use super::error::CommandError;
use crate::config::nearest;
use crate::exit::{Advice, Exit, variant};

impl Advice for CommandError {
    fn kind(&self) -> String {
        match self {
            Self::Init(error) => variant(error),
            error => variant(error),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::UnknownTest { .. }
            | Self::NoTests
            | Self::OnlyMocked
            | Self::OnlyEvents
            | Self::InputForSeveral { .. }
            | Self::BadInput { .. }
            | Self::BadPolicy { .. }
            | Self::BadMocks { .. }
            | Self::BadArgument { .. }
            | Self::UnknownPicture { .. }
            | Self::PngWithoutFile
            | Self::NotExpress
            | Self::UnknownState { .. }
            | Self::UnknownMap { .. }
            | Self::NeedsMock { .. }
            | Self::BadRecording { .. }
            | Self::CoverageWithoutTests
            | Self::NotRunnable { .. }
            | Self::IncompleteDefinition
            | Self::CoversProtected { .. }
            | Self::NoAccount
            | Self::UnknownRole { .. }
            | Self::UnknownFunction { .. }
            | Self::UnknownStateMachine { .. }
            | Self::ExpressExecutions { .. }
            | Self::CannotFork { .. }
            | Self::OnlyWithFailed { .. }
            | Self::NothingToFork
            | Self::ExpressFork
            | Self::ForkNeedsInput
            | Self::OtherStateMachine { .. }
            | Self::UnknownRelease { .. }
            | Self::BadShares { .. }
            | Self::CanaryOfExpress
            | Self::TestOfCanary
            | Self::Protected { .. }
            | Self::MayBeProtected { .. }
            | Self::ProtectedNear { .. } => Exit::Usage,
            Self::Init(error) if error.is_usage() => Exit::Usage,
            Self::Interrupted
            | Self::TestsInterrupted { .. }
            | Self::WatchInterrupted { .. }
            | Self::CanaryInterrupted { .. }
            | Self::ExecutionAborted { .. } => Exit::Interrupted,
            _ => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownTest { name, known } => {
                return nearest::hint(name, "the tests are", known.iter().map(String::as_str));
            }
            Self::UnknownFunction { name, known } => {
                return nearest::hint(name, "the functions are", known.iter().map(String::as_str));
            }
            Self::UnknownState { name, known } => {
                return nearest::hint(name, "the states are", known.iter().map(String::as_str));
            }
            Self::UnknownMap { name, known } => {
                let known = known.iter().map(String::as_str);
                return nearest::hint(name, "the Map states are", known);
            }
            Self::NeedsMock { mock, .. } => {
                format!("pass its result, such as `{mock}`, or an error")
            }
            Self::BadMocks { .. } => {
                "the file has `StateMachines` with `TestCases`, and `MockedResponses`, as for Step Functions Local".to_owned()
            }
            Self::BadArgument { .. } => {
                "pass JSON, `@` and the path of a file, or `-` for standard input".to_owned()
            }
            Self::NotExpress => "pass `--wait`".to_owned(),
            Self::ExecutionExists { .. } => "choose another `--name`, or none".to_owned(),
            Self::WatchInterrupted { show, stop } => {
                format!("`{show}` shows it, and `{stop}` ends it")
            }
            Self::BadRecording { .. } => {
                "a file has what `txflow replay --export` writes, or what `aws stepfunctions get-execution-history` prints".to_owned()
            }
            Self::NotRunnable { .. } => "`txflow validate`, with the same `--stage`, shows the place".to_owned(),
            Self::ExecutionAborted { show } => format!(
                "`{show}` shows how far it came; while `txflow local` runs, executions go on without the command"
            ),
            Self::IncompleteDefinition => {
                "set the variable; `txflow validate`, with the same `--stage`, names it".to_owned()
            }
            Self::UnknownStateMachine { known, .. } if known.is_empty() => {
                "leave out `--state-machine`: there is only the main one".to_owned()
            }
            Self::UnknownStateMachine { name, known } => {
                let what = "the state machines beside the main one are";
                return nearest::hint(name, what, known.iter().map(String::as_str));
            }
            Self::UnknownRole { name, known } => {
                return nearest::hint(name, "the roles are", known.iter().map(String::as_str));
            }
            Self::PolicyTooLarge { .. } => {
                "print a policy for each command with `--command`; a boundary gets shorter with wildcards in the resources of `statements` in deploy.toml".to_owned()
            }
            Self::ExpressExecutions { logs } => format!("`{logs}` shows what the handlers wrote"),
            Self::CannotFork { hint, .. } => hint.clone(),
            Self::OnlyWithFailed { option } => {
                format!("pass `--failed` to fork all that failed, or leave out `{option}`")
            }
            Self::NothingToFork => {
                "name an execution, such as `last`, or pass `--failed` for all that failed"
                    .to_owned()
            }
            Self::ExpressFork | Self::ForkNeedsInput => {
                "leave out the execution, and pass `--from` and `--input`".to_owned()
            }
            Self::ForksNotConfirmed { .. } => "pass `--yes`".to_owned(),
            Self::NoExecutions { test, .. } => {
                format!("start one with `{test}`, or on the alias `live`")
            }
            Self::SeveralExecutions { .. } => "give more of the name".to_owned(),
            Self::UnknownExecution { list, .. } => {
                format!("`{list}` lists those that AWS still keeps")
            }
            Self::OtherStateMachine { .. } => {
                "use its deploy.toml and its `--stage`".to_owned()
            }
            Self::BrokenRelease { is_live: true, works: Some((release, command)), deploy, .. } => {
                format!("`{deploy}` makes a new one; until then, `{command}` makes release {release} live, which works")
            }
            Self::BrokenRelease { is_live: true, deploy, .. } => {
                format!("no earlier release works either; `{deploy}` makes a new one")
            }
            Self::BrokenRelease { works: Some((release, command)), .. } => {
                format!("release {release} can be: run `{command}`")
            }
            Self::BrokenRelease { deploy, .. } => {
                format!("no earlier release can be either; `{deploy}` makes a new one")
            }
            Self::LiveMoved { status, .. } => {
                format!("`{status}` shows what is live; to replace it, run the same command again")
            }
            Self::NoEarlierRelease { others: false, .. } => {
                "there is no other release; the next deploy publishes one".to_owned()
            }
            Self::NoEarlierRelease { status, .. } => {
                format!("`{status}` lists the retained releases; `--to` makes one of them live")
            }
            Self::TestsInterrupted { aborted: true, .. } => {
                "executions that were started are aborted, since the embedded AWS ends with this command"
                    .to_owned()
            }
            Self::NoCanary { deploy, rollback: Some(rollback), .. } => format!(
                "somebody has split `live` by hand: `{rollback}` sends all executions to the older release, or with `--to` to another; then `{deploy}` may begin a canary"
            ),
            Self::NoCanary { deploy, .. } => {
                format!("`{deploy}` begins one, if there is a new release")
            }
            Self::BadShares { .. } => {
                "pass them as in `--canary 10%`, or `--canary --steps 10,50,100`".to_owned()
            }
            Self::TestOfCanary => {
                "pass `--test-before-live`, which tests the release before callers get it".to_owned()
            }
            Self::CanaryOfExpress => {
                "leave out `--canary`; `--test-before-live` tests the release before callers get it"
                    .to_owned()
            }
            Self::CanaryInterrupted {
                watch,
                promote,
                abort,
                ..
            } => format!(
                "`{watch}` goes on with it, `{promote}` sends all executions to the new release, and `{abort}` to the old one"
            ),
            Self::TestsInterrupted {
                commands: Some([list, stop]),
                ..
            } => {
                format!(
                    "executions that were started go on: `{list}` shows them, and `{stop}` ends one"
                )
            }
            Self::NotConfirmed => "type the name of the stage, or pass `--yes`".to_owned(),
            Self::CannotServe { .. } => {
                "choose another port with `--port`; 0 picks a free one".to_owned()
            }
            Self::AlreadyServing { .. } => {
                "use that one, as commands with `--local` do; to use other options, stop it with Ctrl-C first"
                    .to_owned()
            }
            Self::CannotRead { .. } => {
                "the file must exist and be readable".to_owned()
            }
            Self::CannotWrite { .. } => {
                "the folder must exist and be writable".to_owned()
            }
            Self::CannotPrint { .. } => {
                "make room where the output goes, or send it elsewhere, then run the same command again"
                    .to_owned()
            }
            Self::NoTests => "add a `[tests.<TYPE>]` section with `input` and `expect`".to_owned(),
            Self::OnlyMocked => {
                "pass `--local`, or set `mocks-on-aws = \"ignore\"` for tests that can do without them"
                    .to_owned()
            }
            Self::OnlyEvents => {
                "a trigger must be on in the stage, by its `enabled` and by `triggers-enabled = true`; no execution of an EXPRESS state machine is found by its event, none is repeated, and none is of a release that is not live yet".to_owned()
            }
            Self::InputForSeveral { .. } => "name one test with `--type`".to_owned(),
            Self::BadInput { .. } => "an input must be a JSON document".to_owned(),
            Self::LocalVariable { variable, .. } => {
                format!("set `{variable}`; for `--local` any value does")
            }
            Self::BadPolicy { .. } => {
                "a policy must be an IAM policy document; `txflow policy` prints one".to_owned()
            }
            Self::CoversProtected { stage, .. } => format!(
                "`txflow policy --stage {stage}` prints one for it alone; for the others, choose a pattern that does not match it"
            ),
            Self::NoAccount => "add `account = \"123456789012\"` with your account id".to_owned(),
            Self::UnknownPicture { .. } => {
                "name it `.svg`, `.png`, `.mmd` or `.dot`, or pass `--format`".to_owned()
            }
            Self::PngWithoutFile => "name a file, such as `-o workflow.png`".to_owned(),
            Self::CannotMakePng { is_missing: false, .. } => {
                "write an SVG, which every browser shows: `-o workflow.svg`".to_owned()
            }
            Self::CannotMakePng { .. } => {
                "install `rsvg-convert` (`apt install librsvg2-bin`, `brew install librsvg`), or write an SVG, which every browser shows"
                    .to_owned()
            }
            Self::CannotRedrive { has_ended: true, fork, .. } => {
                format!("`{fork}` starts a new one at one of its states")
            }
            Self::CannotDraw(_) => "pass `--format dot` or `--format mermaid`".to_owned(),
            Self::DeployedElsewhere { region, .. } => format!("pass `--region {region}`"),
            Self::OtherDefinitions { status, .. } => format!(
                "test with the sources of one of them, or end the split and deploy: `{status}` says how"
            ),
            Self::OtherDefinition { deploy, .. } => format!("run `{deploy}` first"),
            Self::CoverageWithoutTests => {
                "pass `--test` or `--test-before-live` as well".to_owned()
            }
            Self::NothingLive { deploy, newest, .. } => {
                format!("`{deploy}` makes a release live; to work on release {newest}, name it")
            }
            Self::NotDeployed { deploy: Some(deploy), .. } => format!("run `{deploy}` first"),
            Self::Unfinished {
                deploy, destroy, ..
            } => {
                format!("`{deploy}` finishes it, `{destroy}` removes what exists")
            }
            Self::UnknownRelease { known, status, .. } if known.is_empty() => {
                format!("`{status}` lists the releases")
            }
            Self::UnknownRelease { known, .. } => {
                let known: Vec<String> = known.iter().map(u64::to_string).collect();
                format!("the releases are {}", known.join(", "))
            }
            Self::SplitTraffic { .. } => "name the release by its number".to_owned(),
            Self::NoLiveRelease => "name the release with `--to`".to_owned(),
            Self::Protected { .. } => {
                "pass `--yes` to confirm, which `protect` in deploy.toml requires".to_owned()
            }
            Self::MayBeProtected { .. } => {
                "fix the key there, or pass `--yes` to remove the stage all the same".to_owned()
            }
            Self::ProtectedNear { stage, near } => format!(
                "did you mean `{near}`? Correct the name in deploy.toml or in `--stage`, or pass `--yes` to remove `{stage}`"
            ),
            Self::Init(error) => return error.hint(),
            _ => return None,
        })
    }
}
