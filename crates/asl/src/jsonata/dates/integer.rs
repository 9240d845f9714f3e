//! Whole numbers by picture: `#,##0`, `I`, `w;o`.

use super::super::fault::Fault;
use super::super::number;
use super::super::sizes::text_of_length;
use super::words;
use crate::budget::Budget;
use crate::count::count;

#[derive(Debug)]
pub(in super::super) struct Format {
    pub(super) primary: Primary,
    case: Case,
    ordinal: bool,
    /// For decimal digits; not a number otherwise.
    pub(super) mandatory: f64,
    pub(super) optional: f64,
    zero: u32,
    pub(super) grouping: Grouping,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Primary {
    Decimal,
    Letters,
    Roman,
    Words,
    /// A sequence that starts with something else, which is not supported.
    Sequence(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Title,
}

#[derive(Debug)]
pub(super) enum Grouping {
    /// A separator each so many digits.
    Regular(usize, char),
    /// Separators at places, counted from the right.
    Places(Vec<(usize, char)>),
}

/// The zeros of the digits that a picture may have.
const ZEROS: [u32; 37] = [
    0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
    0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10,
];

const ROMAN: [(f64, &str); 13] = [
    (1000.0, "m"),
    (900.0, "cm"),
    (500.0, "d"),
    (400.0, "cd"),
    (100.0, "c"),
    (90.0, "xc"),
    (50.0, "l"),
    (40.0, "xl"),
    (10.0, "x"),
    (9.0, "ix"),
    (5.0, "v"),
    (4.0, "iv"),
    (1.0, "i"),
];

impl Format {
    pub(in super::super) fn of(picture: &str) -> Result<Self, Fault> {
        let (primary, modifier) = picture.rsplit_once(';').unwrap_or((picture, ""));
        let mut format = Self {
            primary: Primary::Decimal,
            case: Case::Lower,
            ordinal: modifier.starts_with('o'),
            mandatory: f64::NAN,
            optional: f64::NAN,
            zero: ZEROS[0],
            grouping: Grouping::Places(Vec::new()),
        };
        (format.primary, format.case) = match primary {
            "A" => (Primary::Letters, Case::Upper),
            "a" => (Primary::Letters, Case::Lower),
            "I" => (Primary::Roman, Case::Upper),
            "i" => (Primary::Roman, Case::Lower),
            "W" => (Primary::Words, Case::Upper),
            "Ww" => (Primary::Words, Case::Title),
            "w" => (Primary::Words, Case::Lower),
            digits => (format.digits(digits)?, Case::Lower),
        };
        Ok(format)
    }

    fn digits(&mut self, picture: &str) -> Result<Primary, Fault> {
        let mut zero = None;
        let (mut mandatory, mut optional, mut position) = (0_u32, 0_u32, 0);
        let mut places = Vec::new();
        for c in picture.chars().rev() {
            let code = u32::from(c);
            match ZEROS
                .iter()
                .find(|zero| (**zero..**zero + 10).contains(&code))
            {
                Some(group) => {
                    mandatory += 1;
                    position += 1;
                    if *zero.get_or_insert(*group) != *group {
                        return Err(Fault::new("D3131"));
                    }
                }
                None if c == '#' => {
                    optional += 1;
                    position += 1;
                }
                None => places.push((position, c)),
            }
        }
        let Some(zero) = zero else {
            return Ok(Primary::Sequence(picture.to_owned()));
        };
        self.zero = zero;
        self.mandatory = f64::from(mandatory);
        self.optional = f64::from(optional);
        self.grouping = match regular(&places) {
            Some((each, separator)) => Grouping::Regular(each, separator),
            None => Grouping::Places(places),
        };
        Ok(Primary::Decimal)
    }

    /// Whether a separator stands each so many digits.
    pub(super) fn separator(&self) -> Option<char> {
        match self.grouping {
            Grouping::Regular(_, separator) => Some(separator),
            Grouping::Places(_) => None,
        }
    }

    pub(in super::super) fn write(&self, value: f64, budget: &Budget) -> Result<String, Fault> {
        let size = value.abs();
        if size.is_infinite() && self.primary != Primary::Decimal {
            return Err(Fault::internal("Maximum call stack size exceeded"));
        }
        let written = match &self.primary {
            Primary::Letters => letters(size, if self.case == Case::Upper { 'A' } else { 'a' }),
            // jsonata-js calls itself for each numeral.
            Primary::Roman if size >= 1e7 => {
                return Err(Fault::internal("Maximum call stack size exceeded"));
            }
            Primary::Roman => self.cased(roman(size)),
            Primary::Words => self.cased(words::write(size, self.ordinal)),
            Primary::Decimal => self.decimal(size, budget)?,
            Primary::Sequence(picture) => return Err(Fault::new("D3130").text("value", picture)),
        };
        Ok(if value < 0.0 {
            format!("-{written}")
        } else {
            written
        })
    }

    fn cased(&self, text: String) -> String {
        match self.case {
            Case::Upper => text.to_uppercase(),
            Case::Lower => text.to_lowercase(),
            Case::Title => text,
        }
    }

    fn decimal(&self, value: f64, budget: &Budget) -> Result<String, Fault> {
        let mut digits: Vec<char> = number::text(value).chars().collect();
        let wanted = count(self.mandatory);
        text_of_length(wanted)?;
        budget.take(wanted)?;
        if let Some(missing) = wanted.checked_sub(digits.len()) {
            digits.splice(0..0, std::iter::repeat_n('0', missing));
        }
        if self.zero != ZEROS[0] {
            let shifted =
                |c: &char| char::from_u32(u32::from(*c) + self.zero - ZEROS[0]).unwrap_or(*c);
            digits = digits.iter().map(shifted).collect();
        }
        match &self.grouping {
            Grouping::Regular(each, separator) => {
                let groups = digits.len().saturating_sub(1) / each;
                for group in (1..=groups).rev() {
                    digits.insert(digits.len() - group * each, *separator);
                }
            }
            Grouping::Places(places) => {
                for (place, separator) in places.iter().rev() {
                    insert(&mut digits, *place, *separator);
                }
            }
        }
        if self.ordinal {
            let teens = digits.len() > 1 && digits[digits.len() - 2] == '1';
            let suffix = match digits.last() {
                Some('1') if !teens => "st",
                Some('2') if !teens => "nd",
                Some('3') if !teens => "rd",
                _ => "th",
            };
            digits.extend(suffix.chars());
        }
        Ok(digits.into_iter().collect())
    }

    /// Reads a number that matches the pattern, or not.
    pub(in super::super) fn read(&self, text: &str) -> Result<f64, Fault> {
        let upper = self.case == Case::Upper;
        Ok(match &self.primary {
            Primary::Letters => letters_value(text, if upper { 'A' } else { 'a' }),
            Primary::Roman if upper => roman_value(text),
            Primary::Roman => roman_value(&text.to_uppercase()),
            Primary::Words => words::read(&text.to_lowercase()),
            Primary::Decimal => self.decimal_value(text)?,
            Primary::Sequence(picture) => return Err(Fault::new("D3130").text("value", picture)),
        })
    }

    fn decimal_value(&self, text: &str) -> Result<f64, Fault> {
        let mut digits: Vec<char> = text.chars().collect();
        if self.ordinal {
            digits.truncate(digits.len().saturating_sub(2));
        }
        match &self.grouping {
            Grouping::Regular(..) => digits.retain(|c| *c != ','),
            Grouping::Places(places) => {
                digits.retain(|c| !places.iter().any(|(_, separator)| separator == c))
            }
        }
        if self.zero != ZEROS[0] {
            let shifted = |c: &char| {
                let code = (u32::from(*c) + ZEROS[0]).checked_sub(self.zero);
                let shifted = code.and_then(char::from_u32);
                shifted.ok_or_else(|| Fault::internal("Invalid code point"))
            };
            digits = digits.iter().map(shifted).collect::<Result<_, _>>()?;
        }
        Ok(number::parse_int(&digits.into_iter().collect::<String>()))
    }

    /// A regular expression for what can be read. `width`: the number of digits, if it is known.
    pub(super) fn pattern(&self, width: Option<f64>) -> Result<String, Fault> {
        let upper = self.case == Case::Upper;
        Ok(match &self.primary {
            Primary::Letters => (if upper { "[A-Z]+" } else { "[a-z]+" }).to_owned(),
            Primary::Roman => (if upper { "[MDCLXVI]+" } else { "[mdclxvi]+" }).to_owned(),
            Primary::Words => words::pattern(),
            Primary::Decimal => {
                let occurrences = match width.filter(|width| *width > 0.0) {
                    None => "+".to_owned(),
                    Some(width) if self.optional == 0.0 => format!("{{{}}}", number::text(width)),
                    Some(width) => format!(
                        "{{{},{}}}",
                        number::text(width - self.optional),
                        number::text(width)
                    ),
                };
                let suffix = if self.ordinal { "(?:th|st|nd|rd)" } else { "" };
                format!("[0-9]{occurrences}{suffix}")
            }
            Primary::Sequence(picture) => return Err(Fault::new("D3130").text("value", picture)),
        })
    }
}

/// Inserts a separator before the last `place` digits. If there are fewer, it comes before the last ones that there are.
fn insert(digits: &mut Vec<char>, place: usize, separator: char) {
    match digits.len().checked_sub(place) {
        Some(at) => digits.insert(at, separator),
        None => {
            let rest = digits.len().saturating_sub(place - digits.len());
            digits.drain(..rest);
            digits.insert(0, separator);
        }
    }
}

/// The digits between separators, if they are the same and stand at regular places.
fn regular(places: &[(usize, char)]) -> Option<(usize, char)> {
    let (_, separator) = places.first()?;
    if places.iter().any(|(_, other)| other != separator) {
        return None;
    }
    let divisor = places.iter().map(|(place, _)| *place).reduce(gcd)?;
    let all =
        (1..=places.len()).all(|index| places.iter().any(|(place, _)| *place == index * divisor));
    (all && divisor > 0).then_some((divisor, *separator))
}

pub(in super::super) fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn letters(mut value: f64, first: char) -> String {
    let mut letters = Vec::new();
    while value > 0.0 {
        let offset = u32::try_from(count((value - 1.0) % 26.0)).unwrap_or_default();
        letters.extend(char::from_u32(u32::from(first) + offset));
        value = ((value - 1.0) / 26.0).floor();
    }
    letters.into_iter().rev().collect()
}

fn letters_value(text: &str, first: char) -> f64 {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut value = 0.0;
    let mut place = 0.0;
    for unit in units.iter().rev() {
        value += (f64::from(*unit) - f64::from(u32::from(first)) + 1.0) * 26_f64.powf(place);
        place += 1.0;
    }
    value
}

fn roman(mut value: f64) -> String {
    let mut written = String::new();
    for (number, numeral) in ROMAN {
        while value >= number {
            written.push_str(numeral);
            value -= number;
        }
    }
    written
}

fn roman_value(text: &str) -> f64 {
    let mut decimal = 0.0;
    let mut most = 1.0;
    for c in text.chars().rev() {
        let value = match c {
            'M' => 1000.0,
            'D' => 500.0,
            'C' => 100.0,
            'L' => 50.0,
            'X' => 10.0,
            'V' => 5.0,
            'I' => 1.0,
            _ => f64::NAN,
        };
        if value < most {
            decimal -= value;
        } else {
            most = value;
            decimal += value;
        }
    }
    decimal
}
