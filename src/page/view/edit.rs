//! A form with a document to edit.

use maud::{Markup, html};

use super::parts::{area, form_token, with_code};
use super::problem::{Problem, problem};
use crate::page::Url;

pub struct Edit<'a> {
    pub heading: &'a str,
    pub about: &'a str,
    /// What the choices are.
    pub choosing: &'a str,
    /// What the document can begin with.
    pub choices: Vec<Choice>,
    pub input: &'a str,
    /// The state that it is the recorded input of, if it cannot be edited.
    pub recorded: Option<&'a str>,
    /// What is worth knowing before.
    pub notes: &'a [String],
    pub problem: Option<Problem>,
    pub hidden: Vec<(&'a str, &'a str)>,
    pub action: Url,
    pub button: &'a str,
    pub back: (&'a str, Url),
    /// What has to be confirmed.
    pub confirm: Option<String>,
    pub form: &'a str,
}

pub struct Choice {
    pub text: String,
    pub url: Url,
    pub is_chosen: bool,
}

/// What is chosen, and the form for its document.
pub fn edit(view: &Edit<'_>) -> Markup {
    html! {
        (choose(view))
        (form(view))
    }
}

/// The choices alone, if one has to be made first.
pub fn choose(view: &Edit<'_>) -> Markup {
    let (back, back_url) = &view.back;
    html! {
        p.crumbs { a href=(back_url) { (back) } }
        h1 { (view.heading) }
        p { (view.about) }
        @if let Some(found) = &view.problem { (problem(found)) }
        @if view.choices.len() > 1 || view.choices.iter().any(|choice| !choice.is_chosen) {
            nav aria-label=(view.choosing) {
                p.faint { (view.choosing) ":" }
                ul.counts {
                    @for choice in &view.choices {
                        li { a href=(choice.url) aria-current=[choice.is_chosen.then_some("true")] { (choice.text) } }
                    }
                }
            }
        }
        @for note in view.notes { p.note.text { (with_code(note)) } }
    }
}

fn form(view: &Edit<'_>) -> Markup {
    let input = area(view.input);
    html! {
        form method="post" action=(view.action) {
            (form_token(view.form))
            @for (name, value) in &view.hidden { input type="hidden" name=(name) value=(value); }
            label for="input" {
                @match view.recorded {
                    None => "Input (JSON)",
                    Some(state) => { "Recorded input of " code { (state) } ", which is used as it is" },
                }
            }
            textarea #input name="input" spellcheck="false" autocomplete="off" required readonly[view.recorded.is_some()] { (input) }
            @if let (None, true) = (view.recorded, view.input.contains("***")) {
                p.faint { "Secrets are shown as " code { "***" } ". An input that you do not edit is sent with its secrets, and one that you edit as it stands here." }
            }
            @if let Some(what) = &view.confirm {
                label.confirm { input type="checkbox" name="confirm" value="yes" required; span { (what) } }
            }
            p { button.main { (view.button) } }
        }
    }
}
