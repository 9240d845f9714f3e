//! What one policy allows beyond another.

use serde_json::{Value, json};

use super::statement::covers;

/// A policy that allows what both allow. What it does not have to add stays as it is.
pub fn union(policy: &Value, other: &Value) -> Value {
    let mut union = policy.clone();
    if let Some(statements) = union["Statement"].as_array_mut() {
        for statement in beyond(other, policy) {
            add(statements, statement);
        }
    }
    union
}

/// The statements by which a policy allows more than another.
pub fn beyond(policy: &Value, other: &Value) -> Vec<Value> {
    let beyond = statements(policy).iter().filter_map(|statement| {
        let Some(resources) = allowed_resources(statement) else {
            let known = statements(other).contains(statement);
            return (!known).then(|| statement.clone());
        };
        let resources = resources.iter();
        let beyond: Vec<&Value> = resources
            .filter(|resource| !allows(other, statement, resource))
            .collect();
        (!beyond.is_empty()).then(|| with_resources(statement, json!(beyond)))
    });
    beyond.collect()
}

/// IAM takes a single one without a list as well.
fn statements(policy: &Value) -> &[Value] {
    match &policy["Statement"] {
        Value::Array(statements) => statements,
        Value::Null => &[],
        single => std::slice::from_ref(single),
    }
}

/// Only statements as txflow writes them are compared resource by resource; others are equal, or they are not.
fn allowed_resources(statement: &Value) -> Option<&Vec<Value>> {
    let fields = statement.as_object()?;
    let known = ["Effect", "Action", "Resource", "Condition"];
    let plain = fields.keys().all(|field| known.contains(&field.as_str()));
    statement["Action"].as_array()?;
    let resources = statement["Resource"].as_array()?;
    (plain && statement["Effect"] == "Allow").then_some(resources)
}

/// Whether a policy allows all actions of a statement on one of its resources.
fn allows(policy: &Value, statement: &Value, resource: &Value) -> bool {
    let actions = statement["Action"].as_array().into_iter().flatten();
    let mut actions = actions.map(|action| {
        let mut others = statements(policy).iter();
        others.any(|other| {
            let resources = allowed_resources(other).into_iter().flatten();
            let mut resources = resources.filter_map(Value::as_str);
            let resource = resource.as_str().unwrap_or_default();
            other["Action"]
                .as_array()
                .is_some_and(|actions| actions.contains(action))
                && other["Condition"] == statement["Condition"]
                && resources.any(|pattern| covers(pattern, resource))
        })
    });
    actions.all(|allowed| allowed)
}

fn add(statements: &mut Vec<Value>, statement: Value) {
    let alike = statements.iter_mut().find(|other| {
        allowed_resources(other).is_some()
            && with_resources(other, Value::Null) == with_resources(&statement, Value::Null)
    });
    let resources = alike.and_then(|alike| alike["Resource"].as_array_mut());
    match (resources, statement["Resource"].as_array()) {
        (Some(resources), Some(more)) => resources.extend(more.iter().cloned()),
        _ => statements.push(statement),
    }
}

fn with_resources(statement: &Value, resources: Value) -> Value {
    let mut statement = statement.clone();
    statement["Resource"] = resources;
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &[Value]) -> Value {
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    fn invoke(functions: &[&str]) -> Value {
        json!({ "Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": functions })
    }

    #[test]
    fn a_union_adds_the_resources_that_are_missing_to_the_statement_that_is_alike() {
        let (one, other) = (
            policy(&[invoke(&["a", "b"])]),
            policy(&[invoke(&["b", "c"])]),
        );
        assert_eq!(union(&one, &other), policy(&[invoke(&["a", "b", "c"])]));
        assert_eq!(union(&one, &one), one);
    }

    #[test]
    fn what_is_allowed_in_another_way_is_not_beyond() {
        let put =
            |actions: &[&str]| json!({ "Effect": "Allow", "Action": actions, "Resource": ["t"] });
        let both = policy(&[put(&["dynamodb:PutItem", "dynamodb:GetItem"])]);
        assert_eq!(
            beyond(&policy(&[put(&["dynamodb:GetItem"])]), &both),
            [] as [Value; 0]
        );
        assert_eq!(
            beyond(&both, &policy(&[put(&["dynamodb:GetItem"])])).len(),
            1
        );
        let pattern = policy(&[invoke(&["f:shop-*:*"])]);
        let listed = policy(&[invoke(&["f:shop-buy:*", "f:other:*"])]);
        assert_eq!(beyond(&listed, &pattern), [invoke(&["f:other:*"])]);
    }

    #[test]
    fn a_single_statement_needs_no_list() {
        let single = json!({ "Version": "2012-10-17", "Statement": invoke(&["a"]) });
        assert_eq!(beyond(&single, &policy(&[])), [invoke(&["a"])]);
        assert_eq!(
            beyond(&policy(&[invoke(&["a"])]), &single),
            [] as [Value; 0]
        );
    }

    #[test]
    fn a_condition_makes_another_permission() {
        let mut limited = invoke(&["a"]);
        limited["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": "1" } });
        let (limited, free) = (policy(&[limited]), policy(&[invoke(&["a"])]));
        assert_eq!(beyond(&free, &limited), [invoke(&["a"])]);
        assert_eq!(
            union(&limited, &free)["Statement"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn what_somebody_else_wrote_is_kept_whole() {
        let deny = json!({ "Effect": "Deny", "Action": "*", "NotResource": "x" });
        let own = policy(&[invoke(&["a"])]);
        let foreign = policy(std::slice::from_ref(&deny));
        assert_eq!(union(&own, &foreign), policy(&[invoke(&["a"]), deny]));
        assert_eq!(union(&own, &Value::Null), own);
    }
}
