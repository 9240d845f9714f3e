//! The results of a ResultWriter.

use std::fmt::Write;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use txflow_asl::{ChildEnd, Payload, Status, TaskError, TaskRequest, TaskResult};

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
        (map_run, results): (&str, &[ChildEnd]),
    ) -> TaskResult {
        let objects = Objects {
            integrations: self,
            caller,
            request,
            error: "States.ResultWriterFailed",
        };
        let form = Form::of(config);
        match request.parameters.value()["Bucket"].as_str() {
            Some(bucket) => objects.export(bucket, form, map_run, results).await,
            // Without a bucket, the results are the output of the state.
            None => {
                let succeeded = results
                    .iter()
                    .filter(|end| end.outcome.status == Status::Succeeded);
                let results = form.transformed(map_run, succeeded);
                Ok(Payload::from(results.collect::<Value>()))
            }
        }
    }
}

impl Objects<'_> {
    async fn export(
        &self,
        bucket: &str,
        form: Form<'_>,
        map_run: &str,
        results: &[ChildEnd],
    ) -> TaskResult {
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
            let fitting = results
                .iter()
                .filter(|end| wanted.contains(&end.outcome.status));
            let fitting: Vec<&ChildEnd> = fitting.collect();
            let mut written = Vec::new();
            if !fitting.is_empty() {
                // Only what has succeeded has an output that could be transformed.
                let form = match name {
                    "SUCCEEDED" => form,
                    _ => Form {
                        transformation: "NONE",
                        ..form
                    },
                };
                let text = form.text(map_run, fitting.into_iter());
                let key = format!("{folder}/{name}_0.{}", form.extension());
                written.push(json!({ "Key": key, "Size": text.len() }));
                self.put(bucket, &key, text).await?;
            }
            files.insert(name.to_owned(), written.into());
        }
        let key = format!("{folder}/manifest.json");
        let manifest =
            json!({ "DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files });
        self.put(bucket, &key, manifest.to_string()).await?;
        Ok(Payload::from(json!({
            "MapRunArn": map_run,
            "ResultWriterDetails": { "Bucket": bucket, "Key": key },
        })))
    }

    async fn put(&self, bucket: &str, key: &str, text: String) -> Result<(), TaskError> {
        let input = json!({ "Bucket": bucket, "Key": key });
        self.call("putObject", input, vec![Bytes::from(text)])
            .await?;
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

    /// One after the other, since all of them may be many.
    fn transformed<'e>(
        self,
        map_run: &str,
        ends: impl Iterator<Item = &'e ChildEnd>,
    ) -> impl Iterator<Item = Value> {
        let output = |end: &ChildEnd| {
            let output = end.outcome.output.as_ref();
            output.map_or(Value::Null, |output| output.value().clone())
        };
        ends.flat_map(move |end| match self.transformation {
            "COMPACT" => vec![output(end)],
            "FLATTEN" => match output(end) {
                Value::Array(items) => items,
                single => vec![single],
            },
            _ => vec![described(map_run, end)],
        })
    }

    fn text<'e>(self, map_run: &str, ends: impl Iterator<Item = &'e ChildEnd>) -> String {
        let mut text = String::new();
        for result in self.transformed(map_run, ends) {
            match (self.lines, text.is_empty()) {
                (true, _) => {}
                (false, true) => text.push('['),
                (false, false) => text.push(','),
            }
            // Writing to a string does not fail.
            let _ = write!(text, "{result}");
            if self.lines {
                text.push('\n');
            }
        }
        if !self.lines {
            text.push_str(if text.is_empty() { "[]" } else { "]" });
        }
        text
    }
}

/// A child execution as DescribeExecution shows it, in the spelling of Step Functions.
fn described(map_run: &str, end: &ChildEnd) -> Value {
    let ChildEnd {
        child,
        outcome,
        stopped,
        redrivable: _,
    } = end;
    let date =
        |at: txflow_asl::Timestamp| clock::iso(u64::try_from(at.as_millis()).unwrap_or_default());
    let mut shown = Map::new();
    let mut put = |member: &str, value: Value| {
        shown.insert(member.to_owned(), value);
    };
    if let Some(cause) = &outcome.cause {
        put("Cause", cause.as_str().into());
    }
    if let Some(error) = &outcome.error {
        put("Error", error.as_str().into());
    }
    put("ExecutionArn", child.arn.as_ref().into());
    put("Input", child.input.text().into());
    put("InputDetails", json!({ "Included": true }));
    put("Name", child.name.as_str().into());
    if let Some(output) = &outcome.output {
        put("Output", output.text().into());
        put("OutputDetails", json!({ "Included": true }));
    }
    put("RedriveCount", child.redrive_count.into());
    match outcome.status {
        Status::Succeeded => {
            put("RedriveStatus", "NOT_REDRIVABLE".into());
            let reason = "Execution is SUCCEEDED and cannot be redriven";
            put("RedriveStatusReason", reason.into());
        }
        _ => put("RedriveStatus", "REDRIVABLE".into()),
    }
    put("StartDate", date(child.started).into());
    put("StateMachineArn", machine_of(map_run).into());
    put("Status", outcome.status.as_str().into());
    put("StopDate", date(*stopped).into());
    Value::Object(shown)
}
