//! `txflow ui`: what the pages read and do. How they look is in [`crate::page`].
//!
//! A page is a file in `pages`, and a line in `routes`.

mod expected;
mod express;
mod lists;
mod open;
mod pages;
mod problem;
mod recent;
mod routes;
mod runs;
mod site;
mod stage;
mod test_block;
mod test_names;

pub(super) use site::Direction;

use std::net::Ipv4Addr;
use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::net::TcpListener;

use self::site::Ui;
use super::context::Context;
use super::error::CommandError;
use crate::exit::Exit;
use crate::page::{self, Access};
use crate::report::Answer;
use crate::report::style::{FAINT, STRONG};
use crate::world::unbroken;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow ui --local
  txflow ui --stage prod --port 4580
  txflow ui --local --open

Whoever has the URL can use the page, which acts as you: it starts and forks executions, in the embedded AWS it also stops and \
redrives them. Only this machine can reach it. With --local it uses the AWS of a running `txflow local`, which serves such a \
page itself.")]
pub struct UiOptions {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
}

/// Serves the page of a stage until Ctrl-C.
pub async fn ui(context: &Context, options: &UiOptions) -> Result<Exit> {
    // What is wrong with the project or the credentials is told before a browser is opened.
    context.unless_interrupted(context.session()).await?;
    let serving = Serving::bind(context, options.port).await?;
    let url = serving.url();
    context.printer.answer(&Served { url: url.clone() })?;
    let folder = context.project.root().join(".txflow");
    let opened = options
        .open
        .then(|| open::open(&context.world, &folder, &url));
    if let Some(Err(cause)) = &opened {
        context.printer.note(cause);
    }
    let direction = context.connection.embedded().map(Direction::of_embedded);
    serving.serve(context, direction).await;
    Ok(Exit::Done)
}

/// A page that has a port already.
pub(super) struct Serving {
    listener: TcpListener,
    access: Rc<Access>,
}

impl Serving {
    /// On this machine only.
    pub async fn bind(context: &Context, port: u16) -> Result<Self> {
        let cannot = |cause| CommandError::CannotServe {
            address: format!("127.0.0.1:{port}"),
            cause,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(cannot)?;
        let port = listener.local_addr().map_err(cannot)?.port();
        let access = Rc::new(Access::new(&context.world.random, port));
        Ok(Self { listener, access })
    }

    pub fn url(&self) -> String {
        self.access.url()
    }

    /// Until Ctrl-C.
    pub async fn serve(self, context: &Context, direction: Option<Direction>) {
        let ui = Rc::new(Ui::new(
            context,
            Rc::clone(&self.access),
            direction,
            routes::find,
        ));
        let stop = context.world.interruption();
        page::serve(self.listener, self.access, ui, stop).await;
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Served {
    /// With the token that lets a browser in.
    url: String,
}

impl Answer for Served {
    fn text(&self) -> String {
        // A terminal must not break the address.
        unbroken(&format!(
            "{STRONG}Page{STRONG:#} on {} {FAINT}(Ctrl-C ends it){FAINT:#}",
            self.url
        ))
    }
}
