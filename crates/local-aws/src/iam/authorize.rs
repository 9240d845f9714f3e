//! Whether policies allow something.

use super::policy::{Document, Matching, Statement};

/// A service that asks to assume a role.
pub(crate) struct Assumption<'a> {
    /// Such as `lambda.amazonaws.com`.
    pub(crate) service: &'a str,
    pub(crate) account: &'a str,
    /// The resource on whose behalf the service asks.
    pub(crate) source_arn: &'a str,
}

impl Document {
    pub(super) fn lets_assume(&self, assumption: &Assumption<'_>) -> bool {
        let applies = |statement: &Statement| {
            let named = statement.principals.as_ref().is_some_and(|principals| {
                let named = principals.anyone
                    || principals
                        .services
                        .iter()
                        .any(|name| name == assumption.service);
                named != principals.negated
            });
            let context = [
                ("aws:sourceaccount", assumption.account),
                ("aws:sourcearn", assumption.source_arn),
            ];
            named
                && statement.actions.matches("sts:AssumeRole", true)
                && conditions_hold(statement, &context)
        };
        weigh(
            self.statements
                .iter()
                .filter(|statement| applies(statement)),
        ) == Decision::Allowed
    }
}

/// The decision of a set of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Allowed,
    /// A statement denies the action, whatever others allow.
    Denied,
    NotAllowed,
}

/// The kind of policies that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicyKind {
    Identity,
    Boundary,
}

impl Decision {
    /// Why the action is not allowed, in AWS's words.
    pub(super) fn refusal(self, kind: PolicyKind, action: &str) -> Option<String> {
        Some(match (self, kind) {
            (Self::Allowed, _) => return None,
            (Self::Denied, PolicyKind::Identity) => {
                "with an explicit deny in an identity-based policy".to_owned()
            }
            (Self::Denied, PolicyKind::Boundary) => {
                "with an explicit deny in a permissions boundary".to_owned()
            }
            (Self::NotAllowed, PolicyKind::Identity) => {
                format!("because no identity-based policy allows the {action} action")
            }
            (Self::NotAllowed, PolicyKind::Boundary) => {
                format!("because no permissions boundary allows the {action} action")
            }
        })
    }
}

/// Whether the documents together allow `action` on `resource`, with these condition keys. If it is not known what the
/// action is done on, anything that a statement allows it on will do, and only a denial of all counts.
pub(super) fn decide(
    documents: &[Document],
    action: &str,
    resource: Option<&str>,
    context: &[(&str, &str)],
) -> Decision {
    let applies = |statement: &&Statement| {
        let on_resource = statement
            .resources
            .as_ref()
            .is_some_and(|resources| match resource {
                Some(resource) => resources.matches(resource, false),
                None => statement.allow || resources.matches("", false),
            });
        on_resource
            && statement.actions.matches(action, true)
            && conditions_hold(statement, context)
    };
    weigh(
        documents
            .iter()
            .flat_map(|document| &document.statements)
            .filter(applies),
    )
}

/// Of the statements that apply, at least one must allow and none may deny.
fn weigh<'a>(statements: impl Iterator<Item = &'a Statement>) -> Decision {
    let mut decision = Decision::NotAllowed;
    for statement in statements {
        if !statement.allow {
            return Decision::Denied;
        }
        decision = Decision::Allowed;
    }
    decision
}

impl Matching {
    fn matches(&self, text: &str, any_case: bool) -> bool {
        let fold = |text: &str| {
            if any_case {
                text.to_ascii_lowercase()
            } else {
                text.to_owned()
            }
        };
        let text = fold(text);
        self.patterns
            .iter()
            .any(|pattern| glob(&fold(pattern), &text))
            != self.negated
    }
}

/// Whether all conditions hold for the keys that the service sets. A missing key fails its condition, unless the
/// operator ends in `IfExists`, is `Null`, or is negated.
fn conditions_hold(statement: &Statement, context: &[(&str, &str)]) -> bool {
    statement.conditions.iter().all(|(operator, key, wanted)| {
        let actual = context
            .iter()
            .find(|(name, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator.as_str(), false),
        };
        if operator == "Null" {
            return wanted
                .iter()
                .any(|wanted| (wanted == "true") == actual.is_none());
        }
        let negated = operator.contains("Not");
        let Some(actual) = actual else {
            return if_exists || negated;
        };
        let matches = |wanted: &String| match operator.replace("Not", "").as_str() {
            "StringEquals" => wanted == actual,
            "StringEqualsIgnoreCase" => wanted.eq_ignore_ascii_case(actual),
            "StringLike" | "ArnLike" | "ArnEquals" => glob(wanted, actual),
            _ => false,
        };
        wanted.iter().any(matches) != negated
    })
}

/// `*` stands for any text, `?` for any character. Linear in practice: a mismatch only backtracks to the last star.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(document: &str, action: &str, resource: &str) -> bool {
        let documents = [Document::parse(document).unwrap()];
        decide(&documents, action, Some(resource), &[]) == Decision::Allowed
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
        assert!(document.lets_assume(&assumption(
            "states.amazonaws.com",
            "arn:aws:states:us-east-1:1:stateMachine:m"
        )));
        assert!(!document.lets_assume(&assumption(
            "states.amazonaws.com",
            "arn:aws:states:us-east-1:1:stateMachine:n"
        )));
        assert!(!document.lets_assume(&assumption(
            "lambda.amazonaws.com",
            "arn:aws:states:us-east-1:1:stateMachine:m"
        )));
    }
}
