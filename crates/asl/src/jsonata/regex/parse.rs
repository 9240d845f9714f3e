//! Reads a pattern as JavaScript does without its flag `u`.

use super::pattern::{Class, Parsed, Part};

/// How deep groups may be inside each other.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(pattern: &str) -> Result<Parsed, &'static str> {
    let units: Vec<u16> = pattern.encode_utf16().collect();
    let total = count_groups(&units);
    let mut parser = Parser {
        units,
        at: 0,
        groups: 0,
        total,
        depth: 0,
        names: Vec::new(),
    };
    let part = parser.choice()?;
    if parser.at < parser.units.len() {
        return Err("Unmatched ')'");
    }
    Ok(Parsed {
        part,
        groups: parser.groups,
        names: parser.names,
    })
}

/// How many groups capture. A number that is higher is not a back reference.
fn count_groups(units: &[u16]) -> usize {
    let mut count = 0;
    let mut at = 0;
    let mut in_class = false;
    let is = |at: usize, c: char| {
        units
            .get(at)
            .is_some_and(|unit| u32::from(*unit) == u32::from(c))
    };
    while at < units.len() {
        if is(at, '\\') {
            at += 1;
        } else if is(at, '[') {
            in_class = true;
        } else if is(at, ']') {
            in_class = false;
        } else if is(at, '(') && !in_class {
            let named = is(at + 1, '?') && is(at + 2, '<') && !is(at + 3, '=') && !is(at + 3, '!');
            count += usize::from(named || !is(at + 1, '?'));
        }
        at += 1;
    }
    count
}

/// At least, at most, and the length of its text.
type Quantifier = (u32, Option<u32>, usize);

struct Parser {
    units: Vec<u16>,
    at: usize,
    groups: usize,
    total: usize,
    depth: usize,
    names: Vec<(String, usize)>,
}

/// A unit that is ASCII as a character, and something else otherwise.
fn ascii(unit: u16) -> char {
    u8::try_from(unit).map_or('\u{fffd}', char::from)
}

