//! The objects inside states, and the machines inside states.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::fields::{COMMENT, COUNT_PATH, QUERY_LANGUAGE, count};
use super::placeholder::has_placeholder;
use super::report::{Mark, Report};
use super::schema::{Field, Kind, Reference, Rule, Shape, both, jsonata, jsonpath};
use crate::Arn;

static MACHINE_FIELDS: &[Field] = &[
    COMMENT,
    both("StartAt", Kind::StateName),
    // `Checker::machine` checks them.
    both("States", Kind::Any),
];

/// In the order in which AWS lists them: that of a hash set of Java, which a recording shows for these two.
const MACHINE_REQUIRES: &[Rule] = &[Rule::Required(&["States", "StartAt"])];

pub(super) static WORKFLOW: Shape = Shape {
    fields: &[
        MACHINE_FIELDS,
        &[
            QUERY_LANGUAGE,
            both("Version", Kind::OneOf(&["1.0"])),
            both(
                "TimeoutSeconds",
                Kind::Integer {
                    min: 0,
                    max: 99_999_999,
                    expression: false,
                },
            ),
        ],
    ],
    rules: MACHINE_REQUIRES,
    also: None,
};

pub(super) static BRANCH: Shape = Shape {
    fields: &[MACHINE_FIELDS],
    rules: MACHINE_REQUIRES,
    also: None,
};

pub(super) static ITEM_PROCESSOR: Shape = Shape {
    fields: &[
        MACHINE_FIELDS,
        &[both("ProcessorConfig", Kind::Object(&PROCESSOR_CONFIG))],
    ],
    rules: MACHINE_REQUIRES,
    also: None,
};

static PROCESSOR_CONFIG: Shape = Shape {
    fields: &[&[
        both("Mode", Kind::OneOf(&["INLINE", "DISTRIBUTED"])),
        both("ExecutionType", Kind::OneOf(&["STANDARD", "EXPRESS"])),
    ]],
    rules: &[],
    also: Some(processor_config),
};

fn processor_config(
    checker: &mut Checker<'_>,
    config: &Map<String, Value>,
    at: &At<'_>,
    context: CheckContext,
) {
    let report = &mut checker.report;
    let has_type = config.contains_key("ExecutionType");
    match config.get("Mode").and_then(Value::as_str) {
        Some("DISTRIBUTED") if context.express => {
            let message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside \
                           'EXPRESS' state machines";
            report.value(&at.key("Mode"), message);
        }
        Some("DISTRIBUTED") if !has_type => {
            let message = "These fields are required: [ExecutionType]";
            report.schema(at, Mark::Key, message);
        }
        Some("INLINE") if has_type => {
            let message = "Field 'ExecutionType' is not supported";
            report.schema(at, Mark::Field("ExecutionType"), message);
        }
        _ => {}
    }
}

const ERROR_EQUALS: Field = both("ErrorEquals", Kind::ListOfText);

pub(super) static RETRIER: Shape = Shape {
    fields: &[&[
        COMMENT,
        ERROR_EQUALS,
        both("IntervalSeconds", retry_seconds(0, 99_999_999)),
        both("MaxAttempts", retry_seconds(0, 99_999_999)),
        both("MaxDelaySeconds", retry_seconds(1, 31_622_400)),
        both(
            "BackoffRate",
            Kind::Decimal {
                min: 1.0,
                max: f64::MAX,
                expression: false,
            },
        ),
        both("JitterStrategy", Kind::OneOf(&["NONE", "FULL"])),
    ]],
    rules: &[Rule::Required(&["ErrorEquals"])],
    also: None,
};

const fn retry_seconds(min: i64, max: i64) -> Kind {
    Kind::Integer {
        min,
        max,
        expression: false,
    }
}

pub(super) static CATCHER: Shape = Shape {
    fields: &[&[
        COMMENT,
        ERROR_EQUALS,
        both("Next", Kind::StateName),
        both("Assign", Kind::Assign),
        jsonata("Output", Kind::Template),
        jsonpath(
            "ResultPath",
            Kind::ReferencePath(Reference {
                null: true,
                context: false,
                variable: false,
            }),
        ),
    ]],
    rules: &[Rule::Required(&["Next", "ErrorEquals"])],
    also: None,
};

const REQUEST: &[Field] = &[
    both("Resource", Kind::Text),
    jsonpath("Parameters", Kind::Template),
    jsonata("Arguments", Kind::ObjectTemplate),
];

pub(super) static ITEM_READER: Shape = Shape {
    fields: &[
        REQUEST,
        &[both("ReaderConfig", Kind::Object(&READER_CONFIG))],
    ],
    rules: &[Rule::Required(&["Resource"])],
    also: Some(item_reader),
};

static READER_CONFIG: Shape = Shape {
    fields: &[&[
        both(
            "InputType",
            Kind::OneOf(&["CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"]),
        ),
        both("Transformation", Kind::OneOf(&["NONE", "LOAD_AND_FLATTEN"])),
        both(
            "ManifestType",
            Kind::OneOf(&["ATHENA_DATA", "S3_INVENTORY"]),
        ),
        both("CSVDelimiter", Kind::Text),
        both("CSVHeaderLocation", Kind::OneOf(&["FIRST_ROW", "GIVEN"])),
        both("CSVHeaders", Kind::ListOfText),
        both("ItemsPointer", Kind::Text),
        both(
            "MaxItems",
            Kind::Integer {
                min: 0,
                max: 100_000_000,
                expression: true,
            },
        ),
        jsonpath("MaxItemsPath", COUNT_PATH),
    ]],
    rules: &[Rule::AtMostOne(&["MaxItems", "MaxItemsPath"])],
    also: Some(reader_config),
};

