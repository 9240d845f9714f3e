//! What went wrong.

use maud::{Markup, html};

use super::parts::with_code;

/// An error in its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    /// What is wrong in files, each with the line of the file and marks below that.
    pub findings: Option<String>,
    pub causes: Vec<String>,
    pub hint: Option<String>,
}

impl Problem {
    /// The whole of it in a sentence.
    pub fn line(&self) -> String {
        let mut line = self.message.clone();
        for cause in &self.causes {
            line.push_str(": ");
            line.push_str(cause);
        }
        if let Some(hint) = &self.hint {
            line.push_str("; ");
            line.push_str(hint);
        }
        line
    }
}

/// A page that says that nothing was done, and leads to the form again.
pub fn refused(why: &Problem, form: &str) -> Markup {
    html! {
        h1 { "This was not done" }
        (problem(why))
        p { a href=(form) { "Open the form again" } }
    }
}

/// For the place of what could not be shown or done.
pub fn problem(problem: &Problem) -> Markup {
    html! {
        section.problem role="alert" {
            p { strong { "Error: " } span.text { (with_code(&problem.message)) } }
            @if let Some(findings) = &problem.findings {
                pre.findings tabindex="0" role="region" aria-label="What is wrong in the files" { (findings) }
            }
            @for cause in &problem.causes {
                p { "Caused by: " span.text { (with_code(cause)) } }
            }
            @if let Some(hint) = &problem.hint {
                p { strong { "Hint: " } span.text { (with_code(hint)) } }
            }
        }
    }
}
