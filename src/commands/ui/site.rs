//! Answers requests: finds the stage and the page that are meant, and shows what goes wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::SystemTime;

use anyhow::{Result, anyhow};
use futures_util::future::LocalBoxFuture;
use hyper::StatusCode;
use jiff::Timestamp;
use maud::Markup;
use txflow_local_aws::{DEFAULT_ACCOUNT, Direct, LocalAws, Random};

use super::lists::Lists;
use super::problem::{Missing, NotHere, problem_of};
use super::runs::Runs;
use super::stage::Stage;
use crate::commands::context::Context;
use crate::commands::embedded::{Embedded, LOCAL_REGION};
use crate::commands::global::Global;
use crate::page::assets::{FOLDER, asset};
use crate::page::view::problem::problem;
use crate::page::view::{Frame, Place, Section};
use crate::page::{Access, Current, Reply, Request, Shared, Site, Url};
use crate::world::{Stream, World, visible_in_page};

/// The way to an embedded AWS that the page uses.
pub(in crate::commands) struct Direction {
    url: String,
    direct: Direct,
}

impl Direction {
    /// To that of the command.
    pub fn of_embedded(embedded: &Embedded) -> Self {
        Self {
            url: embedded.endpoint_url(),
            direct: embedded.direct(DEFAULT_ACCOUNT, LOCAL_REGION),
        }
    }

    pub fn of_local(aws: &LocalAws) -> Self {
        Self {
            url: aws.endpoint_url(),
            direct: aws.direct(DEFAULT_ACCOUNT, LOCAL_REGION),
        }
    }
}

/// What all pages share.
pub(super) struct Ui {
    global: Global,
    /// Its streams show nothing: what is worth saying is said on a page.
    world: World,
    access: Rc<Access>,
    direction: Option<Direction>,
    stages: RefCell<BTreeMap<String, Rc<Stage>>>,
    /// Which page answers which request.
    find: Find,
    pub(super) lists: Lists,
    pub(super) runs: Runs,
    /// When the results of tests were written last.
    pub(super) tests: Rc<Shared<Option<SystemTime>>>,
}

/// A page, or an action of one.
pub(super) type Answer = for<'a> fn(&'a Ui, &'a Call<'a>) -> LocalBoxFuture<'a, Result<Reply>>;

/// Finds what answers a request, with what stands for the `{}` of its pattern.
pub(super) type Find = for<'a> fn(&'a Request) -> Option<(Answer, Vec<&'a str>)>;

/// How a page stays up to date.
pub(super) struct Live {
    /// Where its changes are told.
    pub url: Url,
    /// Whether it is still what would be shown, so that all who read it again at once are given the same.
    pub current: Option<Current>,
}

/// A request for a page of a stage.
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub stage: Rc<Stage>,
    captured: Vec<&'a str>,
}

impl Call<'_> {
    /// What stands for the `{}` of this number in the pattern of the route.
    pub fn part(&self, number: usize) -> &str {
        self.captured.get(number).copied().unwrap_or_default()
    }

    /// A page of the stage.
    pub fn url<'a>(&'a self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        self.stage.url(parts)
    }
}

