//! What `deploy.toml` says of a test.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde_json::Value;

use super::choices::{ExecutionStatus, MocksOnAws};
use super::expected::{ExpectedCall, ExpectedContents};
use super::expected_keys::{CallItem, Items, Messages};
use super::section::{Entry, Map};
use super::setting::{At, List};
use super::template::Template;
use super::test_keys::{Expectation, MockAnswer, TaskAnswer, TestEvent, TestItem};
use super::text::Text;
use super::{MachineName, Pattern};

/// The line of a place in `deploy.toml`.
pub(super) type Line<'a> = &'a dyn Fn(Option<Range<usize>>) -> usize;

/// `[tests.<TYPE>]`: an execution and its expected result.
#[derive(Debug, Clone, PartialEq)]
pub struct TestConfig {
    /// The `<TYPE>`, as `txflow test --type` takes it.
    pub name: String,
    /// What it starts.
    pub state_machine: MachineName,
    /// `null` if an event starts the execution, or if it gets the input of a schedule.
    pub input: Value,
    /// The schedule whose input the execution gets.
    pub trigger: Option<String>,
    /// What starts the execution, unless the test starts it.
    pub event: Option<Event>,
    pub expect: Expect,
    /// `[tests.<TYPE>.mock."State Name"]`: what Tasks answer in a local run, by the state's name.
    pub mocks: BTreeMap<String, Vec<MockAnswer>>,
    pub mocks_on_aws: MocksOnAws,
    /// `[tests.<TYPE>.answer."State Name"]`: what the holders of task tokens answer, by the state's name.
    pub answers: BTreeMap<String, Written<Vec<TaskAnswer>>>,
    /// The line of `[tests.<TYPE>]` in `deploy.toml`, from 1.
    pub line: usize,
}

/// An event that a test puts on an event bus.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub source: String,
    pub detail_type: String,
    pub detail: Value,
    pub bus: Template,
}

impl Event {
    pub(super) fn new(keys: &TestEvent) -> Option<Self> {
        let bus = keys.event_bus.as_ref();
        Some(Self {
            source: keys.source.0.as_ref()?.value.clone(),
            detail_type: keys.detail_type.0.as_ref()?.value.clone(),
            detail: keys.detail.0.as_ref()?.0.clone(),
            bus: bus.map_or_else(|| "default".into(), |bus| bus.value.clone()),
        })
    }
}

/// The expected result of an execution. An absent field is not checked, but for the status.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    pub status: Written<ExecutionStatus>,
    /// The states entered, in order, without those inside of `Map` and `Parallel` states, whose
    /// order may differ from run to run.
    pub path: Option<Written<Vec<String>>>,
    /// A subset: objects may hold more keys, arrays must match item by item.
    pub output: Option<Written<Value>>,
    /// The `Error` of a failed execution.
    pub error: Option<Written<String>>,
    /// Found anywhere in the `Cause` of a failed execution.
    pub cause: Option<Written<Pattern>>,
    /// How often a state was retried, by its name; the first attempt is not counted.
    pub retries: BTreeMap<String, Written<u32>>,
    /// The calls that it makes.
    pub calls: Vec<ExpectedCall>,
    /// What tables and queues hold afterwards, in the embedded AWS.
    pub contents: Vec<ExpectedContents>,
    /// From the start of the execution to its end.
    pub max_duration: Option<Written<Duration>>,
    /// The line of `expect` in `deploy.toml`, from 1; that of the test if it has none.
    pub line: usize,
}

/// A value of `deploy.toml`, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    pub value: T,
    /// From 1. That of what lies around it, if the value is a default.
    pub line: usize,
}

impl Expect {
    /// What is expected if nothing is said: success.
    pub fn success(line: usize) -> Self {
        let value = ExecutionStatus::Succeeded;
        Self {
            status: Written { value, line },
            path: None,
            output: None,
            error: None,
            cause: None,
            retries: BTreeMap::new(),
            calls: Vec::new(),
            contents: Vec::new(),
            max_duration: None,
            line,
        }
    }
}

impl TestConfig {
    /// `None` if something that is needed could not be read, which has been reported.
    pub(super) fn new(entry: Entry<TestItem>, line: Line<'_>) -> Option<Self> {
        let keys = entry.value?.0;
        let test_line = line(Some(entry.at));
        let expect = match keys.expect {
            Some(expect) => expectation(expect.value, line(expect.span), line)?,
            None => Expect::success(test_line),
        };
        Some(Self {
            name: entry.name,
            state_machine: MachineName::of(
                keys.state_machine
                    .as_ref()
                    .map(|name| name.value.value.as_str()),
            ),
            event: match &keys.event {
                Some(event) => Some(Event::new(&event.value)?),
                None => None,
            },
            input: keys.input.map_or(Value::Null, |input| input.value.0),
            trigger: keys.trigger.map(|trigger| trigger.value.value),
            expect,
            mocks: keys.mock.by_name(|mock| Some(mock.0))?,
            mocks_on_aws: keys.mocks_on_aws,
            answers: lined(keys.answer, |answers| Some(answers.0), line)?,
            line: test_line,
        })
    }
}

/// `own_line` is that of `expect` itself.
fn expectation(keys: Expectation, own_line: usize, line: Line<'_>) -> Option<Expect> {
    let states = |path: List<At<Text<_>>, 1, _>| {
        let states = path.0.into_iter();
        states.map(|state| state.value.value).collect()
    };
    Some(Expect {
        status: Written {
            line: keys.status.span.map_or(own_line, |span| line(Some(span))),
            value: keys.status.value,
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
        retries: lined(keys.retries, |retries| u32::try_from(retries.0).ok(), line)?,
        calls: each(keys.calls, line, CallItem::expected)?,
        contents: {
            let mut contents = each(keys.items, line, Items::expected)?;
            contents.extend(each(keys.messages, line, Messages::expected)?);
            contents
        },
        max_duration: keys
            .max_duration
            .map(|longest| written(longest, |seconds| seconds.0, line)),
        line: own_line,
    })
}

/// Each item of a list with its line.
fn each<T, U, const MAX: usize>(
    list: Option<List<At<T>, 0, MAX>>,
    line: Line<'_>,
    convert: impl Fn(T, usize) -> Option<U>,
) -> Option<Vec<U>> {
    let items = list.map(|list| list.0).unwrap_or_default().into_iter();
    items
        .map(|item| convert(item.value, line(item.span)))
        .collect()
}

/// What stands behind each name, with its line.
fn lined<R, T, U>(
    map: Map<R, T>,
    convert: impl Fn(T) -> Option<U>,
    line: Line<'_>,
) -> Option<BTreeMap<String, Written<U>>> {
    let entries = map.entries.into_iter().map(|entry| {
        let value = convert(entry.value?)?;
        let line = line(Some(entry.at));
        Some((entry.name, Written { value, line }))
    });
    entries.collect()
}

fn written<T, U>(at: At<T>, convert: impl FnOnce(T) -> U, line: Line<'_>) -> Written<U> {
    Written {
        value: convert(at.value),
        line: line(at.span),
    }
}
