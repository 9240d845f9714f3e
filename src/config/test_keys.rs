//! The keys of `[tests.<TYPE>]`.

use std::io::ErrorKind;
use std::ops::Range;

use serde_json::{Value, json};
use toml::de::DeValue;
use txflow_asl::source::parse_json;

use super::choices::{ExecutionStatus, MocksOnAws};
use super::expected_keys::{CallItem, Items, Messages};
use super::kinds::Seconds;
use super::node::Node;
use super::pattern::Pattern;
use super::rules::{Anything, EventBus, EventSource, NotEmpty};
use super::section::{Map, Required, section};
use super::setting::{At, Definitions, Int, Json, List, Reader, Setting};
use super::source::{AS_UTF8, Source, code_of, unreadable};
use super::template_keys::TextTemplate;
use super::text::Text;

section! {
    /// An execution to run as a test.
    Test {
        /// The state machine that it starts, by its name under `[state-machines]`. By default that is the main one.
        state_machine: Option<At<Text<NotEmpty>>>;
        /// The execution's input, or the path of a JSON file that contains it.
        input: Option<At<Input>>;
        /// The event that starts the execution, through a trigger. On AWS the test needs `events:PutEvents`.
        event: Option<At<TestEvent>>;
        /// The name of a schedule, whose input the execution gets. Nobody waits until it is due.
        trigger: Option<At<Text<NotEmpty>>>;
        /// The expected result of the execution. By default it must succeed.
        expect: Option<At<Expectation>>;
        /// The responses of Tasks in a local run, by the state's name, instead of calling anything. One response is for
        /// every attempt; a list is for successive attempts, and its last one for all after it.
        mock: Map<NotEmpty, Mock>;
        /// What the holder of a task token answers, by the name of the state that waits for it: an `output`, or an `error`
        /// with a `cause`. The test reads the token from the history and sends the answer, also on AWS. A list is for
        /// successive attempts, and its last answer for all after it.
        answer: Map<NotEmpty, TokenAnswers>;
        /// What happens to a test with mocks on AWS, which takes none: `ignore` runs it without them. By default it is skipped.
        mocks_on_aws: MocksOnAws = MocksOnAws::Skip;
    }
}

section! {
    /// An event to put on an event bus.
    TestEvent {
        /// Who sends it, such as `shop.orders`. AWS keeps `aws.` to itself.
        source: Required<Text<EventSource>>;
        /// What it is about, such as `Order placed`.
        detail_type: Required<Text<NotEmpty>>;
        /// The event itself.
        detail: Required<Detail>;
        /// The name of the event bus. The default is `default`.
        event_bus: Option<TextTemplate<EventBus>>;
    }
}

section! {
    /// The expected result of an execution.
    Expectation {
        /// The status that it ends with.
        status: At<ExecutionStatus> = At::unwritten(ExecutionStatus::Succeeded);
        /// All states that it enters, in order, without those inside `Map` and `Parallel` states.
        path: Option<At<List<At<Text<NotEmpty>>, 1, 25_000>>>;
        /// What its output contains: objects may have more keys, arrays match item by item.
        output: Option<At<Json>>;
        /// The name of the error that it fails with.
        error: Option<At<Text<NotEmpty>>>;
        /// A regular expression that the cause of its failure matches somewhere.
        cause: Option<At<Pattern>>;
        /// How often states are retried, by the state's name. The first attempt does not count.
        retries: Map<NotEmpty, Int<0, 25_000>>;
        /// The calls of services and functions that it makes, as its history shows them; also on AWS.
        calls: Option<List<At<CallItem>, 0, 1000>>;
        /// What tables hold after a local run. They are read through the embedded AWS; on AWS this is not checked.
        items: Option<List<At<Items>, 0, 1000>>;
        /// What queues hold after a local run, as for `items`.
        messages: Option<List<At<Messages>, 0, 1000>>;
        /// How long it may take, in seconds. If an execution is still running a second after twice that
        /// time, its test fails without waiting any longer. Without this key that limit is the definition's
        /// `TimeoutSeconds`, or five minutes if there is none.
        max_duration: Option<At<Seconds>>;
    }
}

section! {
    /// The response of a mocked Task: a result or an error; for a `Map` state with an `ItemReader` its items.
    Answer {
        /// The function's response, or the result of a Task that calls none.
        result: Option<Json>;
        /// The name of the error.
        error: Option<Text<NotEmpty>>;
        /// The cause of the error.
        cause: Option<Text<Anything>>;
        /// For a `Map` state with an `ItemReader`: the items, instead of what would be read.
        items: Option<List<Json, 0, 100_000>>;
    }
}

section! {
    /// What the holder of a task token answers: an output or an error.
    TokenAnswer {
        /// The result of the Task.
        output: Option<Json>;
        /// The name of the error.
        error: Option<Text<NotEmpty>>;
        /// The cause of the error.
        cause: Option<Text<Anything>>;
    }
}

/// A test that says what starts its execution.
#[derive(Debug, Clone)]
pub(super) struct TestItem(pub Test);

impl Setting for TestItem {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let starts = ["input", "event", "trigger"];
        let fields = node.fields();
        let given = starts
            .iter()
            .filter(|key| fields.as_ref().is_some_and(|keys| keys.has(key)));
        match (node.value().is_table(), given.count()) {
            (false, _) | (true, 1) => {}
            (true, 0) => {
                let message = format!(
                    "`{}` has no `input`, no `event` and no `trigger`",
                    node.path()
                );
                reader.error("missing-key", node.key(), message, None);
            }
            (true, _) => {
                let message = format!(
                    "`{}` may have only one of `input`, `event` and `trigger`",
                    node.path()
                );
                reader.error("conflict", node.key(), message, None);
            }
        }
        Test::read(node, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Test::schema(definitions)
    }
}

