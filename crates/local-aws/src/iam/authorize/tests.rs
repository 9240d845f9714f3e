use super::*;

fn allowed(document: &str, action: &str, resource: &str) -> bool {
    asked(document, action, resource, &Context::default()).is_none()
}

fn asked(document: &str, action: &str, resource: &str, context: &Context) -> Option<String> {
    let document = Document::parse(document).unwrap();
    document.check_permissions().unwrap();
    let question = Question {
        action,
        resource: Some(resource),
        context,
    };
    question.refusal(&[document], PolicyKind::Identity)
}

#[test]
fn a_statement_on_the_function_does_not_reach_its_versions() {
    let document = r#"{"Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:1:function:f"}}"#;
    assert!(allowed(
        document,
        "lambda:InvokeFunction",
        "arn:aws:lambda:us-east-1:1:function:f"
    ));
    assert!(!allowed(
        document,
        "lambda:InvokeFunction",
        "arn:aws:lambda:us-east-1:1:function:f:7"
    ));
}

#[test]
fn wildcards_reach_and_actions_ignore_case() {
    let document = r#"{"Statement":[{"Effect":"Allow","Action":["LAMBDA:invoke*"],"Resource":["arn:aws:lambda:*:function:f:*"]}]}"#;
    assert!(allowed(
        document,
        "lambda:InvokeFunction",
        "arn:aws:lambda:us-east-1:1:function:f:7"
    ));
    assert!(!allowed(
        document,
        "lambda:GetFunction",
        "arn:aws:lambda:us-east-1:1:function:f:7"
    ));
}

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t";

fn context() -> Context {
    // 2026-01-01T00:00:00Z.
    Context::at(1_767_225_600_000)
        .of_role("arn:aws:iam::000000000000:role/p/r")
        .with_all(&[
            ("aws:SourceIp", "127.0.0.1"),
            ("aws:RequestedRegion", "us-east-1"),
            ("aws:TagKeys", "team"),
            ("aws:TagKeys", "cost"),
        ])
        .tagged(&[("team".to_owned(), "shop".to_owned())].into())
        .on(TABLE)
}

fn refused(effect: &str, resource: &str, condition: &str) -> Option<String> {
    let own = format!(
        r#"{{"Effect":"{effect}","Action":"dynamodb:GetItem","Resource":"{resource}","Condition":{condition}}}"#
    );
    let others = match effect {
        "Deny" => r#",{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        _ => "",
    };
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{own}{others}]}}"#);
    asked(&document, "dynamodb:GetItem", TABLE, &context())
}

/// The keys that a request of a role has, by IAM's reference of global condition keys.
#[test]
fn a_request_has_the_global_condition_keys() {
    for condition in [
        r#"{"Bool":{"aws:SecureTransport":"true","aws:ViaAWSService":false,"aws:PrincipalIsAWSService":"false"}}"#,
        r#"{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"],"aws:PrincipalAccount":"000000000000","aws:ResourceAccount":"000000000000","AWS:principaltype":"AssumedRole"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/p/*"}}"#,
        r#"{"StringEquals":{"aws:PrincipalTag/team":"shop"}}"#,
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2025-12-31"},"DateLessThanEquals":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}"#,
        r#"{"NumericLessThan":{"aws:EpochTime":1767225601}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.0/8"]}}"#,
        r#"{"StringEqualsIgnoreCase":{"aws:PrincipalTag/team":"SHOP"},"StringNotEquals":{"aws:PrincipalTag/team":"x"}}"#,
    ] {
        assert_eq!(refused("Allow", "*", condition), None, "{condition}");
        let denied = refused("Deny", "*", condition).unwrap_or_default();
        assert!(denied.contains("with an explicit deny"), "{condition}");
    }
    for condition in [
        r#"{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}"#,
        r#"{"StringNotEquals":{"aws:ResourceAccount":"000000000000"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"false"}}"#,
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/r"}}"#,
    ] {
        assert_eq!(refused("Deny", "*", condition), None, "{condition}");
        assert!(refused("Allow", "*", condition).is_some(), "{condition}");
    }
}

