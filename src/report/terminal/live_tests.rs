//! The tests that run, on a terminal: a line a test, which grows into the tree of its states.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::truncate_str;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use jiff::Timestamp;

use crate::config::ExecutionStatus;
use crate::executions::{History, Outcome, StateChange, Status, Tree};
use crate::report::Event;
use crate::report::outcome::sign;
use crate::report::state_tree::state_tree;
use crate::report::style::{FAINT, STRONG, duration};
use crate::report::words::counted;
use crate::world::{Stream, one_line};

/// The rows and columns of the terminal.
pub(super) type Size = fn() -> (u16, u16);

/// An area at the foot of the terminal, which is gone when this is dropped.
pub(super) struct LiveTests {
    tests: Arc<Mutex<Tests>>,
    bar: ProgressBar,
}

impl LiveTests {
    pub fn new(bars: &MultiProgress, stream: Stream, names: &[String], size: Size) -> Self {
        let tests = Arc::new(Mutex::new(Tests::new(names)));
        let shown = Arc::clone(&tests);
        let draw = move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
            let (rows, columns) = size();
            let tests = shown.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = tests.lines(Instant::now(), rows.into());
            let fit = |line: &String| fitting(&stream, line, columns.into());
            let lines: Vec<String> = lines.iter().map(fit).collect();
            // A line that cannot be written is drawn at the next tick.
            let _ = to.write_str(&lines.join("\n"));
        };
        let bar = bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{tests}") {
            bar.set_style(style.with_key("tests", draw));
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { tests, bar }
    }

    /// Whether the event is of a test, and so is shown here.
    pub fn show(&self, event: &Event) -> bool {
        let mut tests = self.tests.lock().unwrap_or_else(PoisonError::into_inner);
        tests.take(event, Instant::now())
    }
}

impl Drop for LiveTests {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What is known of all tests, in the order of deploy.toml.
struct Tests(Vec<Test>);

struct Test {
    name: String,
    phase: Phase,
    history: History,
    /// AWS's time at the last event, and when that was heard of: AWS's clock may be virtual.
    heard: Option<(Timestamp, Instant)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Waiting,
    Running(Instant),
    Passed(Duration),
    /// With the status of the execution, if it is known.
    Failed(Duration, Option<Status>),
}

impl Tests {
    fn new(names: &[String]) -> Self {
        let tests = names.iter().map(|name| Test {
            name: name.clone(),
            phase: Phase::Waiting,
            history: History::default(),
            heard: None,
        });
        Self(tests.collect())
    }

    /// Whether the event is of a test.
    fn take(&mut self, event: &Event, now: Instant) -> bool {
        match event {
            Event::TestStarted { test } => self.enter(test, Phase::Running(now)),
            Event::TestRepeated { test } => self.enter(test, Phase::Running(now)),
            Event::TestFinished {
                test,
                passed: true,
                elapsed,
                ..
            } => self.enter(test, Phase::Passed(*elapsed)),
            Event::TestFinished {
                test,
                elapsed,
                status,
                ..
            } => self.enter(test, Phase::Failed(*elapsed, *status)),
            Event::StateEntered { test, change }
            | Event::AttemptFailed { test, change }
            | Event::StateRetried { test, change }
            | Event::StateExited { test, change } => {
                if let Some(test) = self.test(test) {
                    test.hear(change, now);
                }
            }
            _ => return false,
        }
        true
    }

    fn enter(&mut self, name: &str, phase: Phase) {
        if let Some(test) = self.test(name) {
            test.phase = phase;
        }
    }

    fn test(&mut self, name: &str) -> Option<&mut Test> {
        self.0.iter_mut().find(|test| test.name == name)
    }

    /// No more lines than fit. Each test has its line first; what room is left is for the trees, those of
    /// tests that run before those of tests that failed.
    fn lines(&self, now: Instant, rows: usize) -> Vec<String> {
        // The cursor stands on the last row.
        let room = rows.saturating_sub(1).max(1);
        let (shown, more) = self.shown(room);
        let mut room = room - shown.len() - usize::from(!more.is_empty());
        let mut trees: Vec<Vec<String>> = shown.iter().map(|test| test.tree(now)).collect();
        let running: fn(&Phase) -> bool = |phase| matches!(phase, Phase::Running(_));
        let failed: fn(&Phase) -> bool = |phase| matches!(phase, Phase::Failed(..));
        for wanted in [running, failed] {
            let mut left = shown.iter().filter(|test| wanted(&test.phase)).count();
            for (test, tree) in shown.iter().zip(&mut trees) {
                if wanted(&test.phase) {
                    *tree = last_lines(std::mem::take(tree), room / left);
                    room -= tree.len();
                    left -= 1;
                }
            }
        }
        let mut lines = Vec::new();
        for (test, tree) in shown.iter().zip(trees) {
            lines.push(test.line(now, tree.is_empty()));
            lines.extend(tree.into_iter().map(|line| format!("  {line}")));
        }
        if !more.is_empty() {
            lines.push(summary(&more));
        }
        lines
    }

