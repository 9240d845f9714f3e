//! The fields of each type of state, as the service accepts them.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::choice::CHOICE_RULE;
use super::fields::{COMMENT, COUNT_PATH, QUERY_LANGUAGE, VALUE_PATH, count, seconds};
use super::finding::Code;
use super::parts::{CATCHER, ITEM_BATCHER, ITEM_READER, RESULT_WRITER, RETRIER};
use super::report::Mark;
use super::request;
use super::schema::{Field, Kind, Reference, Rule, Shape, both, jsonata, jsonpath};

pub(super) const TYPES: &[&str] = &[
    "Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map",
];

/// The shape of a state of this `Type`.
pub(super) fn shape(kind: &str) -> Option<&'static Shape> {
    Some(match kind {
        "Task" => &TASK,
        "Pass" => &PASS,
        "Choice" => &CHOICE,
        "Wait" => &WAIT,
        "Succeed" => &SUCCEED,
        "Fail" => &FAIL,
        "Parallel" => &PARALLEL,
        "Map" => &MAP,
        _ => return None,
    })
}

const COMMON: &[Field] = &[both("Type", Kind::OneOf(TYPES)), COMMENT, QUERY_LANGUAGE];

const IN_AND_OUT: &[Field] = &[
    jsonpath("InputPath", Kind::Path),
    jsonpath("OutputPath", Kind::Path),
    jsonata("Output", Kind::Template),
];

const ASSIGN: &[Field] = &[both("Assign", Kind::Assign)];

const NEXT_OR_END: &[Field] = &[both("Next", Kind::StateName), both("End", Kind::Boolean)];

const RESULT_PATH: &[Field] = &[jsonpath(
    "ResultPath",
    Kind::ReferencePath(Reference {
        null: true,
        context: false,
        variable: false,
    }),
)];

const PARAMETERS: &[Field] = &[jsonpath("Parameters", Kind::Template)];

const RESULT_SELECTOR: &[Field] = &[jsonpath("ResultSelector", Kind::Template)];

const HANDLERS: &[Field] = &[
    both("Retry", Kind::Handlers(&RETRIER)),
    both("Catch", Kind::Handlers(&CATCHER)),
];

const TRANSITION: Rule = Rule::ExactlyOne(&["Next", "End"]);

static PASS: Shape = Shape {
    fields: &[
        COMMON,
        IN_AND_OUT,
        ASSIGN,
        NEXT_OR_END,
        RESULT_PATH,
        PARAMETERS,
        &[jsonpath("Result", Kind::Static)],
    ],
    rules: &[TRANSITION],
    also: None,
};

static TASK: Shape = Shape {
    fields: &[
        COMMON,
        IN_AND_OUT,
        ASSIGN,
        NEXT_OR_END,
        RESULT_PATH,
        PARAMETERS,
        RESULT_SELECTOR,
        HANDLERS,
        &[
            both("Resource", Kind::Resource),
            both("Credentials", Kind::Credentials),
            jsonata("Arguments", Kind::ObjectTemplate),
            both("TimeoutSeconds", seconds(1)),
            jsonpath("TimeoutSecondsPath", VALUE_PATH),
            both("HeartbeatSeconds", seconds(1)),
            jsonpath("HeartbeatSecondsPath", VALUE_PATH),
        ],
    ],
    rules: &[
        TRANSITION,
        Rule::Required(&["Resource"]),
        Rule::AtMostOne(&["TimeoutSeconds", "TimeoutSecondsPath"]),
        Rule::AtMostOne(&["HeartbeatSeconds", "HeartbeatSecondsPath"]),
    ],
    also: Some(task),
};

static CHOICE: Shape = Shape {
    fields: &[
        COMMON,
        IN_AND_OUT,
        ASSIGN,
        &[
            both("Choices", Kind::List(&CHOICE_RULE)),
            both("Default", Kind::StateName),
        ],
    ],
    rules: &[Rule::Required(&["Choices"])],
    also: Some(choice),
};

static WAIT: Shape = Shape {
    fields: &[
        COMMON,
        IN_AND_OUT,
        ASSIGN,
        NEXT_OR_END,
        &[
            both("Seconds", seconds(0)),
            both("Timestamp", Kind::Timestamp),
            jsonpath("SecondsPath", VALUE_PATH),
            jsonpath("TimestampPath", VALUE_PATH),
        ],
    ],
    rules: &[
        TRANSITION,
        Rule::ExactlyOne(&["SecondsPath", "Seconds", "TimestampPath", "Timestamp"]),
    ],
    also: None,
};

