use std::sync::Arc;

use super::super::fault::Fault;
use super::super::regex::Regex;

#[derive(Clone, Debug)]
pub(super) enum Token {
    Operator(&'static str),
    String(Arc<str>),
    Number(f64),
    True,
    False,
    Null,
    Name(Arc<str>),
    Variable(Arc<str>),
    Regex(Arc<Regex>),
    End,
}

/// A token and where it ends, in characters.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) position: usize,
}

/// All characters that end a name, and the operators of two of them.
const OPERATORS: [&str; 24] = [
    ".", "[", "]", "{", "}", "(", ")", ",", "@", "#", ";", ":", "?", "+", "-", "*", "/", "%", "|",
    "=", "<", ">", "^", "&",
];
const LONG_OPERATORS: [&str; 7] = ["..", ":=", "!=", ">=", "<=", "**", "~>"];
/// They end a name, but are not operators.
const STOPS: [&str; 2] = ["!", "~"];

pub(super) struct Lexer {
    characters: Vec<char>,
    position: usize,
}

impl Lexer {
    pub(super) fn new(source: &str) -> Self {
        Self {
            characters: source.chars().collect(),
            position: 0,
        }
    }

    fn at(&self, position: usize) -> Option<char> {
        self.characters.get(position).copied()
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.characters[from..to].iter().collect()
    }

    /// The next token. `infix`: an operand came before, so `/` is a division and not a regular expression.
    pub(super) fn next(&mut self, infix: bool) -> Result<Placed, Fault> {
        self.skip_blanks()?;
        let token = self.token(infix)?;
        let position = self.position;
        Ok(Placed { token, position })
    }

    fn skip_blanks(&mut self) -> Result<(), Fault> {
        loop {
            while self.at(self.position).is_some_and(is_blank) {
                self.position += 1;
            }
            if self.at(self.position) != Some('/') || self.at(self.position + 1) != Some('*') {
                return Ok(());
            }
            let start = self.position;
            self.position += 2;
            while self.at(self.position) != Some('*') || self.at(self.position + 1) != Some('/') {
                self.position += 1;
                if self.position >= self.characters.len() {
                    return Err(Fault::new("S0106").at(start));
                }
            }
            self.position += 2;
        }
    }

    fn token(&mut self, infix: bool) -> Result<Token, Fault> {
        let Some(first) = self.at(self.position) else {
            return Ok(Token::End);
        };
        if !infix && first == '/' {
            self.position += 1;
            return self.regex();
        }
        if let Some(operator) = self.operator() {
            return Ok(Token::Operator(operator));
        }
        if first == '"' || first == '\'' {
            return self.string(first);
        }
        if let Some(number) = self.number()? {
            return Ok(Token::Number(number));
        }
        if first == '`' {
            return self.quoted_name();
        }
        Ok(self.name())
    }

