//! The XML of the query protocol's answers.

use std::fmt::Write;

/// Builds a text of elements.
#[derive(Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn text(&mut self, name: &str, text: impl AsRef<str>) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        escape(text.as_ref(), &mut self.0);
        let _ = write!(self.0, "</{name}>");
        self
    }

    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    pub(crate) fn element(&mut self, name: &str, fill: impl FnOnce(&mut Xml)) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        fill(self);
        let _ = write!(self.0, "</{name}>");
        self
    }

    /// A list: each item inside `<member>`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Xml, T),
    ) -> &mut Self {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| fill(xml, item));
            }
        })
    }

    /// Text without an element, inside the open element.
    pub(crate) fn raw_text(&mut self, text: &str) -> &mut Self {
        escape(text, &mut self.0);
        self
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            // XML 1.0 cannot express the other control characters.
            control if control < ' ' && control != '\n' && control != '\t' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
}
