//! Events on a terminal: finished lines above, a spinner for each thing in progress below.

mod drawing;
mod live_tests;
mod load_bar;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use terminal_size::{Height, Width, terminal_size};

use self::drawing::bars;
use self::live_tests::{LiveTests, Size};
use self::load_bar::LoadBar;
use super::lines::{canary, line};
use super::style::{ACTION, status};
use super::{Event, Reporter};
use crate::world::{Stream, wrapped};

pub struct Terminal {
    stream: Stream,
    bars: MultiProgress,
    size: Size,
    screen: Mutex<Screen>,
}

#[derive(Default)]
struct Screen {
    /// By what each is about.
    spinners: HashMap<String, ProgressBar>,
    /// While cargo draws its own bar, nothing else is drawn: what would be is held back.
    building: bool,
    load: Option<LoadBar>,
    held_back: Vec<String>,
    tests: Option<LiveTests>,
}

impl Terminal {
    pub fn new(stream: Stream) -> Self {
        Self::on(stream, bars(), size)
    }

    /// With a place to draw on, and its rows and columns.
    pub(super) fn on(stream: Stream, bars: MultiProgress, size: Size) -> Self {
        Self {
            stream,
            bars,
            size,
            screen: Mutex::default(),
        }
    }

    fn columns(&self) -> usize {
        usize::from((self.size)().1)
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        // What a panicking reporter left is drawn over by the next event.
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, screen: &mut Screen, line: String) {
        if screen.building {
            screen.held_back.push(line);
        } else {
            self.bars.suspend(|| self.stream.line(&line));
        }
    }

    fn spin(&self, screen: &mut Screen, key: String, text: String) {
        // The spinner stands behind the last word.
        let text = wrapped(&text, self.columns().saturating_sub(2));
        let text = self.stream.shown(&text);
        if let Some(bar) = screen.spinners.get(&key) {
            bar.set_message(text);
            return;
        }
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{msg} {spinner}") {
            let style = if self.stream.ascii {
                style.tick_chars(r"|/-\ ")
            } else {
                style
            };
            bar.set_style(style);
        }
        bar.set_message(text);
        if !screen.building {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        screen.spinners.insert(key, bar);
    }

    fn stop(&self, screen: &mut Screen, key: &str) {
        if let Some(bar) = screen.spinners.remove(key) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }
}

/// That of a terminal which does not say is the usual one.
fn size() -> (u16, u16) {
    terminal_size().map_or((24, 80), |(Width(columns), Height(rows))| (rows, columns))
}

impl Reporter for Terminal {
    fn report(&self, event: &Event) {
        let mut screen = self.screen();
        if screen.tests.as_ref().is_some_and(|tests| tests.show(event)) {
            return;
        }
        match event {
            Event::BuildStarted { .. } => {
                if let Some(line) = line(event) {
                    self.print(&mut screen, line);
                }
                screen.building = true;
            }
            Event::BuildFinished => {
                screen.building = false;
                for line in std::mem::take(&mut screen.held_back) {
                    self.print(&mut screen, line);
                }
                for bar in screen.spinners.values() {
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
            }
            Event::StepStarted { step } => {
                let text = status(ACTION, step.doing, &step.object);
                self.spin(
                    &mut screen,
                    format!("{} {}", step.operation, step.object),
                    text,
                );
            }
            Event::StepWaiting { step, cause } => {
                let text = status(ACTION, "Waiting", &format!("for {}: {cause}", step.object));
                self.spin(
                    &mut screen,
                    format!("{} {}", step.operation, step.object),
                    text,
                );
            }
            Event::StepFinished { step, .. }
            | Event::StepFailed { step, .. }
            | Event::StepKept { step, .. }
            | Event::StepLeft { step, .. } => {
                self.stop(&mut screen, &format!("{} {}", step.operation, step.object));
                if let Some(line) = line(event) {
                    self.print(&mut screen, line);
                }
            }
            Event::TestsStarted { tests } => {
                let stream = self.stream.clone();
                screen.tests = Some(LiveTests::new(&self.bars, stream, tests, self.size));
            }
            Event::ExecutionStarted {
                test, alone: true, ..
            } => {
                if let Some(line) = line(event) {
                    self.print(&mut screen, line);
                }
                let name = std::slice::from_ref(test);
                let live = LiveTests::new(&self.bars, self.stream.clone(), name, self.size);
                live.show(&Event::TestStarted { test: test.clone() });
                screen.tests = Some(live);
            }
            Event::LoadProgress(progress) => {
                let new = || LoadBar::new(&self.bars, &self.stream, progress.total);
                screen.load.get_or_insert_with(new).show(progress);
            }
            // Each look is shown in the same place.
            Event::CanaryLooked(look) | Event::CanaryLookedAgain(look) => {
                let text = status(ACTION, "Canary", &canary(look));
                self.spin(&mut screen, "canary".to_owned(), text);
            }
            Event::TestsFinished => {
                screen.tests = None;
                screen.load = None;
            }
            _ => {
                if let Some(line) = line(event) {
                    self.print(&mut screen, line);
                }
            }
        }
    }

    fn end(&self) {
        let mut screen = self.screen();
        screen.tests = None;
        screen.load = None;
        for (_, bar) in screen.spinners.drain() {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }
}
