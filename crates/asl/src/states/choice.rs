use serde_json::Value;

use super::Action;
use crate::decision::Decision;
use crate::definition::{DefinitionError, Fields, QueryLanguage};
use crate::evaluation::Place;
use crate::failure::Failure;
use crate::flow::{Produced, Visit};
use crate::jsonata::{self, Expression};
use crate::jsonpath::JsonPath;
use crate::template::Template;

/// Continues with the first rule that matches.
#[derive(Debug)]
pub struct Choice {
    pub rules: Vec<ChoiceRule>,
    pub default: Option<String>,
}

#[derive(Debug)]
pub struct ChoiceRule {
    pub condition: Condition,
    pub next: String,
    pub assign: Option<Template>,
    /// JSONata's `Output`.
    pub output: Option<Template>,
}

#[derive(Debug)]
pub enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Test {
        variable: JsonPath,
        test: Test,
    },
    /// JSONata's `Condition`: an expression, or a plain `true` or `false`.
    Expression(Expression),
    Constant(bool),
}

/// The test that a rule applies to its variable.
#[derive(Debug)]
pub enum Test {
    Compare {
        comparison: Comparison,
        ordered: Ordered,
        operand: Operand,
    },
    /// `*` stands for any characters, `\*` for an asterisk.
    StringMatches(String),
    IsPresent(bool),
    IsNull(bool),
    IsBoolean(bool),
    IsNumeric(bool),
    IsString(bool),
    IsTimestamp(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// The type that a comparison expects. A value of another type never matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

#[derive(Debug)]
pub enum Operand {
    Literal(Value),
    Path(JsonPath),
}

impl Choice {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        let missing = || fields.error("", "These fields are required: [Choices]");
        let rules = fields.array("Choices")?.ok_or_else(missing)?;
        let rules = rules.iter().enumerate().map(|(i, rule)| {
            let place = format!("Choices[{i}]");
            let rule = fields.child(&place, rule)?;
            Ok(ChoiceRule {
                condition: Condition::parse(&rule, 0)?,
                next: rule.required_string("Next")?.to_owned(),
                assign: rule.template("Assign")?,
                output: rule.template("Output")?,
            })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            default: fields.string("Default")?.map(str::to_owned),
        })
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter().map(|rule| rule.next.as_str());
        rules.chain(self.default.as_deref())
    }
}

impl Choice {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'_>, Failure> {
        let effective = visit.effective_input()?;
        let evaluation = visit.evaluation(&effective);
        for (i, rule) in self.rules.iter().enumerate() {
            let place = Place::field("Choices");
            let place = place.item(i);
            if rule.condition.holds(&evaluation, place)? {
                let (assign, output) = (rule.assign.as_ref(), rule.output.as_ref());
                let exit = visit.exit_by_rule(assign, output, place, &effective)?;
                return Ok(Action::Choose {
                    exit,
                    next: &rule.next,
                    by: Decision::Rule(i),
                });
            }
        }
        match &self.default {
            Some(default) => {
                let exit = visit.exit(Produced::Input(&effective))?;
                Ok(Action::Choose {
                    exit,
                    next: default,
                    by: Decision::Default,
                })
            }
            None => Err(Failure::runtime(
                "Failed to transition out of the state. The state does not point to a next state.",
            )),
        }
    }
}

/// Conditions are parsed recursively. One with deeper nesting is rejected.
const MAX_DEPTH: usize = 64;

impl Condition {
    fn parse(rule: &Fields, depth: usize) -> Result<Self, DefinitionError> {
        if depth > MAX_DEPTH {
            return Err(rule.error(
                "",
                format!("Conditions are nested more than {MAX_DEPTH} deep"),
            ));
        }
        if rule.language == QueryLanguage::Jsonata {
            return Self::parse_jsonata(rule);
        }
        let all = |key: &str| -> Result<Option<Vec<Self>>, DefinitionError> {
            let Some(list) = rule.array(key)? else {
                return Ok(None);
            };
            let list = list.iter().enumerate().map(|(i, inner)| {
                let place = format!("{key}[{i}]");
                Self::parse(&rule.child(&place, inner)?, depth + 1)
            });
            list.collect::<Result<_, _>>().map(Some)
        };
        if let Some(list) = all("And")? {
            return Ok(Self::And(list));
        }
        if let Some(list) = all("Or")? {
            return Ok(Self::Or(list));
        }
        if let Some(inner) = rule.get("Not") {
            let inner = Self::parse(&rule.child("Not", inner)?, depth + 1)?;
            return Ok(Self::Not(Box::new(inner)));
        }
        let missing = || rule.error("", "These fields are required: [Variable]");
        Ok(Self::Test {
            variable: rule.path("Variable")?.ok_or_else(missing)?,
            test: Test::parse(rule)?,
        })
    }

    fn parse_jsonata(rule: &Fields) -> Result<Self, DefinitionError> {
        if let Some(Value::Bool(constant)) = rule.get("Condition") {
            return Ok(Self::Constant(*constant));
        }
        let text = rule.required_string("Condition")?;
        let Some(source) = jsonata::delimited(text) else {
            return Err(rule.error(
                "Condition",
                "`Condition` must be a JSONata expression: `{% … %}`",
            ));
        };
        let parsed = Expression::parse(source);
        parsed
            .map(Self::Expression)
            .map_err(|e| rule.error("Condition", e.to_string()))
    }
}

impl Test {
    fn parse(rule: &Fields) -> Result<Self, DefinitionError> {
        type IsTest = (&'static str, fn(bool) -> Test);
        const IS: [IsTest; 6] = [
            ("IsPresent", Test::IsPresent),
            ("IsNull", Test::IsNull),
            ("IsBoolean", Test::IsBoolean),
            ("IsNumeric", Test::IsNumeric),
            ("IsString", Test::IsString),
            ("IsTimestamp", Test::IsTimestamp),
        ];
        for (key, test) in IS {
            if let Some(expected) = rule.bool(key)? {
                return Ok(test(expected));
            }
        }
        if let Some(pattern) = rule.string("StringMatches")? {
            return Ok(Self::StringMatches(pattern.to_owned()));
        }
        for (prefix, ordered) in Ordered::ALL {
            for (suffix, comparison) in Comparison::ALL {
                let key = format!("{prefix}{suffix}");
                let operand = match rule.get(&key) {
                    Some(literal) => Some(Operand::Literal(literal.clone())),
                    None => rule.path(&format!("{key}Path"))?.map(Operand::Path),
                };
                if let Some(operand) = operand {
                    return Ok(Self::Compare {
                        comparison,
                        ordered,
                        operand,
                    });
                }
            }
        }
        Err(rule.error("", "A choice rule needs a comparison operator"))
    }
}

impl Ordered {
    const ALL: [(&'static str, Self); 4] = [
        ("String", Self::String),
        ("Numeric", Self::Numeric),
        ("Boolean", Self::Boolean),
        ("Timestamp", Self::Timestamp),
    ];
}

impl Comparison {
    const ALL: [(&'static str, Self); 5] = [
        ("Equals", Self::Equals),
        ("LessThan", Self::LessThan),
        ("LessThanEquals", Self::LessThanEquals),
        ("GreaterThan", Self::GreaterThan),
        ("GreaterThanEquals", Self::GreaterThanEquals),
    ];
}
