//! What Bedrock does in the name of its caller.

use super::argument::{Argument, Unknown};
use super::collector::Collector;
use super::each::{arns, each, known};
use super::{NeededResource, s3};

/// The files that a model reads and writes.
///
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html>.
pub(super) fn files(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    if request.is_dynamic() {
        return;
    }
    if let Some(uri) = request.path("Input.S3Uri") {
        needs.add(place, "s3:GetObject", s3::file(request, &uri));
    }
    if let Some(uri) = request.path("Output.S3Uri") {
        needs.add(place, "s3:PutObject", s3::of_uri(request, &uri).1);
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
        let model = known(&model, |model| vec![id(request, model)]);
        needs.add(place, "bedrock:InvokeModel", with_models(model, request));
    }
    for guardrail in request.deep_fields(|name| name == "GuardrailId") {
        needs.add(place, APPLY, guardrails(&guardrail, request));
    }
}

const APPLY: &str = "bedrock:ApplyGuardrail";

/// The guardrail that a model is called with.
///
/// Source: <https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions.html>.
pub(super) fn guardrail(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    if request.is_dynamic() {
        return;
    }
    let fields = ["GuardrailIdentifier", "GuardrailConfig.GuardrailIdentifier"].into_iter();
    for guardrail in fields.filter_map(|field| request.path(field)) {
        needs.add(place, APPLY, guardrails(&guardrail, request));
    }
}

fn guardrails(guardrail: &Argument<'_>, request: &Argument<'_>) -> Vec<NeededResource> {
    known(guardrail, |id| arns(request, "bedrock", "guardrail/", id))
}

/// The models that a field names by ids or ARNs.
pub(super) fn models(request: &Argument<'_>, field: &str) -> Vec<NeededResource> {
    let found = each(request, field, |model| vec![id(request, model)]);
    with_models(found, request)
}

/// A model of the region, or an inference profile.
fn id(request: &Argument<'_>, model: &str) -> NeededResource {
    const AREAS: &[&str] = &[
        "us", "us-gov", "eu", "apac", "jp", "au", "ca", "sa", "global",
    ];
    let owner = request.owner;
    match model.split_once('.') {
        Some((area, _)) if AREAS.contains(&area) => {
            NeededResource::Arn(owner.arn("bedrock", &format!("inference-profile/{model}")))
        }
        _ => foundation(owner.region, model, request),
    }
}

/// Whoever calls an inference profile needs its model in each of its regions, too. Which model it is, the profiles of AWS say in
/// their names, and those of users do not:
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html>.
fn with_models(mut found: Vec<NeededResource>, request: &Argument<'_>) -> Vec<NeededResource> {
    let mut models = Vec::new();
    for profile in &found {
        let NeededResource::Arn(arn) = profile else {
            continue;
        };
        if let Some((_, model)) = arn
            .split_once(":inference-profile/")
            .and_then(|(_, profile)| profile.split_once('.'))
        {
            models.push(foundation("*", model, request));
        } else if arn.contains(":application-inference-profile/") {
            let because = "the ARN of an application inference profile does not say its model";
            models.push(Unknown::new(because, request).resource());
        }
    }
    found.append(&mut models);
    found
}

fn foundation(region: &str, model: &str, request: &Argument<'_>) -> NeededResource {
    let partition = request.owner.partition;
    NeededResource::Arn(format!(
        "arn:{partition}:bedrock:{region}::foundation-model/{model}"
    ))
}
