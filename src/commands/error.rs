//! The errors of the commands themselves.

use crate::config::with_commas;
use crate::graph::CannotDraw;
use crate::init::InitError;
use crate::policy::SIZE_LIMIT;
use crate::report::counted;
use crate::world::{abridged, one_line};

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("deploy.toml has no test {}`{}`", if name.contains('*') { "that matches " } else { "" }, abridged(name))]
    UnknownTest { name: String, known: Vec<String> },
    #[error("deploy.toml has no tests")]
    NoTests,
    #[error("all of these tests have mocks, which work only with `--local`")]
    OnlyMocked,
    #[error("all of these tests send events, and none of them can run now")]
    OnlyEvents,
    #[error("`--input` replaces the input of one test, and {count} tests would run")]
    InputForSeveral { count: usize },
    #[error("the input in `{path}` cannot be used: {cause}")]
    BadInput { path: String, cause: String },
    #[error("the mocks in `{path}` cannot be used: {cause}")]
    BadMocks { path: String, cause: String },
    #[error("`{option}` cannot be used: {cause}")]
    BadArgument { option: &'static str, cause: String },
    #[error("`--sync` starts executions of EXPRESS state machines, and this one is STANDARD")]
    NotExpress,
    #[error("there already is an execution `{}`", abridged(name))]
    ExecutionExists { name: String },
    #[error("interrupted: the execution goes on")]
    WatchInterrupted {
        /// The commands.
        show: String,
        stop: String,
    },
    #[error("interrupted: the execution is aborted, since the local AWS ends with this command")]
    ExecutionAborted {
        /// The command.
        show: String,
    },
    #[error("`{function}` failed with {error}: {message}")]
    HandlerFailed {
        function: String,
        error: String,
        message: String,
    },
    #[error("the definition has no state `{}`", abridged(name))]
    UnknownState { name: String, known: Vec<String> },
    #[error("the definition has no Map state `{}`", abridged(name))]
    UnknownMap { name: String, known: Vec<String> },
    #[error("`{state}` is {what}, which can only be tested with a mock")]
    NeedsMock {
        state: String,
        what: &'static str,
        /// The option.
        mock: &'static str,
    },
    #[error("the recordings in `{path}` cannot be used: {cause}")]
    BadRecording { path: String, cause: String },
    #[error("the definition cannot run: {cause}")]
    NotRunnable { cause: String },
    #[error(
        "the release that would be tested has another definition than `{path}`, so its coverage has no lines there"
    )]
    OtherDefinition {
        path: String,
        /// The command.
        deploy: String,
    },
    #[error(
        "`live` is split between releases, {live}, and none of them has the definition in `{path}`, so its coverage has no lines there"
    )]
    OtherDefinitions {
        path: String,
        live: String,
        /// The command.
        status: String,
    },
    #[error("coverage is of tests, and this deploy runs none")]
    CoverageWithoutTests,
    #[error("the definition has a value from a variable that is not set")]
    IncompleteDefinition,
    #[error("the pattern `{pattern}` covers the stage `{stage}`, which is protected")]
    CoversProtected { pattern: String, stage: String },
    #[error("a trust policy names its account, and deploy.toml sets no `account`")]
    NoAccount,
    #[error("{what} of `[local]` cannot be {done}: {cause}")]
    LocalResource {
        what: String,
        done: &'static str,
        cause: String,
    },
    #[error(
        "{what} of `[local]` comes from the environment variable `{variable}`, which is not set"
    )]
    LocalVariable { what: String, variable: String },
    #[error("the policy in `{path}` cannot be used: {cause}")]
    BadPolicy { path: String, cause: String },
    #[error(transparent)]
    CannotDraw(#[from] CannotDraw),
    #[error("`{path}` does not say in which format the graph is to be written")]
    UnknownPicture { path: String },
    #[error("a PNG is not text, so it is not printed")]
    PngWithoutFile,
    #[error("the PNG cannot be made: {cause}")]
    CannotMakePng {
        cause: String,
        /// Whether the program is.
        is_missing: bool,
    },
    #[error("stage `{stage}` of `{stack}` is not deployed in {here}, but in {region}")]
    DeployedElsewhere {
        stack: String,
        stage: String,
        here: String,
        region: String,
    },
    #[error("stage `{stage}` of stack `{stack}` is not deployed")]
    NotDeployed {
        stack: String,
        stage: String,
        /// The command; `None` if it would be refused, since deploy.toml does not declare the stage, which a warning has said.
        deploy: Option<String>,
    },
    #[error(
        "no release of stage `{stage}` of stack `{stack}` is live; release {newest} is published"
    )]
    NothingLive {
        stack: String,
        stage: String,
        newest: u64,
        /// The command.
        deploy: String,
    },
    #[error("stage `{stage}` of stack `{stack}` is unfinished: it has no release")]
    Unfinished {
        stack: String,
        stage: String,
        /// The commands.
        deploy: String,
        destroy: String,
    },
    #[error("the stack has no role `{}`", abridged(name))]
    UnknownRole { name: String, known: Vec<String> },
    #[error(
        "the policy has {} characters, and IAM accepts {} in a managed policy",
        with_commas(*characters), with_commas(SIZE_LIMIT)
    )]
    PolicyTooLarge { characters: usize },
    #[error("deploy.toml has no function `{}`", abridged(name))]
    UnknownFunction { name: String, known: Vec<String> },
    #[error("deploy.toml has no `[state-machines.{}]`", abridged(name))]
    UnknownStateMachine { name: String, known: Vec<String> },
    #[error("AWS keeps no executions of an EXPRESS state machine, so there are none to show")]
    ExpressExecutions { logs: String },
    #[error("`{name}` cannot be forked: {cause}")]
    CannotFork {
        name: String,
        cause: String,
        hint: String,
    },
    #[error("`{option}` chooses among the executions that failed, so it needs `--failed`")]
    OnlyWithFailed { option: &'static str },
    #[error("nothing says what is to be forked")]
    NothingToFork,
    #[error(
        "Step Functions keeps no history of EXPRESS executions, so what a state got is not known"
    )]
    ExpressFork,
    #[error("without an execution, a fork needs a state and its input")]
    ForkNeedsInput,
    #[error("forking {} needs a confirmation, so nothing was forked", counted(*count, "execution"))]
    ForksNotConfirmed { count: usize },
    #[error("`{state_machine}` has no executions yet")]
    NoExecutions {
        state_machine: String,
        /// The command.
        test: String,
    },
    #[error("{} executions have names that begin with `{beginning}`:{}", .names.len(), listed(.names))]
    SeveralExecutions {
        beginning: String,
        names: Vec<String>,
    },
    #[error("there is no execution `{}`", abridged(execution))]
    UnknownExecution { execution: String, list: String },
    #[error(
        "the execution `{}` does not belong to `{state_machine}`",
        abridged(execution_arn)
    )]
    OtherStateMachine {
        execution_arn: String,
        state_machine: String,
    },
    #[error("the execution `{name}` cannot be redriven, since it {}", if *has_ended { "has succeeded" } else { "is running" })]
    CannotRedrive {
        name: String,
        has_ended: bool,
        /// The command that runs it again.
        fork: String,
    },
    #[error("the execution `{name}` has already ended: {status}")]
    AlreadyEnded { name: String, status: &'static str },
    #[error("release {release} {}: {cause}", if *is_live { "is live and does not work" } else { "cannot be live" })]
    BrokenRelease {
        release: u64,
        /// Whether it is live already.
        is_live: bool,
        cause: String,
        /// The newest earlier release that can be, with the command that makes it live.
        works: Option<(u64, String)>,
        /// The command.
        deploy: String,
    },
    #[error(
        "release {release} is not live although its tests passed: another command has {} meanwhile",
        live.as_ref().map_or_else(|| "removed `live`".to_owned(), |live| format!("moved `live` to release {live}"))
    )]
    LiveMoved {
        release: u64,
        /// What is live instead; `None` if nothing is.
        live: Option<String>,
        /// The command that lists releases, here and below.
        status: String,
    },
    #[error("no release was live before {live}")]
    NoEarlierRelease {
        live: u64,
        /// Whether there are other releases.
        others: bool,
        status: String,
    },
    #[error("there is no release {release}")]
    UnknownRelease {
        release: u64,
        known: Vec<u64>,
        status: String,
    },
    #[error("`live` is split between releases, {live}")]
    SplitTraffic { live: String },
    #[error("no release is live")]
    NoLiveRelease,
    #[error("no canary is running: `live` leads to release {live}")]
    NoCanary {
        live: String,
        /// The command.
        deploy: String,
        /// The command, if somebody has split `live` by hand: then no deploy begins a canary.
        rollback: Option<String>,
    },
    #[error("the shares of the canary cannot be used: {cause}")]
    BadShares { cause: String },
    #[error(
        "AWS lists no executions of an EXPRESS state machine, so a canary of one cannot be judged"
    )]
    CanaryOfExpress,
    #[error("the plan was made with `--canary`, and `--test` does not go with a canary")]
    TestOfCanary,
    #[error(
        "interrupted: the canary is no longer watched, and `live` stays split between releases {live}"
    )]
    CanaryInterrupted {
        live: String,
        /// The commands.
        watch: String,
        promote: String,
        abort: String,
    },
    #[error("stage `{stage}` is protected")]
    Protected { stage: String },
    #[error("the stage `{stage}` may be protected: an error at {place} hides whether it is")]
    MayBeProtected {
        stage: String,
        /// Such as `deploy.toml:3:1`.
        place: String,
    },
    #[error("deploy.toml does not declare the stage `{stage}`, and `{near}` is protected")]
    ProtectedNear {
        stage: String,
        /// A stage whose name is almost the same.
        near: String,
    },
    #[error("not confirmed, nothing was removed")]
    NotConfirmed,
    #[error("cannot serve on {address}: {cause}")]
    CannotServe {
        address: String,
        cause: std::io::Error,
    },
    #[error("the local AWS of this project is already running on {endpoint_url}")]
    AlreadyServing { endpoint_url: String },
    #[error(transparent)]
    Init(InitError),
    #[error("cannot read `{path}`: {cause}")]
    CannotRead { path: String, cause: std::io::Error },
    #[error("cannot write `{path}`: {cause}")]
    CannotWrite { path: String, cause: std::io::Error },
    #[error("cannot write to standard output: {cause}")]
    CannotPrint { cause: std::io::Error },
    #[error("interrupted")]
    Interrupted,
    #[error("interrupted: {}", tests_so_far(passed, failed, unfinished))]
    TestsInterrupted {
        passed: Vec<String>,
        failed: Vec<String>,
        unfinished: Vec<String>,
        /// The commands that list and stop the executions, which go on; `None` if AWS lists none.
        commands: Option<[String; 2]>,
        /// Whether the embedded AWS that ran them ends with the command.
        aborted: bool,
    },
}

/// A line for each name, as long as they are not too many.
fn listed(names: &[String]) -> String {
    const MOST: usize = 10;
    let shown = names.iter().take(MOST);
    let mut lines: Vec<String> = shown.map(|name| one_line(name).into_owned()).collect();
    if let more @ 1.. = names.len().saturating_sub(MOST) {
        lines.push(format!("and {more} more"));
    }
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

/// How far the tests came: a count, and a line for those of each kind.
fn tests_so_far(passed: &[String], failed: &[String], unfinished: &[String]) -> String {
    let all = passed.len() + failed.len() + unfinished.len();
    let mut text = format!("{} of {} passed", passed.len(), counted(all, "test"));
    for (what, tests) in [
        ("passed", passed),
        ("failed", failed),
        ("not finished", unfinished),
    ] {
        let names: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        if !names.is_empty() {
            text.push_str(&format!("\n  {what}: {}", one_line(&names.join(", "))));
        }
    }
    text
}
