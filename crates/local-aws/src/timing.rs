//! How executions wait.

/// How executions wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// A Wait of 30 s takes 30 s.
    #[default]
    Real,
    /// An execution that only waits skips to the end of the wait; its timestamps include the skipped time. Functions,
    /// and tasks that wait for a token, run in real time.
    Virtual,
}
