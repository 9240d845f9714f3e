use std::collections::HashMap;

use super::super::fault::Fault;
use super::super::number;
use super::super::regex::Regex;
use super::calendar::{DAYS, Date, MONTHS};
use super::picture::{self, Marker, Part};
use crate::budget::Budget;
use crate::count::{count, of_count};

/// The milliseconds of a timestamp, or nothing if it does not match the picture.
pub(in super::super) fn parse(
    timestamp: &str,
    picture: &str,
    now: Date,
    budget: &Budget,
) -> Result<Option<f64>, Fault> {
    let parts = picture::parse(picture)?;
    let patterns = parts.iter().map(|part| Ok(format!("({})", pattern(part)?)));
    let pattern = patterns.collect::<Result<String, Fault>>()?;
    let regex = Regex::new(&format!("^{pattern}$"), "i").map_err(Fault::internal)?;
    let units: Vec<u16> = timestamp.encode_utf16().collect();
    let Some(found) = regex.find(&units, 0, budget)? else {
        return Ok(None);
    };
    let mut components = Components(HashMap::new());
    for (part, group) in parts.iter().zip(found.groups) {
        if let (Part::Marker(marker), Some((start, end))) = (part, group) {
            let text = String::from_utf16_lossy(&units[start..end]);
            components.0.insert(marker.component, value(marker, &text)?);
        }
    }
    if components.0.is_empty() {
        return Ok(None);
    }
    components.millis(now).map(Some)
}

/// A regular expression for a part.
fn pattern(part: &Part) -> Result<String, Fault> {
    let marker = match part {
        Part::Literal(text) => {
            let escaped = text.chars().flat_map(|c| {
                let special = ".*+?^${}()|[]\\".contains(c);
                special.then_some('\\').into_iter().chain([c])
            });
            return Ok(escaped.collect());
        }
        Part::Marker(marker) => marker,
    };
    match (&marker.integer, marker.component) {
        (Some(format), 'Z' | 'z') => {
            let start = if marker.component == 'z' { "GMT" } else { "" };
            let minutes = format
                .separator()
                .map_or(String::new(), |separator| format!("{separator}[0-9]+"));
            Ok(format!("{start}[-+][0-9]+{minutes}"))
        }
        (Some(format), _) => format.pattern(marker.digits),
        (None, 'M' | 'x' | 'F' | 'P') => Ok("[a-zA-Z]+".to_owned()),
        (None, component) => Err(Fault::new("D3133").text("value", &component.to_string())),
    }
}

/// What the text of a part means.
fn value(marker: &Marker, text: &str) -> Result<Option<f64>, Fault> {
    match (&marker.integer, marker.component) {
        (Some(format), 'Z' | 'z') => Ok(Some(offset(
            text,
            marker.component == 'z',
            format.separator(),
        ))),
        (Some(format), _) => format.read(text).map(Some),
        (None, 'P') => Ok(match text {
            "am" | "AM" => Some(0.0),
            "pm" | "PM" => Some(1.0),
            _ => None,
        }),
        (None, component) => {
            let names: &[&str] = if component == 'F' { &DAYS } else { &MONTHS };
            let short = |name: &&str| match marker.most.filter(|most| *most > 0.0) {
                Some(most) => name.chars().take(count(most)).collect(),
                None => (*name).to_owned(),
            };
            let found = names.iter().rposition(|name| short(name) == text);
            Ok(found.map(|index| of_count(index + 1)))
        }
    }
}

/// The offset of a time zone in minutes.
fn offset(text: &str, with_name: bool, separator: Option<char>) -> f64 {
    let text = if with_name {
        text.get(3..).unwrap_or_default()
    } else {
        text
    };
    let (hours, minutes) = match separator {
        Some(separator) => text.split_once(separator).unwrap_or(("", text)),
        None if text.len() <= 3 => (text, "0"),
        None => text.split_at(3),
    };
    number::parse_int(hours) * 60.0 + number::parse_int(minutes)
}

/// The values of parts; `None` for a name that is not one.
struct Components(HashMap<char, Option<f64>>);

impl Components {
    fn get(&self, component: char) -> Option<f64> {
        self.0.get(&component).copied().flatten()
    }

    /// A bit for each of the components that is there and not 0.
    fn mask(&self, components: &str) -> u32 {
        let is_there = |component| {
            self.get(component)
                .is_some_and(|value| value != 0.0 && !value.is_nan())
        };
        components.chars().fold(0, |mask, component| {
            mask << 1 | u32::from(is_there(component))
        })
    }

    fn millis(&mut self, now: Date) -> Result<f64, Fault> {
        let is = |mask: u32, kind: u32| mask & !kind == 0 && mask & kind != 0;
        let date = self.mask("YXMxWwdD");
        let by_month = is(date, 0b1010_0001);
        let by_day_of_year = !by_month && is(date, 0b1000_0010);
        let by_week_of_month = is(date, 0b0101_0100);
        let by_week = !by_week_of_month && is(date, 0b0100_1000);
        let time = self.mask("PHhmsf");
        let in_halves = !is(time, 0b01_0111) && is(time, 0b10_1111);
        let date = match (by_day_of_year, by_week_of_month, by_week) {
            (true, ..) => "YD",
            (_, true, _) => "XxwF",
            (.., true) => "XWF",
            _ => "YMD",
        };
        self.complete(date, if in_halves { "Phmsf" } else { "Hmsf" }, now)?;
        if by_week_of_month || by_week {
            return Err(Fault::new("D3136"));
        }
        let part = |component| self.get(component).unwrap_or(f64::NAN);
        let year = part('Y');
        let mut month = Some(part('M') - 1.0)
            .filter(|month| *month > -1.0)
            .unwrap_or(0.0);
        let mut day = part('D');
        if by_day_of_year {
            let first = Date::utc([year, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).millis();
            [_, month, day] = Date::new(first + (part('d') - 1.0) * 86_400_000.0).civil();
        }
        let mut hour = part('H');
        if in_halves {
            hour = part('h');
            if hour == 12.0 {
                hour = 0.0;
            }
            if part('P') == 1.0 {
                hour += 12.0;
            }
        }
        let millis = Date::utc([year, month, day, hour, part('m'), part('s'), part('f')]).millis();
        let zone = ['Z', 'z']
            .into_iter()
            .find_map(|zone| self.get(zone).filter(|zone| *zone != 0.0));
        Ok(millis - zone.unwrap_or(0.0) * 60_000.0)
    }

    /// What comes before the first part that is given is that of today, and what comes after the last is the least.
    fn complete(&mut self, date: &str, time: &str, now: Date) -> Result<(), Fault> {
        let (mut started, mut ended) = (false, false);
        for component in date.chars().chain(time.chars()) {
            if self.get(component).is_some() {
                started = true;
                if ended {
                    return Err(Fault::new("D3136"));
                }
            } else {
                let least = if matches!(component, 'M' | 'D' | 'd') {
                    1.0
                } else {
                    0.0
                };
                let value = if started { least } else { now.part(component) };
                ended |= started;
                self.0.insert(component, Some(value));
            }
        }
        Ok(())
    }
}
