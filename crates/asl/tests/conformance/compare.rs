//! Compares a recording with a result.
//!
//! The recordings were normalised before they were stored: strings of JSON were decoded, times and ids replaced by
//! placeholders. The recorded side therefore says where any value matches, and the other side is used unchanged. This
//! file is self-contained, so that other tests can include it by path.

use regex::Regex;
use serde_json::{Map, Value};

/// The placeholders of one row, which match any value.
pub struct Wildcards {
    /// If a whole string is one of these, it matches any value.
    pub whole: Vec<String>,
    /// If a string contains one of these, it matches any text in that place.
    pub inside: Regex,
}

/// The first difference between a result and its recording.
#[derive(Debug)]
pub struct Difference {
    pub place: String,
    pub recorded: String,
    pub found: String,
}

/// The replacement for times, including those inside a string.
const TIME_WORDS: &str = r"\b(?:date|timestamp|datetime)\b";

const TIME: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)";

type Compared = Result<(), Difference>;

impl Wildcards {
    /// `compare` is the row's field of that name: the replacements that were applied.
    pub fn of(compare: &Value) -> Self {
        let replacements = |list: &str, also: &[&str]| {
            let items = compare[list].as_array().into_iter().flatten();
            let words = items.filter_map(|item| item["replacement"].as_str());
            let mut words: Vec<String> =
                words.chain(also.iter().copied()).map(Into::into).collect();
            words.sort();
            words.dedup();
            words
        };
        let whole = replacements("jsonpath", &["date", "timestamp", "datetime"]);
        let words = replacements("regex", &[]);
        let plain = words.iter().filter(|word| !word.contains('<'));
        let mut alternatives = vec!["<[A-Za-z0-9_:-]+>".to_owned(), TIME_WORDS.to_owned()];
        alternatives.extend(plain.map(|word| regex::escape(word)));
        let inside = Regex::new(&alternatives.join("|")).unwrap();
        Self { whole, inside }
    }

    /// Whether `found` matches the recording.
    pub fn compare(&self, recorded: &Value, found: &Value) -> Compared {
        self.value(recorded, found, &mut String::new())
    }

    fn value(&self, recorded: &Value, found: &Value, place: &mut String) -> Compared {
        match (recorded, found) {
            (Value::String(word), _) if self.whole.contains(word) => Ok(()),
            (Value::String(text), Value::String(found)) => self.text(text, found, place),
            (Value::String(word), _) if self.is_placeholder(word) => Ok(()),
            (Value::Object(_), Value::String(text)) => self.decoded(recorded, text, place),
            (Value::Array(_) | Value::Number(_), Value::String(text)) if is_payload(place) => {
                self.decoded(recorded, text, place)
            }
            (Value::Object(recorded), Value::Object(found)) => self.object(recorded, found, place),
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                for (index, (item, other)) in items.iter().zip(others).enumerate() {
                    self.at(&format!("[{index}]"), place, |place| {
                        self.value(item, other, place)
                    })?;
                }
                Ok(())
            }
            (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => Ok(()),
            _ if recorded == found => Ok(()),
            _ => differs(recorded, found, place),
        }
    }

    fn is_placeholder(&self, word: &str) -> bool {
        let found = self.inside.find(word);
        found.is_some_and(|found| found.as_str() == word)
    }

    /// A string of JSON that was decoded before it was stored.
    fn decoded(&self, recorded: &Value, text: &str, place: &mut String) -> Compared {
        match serde_json::from_str::<Value>(text) {
            Ok(decoded) if !decoded.is_string() => self.value(recorded, &decoded, place),
            _ => differs(recorded, &text.into(), place),
        }
    }

    fn object(
        &self,
        recorded: &Map<String, Value>,
        found: &Map<String, Value>,
        place: &mut String,
    ) -> Compared {
        for (key, value) in recorded {
            let none = Value::String("(nothing)".into());
            let other = found.get(key);
            self.at(&format!("/{key}"), place, |place| match other {
                Some(other) => self.value(value, other, place),
                None => differs(value, &none, place),
            })?;
        }
        match found.iter().find(|(key, _)| !recorded.contains_key(*key)) {
            None => Ok(()),
            Some((key, value)) => self.at(&format!("/{key}"), place, |place| {
                differs(&Value::String("(nothing)".into()), value, place)
            }),
        }
    }

    fn text(&self, recorded: &str, found: &str, place: &str) -> Compared {
        if recorded == found || self.fits(recorded, found) {
            return Ok(());
        }
        differs(&recorded.into(), &found.into(), place)
    }