fn unit(c: char) -> u16 {
    u16::try_from(u32::from(c)).unwrap_or(0xfffd)
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.units.get(self.at).map(|unit| ascii(*unit))
    }

    fn peek_at(&self, offset: usize) -> Option<char> {
        self.units.get(self.at + offset).map(|unit| ascii(*unit))
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = text
            .chars()
            .enumerate()
            .all(|(offset, c)| self.peek_at(offset) == Some(c));
        if found {
            self.at += text.len();
        }
        found
    }

    fn choice(&mut self) -> Result<Part, &'static str> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Regular expression too large");
        }
        let mut choices = vec![self.sequence()?];
        while self.accept("|") {
            choices.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(match choices.len() {
            1 => choices.remove(0),
            _ => Part::Choice(choices),
        })
    }

    fn sequence(&mut self) -> Result<Part, &'static str> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let before = self.groups;
            let part = self.atom()?;
            parts.push(self.repeated(part, before)?);
        }
        Ok(match parts.len() {
            0 => Part::Empty,
            1 => parts.remove(0),
            _ => Part::Sequence(parts),
        })
    }

    fn repeated(&mut self, part: Part, before: usize) -> Result<Part, &'static str> {
        let quantified = match self.peek() {
            Some('*') => Some((0, None, 1)),
            Some('+') => Some((1, None, 1)),
            Some('?') => Some((0, Some(1), 1)),
            Some('{') => self.braces()?,
            _ => None,
        };
        let Some((least, most, length)) = quantified else {
            return Ok(part);
        };
        if matches!(
            part,
            Part::Start | Part::End | Part::WordBoundary(_) | Part::Look { ahead: false, .. }
        ) {
            return Err("Nothing to repeat");
        }
        self.at += length;
        let greedy = !self.accept("?");
        let groups = (before, self.groups);
        Ok(Part::Repeat {
            part: Box::new(part),
            least,
            most,
            greedy,
            groups,
        })
    }

    /// `{2}`, `{2,}` or `{2,3}`. Anything else is text.
    fn braces(&self) -> Result<Option<Quantifier>, &'static str> {
        let rest = &self.units[self.at + 1..];
        let Some(end) = rest.iter().position(|unit| ascii(*unit) == '}') else {
            return Ok(None);
        };
        let inner: String = rest[..end].iter().map(|unit| ascii(*unit)).collect();
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(u32::MAX))
        };
        let (least, most) = match inner.split_once(',') {
            None => (number(&inner), number(&inner)),
            Some((least, "")) => (number(least), None),
            Some((least, most)) => match number(most) {
                None => return Ok(None),
                most => (number(least), most),
            },
        };
        match (least, most) {
            (Some(least), Some(most)) if least > most => {
                Err("numbers out of order in {} quantifier")
            }
            (Some(least), most) => Ok(Some((least, most, end + 2))),
            _ => Ok(None),
        }
    }

    fn atom(&mut self) -> Result<Part, &'static str> {
        let current = self.units[self.at];
        match ascii(current) {
            '*' | '+' | '?' => Err("Nothing to repeat"),
            '{' if self.braces()?.is_some() => Err("Nothing to repeat"),
            '(' => self.group(),
            '[' => {
                self.at += 1;
                self.class().map(Part::Class)
            }
            '\\' => {
                self.at += 1;
                self.escape()
            }
            c => {
                self.at += 1;
                Ok(match c {
                    '.' => Part::Any,
                    '^' => Part::Start,
                    '$' => Part::End,
                    _ => Part::Unit(current),
                })
            }
        }
    }

    fn group(&mut self) -> Result<Part, &'static str> {
        self.at += 1;
        let look = [
            ("?=", true, false),
            ("?!", true, true),
            ("?<=", false, false),
            ("?<!", false, true),
        ];
        let part = if let Some((_, ahead, negative)) =
            look.iter().find(|(start, ..)| self.accept(start))
        {
            let part = Box::new(self.choice()?);
            Part::Look {
                ahead: *ahead,
                negative: *negative,
                part,
            }
        } else if self.accept("?:") {
            Part::Group(Box::new(self.choice()?), None)
        } else {
            let named = self.accept("?<");
            if !named && self.peek() == Some('?') {
                return Err("Invalid group");
            }
            self.groups += 1;
            let index = self.groups;
            if named {
                let name = self.name()?;
                if self.names.iter().any(|(known, _)| *known == name) {
                    return Err("Duplicate capture group name");
                }
                self.names.push((name, index));
            }
            Part::Group(Box::new(self.choice()?), Some(index))
        };
        if !self.accept(")") {
            return Err("Unterminated group");
        }
        Ok(part)
    }

    fn name(&mut self) -> Result<String, &'static str> {
        let rest = &self.units[self.at..];
        let end = rest.iter().position(|unit| ascii(*unit) == '>');
        let name = String::from_utf16_lossy(&rest[..end.ok_or("Invalid capture group name")?]);
        let starts = name
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_' || c == '$');
        if !starts
            || !name
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        {
            return Err("Invalid capture group name");
        }
        self.at += end.unwrap_or_default() + 1;
        Ok(name)
    }

    /// What stands behind a backslash outside of brackets.
    fn escape(&mut self) -> Result<Part, &'static str> {
        let Some(c) = self.peek() else {
            return Err("\\ at end of pattern");
        };
        match c {
            'b' | 'B' => {
                self.at += 1;
                return Ok(Part::WordBoundary(c == 'B'));
            }
            '1'..='9' => {
                let rest = self.units[self.at..].iter().map(|unit| ascii(*unit));
                let digits: String = rest.take_while(char::is_ascii_digit).collect();
                if let Some(group) = digits
                    .parse::<usize>()
                    .ok()
                    .filter(|group| *group <= self.total)
                {
                    self.at += digits.len();
                    return Ok(Part::BackReference(group));
                }
            }
            'k' if self
                .units
                .windows(3)
                .any(|w| ascii(w[0]) == '(' && ascii(w[1]) == '?' && ascii(w[2]) == '<') =>
            {
                self.at += 1;
                if self.accept("<") {
                    return Ok(Part::NamedReference(
                        self.name().map_err(|_| "Invalid named reference")?,
                    ));
                }
                return Err("Invalid named reference");
            }
            _ => {}
        }
        Ok(match self.class_escape() {
            Some(class) => Part::Class(class),
            None => Part::Unit(self.character()?),
        })
    }

    /// `\d` and the like.
    fn class_escape(&mut self) -> Option<Class> {
        let (ranges, negated): (&[(char, char)], bool) = match self.peek()? {
            'd' => (&DIGITS, false),
            'D' => (&DIGITS, true),
            'w' => (&WORD, false),
            'W' => (&WORD, true),
            's' => (&SPACES, false),
            'S' => (&SPACES, true),
            _ => return None,
        };
        self.at += 1;
        let ranges = ranges
            .iter()
            .map(|(first, last)| (unit(*first), unit(*last)));
        Some(Class {
            ranges: ranges.collect(),
            negated,
        })
    }

    /// The character that an escape stands for.
    fn character(&mut self) -> Result<u16, &'static str> {
        let current = *self.units.get(self.at).ok_or("\\ at end of pattern")?;
        self.at += 1;
        let code = |parser: &mut Self, length: usize| {
            let digits: String = parser.units[parser.at..]
                .iter()
                .take(length)
                .map(|unit| ascii(*unit))
                .collect();
            let value = u16::from_str_radix(&digits, 16).ok();
            let value = value.filter(|_| {
                digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            parser.at += value.map_or(0, |_| length);
            value
        };
        Ok(match ascii(current) {
            'n' => unit('\n'),
            'r' => unit('\r'),
            't' => unit('\t'),
            'v' => unit('\u{b}'),
            'f' => unit('\u{c}'),
            'c' => match self.peek() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    self.at += 1;
                    unit(letter) % 32
                }
                _ => {
                    self.at -= 1;
                    unit('\\')
                }
            },
            'x' => code(self, 2).unwrap_or(current),
            'u' => code(self, 4).unwrap_or(current),
            first @ '0'..='7' => {
                let mut value = unit(first) - unit('0');
                while let Some(digit @ '0'..='7') = self.peek() {
                    if value * 8 + (unit(digit) - unit('0')) > 0o377 {
                        break;
                    }
                    value = value * 8 + (unit(digit) - unit('0'));
                    self.at += 1;
                }
                value
            }
            _ => current,
        })
    }

    fn class(&mut self) -> Result<Class, &'static str> {
        let mut class = Class {
            ranges: Vec::new(),
            negated: self.accept("^"),
        };
        loop {
            match self.peek() {
                None => return Err("Unterminated character class"),
                Some(']') => {
                    self.at += 1;
                    return Ok(class);
                }
                Some(_) => {}
            }
            let first = self.class_atom()?;
            let is_range = self.peek() == Some('-') && self.peek_at(1).is_some_and(|c| c != ']');
            if !is_range {
                class.add(first);
                continue;
            }
            self.at += 1;
            let last = self.class_atom()?;
            match (first, last) {
                (Ok(first), Ok(last)) if first > last => {
                    return Err("Range out of order in character class");
                }
                (Ok(first), Ok(last)) => class.ranges.push((first, last)),
                (first, last) => {
                    class.add(first);
                    class.add(last);
                    class.add(Ok(unit('-')));
                }
            }
        }
    }

    /// A character, or several.
    fn class_atom(&mut self) -> Result<Result<u16, Class>, &'static str> {
        let current = self.units[self.at];
        self.at += 1;
        if ascii(current) != '\\' {
            return Ok(Ok(current));
        }
        if self.accept("b") {
            return Ok(Ok(unit('\u{8}')));
        }
        if self.accept("-") {
            return Ok(Ok(unit('-')));
        }
        match self.class_escape() {
            Some(class) => Ok(Err(class)),
            None => self.character().map(Ok),
        }
    }
}

const DIGITS: [(char, char); 1] = [('0', '9')];
const WORD: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACES: [(char, char); 10] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