    fn operator(&mut self) -> Option<&'static str> {
        let mut starting = LONG_OPERATORS.iter().chain(&OPERATORS).chain(&STOPS);
        let found = starting.find(|operator| {
            let mut characters = operator.chars().enumerate();
            characters.all(|(offset, c)| self.at(self.position + offset) == Some(c))
        })?;
        self.position += found.len();
        Some(found)
    }

    fn string(&mut self, quote: char) -> Result<Token, Fault> {
        self.position += 1;
        let mut units: Vec<u16> = Vec::new();
        let push = |units: &mut Vec<u16>, c: char| {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        };
        while let Some(c) = self.at(self.position) {
            if c == quote {
                self.position += 1;
                return Ok(Token::String(String::from_utf16_lossy(&units).into()));
            }
            if c == '\\' {
                self.position += 1;
                match self.escape()? {
                    Escape::Character(c) => push(&mut units, c),
                    Escape::Unit(unit) => units.push(unit),
                }
            } else {
                push(&mut units, c);
            }
            self.position += 1;
        }
        Err(Fault::new("S0101").at(self.position))
    }

    /// What stands for the escape at the position, which is moved to its last character.
    fn escape(&mut self) -> Result<Escape, Fault> {
        let character = match self.at(self.position) {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let end = (self.position + 5).min(self.characters.len());
                let digits = self.text(self.position + 1, end);
                let valid = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
                let unit = u16::from_str_radix(&digits, 16).ok().filter(|_| valid);
                let unit = unit.ok_or_else(|| Fault::new("S0104").at(self.position))?;
                self.position += 4;
                return Ok(Escape::Unit(unit));
            }
            other => {
                let token: String = other.into_iter().collect();
                return Err(Fault::new("S0103").at(self.position).token(token));
            }
        };
        Ok(Escape::Character(character))
    }

    /// A number without a sign: `-` is an operator.
    fn number(&mut self) -> Result<Option<f64>, Fault> {
        let digits = |mut position: usize| {
            while self.at(position).is_some_and(|c| c.is_ascii_digit()) {
                position += 1;
            }
            position
        };
        let start = self.position;
        let mut end = match self.at(start) {
            Some('0') => start + 1,
            Some('1'..='9') => digits(start),
            _ => return Ok(None),
        };
        if self.at(end) == Some('.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(self.at(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.at(end + 1), Some('+' | '-')));
            let exponent = end + 1 + sign;
            if digits(exponent) > exponent {
                end = digits(exponent);
            }
        }
        let text = self.text(start, end);
        match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => {
                self.position = end;
                Ok(Some(number))
            }
            None => Err(Fault::new("S0102").at(start).token(text)),
        }
    }

    fn quoted_name(&mut self) -> Result<Token, Fault> {
        let start = self.position + 1;
        let rest = &self.characters[start..];
        match rest.iter().position(|c| *c == '`') {
            Some(length) => {
                self.position = start + length + 1;
                Ok(Token::Name(self.text(start, start + length).into()))
            }
            None => Err(Fault::new("S0105").at(self.characters.len())),
        }
    }

    fn name(&mut self) -> Token {
        let start = self.position;
        while let Some(c) = self.at(self.position) {
            if is_blank(c)
                || OPERATORS
                    .iter()
                    .chain(&STOPS)
                    .any(|operator| operator.starts_with(c))
            {
                break;
            }
            self.position += 1;
        }
        let name = self.text(start, self.position);
        match name.strip_prefix('$') {
            Some(variable) => Token::Variable(variable.into()),
            None => match name.as_str() {
                "or" => Token::Operator("or"),
                "in" => Token::Operator("in"),
                "and" => Token::Operator("and"),
                "true" => Token::True,
                "false" => Token::False,
                "null" => Token::Null,
                _ => Token::Name(name.into()),
            },
        }
    }

    fn regex(&mut self) -> Result<Token, Fault> {
        let start = self.position;
        let mut depth = 0;
        while let Some(c) = self.at(self.position) {
            let escaped = self.is_escaped(start);
            if c == '/' && depth == 0 && !escaped {
                if self.position == start {
                    return Err(Fault::new("S0301").at(self.position));
                }
                let pattern = self.text(start, self.position);
                self.position += 1;
                let flags = self.position;
                while matches!(self.at(self.position), Some('i' | 'm')) {
                    self.position += 1;
                }
                let flags = self.text(flags, self.position);
                let regex = Regex::new(&pattern, &flags).map_err(Fault::internal)?;
                return Ok(Token::Regex(Arc::new(regex)));
            }
            // A single backslash before a bracket, whatever comes before that.
            if self
                .position
                .checked_sub(1)
                .and_then(|before| self.at(before))
                != Some('\\')
            {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth -= 1,
                    _ => {}
                }
            }
            self.position += 1;
        }
        Err(Fault::new("S0302").at(self.position))
    }

    /// Whether an odd number of backslashes comes before the position.
    fn is_escaped(&self, start: usize) -> bool {
        let before = self.characters[start..self.position].iter().rev();
        before.take_while(|c| **c == '\\').count() % 2 == 1
    }
}

enum Escape {
    Character(char),
    Unit(u16),
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}')
}
