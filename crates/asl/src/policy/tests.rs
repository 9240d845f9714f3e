use super::*;

/// cdk-preflight: `rules/iam/pf-iam-policy-resource-*`.
#[test]
fn resources_are_what_iam_accepts() {
    for resource in [
        "*",
        "arn:*:s3:::b",
        "arn:aws:s3:::b*",
        "arn:aws-cn:s3:::b",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/ap",
        "arn:aws:s3:*:*:b",
        "arn:aws:cloudfront:us-east-1:111122223333:distribution/d",
        "arn:aws:iam::111122223333:role/r",
        "arn:aws:sqs:us-east-1:000000000000:${aws:PrincipalTag/queue}",
    ] {
        assert_eq!(check_resource(resource), Ok(()), "{resource}");
    }
    for (resource, by_iam) in [
        (
            "my-bucket",
            "Resource my-bucket must be in ARN format or \"*\".",
        ),
        ("arn:aws:s3:b", LEGACY),
        (
            "arn:aws-nope:s3:::b",
            "Partition \"aws-nope\" is not valid for resource \"arn:aws-nope:s3:::b\".",
        ),
        (
            "arn::s3:::b",
            "Partition \"\" is not valid for resource \"arn::s3:::b\".",
        ),
        (
            "arn:aws:s3*:::b",
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            "arn:aws:s3:us-east-1::b",
            "Resource arn:aws:s3:us-east-1::b can not contain region information.",
        ),
        (
            "arn:aws:s3::111122223333:b",
            "Resource arn:aws:s3::111122223333:b cannot contain an account id.",
        ),
        (
            "arn:aws:iam:us-east-1:111122223333:role/r",
            "Resource arn:aws:iam:us-east-1:111122223333:role/r can not contain region information.",
        ),
        (
            "arn:aws:route53:us-east-1::hostedzone/z",
            "Resource arn:aws:route53:us-east-1::hostedzone/z can not contain region information.",
        ),
    ] {
        let refusal = check_resource(resource).unwrap_err();
        assert_eq!(refusal.by_iam, by_iam);
    }
}

#[test]
fn operators_are_those_of_iam() {
    let operator = Operator::parse("ForAnyValue:StringNotLikeIfExists").unwrap();
    assert_eq!(operator.quantifier, Some(Quantifier::ForAnyValue));
    assert_eq!(operator.comparison, Comparison::StringLike);
    assert!(operator.negated && operator.if_exists);
    let operator = Operator::parse("DateLessThanEquals").unwrap();
    assert_eq!(operator.comparison, Comparison::Date(Order::AtMost));
    for name in OPERATORS {
        assert!(Operator::parse(name).is_some(), "{name}");
    }
    // cdk-preflight: `pf-iam-policy-condition-null-ifexists`.
    assert!(Operator::parse("ForAllValues:Null").is_some());
    for name in ["NullIfExists", "StringEqualz", "ForEach:StringLike", ""] {
        assert_eq!(Operator::parse(name), None, "{name}");
    }
}

/// cdk-preflight: `rules/iam/pf-iam-policy-condition-*-value`.
#[test]
fn values_are_what_their_operator_compares() {
    for (operator, good, bad) in [
        (
            "NumericLessThan",
            vec!["10", "10.5", "-1", "1e3"],
            vec!["abc", " 10", "0x10", "", "inf", "${aws:EpochTime}"],
        ),
        (
            "DateGreaterThan",
            vec![
                "2026",
                "2026-01",
                "2026-01-01",
                "2026-01-01T00:00Z",
                "2026-01-01T00:00:00.000Z",
                "2026-01-01T00:00:00+09:00",
                "1767225600",
            ],
            vec![
                "tomorrow",
                "2026/01/01",
                "2026-13-45",
                "Thu, 01 Jan 2026 00:00:00 GMT",
                "",
            ],
        ),
        (
            "NotIpAddress",
            vec![
                "203.0.113.0/24",
                "203.0.113.5",
                "0.0.0.0/0",
                "2001:db8::/32",
                "2001:db8::1",
                "::/0",
            ],
            vec![
                "203.0.113.999/24",
                "example.com",
                "1.2.3",
                "10.0.0.0/33",
                "10.0.0.0/+8",
                "10.0.0.1 ",
            ],
        ),
        (
            "ArnLike",
            vec!["arn:*:s3:::b", "arn:aws:*:*:*:*", "*"],
            vec!["nope", "arn:aws:s3:b", "${aws:PrincipalArn}"],
        ),
        (
            "BinaryEquals",
            vec!["YWJj", "YWJjZA=="],
            vec!["!!!", "abc", "YWJj=="],
        ),
        ("StringEquals", vec!["", "anything"], vec![]),
    ] {
        let operator = Operator::parse(operator).unwrap();
        for value in good {
            assert_eq!(operator.check(value), Ok(()), "{value}");
        }
        for value in bad {
            let refusal = operator.check(value).unwrap_err();
            let binary = operator.comparison == Comparison::Binary;
            assert_eq!(refusal.by_iam == LEGACY, !binary, "{value}");
        }
    }
}

#[test]
fn dates_and_blocks_compare() {
    assert_eq!(date("2026"), date("2026-01-01T00:00:00Z"));
    assert_eq!(date("2026-01-01T09:00+09:00"), date("1767225600"));
    assert_eq!(date("2026-01-01 00:00:01.5"), Some(1_767_225_601.5));
    let inside = |block: &str, address: &str| {
        Block::parse(block)
            .unwrap()
            .contains(address.parse().unwrap())
    };
    assert!(inside("203.0.113.0/24", "203.0.113.255"));
    assert!(!inside("203.0.113.0/24", "203.0.114.0"));
    assert!(inside("0.0.0.0/0", "127.0.0.1"));
    assert!(inside("::/0", "::1"));
    assert!(!inside("::/0", "127.0.0.1"));
    assert!(inside("2001:db8::/32", "2001:db8:1::1"));
}
