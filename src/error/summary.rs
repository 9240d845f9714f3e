//! A failed run in the summary of a GitHub job.

use super::{ErrorParts, exit};
use crate::config::{Diagnostic, Diagnostics, Severity};
use crate::exit::Exit;
use crate::report::github::{Markdown, code, text};
use crate::world::plain;

/// How much is shown at once of what cargo or AWS said.
const LINES: usize = 200;

/// What failed, why, and what can be done.
pub fn summary(command: &str, error: &anyhow::Error) -> String {
    let mut markdown = Markdown::default();
    let ended = match exit(error) {
        Exit::Interrupted => "was interrupted",
        _ => "failed",
    };
    markdown.heading(2, &format!("txflow {command} {ended}"));
    if let Some(Diagnostics(found)) = error.downcast_ref() {
        findings(&mut markdown, found);
        return markdown.to_string();
    }
    let parts = ErrorParts::of(error);
    said(&mut markdown, &parts.message);
    for cause in &parts.causes {
        markdown.paragraph("Caused by:");
        said(&mut markdown, cause);
    }
    if let Some(untouched) = parts.nothing_written {
        markdown.paragraph(&format!("**{}**", text(&untouched.to_string())));
    }
    if let Some(hint) = &parts.hint {
        markdown.paragraph(&format!("**Hint:** {}", text(hint)));
    }
    markdown.to_string()
}

/// The first line as it is, and more lines to the letter.
fn said(markdown: &mut Markdown, message: &str) {
    let message = plain(message);
    let (first, rest) = message.split_once('\n').unwrap_or((&message, ""));
    markdown.paragraph(&text(first));
    if rest.trim().is_empty() {
        return;
    }
    let mut lines: Vec<&str> = rest.lines().take(LINES).collect();
    if rest.lines().count() > LINES {
        lines.push("(the log has the rest)");
    }
    markdown.block("text", lines.join("\n").trim_matches('\n'));
}

fn findings(markdown: &mut Markdown, found: &[Diagnostic]) {
    let rows: Vec<[String; 3]> = found.iter().map(finding).collect();
    markdown.table(["", "Where", "Why"], &rows);
}

fn finding(found: &Diagnostic) -> [String; 3] {
    let severity = match found.severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
    };
    let place = found.place.as_ref();
    let place = place.map(|place| code(&format!("{}:{}", place.path.display(), place.line)));
    let hint = found.hint.as_ref();
    let hint = hint.map(|hint| format!("<br>Hint: {}", text(hint)));
    [
        severity.to_owned(),
        place.unwrap_or_default(),
        format!("{}{}", text(&found.message), hint.unwrap_or_default()),
    ]
}