/// What an event is about: an object.
#[derive(Debug, Clone)]
pub(super) struct Detail(pub Value);

impl Setting for Detail {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let detail = Input::read(node, reader)?.0;
        if !detail.is_object() {
            reader.wrong_type(
                node,
                "a table, or the path of a JSON file that contains an object",
            );
            return None;
        }
        Some(Self(detail))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["object", "string"] })
    }
}

/// An input of at most 256 KiB, the limit of Step Functions.
#[derive(Debug, Clone)]
pub(super) struct Input(pub Value);

impl Input {
    const LIMIT: usize = 256 * 1024;
}

impl Setting for Input {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = match node.value() {
            DeValue::String(path) => from_file(path, "input", Some(node.span()), reader),
            _ => Json::read(node, reader).map(|json| json.0),
        }?;
        let size = value.to_string().len();
        if size > Self::LIMIT {
            let expected = format!("at most {} bytes", Self::LIMIT);
            reader.out_of_range(node, &expected, size);
            return None;
        }
        Some(Self(value))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["object", "array", "string", "number", "boolean"] })
    }
}

/// The JSON in a file, whose path is relative to `deploy.toml`.
pub(super) fn from_file(
    path: &str,
    what: &str,
    span: Option<Range<usize>>,
    reader: &mut Reader<'_>,
) -> Option<Value> {
    let text = match reader.files.read(path) {
        Ok(text) => text,
        Err(error) => {
            let message = unreadable(path, &error);
            let hint = match (what, error.kind()) {
                ("input", ErrorKind::NotFound) => {
                    Some("a string is the path of a JSON file; write an input as a table")
                }
                (_, ErrorKind::NotFound) => {
                    Some("a path is relative to the folder of `deploy.toml`")
                }
                (_, ErrorKind::InvalidData) => Some(AS_UTF8),
                _ => None,
            };
            reader.error(code_of(&error), span, message, hint.map(str::to_owned));
            return None;
        }
    };
    match parse_json(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            let source = Source::new(reader.files.path(path), text);
            let place = source.place(error.location.span, &[]);
            let message = format!("the {what} `{path}` is not JSON: {}", error.message);
            let hint = error.hint.map(str::to_owned);
            let findings = &mut reader.findings;
            findings.error_in_named("not-json", span, place, message, hint);
            None
        }
    }
}

/// The response of a mocked Task. A list of them responds to successive attempts, and its last one to all
/// attempts after that; so a single one responds to every attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum MockAnswer {
    /// The function's response, or the result of a Task that calls none, before `ResultSelector`.
    Result(Value),
    Error {
        error: String,
        cause: Option<String>,
    },
    /// What a `Map` state reads with its `ItemReader`: a list.
    Items(Value),
}

/// What the holder of a task token answers. Of a list the answers are for successive attempts, and its last one is for all
/// after that.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskAnswer {
    /// The result of the Task.
    Success(Value),
    Failure {
        error: String,
        cause: Option<String>,
    },
}

/// One response to every attempt, or a list for successive attempts, the last one also for all after it.
#[derive(Debug, Clone)]
pub(super) struct Mock(pub Vec<MockAnswer>);

impl Setting for Mock {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        one_or_several(node, reader, response).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        one_or_several_schema(Answer::schema(definitions))
    }
}

fn response(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<MockAnswer> {
    let answer = Answer::read(node, reader)?;
    match (answer.result, answer.error, answer.cause, answer.items) {
        (None, None, None, Some(items)) => {
            let items = items.0.into_iter().map(|item| item.0);
            Some(MockAnswer::Items(items.collect()))
        }
        (Some(result), None, None, None) => Some(MockAnswer::Result(result.0)),
        (None, Some(error), cause, None) => Some(MockAnswer::Error {
            error: error.value,
            cause: cause.map(|cause| cause.value),
        }),
        _ => {
            one_of(node, "result", reader);
            None
        }
    }
}

/// One answer to every attempt, or a list as for [`Mock`].
#[derive(Debug, Clone)]
pub(super) struct TokenAnswers(pub Vec<TaskAnswer>);

impl Setting for TokenAnswers {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        one_or_several(node, reader, token_answer).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        one_or_several_schema(TokenAnswer::schema(definitions))
    }
}

fn token_answer(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<TaskAnswer> {
    let answer = TokenAnswer::read(node, reader)?;
    match (answer.output, answer.error, answer.cause) {
        (Some(output), None, None) => Some(TaskAnswer::Success(output.0)),
        (None, Some(error), cause) => Some(TaskAnswer::Failure {
            error: error.value,
            cause: cause.map(|cause| cause.value),
        }),
        _ => {
            one_of(node, "output", reader);
            None
        }
    }
}

fn one_of(node: &Node<'_>, success: &str, reader: &mut Reader<'_>) {
    let message = format!("`{}` must have either `{success}` or `error`", node.path());
    let hint = "`cause` goes with `error`";
    reader.error("conflict", node.place(), message, hint.to_owned());
}

fn one_or_several<T>(
    node: &Node<'_>,
    reader: &mut Reader<'_>,
    read: impl Fn(&Node<'_>, &mut Reader<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(answers) = node.value().as_array() else {
        return read(&node.top(), reader).map(|answer| vec![answer]);
    };
    if answers.is_empty() {
        let message = format!("`{}` has no response", node.path());
        reader.error("missing-key", node.span(), message, None);
    }
    let answers = answers.iter().enumerate();
    let read: Vec<_> = answers
        .map(|(i, value)| read(&Node::item(node, i, value), reader))
        .collect();
    read.into_iter().collect()
}

fn one_or_several_schema(answer: Value) -> Value {
    json!({ "anyOf": [answer, { "type": "array", "items": answer, "minItems": 1 }] })
}
