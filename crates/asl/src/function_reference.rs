//! How a request names a Lambda function.

use crate::Arn;

/// What `FunctionName` takes: a name, a part of an ARN (`123456789012:function:name`) or an ARN, each with or without a
/// qualifier. What it does not say is the caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionReference<'a> {
    pub partition: Option<&'a str>,
    pub region: Option<&'a str>,
    pub account: Option<&'a str>,
    pub name: &'a str,
    /// A version, `$LATEST` or an alias.
    pub qualifier: Option<&'a str>,
}

impl<'a> FunctionReference<'a> {
    /// `None` for anything else, such as an expression. Whether there is such a partition, region or account is not
    /// checked, nor how long the name is.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(arn) = Arn::parse(text) {
            let function = arn.resource.strip_prefix("function:");
            let named = named(function.filter(|_| arn.service == "lambda")?)?;
            return Some(Self {
                partition: Some(arn.partition),
                region: Some(arn.region),
                account: Some(arn.account),
                ..named
            });
        }
        match text.split_once(":function:") {
            Some((account, function)) if !account.contains(':') => Some(Self {
                account: Some(account),
                ..named(function)?
            }),
            _ => named(text),
        }
    }
}

/// `name` or `name:qualifier`.
fn named(text: &str) -> Option<FunctionReference<'_>> {
    let (name, qualifier) = match text.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (text, None),
    };
    let qualified = qualifier.is_none_or(|qualifier| qualifier == "$LATEST" || is_word(qualifier));
    (is_word(name) && qualified).then_some(FunctionReference {
        partition: None,
        region: None,
        account: None,
        name,
        qualifier,
    })
}

fn is_word(text: &str) -> bool {
    let mut characters = text.chars();
    !text.is_empty() && characters.all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

    #[test]
    fn each_form_says_what_it_says_and_no_more() {
        let account = Some("123456789012");
        let (partition, region) = (Some("aws"), Some("eu-west-1"));
        for (text, place, qualifier) in [
            ("f", (None, None, None), None),
            ("f:live", (None, None, None), Some("live")),
            ("f:function", (None, None, None), Some("function")),
            ("123456789012:function:f", (None, None, account), None),
            (
                "123456789012:function:f:3",
                (None, None, account),
                Some("3"),
            ),
            (ARN, (partition, region, account), None),
            (
                &format!("{ARN}:$LATEST"),
                (partition, region, account),
                Some("$LATEST"),
            ),
        ] {
            let (partition, region, account) = place;
            let expected = FunctionReference {
                partition,
                region,
                account,
                name: "f",
                qualifier,
            };
            assert_eq!(FunctionReference::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_placeholder_in_an_arn_leaves_the_name_known() {
        let text = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f:3";
        let found = FunctionReference::parse(text).unwrap();
        assert_eq!((found.name, found.qualifier), ("f", Some("3")));
        assert_eq!(found.account, Some("${AWS::AccountId}"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "a b",
            "f:",
            ":live",
            "f:a:b",
            "f:$OLDEST",
            "a:b:function:f",
            "123456789012:function:",
            "arn:aws:s3:::bucket",
            "arn:aws:lambda:eu-west-1:123456789012:layer:f",
            "arn:aws:states:eu-west-1:123456789012:function:f",
            "{% $states.input.function %}",
            "${purchase-handler}",
        ] {
            assert_eq!(FunctionReference::parse(text), None, "{text}");
        }
    }
}
