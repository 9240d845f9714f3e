//! Events in the log of a GitHub job: plain lines, in groups that a reader opens.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Annotation, JobStep};
use crate::report::lines::line;
use crate::report::{Event, Reporter};
use crate::world::Stream;

/// Groups what the build says, and what is done to the stack. Groups cannot nest, and the two run
/// side by side, so what is done is held back until the build is over.
pub struct GroupedLog {
    stream: Stream,
    step: JobStep,
    /// Findings only.
    quiet: bool,
    groups: Mutex<Groups>,
}

#[derive(Default)]
struct Groups {
    open: Option<Group>,
    held_back: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Build,
    Apply,
}

impl GroupedLog {
    pub fn new(stream: Stream, step: JobStep, quiet: bool) -> Self {
        Self {
            stream,
            step,
            quiet,
            groups: Mutex::default(),
        }
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        // A group that a panicking reporter left open is closed by the next event.
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the group, unless it is open already.
    fn open(&self, groups: &mut Groups, group: Option<Group>) {
        if groups.open == group {
            return;
        }
        if groups.open.is_some() {
            self.stream.command("::endgroup::");
        }
        if let Some(group) = group {
            let title = match group {
                Group::Build => "Build",
                Group::Apply => "Apply",
            };
            self.stream.command(&format!("::group::{title}"));
        }
        groups.open = group;
    }

    /// Ends the build: what was held back can be shown.
    fn release(&self, groups: &mut Groups) {
        let held_back = std::mem::take(&mut groups.held_back);
        self.open(groups, (!held_back.is_empty()).then_some(Group::Apply));
        for line in held_back {
            self.stream.line(&line);
        }
    }
}

impl Reporter for GroupedLog {
    fn report(&self, event: &Event) {
        let finding = matches!(event, Event::Finding(_));
        let mut groups = self.groups();
        if matches!(event, Event::BuildFinished) {
            self.release(&mut groups);
        }
        let Some(line) = line(event) else {
            return;
        };
        if self.quiet && !finding {
            return;
        }
        let building = groups.open == Some(Group::Build);
        match event {
            Event::BuildStarted { .. } => self.open(&mut groups, Some(Group::Build)),
            Event::Built { .. } | Event::BuildOutput { .. } | Event::Retrying { .. } => {}
            Event::StepWaiting { .. }
            | Event::StepFinished { .. }
            | Event::StepFailed { .. }
            | Event::StepKept { .. }
            | Event::StepLeft { .. }
                if building =>
            {
                groups.held_back.push(line);
                return;
            }
            Event::StepWaiting { .. }
            | Event::StepFinished { .. }
            | Event::StepFailed { .. }
            | Event::StepKept { .. }
            | Event::StepLeft { .. } => {
                self.open(&mut groups, Some(Group::Apply));
            }
            _ if building => {}
            _ => self.open(&mut groups, None),
        }
        self.stream.line(&line);
        if let Event::Finding(diagnostic) = event {
            self.step.annotate(&Annotation::from(diagnostic));
        }
    }

    fn end(&self) {
        let mut groups = self.groups();
        self.release(&mut groups);
        self.open(&mut groups, None);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::config::{Diagnostic, Severity};
    use crate::plan::StepName;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn log(events: &[Event], quiet: bool) -> String {
        let written = Written::default();
        let mut stream = Stream::new(written.clone(), false);
        stream.runner = true;
        let step = JobStep::writing_to(stream.clone());
        let log = GroupedLog::new(stream, step, quiet);
        for event in events {
            log.report(event);
        }
        log.end();
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn created(object: &str) -> Event {
        let step = StepName {
            doing: "Creating",
            done: "Created",
            object: object.to_owned(),
            operation: "CreateRole",
        };
        let elapsed = Duration::from_secs(1);
        Event::StepFinished { step, elapsed }
    }

    fn build_started() -> Event {
        Event::BuildStarted {
            functions: 1,
            profile: "lambda".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            linker: None,
        }
    }

    fn output(line: &str) -> Event {
        Event::BuildOutput {
            line: line.to_owned(),
        }
    }

    #[test]
    fn the_build_and_what_is_done_are_groups_one_after_the_other() {
        let events = [
            build_started(),
            created("role `a`"),
            output("   Compiling buy v0.1.0"),
            Event::BuildFinished,
            created("function `b`"),
        ];
        assert_eq!(
            log(&events, false),
            "::group::Build
    Building 1 function for x86_64-unknown-linux-gnu with profile `lambda`
   Compiling buy v0.1.0
::endgroup::
::group::Apply
     Created role `a` 1.00 s
     Created function `b` 1.00 s
::endgroup::
"
        );
    }

    #[test]
    fn a_finding_and_a_note_stand_outside_of_the_groups() {
        let finding = Diagnostic {
            severity: Severity::Warning,
            code: "unused".to_owned(),
            message: "no state uses it".to_owned(),
            place: None,
            hint: None,
        };
        let note = "::error::not a command".to_owned();
        let events = [
            created("role `a`"),
            Event::Finding(finding),
            Event::Note { text: note },
            output("::error::from a build script"),
        ];
        assert_eq!(
            log(&events, false),
            "::group::Apply
     Created role `a` 1.00 s
::endgroup::
warning[unused]: no state uses it
::warning title=unused::no state uses it
        Note ::error::not a command
\\::error::from a build script
"
        );
    }

    #[test]
    fn a_quiet_run_opens_no_group() {
        let events = [build_started(), created("role `a`"), Event::BuildFinished];
        assert_eq!(log(&events, true), "");
    }
}
