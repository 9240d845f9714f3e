//! Signatures of functions, such as `<s-(sf)n?:a<s>>`: the types of their arguments, each by its letter.

use super::super::fault::Fault;

#[derive(Debug, Default)]
pub(in super::super) struct Signature {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Default)]
pub(in super::super) struct Parameter {
    /// The symbols of its types.
    pub(in super::super) types: String,
    /// What it was written as.
    pub(in super::super) kind: String,
    /// What a list must hold, or a function takes and gives.
    pub(in super::super) subtype: Option<String>,
    /// Whether the context is taken if there is no argument.
    pub(in super::super) context: bool,
    optional: bool,
    repeated: bool,
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

    pub(in super::super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many of the arguments with these types each parameter takes.
    pub(in super::super) fn counts(&self, supplied: &[char]) -> Result<Vec<usize>, Fault> {
        let counts = self.assign(&self.parameters, supplied);
        counts.ok_or_else(|| self.mismatch(supplied))
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
