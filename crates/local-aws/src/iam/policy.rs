//! Policy documents: parsed, and checked as IAM checks them when a role is given one.

use serde_json::{Map, Value};
use txflow_asl::policy::{Operator, Refusal, check_resource};

use super::condition::Condition;
use super::pattern::Pattern;
use crate::fault::Fault;

/// A policy document with valid syntax.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) allow: bool,
    pub(super) principals: Option<Principals>,
    pub(super) actions: Matching,
    /// Absent in a trust policy.
    pub(super) resources: Option<Matching>,
    pub(super) conditions: Vec<Condition>,
    sid: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Principals {
    pub(super) negated: bool,
    pub(super) anyone: bool,
    pub(super) services: Vec<String>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    pub(super) negated: bool,
    pub(super) patterns: Vec<Pattern>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Document, Fault> {
        let Ok(Value::Object(document)) = serde_json::from_str(text) else {
            return Err(malformed("This policy contains invalid Json"));
        };
        let known = ["Version", "Id", "Statement"];
        if document.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(syntax_error());
        }
        let variables = match document.get("Version").map(Value::as_str) {
            Some(Some("2012-10-17")) => true,
            // The version of 2008, which is the default, has no variables.
            Some(Some("2008-10-17")) | None => false,
            Some(_) => return Err(syntax_error()),
        };
        let statement = |value: &Value| Statement::parse(value, variables);
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements
                .iter()
                .map(statement)
                .collect::<Result<Vec<_>, _>>()?,
            Some(single @ Value::Object(_)) => vec![statement(single)?],
            _ => return Err(syntax_error()),
        };
        let mut sids: Vec<_> = statements
            .iter()
            .filter_map(|statement| statement.sid.as_deref())
            .collect();
        sids.sort_unstable();
        if sids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(malformed(
                "Statement IDs (SID) in a single policy must be unique.",
            ));
        }
        Ok(Document { statements })
    }

    /// Checks what IAM requires of a role's trust policy.
    pub(super) fn check_trust(&self) -> Result<(), Fault> {
        self.refuse_empty()?;
        for statement in &self.statements {
            if statement.resources.is_some() {
                return Err(malformed("Has prohibited field Resource"));
            }
            let Some(principals) = &statement.principals else {
                return Err(malformed("Missing required field Principal"));
            };
            for service in &principals.services {
                let known =
                    service.ends_with(".amazonaws.com") || service.ends_with(".amazonaws.com.cn");
                if !known || service.starts_with('.') {
                    return Err(malformed(&format!(
                        "Invalid principal in policy: \"SERVICE\":\"{service}\""
                    )));
                }
            }
            if statement.actions.patterns.is_empty() {
                return Err(malformed("Missing required field Action"));
            }
            let foreign = |action: &Pattern| {
                let action = action.text().to_ascii_lowercase();
                !action.starts_with("sts:") && action != "*"
            };
            if statement.actions.patterns.iter().any(foreign) {
                return Err(malformed(
                    "AssumeRole policy may only specify STS AssumeRole actions.",
                ));
            }
            statement.check_conditions()?;
        }
        Ok(())
    }

    /// Checks what IAM requires of a permissions policy.
    pub(super) fn check_permissions(&self) -> Result<(), Fault> {
        self.refuse_empty()?;
        for statement in &self.statements {
            if statement.principals.is_some() {
                return Err(malformed("Policy document should not specify a principal."));
            }
            if statement.actions.patterns.is_empty() {
                return Err(malformed("Policy statement must contain actions."));
            }
            for action in &statement.actions.patterns {
                check_action(action.text())?;
            }
            let Some(resources) = statement
                .resources
                .as_ref()
                .filter(|resources| !resources.patterns.is_empty())
            else {
                return Err(malformed("Policy statement must contain resources."));
            };
            for resource in &resources.patterns {
                check_resource(resource.text()).map_err(refused)?;
            }
            statement.check_conditions()?;
        }
        Ok(())
    }

    /// IAM accepts no policy without statements (otterize/intents-operator#481). One in an older store is still evaluated.
    fn refuse_empty(&self) -> Result<(), Fault> {
        if self.statements.is_empty() {
            return Err(syntax_error());
        }
        Ok(())
    }
}

