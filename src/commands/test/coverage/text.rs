//! The coverage as people read it.

use std::fmt::Write as _;

use crate::coverage::{ItemCoverage, Missed, StackCoverage};
use crate::report::counted;
use crate::report::style::{ATTENTION, BAD, FAINT, GOOD, STRONG, middle_cut};
use crate::world::{Style, columns, one_line, padded, wrapped};

/// So many items are listed; `--verbose` lists all.
const LISTED: usize = 10;
/// How wide places and words may be beside each other.
const WIDEST_PLACE: usize = 36;
const NARROWEST: usize = 60;

/// What was not reached, the worst first, or with `verbose` all that can be; then a line that sums it up.
pub(super) fn text(
    coverage: &StackCoverage,
    shortfall: Option<&str>,
    verbose: bool,
    columns: Option<usize>,
) -> String {
    let width = columns.unwrap_or(usize::MAX).max(NARROWEST);
    let mut text = String::new();
    match verbose {
        true => all(&mut text, coverage, width),
        false => missed(&mut text, coverage, width),
    }
    for reason in reasons(coverage) {
        let _ = writeln!(
            text,
            "{}",
            wrapped(&format!("{ATTENTION}note:{ATTENTION:#} {reason}"), width)
        );
    }
    if let Some(shortfall) = shortfall {
        let _ = writeln!(
            text,
            "{}",
            wrapped(&format!("{BAD}FAIL{BAD:#} {}", one_line(shortfall)), width)
        );
    }
    let line = format!("Coverage: {}", coverage.line());
    let _ = write!(text, "{}", wrapped(&line, width));
    text
}

/// Why not all is known, in sentences.
pub(super) fn reasons(coverage: &StackCoverage) -> Vec<String> {
    let unknown = coverage.all.unknown;
    let machines = coverage.state_machines.iter();
    let reasons = machines.flat_map(|machine| &machine.unknown);
    let reasons = reasons.map(|unknown| {
        let executions = counted(unknown.executions, "execution");
        format!("not all is known of {executions}: {}", unknown.reason)
    });
    let mut reasons: Vec<String> = reasons.collect();
    if unknown > 0 {
        let items = match unknown {
            1 => "1 item is not known, and counts".to_owned(),
            several => format!("{several} items are not known, and count"),
        };
        reasons.push(format!("so {items} as not reached"));
    }
    match unknown {
        // All that they could have reached, others did.
        0 => Vec::new(),
        _ => vec![reasons.join("; ")],
    }
}

fn missed(text: &mut String, coverage: &StackCoverage, width: usize) {
    let missed = Missed::of(coverage);
    if missed.is_empty() {
        return;
    }
    let _ = writeln!(text, "{FAINT}NOT REACHED{FAINT:#}");
    let rows = missed.iter().take(LISTED).map(|missed| {
        let words = match missed.is_known() {
            true => missed.words(),
            false => format!("{} (not known)", missed.words()),
        };
        Row {
            sign: sign(missed.item),
            place: format!("{}:{}", missed.file.display(), missed.item.line),
            times: None,
            words,
        }
    });
    table(text, &rows.collect::<Vec<_>>(), width);
    if let more @ 1.. = missed.len().saturating_sub(LISTED) {
        let _ = writeln!(
            text,
            "{FAINT}and {more} more, which --verbose shows{FAINT:#}"
        );
    }
}

fn all(text: &mut String, coverage: &StackCoverage, width: usize) {
    let _ = writeln!(text, "{FAINT}REACHED{FAINT:#}");
    let machines = coverage.state_machines.iter();
    let rows = machines.flat_map(|machine| {
        machine.items.iter().map(|item| Row {
            sign: sign(item),
            place: format!("{}:{}", machine.file.display(), item.line),
            times: Some(times(item)),
            words: item.item.clone(),
        })
    });
    table(text, &rows.collect::<Vec<_>>(), width);
}

struct Row {
    sign: (Style, &'static str),
    place: String,
    times: Option<String>,
    words: String,
}

fn sign(item: &ItemCoverage) -> (Style, &'static str) {
    match item.times {
        None => (ATTENTION, "?"),
        Some(0) => (BAD, "✗"),
        Some(_) => (GOOD, "✓"),
    }
}

fn times(item: &ItemCoverage) -> String {
    match item.times {
        None => "not known".to_owned(),
        Some(0) => "never".to_owned(),
        Some(times) => format!("{times}×"),
    }
}

fn table(text: &mut String, rows: &[Row], width: usize) {
    let places = rows.iter().map(|row| columns(&one_line(&row.place)));
    let place_width = places.max().unwrap_or_default().min(WIDEST_PLACE);
    let times = rows.iter().filter_map(|row| row.times.as_ref());
    let times_width = times
        .map(|times| times.chars().count() + 2)
        .max()
        .unwrap_or_default();
    let before = 2 + place_width + 2 + times_width;
    for Row {
        sign: (style, sign),
        place,
        times,
        words,
    } in rows
    {
        let place = padded(&middle_cut(&one_line(place), place_width), place_width);
        let words = wrapped(&one_line(words), width.saturating_sub(before).max(20));
        let mut lines = words.lines().map(str::trim);
        let times = times.as_deref().unwrap_or_default();
        let times = match times_width {
            0 => String::new(),
            wide => format!("{times:>wide$}  ", wide = wide - 2),
        };
        let _ = writeln!(
            text,
            "{style}{sign}{style:#} {place}  {FAINT}{times}{FAINT:#}{STRONG}{}{STRONG:#}",
            lines.next().unwrap_or_default()
        );
        for line in lines {
            let _ = writeln!(text, "{:before$}{STRONG}{line}{STRONG:#}", "");
        }
    }
}
