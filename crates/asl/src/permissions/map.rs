//! What a Map state needs: the items that it reads from S3, the results that it writes there, and its child executions.
//!
//! Source: <https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html>.

use serde_json::Value;

use super::collector::Collector;
use super::{NeededResource, s3};
use crate::definition::{Resource, ResourceKind};

impl<'d> Collector<'d> {
    pub(super) fn map(&mut self) {
        let state = self.state;
        if is_distributed(state.value) {
            self.child_executions();
        }
        if let Some(reader) = state.value.get("ItemReader") {
            self.item_reader(reader);
        }
        if let Some(writer) = state.value.get("ResultWriter") {
            self.result_writer(writer);
        }
    }

    /// It starts executions of its own state machine, which redriving starts again.
    fn child_executions(&mut self) {
        let place = self.state.pointer.clone();
        let machine = self.owner.state_machine_arn();
        let label = self.state.value.get("Label").and_then(Value::as_str);
        let name = self.owner.state_machine;
        // Without a label, Step Functions makes one up.
        let children = format!("execution:{name}/{}:*", label.unwrap_or("*"));
        let children = self.owner.arn("states", &children);
        let own = self.owner.arn("states", &format!("execution:{name}:*"));
        let arn = NeededResource::Arn;
        let versions = format!("{machine}:*");
        self.add(
            &place,
            "states:StartExecution",
            vec![arn(machine), arn(versions)],
        );
        for action in ["states:DescribeExecution", "states:StopExecution"] {
            self.add(
                &place,
                action,
                vec![arn(own.clone()), arn(children.clone())],
            );
        }
        self.add(&place, "states:RedriveExecution", vec![arn(children)]);
    }

    fn item_reader(&mut self, reader: &'d Value) {
        let place = self.state.pointer_to("ItemReader");
        let Some(call) = s3_call(reader) else {
            return;
        };
        let request = self.request(reader, &place);
        let config = |field: &str| reader.get("ReaderConfig")?.get(field)?.as_str();
        if call == "listObjectsV2" {
            self.add(&place, "s3:ListBucket", s3::buckets(&request));
            if config("Transformation") == Some("LOAD_AND_FLATTEN") {
                self.add(
                    &place,
                    "s3:GetObject",
                    s3::starting_with(&request, "Prefix"),
                );
            }
            return;
        }
        // A manifest lists further objects of the bucket.
        let objects = match config("InputType") {
            Some("MANIFEST") => s3::all_objects(&request),
            _ => s3::resources("s3:GetObject", &request),
        };
        self.add(&place, "s3:GetObject", objects.clone());
        if request.field("VersionId").is_some() && !request.is_dynamic() {
            self.add(&place, "s3:GetObjectVersion", objects);
        }
    }

    fn result_writer(&mut self, writer: &'d Value) {
        let place = self.state.pointer_to("ResultWriter");
        if s3_call(writer).is_none() {
            return;
        }
        let request = self.request(writer, &place);
        let objects = s3::below(&request, "Prefix");
        for action in [
            "s3:PutObject",
            "s3:GetObject",
            "s3:ListMultipartUploadParts",
            "s3:AbortMultipartUpload",
        ] {
            self.add(&place, action, objects.clone());
        }
    }
}

fn is_distributed(state: &Value) -> bool {
    let processor = state
        .get("ItemProcessor")
        .and_then(|processor| processor.get("ProcessorConfig"));
    let mode = processor.and_then(|config| config.get("Mode"));
    mode.and_then(Value::as_str) == Some("DISTRIBUTED")
}

/// `getObject` of `arn:aws:states:::s3:getObject`.
fn s3_call(holder: &Value) -> Option<String> {
    let arn = holder.get("Resource")?.as_str()?;
    match Resource::parse(arn).kind {
        ResourceKind::Service {
            resource_type,
            resource,
            ..
        } if resource_type == "s3" => Some(resource),
        _ => None,
    }
}