    fn fits(&self, recorded: &str, found: &str) -> bool {
        if !self.inside.is_match(recorded) {
            return false;
        }
        let mut pattern = String::from("(?s)^");
        let time = Regex::new(TIME_WORDS).unwrap();
        let mut end = 0;
        for wildcard in self.inside.find_iter(recorded) {
            pattern.push_str(&regex::escape(&recorded[end..wildcard.start()]));
            if time.is_match(wildcard.as_str()) {
                pattern.push_str(&format!("(?:{}|{TIME})", wildcard.as_str()));
            } else {
                pattern.push_str(".*?");
            }
            end = wildcard.end();
        }
        pattern.push_str(&regex::escape(&recorded[end..]));
        pattern.push('$');
        Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(found))
    }

    fn at(
        &self,
        step: &str,
        place: &mut String,
        compare: impl FnOnce(&mut String) -> Compared,
    ) -> Compared {
        let length = place.len();
        place.push_str(step);
        let compared = compare(place);
        place.truncate(length);
        compared
    }

    /// Compares how executions ended: status, output, error and cause. `ended` has the output as a value.
    pub fn result(&self, recorded: &Value, ended: &Value) -> Compared {
        let cause = match recorded.get("cause_json") {
            Some(_) => "cause_json",
            None => "cause",
        };
        for (name, found) in [
            ("status", "status"),
            ("output", "output"),
            ("error", "error"),
            (cause, "cause"),
        ] {
            let compared = self.compare(&recorded[name], &ended[found]);
            compared.map_err(|difference| Difference {
                place: format!("{name}{}", difference.place),
                ..difference
            })?;
        }
        Ok(())
    }

    /// Compares histories event by event.
    ///
    /// If branches ran concurrently (`unordered`), the events between the start and the exit of a Parallel state may
    /// come in any order, and their ids are ignored. Such recordings lack the events that end a Parallel state, and
    /// everything about a nested one after its end.
    pub fn history(&self, recorded: &[Value], found: &[Value], unordered: bool) -> Compared {
        let found: Vec<Value> = found.iter().map(without_timestamp).collect();
        if !unordered {
            return self.sequence(recorded, &found);
        }
        let (recorded, found) = (blocks(recorded, true), blocks(&found, false));
        let (ordered, inside): (Vec<Value>, Vec<Vec<Value>>) = recorded.into_iter().unzip();
        let (found_ordered, found_inside): (Vec<Value>, Vec<Vec<Value>>) =
            found.into_iter().unzip();
        self.sequence(&ordered, &found_ordered)?;
        for (block, found_block) in inside.iter().zip(found_inside) {
            self.in_any_order(block, found_block)?;
        }
        Ok(())
    }

    fn sequence(&self, recorded: &[Value], found: &[Value]) -> Compared {
        for (index, event) in recorded.iter().enumerate() {
            let mut place = format!("events[{index}]");
            match found.get(index) {
                Some(other) => self.value(event, other, &mut place)?,
                None => return differs(&event["type"], &"(the end)".into(), &place),
            }
        }
        match found.get(recorded.len()) {
            None => Ok(()),
            Some(extra) => {
                let place = format!("events[{}]", recorded.len());
                differs(&"(the end)".into(), extra, &place)
            }
        }
    }

    fn in_any_order(&self, recorded: &[Value], mut found: Vec<Value>) -> Compared {
        for event in recorded {
            let fits = |other: &Value| self.compare(event, other).is_ok();
            match found.iter().position(fits) {
                Some(index) => {
                    found.remove(index);
                }
                None => return differs(event, &Value::Array(found), "events in branches"),
            }
        }
        match found.first() {
            None => Ok(()),
            Some(extra) => differs(&"(no more events)".into(), extra, "events in branches"),
        }
    }
}

/// In some recordings the payload of every event is decoded.
fn is_payload(place: &str) -> bool {
    ["EventDetails/input", "EventDetails/output"]
        .iter()
        .any(|end| place.ends_with(end))
}

fn differs(recorded: &Value, found: &Value, place: &str) -> Compared {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Err(Difference {
        place: place.to_owned(),
        recorded: text(recorded),
        found: text(found),
    })
}

fn without_timestamp(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(event) = event.as_object_mut() {
        event.remove("timestamp");
    }
    event
}

/// Splits a history into the events outside Parallel states, each with the events inside that follow it, without their
/// ids.
fn blocks(events: &[Value], recorded: bool) -> Vec<(Value, Vec<Value>)> {
    let mut blocks: Vec<(Value, Vec<Value>)> = Vec::new();
    let mut depth = 0;
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        let outside = match kind {
            "ParallelStateEntered" => {
                depth += 1;
                depth == 1
            }
            "ParallelStateExited" => {
                // The recordings contain the exit of the outermost one only.
                depth = if recorded { 0 } else { depth - 1 };
                if depth > 0 {
                    continue;
                }
                true
            }
            "ParallelStateSucceeded" | "ParallelStateFailed" => continue,
            "ParallelStateStarted" => depth == 1,
            _ => depth == 0,
        };
        match blocks.last_mut() {
            Some((_, inside)) if !outside => {
                let mut event = event.clone();
                if let Some(event) = event.as_object_mut() {
                    event.remove("id");
                    event.remove("previousEventId");
                }
                inside.push(event);
            }
            _ => blocks.push((event.clone(), Vec::new())),
        }
    }
    blocks
}