pub(super) static ITEM_BATCHER: Shape = Shape {
    fields: &[&[
        both("BatchInput", Kind::Template),
        both("MaxItemsPerBatch", count()),
        jsonpath("MaxItemsPerBatchPath", COUNT_PATH),
        both("MaxInputBytesPerBatch", count()),
        jsonpath("MaxInputBytesPerBatchPath", COUNT_PATH),
    ]],
    rules: &[
        Rule::AtMostOne(&["MaxItemsPerBatch", "MaxItemsPerBatchPath"]),
        Rule::AtMostOne(&["MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"]),
    ],
    also: None,
};

pub(super) static RESULT_WRITER: Shape = Shape {
    fields: &[
        REQUEST,
        &[both("WriterConfig", Kind::Object(&WRITER_CONFIG))],
    ],
    rules: &[],
    also: Some(result_writer),
};

static WRITER_CONFIG: Shape = Shape {
    fields: &[&[
        both("OutputType", Kind::OneOf(&["JSON", "JSONL"])),
        both(
            "Transformation",
            Kind::OneOf(&["NONE", "COMPACT", "FLATTEN"]),
        ),
    ]],
    rules: &[],
    also: None,
};

fn item_reader(
    checker: &mut Checker<'_>,
    reader: &Map<String, Value>,
    at: &At<'_>,
    _: CheckContext,
) {
    allowed_resource(checker, reader, &["s3:getObject", "s3:listObjectsV2"], at);
}

/// "The ResultWriter field can't be empty": it has a `WriterConfig`, or a `Resource` with its request, or all of them.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html>.
fn result_writer(
    checker: &mut Checker<'_>,
    writer: &Map<String, Value>,
    at: &At<'_>,
    context: CheckContext,
) {
    let request = match context.is_jsonata() {
        true => "Arguments",
        false => "Parameters",
    };
    let has = |name: &str| writer.contains_key(name);
    let missing = match (has("Resource"), has(request), has("WriterConfig")) {
        (true, false, _) => request,
        (false, true, _) | (false, false, false) => "Resource",
        (true, true, _) | (false, false, true) => "",
    };
    if !missing.is_empty() {
        let message = format!("These fields are required: [{missing}]");
        checker.report.schema(at, Mark::Key, message);
        if writer.is_empty() {
            let hint = format!(
                "write `Resource` and `{request}`, or `WriterConfig`; without `ResultWriter` the results are the output"
            );
            checker.report.hint(Some(hint));
        }
    }
    allowed_resource(checker, writer, &["s3:putObject"], at);
}

/// What a Map state reads from and writes to is in S3.
fn allowed_resource(
    checker: &mut Checker<'_>,
    object: &Map<String, Value>,
    allowed: &[&str],
    at: &At<'_>,
) {
    let Some(resource) = object.get("Resource").and_then(Value::as_str) else {
        return;
    };
    let is_allowed = Arn::parse(resource).is_some_and(|arn| {
        (arn.service, arn.region, arn.account) == ("states", "", "")
            && allowed.contains(&arn.resource)
    });
    if !is_allowed && !has_placeholder(resource) {
        let message = "The field 'Resource' does not match any of the allowed values";
        checker.report.value(&at.key("Resource"), message);
        checker.report.hint(Some(format!(
            "write `arn:aws:states:::{}`",
            allowed.join("` or `arn:aws:states:::")
        )));
    }
}

fn reader_config(
    checker: &mut Checker<'_>,
    config: &Map<String, Value>,
    at: &At<'_>,
    _: CheckContext,
) {
    let text = |name| config.get(name).and_then(Value::as_str);
    let (input, header) = (text("InputType"), text("CSVHeaderLocation"));
    let report = &mut checker.report;
    let unsupported = |report: &mut Report<'_>, field: &'static str| {
        if config.contains_key(field) {
            let message = format!("Field '{field}' is not supported");
            report.schema(at, Mark::Field(field), message);
        }
    };
    if input == Some("CSV") && !config.contains_key("CSVHeaderLocation") {
        let message = "The field 'CSVHeaderLocation' is required";
        report.schema(at, Mark::Key, message);
    }
    if matches!(input, Some("JSON" | "JSONL" | "PARQUET")) {
        unsupported(report, "CSVHeaderLocation");
        unsupported(report, "CSVHeaders");
    }
    // What follows is documented, and refused by AWS, in words of its own.
    // Source: <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html>
    match text("ManifestType") {
        Some("S3_INVENTORY") => unsupported(report, "InputType"),
        Some("ATHENA_DATA") if matches!(input, Some("JSON" | "MANIFEST")) => {
            let message = "Value should be one of the following: [CSV, JSONL, PARQUET]";
            report.value(&at.key("InputType"), message);
        }
        _ => {}
    }
    if text("Transformation") == Some("LOAD_AND_FLATTEN") && input.is_none() {
        let message = "The field 'InputType' is required";
        report.schema(at, Mark::Key, message);
    }
    if input.is_some_and(|input| input != "JSON") {
        unsupported(report, "ItemsPointer");
    }
    let is_pointer = |text: &str| text.is_empty() || text.starts_with('/');
    let pointer = text("ItemsPointer").filter(|text| !text.starts_with("{%"));
    if pointer.is_some_and(|text| !is_pointer(text) && !has_placeholder(text)) {
        let message = "Value is not a valid JSONPointer";
        report.value(&at.key("ItemsPointer"), message);
    }
    if header == Some("GIVEN") && !config.contains_key("CSVHeaders") {
        let message = "These fields are required: [CSVHeaders]";
        report.schema(at, Mark::Key, message);
    }
}
