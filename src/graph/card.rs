//! Lines of text of several styles, one below the other, made to fit.

use super::overlay::Caption;
use super::shape::Size;
use super::words::kind;
use super::{Vertex, label};

/// What stands in a box or at an edge.
pub(super) struct Card {
    pub lines: Vec<Line>,
    pub size: Size,
}

pub(super) struct Line {
    pub text: String,
    /// Its class in the style sheet.
    pub class: &'static str,
    pub font_size: f64,
    /// Of its baseline, below the upper border of the card.
    pub y: f64,
}

/// The widest that a text gets; longer ones are wrapped.
const WIDEST: f64 = 230.0;
const WIDEST_LABEL: f64 = 170.0;
const SIDE: f64 = 18.0;
const NARROWEST: f64 = 130.0;

/// The cards of the states, with what became of each.
pub(super) fn of_states(states: &[Vertex], became: impl Fn(usize) -> Vec<String>) -> Vec<Card> {
    let texts: Vec<&str> = states.iter().map(|state| state.name.as_str()).collect();
    let names = label::wrap_apart(&texts, &[64, 48, 32, 24, 12, 6], |name| {
        // A word is not broken if the box can be wide enough for it.
        let widest = label::widest_piece(name, 14.0).clamp(WIDEST, 2.0 * WIDEST);
        label::wrap(name, 14.0, widest, 3)
    });
    let cards = (0..).zip(states).zip(names);
    cards
        .map(|((index, state), name)| of_state(state, name, became(index)))
        .collect()
}

/// The card of a state: its name, what it is, and what became of it.
fn of_state(state: &Vertex, name: Vec<String>, became: Vec<String>) -> Card {
    let mut lines = Lines::default();
    for line in name {
        lines.add(line, "name", 14.0, 19.0);
    }
    lines.add(
        label::shorten(&kind(state), 11.0, WIDEST),
        "kind",
        11.0,
        16.0,
    );
    for line in became {
        lines.add(label::shorten(&line, 11.5, WIDEST), "became", 11.5, 16.0);
    }
    let mut card = lines.card(9.0);
    card.size.width = (card.size.width + 2.0 * SIDE).max(NARROWEST);
    card
}

/// The cards of the edges that leave one state, by their labels. An edge without any has none.
pub(super) fn of_edges(labels: &[&[String]]) -> Vec<Option<Card>> {
    let texts: Vec<&str> = { labels.iter() }
        .flat_map(|labels| labels[..shown(labels)].iter().map(String::as_str))
        .collect();
    let mut wrapped = label::wrap_apart(&texts, &[6], |text| {
        label::wrap(text, 11.0, WIDEST_LABEL, 3)
    })
    .into_iter();
    let cards = labels.iter().map(|labels| {
        let texts = wrapped.by_ref().take(shown(labels)).collect();
        (!labels.is_empty()).then(|| of_labels(texts, labels))
    });
    cards.collect()
}

/// How many labels of an edge stand beside it.
fn shown(labels: &[String]) -> usize {
    if labels.len() > 4 { 3 } else { labels.len() }
}

fn of_labels(texts: Vec<Vec<String>>, labels: &[String]) -> Card {
    let shown = texts.len();
    let mut lines = Lines::default();
    for line in texts.into_iter().flatten() {
        lines.add(line, "label", 11.0, 14.0);
    }
    if shown < labels.len() {
        lines.add(
            format!("and {} more", labels.len() - shown),
            "label",
            11.0,
            14.0,
        );
    }
    let mut card = lines.card(3.0);
    card.size.width += 10.0;
    card
}

/// What stands above a picture.
pub(super) fn of_caption(caption: &Caption, widest: f64) -> Card {
    let mut lines = Lines::default();
    lines.add(
        label::shorten(&caption.name, 14.0, widest),
        "name",
        14.0,
        20.0,
    );
    lines.add(caption.status.clone(), "status", 12.5, 18.0);
    if let Some(detail) = &caption.detail {
        for line in label::wrap(detail, 11.5, widest, 3) {
            lines.add(line, "became", 11.5, 16.0);
        }
    }
    lines.card(0.0)
}

#[derive(Default)]
struct Lines {
    lines: Vec<Line>,
    width: f64,
    height: f64,
}

impl Lines {
    fn add(&mut self, text: String, class: &'static str, font_size: f64, height: f64) {
        self.width = self.width.max(label::width(&text, font_size));
        self.height += height;
        let y = self.height - (height - font_size) / 2.0 - font_size * 0.14;
        self.lines.push(Line {
            text,
            class,
            font_size,
            y,
        });
    }

    /// With room above and below.
    fn card(mut self, room: f64) -> Card {
        for line in &mut self.lines {
            line.y += room;
        }
        Card {
            lines: self.lines,
            size: Size {
                width: self.width,
                height: self.height + 2.0 * room,
            },
        }
    }
}
