//! JSON → a pattern, or all that is wrong with it.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::condition::{Comparison, Condition, NumberRange, Text};
use super::{Fields, Part, PatternError, Segment};

/// How deep a pattern may nest: more than any event does.
const DEEPEST: usize = 64;

/// What EventBridge compares numbers with.
const LARGEST: f64 = 5_000_000_000.0;

const OPERATORS: [&str; 8] = [
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];

pub(super) fn pattern(pattern: &Value) -> Result<Fields, Vec<PatternError>> {
    let mut reader = Reader::default();
    let fields = match pattern {
        Value::Object(members) => reader.fields(members),
        _ => {
            reader.error(
                "an event pattern is an object",
                "such as `{ source = [\"my.app\"] }`",
            );
            Fields::default()
        }
    };
    if reader.errors.is_empty() {
        Ok(fields)
    } else {
        Err(reader.errors)
    }
}

#[derive(Default)]
struct Reader {
    path: Vec<Segment>,
    errors: Vec<PatternError>,
}

impl Reader {
    fn error(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        self.add(false, message.into(), hint.into());
    }

    /// The fault is the name here, not the value.
    fn error_at_name(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        self.add(true, message.into(), hint.into());
    }

    fn add(&mut self, at_name: bool, message: String, hint: String) {
        self.errors.push(PatternError {
            path: self.path.clone(),
            at_name,
            message,
            hint: Some(hint).filter(|hint| !hint.is_empty()),
        });
    }

    fn within<T>(&mut self, segment: Segment, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let result = read(self);
        self.path.pop();
        result
    }

    fn fields(&mut self, members: &Map<String, Value>) -> Fields {
        let mut fields = Fields::default();
        if members.is_empty() {
            let hint = "name a field and what it may be, such as `source = [\"my.app\"]`";
            self.error("an object of a pattern must not be empty", hint);
        }
        if self.path.len() > DEEPEST {
            self.error("the pattern nests too deep", "");
            return fields;
        }
        for (name, value) in members {
            self.within(Segment::Key(name.clone()), |reader| {
                match (name.as_str(), value) {
                    ("$or", Value::Array(any)) if any.iter().all(Value::is_object) => {
                        fields.alternatives.push(reader.alternatives(any));
                    }
                    ("$or", _) => reader.error(
                        "`$or` takes an array of patterns",
                        "such as `\"$or\" = [{ a = [1] }, { b = [2] }]`",
                    ),
                    _ => {
                        let part = reader.part(name, value);
                        fields.by_name.extend(part.map(|part| (name.clone(), part)));
                    }
                }
            });
        }
        fields
    }

    fn alternatives(&mut self, any: &[Value]) -> Vec<Fields> {
        if any.len() < 2 {
            self.error("`$or` takes at least two patterns", "");
        }
        let read = any.iter().enumerate().filter_map(|(i, value)| {
            let members = value.as_object()?;
            Some(self.within(Segment::Index(i), |reader| reader.fields(members)))
        });
        read.collect()
    }

    fn part(&mut self, name: &str, value: &Value) -> Option<Part> {
        match value {
            Value::Object(members) => Some(Part::Fields(self.fields(members))),
            Value::Array(items) if items.is_empty() => {
                self.error(
                    "an empty array matches no event",
                    "list the values that match, or leave the field out",
                );
                None
            }
            Value::Array(items) => {
                let read = items.iter().enumerate().map(|(i, item)| {
                    self.within(Segment::Index(i), |reader| reader.condition(item))
                });
                let conditions: Vec<_> = read.collect();
                conditions
                    .into_iter()
                    .collect::<Option<_>>()
                    .map(Part::Conditions)
            }
            plain => {
                let hint = format!("write `{name} = [{plain}]`");
                self.error(format!("what `{name}` may be must be an array"), hint);
                None
            }
        }
    }

    fn condition(&mut self, item: &Value) -> Option<Condition> {
        let members = match item {
            Value::Object(members) => members,
            Value::Array(_) => {
                self.error(
                    "an array in an array matches no event",
                    "list the values in one array",
                );
                return None;
            }
            plain => return Some(Condition::Is(plain.clone())),
        };
        let mut members = members.iter();
        let (Some((operator, operand)), None) = (members.next(), members.next()) else {
            let hint = format!("the operators are {}", list(&OPERATORS));
            self.error("a condition has exactly one operator", hint);
            return None;
        };
        self.within(Segment::Key(operator.clone()), |reader| {
            reader.operator(operator, operand)
        })
    }