impl Ui {
    pub fn new(
        context: &Context,
        access: Rc<Access>,
        direction: Option<Direction>,
        find: Find,
    ) -> Self {
        let is_local = direction.is_some();
        let silent = || Stream::new(std::io::sink(), false);
        Self {
            global: Global {
                local: is_local,
                ..context.global.clone()
            },
            world: World {
                stdout: silent(),
                stderr: silent(),
                interactive: false,
                ..context.world.clone()
            },
            access,
            direction,
            stages: RefCell::default(),
            find,
            lists: Lists::new(is_local),
            runs: Runs::default(),
            tests: Rc::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        (self.world.now)()
    }

    /// What each form holds.
    pub fn form(&self) -> &str {
        self.access.form()
    }

    pub fn is_local(&self) -> bool {
        self.direction.is_some()
    }

    /// Makes the names of executions.
    pub fn random(&self) -> &Random {
        &self.world.random
    }

    /// What somebody has to confirm before an action on AWS.
    pub fn confirmation(&self, call: &Call<'_>) -> Option<String> {
        let stack = &call.stage.session.stack;
        let account = &stack.account;
        (!self.is_local()).then(|| {
            format!(
                "Yes, in account {}, {}, stage {}",
                account.id, account.region, stack.stage
            )
        })
    }

    /// Whether that was done, if it has to be.
    pub fn check_confirmed(&self, call: &Call<'_>) -> Result<()> {
        match self.is_local() || call.request.form.get("confirm") == Some("yes") {
            true => Ok(()),
            false => Err(anyhow!("on AWS, this has to be confirmed")),
        }
    }

    /// Calls the services of the embedded AWS, if it is one.
    pub fn direct(&self, stage: &Stage) -> Option<Direct> {
        let account = &stage.session.stack.account;
        let direction = self.direction.as_ref()?;
        Some(direction.direct.within(&account.id, &account.region))
    }

    /// A page with what is around it.
    pub fn page(&self, call: &Call<'_>, section: Section, title: &str, content: &Markup) -> Reply {
        self.live_page(call, section, title, None, content)
    }

    /// The same of one that is read again at each event of an address.
    pub fn live_page(
        &self,
        call: &Call<'_>,
        section: Section,
        title: &str,
        live: Option<Live>,
        content: &Markup,
    ) -> Reply {
        let (live, current) = match live {
            Some(live) => (Some(live.url), live.current),
            None => (None, None),
        };
        let frame = Frame {
            place: Some(&self.place(&call.stage)),
            section: Some(section),
            root: &self.access.root(),
            title,
            live,
        };
        let reply = Reply::page(frame.around(content));
        match current {
            Some(current) => reply.while_current(current),
            None => reply,
        }
    }

    fn place(&self, stage: &Stage) -> Place {
        let account = &stage.session.stack.account;
        Place {
            stack: stage.session.stack.name.clone(),
            stage: stage.session.stack.stage.clone(),
            // On AWS only the one that is named.
            stages: match self.is_local() {
                true => stage.stages(&self.global.stage),
                false => Vec::new(),
            },
            account: match self.is_local() {
                true => format!("local AWS, {}", account.region),
                false => format!("account {}, {}", account.id, account.region),
            },
            is_local: self.is_local(),
        }
    }

    /// The stage, as deploy.toml has it now.
    async fn stage(&self, name: &str) -> Result<Rc<Stage>> {
        if !self.is_local() && name != self.global.stage {
            let what = format!("This page shows the stage `{}` only.", self.global.stage);
            return Err(Missing(what).into());
        }
        let known = self.stages.borrow().get(name).cloned();
        let url = self.direction.as_ref().map(|direction| &*direction.url);
        let root = self.access.root();
        let stage = Stage::read(&self.global, &self.world, name, url, root, known).await?;
        let mut stages = self.stages.borrow_mut();
        stages.insert(name.to_owned(), Rc::clone(&stage));
        Ok(stage)
    }

    async fn answered(&self, request: &Request) -> Reply {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let stage = match path.as_slice() {
            [] => {
                return Reply::see_other(&self.home(&self.global.stage));
            }
            [FOLDER, name] => return asset(name).unwrap_or_else(|| self.missing(None)),
            [stage] => return Reply::see_other(&self.home(stage)),
            [stage, ..] => *stage,
        };
        let stage = match self.stage(stage).await {
            Ok(stage) => stage,
            Err(error) => return self.failed(None, &error),
        };
        let Some((answer, captured)) = (self.find)(request) else {
            return self.missing(Some(&stage));
        };
        let call = Call {
            request,
            stage,
            captured,
        };
        match answer(self, &call).await {
            Ok(reply) => reply,
            Err(error) => self.failed(Some(&call.stage), &error),
        }
    }

    /// The first page of a stage.
    fn home(&self, stage: &str) -> Url {
        self.access.root().at(stage).at(Section::Executions.path())
    }

    fn missing(&self, stage: Option<&Stage>) -> Reply {
        let error = Missing("There is no such page.".to_owned()).into();
        self.failed(stage, &error)
    }

    /// A page that says what went wrong.
    fn failed(&self, stage: Option<&Stage>, error: &anyhow::Error) -> Reply {
        let status = if error.is::<Missing>() {
            StatusCode::NOT_FOUND
        } else if error.is::<NotHere>() {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        let place = stage.map(|stage| self.place(stage));
        let frame = Frame {
            place: place.as_ref(),
            section: None,
            root: &self.access.root(),
            title: "Error",
            live: None,
        };
        Reply::problem(status, frame.around(&problem(&problem_of(error))))
    }
}

impl Site for Ui {
    fn answer<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Reply> {
        Box::pin(async move {
            let reply = self.answered(request).await;
            // What is shown is masked before; here nothing is left that anybody forgot, and nothing that turns text around.
            reply.mapped(|text| {
                let masked = self.world.secrets.mask(text);
                let shown = visible_in_page(&masked);
                (*shown != *text).then(|| shown.into_owned())
            })
        })
    }
}
