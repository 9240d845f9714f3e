//! A diagnostic as text, in the style of rustc.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Place, Severity};
use crate::world::{adopted, one_line, visible};

impl Diagnostic {
    /// The finding with its source line and the place underlined, without a newline at the end.
    /// Plain ASCII except for what the user wrote.
    pub fn render(&self) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        // The renderer adds its own codes between these texts, which must not contain any.
        let (message, hint) = (visible(&self.message), self.hint.as_deref().map(visible));
        let title = level.primary_title(message.as_ref()).id(&self.code);
        // A finding with no place still needs a group to hold its hint.
        let mut group = annotate_snippets::Group::with_title(title);
        if let Some(place) = &self.place {
            let path = one_line(&place.path.to_string_lossy()).into_owned();
            if place.cut > 0 {
                let origin = Origin::path(path);
                group = group.element(origin.line(place.line).char_column(place.column));
                group = group.element(snippet(place));
            } else {
                group = group.element(snippet(place).path(path));
            }
        }
        if let Some(hint) = &hint {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_ref()));
        }
        let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
        adopted(renderer.render(&[group]).trim_end())
    }
}

fn snippet(place: &Place) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(&place.excerpt)
        .line_start(place.line)
        .annotation(AnnotationKind::Primary.span(underlined(place)))
}

/// The bytes of the excerpt that the place's characters take. A place at the end of a line is
/// an empty range there, which is drawn as one mark.
fn underlined(place: &Place) -> Range<usize> {
    let byte = |characters: usize| {
        let mut starts = place.excerpt.char_indices().map(|(at, _)| at);
        starts.nth(characters).unwrap_or(place.excerpt.len())
    };
    let first = place.column.saturating_sub(1 + place.cut);
    byte(first)..byte(first.saturating_add(place.width.min(WIDEST)))
}

/// A longer mark tells no more, and would fill several lines of a terminal.
const WIDEST: usize = 60;