    /// The tests that have a line, and those for which there is no room: what waits goes first, then
    /// what has passed.
    fn shown(&self, room: usize) -> (Vec<&Test>, Vec<&Test>) {
        let mut by_interest: Vec<(usize, &Test)> = self.0.iter().enumerate().collect();
        by_interest.sort_by_key(|(_, test)| match test.phase {
            Phase::Running(_) => 0,
            Phase::Failed(..) => 1,
            Phase::Passed(_) => 2,
            Phase::Waiting => 3,
        });
        let waiting = |test: &&Test| test.phase == Phase::Waiting;
        let wanted = self.0.iter().filter(|test| !waiting(test)).count();
        let fit = if wanted == self.0.len() && wanted <= room {
            wanted
        } else {
            wanted.min(room.saturating_sub(1))
        };
        let more = by_interest.split_off(fit);
        by_interest.sort_by_key(|(index, _)| *index);
        let tests = |list: Vec<(usize, _)>| list.into_iter().map(|(_, test)| test).collect();
        (tests(by_interest), tests(more))
    }
}

impl Test {
    fn hear(&mut self, change: &StateChange, now: Instant) {
        let state = &change.state;
        let states = &mut self.history.states;
        match states.get_mut(change.index) {
            Some(known) => *known = state.clone(),
            None => states.push(state.clone()),
        }
        let attempt = state.attempts.last();
        let attempted = attempt.map(|attempt| attempt.ended.unwrap_or(attempt.scheduled));
        let times = [state.exited, attempted].into_iter().flatten();
        self.heard = Some((times.fold(state.entered, Timestamp::max), now));
    }

    fn line(&self, now: Instant, without_tree: bool) -> String {
        let name = format!("{STRONG}{}{STRONG:#}", one_line(&self.name));
        let line = |outcome, text: &str| format!("{} {name} {FAINT}{text}{FAINT:#}", sign(outcome));
        match self.phase {
            Phase::Waiting => format!("  {name} {FAINT}waiting{FAINT:#}"),
            Phase::Running(since) => {
                let elapsed = duration(now.saturating_duration_since(since));
                let state = self.current_state().filter(|_| without_tree);
                let state = state.map(|name| format!(" in {}", one_line(name)));
                let state = state.unwrap_or_default();
                line(Outcome::Running, &format!("running {elapsed}{state}"))
            }
            Phase::Passed(elapsed) => line(Outcome::Succeeded, &duration(elapsed)),
            Phase::Failed(elapsed, _) => {
                line(Outcome::Failed, &format!("failed {}", duration(elapsed)))
            }
        }
    }

    /// The state that runs, or has failed and may be tried again.
    fn current_state(&self) -> Option<&str> {
        let current = Tree::new(&self.history, Status::Running).failed()?;
        Some(&self.history.states[current].name)
    }

    /// Nothing for a test that passed.
    fn tree(&self, now: Instant) -> Vec<String> {
        let status = match self.phase {
            Phase::Running(_) => Status::Running,
            Phase::Failed(_, status) => status.unwrap_or(Status::Ended(ExecutionStatus::Failed)),
            Phase::Waiting | Phase::Passed(_) => return Vec::new(),
        };
        let Some((time, heard)) = self.heard else {
            return Vec::new();
        };
        let since = match self.phase {
            Phase::Running(_) => now.saturating_duration_since(heard),
            _ => Duration::ZERO,
        };
        state_tree(&self.history, status, time + since)
    }
}

/// A line that is cut off so that the terminal does not wrap it.
fn fitting(stream: &Stream, line: &str, columns: usize) -> String {
    truncate_str(&stream.shown(line), columns, &stream.shown("…")).into_owned()
}

/// The last lines, since what runs stands at the end; nothing if there is no room for two.
fn last_lines(mut lines: Vec<String>, room: usize) -> Vec<String> {
    if lines.len() <= room {
        return lines;
    }
    if room < 2 {
        return Vec::new();
    }
    let cut = lines.len() - room + 1;
    let marker = format!("{FAINT}… {}{FAINT:#}", counted(cut, "line"));
    lines.splice(..cut, [marker]);
    lines
}

/// `… 7 more tests, 5 passed, 2 waiting`.
fn summary(tests: &[&Test]) -> String {
    let count = |word: &str, is: fn(&Phase) -> bool| {
        let count = tests.iter().filter(|test| is(&test.phase)).count();
        (count > 0).then(|| format!(", {count} {word}"))
    };
    let counts = [
        count("running", |phase| matches!(phase, Phase::Running(_))),
        count("failed", |phase| matches!(phase, Phase::Failed(..))),
        count("passed", |phase| matches!(phase, Phase::Passed(_))),
        count("waiting", |phase| matches!(phase, Phase::Waiting)),
    ];
    let counts: String = counts.into_iter().flatten().collect();
    let more = counted(tests.len(), "more test");
    format!("{FAINT}… {more}{counts}{FAINT:#}")
}

#[cfg(test)]
mod tests;