/// IAM's reference: `ForAllValues` holds for a key that is missing, `ForAnyValue` does not.
#[test]
fn quantifiers_weigh_all_values_of_a_key() {
    for (condition, holds) in [
        (
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost","x"]}}"#,
            true,
        ),
        (
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#,
            false,
        ),
        (
            r#"{"ForAllValues:StringNotLike":{"aws:TagKeys":"c*"}}"#,
            false,
        ),
        (
            r#"{"ForAllValues:StringEquals":{"aws:CalledVia":"x"}}"#,
            true,
        ),
        (r#"{"ForAnyValue:StringLike":{"aws:TagKeys":"c*"}}"#, true),
        (
            r#"{"ForAnyValue:StringEquals":{"aws:CalledVia":"x"}}"#,
            false,
        ),
        (
            r#"{"ForAnyValue:StringNotEquals":{"aws:CalledVia":"x"}}"#,
            false,
        ),
        (r#"{"StringEqualsIfExists":{"aws:SourceVpce":"x"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceVpce":"x"}}"#, false),
        (r#"{"StringNotEquals":{"aws:SourceVpce":"x"}}"#, true),
        (
            r#"{"Null":{"aws:SourceVpce":"true","aws:PrincipalArn":"false"}}"#,
            true,
        ),
        (r#"{"Null":{"aws:PrincipalArn":true}}"#, false),
    ] {
        assert_eq!(
            refused("Allow", "*", condition).is_none(),
            holds,
            "{condition}"
        );
    }
}

/// IAM's reference of policy variables.
#[test]
fn variables_stand_for_the_keys_of_the_request() {
    for (resource, condition, holds) in [
        (
            "arn:aws:dynamodb:*:${aws:PrincipalAccount}:table/t",
            "{}",
            true,
        ),
        (
            "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team}",
            "{}",
            false,
        ),
        (
            "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/x, 't'}",
            "{}",
            true,
        ),
        ("arn:aws:dynamodb:*:*:table/${aws:username}*", "{}", false),
        ("arn:aws:dynamodb:*:*:table/${*}", "{}", false),
        (
            "*",
            r#"{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}"#,
            true,
        ),
        (
            "*",
            r#"{"StringNotEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}"#,
            false,
        ),
    ] {
        assert_eq!(
            refused("Allow", resource, condition).is_none(),
            holds,
            "{resource}"
        );
    }
    // The version of 2008 has none.
    let old = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:dynamodb:*:${aws:PrincipalAccount}:table/t"}}"#;
    assert!(asked(old, "dynamodb:GetItem", TABLE, &context()).is_some());
}

#[test]
fn a_refusal_names_the_keys_that_are_otherwise_on_aws() {
    for (effect, resource, condition, key) in [
        (
            "Allow",
            "*",
            r#"{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"a"},"Null":{"dynamodb:LeadingKeys":"false"}}"#,
            "no value for the condition key dynamodb:LeadingKeys",
        ),
        (
            "Deny",
            "*",
            r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
            "no value for the condition key aws:PrincipalOrgID",
        ),
        (
            "Allow",
            "arn:aws:dynamodb:*:*:table/${cognito-identity.amazonaws.com:sub}",
            "{}",
            "cognito-identity.amazonaws.com:sub",
        ),
        (
            "Allow",
            "*",
            r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            "the condition key aws:SourceIp is 127.0.0.1 here",
        ),
    ] {
        let refusal = refused(effect, resource, condition).unwrap();
        assert!(refusal.contains(key), "{refusal}");
    }
    let known = refused(
        "Allow",
        "*",
        r#"{"StringEquals":{"aws:RequestedRegion":"x"}}"#,
    );
    let known = known.unwrap();
    assert!(
        known.ends_with("allows the dynamodb:GetItem action"),
        "{known}"
    );
}

/// cdk-preflight: `rules/iam`. `txflow validate` holds `deploy.toml` to the same rules.
#[test]
fn a_policy_that_iam_refuses_is_refused_in_its_words() {
    let refusal = |action: &str, resource: &str, condition: &str| {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{condition}}}}}"#
        );
        let document = Document::parse(&document);
        document
            .and_then(|it| it.check_permissions())
            .unwrap_err()
            .message
    };
    for (action, resource, condition, message) in [
        (
            "s3:*",
            "arn:aws:*:us-east-1:000000000000:x",
            "{}",
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            "s3:*",
            "arn:bws:sqs:us-east-1:000000000000:x",
            "{}",
            "Partition \"bws\" is not valid for resource \"arn:bws:sqs:us-east-1:000000000000:x\".",
        ),
        (
            "*:GetObject",
            "*",
            "{}",
            "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
        ),
        (
            "s3:*",
            "*",
            r#"{"NumericEquals":{"s3:max-keys":"x"}}"#,
            "The policy failed legacy parsing",
        ),
        (
            "s3:*",
            "*",
            r#"{"StringFoo":{"s3:prefix":"x"}}"#,
            "Syntax errors in policy.",
        ),
        (
            "s3:*",
            "*",
            r#"{"NullIfExists":{"s3:prefix":"true"}}"#,
            "Syntax errors in policy.",
        ),
    ] {
        assert_eq!(refusal(action, resource, condition), message);
    }
}

#[test]
fn deny_wins() {
    let document = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":"logs:*","Resource":"*"}]}"#;
    assert!(!allowed(
        document,
        "lambda:InvokeFunction",
        "arn:aws:lambda:us-east-1:1:function:f"
    ));
    assert!(allowed(
        document,
        "logs:PutLogEvents",
        "arn:aws:logs:us-east-1:1:log-group:g"
    ));
}

#[test]
fn a_source_arn_condition_decides_who_assumes() {
    let document = Document::parse(
            r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole",
                "Condition":{"StringEquals":{"aws:SourceAccount":"1"},"ArnLike":{"aws:SourceArn":"arn:aws:states:us-east-1:1:stateMachine:m"}}}}"#,
        )
        .unwrap();
    let assumption = |service, source_arn| Assumption {
        service,
        account: "1",
        source_arn,
    };
    assert!(document.lets_assume(
        &assumption(
            "states.amazonaws.com",
            "arn:aws:states:us-east-1:1:stateMachine:m"
        ),
        0
    ));
    assert!(!document.lets_assume(
        &assumption(
            "states.amazonaws.com",
            "arn:aws:states:us-east-1:1:stateMachine:n"
        ),
        0
    ));
    assert!(!document.lets_assume(
        &assumption(
            "lambda.amazonaws.com",
            "arn:aws:states:us-east-1:1:stateMachine:m"
        ),
        0
    ));
}
