//! Each kind of error as the user reads it: what happened, where, and what to do.
//!
//! The texts are in `golden.txt`. `TXFLOW_BLESS=1 cargo test --lib error::` rewrites it, to be reviewed in
//! the diff. A kind without a sample does not compile.

use std::fmt::Write as _;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;

use txflow_local_aws::{EndpointError, StartError, StoreError};

use super::exit;
use crate::apply::{ApplyOutcome, Failure, StepError};
use crate::aws::{AwsError, Class, ConnectError};
use crate::build::{BuildError, GateError, Lacks, TargetError};
use crate::commands::{ApplyFailed, CommandError, NothingWritten};
use crate::config::Architecture;
use crate::graph;
use crate::init::InitError;
use crate::plan::tests::Project;
use crate::plan::{Foreign, Refusal, Whose};
use crate::plan_file::PlanFileError;
use crate::resources::Kind;
use crate::run::message;

/// An error of each variant. The patterns make the compiler say which one is missing.
macro_rules! samples {
    ($kind:ident: $($pattern:pat => $sample:expr,)*) => {{
        #[allow(dead_code, unreachable_patterns)]
        fn complete(error: &$kind) {
            use $kind::*;
            match error { $($pattern => (),)* }
        }
        use $kind::*;
        vec![$((stringify!($kind), stringify!($pattern), anyhow::Error::from($sample)),)*]
    }};
}

type Samples = Vec<(&'static str, &'static str, anyhow::Error)>;

