//! The tasks of an execution that wait until somebody answers them.

use maud::{Markup, html};

use super::parts::{area, form_token};
use crate::executions::WaitingTask;
use crate::page::{Fields, Url};

/// Forms for each; nothing if none waits. `form` is the token of forms, `typed` what was typed into one and is not sent yet.
pub fn waiting(tasks: &[WaitingTask], action: &Url, form: &str, typed: &Fields) -> Markup {
    html! {
        @if !tasks.is_empty() {
            section aria-labelledby="waiting" {
                h2 #waiting { "Waiting for an answer" }
                @for task in tasks { (waiting_task(task, action, form, typed)) }
            }
        }
    }
}

fn waiting_task(task: &WaitingTask, action: &Url, form: &str, typed: &Fields) -> Markup {
    let id = |field: &str| format!("{field}-{}", task.state);
    let is_typed = typed.number("state") == Some(task.state);
    let value = |field: &str| typed.get(field).filter(|_| is_typed);
    html! {
        details.answer data-key={ "answer-" (task.state) } open[is_typed] {
            summary { "State " strong { (task.name) } }
            @match task.token {
                None => {
                    p.note {
                        "Its definition does not say where its parameters hold the token, so only whoever got that can answer."
                    }
                },
                Some(_) => div.columns {
                    form method="post" action=(action) {
                        (form_token(form))
                        input type="hidden" name="state" value=(task.state);
                        label for=(id("output")) { "Output, a JSON document" }
                        textarea.short id=(id("output")) name="output" required spellcheck="false" { (area(value("output").unwrap_or("{}"))) }
                        p.actions { button.main { "Let the task succeed" } }
                    }
                    form method="post" action=(action) {
                        (form_token(form))
                        input type="hidden" name="state" value=(task.state);
                        label { "Error" input name="error" required placeholder="Declined" value=[value("error")]; }
                        label { "Cause" input name="cause" value=[value("cause")]; }
                        p.actions { button { "Let the task fail" } }
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(token: Option<&str>) -> WaitingTask {
        WaitingTask {
            state: 3,
            name: "<b>Ask</b>".to_owned(),
            token: token.map(str::to_owned),
        }
    }

    #[test]
    fn a_task_is_answered_by_its_state_and_the_page_does_not_show_its_token() {
        let (url, none) = (Url::of(["dev"]), Fields::default());
        assert_eq!(waiting(&[], &url, "form", &none).into_string(), "");
        let page = waiting(&[task(Some("AQCEAAAA"))], &url, "form", &none).into_string();
        assert!(page.contains("&lt;b&gt;Ask"), "{page}");
        assert!(page.contains("name=\"state\" value=\"3\""), "{page}");
        assert!(!page.contains("AQCEAAAA"), "{page}");
        let page = waiting(&[task(None)], &url, "form", &none).into_string();
        assert!(
            page.contains("only whoever got that") && !page.contains("<form"),
            "{page}"
        );
    }
}
