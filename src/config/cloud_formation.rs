//! The functions of CloudFormation's templates, and what a definition has in their place.

use std::borrow::Cow;

use serde_json::Value;

use super::placeholder::{Piece, Placeholder, escape, pieces};

/// Such as `{ "Fn::GetAtt": ["Orders", "Arn"] }`, which YAML writes `!GetAtt Orders.Arn`.
pub(super) struct Function<'v> {
    pub name: &'v str,
    argument: &'v Value,
}

/// What a function names: a parameter, a resource, or an attribute of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub resource: String,
    /// `QueueUrl`, or nothing.
    pub attribute: String,
}

impl Reference {
    /// From `Orders` or `Orders.QueueUrl`.
    pub fn parse(text: &str) -> Self {
        let (resource, attribute) = text.split_once('.').unwrap_or((text, ""));
        Self {
            resource: resource.to_owned(),
            attribute: attribute.to_owned(),
        }
    }

    /// The name of a placeholder for it: `OrdersQueueUrl`.
    pub fn key(&self) -> String {
        format!("{}{}", self.resource, self.attribute.replace('.', ""))
    }

    /// As a template has it.
    pub fn written(&self) -> String {
        match self.attribute.as_str() {
            "" => self.resource.clone(),
            attribute => format!("{}.{attribute}", self.resource),
        }
    }
}

impl<'v> Function<'v> {
    /// `None` for any other value.
    pub fn of(value: &'v Value) -> Option<Self> {
        let members = value.as_object().filter(|members| members.len() == 1)?;
        let (name, argument) = members.iter().next()?;
        let is_one = name == "Ref" || name.starts_with("Fn::");
        is_one.then_some(Self { name, argument })
    }

    /// What it names, if it does nothing else.
    pub fn reference(&self) -> Option<Reference> {
        let parts: Vec<&str> = match (self.name, self.argument) {
            ("Ref" | "Fn::GetAtt", Value::String(text)) => vec![text],
            ("Fn::GetAtt", Value::Array(parts)) => {
                parts.iter().map(Value::as_str).collect::<Option<_>>()?
            }
            _ => return None,
        };
        Some(Reference::parse(&parts.join(".")))
    }

    /// The text that it puts together, with placeholders for what is in it.
    pub fn text(&self) -> Option<String> {
        match (self.name, self.argument) {
            ("Fn::Sub", Value::String(text)) => Some(substituted(text)),
            ("Fn::Sub", Value::Array(parts)) => Some(substituted(parts.first()?.as_str()?)),
            ("Fn::Join", Value::Array(parts)) => {
                let [separator, items] = parts.as_slice() else {
                    return None;
                };
                let items: Vec<Cow<'_, str>> = items.as_array()?.iter().map(item).collect();
                Some(items.join(&*escape(separator.as_str()?)))
            }
            _ => None,
        }
    }

    /// What stands for the function in a text.
    fn placeholder(&self) -> String {
        match self.reference() {
            Some(reference) => format!("${{{}}}", reference.key()),
            None => format!("${{{}}}", self.name.trim_start_matches("Fn::")),
        }
    }
}

fn item(value: &Value) -> Cow<'_, str> {
    match (value, Function::of(value)) {
        (_, Some(function)) => { function.text() }
            .unwrap_or_else(|| function.placeholder())
            .into(),
        (Value::String(text), None) => escape(text).into(),
        (other, None) => other.to_string().into(),
    }
}

/// The text of `Fn::Sub`, in which only attributes are written in another way.
fn substituted(text: &str) -> String {
    let written = pieces(text).into_iter().map(|piece| match piece {
        Piece::Text(text) => escape(text),
        Piece::Placeholder(placeholder) => placeholder.to_string(),
        Piece::Malformed(written) => {
            let inside = written.trim_start_matches("${").trim_end_matches('}');
            format!("${{{}}}", Reference::parse(inside.trim()).key())
        }
    });
    written.collect()
}

/// What the functions in a value, or in a part of a template, name, without repetition. Pseudo parameters are the same in a
/// definition.
pub(super) fn references(value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    find(value, &mut found);
    found.retain(|reference| !Placeholder::PSEUDO.contains(&reference.resource.as_str()));
    let mut unique: Vec<Reference> = Vec::new();
    for reference in found {
        if !unique.contains(&reference) {
            unique.push(reference);
        }
    }
    unique
}

fn find(value: &Value, found: &mut Vec<Reference>) {
    let function = Function::of(value);
    if let Some(reference) = function.as_ref().and_then(Function::reference) {
        found.push(reference);
        return;
    }
    if let Some(Function {
        name: "Fn::Sub",
        argument,
    }) = function
    {
        let text = argument.as_str().or_else(|| argument.get(0)?.as_str());
        let pieces = pieces(text.unwrap_or_default()).into_iter();
        found.extend(pieces.filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Placeholder(placeholder) => Some(Reference::parse(placeholder.name())),
            Piece::Malformed(written) => {
                let inside = written.trim_start_matches("${").trim_end_matches('}');
                Some(Reference::parse(inside.trim()))
            }
        }));
        return;
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| find(member, found)),
        Value::Array(items) => items.iter().for_each(|item| find(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: Value) -> Option<String> {
        Function::of(&value)?.text()
    }

    #[test]
    fn a_text_is_put_together_with_placeholders() {
        let arn = json!({ "Fn::GetAtt": ["Orders", "Arn"] });
        let join = json!({ "Fn::Join": ["", ["{\"a\":\"", arn, "\",\"b\":\"", { "Ref": "AWS::Region" }, "${x}\"}"]] });
        assert_eq!(
            text(join).as_deref(),
            Some("{\"a\":\"${OrdersArn}\",\"b\":\"${AWS::Region}${!x}\"}")
        );
        let sub = json!({ "Fn::Sub": ["${Orders.Arn} ${Stage} ${!x}", { "Stage": "dev" }] });
        assert_eq!(text(sub).as_deref(), Some("${OrdersArn} ${Stage} ${!x}"));
        let nested =
            json!({ "Fn::Join": ["-", [{ "Fn::Sub": "${A}" }, { "Fn::If": ["B", 1, 2] }, 3]] });
        assert_eq!(text(nested).as_deref(), Some("${A}-${If}-3"));
        for other in [
            json!({ "Ref": "A" }),
            json!({ "Fn::Join": "a" }),
            json!({ "a": 1 }),
            json!("a"),
        ] {
            assert_eq!(text(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn what_a_template_names_is_found_once() {
        let template = json!({
            "a": [{ "Ref": "A" }, { "Fn::GetAtt": "B.Arn" }, { "Fn::GetAtt": ["B", "Arn"] }],
            "b": { "Fn::Sub": "${AWS::Region} ${C.Name} ${!d} ${A}" },
            "c": { "Fn::Join": ["", ["x", { "Ref": "E" }, { "Ref": "AWS::AccountId" }]] },
        });
        let found: Vec<(String, String)> = { references(&template).into_iter() }
            .map(|reference| (reference.written(), reference.key()))
            .collect();
        let expected = [
            ("A", "A"),
            ("B.Arn", "BArn"),
            ("C.Name", "CName"),
            ("E", "E"),
        ];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
