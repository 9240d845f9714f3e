//! What a run gets from outside: folder, environment, streams, clock, sleep and the interrupt.

mod abridged;
mod ascii;
mod aws_access;
mod columns;
mod environment;
mod hyperlinks;
mod inert;
mod interrupt;
mod prepared;
mod secrets;
mod stream;
mod styled;
mod visible;
mod wrapped;

pub use abridged::abridged;
pub use aws_access::AwsAccess;
pub use columns::{beginning, columns, ending, padded};
pub use environment::Environment;
pub use interrupt::Interrupt;
pub use prepared::Prepared;
pub use secrets::{Form, MASK, SHORTEST, Secrets, encoded};
pub use stream::{Stream, still_read};
pub use styled::{HANGING, Style, adopted, fitted, linked, plain, unbroken};
pub use visible::{one_line, visible, visible_in_page};
pub use wrapped::wrapped;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use jiff::Timestamp;
use tokio::sync::watch;
use txflow_local_aws::{Random, Supervisor};

/// The current time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Opens standard input.
pub type Input = Arc<dyn Fn() -> Box<dyn Read + Send> + Send + Sync>;

/// The surroundings of a run. A test makes its own.
#[derive(Clone)]
pub struct World {
    pub dir: PathBuf,
    pub environment: Environment,
    /// Data.
    pub stdout: Stream,
    /// Progress and diagnostics.
    pub stderr: Stream,
    /// An answer to a question, or an input that the user pipes in.
    pub stdin: Input,
    /// Whether somebody can answer a question.
    pub interactive: bool,
    pub now: Clock,
    pub sleep: SharedAsyncSleep,
    /// Makes the names of executions.
    pub random: Random,
    pub aws: AwsAccess,
    /// The handlers, if they need not be built.
    pub prepared: Option<Arc<Prepared>>,
    /// Rises with each Ctrl-C and each SIGTERM.
    pub interrupts: watch::Receiver<Interrupt>,
    /// Supervises builds, and the handlers of an embedded AWS.
    pub supervisor: Option<Supervisor>,
    /// The values that no stream shows.
    pub secrets: Secrets,
}

impl World {
    /// Ends at the first interrupt; never if nobody can interrupt any more.
    pub async fn interruption(&self) {
        Interrupt::Stop.reached(&mut self.interrupts.clone()).await;
    }

    pub fn is_interrupted(&self) -> bool {
        *self.interrupts.borrow() >= Interrupt::Stop
    }

    /// The value of a variable, if it is set.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).filter(|value| !value.is_empty())
    }

    /// Whether txflow runs in a step of a GitHub job.
    pub fn is_github(&self) -> bool {
        self.variable("GITHUB_ACTIONS").as_deref() == Some("true")
    }

    /// Adapts the streams to what their readers support. `color` is what the user asked for, if
    /// anything.
    pub fn adapt_streams(&mut self, color: Option<bool>) {
        let github = self.is_github();
        let dumb = self.variable("TERM").as_deref() == Some("dumb");
        // GitHub's log shows colours, and is not a terminal.
        let plain = self.variable("NO_COLOR").is_some() || (dumb && !github);
        let drawn = !dumb && self.variable("CI").is_none();
        let variable = |name: &str| self.environment.get(name);
        let ascii = !ascii::locale_is_utf8(&variable);
        let hyperlinks = hyperlinks::supported(&variable);
        for stream in [&mut self.stdout, &mut self.stderr] {
            stream.color = color.unwrap_or(!plain && (stream.terminal || github));
            stream.drawn = stream.terminal && drawn;
            stream.ascii = stream.terminal && ascii;
            stream.hyperlinks = stream.terminal && hyperlinks;
            stream.runner = github;
            stream.secrets = self.secrets.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_async::rt::sleep::TokioSleep;

    use super::*;

    /// With terminals for streams, or pipes.
    fn world(terminal: bool, variables: &[(&'static str, &'static str)]) -> World {
        World {
            dir: PathBuf::new(),
            environment: variables.iter().copied().collect(),
            stdout: Stream::new(std::io::sink(), terminal),
            stderr: Stream::new(std::io::sink(), terminal),
            stdin: Arc::new(|| Box::new(std::io::empty())),
            interactive: false,
            now: Arc::new(|| Timestamp::UNIX_EPOCH),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
            random: Random::system(),
            aws: AwsAccess::default(),
            prepared: None,
            interrupts: watch::channel(Interrupt::None).1,
            supervisor: None,
            secrets: Secrets::default(),
        }
    }

    /// Whether stdout and stderr are coloured.
    fn colors(
        terminal: bool,
        variables: &[(&'static str, &'static str)],
        asked: Option<bool>,
    ) -> (bool, bool) {
        let mut world = world(terminal, variables);
        world.adapt_streams(asked);
        (world.stdout.color, world.stderr.color)
    }

    const GITHUB: (&str, &str) = ("GITHUB_ACTIONS", "true");
    const NO_COLOR: (&str, &str) = ("NO_COLOR", "1");

    #[test]
    fn a_terminal_and_the_log_of_a_github_job_have_colours_and_what_a_script_captures_has_none() {
        assert_eq!(colors(false, &[GITHUB], None), (true, true));
        assert_eq!(colors(false, &[], None), (false, false));
        assert_eq!(colors(true, &[], None), (true, true));
    }

    #[test]
    fn a_dumb_terminal_has_no_colours_and_nothing_that_is_drawn_again() {
        const DUMB: (&str, &str) = ("TERM", "dumb");
        assert_eq!(colors(true, &[DUMB], None), (false, false));
        assert_eq!(colors(true, &[DUMB], Some(true)), (true, true));
        // A runner sets it as well.
        assert_eq!(colors(false, &[DUMB, GITHUB], None), (true, true));
        let drawn = |variables: &[(&'static str, &'static str)]| {
            let mut world = world(true, variables);
            world.adapt_streams(None);
            world.stderr.drawn
        };
        assert!(drawn(&[]));
        assert!(!drawn(&[DUMB]));
        assert!(!drawn(&[("CI", "true")]));
    }

    #[test]
    fn no_color_outranks_what_is_found_and_the_option_outranks_both() {
        assert_eq!(colors(true, &[NO_COLOR], None), (false, false));
        assert_eq!(colors(false, &[GITHUB, NO_COLOR], None), (false, false));
        assert_eq!(colors(true, &[("NO_COLOR", "")], None), (true, true));
        assert_eq!(colors(false, &[NO_COLOR], Some(true)), (true, true));
        assert_eq!(colors(true, &[GITHUB], Some(false)), (false, false));
    }

    #[test]
    fn only_a_terminal_whose_locale_is_not_utf_8_gets_ascii() {
        let shown = |terminal, locale| {
            let mut world = world(terminal, &[("LC_ALL", locale)]);
            world.adapt_streams(None);
            world.stderr.shown("a → b…")
        };
        assert_eq!(shown(true, "POSIX"), "a -> b...");
        assert_eq!(shown(true, "en_US.UTF-8"), "a → b…");
        assert_eq!(shown(false, "POSIX"), "a → b…");
    }

    #[test]
    fn a_pipe_gets_no_links_even_where_they_are_forced() {
        let links = |terminal| {
            let mut world = world(terminal, &[("FORCE_HYPERLINK", "1")]);
            world.adapt_streams(None);
            world.stdout.hyperlinks
        };
        assert!(links(true));
        assert!(!links(false));
    }
}
