//! Answers requests: finds the stage and the page that are meant, and shows what goes wrong.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow};
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use maud::{Markup, html};
use txflow_local_aws::{DEFAULT_ACCOUNT, Direct, LocalAws, Random};

use super::lists::Lists;
use super::problem::{Missing, problem_of, status_of};
use super::recent::Recent;
use super::runs::Runs;
use super::stage::Stage;
use super::test_names::TestNames;
use crate::commands::context::Context;
use crate::commands::embedded::{Embedded, LOCAL_REGION};
use crate::commands::global::Global;
use crate::commands::release::Leads;
use crate::page::assets::{FOLDER, asset};
use crate::page::view::problem::{Problem, problem};
use crate::page::view::{Frame, Place, Section};
use crate::page::{
    Access, Current, Fields, Looks, Method, Reply, Request, Shared, Site, Url, changes,
};
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

/// Between two looks at the files of the project: longer than what was read of them counts.
const PROJECT_INTERVAL: Duration = Duration::from_millis(1100);

/// What all pages share.
pub(super) struct Ui {
    global: Global,
    /// Its streams show nothing: what is worth saying is said on a page.
    world: World,
    access: Rc<Access>,
    direction: Option<Direction>,
    /// Any name may be asked for.
    stages: RefCell<Recent<Rc<Stage>>>,
    /// Which page answers which request.
    find: Find,
    pub(super) lists: Lists,
    pub(super) runs: Runs,
    pub(super) test_names: TestNames,
    /// When the results of tests were written last.
    pub(super) tests: Rc<Shared<Option<SystemTime>>>,
    /// Where the alias leads.
    pub(super) releases: Rc<Shared<Leads>>,
    /// When the files of the project were written last.
    pub(super) projects: Rc<Shared<Vec<Option<SystemTime>>>>,
}

/// A page, or an action of one.
pub(super) type Answer = for<'a> fn(&'a Ui, &'a Call<'a>) -> LocalBoxFuture<'a, Result<Reply>>;

/// What answers a request.
#[derive(Clone, Copy)]
pub(super) struct Route {
    pub answer: Answer,
    /// The page with the form that an action is of: if it is refused, that is shown again.
    pub form: Option<Answer>,
}

/// Finds what answers a request, with what stands for the `{}` of its pattern.
pub(super) type Find = for<'a> fn(&'a Request) -> Option<(Route, Vec<&'a str>)>;

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
    /// Why what the form says was not done.
    refused: Option<Problem>,
}

impl Call<'_> {
    /// What stands for the `{}` of this number in the pattern of the route.
    pub fn part(&self, number: usize) -> &str {
        self.captured.get(number).copied().unwrap_or_default()
    }

    /// What was typed into a form of this page and was refused. What a browser has sent is given back to it as it was.
    pub fn typed(&self) -> Fields {
        match self.refused {
            Some(_) => self.request.form.clone(),
            None => Fields::default(),
        }
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
            test_names: TestNames::default(),
            tests: Rc::default(),
            releases: Rc::default(),
            projects: Rc::default(),
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

    /// What went wrong, for a page.
    pub fn problem(&self, error: &anyhow::Error) -> Problem {
        problem_of(error, &self.world.secrets)
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

    /// Tells each change of what a page shows, and of the project.
    pub fn changes<T: 'static>(&self, call: &Call<'_>, looks: Looks<T>) -> Reply {
        let stage = Rc::clone(&call.stage);
        let name = call.stage.name();
        let project = self.projects.watch(name, |publisher| async move {
            let sleep = stage.session.aws.sleep.clone();
            let mut known = stage.written_before();
            loop {
                sleep.sleep(PROJECT_INTERVAL).await;
                let written = stage.written();
                if written != known {
                    // By then it is read again, and pages are made again.
                    sleep.sleep(PROJECT_INTERVAL * 2).await;
                    publisher.publish(Rc::new(written.clone()));
                    known = written;
                }
            }
        });
        Reply::events(changes(looks, Some(project)))
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
        // What is typed into a form stays, and its address is that of the action.
        let live = live.filter(|_| call.refused.is_none());
        let (live, current) = match live {
            Some(live) => (Some(live.url), live.current),
            None => (None, None),
        };
        let frame = Frame {
            place: Some(&self.place(&call.stage)),
            section: Some(section),
            root: &self.access.root(),
            notices: { call.stage.notice.iter() }.chain(&call.refused).collect(),
            title,
            live,
            again: false,
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
        let known = self.stages.borrow_mut().get(name);
        let url = self.direction.as_ref().map(|direction| &*direction.url);
        let root = self.access.root();
        let stage = Stage::read(&self.global, &self.world, name, url, root, known).await?;
        let mut stages = self.stages.borrow_mut();
        stages.put(name, Rc::clone(&stage));
        Ok(stage)
    }

    async fn answered(&self, request: &Request) -> Reply {
        let is_read = request.method == Method::Get;
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
            Err(error) => return self.failed(None, &error, is_read),
        };
        let Some((Route { answer, form }, captured)) = (self.find)(request) else {
            return self.missing(Some(&stage));
        };
        let call = Call {
            request,
            stage,
            captured,
            refused: None,
        };
        let error = match answer(self, &call).await {
            Ok(reply) => return reply,
            Err(error) => error,
        };
        let again = match form {
            Some(form) => self.refused(form, call, &error).await,
            None => Err(call),
        };
        again.unwrap_or_else(|call| self.failed(Some(&call.stage), &error, is_read))
    }

    /// The page whose form was not done, with what was typed and why. Gives the call back if there is no such page.
    async fn refused<'a>(
        &self,
        form: Answer,
        call: Call<'a>,
        error: &anyhow::Error,
    ) -> Result<Reply, Call<'a>> {
        let call = Call {
            refused: Some(self.problem(error)),
            ..call
        };
        let page = form(self, &call).await;
        page.map(|page| page.with_status(status_of(error)))
            .map_err(|_| call)
    }

    /// The first page of a stage.
    fn home(&self, stage: &str) -> Url {
        self.access.root().at(stage).at(Section::Executions.path())
    }

    fn missing(&self, stage: Option<&Stage>) -> Reply {
        let error = Missing("There is no such page.".to_owned()).into();
        self.failed(stage, &error, true)
    }

    /// A page that says what went wrong.
    fn failed(&self, stage: Option<&Stage>, error: &anyhow::Error, is_read: bool) -> Reply {
        let status = status_of(error);
        let place = stage.map(|stage| self.place(stage));
        let frame = Frame {
            place: place.as_ref(),
            section: None,
            root: &self.access.root(),
            notices: stage
                .and_then(|stage| stage.notice.as_ref())
                .into_iter()
                .collect(),
            title: "Error",
            live: None,
            // What is not there will not come; an action is not done again.
            again: is_read && (status.is_server_error() || stage.is_none()),
        };
        let heading = match is_read {
            true => "This page cannot be shown",
            false => "This was not done",
        };
        let content = html! {
            h1 { (heading) }
            (problem(&self.problem(error)))
        };
        Reply::problem(status, frame.around(&content))
    }
}

impl Site for Ui {
    fn answer<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Reply> {
        Box::pin(async move {
            let reply = self.answered(request).await;
            // Secrets are masked in what came from outside, before a view gets it: here they would be found in the words and the
            // addresses of the page itself as well. Nothing of those turns text around.
            reply.mapped(|text| match visible_in_page(text) {
                Cow::Borrowed(_) => None,
                Cow::Owned(visible) => Some(visible),
            })
        })
    }
}
