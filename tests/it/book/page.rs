//! A page of Markdown: its code blocks, its links and the anchors that others can link to.

use std::fs;
use std::ops::Range;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::support::project::repository;

/// Pages outside of the book.
const OUTSIDE: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

/// The folder of the book's pages.
pub const BOOK: &str = "docs/src";

pub struct Page {
    /// Its path in the repository.
    pub name: String,
    pub text: String,
}

/// A block of code.
pub struct Block {
    /// What stands behind its fence.
    pub info: String,
    pub text: String,
    /// Where the text is in the page.
    pub range: Range<usize>,
    /// The comment right above it, without its marks.
    pub comment: Option<String>,
}

impl Block {
    /// Its language.
    pub fn kind(&self) -> &str {
        let end = self.info.find([',', ' ']);
        &self.info[..end.unwrap_or(self.info.len())]
    }
}

/// All pages that people read.
pub fn pages() -> Vec<Page> {
    let outside = OUTSIDE.map(Page::read);
    outside.into_iter().chain(book()).collect()
}

/// The pages of the book.
pub fn book() -> Vec<Page> {
    let mut names = Vec::new();
    collect(&repository().join(BOOK), &mut names);
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

fn collect(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the book") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(repository()).expect("a path in it");
        let name = name.to_str().expect("text").to_owned();
        if path.is_dir() {
            collect(&path, names);
        } else if name.ends_with(".md") {
            names.push(name);
        }
    }
}

impl Page {
    pub fn read(name: &str) -> Self {
        let text = fs::read_to_string(repository().join(name));
        Self {
            text: text.unwrap_or_else(|error| panic!("{name}: {error}")),
            name: name.to_owned(),
        }
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut is_in_block = false;
        let mut comment = None;
        for (event, range) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    is_in_block = true;
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    let fence = self.text[range.clone()].find('\n').unwrap_or_default();
                    let begin = range.start + fence + 1;
                    blocks.push(Block {
                        info,
                        text: String::new(),
                        range: begin..begin,
                        comment: comment.take(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => is_in_block = false,
                Event::Text(text) if is_in_block => {
                    let block = blocks.last_mut().expect("a block has begun");
                    block.text.push_str(&text);
                    block.range.end = range.end;
                }
                Event::Html(html) => {
                    let text = html.trim().strip_prefix("<!--");
                    let text = text.and_then(|text| text.strip_suffix("-->"));
                    comment = text.map(|text| text.trim().to_owned());
                }
                Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
                _ => comment = None,
            }
        }
        blocks
    }

    /// What the page says of itself in a comment, such as `<!-- project: none -->`.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let begin = format!("<!-- {key}: ");
        let (_, rest) = self.text.split_once(&begin)?;
        Some(rest.split_once(" -->").expect("the comment ends").0)
    }

    /// Where its links and images lead.
    pub fn links(&self) -> Vec<String> {
        let destination = |(event, _)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        };
        self.events().filter_map(destination).collect()
    }

    /// The anchors of its headings, as GitHub and mdBook make them.
    pub fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        let mut heading: Option<String> = None;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let again = anchors.iter().filter(|other| **other == anchor).count();
                    anchors.push(match again {
                        0 => anchor,
                        again => format!("{anchor}-{again}"),
                    });
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        anchors
    }
}

/// The anchor of a heading.
pub fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    };
    heading.to_lowercase().chars().filter_map(kept).collect()
}

#[test]
fn blocks_links_and_anchors_are_found() {
    let text = "# The `one` page\n\n<!-- project: none -->\n\nA [link](a.md#b) and ![image](i.svg).\n\n\
        <!-- in deploy.toml -->\n```toml\na = 1\nb = 2\n```\n\n| a |\n|---|\n| [b](c.md) |\n\n```console\n$ ls\n```\n\n# The one page\n";
    let page = Page {
        name: String::new(),
        text: text.to_owned(),
    };
    assert_eq!(page.links(), ["a.md#b", "i.svg", "c.md"]);
    assert_eq!(page.anchors(), ["the-one-page", "the-one-page-1"]);
    assert_eq!(page.setting("project"), Some("none"));
    let blocks = page.blocks();
    let kinds: Vec<&str> = blocks.iter().map(Block::kind).collect();
    assert_eq!(kinds, ["toml", "console"]);
    assert_eq!(blocks[0].comment.as_deref(), Some("in deploy.toml"));
    assert_eq!(blocks[1].comment, None);
    assert_eq!(&text[blocks[0].range.clone()], "a = 1\nb = 2\n");
}
