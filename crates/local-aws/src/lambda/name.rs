//! How requests name a function: by name, partial ARN or ARN, each with or without a qualifier.

use txflow_asl::{FunctionReference, is_account_id};

use crate::fault::{Constraints, Fault};
use crate::http::call::Call;
use crate::http::scope::Scope;

use super::{invalid, not_found};

/// The pattern that AWS quotes in its refusals.
const PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionName {
    pub(crate) name: String,
    /// Without qualifier.
    pub(crate) arn: String,
    pub(crate) qualifier: Option<String>,
}

impl FunctionName {
    /// From the path and the `Qualifier` of a request.
    pub(super) fn read(text: &str, call: &Call) -> Result<FunctionName, Fault> {
        let mut name = FunctionName::parse(text, &call.scope)?;
        let Some(asked) = call
            .query
            .get("Qualifier")
            .filter(|qualifier| !qualifier.is_empty())
        else {
            return Ok(name);
        };
        let known = |c: char| c.is_ascii_alphanumeric() || "$_-".contains(c);
        Constraints::default()
            .length("qualifier", asked, 1, 128)
            .pattern(
                "qualifier",
                asked,
                "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
                asked.chars().all(known),
            )
            .check("ValidationException")?;
        if name
            .qualifier
            .as_deref()
            .is_some_and(|derived| derived != asked)
        {
            let message = "The derived qualifier from the function name does not match the specified qualifier.";
            return Err(invalid(message));
        }
        name.qualifier = Some(asked.to_owned());
        Ok(name)
    }

    pub(crate) fn parse(text: &str, scope: &Scope) -> Result<FunctionName, Fault> {
        let malformed = || {
            let mut constraints = Constraints::default();
            constraints.pattern("functionName", text, PATTERN, false);
            constraints
                .check("ValidationException")
                .err()
                .unwrap_or_else(|| invalid("Invalid function name"))
        };
        let function = FunctionReference::parse(text).ok_or_else(malformed)?;
        let (name, region) = (function.name, function.region.unwrap_or(&scope.region));
        let account = function.account.unwrap_or(&scope.account);
        let partition = function.partition.unwrap_or("aws");
        if !partition.starts_with("aws") || !is_account_id(account) {
            return Err(malformed());
        }
        Constraints::default()
            .length("functionName", name, 1, 64)
            .check("ValidationException")?;
        if region != scope.region {
            return Err(Fault::new(
                404,
                "ResourceNotFoundException",
                format!(
                    "Functions from '{region}' are not reachable in this region ('{}')",
                    scope.region
                ),
            ));
        }
        let owner = Scope {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        Ok(FunctionName {
            name: name.to_owned(),
            arn: owner.arn("lambda", &format!("function:{name}")),
            qualifier: function.qualifier.map(str::to_owned),
        })
    }

    /// With the qualifier, if there is one: how AWS names what it did not find.
    pub(crate) fn qualified(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.arn),
            None => self.arn.clone(),
        }
    }

    pub(super) fn missing(&self) -> Fault {
        not_found(&self.qualified())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FunctionName, Fault> {
        FunctionName::parse(
            text,
            &Scope {
                account: "123456789012".into(),
                region: "eu-west-1".into(),
            },
        )
    }

    #[test]
    fn all_forms_name_the_same_function() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        for (text, qualifier) in [
            ("f", None),
            ("f:live", Some("live")),
            ("123456789012:function:f", None),
            (arn, None),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST",
                Some("$LATEST"),
            ),
        ] {
            let name = parse(text).unwrap();
            assert_eq!(
                (name.arn.as_str(), name.qualifier.as_deref()),
                (arn, qualifier),
                "{text}"
            );
        }
    }

    #[test]
    fn an_invalid_name_is_refused() {
        for text in [
            "",
            "a b",
            "f:",
            "f:a:b",
            "arn:aws:s3:::bucket",
            &"f".repeat(65),
        ] {
            assert_eq!(
                parse(text).unwrap_err().code,
                "ValidationException",
                "{text}"
            );
        }
    }
}
