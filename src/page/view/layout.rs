//! What is around each page.

use maud::{DOCTYPE, Markup, html};

use super::problem::{Problem, problem};
use crate::page::Url;
use crate::page::assets::FOLDER;

/// What the pages are about, in the order of the navigation. Each has a path of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Executions,
    Workflow,
    Tests,
    Services,
}

impl Section {
    const ALL: &[Self] = &[
        Self::Executions,
        Self::Workflow,
        Self::Tests,
        Self::Services,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Executions => "Executions",
            Self::Workflow => "Workflow",
            Self::Tests => "Tests",
            Self::Services => "Local services",
        }
    }

    /// The part of the path behind the stage.
    pub fn path(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Workflow => "workflow",
            Self::Tests => "tests",
            Self::Services => "services",
        }
    }

    /// Whether only the embedded AWS has it.
    fn is_local(self) -> bool {
        match self {
            Self::Executions | Self::Workflow | Self::Tests => false,
            Self::Services => true,
        }
    }
}

/// Which stack the pages are about, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub stack: String,
    pub stage: String,
    /// The stages that can be looked at.
    pub stages: Vec<String>,
    /// Such as `local AWS`, or an account and a region.
    pub account: String,
    pub is_local: bool,
}

/// What is around one page.
pub struct Frame<'a> {
    /// Unknown if deploy.toml cannot be read.
    pub place: Option<&'a Place>,
    pub section: Option<Section>,
    /// Of the server.
    pub root: &'a Url,
    /// What is to be known whatever the page shows.
    pub notices: Vec<&'a Problem>,
    pub title: &'a str,
    /// Where the page hears that something has changed: then it is read again.
    pub live: Option<Url>,
    /// Whether it only says what went wrong, and is loaded again until that is over.
    pub again: bool,
}

impl Frame<'_> {
    pub fn around(&self, content: &Markup) -> Markup {
        let asset = |name| self.root.clone().at(FOLDER).at(name);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · txflow" }
                    link rel="icon" type="image/svg+xml" href=(asset("icon.svg"));
                    link rel="stylesheet" href=(asset("page.css"));
                    link rel="stylesheet" href=(asset("graph.css"));
                    script src=(asset("page.js")) defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.header())
                    // What the script says if the page may be out of date.
                    p #lost .lost hidden {}
                    main #main tabindex="-1" data-live=[self.live.as_ref()] data-again[self.again] {
                        @for notice in &self.notices { (problem(notice)) }
                        (content)
                    }
                    // What the script tells those who do not see the page.
                    div #announcer .unseen role="status" aria-live="polite" {}
                }
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header.top {
                a.brand href=(self.root) { "txflow" }
                @if let Some(place) = self.place {
                    span.stack { (place.stack) }
                    (self.stages(place))
                    nav aria-label="Sections" {
                        ul {
                            @for section in Section::ALL {
                                @if place.is_local || !section.is_local() {
                                    li {
                                        a href=(self.url(&place.stage, *section))
                                          aria-current=[(self.section == Some(*section)).then_some("page")] {
                                            (section.name())
                                        }
                                    }
                                }
                            }
                        }
                    }
                    span.where { (place.account) }
                }
                span.live #live hidden { "live" }
            }
        }
    }

    /// The stages as links, since each has pages of its own.
    fn stages(&self, place: &Place) -> Markup {
        let section = self.section.unwrap_or(Section::Executions);
        html! {
            @if place.stages.len() > 1 {
                nav.stages aria-label="Stages" {
                    ul {
                        @for stage in &place.stages {
                            li {
                                a href=(self.url(stage, section)) aria-current=[(*stage == place.stage).then_some("true")] { (stage) }
                            }
                        }
                    }
                }
            } @else {
                span.stage { (place.stage) }
            }
        }
    }

    fn url(&self, stage: &str, section: Section) -> Url {
        self.root.clone().at(stage).at(section.path())
    }
}
