//! The answer of `txflow explore` for people.

use std::fmt::Write as _;

use super::report::{AtSize, Expectation, Explored, Found, Growing, Taken};
use crate::config::with_commas;
use crate::report::github::{self, Annotation, Markdown};
use crate::report::style::{FAINT, GOOD, STRONG};
use crate::report::{Answer, counted};
use crate::world::{columns, one_line, padded, unbroken, wrapped};

/// The limits of Step Functions.
const MOST_EVENTS: u64 = 25_000;
const MOST_BYTES: u64 = 256 * 1024;

/// So many notes are shown without `--verbose`.
const SHOWN: usize = 5;

impl Answer for Explored {
    fn text(&self) -> String {
        text(self)
    }

    fn summary(&self) -> Option<String> {
        Some(summary(self))
    }

    fn annotations(&self) -> Vec<Annotation> {
        let found = self.findings.iter();
        found.map(|one| Annotation::from(&one.diagnostic)).collect()
    }
}

fn text(explored: &Explored) -> String {
    let width = explored.columns.unwrap_or(80).clamp(60, 120);
    let mut text = wrapped(&conclusion(explored), width);
    for found in &explored.findings {
        let _ = write!(text, "\n\n{}", found.diagnostic.render());
        if let Some(cause) = &found.cause {
            let cause = format!("  cause: {}", one_line(cause));
            let _ = write!(text, "\n{FAINT}{}{FAINT:#}", wrapped(&cause, width));
        }
    }
    text.push_str(&blocks(explored, width));
    for note in notes(explored) {
        let _ = write!(text, "\n\n{}", wrapped(&note, width));
    }
    let _ = write!(text, "\n\n{}", table(explored));
    for line in growth(explored) {
        let _ = write!(text, "\n{}", wrapped(&line, width));
    }
    let _ = write!(
        text,
        "\n{FAINT}{}{FAINT:#}",
        wrapped(&prices(explored), width)
    );
    text
}

fn conclusion(explored: &Explored) -> String {
    let mut text = format!(
        "`{}`: {} on virtual time, {} of {} and {} of {} reached, ",
        explored.state_machine,
        counted(explored.executions, "execution"),
        explored.reached,
        counted(explored.states, "state"),
        explored.used,
        counted(explored.decisions, "decision"),
    );
    match explored.findings.len() {
        0 => {
            let _ = write!(text, "{GOOD}no findings{GOOD:#}");
        }
        count => text.push_str(&counted(count, "finding")),
    }
    if !explored.allowed.is_empty() {
        let _ = write!(text, ", {} allowed", explored.allowed.len());
    }
    if explored.left_out > 0 {
        let _ = write!(
            text,
            "\n{} left out: `--type` begins with fewer tests",
            counted(explored.left_out, "execution")
        );
    }
    text
}

/// Tests to paste, and how to accept a finding.
fn blocks(explored: &Explored, width: usize) -> String {
    let notes = explored.notes.iter().filter(|_| explored.verbose);
    let tests: Vec<&str> = { explored.findings.iter().chain(notes) }
        .filter_map(|found| found.test.as_deref())
        .collect();
    let mut text = String::new();
    if !tests.is_empty() {
        let _ = write!(
            text,
            "\n\n{STRONG}{}{STRONG:#}\n\n{}",
            wrapped(
                "Tests for deploy.toml, which pass as long as the workflow behaves as reported:",
                width
            ),
            unbroken(&tests.join("\n\n"))
        );
    }
    if let Some(first) = explored.findings.first() {
        let accept = format!(
            "To accept a finding, keep its test, or name it in `allow` of `[explore]`:\n{}",
            unbroken(&format!("  allow = [\"{}\"]", first.id))
        );
        let _ = write!(text, "\n\n{FAINT}{}{FAINT:#}", wrapped(&accept, width));
    }
    text
}

