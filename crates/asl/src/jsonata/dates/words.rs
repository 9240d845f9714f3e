//! Numbers in English words.

use crate::count::{count, of_count};

const FEW: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];
const ORDINALS: [&str; 20] = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
];
const DECADES: [&str; 9] = [
    "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred",
];
const MAGNITUDES: [&str; 4] = ["Thousand", "Million", "Billion", "Trillion"];

/// A whole number that is not negative.
pub(super) fn write(number: f64, ordinal: bool) -> String {
    lookup(number, false, ordinal)
}

fn index(number: f64) -> usize {
    count(number)
}

fn lookup(number: f64, joined: bool, ordinal: bool) -> String {
    if number <= 19.0 {
        let words = if ordinal { ORDINALS } else { FEW };
        let word = words.get(index(number)).unwrap_or(&"");
        return format!("{}{word}", if joined { " and " } else { "" });
    }
    if number < 100.0 {
        let mut decade = DECADES[index((number / 10.0).floor()) - 2].to_owned();
        let rest = number % 10.0;
        if rest > 0.0 {
            decade = format!("{decade}-{}", lookup(rest, false, ordinal));
        } else if ordinal {
            decade.pop();
            decade.push_str("ieth");
        }
        return format!("{}{decade}", if joined { " and " } else { "" });
    }
    let (words, rest) = if number < 1000.0 {
        let hundreds = FEW[index((number / 100.0).floor())];
        (format!("{hundreds} Hundred"), number % 100.0)
    } else {
        let magnitude = (number.log10() / 3.0).floor().min(4.0);
        let factor = 10_f64.powf(magnitude * 3.0);
        let mantissa = (number / factor).floor();
        let name = MAGNITUDES[index(magnitude) - 1];
        (
            format!("{} {name}", lookup(mantissa, false, false)),
            number - mantissa * factor,
        )
    };
    let rest = if rest > 0.0 {
        lookup(rest, true, ordinal)
    } else {
        (if ordinal { "th" } else { "" }).to_owned()
    };
    format!("{}{words}{rest}", if joined { ", " } else { "" })
}

/// The value of a word in lower case.
fn value(word: &str) -> Option<f64> {
    let position = |words: &[&str], of: &dyn Fn(&str) -> String| {
        words
            .iter()
            .position(|known| of(&known.to_lowercase()) == word)
    };
    let at = of_count;
    let plain = |known: &str| known.to_owned();
    let ieth = |known: &str| format!("{}ieth", &known[..known.len() - 1]);
    let th = |known: &str| format!("{known}th");
    if let Some(index) = position(&FEW, &plain).or_else(|| position(&ORDINALS, &plain)) {
        return Some(at(index));
    }
    if let Some(index) = position(&DECADES, &plain).or_else(|| position(&DECADES, &ieth)) {
        return Some((at(index) + 2.0) * 10.0);
    }
    if word == "hundredth" {
        return Some(100.0);
    }
    let magnitude = position(&MAGNITUDES, &plain).or_else(|| position(&MAGNITUDES, &th));
    magnitude.map(|index| 10_f64.powf((at(index) + 1.0) * 3.0))
}

/// The number of words in lower case.
pub(super) fn read(text: &str) -> f64 {
    let mut segments = vec![0.0];
    for word in parts(text) {
        let value = value(&word).unwrap_or(f64::NAN);
        let mut top = segments.pop().unwrap_or(0.0);
        if value < 100.0 {
            if top >= 1000.0 {
                segments.push(top);
                top = 0.0;
            }
            segments.push(top + value);
        } else {
            segments.push(top * value);
        }
    }
    segments.iter().fold(0.0, |sum, segment| sum + segment)
}

/// Splits at a comma with a blank, at `and` between blanks, at a blank, a hyphen or a backslash.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let blank = |text: &str| text.chars().next().is_some_and(char::is_whitespace);
        let next = if c == ',' && blank(after) {
            after.chars().next().map(|blank| &after[blank.len_utf8()..])
        } else if c.is_whitespace() {
            let and = after.strip_prefix("and").filter(|after| blank(after));
            let and =
                and.and_then(|after| after.chars().next().map(|blank| &after[blank.len_utf8()..]));
            Some(and.unwrap_or(after))
        } else if c == '-' || c == '\\' {
            Some(after)
        } else {
            None
        };
        match next {
            Some(next) => {
                parts.push(String::new());
                rest = next;
            }
            None => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
                rest = after;
            }
        }
    }
    parts
}

/// A pattern of all words.
pub(super) fn pattern() -> String {
    let mut words: Vec<String> = Vec::new();
    let lower = |words: &[&str]| {
        words
            .iter()
            .map(|word| word.to_lowercase())
            .collect::<Vec<_>>()
    };
    words.extend(lower(&FEW));
    words.extend(lower(&ORDINALS));
    for decade in lower(&DECADES) {
        words.push(decade.clone());
        words.push(format!("{}ieth", &decade[..decade.len() - 1]));
    }
    words.push("hundredth".to_owned());
    for magnitude in lower(&MAGNITUDES) {
        words.push(magnitude.clone());
        words.push(format!("{magnitude}th"));
    }
    words.push("and".to_owned());
    words.push("[\\-, ]".to_owned());
    format!("(?:{})+", words.join("|"))
}
