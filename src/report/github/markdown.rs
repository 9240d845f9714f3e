//! Markdown in which no value can be taken for markup.

use std::fmt::{self, Write as _};

use crate::world::{self, visible};

/// A document that grows.
#[derive(Debug, Default)]
pub struct Markdown(String);

impl Markdown {
    /// A heading of the given level.
    pub fn heading(&mut self, level: usize, heading: &str) {
        let _ = write!(self.0, "{} {}\n\n", "#".repeat(level), text(heading));
    }

    /// A paragraph of inline Markdown.
    pub fn paragraph(&mut self, inline: &str) {
        let _ = write!(self.0, "{inline}\n\n");
    }

    /// A table; its cells are inline Markdown.
    pub fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let mut row = |cells: &[String]| {
            let _ = writeln!(self.0, "| {} |", cells.join(" | "));
        };
        row(&head.map(str::to_owned));
        row(&[const { "---" }; N].map(str::to_owned));
        for cells in rows {
            row(cells);
        }
        self.0.push('\n');
    }

    /// Text to the letter, highlighted as `language`.
    pub fn block(&mut self, language: &str, block: &str) {
        let block = plain(block);
        let fence = "`".repeat(longest_run(&block).max(2) + 1);
        let end = if block.ends_with('\n') { "" } else { "\n" };
        let _ = write!(self.0, "{fence}{language}\n{block}{end}{fence}\n\n");
    }

    pub fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// What is shown only when the reader opens it.
    pub fn details(&mut self, summary: &str, body: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<details><summary>{summary}</summary>\n\n");
        body(self);
        self.0.push_str("</details>\n\n");
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any text as inline Markdown, in a table as well.
pub fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '\n' => escaped.push_str("<br>"),
            // Markup of HTML and of GitHub's Markdown, mentions, issues and formulas.
            '&' | '<' | '>' | '"' | '\'' | '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$'
            | '#' | '@' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Any text as inline code. Backquotes would need other rules inside of a table.
pub fn code(code: &str) -> String {
    format!("<code>{}</code>", text(code))
}

pub fn link(label: &str, address: &str) -> String {
    format!("<a href=\"{}\">{}</a>", text(address), text(label))
}

/// Without styles, and with all else shown.
fn plain(text: &str) -> String {
    visible(&world::plain(text).replace("\r\n", "\n")).into_owned()
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`');
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_taken_for_markup() {
        assert_eq!(
            text("a|b `c` <img src=x>\n**d** [e](f) $.g #1 @h &amp; \x1b[1mi\u{7}\u{202e}"),
            "a&#124;b &#96;c&#96; &#60;img src=x&#62;<br>&#42;&#42;d&#42;&#42; &#91;e&#93;(f) \
             &#36;.g &#35;1 &#64;h &#38;amp; &#92;u{1b}&#91;1mi&#92;u{7}&#92;u{202e}"
        );
    }

    #[test]
    fn no_line_of_a_block_ends_it() {
        let mut markdown = Markdown::default();
        markdown.block("", "a\n````\n<b>\r\n");
        assert_eq!(markdown.to_string(), "`````\na\n````\n<b>\n`````\n\n");
    }

    #[test]
    fn a_table_has_a_head_and_rows() {
        let mut markdown = Markdown::default();
        markdown.table(["A", "B"], &[[text("x|y"), code("z")]]);
        assert_eq!(
            markdown.to_string(),
            "| A | B |\n| --- | --- |\n| x&#124;y | <code>z</code> |\n\n"
        );
    }
}
