//! What Bedrock does in the name of its caller.

use super::argument::Argument;
use super::collector::Collector;
use super::each::{arns, known};
use super::named::bedrock_model;
use super::{NeededResource, s3};

/// The files that a model reads and writes.
///
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html>.
pub(super) fn files(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    for (action, field) in [
        ("s3:GetObject", "Input.S3Uri"),
        ("s3:PutObject", "Output.S3Uri"),
    ] {
        if request.is_dynamic() {
            continue;
        }
        let uri = request.path(field);
        let objects: Vec<NeededResource> =
            uri.map_or_else(Vec::new, |uri| s3::of_uri(request, &uri).1);
        needs.add(place, action, objects);
    }
}

/// The knowledge base that an answer is searched in, and the model that writes it.
///
/// Source: <https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base-prereq-permissions-general.html>.
pub(super) fn generation(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    for base in request.deep_fields(|name| name == "KnowledgeBaseId") {
        let base = known(&base, |id| arns(request, "bedrock", "knowledge-base/", id));
        needs.add(place, "bedrock:Retrieve", base);
    }
    for model in request.deep_fields(|name| name == "ModelArn") {
        let model = known(&model, |model| bedrock_model(request, model));
        needs.add(place, "bedrock:InvokeModel", model);
    }
}
