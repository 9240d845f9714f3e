//! Timestamps of ISO 8601.

use super::calendar::Date;

/// How a time is written without a picture.
pub(in super::super) const PICTURE: &str = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

/// Reads parts of a text from the left.
struct Reader<'t>(&'t str);

impl<'t> Reader<'t> {
    fn accept(&mut self, start: &str) -> bool {
        let rest = self.0.strip_prefix(start);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Two or four digits.
    fn digits(&mut self, count: usize) -> Option<f64> {
        let digits = self
            .0
            .get(..count)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.0 = &self.0[count..];
        digits.parse().ok()
    }

    fn all_digits(&mut self) -> &'t str {
        let end = self
            .0
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    /// A part of the form `-12`, with a first digit up to `most`.
    fn short(&mut self, start: &str, most: char) -> Option<f64> {
        let rest = self.0.strip_prefix(start)?;
        rest.chars().next().filter(|first| *first <= most)?;
        let mut reader = Reader(rest);
        let number = reader.digits(2)?;
        self.0 = reader.0;
        Some(number)
    }
}

/// Whether a text has the form that is required: parts of it may even be repeated.
pub(in super::super) fn looks_like(text: &str) -> bool {
    let mut reader = Reader(text);
    if reader.digits(4).is_none() {
        return false;
    }
    while reader.short("-", '1').is_some() {}
    while reader.short("-", '3').is_some() {}
    while let rest = reader.0
        && rest.starts_with('T')
    {
        let time = [("T", '2'), (":", '5'), (":", '5')];
        if !time
            .iter()
            .all(|(start, most)| reader.short(start, *most).is_some())
        {
            reader.0 = rest;
            break;
        }
    }
    if reader.0.starts_with('.') && !reader.0[1..].is_empty() {
        let rest = reader.0;
        reader.0 = &rest[1..];
        if reader.all_digits().is_empty() {
            reader.0 = rest;
        }
    }
    let _ = reader.accept("Z") || zone(&mut reader).is_some();
    reader.0.is_empty()
}

/// `+01:00` or `+0100`, in minutes.
fn zone(reader: &mut Reader<'_>) -> Option<f64> {
    let start = reader.0;
    let sign = if reader.accept("+") {
        1.0
    } else if reader.accept("-") {
        -1.0
    } else {
        return None;
    };
    let parts = reader.short("", '2').and_then(|hours| {
        reader.accept(":");
        Some((hours, reader.short("", '5')?))
    });
    if parts.is_none() {
        reader.0 = start;
    }
    parts.map(|(hours, minutes)| sign * (hours * 60.0 + minutes))
}

/// `Date.parse`, if the text is not ambiguous.
pub(in super::super) fn parse(text: &str) -> Option<f64> {
    let mut reader = Reader(text);
    let year = reader.digits(4)?;
    let month = reader.short("-", '1');
    let day = month.and_then(|_| reader.short("-", '3'));
    let mut time = [0.0; 4];
    if reader.accept("T") {
        for (at, start) in ["", ":", ":"].into_iter().enumerate() {
            time[at] = reader.short(start, '9')?;
        }
        if reader.accept(".") {
            let digits: String = reader
                .all_digits()
                .chars()
                .chain("00".chars())
                .take(3)
                .collect();
            time[3] = digits.parse().ok()?;
        }
    }
    let offset = match reader.accept("Z") {
        true => 0.0,
        false => zone(&mut reader).unwrap_or(0.0),
    };
    let [hour, minute, second, millis] = time;
    let midnight = hour == 24.0 && minute + second + millis == 0.0;
    let valid = reader.0.is_empty()
        && (1.0..=12.0).contains(&month.unwrap_or(1.0))
        && (1.0..=31.0).contains(&day.unwrap_or(1.0))
        && (hour < 24.0 || midnight)
        && minute < 60.0
        && second < 60.0;
    if !valid {
        return None;
    }
    // Years before 100 are not those of the last century here.
    let date = [
        year + 400.0,
        month.unwrap_or(1.0) - 1.0,
        day.unwrap_or(1.0),
        hour,
        minute,
        second,
        millis,
    ];
    let era = 146_097.0 * 86_400_000.0;
    Some(Date::utc(date).millis() - era - offset * 60_000.0)
}
