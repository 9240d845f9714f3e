//! The few styles, and the line form that all progress has.

use std::borrow::Cow;
use std::time::Duration;

use anstyle::AnsiColor;
use jiff::Timestamp;

use crate::world::{HANGING, Style, beginning, columns, ending};

pub const GOOD: Style = Style::of(AnsiColor::Green.on_default().bold());
pub const BAD: Style = Style::of(AnsiColor::Red.on_default().bold());
pub const ATTENTION: Style = Style::of(AnsiColor::Yellow.on_default().bold());
pub const ACTION: Style = Style::of(AnsiColor::Cyan.on_default().bold());
pub const FAINT: Style = Style::of(anstyle::Style::new().dimmed());
pub const STRONG: Style = Style::of(anstyle::Style::new().bold());
/// No style at all.
pub const PLAIN: Style = Style::of(anstyle::Style::new());

/// `     Created role ...`: a verb, right-aligned as cargo does it, and the rest, of which no further line
/// can pass for one with a verb of its own.
pub fn status(style: Style, verb: &str, rest: &str) -> String {
    let rest = rest.replace('\n', "\n             ");
    format!("{style}{verb:>12}{style:#} {HANGING}{rest}")
}

/// A text of at most so many columns: of a longer one the beginning and the end, which tell names apart.
pub fn middle_cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let start = beginning(text, kept / 2);
    format!("{start}…{}", ending(text, kept - kept / 2))
}

/// The beginning of a text, of at most so many columns.
pub fn end_cut(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let kept = beginning(text, width.saturating_sub(1));
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// Names that take so many columns. What all of them begin with tells none from another, so that goes first.
pub fn cut_alike(names: &[String], width: usize) -> Vec<String> {
    let shared = match names {
        [first, .., last] => {
            let (mut least, mut most) = (first, last);
            for name in names {
                least = least.min(name);
                most = most.max(name);
            }
            let pairs = least.chars().zip(most.chars());
            pairs.take_while(|(one, other)| one == other).count()
        }
        _ => 0,
    };
    let cut = |name: &String| {
        if columns(name) <= width || shared == 0 {
            return middle_cut(name, width);
        }
        let rest: String = name.chars().skip(shared).collect();
        // As much of the beginning as fits.
        let left = columns(&rest).min(width.saturating_sub(1));
        let start = beginning(name, width.saturating_sub(1 + left));
        middle_cut(&format!("{start}…{rest}"), width)
    };
    names.iter().map(cut).collect()
}

/// How wide a column of names is, of which the longest is `widest`, if `others` stands beside it and a line may have so
/// many.
pub fn name_width(widest: usize, others: usize, columns: Option<usize>) -> usize {
    const SHORTEST: usize = 8;
    let room = columns.map(|columns| columns.saturating_sub(others).max(SHORTEST));
    room.map_or(widest, |room| widest.min(room))
}

/// A byte count as people read it, in decimal units as AWS prints them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A point in time, to the minute: `2026-11-25 21:17 UTC`.
pub fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long ago something was, in its largest unit.
pub fn ago(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// A point in time for machines: `2026-11-25T21:17:03.120Z`.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// So many seconds after 1970 began.
#[cfg(test)]
pub fn since_1970(seconds: f64) -> Timestamp {
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).expect("a year of four digits")
}

/// A duration as data gives it.
pub fn seconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}

/// Seconds with as many digits as matter.
pub fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        match elapsed.as_secs() {
            seconds @ ..HOUR => two_units(seconds, (MINUTE, "min"), (1, "s")),
            seconds @ HOUR..DAY => two_units(seconds, (HOUR, "h"), (MINUTE, "min")),
            seconds => two_units(seconds, (DAY, "d"), (HOUR, "h")),
        }
    }
}

/// `3 d 2 h`, or `3 d`.
fn two_units(seconds: u64, (large, name): (u64, &str), (small, rest_name): (u64, &str)) -> String {
    let whole = seconds / large;
    match seconds % large / small {
        0 => format!("{whole} {name}"),
        rest => format!("{whole} {name} {rest} {rest_name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_narrow_column_keep_what_tells_them_apart() {
        let names = ["purchase", "refund", "result"];
        let names = names.map(|name| format!("transactions-dev-{name}-handler"));
        let cut = |width| cut_alike(&names, width);
        assert_eq!(cut(40), names);
        assert_eq!(
            cut(20),
            [
                "tra…purchase-handler",
                "trans…refund-handler",
                "trans…result-handler"
            ]
        );
        let narrow = cut(10);
        assert_eq!(narrow.len(), 3);
        assert!(
            narrow.iter().all(|name| name.chars().count() == 10),
            "{narrow:?}"
        );
        assert_ne!(narrow[1], narrow[2]);
        assert_eq!(cut_alike(&names[..1], 12), ["trans…andler"]);
    }

    #[test]
    fn a_date_says_that_it_is_utc() {
        let time = Timestamp::constant(1_795_641_423, 120_000_000);
        assert_eq!(date(time), "2026-11-25 21:17 UTC");
        assert_eq!(rfc3339(time), "2026-11-25T21:17:03.120Z");
        let between = Timestamp::constant(1_795_641_423, 120_900_000);
        assert_eq!(rfc3339(between), "2026-11-25T21:17:03.120Z");
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(middle_cut("purchase", 8), "purchase");
        assert_eq!(middle_cut("purchase-handler", 8), "pur…dler");
        assert_eq!(middle_cut("größere-dinge", 5), "gr…ge");
    }

    #[test]
    fn the_beginning_of_a_long_text_is_kept() {
        assert_eq!(end_cut("purchase", 8), "purchase");
        assert_eq!(end_cut("a purchase", 5), "a pu…");
        assert_eq!(end_cut("a purchase", 3), "a…");
    }

    #[test]
    fn a_long_duration_is_given_in_two_units() {
        let said = |seconds| duration(Duration::from_secs_f64(seconds));
        assert_eq!(said(0.125), "0.12 s");
        assert_eq!(said(119.0), "119 s");
        assert_eq!(said(120.0), "2 min");
        assert_eq!(said(3_599.0), "59 min 59 s");
        assert_eq!(said(7_320.0), "2 h 2 min");
        assert_eq!(said(3.0 * 86_400.0 + 0.25), "3 d");
        assert_eq!(said(90_000.0), "1 d 1 h");
    }

    #[test]
    fn what_was_long_ago_is_given_in_larger_units() {
        let ago = |seconds| ago(Duration::from_secs(seconds));
        assert_eq!(ago(59), "59 s ago");
        assert_eq!(ago(61), "1 min ago");
        assert_eq!(ago(47 * 3_600), "47 h ago");
        assert_eq!(ago(49 * 3_600), "2 days ago");
    }
}