#[test]
fn each_kind_of_error_says_what_happened_and_what_now() {
    let samples: Samples = [
        of_commands(),
        of_writing_projects(),
        of_connecting(),
        of_aws(),
        of_plans(),
        of_plan_files(),
        of_steps(),
        of_endings(),
        of_builds(),
        of_gates(),
        of_targets(),
        of_the_embedded_aws(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut found = String::new();
    for (kind, pattern, error) in &samples {
        let variant = match *kind {
            "ApplyFailed" => pattern,
            _ => pattern.split([' ', '(']).next().unwrap_or(pattern),
        };
        let text = scrubbed(&crate::world::plain(&message(error)));
        let exit = exit(error) as u8;
        let expected = match *kind {
            "ApplyFailed" | "NothingWritten" => None,
            // That of the error inside.
            "CommandError" if variant == "Init" => None,
            "AwsError" => Some(format!("aws-{}", kebab(variant))),
            "StartError" => Some(format!("local-{}", kebab(variant))),
            // It has its own, for scripts.
            "ConnectError" if variant == "Aws" => Some("aws-credentials".to_owned()),
            "StepError" | "GateError" | "TargetError" => None,
            _ => Some(kebab(variant)),
        };
        let found_kind = super::kind(error);
        assert_eq!(expected.unwrap_or(found_kind.clone()), found_kind);
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(found_kind.chars().all(plain), "{found_kind}");
        let _ = writeln!(found, "# {kind}::{variant}, exit code {exit}\n{text}\n");
        // Colour and layout are not the only signal, and nobody is shouted at.
        assert!(text.starts_with("error: "), "{text}");
        assert!(!text.contains('!'), "{text}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/error/golden.txt");
    if std::env::var_os("TXFLOW_BLESS").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    // The whole texts are pages long.
    let diff = similar::TextDiff::from_lines(&expected, &found);
    let diff = diff.unified_diff().context_radius(2).to_string();
    assert!(diff.is_empty(), "the messages changed:\n{diff}");
}

fn kebab(variant: &str) -> String {
    let words = regex_lite::Regex::new("([A-Z])").unwrap();
    let words = words.replace_all(variant, "-$1").to_lowercase();
    words.trim_start_matches('-').to_owned()
}

/// Without what differs from run to run: a temporary folder, the number of a task.
fn scrubbed(text: &str) -> String {
    let folder = regex_lite::Regex::new(r"`\S*/\.cargo/").unwrap();
    let task = regex_lite::Regex::new(r"task \d+").unwrap();
    let text = folder.replace_all(text, "`.cargo/");
    task.replace_all(&text, "a task").into_owned()
}

fn of_commands() -> Samples {
    let name = "PURCHSE".to_owned();
    let known = vec!["PURCHASE".to_owned(), "REFUND".to_owned()];
    samples! { CommandError:
        UnknownTest { .. } => UnknownTest { name, known },
        NoTests => NoTests,
        OnlyMocked => OnlyMocked,
        LocalResource { .. } => LocalResource {
            what: "the table `orders`".into(),
            done: "made",
            cause: "One or more parameter values were invalid (ValidationException)".into(),
        },
        LocalVariable { .. } => LocalVariable {
            what: "the secret `db`".into(),
            variable: "DB_PASSWORD".into(),
        },
        OnlyEvents => OnlyEvents,
        InputForSeveral { .. } => InputForSeveral { count: 4 },
        BadInput { .. } => BadInput {
            path: "input.json".into(),
            cause: "expected value at line 1 column 2".into(),
        },
        BadMocks { .. } => BadMocks {
            path: "MockConfigFile.json".into(),
            cause: "`Orders`, test case `Retry`: no mocked response is named `Busy`".into(),
        },
        BadArgument { .. } => BadArgument {
            option: "--input",
            cause: "expected value at line 1 column 2".into(),
        },
        NotExpress => NotExpress,
        ExecutionExists { .. } => ExecutionExists { name: "order-17".into() },
        WatchInterrupted { .. } => WatchInterrupted {
            show: "txflow executions show order-17".into(),
            stop: "txflow executions stop order-17".into(),
        },
        ExecutionAborted { .. } => ExecutionAborted {
            show: "txflow executions show order-17 --local".into(),
        },
        HandlerFailed { .. } => HandlerFailed {
            function: "purchase-handler".into(),
            error: "InvalidTransaction".into(),
            message: "the amount is negative".into(),
        },
        UnknownState { .. } => UnknownState {
            name: "Purchase Handlr".into(),
            known: vec!["Transaction Type".into(), "Purchase Handler".into()],
        },
        UnknownMap { .. } => UnknownMap {
            name: "Eech".into(),
            known: vec!["Each".into()],
        },
        NeedsMock { .. } => NeedsMock {
            state: "Each".into(),
            what: "a Map state",
            mock: r#"--mock '{"result": []}'"#,
        },
        BadRecording { .. } => BadRecording {
            path: "tests/histories/order-17.jsonl".into(),
            cause: "line 2: EOF while parsing an object at line 1 column 1".into(),
        },
        NotRunnable { .. } => NotRunnable {
            cause: "The state 'Charge' has no Resource".into(),
        },
        OtherDefinition { .. } => OtherDefinition {
            path: "definition.asl.json".to_owned(),
            deploy: "txflow deploy --stage prod".to_owned(),
        },
        OtherDefinitions { .. } => OtherDefinitions {
            path: "definition.asl.json".to_owned(),
            live: "6 (90 %), 7 (10 %)".to_owned(),
            status: "txflow status --stage prod".to_owned(),
        },
        CoverageWithoutTests => CoverageWithoutTests,
        IncompleteDefinition => IncompleteDefinition,
        DeployedElsewhere { .. } => DeployedElsewhere {
            stack: "transactions".into(),
            stage: "dev".into(),
            here: "eu-west-1".into(),
            region: "us-east-1".into(),
        },
        NothingLive { .. } => NothingLive {
            stack: "transactions".into(),
            stage: "dev".into(),
            newest: 1,
            deploy: "txflow deploy".into(),
        },
        NotDeployed { .. } => NotDeployed {
            stack: "transactions".into(),
            stage: "dev".into(),
            deploy: Some("txflow deploy".into()),
        },
        Unfinished { .. } => Unfinished {
            stack: "transactions".into(),
            stage: "dev".into(),
            deploy: "txflow deploy".into(),
            destroy: "txflow destroy".into(),
        },
        AlreadyServing { .. } => AlreadyServing { endpoint_url: "http://127.0.0.1:4566".into() },
        SplitTraffic { .. } => SplitTraffic { live: "6 (90 %), 7 (10 %)".to_owned() },
        NoCanary { .. } => NoCanary {
            live: "7".to_owned(),
            deploy: "txflow deploy --canary --stage prod".to_owned(),
            rollback: None,
        },
        NoCanary { .. } => NoCanary {
            live: "2 (90 %), 1 (10 %)".to_owned(),
            deploy: "txflow deploy --canary --stage prod".to_owned(),
            rollback: Some("txflow rollback --stage prod".to_owned()),
        },
        BadShares { .. } => BadShares {
            cause: "the first of `--steps` must be that of `--canary`".to_owned(),
        },
        CanaryOfExpress => CanaryOfExpress,
        TestOfCanary => TestOfCanary,
        CanaryInterrupted { .. } => CanaryInterrupted {
            live: "6 (90 %), 7 (10 %)".to_owned(),
            watch: "txflow canary watch".to_owned(),
            promote: "txflow canary promote".to_owned(),
            abort: "txflow canary abort".to_owned(),
        },
        LiveMoved { .. } => LiveMoved {
            release: 2,
            live: Some("3".to_owned()),
            status: "txflow status --stage prod".into(),
        },
        LiveMoved { .. } => LiveMoved {
            release: 2,
            live: None,
            status: "txflow status --stage prod".into(),
        },
        BrokenRelease { .. } => BrokenRelease {
            release: 2,
            is_live: false,
            cause: "version 3 of function `transactions-dev-purchase-handler` does not exist".into(),
            works: Some((1, "txflow rollback --to 1".into())),
            deploy: "txflow deploy".into(),
        },
        BrokenRelease { .. } => BrokenRelease {
            release: 2,
            is_live: false,
            cause: "version 3 of function `transactions-dev-purchase-handler` does not exist".into(),
            works: None,
            deploy: "txflow deploy".into(),
        },
        BrokenRelease { .. } => BrokenRelease {
            release: 2,
            is_live: true,
            cause: "version 3 of function `transactions-dev-purchase-handler` does not exist".into(),
            works: Some((1, "txflow rollback --to 1".into())),
            deploy: "txflow deploy".into(),
        },
        BrokenRelease { .. } => BrokenRelease {
            release: 2,
            is_live: true,
            cause: "version 3 of function `transactions-dev-purchase-handler` does not exist".into(),
            works: None,
            deploy: "txflow deploy".into(),
        },
        NoEarlierRelease { .. } => NoEarlierRelease { live: 2, others: true, status: "txflow status --local".into() },
        NoEarlierRelease { .. } => NoEarlierRelease { live: 1, others: false, status: "txflow status --local".into() },
        UnknownRelease { .. } => UnknownRelease {
            release: 9,
            known: vec![4, 3, 2],
            status: "txflow status".into(),
        },
        NoLiveRelease => NoLiveRelease,
        Protected { .. } => Protected { stage: "prod".into() },
        MayBeProtected { .. } => MayBeProtected { stage: "prod".into(), place: "deploy.toml:3:1".into() },
        CannotFork { .. } => CannotFork {
            name: "order-17".into(),
            cause: "the execution succeeded, so no state of it failed".into(),
            hint: "choose the state with `--from`".into(),
        },
        OnlyWithFailed { .. } => OnlyWithFailed { option: "--since" },
        NothingToFork => NothingToFork,
        ExpressFork => ExpressFork,
        ForkNeedsInput => ForkNeedsInput,
        ForksNotConfirmed { .. } => ForksNotConfirmed { count: 2 },
        ProtectedNear { .. } => ProtectedNear {
            stage: "prod".into(),
            near: "prods".into(),
        },
        NotConfirmed => NotConfirmed,
        CannotServe { .. } => CannotServe {
            address: "127.0.0.1:4566".into(),
            cause: in_use(),
        },
        CannotDraw(_) => CannotDraw(graph::CannotDraw("900 states with 1200 edges between them are too many".into())),
        UnknownPicture { .. } => UnknownPicture { path: "workflow.pdf".into() },
        PngWithoutFile => PngWithoutFile,
        CannotMakePng { .. } => CannotMakePng { cause: "there is no `rsvg-convert`".into(), is_missing: true },
        CannotPrint { .. } => CannotPrint { cause: no_space() },
        CannotRead { .. } => CannotRead {
            path: "prod.plan".into(),
            cause: io::Error::from(io::ErrorKind::NotFound),
        },
        CannotWrite { .. } => CannotWrite {
            path: "target/junit.xml".into(),
            cause: not_found(),
        },
        CoversProtected { .. } => CoversProtected {
            pattern: "*".into(),
            stage: "prod".into(),
        },
        NoAccount => NoAccount,
        UnknownRole { .. } => UnknownRole {
            name: "state-machin".into(),
            known: vec!["state-machine".into(), "purchase-handler".into()],
        },
        PolicyTooLarge { .. } => PolicyTooLarge { characters: 7123 },
        BadPolicy { .. } => BadPolicy {
            path: "policy.json".into(),
            cause: "`Statement` is missing".into(),
        },
        UnknownFunction { .. } => UnknownFunction {
            name: "purchase".into(),
            known: vec!["purchase-handler".into(), "refund-handler".into()],
        },
        UnknownStateMachine { .. } => UnknownStateMachine {
            name: "shp".into(),
            known: vec!["bill".into(), "ship".into()],
        },
        ExpressExecutions { .. } => ExpressExecutions { logs: "txflow logs".into() },
        NoExecutions { .. } => NoExecutions {
            state_machine: "transactions-dev".into(),
            test: "txflow test --local".into(),
        },
        SeveralExecutions { .. } => SeveralExecutions {
            beginning: "tx-".into(),
            names: ["tx-1", "tx-2", "tx-3", "tx-4"].map(str::to_owned).to_vec(),
        },
        UnknownExecution { .. } => UnknownExecution {
            execution: "tx-1".into(),
            list: "txflow executions list".into(),
        },
        OtherStateMachine { .. } => OtherStateMachine {
            execution_arn: "arn:aws:states:eu-west-1:123456789012:execution:orders:tx-1".into(),
            state_machine: "transactions-dev".into(),
        },
        CannotRedrive { .. } => CannotRedrive {
            name: "tx-1".into(),
            has_ended: true,
            fork: "txflow executions fork tx-1 --from STATE".into(),
        },
        AlreadyEnded { .. } => AlreadyEnded { name: "tx-1".into(), status: "SUCCEEDED" },
        Init(_) => Init(InitError::NoName { folder: "/".into() }),
        Interrupted => Interrupted,
        TestsInterrupted { .. } => TestsInterrupted {
            passed: vec!["PURCHASE".into(), "REFUND".into()],
            failed: vec!["UNKNOWN".into()],
            unfinished: vec!["SLOW".into()],
            commands: Some([
                "txflow executions list".into(),
                "txflow executions stop NAME".into(),
            ]),
            aborted: false,
        },
    }
}

fn of_writing_projects() -> Samples {
    let arn = || "arn:aws:states:eu-west-1:123456789012:stateMachine:orders".to_owned();
    let samples = samples! { InitError:
        Exists { .. } => Exists { files: vec!["deploy.toml".into(), "Cargo.toml".into()] },
        BadName { .. } => BadName { name: "My Orders".into(), expected: "letters" },
        NoName { .. } => NoName { folder: "/".into() },
        NameTooLong { .. } => NameTooLong { name: "orders-dev-handler".into(), limit: 64 },
        NotAStateMachine { .. } => NotAStateMachine { arn: "orders".into() },
        OtherAccount { .. } => OtherAccount {
            wanted: "123456789012".into(),
            found: "210987654321".into(),
        },
        OtherRegion { .. } => OtherRegion { wanted: "eu-west-1".into(), found: "us-east-1".into() },
        NoStateMachine { .. } => NoStateMachine { arn: arn(), region: "eu-west-1".into() },
        NoLocalStateMachine { .. } => NoLocalStateMachine { arn: arn(), known: Vec::new() },
        Definition { .. } => Definition { arn: arn(), source: json_error() },
        Manifest { .. } => Manifest {
            path: "Cargo.toml".into(),
            why: "`workspace.members` is not a list".into(),
        },
        PackageExists { .. } => PackageExists {
            package: "greeting-handler".into(),
            folder: "services/greet/lambdas/greeting-handler".into(),
            manifest: "/home/ada/shop/Cargo.toml".into(),
            project: "services/pay".into(),
        },
        NoLocalAws { .. } => NoLocalAws { endpoint: "http://127.0.0.1:4566".into() },
        Write { .. } => Write { path: "deploy.toml".into(), source: not_found() },
    };
    let of_a_command = |(kind, pattern, error): (_, _, anyhow::Error)| {
        let error = CommandError::Init(error.downcast().unwrap());
        (kind, pattern, error.into())
    };
    samples.into_iter().map(of_a_command).collect()
}

fn of_connecting() -> Samples {
    samples! { ConnectError:
        NoRegion => NoRegion,
        OtherAccount { .. } => OtherAccount {
            found: "210987654321".into(),
            allowed: "123456789012".into(),
        },
        BadEndpoint { .. } => BadEndpoint { endpoint: "127.0.0.1:4566".into() },
        Aws(_) => Aws(aws(Class::Credentials)),
    }
}

fn of_aws() -> Samples {
    use Class::*;
    let classes = [
        NotFound,
        AlreadyExists,
        RoleNotReady,
        Busy,
        InUse,
        ChangedMeanwhile,
        Throttled,
        Denied,
        NoCredentials,
        Credentials,
        NotSupported,
        Unreachable,
        Refused,
        Other,
    ];
    let name = |class: Class| match class {
        NotFound => "NotFound",
        AlreadyExists => "AlreadyExists",
        RoleNotReady => "RoleNotReady",
        Busy => "Busy",
        InUse => "InUse",
        ChangedMeanwhile => "ChangedMeanwhile",
        Throttled => "Throttled",
        NoCredentials => "NoCredentials",
        Denied => "Denied",
        Credentials => "Credentials",
        NotSupported => "NotSupported",
        Unreachable => "Unreachable",
        Refused => "Refused",
        Other => "Other",
    };
    let sample = |class| ("AwsError", name(class), aws(class).into());
    classes.into_iter().map(sample).collect()
}

fn of_plan_files() -> Samples {
    samples! { PlanFileError:
        NotAPlan(_) => NotAPlan("invalid Zip archive: Could not find EOCD".into()),
        Changed(_) => Changed("purchase-handler".into()),
        OtherVersion { .. } => OtherVersion { made: "0.9.0".into(), here: "1.0.0" },
        OtherFormat { .. } => OtherFormat { format: 2, made: "1.1.0".into(), here: 1 },
        NeedsKey => NeedsKey,
        WithoutKey => WithoutKey,
        OtherTarget { .. } => OtherTarget {
            what: "stage",
            planned: "prod".into(),
            here: "dev".into(),
        },
        OtherValues(_) => OtherValues(vec!["TOPIC_ARN".into(), "TOKEN".into()]),
        OtherChanges { .. } => OtherChanges {
            diff: "@@ -3,1 +3,1 @@\n-    memory  128 MB → 256 MB\n+    memory  192 MB → 256 MB\n".into(),
            more: 90,
            plan: "txflow plan --verbose --stage prod".into(),
        },
        NotPacked(_) => NotPacked("Large file option has not been set".into()),
        SecretInSource(_) => SecretInSource("deploy.toml".into()),
    }
}

fn of_plans() -> Samples {
    let foreign = |whose| Foreign {
        resource: Kind::Role.named("transactions-dev-purchase-handler"),
        whose,
    };
    samples! { Refusal:
        Foreign(_) => Foreign(vec![foreign(Whose::Untagged(
            [("txflow:stack", "transactions"), ("txflow:stage", "dev")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        ))]),
        Foreign(_) => Foreign(vec![foreign(Whose::Other {
            stack: "transactions".into(),
            stage: "dev".into(),
            like_this: true,
        })]),
        Foreign(_) => Foreign(vec![foreign(Whose::Other {
            stack: "orders".into(),
            stage: "dev".into(),
            like_this: false,
        })]),
        Foreign(_) => Foreign(vec![foreign(Whose::Elsewhere {
            path: "/".into(),
            expected: "/txflow/transactions/dev/".into(),
        })]),
        OtherCase { .. } => OtherCase {
            wanted: "transactions-dev-Buy".into(),
            held: "transactions-dev-buy".into(),
        },
        OtherRegion { .. } => OtherRegion {
            roles: vec![Kind::Role.named("transactions-dev-purchase-handler")],
            region: "us-east-1".into(),
        },
        OtherPath { .. } => OtherPath {
            roles: vec![Kind::Role.named("transactions-dev-purchase-handler")],
            path: "/teams/txflow/transactions/dev/".into(),
        },
        Split { .. } => Split { live: "6 (90 %), 7 (10 %)".into() },
        InCanary { .. } => InCanary {
            live: "6 (90 %), 7 (10 %)".into(),
            promote: "txflow canary promote --local".into(),
            abort: "txflow canary abort --local".into(),
            status: "txflow canary status --local".into(),
        },
        PolicyTooLong { .. } => PolicyTooLong {
            role: "transactions-dev-purchase-handler".into(),
            characters: 12_345,
        },
        OtherArchitecture { .. } => OtherArchitecture {
            handler: "purchase-handler".into(),
            layer: "arn:aws:lambda:us-east-1:123456789012:layer:tools:3".into(),
            supported: "x86_64".into(),
            architecture: "arm64",
        },
        TypeChanged { .. } => TypeChanged {
            name: "transactions-dev".into(),
            old: "STANDARD",
            new: "EXPRESS",
        },
    }
}

/// Each as the result of a deploy whose first step failed with it.
fn of_steps() -> Samples {
    let name = || "transactions-dev-purchase-handler".to_owned();
    let samples = samples! { StepError:
        Aws(_) => Aws(aws(Class::Denied)),
        GaveUp { .. } => GaveUp { waited: 120, cause: aws(Class::RoleNotReady) },
        StillNotReady { .. } => StillNotReady { name: name(), state: "Pending".into(), waited: 120 },
        FunctionFailed { .. } => FunctionFailed {
            name: name(),
            code: "EniLimitExceeded".into(),
            reason: "The function's VPC has no free network interface".into(),
        },
        CreatedAgain { .. } => CreatedAgain { name: name() },
        Kept { .. } => Kept { cause: "An alias references the version.".into() },
        ChangedMeanwhile { .. } => ChangedMeanwhile { name: name(), cause: Some(aws(Class::ChangedMeanwhile)) },
        RoleRemoved { .. } => RoleRemoved { name: "shop-dev-buy".into() },
        Interrupted { .. } => Interrupted { cause: "it is Pending".into() },
        OtherDeploy { .. } => OtherDeploy { name: name() },
        Appeared { .. } => Appeared { name: name() },
        Overtaken { .. } => Overtaken {
            release: 7,
            live: Some("8".into()),
            origin: Some("txflow 0.1.0, commit 1f2e3d4".into()),
        },
        Overtaken { .. } => Overtaken { release: 7, live: None, origin: None },
        NoBoundary { .. } => NoBoundary {
            boundary: "arn:aws:iam::123456789012:policy/boundary".into(),
            cause: aws(Class::NotFound),
        },
        IncompleteAnswer { .. } => IncompleteAnswer { operation: "PublishVersion", field: "Version" },
        Unpinned { .. } => Unpinned { name: "purchase-handler".into() },
        NoRelease => NoRelease,
        Request { .. } => Request { name: name(), cause: "an alias needs a version".into() },
    };
    let failed = |(kind, pattern, error): (_, _, anyhow::Error)| {
        let mut steps = Project::new().first_plan().steps.into_iter();
        let step = steps.next().unwrap();
        let error = error.downcast::<StepError>().unwrap();
        let mut outcome = ApplyOutcome {
            not_started: steps.take(2).collect(),
            ..ApplyOutcome::default()
        };
        match error {
            StepError::Interrupted { cause } => {
                outcome.interrupted = true;
                outcome.left.push((step, cause));
            }
            error => outcome.failed.push(Failure { step, error }),
        }
        (kind, pattern, ApplyFailed(outcome).into())
    };
    samples.into_iter().map(failed).collect()
}

/// The texts of an interrupted deploy, by when it was interrupted.
fn of_endings() -> Samples {
    let steps = || Project::new().first_plan().steps.into_iter();
    let interrupted = |done: usize, in_flight: usize| {
        let mut steps = steps();
        let outcome = ApplyOutcome {
            done: steps.by_ref().take(done).collect(),
            in_flight: steps.by_ref().take(in_flight).collect(),
            not_started: steps.take(2).collect(),
            interrupted: true,
            ..ApplyOutcome::default()
        };
        ApplyFailed(outcome).into()
    };
    let before_the_plan = ApplyOutcome {
        interrupted: true,
        ..ApplyOutcome::default()
    };
    let build = BuildError::NoBinary {
        function: "purchase-handler".into(),
    };
    vec![
        (
            "ApplyFailed",
            "before the plan",
            ApplyFailed(before_the_plan).into(),
        ),
        ("ApplyFailed", "before a step", interrupted(0, 0)),
        ("ApplyFailed", "at the first interrupt", interrupted(2, 0)),
        ("ApplyFailed", "at the second interrupt", interrupted(2, 1)),
        (
            "NothingWritten",
            "build",
            anyhow::Error::from(build).context(NothingWritten),
        ),
    ]
}

fn of_builds() -> Samples {
    let function = || "purchase-handler".to_owned();
    samples! { BuildError:
        NotStarted { .. } => NotStarted { program: "cargo".into(), source: not_found() },
        Rustc { .. } => Rustc { arguments: "-vV".into(), said: "command failed".into() },
        CargoConfig(_) => CargoConfig(cargo_config()),
        Workspace { .. } => Workspace {
            root: ".".into(),
            said: "error: could not find `Cargo.toml` in `/project` or any parent directory".into(),
        },
        Metadata(_) => Metadata(json_error()),
        UnknownFunction { .. } => UnknownFunction {
            name: "purchse-handler".into(),
            nearest: Some(function()),
            known: vec![function()],
        },
        NoBinary { .. } => NoBinary { function: function() },
        SeveralBinaries { .. } => SeveralBinaries {
            function: function(),
            names: vec!["one".into(), "two".into()],
        },
        AmbiguousBinary { .. } => AmbiguousBinary {
            function: "login".into(),
            places: vec!["auth/src/bin/login.rs".into(), "web/Cargo.toml:9".into()],
        },
        SharedName { .. } => SharedName {
            name: "bootstrap".into(),
            places: vec!["lambdas/a/Cargo.toml:7".into(), "lambdas/b/Cargo.toml:7".into()],
        },
        Target(_) => Target(TargetError::NoStd {
            target: "aarch64-unknown-linux-gnu",
            hint: "rustup target add aarch64-unknown-linux-gnu".into(),
        }),
        Cargo { .. } => Cargo {
            status: ExitStatus::from_raw(101 << 8),
            captured: None,
            errors: Vec::new(),
            lacks: None,
        },
        Cargo { .. } => Cargo {
            status: ExitStatus::from_raw(101 << 8),
            captured: Some("error[E0425]: cannot find value `a` in this scope".into()),
            errors: Vec::new(),
            lacks: Some(Lacks::Profile("lambda".into())),
        },
        Cargo { .. } => Cargo {
            status: ExitStatus::from_raw(101 << 8),
            captured: None,
            errors: Vec::new(),
            lacks: Some(Lacks::Features { function: "login".into(), features: vec!["tls".into(), "sso".into()] }),
        },
        NotReported { .. } => NotReported { function: function() },
        Read { .. } => Read { path: "target/bootstrap".into(), source: not_found() },
        Output(_) => Output(in_use()),
        Zip { .. } => Zip {
            function: function(),
            source: zip::result::ZipError::InvalidArchive("too large".into()),
        },
        Gate { .. } => Gate { function: function(), source: GateError::ZipTooLarge { size: 60 << 20 } },
        Interrupted(_) => Interrupted(join_error()),
    }
}

fn of_gates() -> Samples {
    let samples = samples! { GateError:
        NotElf(_) => NotElf("bad magic".into()),
        Machine { .. } => Machine { found: "arm64".into(), expected: Architecture::X86_64 },
        Loader(_) => Loader("/lib/ld-musl-x86_64.so.1".into()),
        Glibc { .. } => Glibc { version: "GLIBC_2.38".into(), needed_for: "`strlcpy`".into() },
        ZipTooLarge { .. } => ZipTooLarge { size: 60 << 20 },
        TooLarge { .. } => TooLarge { size: 300 << 20 },
    };
    let function = "purchase-handler";
    let of_a_build = |(kind, pattern, error): (_, _, anyhow::Error)| {
        let error = BuildError::Gate {
            function: function.to_owned(),
            source: error.downcast().unwrap(),
        };
        (kind, pattern, error.into())
    };
    samples.into_iter().map(of_a_build).collect()
}

fn of_targets() -> Samples {
    let target = "aarch64-unknown-linux-gnu";
    let hint = || "the command that installs it".to_owned();
    let samples = samples! { TargetError:
        NoStd { .. } => NoStd { target, hint: hint() },
        NoLinker { .. } => NoLinker { target, hint: hint() },
        NoProgram { .. } => NoProgram { program: "cargo-zigbuild", linker: "zig", hint: hint() },
    };
    let of_a_build = |(kind, pattern, error): (_, _, anyhow::Error)| {
        let error = BuildError::Target(error.downcast().unwrap());
        (kind, pattern, error.into())
    };
    samples.into_iter().map(of_a_build).collect()
}

fn of_the_embedded_aws() -> Samples {
    let path = || PathBuf::from(".txflow/local");
    samples! { StartError:
        AlreadyRunning(_) => AlreadyRunning(path()),
        NotAnswering(_) => NotAnswering(path()),
        DataDirectory { .. } => DataDirectory { path: path(), source: not_found() },
        Store(_) => Store(StoreError::Io(in_use())),
        Store(_) => Store(StoreError::Io(std::io::ErrorKind::StorageFull.into())),
        DataDirectory { .. } => DataDirectory { path: path(), source: std::io::ErrorKind::QuotaExceeded.into() },
        Store(_) => Store(StoreError::Record(json_error())),
        Store(_) => Store(StoreError::Damaged("the file is empty".to_owned())),
        Store(_) => Store(StoreError::Failed("no space left on device".to_owned())),
        Endpoint(_) => Endpoint(EndpointError::Elsewhere {
            path: path().join("endpoint"),
            address: "203.0.113.5:80".to_owned(),
        }),
        Endpoint(_) => Endpoint(EndpointError::Unreadable {
            path: path().join("endpoint"),
            source: not_found(),
        }),
    }
}

fn aws(class: Class) -> AwsError {
    AwsError {
        operation: "CreateFunction",
        code: (!matches!(class, Class::Unreachable | Class::Refused))
            .then(|| "TheCodeOfAws".to_owned()),
        message: "what AWS says".to_owned(),
        request_id: Some("0c1d".to_owned()),
        class,
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

fn no_space() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

fn in_use() -> io::Error {
    io::ErrorKind::AddrInUse.into()
}

/// What is wrong in a file of cargo's, wherever the folder is.
fn cargo_config() -> cargo_config2::Error {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".cargo")).unwrap();
    std::fs::write(dir.path().join(".cargo/config.toml"), "build = 1\n").unwrap();
    cargo_config2::Config::load_with_cwd(dir.path()).unwrap_err()
}

fn join_error() -> tokio::task::JoinError {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        task.await.unwrap_err()
    })
}

fn json_error() -> serde_json::Error {
    serde_json::from_str::<u8>("x").unwrap_err()
}
