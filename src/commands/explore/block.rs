//! A finding as a test for `deploy.toml`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use txflow_asl::explore::{Case, Finding, Mock};

use crate::commands::new_test::new_test_name;
use crate::commands::toml_text::{inline, key, text};
use crate::config::{MockAnswer, TaskAnswer, TestConfig};

/// Writes tests, each under a name of its own.
pub(super) struct Blocks<'a> {
    tests: &'a [TestConfig],
    cases: &'a [Case],
    names: BTreeSet<String>,
}

impl<'a> Blocks<'a> {
    pub fn new(tests: &'a [TestConfig], cases: &'a [Case], taken: BTreeSet<String>) -> Self {
        Self {
            tests,
            cases,
            names: taken,
        }
    }

    /// The test that shows a finding: it passes as long as the workflow does the same. `None` if no execution shows it, if no
    /// mock can make it happen, or if TOML cannot say it, since it has no `null`.
    pub fn of(&mut self, finding: &Finding) -> Option<String> {
        let shown = finding.case.as_ref()?;
        let error = finding.errors.first()?;
        let test = self.tests.iter().find(|test| test.name == *shown)?;
        let case = self.cases.iter().find(|case| case.name == *shown)?;
        let mut block = String::new();
        if let Some(machine) = test.state_machine.given() {
            let _ = writeln!(block, "state-machine = {}", text(machine));
        }
        let _ = writeln!(block, "input = {}", inline(&case.input)?);
        for (state, answers) in &finding.mocks {
            if answers.is_empty() {
                return None;
            }
            let answers = answers.iter().map(|answer| match answer {
                Mock::Result(result) => Some(format!("{{ result = {} }}", inline(result)?)),
                Mock::Error(error) => Some(format!("{{ error = {} }}", text(error))),
            });
            line(
                &mut block,
                "mock",
                state,
                &answers.collect::<Option<Vec<_>>>()?,
            );
        }
        let is_shown = |state: &String| finding.mocks.iter().any(|(mocked, _)| mocked == state);
        for (state, answers) in test.mocks.iter().filter(|(state, _)| !is_shown(state)) {
            let answers = answers.iter().map(mock).collect::<Option<Vec<_>>>()?;
            line(&mut block, "mock", state, &answers);
        }
        for (state, answers) in test.answers.iter().filter(|(state, _)| !is_shown(state)) {
            let answers = answers
                .value
                .iter()
                .map(answer)
                .collect::<Option<Vec<_>>>()?;
            line(&mut block, "answer", state, &answers);
        }
        let _ = write!(
            block,
            "expect = {{ status = \"FAILED\", error = {} }}",
            text(error)
        );
        let name = self.name(shown, finding);
        Some(format!("[tests.{name}]\n{block}"))
    }

    /// Such as `PURCHASE_NOT_RETRIED_CHARGE`.
    fn name(&mut self, test: &str, finding: &Finding) -> String {
        let parts = [test, finding.kind.name(), &finding.state];
        let name = new_test_name(parts, |name| self.names.contains(name));
        self.names.insert(name.clone());
        name
    }
}

fn line(block: &mut String, table: &str, state: &str, answers: &[String]) {
    let answers = match answers {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    let _ = writeln!(block, "{table}.{} = {answers}", key(state));
}

fn mock(answer: &MockAnswer) -> Option<String> {
    Some(match answer {
        MockAnswer::Result(result) => format!("{{ result = {} }}", inline(result)?),
        MockAnswer::Items(items) => format!("{{ items = {} }}", inline(items)?),
        MockAnswer::Error { error, cause } => failure(error, cause.as_deref()),
    })
}

fn answer(answer: &TaskAnswer) -> Option<String> {
    Some(match answer {
        TaskAnswer::Success(output) => format!("{{ output = {} }}", inline(output)?),
        TaskAnswer::Failure { error, cause } => failure(error, cause.as_deref()),
    })
}

fn failure(error: &str, cause: Option<&str>) -> String {
    let cause = cause.map(|cause| format!(", cause = {}", text(cause)));
    format!("{{ error = {}{} }}", text(error), cause.unwrap_or_default())
}