static SUCCEED: Shape = Shape {
    fields: &[COMMON, IN_AND_OUT],
    rules: &[],
    also: None,
};

static FAIL: Shape = Shape {
    fields: &[
        COMMON,
        &[
            both("Error", Kind::TextOrExpression),
            both("Cause", Kind::TextOrExpression),
            jsonpath("ErrorPath", Kind::PathToText),
            jsonpath("CausePath", Kind::PathToText),
        ],
    ],
    rules: &[
        Rule::AtMostOne(&["Error", "ErrorPath"]),
        Rule::AtMostOne(&["Cause", "CausePath"]),
    ],
    also: None,
};

static PARALLEL: Shape = Shape {
    fields: &[
        COMMON,
        IN_AND_OUT,
        ASSIGN,
        NEXT_OR_END,
        RESULT_PATH,
        PARAMETERS,
        RESULT_SELECTOR,
        HANDLERS,
        &[
            both("Branches", Kind::Branches),
            jsonata("Arguments", Kind::Template),
        ],
    ],
    rules: &[TRANSITION, Rule::Required(&["Branches"])],
    also: None,
};

static MAP: Shape = Shape {
    fields: &[
        COMMON,
        IN_AND_OUT,
        ASSIGN,
        NEXT_OR_END,
        RESULT_PATH,
        PARAMETERS,
        RESULT_SELECTOR,
        HANDLERS,
        &[
            both("ItemProcessor", Kind::Processor),
            both("Iterator", Kind::Processor),
            jsonpath(
                "ItemsPath",
                Kind::ReferencePath(Reference {
                    null: false,
                    context: true,
                    variable: true,
                }),
            ),
            jsonata("Items", Kind::ArrayTemplate),
            both("ItemSelector", Kind::Template),
            both("ItemReader", Kind::Object(&ITEM_READER)),
            both("ItemBatcher", Kind::Object(&ITEM_BATCHER)),
            both("ResultWriter", Kind::Object(&RESULT_WRITER)),
            both("MaxConcurrency", count()),
            jsonpath("MaxConcurrencyPath", COUNT_PATH),
            both("ToleratedFailureCount", count()),
            jsonpath("ToleratedFailureCountPath", COUNT_PATH),
            both(
                "ToleratedFailurePercentage",
                Kind::Decimal {
                    min: 0.0,
                    max: 100.0,
                    expression: true,
                },
            ),
            jsonpath("ToleratedFailurePercentagePath", COUNT_PATH),
            both("Label", Kind::Text),
        ],
    ],
    rules: &[
        TRANSITION,
        Rule::ExactlyOne(&["ItemProcessor", "Iterator"]),
        Rule::AtMostOne(&["MaxConcurrency", "MaxConcurrencyPath"]),
        Rule::AtMostOne(&["ToleratedFailureCount", "ToleratedFailureCountPath"]),
        Rule::AtMostOne(&[
            "ToleratedFailurePercentage",
            "ToleratedFailurePercentagePath",
        ]),
    ],
    also: Some(map),
};

fn task(checker: &mut Checker<'_>, state: &Map<String, Value>, at: &At<'_>, context: CheckContext) {
    let seconds = |name| state.get(name).and_then(Value::as_i64);
    if let (Some(timeout), Some(heartbeat)) =
        (seconds("TimeoutSeconds"), seconds("HeartbeatSeconds"))
        && heartbeat >= timeout
    {
        let message = "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'";
        checker.report.value(&at.key("HeartbeatSeconds"), message);
    }
    request::check(checker, state, at, context);
}

/// `Parameters` is the former name of `ItemSelector`: a state has one of them, as it has one of `Iterator` and
/// `ItemProcessor`.
fn map(checker: &mut Checker<'_>, state: &Map<String, Value>, at: &At<'_>, context: CheckContext) {
    let both = Rule::AtMostOne(&["ItemSelector", "Parameters"]).broken_by(state);
    if let Some(message) = both.filter(|_| !context.is_jsonata()) {
        checker.report.schema(at, Mark::Key, message);
    }
}

fn choice(checker: &mut Checker<'_>, state: &Map<String, Value>, at: &At<'_>, _: CheckContext) {
    if !state.contains_key("Default") {
        let message = "No 'Default': if no rule matches, the execution fails with \
                       States.Runtime";
        checker
            .report
            .warning(Code::NoDefault, at, Mark::Key, message);
    }
}
