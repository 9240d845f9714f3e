//! What a command prints, as a whole, beside a snapshot of it.
//!
//! `INSTA_UPDATE=always cargo test --workspace` writes the snapshots anew. Each is read before it is committed.

/// Compares a text with the snapshot of this name, without what differs from run to run.
macro_rules! assert_shown {
    ($name:literal, $text:expr) => {{
        let text = $text;
        $crate::shown::settings().bind(|| insta::assert_snapshot!($name, text))
    }};
}
pub(crate) use assert_shown;

pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    for (found, shown) in [
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[uuid]"),
        (
            r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?",
            "[time]",
        ),
        (r"\b\d+\.\d\d s\b", "[seconds]"),
        (r"\b\d+ (ms|s|min) ago\b", "[age]"),
        // What the compiler made of a handler; its memory is in whole megabytes.
        (r"\b(\d+ KB|\d+\.\d+ MB)\b", "[size]"),
        (r"http://127\.0\.0\.1:\d+", "[endpoint]"),
        (r#"/[^\s`"]*/txflow-it-[0-9A-Za-z]+"#, "[folder]"),
    ] {
        settings.add_filter(found, shown);
    }
    settings
}