/// What the workflow relies on.
fn notes(explored: &Explored) -> Vec<String> {
    let mut notes = Vec::new();
    if !explored.unknown.is_empty() {
        let advice = match (explored.recorded, explored.prices.kind) {
            (false, "STANDARD") => {
                "`--local` runs the tests once to know it, or add a mock to a test"
            }
            _ => "Add a mock to a test",
        };
        notes.push(format!(
            "No test says what these answer: {}. What depends on it is not judged. {advice}.",
            named(explored.unknown.iter().map(String::as_str))
        ));
    }
    if !explored.unused.is_empty() {
        let unused = explored.unused.iter().map(|unused| {
            let place = unused.place.as_ref();
            let place = place.map(|place| format!(" ({}:{})", place.path.display(), place.line));
            format!(
                "`{}` of `{}`{}",
                unused.entry,
                one_line(&unused.state),
                place.unwrap_or_default()
            )
        });
        let unused: Vec<String> = unused.collect();
        notes.push(format!("No execution used {}.", unused.join(", ")));
    }
    let uncaught = explored.notes.iter().filter(|note| !note.needs_field());
    let uncaught: Vec<&Found> = uncaught.collect();
    if !uncaught.is_empty() {
        notes.push(format!(
            "An execution fails if one of these fails with an error that nothing catches: {}.",
            named(uncaught.iter().map(|note| note.state.as_str()))
        ));
    }
    let needed: Vec<&Found> = explored
        .notes
        .iter()
        .filter(|note| note.needs_field())
        .collect();
    if !needed.is_empty() {
        let shown = if explored.verbose {
            needed.len()
        } else {
            SHOWN
        };
        let mut lines = vec!["What answers must have:".to_owned()];
        lines.extend(needed.iter().take(shown).map(|note| {
            let place = note.diagnostic.place.as_ref();
            let place = place.map(|place| format!(" ({}:{})", place.path.display(), place.line));
            format!(
                "- {}{}",
                one_line(&note.diagnostic.message),
                place.unwrap_or_default()
            )
        }));
        if needed.len() > shown {
            lines.push(format!(
                "- and {} more, with --verbose",
                needed.len() - shown
            ));
        }
        notes.push(lines.join("\n"));
    }
    notes
}

/// Such as `` `A`, `B` ``.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{}`", one_line(name))).collect();
    quoted.join(", ")
}

const HEAD: [&str; 5] = [
    "TEST",
    "EVENTS",
    "TRANSITIONS",
    "LARGEST DOCUMENT",
    "PER MILLION",
];

