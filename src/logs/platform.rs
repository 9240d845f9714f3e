//! The lines that Lambda itself writes around an invocation.

/// What Lambda says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Platform<'a> {
    /// A process begins.
    Init,
    Start {
        request_id: &'a str,
        version: &'a str,
    },
    End {
        request_id: &'a str,
    },
    Report {
        request_id: &'a str,
    },
}

impl<'a> Platform<'a> {
    /// `None` for a line of the function's own.
    pub fn parse(message: &'a str) -> Option<Self> {
        if message.starts_with("INIT_START ") {
            return Some(Self::Init);
        }
        let (word, rest) = message.split_once(" RequestId: ")?;
        let mut words = rest.split_whitespace();
        let request_id = words.next()?;
        Some(match word {
            "START" => Self::Start {
                request_id,
                version: words.nth(1).unwrap_or_default(),
            },
            "END" => Self::End { request_id },
            "REPORT" => Self::Report { request_id },
            _ => return None,
        })
    }
}
