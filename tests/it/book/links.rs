//! Links of pages: each leads to a file that exists, and to a heading that it has.

use super::page::{BOOK, Page, book, pages};
use crate::support::project::repository;

/// Where GitHub shows a file of the repository.
const ON_GITHUB: &str = "https://github.com/txflow/txflow/blob/main/";

#[test]
fn each_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        for link in page.links() {
            count += 1;
            if let Err(what) = check(&page, &link) {
                broken.push(format!("{}: `{link}` {what}", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        count > 50,
        "the links are not where they should be: {count}"
    );
}

fn check(page: &Page, link: &str) -> Result<(), String> {
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    let is_book = page.name.starts_with(BOOK);
    let target = if path.is_empty() {
        page.name.clone()
    } else if let Some(path) = path.strip_prefix(ON_GITHUB) {
        path.to_owned()
    } else if path.contains("://") {
        return Ok(());
    } else {
        let target = joined(&page.name, path);
        // A site has the pages of the book alone.
        if is_book && !target.starts_with(BOOK) {
            return Err("leads out of the book: name it as GitHub does".to_owned());
        }
        target
    };
    if !repository().join(&target).exists() {
        return Err("does not exist".to_owned());
    }
    match anchor {
        Some(anchor) if !Page::read(&target).anchors().iter().any(|a| a == anchor) => {
            Err("has no such heading".to_owned())
        }
        _ => Ok(()),
    }
}

/// A path that is relative to a page, in the repository.
fn joined(page: &str, path: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A page that the summary does not list is not in the site, and one that does not exist breaks it.
#[test]
fn the_summary_lists_each_page_once() {
    let summary = Page::read("docs/src/SUMMARY.md");
    let mut listed = summary.links();
    listed.sort();
    let pages = book().into_iter().map(|page| page.name);
    let pages = pages.filter_map(|name| Some(name.strip_prefix(BOOK)?[1..].to_owned()));
    let mut pages: Vec<String> = pages.filter(|name| name != "SUMMARY.md").collect();
    pages.sort();
    assert_eq!(listed, pages);
}

/// So that a reader of the site and of the README finds the same words.
#[test]
fn the_summary_names_each_page_by_its_title() {
    for (title, link) in titles(&Page::read("docs/src/SUMMARY.md")) {
        let page = Page::read(&format!("{BOOK}/{link}"));
        let own = page.text.lines().next().unwrap_or_default();
        assert_eq!(own, format!("# {title}"), "{link}");
    }
}

/// The texts and targets of a list of links.
fn titles(summary: &Page) -> Vec<(&str, &str)> {
    let lines = summary.text.lines();
    let links = lines.filter_map(|line| {
        let (title, rest) = line
            .trim_start_matches("- ")
            .strip_prefix('[')?
            .split_once("](")?;
        Some((title, rest.strip_suffix(')')?))
    });
    links.collect()
}

#[test]
fn a_broken_link_is_told() {
    let page = |name: &str| Page {
        name: name.to_owned(),
        text: "# Here\n".to_owned(),
    };
    let (inside, outside) = (page("docs/src/x.md"), page("x.md"));
    for (page, link) in [
        (&inside, "nowhere.md"),
        (&inside, "test.md#nowhere"),
        (&inside, "../../README.md"),
        (&outside, "docs/src/nowhere.md"),
        (
            &outside,
            "https://github.com/txflow/txflow/blob/main/nowhere",
        ),
    ] {
        assert!(check(page, link).is_err(), "{} {link}", page.name);
    }
    for (page, link) in [
        (&inside, "test.md#while-you-edit"),
        (&outside, "docs/src/test.md"),
        (&outside, "https://www.rust-lang.org"),
    ] {
        assert_eq!(check(page, link), Ok(()), "{} {link}", page.name);
    }
}
