//! The bar of a load run on a terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::executions::load::Progress;
use crate::report::lines::load_rate;
use crate::report::style::{ACTION, status};
use crate::world::Stream;

/// Gone when it is dropped.
pub struct LoadBar(ProgressBar);

impl LoadBar {
    pub fn new(bars: &MultiProgress, stream: &Stream, total: usize) -> Self {
        let bar = bars.add(ProgressBar::new(total as u64));
        let template = "{prefix} {bar:20} {pos}/{len} {wide_msg} {elapsed}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(stream.shown(status(ACTION, "Running", "").trim_end()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub fn show(&self, progress: &Progress) {
        self.0.set_position(progress.executions as u64);
        self.0.set_message(load_rate(progress));
    }
}

impl Drop for LoadBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
