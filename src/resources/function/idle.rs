//! Functions that nobody has invoked for weeks.

use super::FunctionVersion;

impl FunctionVersion {
    /// What is said of a version that is not ready to run; `None` if it is. Only an invocation would wake it, and what the
    /// handler does with that is not known.
    pub fn idle(&self, function: &str) -> Option<String> {
        self.inactive.then(|| {
            format!(
                "function `{function}` version {} is Inactive: nobody has invoked it for weeks, and Lambda has reclaimed what \
                 it runs on. The next invocation fails and wakes it, which takes up to some minutes",
                self.version
            )
        })
    }
}
