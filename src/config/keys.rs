//! The keys of `deploy.toml`: their types, bounds, defaults and documentation. Those of a function are in `function`.
//!
//! Reading, checking and the JSON schema are all derived from these declarations.

use serde_json::Value;

use super::choices::{Architecture, Linker, LogLevel, StateMachineKind};
use super::family::MachineName;
use super::function::{Function, Handler, Statement};
use super::kinds::{Number, Retention, ShareList};
use super::local_keys::Local;
use super::node::{Fields, Node};
use super::rules::{
    Account, KeyArn, ManagedPolicy, Name, NotEmpty, PackageFeature, ProcessVariable, RedactedPath,
    Region, RoleArn, RolePath, RolePrefix,
};
use super::section::{self, Key, Map, Section, Table, section};
use super::setting::{At, Definitions, Int, List, Reader, Setting};
use super::substitution::Substitution;
use super::tag_rules::{TagKey, TagValue};
use super::test_keys::TestItem;
use super::text::Text;
use super::trigger_keys::TriggerItem;
use crate::canary::Decimal;

section! {
    /// What a stage may override: everything but the name.
    Settings {
        /// The file that holds the state machine's definition, in JSON or YAML.
        definition: At<Text<NotEmpty>> = At::unwritten(Text::from("definition.asl.json"));
        /// The AWS region; only `--region` takes precedence over it.
        region: Option<At<Text<Region>>>;
        /// The only account to deploy to. Any other is refused before the first write.
        account: Option<Text<Account>>;
        /// How many releases to keep for rollbacks. Step Functions keeps up to 1,000 versions of a state machine.
        keep_versions: Int<1, 999> = Int(5);
        /// `txflow destroy` always needs `--yes`.
        protect: bool = false;
        /// How the handlers are built.
        build: Table<Build>;
        /// The defaults of all functions.
        defaults: Table<Function>;
        /// Values, each under the name of its placeholder: `${orders-table}` stands for `orders-table`. Placeholders are
        /// replaced in the definition, and in the environments and statements of this file. A string of the definition
        /// that is only a placeholder takes the type of the value.
        substitutions: Map<Name, Substitution>;
        /// The functions, each under the name of its handler's crate, or of a binary in another crate.
        functions: Map<Name, Handler>;
        /// The roles of the functions and of the state machine.
        roles: Table<Roles>;
        /// The state machine.
        state_machine: Table<StateMachine>;
        /// State machines beside the main one, each under the name by which states start it: `${ship}` in a definition is
        /// the ARN of the version that the release pins.
        state_machines: Map<Name, NamedStateMachine>;
        /// Tags on everything that is deployed.
        tags: Map<TagKey, Text<TagValue>>;
        /// What starts executions: schedules and events. Those of a stage replace the list; an empty one removes all.
        triggers: Option<List<TriggerItem, 0, 300>>;
        /// Whether the triggers of the stage start executions. The default is `false` in preview stages, whose names are
        /// `preview` or start with `preview-` or `pr-`, and `true` in all others.
        triggers_enabled: Option<bool>;
        /// What the local AWS has beside the stack, and which services are elsewhere.
        local: Table<Local>;
        /// What `txflow replay` runs, and what it keeps of executions.
        replay: Table<ReplayKeys>;
        /// How `txflow deploy --canary` tries a release out, and by what it judges it.
        canary: Table<CanaryKeys>;
        /// Which findings of `txflow explore` are accepted.
        explore: Table<ExploreKeys>;
        /// Executions to run as tests, and their expected results.
        tests: Map<NotEmpty, TestItem>;
    }
}

section! {
    /// How the handlers are built.
    Build {
        /// The instruction set of the functions.
        architecture: Architecture = Architecture::X86_64;
        /// The cargo profile.
        profile: Text<Name> = Text::from("lambda");
        /// The cargo profile with `--local`. txflow defines `local` itself if the workspace does not: as `dev`, and
        /// without debug information.
        local_profile: Text<Name> = Text::from("local");
        /// How a build for a target other than the host's links. `auto` takes the first that is installed.
        linker: Linker = Linker::Auto;
        /// Cargo features, each for every handler's crate that has it; `crate/feature` is only for that crate. All
        /// handlers are built in one call of cargo, so a feature of a crate that several of them share is on for all of them.
        features: Option<List<Text<PackageFeature>, 0, 100>>;
        /// Environment variables that build scripts and procedural macros may see although txflow hides them from
        /// builds: those that start with `AWS_`, tokens of GitHub, and the secrets that this file names.
        pass_environment: Option<List<Text<ProcessVariable>, 0, 100>>;
    }
}

section! {
    /// What `txflow replay` runs, and what it keeps of executions.
    ReplayKeys {
        /// JSON paths to what is taken out of each document of an execution before anything is printed or written, such as
        /// `$.card` or `$..email`; `$.accounts.*~` means the names of fields. What they find is also taken out wherever else it
        /// is: in other executions, in names, and encoded in texts.
        redact: Option<List<Text<RedactedPath>, 0, 100>>;
        /// The file or the folder with recorded executions that `txflow replay` runs without `--from`, from the folder of
        /// this file.
        corpus: Option<Text<NotEmpty>>;
    }
}

