//! Coverage as an lcov tracefile.

use std::fmt::Write as _;

use super::StackCoverage;
use super::lines::{FileLines, files};

/// The tracefile; the paths in it are those of the coverage.
pub fn lcov(coverage: &StackCoverage) -> String {
    let files = files(coverage);
    let records = files.iter().map(|(path, lines)| record(path, lines));
    records.collect()
}

fn record(path: &str, lines: &FileLines) -> String {
    // A record is a line, so a path cannot have several.
    let path = path.replace(['\n', '\r'], " ");
    let mut text = format!("TN:\nSF:{path}\n");
    for (block, alternatives) in lines.blocks.iter().enumerate() {
        for (branch, taken) in alternatives.taken.iter().enumerate() {
            let taken = match alternatives.entered {
                true => taken.to_string(),
                // Nothing was decided.
                false => "-".to_owned(),
            };
            let _ = writeln!(text, "BRDA:{},{block},{branch},{taken}", alternatives.line);
        }
    }
    let _ = writeln!(text, "BRF:{}\nBRH:{}", lines.branches(), lines.taken());
    for (line, hits) in &lines.hits {
        let _ = writeln!(text, "DA:{line},{hits}");
    }
    let _ = writeln!(text, "LF:{}\nLH:{}", lines.hits.len(), lines.reached());
    text.push_str("end_of_record\n");
    text
}
