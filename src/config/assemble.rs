//! The keys as they were read → the [`Deployment`] that the rest of txflow works with.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use super::Definition;
use super::choices::{LogLevel, StateMachineKind};
use super::definition_file::set_timeout;
use super::deployment::{BuildConfig, Deployment, Expect, StateMachineConfig, TestConfig, Written};
use super::function::FunctionConfig;
use super::keys::{Build, StateMachine};
use super::section::{Entry, Map};
use super::setting::{At, Int, List};
use super::stages::File;
use super::test_keys::{Expectation, Test};
use super::text::Text;

/// The line of a place in `deploy.toml`.
type Line<'a> = &'a dyn Fn(Option<Range<usize>>) -> usize;

/// `None` if something required could not be read, which has been reported.
pub(super) fn assemble(
    root: &Path,
    stage: &str,
    file: File,
    mut definition: Definition,
    secret_variables: BTreeSet<String>,
    line: Line<'_>,
) -> Option<Deployment> {
    let settings = file.settings;
    let state_machine = state_machine(&settings.state_machine.0);
    if let Some(seconds) = state_machine.timeout {
        set_timeout(&mut definition, seconds);
    }
    Some(Deployment {
        root: root.to_owned(),
        name: file.name?.value.value,
        stage: stage.to_owned(),
        stages: file.stages,
        region: settings.region.map(|region| region.value),
        account: settings.account.map(|account| account.value),
        keep_versions: usize::try_from(settings.keep_versions.0).ok()?,
        protect: settings.protect,
        build: build(settings.build.0),
        functions: settings
            .functions
            .by_name(|handler| FunctionConfig::new(handler.0))?,
        secret_variables,
        permissions_boundary: settings
            .roles
            .0
            .permissions_boundary
            .map(|boundary| boundary.value.value),
        state_machine,
        definition,
        tags: settings.tags.by_name(|tag| Some(tag.value))?,
        tests: settings
            .tests
            .entries
            .into_iter()
            .map(|entry| test(entry, line))
            .collect::<Option<_>>()?,
        warnings: Vec::new(),
    })
}

fn build(keys: Build) -> BuildConfig {
    BuildConfig {
        architecture: keys.architecture.0,
        profile: keys.profile.value,
        linker: keys.linker.0,
        features: keys.features.map_or_else(Vec::new, List::into_strings),
        pass_environment: keys
            .pass_environment
            .map_or_else(Vec::new, List::into_strings),
    }
}

fn state_machine(keys: &StateMachine) -> StateMachineConfig {
    let kind = keys.r#type.value.0;
    let logging = match (&keys.logging, kind) {
        (Some(written), _) => written.value.0,
        (None, StateMachineKind::Standard) => LogLevel::Off,
        (None, StateMachineKind::Express) => LogLevel::All,
    };
    StateMachineConfig {
        kind,
        logging,
        include_execution_data: keys.include_execution_data,
        log_retention: keys.log_retention.days(),
        tracing: keys.tracing,
        timeout: keys.timeout.as_ref().map(|timeout| timeout.value.0),
    }
}

fn test(entry: Entry<Test>, line: Line<'_>) -> Option<TestConfig> {
    let keys = entry.value?;
    let test_line = line(Some(entry.at));
    let expect = match keys.expect {
        Some(expect) => expectation(expect.value, line(expect.span), line)?,
        None => Expect::success(test_line),
    };
    Some(TestConfig {
        name: entry.name,
        input: keys.input.0?.0,
        expect,
        mocks: keys.mock.by_name(|mock| Some(mock.0))?,
        line: test_line,
    })
}

/// `own_line` is the line of `expect` itself.
fn expectation(keys: Expectation, own_line: usize, line: Line<'_>) -> Option<Expect> {
    let states = |path: List<At<Text<_>>, 1, _>| {
        let states = path.0.into_iter();
        states.map(|state| state.value.value).collect()
    };
    Some(Expect {
        status: Written {
            line: keys.status.span.map_or(own_line, |span| line(Some(span))),
            value: keys.status.value.0,
        },
        path: keys.path.map(|path| written(path, states, line)),
        output: keys
            .output
            .map(|output| written(output, |json| json.0, line)),
        error: keys
            .error
            .map(|error| written(error, |text| text.value, line)),
        cause: keys
            .cause
            .map(|cause| written(cause, |pattern| pattern, line)),
        retries: retries(keys.retries, line)?,
        max_duration: keys
            .max_duration
            .map(|longest| written(longest, |seconds| seconds.0, line)),
        line: own_line,
    })
}

fn retries<R, const MAX: i64>(
    map: Map<R, Int<0, MAX>>,
    line: Line<'_>,
) -> Option<BTreeMap<String, Written<u32>>> {
    let retries = map.entries.into_iter().map(|entry| {
        let value = u32::try_from(entry.value?.0).ok()?;
        let line = line(Some(entry.at));
        Some((entry.name, Written { value, line }))
    });
    retries.collect()
}

fn written<T, U>(at: At<T>, convert: impl FnOnce(T) -> U, line: Line<'_>) -> Written<U> {
    Written {
        value: convert(at.value),
        line: line(at.span),
    }
}
