//! The tests that `--type` names.

use txflow_asl::wildcards;

use super::error::CommandError;
use crate::config::TestConfig;

/// Those of these tests with one of the names or patterns; all if there are none.
///
/// # Errors
///
/// If a name or a pattern means no test.
pub(super) fn tests_asked_for(
    tests: Vec<TestConfig>,
    asked: &[String],
) -> Result<Vec<TestConfig>, CommandError> {
    if asked.is_empty() {
        return Ok(tests);
    }
    for asked in asked {
        if !tests.iter().any(|test| is_meant(asked, &test.name)) {
            return Err(CommandError::UnknownTest {
                name: asked.clone(),
                known: tests.into_iter().map(|test| test.name).collect(),
            });
        }
    }
    let is_asked = |test: &TestConfig| asked.iter().any(|asked| is_meant(asked, &test.name));
    Ok(tests.into_iter().filter(is_asked).collect())
}

/// A name that has an asterisk itself means its own test as well.
fn is_meant(asked: &str, name: &str) -> bool {
    asked == name || wildcards::matches(asked, name)
}
