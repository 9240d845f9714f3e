//! Regular expressions of JavaScript: with groups, back references and assertions, on UTF-16 units. Each step counts in
//! the budget, since a small pattern can take time without end.

mod case;
mod compile;
mod parse;
mod pattern;
mod run;

use std::fmt;

pub(super) use run::Match;

use crate::budget::{Budget, Exhausted};
use compile::Program;

#[derive(Debug)]
pub(super) struct Regex {
    pattern: String,
    flags: String,
    program: Program,
}

impl Regex {
    pub(super) fn new(pattern: &str, flags: &str) -> Result<Self, String> {
        let ignore_case = flags.contains('i');
        let multiline = flags.contains('m');
        let repeated = |flag| flags.matches(flag).count() > 1;
        if repeated('i') || repeated('m') {
            return Err(format!(
                "Invalid flags supplied to RegExp constructor '{flags}g'"
            ));
        }
        let parsed = parse::parse(pattern);
        let program = parsed.and_then(|parsed| compile::compile(&parsed, ignore_case, multiline));
        let program = program.map_err(|reason| {
            format!("Invalid regular expression: /{pattern}/{flags}g: {reason}")
        })?;
        Ok(Self {
            pattern: pattern.to_owned(),
            flags: flags.to_owned(),
            program,
        })
    }

    /// The first match at or behind a position.
    pub(super) fn find(
        &self,
        text: &[u16],
        from: usize,
        budget: &Budget,
    ) -> Result<Option<Match>, Exhausted> {
        run::find(&self.program, text, from, budget)
    }

    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}g", self.pattern, self.flags)
    }
}
