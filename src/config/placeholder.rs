//! Placeholders inside the definition's strings.

use serde_json::Value;

use super::Definition;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// `${purchase-handler}`
    Function(String),
    /// `${AWS::AccountId}`
    AccountId,
    /// `${AWS::Region}`
    Region,
    /// `${AWS::Partition}`
    Partition,
}

impl Definition {
    /// The handlers that the definition names.
    pub fn functions(&self) -> Vec<String> {
        let found = std::cell::RefCell::new(Vec::new());
        self.resolve(|placeholder| {
            if let Placeholder::Function(handler) = placeholder {
                found.borrow_mut().push(handler.clone());
            }
            String::new()
        });
        found.into_inner()
    }

    /// The definition with each placeholder replaced inside the parsed strings.
    pub fn resolve(&self, replacement: impl Fn(&Placeholder) -> String) -> Value {
        resolve(&self.template, &replacement)
    }
}

fn resolve(value: &Value, replacement: &impl Fn(&Placeholder) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(substitute(text, replacement)),
        Value::Array(items) => items
            .iter()
            .map(|item| resolve(item, replacement))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), resolve(value, replacement)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn substitute(text: &str, replacement: &impl Fn(&Placeholder) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        out.push_str(&rest[..start]);
        out.push_str(&replacement(&match &rest[start + 2..start + length] {
            "AWS::AccountId" => Placeholder::AccountId,
            "AWS::Region" => Placeholder::Region,
            "AWS::Partition" => Placeholder::Partition,
            function => Placeholder::Function(function.to_owned()),
        }));
        rest = &rest[start + length + 1..];
    }
    out + rest
}
