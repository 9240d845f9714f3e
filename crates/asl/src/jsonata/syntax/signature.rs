//! Signatures of functions, such as `<s-(sf)n?:a<s>>`: what arguments are valid, and which are taken from the context.

use super::super::fault::Fault;
use super::super::value::Value;

#[derive(Debug, Default)]
pub(in super::super) struct Signature {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Default)]
struct Parameter {
    /// The symbols of its types.
    types: String,
    /// What it was written as.
    kind: String,
    /// What a list must hold, or a function takes and gives.
    subtype: Option<String>,
    /// Whether the context is taken if there is no argument.
    context: bool,
    optional: bool,
    repeated: bool,
}

/// The letter of a type.
pub(in super::super) trait Symbol {
    fn symbol(&self) -> char;
}

impl Symbol for Value {
    fn symbol(&self) -> char {
        match self {
            Self::String(_) => 's',
            Self::Number(_) | Self::Long(_) => 'n',
            Self::Bool(_) => 'b',
            Self::Null => 'l',
            Self::Array(_) => 'a',
            Self::Object(_) => 'o',
            Self::Function(_) | Self::Thunk(_) => 'f',
            Self::Undefined => 'm',
        }
    }
}

const ANY: &str = "asnblfom";

impl Signature {
    /// Reads a signature, of which `text` is everything from `<`.
    pub(in super::super) fn parse(text: &str) -> Result<Self, Fault> {
        let characters: Vec<char> = text.chars().collect();
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut at = 1;
        while let Some(symbol) = characters.get(at).copied().filter(|symbol| *symbol != ':') {
            let mut add = |types: String, kind: String| {
                parameters.push(Parameter {
                    types,
                    kind,
                    ..Parameter::default()
                });
            };
            match symbol {
                's' | 'n' | 'b' | 'l' | 'o' => add(format!("{symbol}m"), symbol.to_string()),
                'a' | 'x' => add(ANY.to_owned(), symbol.to_string()),
                'f' => add("f".to_owned(), "f".to_owned()),
                'j' => add("asnblom".to_owned(), "j".to_owned()),
                '-' | '?' | '+' => {
                    if let Some(last) = parameters.last_mut() {
                        last.context |= symbol == '-';
                        last.optional |= symbol != '+';
                        last.repeated |= symbol == '+';
                    }
                }
                '(' => {
                    let end = closing(&characters, at, '(', ')');
                    let choice: String = characters[at + 1..end].iter().collect();
                    if choice.contains('<') {
                        return Err(Fault::new("S0402").text("value", &choice));
                    }
                    add(format!("{choice}m"), format!("({choice})"));
                    at = end;
                }
                '<' => {
                    let end = closing(&characters, at, '<', '>');
                    let subtype: String = characters[at + 1..end].iter().collect();
                    match parameters.last_mut() {
                        Some(last) if matches!(last.kind.as_str(), "a" | "f") => {
                            last.subtype = Some(subtype);
                        }
                        last => {
                            let fault = Fault::new("S0401");
                            return Err(match last {
                                Some(last) => fault.text("value", &last.kind),
                                None => fault,
                            });
                        }
                    }
                    at = end;
                }
                _ => {}
            }
            at += 1;
        }
        Ok(Self { parameters })
    }

