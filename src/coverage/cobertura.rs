//! Coverage as Cobertura's XML, in the form of `coverage-04.dtd`.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::StackCoverage;
use super::lines::{Block, FileLines, files};
use crate::graph::escaped;

/// The report of a stack, whose name is that of the package; the paths in it are those of the coverage.
pub fn cobertura(stack: &str, coverage: &StackCoverage, now: Timestamp) -> String {
    let files = files(coverage);
    let sum = |of: fn(&FileLines) -> usize| files.iter().map(|(_, lines)| of(lines)).sum();
    let lines = (sum(FileLines::reached), sum(|lines| lines.hits.len()));
    let branches = (sum(FileLines::taken), sum(FileLines::branches));
    let rates = rates(lines, branches);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n\
         <coverage {rates} lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" branches-valid=\"{}\" \
         complexity=\"0\" version=\"txflow {}\" timestamp=\"{}\">\n  \
         <sources>\n    <source>.</source>\n  </sources>\n  \
         <packages>\n    <package name=\"{}\" {rates} complexity=\"0\">\n      <classes>\n",
        lines.0,
        lines.1,
        branches.0,
        branches.1,
        env!("CARGO_PKG_VERSION"),
        now.as_millisecond(),
        escaped(stack),
    );
    for (path, lines) in &files {
        class(&mut text, path, lines);
    }
    text.push_str("      </classes>\n    </package>\n  </packages>\n</coverage>\n");
    text
}

fn class(text: &mut String, path: &str, lines: &FileLines) {
    let rates = rates(
        (lines.reached(), lines.hits.len()),
        (lines.taken(), lines.branches()),
    );
    let path = escaped(path);
    let _ = write!(
        text,
        "        <class name=\"{path}\" filename=\"{path}\" {rates} complexity=\"0\">\n          \
         <methods/>\n          <lines>\n"
    );
    for (line, hits) in &lines.hits {
        let blocks: Vec<&Block> = lines.blocks_at(*line).collect();
        line_element(text, *line, *hits, &blocks);
    }
    text.push_str("          </lines>\n        </class>\n");
}

fn line_element(text: &mut String, line: usize, hits: u64, blocks: &[&Block]) {
    let indent = "            ";
    let start = format!("{indent}<line number=\"{line}\" hits=\"{hits}\"");
    if blocks.is_empty() {
        let _ = writeln!(text, "{start} branch=\"false\"/>");
        return;
    }
    let taken = blocks.iter().map(|block| block.reached()).sum();
    let all = blocks.iter().map(|block| block.taken.len()).sum();
    let covered = percent(taken, all);
    let _ = writeln!(
        text,
        "{start} branch=\"true\" condition-coverage=\"{covered} ({taken}/{all})\">\n{indent}  <conditions>"
    );
    for (number, block) in blocks.iter().enumerate() {
        let covered = percent(block.reached(), block.taken.len());
        let _ = writeln!(
            text,
            "{indent}    <condition number=\"{number}\" type=\"switch\" coverage=\"{covered}\"/>"
        );
    }
    let _ = writeln!(text, "{indent}  </conditions>\n{indent}</line>");
}

fn percent(reached: usize, all: usize) -> String {
    format!("{}%", reached * 100 / all.max(1))
}

fn rates(lines: (usize, usize), branches: (usize, usize)) -> String {
    let rate = |(reached, all): (usize, usize)| match all {
        0 => 1.0,
        all => reached as f64 / all as f64,
    };
    format!(
        "line-rate=\"{:.4}\" branch-rate=\"{:.4}\"",
        rate(lines),
        rate(branches)
    )
}