    fn operator(&mut self, operator: &str, operand: &Value) -> Option<Condition> {
        match operator {
            "exists" => {
                let wanted = operand.as_bool();
                if wanted.is_none() {
                    self.error("`exists` takes `true` or `false`", "");
                }
                wanted.map(Condition::Exists)
            }
            "numeric" => self.numeric(operand).map(Condition::Numeric),
            "cidr" => self.cidr(operand),
            "anything-but" => self.anything_but(operand).map(Condition::AnythingBut),
            other => match self.comparison(other, operand)? {
                Some(comparison) => Some(Condition::Text(comparison)),
                None => {
                    let near = txflow_asl::nearest(other, OPERATORS);
                    let hint = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("the operators are {}", list(&OPERATORS)),
                    };
                    self.error_at_name(format!("event patterns have no operator `{other}`"), hint);
                    None
                }
            },
        }
    }

    /// `Some(None)` if this is not an operator on text.
    fn comparison(&mut self, operator: &str, operand: &Value) -> Option<Option<Comparison>> {
        let text = |reader: &mut Self| {
            let text = operand.as_str().filter(|text| !text.is_empty());
            if text.is_none() {
                reader.error(format!("`{operator}` takes a string that is not empty"), "");
            }
            text.map(str::to_owned)
        };
        Some(Some(match operator {
            "prefix" => Comparison::Prefix(self.affix(operator, operand)?),
            "suffix" => Comparison::Suffix(self.affix(operator, operand)?),
            "equals-ignore-case" => Comparison::Equals(Text {
                text: text(self)?.to_lowercase(),
                ignore_case: true,
            }),
            "wildcard" => {
                let text = text(self)?;
                if text.contains("**") {
                    self.error(
                        "`**` is not allowed in a wildcard",
                        "one `*` matches any text",
                    );
                    return None;
                }
                Comparison::Wildcard(text)
            }
            _ => return Some(None),
        }))
    }

    /// A string, or `{ equals-ignore-case = "…" }`.
    fn affix(&mut self, operator: &str, operand: &Value) -> Option<Text> {
        if let Some(text) = operand.as_str() {
            return Some(Text {
                text: text.to_owned(),
                ignore_case: false,
            });
        }
        let members = operand.as_object().filter(|members| members.len() == 1);
        let text = members.and_then(|members| members.get("equals-ignore-case"));
        let text = text.and_then(Value::as_str);
        if text.is_none() {
            let message =
                format!("`{operator}` takes a string, or an object with `equals-ignore-case`");
            self.error(message, format!("such as `{{ {operator} = \"ord-\" }}`"));
        }
        text.map(|text| Text {
            text: text.to_lowercase(),
            ignore_case: true,
        })
    }

    fn anything_but(&mut self, operand: &Value) -> Option<Vec<Condition>> {
        let members = match operand {
            Value::Object(members) => members,
            Value::Array(items) if !items.is_empty() => {
                let strings = items.iter().all(Value::is_string);
                let numbers = items.iter().all(Value::is_number);
                if !strings && !numbers {
                    self.error("`anything-but` takes strings or numbers, not both", "");
                    return None;
                }
                return Some(items.iter().cloned().map(Condition::Is).collect());
            }
            Value::String(_) | Value::Number(_) => {
                return Some(vec![Condition::Is(operand.clone())]);
            }
            _ => {
                let hint = "such as `{ anything-but = [\"a\", \"b\"] }`";
                self.error(
                    "`anything-but` takes a value, an array, or an operator",
                    hint,
                );
                return None;
            }
        };
        const INNER: [&str; 4] = ["equals-ignore-case", "prefix", "suffix", "wildcard"];
        let mut members = members.iter();
        let (Some((operator, operand)), None) = (members.next(), members.next()) else {
            let hint = format!("the operators in it are {}", list(&INNER));
            self.error("`anything-but` has exactly one operator", hint);
            return None;
        };
        self.within(Segment::Key(operator.clone()), |reader| {
            if !INNER.contains(&operator.as_str()) {
                let hint = match txflow_asl::nearest(operator, INNER) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the operators in it are {}", list(&INNER)),
                };
                let message = format!("`anything-but` has no operator `{operator}`");
                reader.error_at_name(message, hint);
                return None;
            }
            let texts = match operand {
                Value::Array(items) if !items.is_empty() => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            let read = texts.iter().map(|text| {
                let comparison = reader.comparison(operator, text)??;
                Some(Condition::Text(comparison))
            });
            let read: Vec<_> = read.collect();
            read.into_iter().collect()
        })
    }

    fn numeric(&mut self, operand: &Value) -> Option<NumberRange> {
        let form = "such as `{ numeric = [\">\", 0, \"<=\", 100] }`";
        let items = operand.as_array().map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() || !items.len().is_multiple_of(2) || items.len() > 4 {
            self.error("`numeric` takes one or two comparisons with a number", form);
            return None;
        }
        let mut range = NumberRange::default();
        for (i, pair) in items.chunks_exact(2).enumerate() {
            let number = pair[1].as_f64().filter(|number| number.abs() <= LARGEST);
            let Some(number) = number else {
                let message = format!("`{}` is not a number from -5e9 to 5e9", pair[1]);
                self.within(Segment::Index(2 * i + 1), |reader| {
                    reader.error(message, form)
                });
                return None;
            };
            let operator = pair[0].as_str().unwrap_or_default();
            let known = range.add(operator, number);
            if !known {
                let message = format!("`numeric` has no comparison {}", pair[0]);
                let hint = "the comparisons are `=`, `<`, `<=`, `>` and `>=`, one for each end";
                self.within(Segment::Index(2 * i), |reader| reader.error(message, hint));
                return None;
            }
        }
        if range.is_empty() {
            self.error("no number is in this range", form);
            return None;
        }
        Some(range)
    }

    fn cidr(&mut self, operand: &Value) -> Option<Condition> {
        let parsed = operand.as_str().and_then(|text| {
            let (address, bits) = text.split_once('/')?;
            let (address, bits): (IpAddr, u8) = (address.parse().ok()?, bits.parse().ok()?);
            let most = if address.is_ipv4() { 32 } else { 128 };
            (bits <= most).then_some(Condition::Cidr(address, bits))
        });
        if parsed.is_none() {
            let message = format!("{operand} is not a range of addresses");
            self.error(message, "such as `10.0.0.0/24`");
        }
        parsed
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
