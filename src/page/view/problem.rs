//! What went wrong.

use maud::{Markup, html};

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
            p { strong { "Error: " } span.text { (problem.message) } }
            @for cause in &problem.causes {
                p { "Caused by: " span.text { (cause) } }
            }
            @if let Some(hint) = &problem.hint {
                p { strong { "Hint: " } span.text { (hint) } }
            }
        }
    }
}