section! {
    /// How `txflow deploy --canary` tries a release out, and by what it judges it.
    CanaryKeys {
        /// The shares of the executions, in percent, that the new release gets one after the other, if `--canary` and
        /// `--steps` name none.
        steps: Option<ShareList>;
        /// How long each step takes at least, in seconds.
        r#for: Int<0, 604_800> = Int(900);
        /// How much longer a step may take, in seconds, if too few executions have ended to decide by then. When that is over
        /// as well, the old release gets all executions again.
        wait: Int<0, 2_592_000> = Int(14_400);
        /// How many executions of each release must have ended before a step is over.
        min_executions: Int<1, 100_000> = Int(20);
        /// The new release goes live only if it is certain that it does not fail this many times as often as the old one, or
        /// that it fails by less than `tolerance` more often.
        failure_ratio: Number<101, 10_000> = Number(Decimal::hundredths(200));
        /// By how many percentage points the new release may fail more often than the old one, and, if that is more than 2,
        /// the percentage of its executions that may be slow. The more is tolerated, the fewer executions decide: with 2,
        /// about 350 of the new release if none fails, with 10 about 70.
        tolerance: Number<1, 5_000> = Number(Decimal::hundredths(200));
        /// An execution is slow that takes this many times as long as 99 % of those of the old release, and a second longer.
        p99_ratio: Number<101, 10_000> = Number(Decimal::hundredths(150));
    }
}

section! {
    /// Which findings of `txflow explore` are accepted.
    ExploreKeys {
        /// The findings to accept, as `txflow explore` names them: `not-retried: Charge`.
        allow: Option<List<Text<NotEmpty>, 0, 1000>>;
    }
}

section! {
    /// The roles of the functions and of the state machine.
    Roles {
        /// The ARN of the managed policy that is the permissions boundary of each role. `txflow policy --boundary` prints one.
        permissions_boundary: Option<At<Text<ManagedPolicy>>>;
        /// What comes before `/txflow/<name>/<stage>/` in the path of each role, such as `/teams/payments`.
        path_prefix: Option<At<Text<RolePath>>>;
        /// What the name of each role starts with.
        name_prefix: Option<Text<RolePrefix>>;
    }
}

section! {
    /// A state machine.
    StateMachine {
        /// STANDARD runs for up to a year with a full history; EXPRESS for up to five minutes, with logs only.
        r#type: At<StateMachineKind> = At::unwritten(StateMachineKind::Standard);
        /// The ARN of a role that somebody else made and keeps. Without it txflow makes one.
        role: Option<At<Text<RoleArn>>>;
        /// What the state machine's role allows in addition to what its states need. A statement that covers what a
        /// state needs replaces that.
        statements: Option<At<List<Statement, 0, 100>>>;
        /// Which events go to CloudWatch Logs. The default is `OFF` for STANDARD and `ALL` for EXPRESS.
        logging: Option<At<LogLevel>>;
        /// Whether the logs hold inputs and outputs.
        include_execution_data: bool = false;
        /// How many days CloudWatch Logs keeps the executions' logs, or `forever`.
        log_retention: Retention = Retention::Days(30);
        /// The ARN of the KMS key that encrypts the definition and the executions.
        kms_key: Option<At<Text<KeyArn>>>;
        /// The ARN of the KMS key that encrypts the executions' logs.
        log_kms_key: Option<At<Text<KeyArn>>>;
        /// Tracing with X-Ray.
        tracing: bool = false;
        /// How long an execution may take, in seconds, if the definition has no `TimeoutSeconds`.
        timeout: Option<At<Int<1, 99_999_999>>>;
    }
}

/// A state machine with a name: the keys of the main one, and its definition.
#[derive(Debug, Clone)]
pub(super) struct NamedStateMachine {
    /// Without it the definition is in `<name>.asl.json`.
    pub definition: Option<At<Text<NotEmpty>>>,
    pub machine: StateMachine,
}

impl Section for NamedStateMachine {
    const NAME: &'static str = "NamedStateMachine";
    const ABOUT: &'static str = "A state machine beside the main one.";

    fn read_fields(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Self {
        Self {
            definition: section::optional(fields, "definition", reader),
            machine: StateMachine::read_fields(fields, reader),
        }
    }

    fn keys(definitions: &mut Definitions) -> Vec<Key> {
        let definition = Key {
            name: "definition".to_owned(),
            about: "The file that holds the definition, in JSON or YAML. The default is `<name>.asl.json`."
                .to_owned(),
            schema: At::<Text<NotEmpty>>::schema(definitions),
            required: false,
        };
        let mut keys = vec![definition];
        keys.extend(StateMachine::keys(definitions));
        keys
    }
}

impl Setting for NamedStateMachine {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        section::read_table(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        section::part::<Self>(definitions)
    }
}

impl Settings {
    /// The state machines with their keys, the main one first; without those that could not be read.
    pub fn state_machines(&self) -> impl Iterator<Item = (MachineName, &StateMachine)> {
        let named = self.state_machines.entries.iter();
        let named = named.filter_map(|entry| {
            let machine = &entry.value.as_ref()?.machine;
            Some((MachineName::Named(entry.name.clone()), machine))
        });
        [(MachineName::Main, &self.state_machine.0)]
            .into_iter()
            .chain(named)
    }

    pub fn keys_of(&self, name: &MachineName) -> Option<&StateMachine> {
        let mut all = self.state_machines();
        all.find(|(other, _)| other == name).map(|(_, keys)| keys)
    }
}