fn table(explored: &Explored) -> String {
    let rows: Vec<[String; 5]> = explored.forecasts.iter().map(cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| columns(&row[column]));
        cells.chain([HEAD[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |cells: [&str; 5]| {
        let aligned = cells.iter().enumerate().map(|(column, cell)| match column {
            1 | 2 => format!("{cell:>0$}", widths[column]),
            _ => padded(cell, widths[column]),
        });
        let line = aligned.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned()
    };
    let mut lines = vec![format!("{FAINT}{}{FAINT:#}", line(HEAD))];
    lines.extend(
        rows.iter()
            .map(|row| line(std::array::from_fn(|column| row[column].as_str()))),
    );
    lines.join("\n")
}

fn cells(forecast: &Expectation) -> [String; 5] {
    let load = &forecast.load;
    [
        one_line(&forecast.test).into_owned(),
        commas(load.events),
        commas(load.transitions),
        format!(
            "{} (`{}`)",
            bytes(load.largest_bytes),
            one_line(&load.largest_state)
        ),
        load.price.text(),
    ]
}

/// How executions grow with the items of Map states: those of the first test that has a Map state suffice, if another one
/// has the same numbers.
fn growth(explored: &Explored) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for forecast in &explored.forecasts {
        for map in &forecast.maps {
            let line = growing(&forecast.test, map);
            lines.push(line);
            lines.extend(map.forecasts.iter().map(|at| at_size(map, at)));
        }
    }
    lines
}

fn growing(test: &str, map: &Growing) -> String {
    let state = one_line(&map.state);
    let items = format!(
        "`{state}` in {}: {}",
        one_line(test),
        counted_items(map.items)
    );
    if let Some(unknown) = map.unknown {
        return format!("{items}; more are not forecast: {unknown}");
    }
    let mut most = Vec::new();
    if let Some(count) = map.most_for_events {
        most.push(format!(
            "{} for {} events",
            commas(count),
            commas(MOST_EVENTS)
        ));
    }
    if let (Some(count), Some(state)) = (map.most_for_payload, &map.too_large_first) {
        most.push(format!(
            "{} for 256 KiB (`{}`)",
            commas(count),
            one_line(state)
        ));
    }
    let most = match most.is_empty() {
        true => String::new(),
        false => format!("; at most {}", most.join(", ")),
    };
    format!(
        "{items}; each adds {} and {}{most}",
        per_item(map.events_per_item, "event"),
        per_item(map.transitions_per_item, "transition"),
    )
}

fn at_size(map: &Growing, at: &AtSize) -> String {
    let Taken {
        events,
        transitions,
        largest_bytes,
        largest_state,
        price,
        ..
    } = &at.load;
    let over = |is_over: bool, limit: &str| match is_over {
        true => format!(", more than {limit}"),
        false => String::new(),
    };
    format!(
        "  with {}: {} events{}; {} transitions; largest document {} (`{}`){}; {} per million",
        counted_items(at.items),
        commas(*events),
        over(
            map.most_for_events.is_some() && *events > MOST_EVENTS,
            "25,000"
        ),
        commas(*transitions),
        bytes(*largest_bytes),
        one_line(largest_state),
        over(*largest_bytes > MOST_BYTES, "256 KiB"),
        price.text(),
    )
}

fn counted_items(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} item{plural}", commas(count))
}

fn commas(count: u64) -> String {
    with_commas(usize::try_from(count).unwrap_or(usize::MAX))
}

fn per_item(count: f64, noun: &str) -> String {
    let plural = if (count - 1.0).abs() < 1e-9 { "" } else { "s" };
    let count = format!("{count:.1}");
    format!("{} {noun}{plural}", count.trim_end_matches(".0"))
}

fn bytes(count: u64) -> String {
    const KIB: u64 = 1024;
    match count {
        0..KIB => format!("{count} B"),
        _ => format!("{} KiB", commas(count.div_ceil(KIB))),
    }
}

fn prices(explored: &Explored) -> String {
    let prices = &explored.prices;
    format!(
        "Per million executions at the list price of {}, without the free tier ({}, {}); what is called costs extra.",
        prices.region, prices.source, prices.read
    )
}

fn summary(explored: &Explored) -> String {
    let mut summary = Markdown::default();
    summary.heading(3, "Exploration");
    summary.paragraph(&github::text(&crate::world::plain(&conclusion(explored))));
    let rows: Vec<[String; 3]> = { explored.findings.iter() }
        .map(|found| {
            let place = found.diagnostic.place.as_ref();
            [
                github::text(&found.diagnostic.code),
                github::text(&place.map_or_else(String::new, |place| {
                    format!("{}:{}", place.path.display(), place.line)
                })),
                github::text(&one_line(&found.diagnostic.message)),
            ]
        })
        .collect();
    if !rows.is_empty() {
        summary.table(["Finding", "Place", "What"], &rows);
    }
    let tests: Vec<&str> = { explored.findings.iter() }
        .filter_map(|found| found.test.as_deref())
        .collect();
    if !tests.is_empty() {
        summary.details("Tests for deploy.toml", |body| {
            body.block("toml", &tests.join("\n\n"))
        });
    }
    let rows: Vec<[String; 5]> = { explored.forecasts.iter() }
        .map(|forecast| cells(forecast).map(|cell| github::text(&cell)))
        .collect();
    summary.table(
        [
            "Test",
            "Events",
            "Transitions",
            "Largest document",
            "Per million",
        ],
        &rows,
    );
    for line in growth(explored) {
        summary.paragraph(&github::text(line.trim()));
    }
    summary.to_string()
}
