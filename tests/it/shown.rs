//! What a command prints, as a whole, beside a snapshot of it.
//!
//! `INSTA_UPDATE=always cargo test --workspace` writes the snapshots anew. Each is read before it is committed.

use txflow::build::BuildError;
use txflow::exit::Advice as _;

/// Compares a text with the snapshot of this name, without what differs from run to run.
macro_rules! assert_shown {
    ($name:literal, $text:expr) => {{
        // Not `let`: it would drop what a text is borrowed from.
        match &$text {
            text => $crate::shown::settings().bind(|| insta::assert_snapshot!($name, text)),
        }
    }};
}
pub(crate) use assert_shown;

/// How txflow shows an error of a build.
pub fn of_build(error: &BuildError) -> String {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}"));
    format!("error: {error}{}", hint.unwrap_or_default())
}

/// What differs from run to run, and what stands for it.
pub const VARYING: &[(&str, &str)] = &[
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[uuid]"),
    (
        r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?",
        "[time]",
    ),
    (r"\b\d+\.\d\d s\b", "[seconds]"),
    (r"\b\d+ (ms|s|min) ago\b", "[age]"),
    // Columns are as wide as what differs.
    (r" {2,}\[age\] +", " [age] "),
    (r"STARTED +DURATION", "STARTED DURATION"),
    (r"\b\d+ per second\b", "[rate] per second"),
    (r"\b(p50|p90|p99|max) (\[seconds\]|\d+ ms)", "$1 [duration]"),
    (r#" time="\d+\.\d+""#, r#" time="[seconds]""#),
    (r"\b(file|layout)_len=\d+", "$1_len=[size]"),
    (
        r"has \d+ characters, and IAM",
        "has [many] characters, and IAM",
    ),
    (r"damaged-\d{8}T\d{6}Z", "damaged-[time]"),
    // What the compiler made of a handler; its memory is in whole megabytes.
    (r"\b(\d+ KB|\d+\.\d+ MB)\b", "[size]"),
    (r"http://127\.0\.0\.1:\d+", "[endpoint]"),
    (r#"/[^\s`"]*/txflow-(it|build)-[0-9A-Za-z]+"#, "[folder]"),
];

pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    for (found, shown) in VARYING {
        settings.add_filter(found, *shown);
    }
    settings
}
