//! What went wrong.

use maud::{Markup, html};

use super::parts::with_code;

/// An error in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub causes: Vec<String>,
    pub hint: Option<String>,
}

/// For the place of what could not be shown or done.
pub fn problem(problem: &Problem) -> Markup {
    html! {
        section.problem role="alert" {
            p { strong { "Error: " } span.text { (with_code(&problem.message)) } }
            @for cause in &problem.causes {
                p { "Caused by: " span.text { (with_code(cause)) } }
            }
            @if let Some(hint) = &problem.hint {
                p { strong { "Hint: " } span.text { (with_code(hint)) } }
            }
        }
    }
}
