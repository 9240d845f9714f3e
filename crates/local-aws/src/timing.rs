//! How executions wait.

use hyper::header::HeaderValue;

/// How an execution waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// A Wait of 30 s takes 30 s.
    #[default]
    Real,
    /// An execution that only waits skips to the end of the wait; its timestamps include the skipped time. Functions,
    /// and tasks that wait for a token, run in real time.
    Virtual,
}

impl Time {
    /// The header of a call that says how the executions wait that it starts, and those that they start. Without it they
    /// wait as the server does.
    pub const HEADER: &str = "x-txflow-time";

    /// The value of the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Time::Real => "real",
            Time::Virtual => "virtual",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Time> {
        let times = [Time::Real, Time::Virtual];
        times.into_iter().find(|time| time.as_str() == text)
    }

    pub(crate) fn header_value(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }
}
