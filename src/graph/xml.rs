//! Numbers, paths and text as SVG writes them.

use std::fmt::Write as _;

use super::route::Path;

pub(super) fn path(path: &Path) -> String {
    let mut d = format!("M{} {}", n(path.start.x), n(path.start.y));
    for curve in &path.curves {
        let points = curve.map(|point| format!("{} {}", n(point.x), n(point.y)));
        let _ = write!(d, "C{}", points.join(" "));
    }
    d
}

/// A number as short as a tenth of a pixel needs.
pub(super) fn n(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // `-0` is a number to nobody.
    format!("{}", rounded + 0.0)
}

/// Text for XML, without the characters that XML does not know.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // On a terminal, what comes after a newline could pass for a line of txflow's own.
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push(char),
            '\u{fffe}' | '\u{ffff}' => {}
            char if char.is_control() => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}