impl Statement {
    fn parse(value: &Value, variables: bool) -> Result<Statement, Fault> {
        const KNOWN: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let fields = value.as_object().ok_or_else(syntax_error)?;
        if fields.keys().any(|key| !KNOWN.contains(&key.as_str())) {
            return Err(syntax_error());
        }
        let allow = match fields.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(syntax_error()),
        };
        let sid = fields
            .get("Sid")
            .map(|sid| sid.as_str().ok_or_else(syntax_error))
            .transpose()?;
        if sid.is_some_and(|sid| !sid.chars().all(|c| c.is_ascii_alphanumeric())) {
            return Err(malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            ));
        }
        Ok(Statement {
            allow,
            principals: principals(fields)?,
            actions: matching(fields, ("Action", "NotAction"), false)?.unwrap_or_else(|| {
                Matching {
                    negated: false,
                    patterns: Vec::new(),
                }
            }),
            resources: matching(fields, ("Resource", "NotResource"), variables)?,
            conditions: conditions(fields.get("Condition"), variables)?,
            sid: sid.map(str::to_owned),
        })
    }

    fn check_conditions(&self) -> Result<(), Fault> {
        for condition in &self.conditions {
            for value in &condition.values {
                condition.operator.check(value.text()).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// Checks an action such as `lambda:InvokeFunction`: a vendor, one colon, a name.
fn check_action(action: &str) -> Result<(), Fault> {
    if action == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Err(malformed(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ));
    };
    if name.contains(':') {
        return Err(malformed("Actions/Condition can contain only one colon."));
    }
    if vendor.contains(['*', '?']) {
        return Err(malformed(
            "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
        ));
    }
    if vendor.is_empty()
        || !vendor
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-')
    {
        return Err(malformed(&format!("Vendor {vendor} is not valid")));
    }
    Ok(())
}

fn principals(fields: &Map<String, Value>) -> Result<Option<Principals>, Fault> {
    let (negated, value) = match (fields.get("Principal"), fields.get("NotPrincipal")) {
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(syntax_error()),
    };
    let mut principals = Principals {
        negated,
        anyone: false,
        services: Vec::new(),
    };
    match value {
        Value::String(any) if any == "*" => principals.anyone = true,
        Value::Object(kinds) if !kinds.is_empty() => {
            for (kind, names) in kinds {
                let names = strings(names)?;
                match kind.as_str() {
                    "Service" => principals.services = names,
                    "AWS" => principals.anyone |= names.iter().any(|name| name == "*"),
                    "Federated" | "CanonicalUser" => {}
                    _ => return Err(syntax_error()),
                }
            }
        }
        _ => return Err(malformed(&format!("Invalid principal in policy: {value}"))),
    }
    Ok(Some(principals))
}

fn matching(
    fields: &Map<String, Value>,
    (plain, negated): (&str, &str),
    variables: bool,
) -> Result<Option<Matching>, Fault> {
    let (negated, value) = match (fields.get(plain), fields.get(negated)) {
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(syntax_error()),
    };
    let patterns = patterns(value, variables)?;
    Ok(Some(Matching { negated, patterns }))
}

fn conditions(value: Option<&Value>, variables: bool) -> Result<Vec<Condition>, Fault> {
    let mut conditions = Vec::new();
    let Some(value) = value else {
        return Ok(conditions);
    };
    for (operator, keys) in value.as_object().ok_or_else(syntax_error)? {
        let operator = Operator::parse(operator).ok_or_else(syntax_error)?;
        for (key, values) in keys.as_object().ok_or_else(syntax_error)? {
            conditions.push(Condition {
                operator,
                key: key.clone(),
                values: patterns(values, variables)?,
            });
        }
    }
    Ok(conditions)
}

fn patterns(value: &Value, variables: bool) -> Result<Vec<Pattern>, Fault> {
    let texts = strings(value)?.into_iter();
    Ok(texts.map(|text| Pattern::new(text, variables)).collect())
}

/// A string or a list of strings. Conditions may also have numbers and booleans, which count as their text.
fn strings(value: &Value) -> Result<Vec<String>, Fault> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(syntax_error()),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        single => Ok(vec![text(single)?]),
    }
}

fn refused(refusal: Refusal) -> Fault {
    malformed(&refusal.by_iam)
}

fn syntax_error() -> Fault {
    malformed("Syntax errors in policy.")
}

fn malformed(message: &str) -> Fault {
    Fault::bad("MalformedPolicyDocument", message)
}
