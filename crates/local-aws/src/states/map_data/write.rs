//! The results of a ResultWriter.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};
use txflow_asl::{
    ChildResult, ChildResults, Packed, Payload, Status, TaskError, TaskRequest, TaskResult,
};

use super::Objects;
use crate::clock;
use crate::states::caller::Caller;
use crate::states::executions::machine_of;
use crate::states::integrations::Integrations;

impl Integrations {
    pub(in crate::states) async fn write_results(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        config: &Value,
        results: &ChildResults,
    ) -> TaskResult {
        let objects = Objects {
            integrations: self,
            caller,
            request,
            error: "States.ResultWriterFailed",
        };
        let form = Form::of(config);
        match request.parameters.value()["Bucket"].as_str() {
            Some(bucket) => objects.export(bucket, form, results).await,
            // Without a bucket, the results are the output of the state.
            None => {
                let form = Form {
                    lines: false,
                    ..form
                };
                let text = form.text(results, &[Status::Succeeded]).concat();
                let output: Value = serde_json::from_slice(&text)
                    .map_err(|error| objects.failed(error.to_string()))?;
                Ok(Payload::from(output))
            }
        }
    }
}

impl Objects<'_> {
    async fn export(&self, bucket: &str, form: Form<'_>, results: &ChildResults) -> TaskResult {
        let map_run = results.map_run_arn();
        let prefix = self.request.parameters.value()["Prefix"]
            .as_str()
            .unwrap_or_default();
        let id = map_run.rsplit(':').next().unwrap_or(map_run);
        let folder = match prefix.trim_matches('/') {
            "" => id.to_owned(),
            prefix => format!("{prefix}/{id}"),
        };
        let mut files = Map::new();
        for (name, wanted) in [
            ("FAILED", [Status::Failed, Status::TimedOut].as_slice()),
            ("PENDING", &[Status::Aborted]),
            ("SUCCEEDED", &[Status::Succeeded]),
        ] {
            // Only what has succeeded has an output that could be transformed.
            let form = match name {
                "SUCCEEDED" => form,
                _ => Form {
                    transformation: "NONE",
                    ..form
                },
            };
            let mut written = Vec::new();
            if results.iter().any(|result| wanted.contains(&result.status)) {
                let text = form.text(results, wanted);
                let key = format!("{folder}/{name}_0.{}", form.extension());
                let size: usize = text.iter().map(Bytes::len).sum();
                written.push(json!({ "Key": key, "Size": size }));
                self.put(bucket, &key, text).await?;
            }
            files.insert(name.to_owned(), written.into());
        }
        let key = format!("{folder}/manifest.json");
        let manifest =
            json!({ "DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files });
        self.put(bucket, &key, vec![manifest.to_string().into()])
            .await?;
        Ok(Payload::from(json!({
            "MapRunArn": map_run,
            "ResultWriterDetails": { "Bucket": bucket, "Key": key },
        })))
    }

    async fn put(&self, bucket: &str, key: &str, text: Vec<Bytes>) -> Result<(), TaskError> {
        let input = json!({ "Bucket": bucket, "Key": key });
        self.call("putObject", input, text).await?;
        Ok(())
    }
}

/// How the results are written.
#[derive(Clone, Copy)]
struct Form<'a> {
    transformation: &'a str,
    lines: bool,
}

impl<'a> Form<'a> {
    fn of(config: &'a Value) -> Form<'a> {
        Form {
            transformation: config["Transformation"].as_str().unwrap_or("NONE"),
            lines: config["OutputType"] == "JSONL",
        }
    }

    fn extension(self) -> &'static str {
        if self.lines { "jsonl" } else { "json" }
    }

    /// The results with one of these statuses.
    fn text(self, results: &ChildResults, wanted: &[Status]) -> Vec<Bytes> {
        let mut text = Text::default();
        let results_wanted = { results.iter() }.filter(|result| wanted.contains(&result.status));
        for result in results_wanted {
            match (self.transformation, &result.output) {
                ("COMPACT", output) => self.add(&mut text, &value(output.as_ref())),
                ("FLATTEN", output) => match value(output.as_ref()) {
                    Value::Array(items) => items.iter().for_each(|item| self.add(&mut text, item)),
                    single => self.add(&mut text, &single),
                },
                _ => self.add(&mut text, &Described::of(results, result)),
            }
        }
        if !self.lines {
            text.push(if text.is_empty() { b"[]" } else { b"]" });
        }
        text.into_pieces()
    }

    fn add(self, text: &mut Text, result: &impl Serialize) {
        match (self.lines, text.is_empty()) {
            (true, _) => {}
            (false, true) => text.push(b"["),
            (false, false) => text.push(b","),
        }
        // Writing values and structs to memory does not fail.
        let _ = serde_json::to_writer(&mut *text, result);
        if self.lines {
            text.push(b"\n");
        }
    }
}

fn value(output: Option<&Packed>) -> Value {
    output.map_or(Value::Null, |output| output.unpack().into_value())
}

/// A text in pieces, since a large one would be copied each time that it grows.
#[derive(Default)]
struct Text {
    full: Vec<Bytes>,
    open: Vec<u8>,
}

impl Text {
    const PIECE: usize = 1024 * 1024;

    fn is_empty(&self) -> bool {
        self.full.is_empty() && self.open.is_empty()
    }

    fn push(&mut self, text: &[u8]) {
        if self.open.len() + text.len() > Text::PIECE {
            let full = std::mem::take(&mut self.open);
            self.full.push(full.into());
        }
        if self.open.capacity() == 0 && !self.full.is_empty() {
            self.open.reserve_exact(Text::PIECE);
        }
        self.open.extend_from_slice(text);
    }

    fn into_pieces(mut self) -> Vec<Bytes> {
        self.full.push(self.open.into());
        self.full
    }
}

impl io::Write for Text {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.push(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A child execution as DescribeExecution shows it, in the spelling of Step Functions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    execution_arn: Arc<str>,
    input: &'a str,
    input_details: Details,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<Details>,
    redrive_count: u64,
    redrive_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status_reason: Option<&'static str>,
    start_date: String,
    state_machine_arn: String,
    status: &'static str,
    stop_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    included: bool,
}

impl<'a> Described<'a> {
    fn of(results: &ChildResults, child: &'a ChildResult) -> Described<'a> {
        let date = |at: txflow_asl::Timestamp| {
            clock::iso(u64::try_from(at.as_millis()).unwrap_or_default())
        };
        let (execution_arn, name) = results.named(child);
        let succeeded = child.status == Status::Succeeded;
        let output = child.output.as_ref().map(Packed::text);
        Described {
            cause: child.cause.as_deref(),
            error: child.error.as_deref(),
            execution_arn,
            input: child.input.text(),
            input_details: Details { included: true },
            name,
            output,
            output_details: output.map(|_| Details { included: true }),
            redrive_count: child.redrive_count,
            redrive_status: if succeeded {
                "NOT_REDRIVABLE"
            } else {
                "REDRIVABLE"
            },
            redrive_status_reason: succeeded
                .then_some("Execution is SUCCEEDED and cannot be redriven"),
            start_date: date(child.started),
            state_machine_arn: machine_of(results.map_run_arn()),
            status: child.status.as_str(),
            stop_date: date(child.stopped),
        }
    }
}
