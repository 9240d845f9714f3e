//! Models of Bedrock, and bots.

use super::*;

const INVOKE: &str = "bedrock:InvokeModel";

/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html>
#[test]
fn an_inference_profile_needs_its_model() {
    let profile =
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0";
    let model = "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0";
    for id in ["eu.amazon.nova-lite-v1:0", profile] {
        for resource in ["bedrock:invokeModel", "aws-sdk:bedrockruntime:converse"] {
            let found = jsonpath(resource, json!({ "ModelId": id }));
            let mut found = on(&found, INVOKE);
            found.sort_unstable();
            assert_eq!(found, [model, profile], "{resource} {id}");
        }
    }
    let own = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc";
    let found = jsonpath("bedrock:invokeModel", json!({ "ModelId": own }));
    assert_eq!(on(&found, INVOKE), [own, "unknown"]);
    let of_region = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0";
    let found = jsonpath("bedrock:invokeModel", json!({ "ModelId": of_region }));
    assert_eq!(on(&found, INVOKE), [of_region]);
}

/// <https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions.html>
#[test]
fn a_guardrail_is_applied_with_a_right_of_its_own() {
    let guardrail = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/g";
    for (resource, field) in [
        ("bedrock:invokeModel", json!({ "GuardrailIdentifier": "g" })),
        (
            "aws-sdk:bedrockruntime:invokeModel",
            json!({ "GuardrailIdentifier": guardrail }),
        ),
        (
            "aws-sdk:bedrockruntime:converse",
            json!({ "GuardrailConfig": { "GuardrailIdentifier": "g", "GuardrailVersion": "1" } }),
        ),
    ] {
        let mut request = field;
        request["ModelId"] = "m".into();
        let found = jsonpath(resource, request);
        assert_eq!(
            on(&found, "bedrock:ApplyGuardrail"),
            [guardrail],
            "{resource}"
        );
    }
    let without = jsonpath("bedrock:invokeModel", json!({ "ModelId": "m" }));
    assert!(on(&without, "bedrock:ApplyGuardrail").is_empty());
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlexv2.html>
#[test]
fn a_conversation_is_with_the_alias_of_a_bot() {
    let request = json!({ "BotId": "B", "BotAliasId": "A", "LocaleId": "en", "SessionId": "s" });
    let found = jsonpath("aws-sdk:lexruntimev2:recognizeText", request);
    let alias = "arn:aws:lex:eu-west-1:123456789012:bot-alias/B/A";
    assert_eq!(on(&found, "lex:RecognizeText"), [alias]);
}
