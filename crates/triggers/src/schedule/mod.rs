//! `rate(…)`, `cron(…)` and `at(…)`.

mod cron;
mod date_field;
mod number_field;

use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use self::cron::Cron;

/// When a trigger is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Rate(Duration),
    Cron(Box<Cron>),
    At(DateTime),
}

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the expression.
    pub at: Range<usize>,
    pub message: String,
    pub hint: Option<String>,
}

const FORMS: &str =
    "such as `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)` or `at(2027-01-31T09:00:00)`";

impl Schedule {
    /// Reads an expression of EventBridge Scheduler, which is not as strict as its documentation: `AT(…)`, `rate(2 minute)`,
    /// `rate(2minutes)`, a time without seconds and a cron expression without a year are all accepted.
    ///
    /// # Errors
    ///
    /// The first fault, with its place.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let whole = || 0..text.len();
        let Some((name, rest)) = text.split_once('(') else {
            let message = "a schedule is `rate(…)`, `cron(…)` or `at(…)`";
            return Err(SyntaxError::new(whole(), message, FORMS));
        };
        let Some(inside) = rest.strip_suffix(')') else {
            let message = format!("`{name}(` is not closed at the end");
            return Err(SyntaxError::new(whole(), message, FORMS));
        };
        let inside = Part {
            text: inside,
            start: name.len() + 1,
        };
        let kind = match name.to_ascii_lowercase().as_str() {
            "rate" => Kind::Rate(rate(&inside)?),
            "cron" => Kind::Cron(Box::new(cron(&inside)?)),
            "at" => Kind::At(at(&inside)?),
            other => {
                let near = txflow_asl::nearest(other, ["rate", "cron", "at"]);
                let hint = near.map_or(FORMS.to_owned(), |near| format!("did you mean `{near}`?"));
                let message = format!("there is no schedule `{name}(…)`");
                return Err(SyntaxError::new(0..name.len(), message, hint));
            }
        };
        Ok(Self(kind))
    }

    /// Reads an expression of an EventBridge rule, which is held to its documentation: `rate(1 minute)` but
    /// `rate(2 minutes)`, six fields of `cron(…)` with a `?` for one of the days, and no `at(…)`.
    ///
    /// # Errors
    ///
    /// The first fault, with its place.
    pub fn parse_of_rule(text: &str) -> Result<Self, SyntaxError> {
        let schedule = Self::parse(text)?;
        let refused = |message: &str| {
            let hint = "such as `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`; other forms need EventBridge Scheduler";
            Err(SyntaxError::new(0..text.len(), message, hint))
        };
        let (name, inside) = text.split_once('(').unwrap_or_default();
        let words: Vec<&str> = inside.trim_end_matches(')').split_whitespace().collect();
        match (name, words.as_slice()) {
            ("rate", [number, unit]) if (*number == "1") != unit.ends_with('s') => Ok(schedule),
            ("rate", _) => refused("a rule has `rate(1 minute)` or `rate(2 minutes)`"),
            ("cron", [_, _, "?", _, _, _] | [_, _, _, _, "?", _]) => Ok(schedule),
            ("cron", _) => {
                refused("a rule has six fields in `cron(…)`, and a `?` for one of the days")
            }
            _ => refused("a rule has `rate(…)` or `cron(…)`"),
        }
    }

    /// When a schedule that is created at this time is due for the first time. A rate is due at once.
    pub fn first(&self, created: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self.0 {
            Kind::Rate(_) => Some(created),
            _ => self.next(created, zone),
        }
    }

    /// When it is due after this time, which for a rate is when it was due before. A local time that a change to summer
    /// time skips is left out; one that occurs twice counts the first time.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match &self.0 {
            Kind::Rate(every) => after.checked_add(*every).ok(),
            Kind::Cron(cron) => cron.next(after, zone),
            Kind::At(at) => instant(*at, zone).filter(|instant| *instant > after),
        }
    }

    /// Whether it is due once and this is past.
    pub fn is_past(&self, now: Timestamp, zone: &TimeZone) -> bool {
        match self.0 {
            Kind::At(_) => self.next(now, zone).is_none(),
            _ => false,
        }
    }

    /// Whether it is due more than once.
    pub fn recurs(&self) -> bool {
        !matches!(self.0, Kind::At(_))
    }

    /// Whether a time zone makes a difference.
    pub fn has_local_times(&self) -> bool {
        !matches!(self.0, Kind::Rate(_))
    }
}