    /// The arguments as the function gets them.
    pub(in super::super) fn validate(
        &self,
        arguments: Vec<Value>,
        context: &Value,
    ) -> Result<Vec<Value>, Fault> {
        let supplied: Vec<char> = arguments.iter().map(Symbol::symbol).collect();
        let Some(counts) = self.assign(&self.parameters, &supplied) else {
            return Err(self.mismatch(&supplied));
        };
        let mut valid = Vec::with_capacity(arguments.len().max(self.parameters.len()));
        let mut at = 0;
        for (parameter, count) in self.parameters.iter().zip(counts) {
            if count == 0 {
                if parameter.context {
                    if !parameter.types.contains(context.symbol()) {
                        return Err(Fault::new("T0411").part("index", (at + 1).to_string()));
                    }
                    valid.push(context.clone());
                } else {
                    valid.push(arguments.get(at).cloned().unwrap_or_default());
                    at += 1;
                }
            }
            let matched: String = supplied[at.min(supplied.len())..]
                .iter()
                .take(count)
                .collect();
            for _ in 0..count {
                let argument = arguments.get(at).cloned().unwrap_or_default();
                valid.push(if parameter.kind == "a" {
                    parameter.list(argument, &matched, at)?
                } else {
                    argument
                });
                at += 1;
            }
        }
        Ok(valid)
    }

    /// How many arguments each parameter takes, if all fit: as many as possible from the left.
    fn assign(&self, parameters: &[Parameter], supplied: &[char]) -> Option<Vec<usize>> {
        let Some((first, rest)) = parameters.split_first() else {
            return supplied.is_empty().then(Vec::new);
        };
        let (least, most) = first.range(supplied);
        (least..=most).rev().find_map(|count| {
            let mut counts = self.assign(rest, &supplied[count..])?;
            counts.insert(0, count);
            Some(counts)
        })
    }

    /// The first argument that no parameter takes.
    fn mismatch(&self, supplied: &[char]) -> Fault {
        let mut fits = 0;
        for count in 1..=self.parameters.len() {
            match longest(&self.parameters[..count], supplied) {
                Some(length) => fits = length,
                None => break,
            }
        }
        Fault::new("T0410").part("index", (fits + 1).to_string())
    }
}

/// How many arguments the parameters take from the left, regardless of what follows.
fn longest(parameters: &[Parameter], supplied: &[char]) -> Option<usize> {
    let Some((first, rest)) = parameters.split_first() else {
        return Some(0);
    };
    let (least, most) = first.range(supplied);
    (least..=most)
        .rev()
        .find_map(|count| Some(count + longest(rest, &supplied[count..])?))
}

impl Parameter {
    /// The least and the most arguments that it takes from the start; nothing if the first is greater.
    fn range(&self, supplied: &[char]) -> (usize, usize) {
        let fitting = supplied
            .iter()
            .take_while(|symbol| self.types.contains(**symbol))
            .count();
        let most = if self.repeated {
            fitting
        } else {
            fitting.min(1)
        };
        (usize::from(!self.optional), most)
    }

    fn list(&self, argument: Value, matched: &str, at: usize) -> Result<Value, Fault> {
        if argument.is_undefined() {
            return Ok(argument);
        }
        let fits = match (&self.subtype, &argument) {
            (None, _) => true,
            (Some(subtype), Value::Array(array)) => {
                let wanted = subtype.chars().next();
                array
                    .items()
                    .iter()
                    .all(|item| Some(item.symbol()) == wanted)
            }
            (Some(subtype), _) => matched == subtype,
        };
        if !fits {
            let fault = Fault::new("T0412").part("index", (at + 1).to_string());
            let plural = self.subtype.as_deref().and_then(plural);
            return Err(match plural {
                Some(plural) => fault.text("type", plural),
                None => fault,
            });
        }
        Ok(match argument {
            array @ Value::Array(_) => array,
            single => Value::array(vec![single]),
        })
    }
}

fn plural(subtype: &str) -> Option<&'static str> {
    Some(match subtype {
        "a" => "arrays",
        "b" => "booleans",
        "f" => "functions",
        "n" => "numbers",
        "o" => "objects",
        "s" => "strings",
        _ => return None,
    })
}

/// Where the bracket that is opened at `start` is closed, or the end.
fn closing(characters: &[char], start: usize, open: char, close: char) -> usize {
    let mut depth = 0;
    for (at, c) in characters.iter().enumerate().skip(start) {
        if *c == close {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        } else if *c == open {
            depth += 1;
        }
    }
    characters.len()
}