/// The time zone with this name of the IANA database.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    // The names are those of the database, whose lookup ignores case; AWS's does not.
    time_zones()
        .any(|known| known == name)
        .then(|| TimeZoneDatabase::bundled().get(name).ok())?
}

/// The names of all time zones.
pub fn time_zones() -> impl Iterator<Item = String> {
    let database = TimeZoneDatabase::bundled();
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    names.into_iter()
}

/// The instant of a local time, the first one if it occurs twice. `None` if it is skipped.
fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return None;
    }
    ambiguous.earlier().ok()
}

impl SyntaxError {
    fn new(at: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

/// A piece of an expression.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    /// Its first byte in the expression.
    start: usize,
}

impl<'a> Part<'a> {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// What is between the separators.
    fn split(&self, separator: impl Fn(char) -> bool + Copy) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let mut start = 0;
        let mut push = |start: usize, end: usize| {
            parts.push(Part {
                text: &self.text[start..end],
                start: self.start + start,
            });
        };
        for (at, separator) in self.text.match_indices(separator) {
            push(start, at);
            start = at + separator.len();
        }
        push(start, self.text.len());
        parts
    }

    fn words(&self) -> Vec<Part<'a>> {
        let mut words = self.split(char::is_whitespace);
        words.retain(|word| !word.text.is_empty());
        words
    }

    fn error(&self, message: impl Into<String>, hint: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.range(), message, hint)
    }
}

fn rate(inside: &Part<'_>) -> Result<Duration, SyntaxError> {
    // The unit may follow a number at once.
    let number = inside.text.starts_with(|c: char| c.is_ascii_digit());
    let end = { inside.text }.find(|c: char| c == ' ' || (number && c.is_ascii_alphabetic()));
    let (value, rest) = inside.text.split_at(end.unwrap_or(inside.text.len()));
    let name = rest.trim_start();
    if value.is_empty() || name.is_empty() {
        let message = "a rate is a number and a unit";
        return Err(inside.error(message, "such as `rate(5 minutes)`"));
    }
    let value = Part {
        text: value,
        start: inside.start,
    };
    let unit = Part {
        text: name,
        start: inside.start + inside.text.len() - name.len(),
    };
    let number = value.text.parse::<u32>().ok().filter(|number| *number > 0);
    let Some(number) = number else {
        let message = format!("`{}` is not a whole number of at least 1", value.text);
        return Err(value.error(message, "such as `rate(5 minutes)`"));
    };
    let seconds = match unit.text.to_ascii_lowercase().as_str() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 60 * 60,
        "day" | "days" => 24 * 60 * 60,
        _ => {
            let message = format!("a rate has no unit `{}`", unit.text);
            return Err(unit.error(message, "the units are `minutes`, `hours` and `days`"));
        }
    };
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

fn cron(inside: &Part<'_>) -> Result<Cron, SyntaxError> {
    let cron = Cron::parse(inside)?;
    if cron.next(Timestamp::UNIX_EPOCH, &TimeZone::UTC).is_none() {
        let message = "no day fits this, so it would never be due";
        return Err(inside.error(message, "no month has such a day in any of these years"));
    }
    Ok(cron)
}

fn at(inside: &Part<'_>) -> Result<DateTime, SyntaxError> {
    let form = "such as `at(2027-01-31T09:00:00)`; `time-zone` says where";
    let lengths = ["2027-01-31T09:00".len(), "2027-01-31T09:00:00".len()];
    let fits = lengths.contains(&inside.text.len())
        && inside.text.contains('T')
        && inside.text.get(13..14) == Some(":");
    let parsed = inside.text.parse::<DateTime>().ok().filter(|_| fits);
    parsed.ok_or_else(|| {
        let message = format!("`{}` is not a date and a time", inside.text);
        inside.error(message, form)
    })
}

#[cfg(test)]
mod tests;
