//! A message that GitHub shows at a line of a file.

use std::path::{Path, PathBuf};

use crate::build::CompilerError;
use crate::config::{Diagnostic, Place, Severity};
use crate::world::{plain, visible};

/// How much of a failure is annotated: a list of steps, but not all that cargo said.
const FAILURE_LINES: usize = 12;

/// How a message is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Error,
    Warning,
    Notice,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
        }
    }
}

/// A message at a place, as a workflow command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub level: Level,
    /// Where, if anywhere.
    pub spot: Option<Spot>,
    pub title: String,
    pub message: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// As the user would name it.
    pub path: PathBuf,
    pub line: usize,
    /// The first column and the one behind the last, if more than the line is known.
    pub columns: Option<(usize, usize)>,
}

impl Annotation {
    /// `in_workspace` gives the path of a file in the repository.
    pub(super) fn command(&self, in_workspace: &dyn Fn(&Path) -> PathBuf) -> String {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some(Spot {
            path,
            line,
            columns,
        }) = &self.spot
        {
            let path = in_workspace(path);
            properties.push(format!("file={}", property(&path.to_string_lossy())));
            properties.push(format!("line={line}"));
            if let Some((first, end)) = columns {
                properties.push(format!("col={first}"));
                properties.push(format!("endColumn={end}"));
            }
        }
        properties.push(format!("title={}", property(&self.title)));
        let properties = properties.join(",");
        format!("::{level} {properties}::{}", data(&self.message))
    }
}

impl Annotation {
    /// A run that failed, with the beginning of its message. GitHub says `Error:` itself.
    pub fn failure(text: &str) -> Self {
        let plain = plain(text);
        let mut lines: Vec<&str> = plain.lines().collect();
        if lines.len() > FAILURE_LINES {
            lines.truncate(FAILURE_LINES);
            lines.push("(the log has the rest)");
        }
        let plain = lines.join("\n");
        Self {
            level: Level::Error,
            spot: None,
            title: "txflow".to_owned(),
            message: plain.trim_start_matches("error: ").to_owned(),
        }
    }
}

impl From<&Diagnostic> for Annotation {
    fn from(diagnostic: &Diagnostic) -> Self {
        let hint = diagnostic.hint.as_ref();
        let hint = hint.map(|hint| format!("\nhint: {hint}"));
        Self {
            level: diagnostic.severity.into(),
            spot: diagnostic.place.as_ref().map(Spot::from),
            title: diagnostic.code.clone(),
            message: format!("{}{}", diagnostic.message, hint.unwrap_or_default()),
        }
    }
}

impl From<&CompilerError> for Annotation {
    fn from(error: &CompilerError) -> Self {
        Self {
            level: Level::Error,
            spot: Some(Spot {
                path: error.path.clone(),
                line: error.line,
                columns: error.columns,
            }),
            title: error.code.clone().unwrap_or_else(|| "rustc".to_owned()),
            message: error.message.clone(),
        }
    }
}

impl From<&Place> for Spot {
    fn from(place: &Place) -> Self {
        Self {
            path: place.path.clone(),
            line: place.line,
            columns: Some((place.column, place.column.saturating_add(place.width))),
        }
    }
}

/// The message of a command, which is one line.
pub fn data(text: &str) -> String {
    visible(&text.replace("\r\n", "\n"))
        .replace('%', "%25")
        .replace('\n', "%0A")
}

/// A value between a command's name and its message.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::style::BAD;

    fn command(annotation: &Annotation) -> String {
        annotation.command(&|path| Path::new("app").join(path))
    }

    #[test]
    fn a_finding_is_shown_at_its_columns_in_the_repository() {
        let diagnostic = Diagnostic {
            severity: Severity::Warning,
            code: "unused-function".to_owned(),
            message: "no state uses `a`".to_owned(),
            place: Some(Place {
                path: "deploy.toml".into(),
                line: 3,
                column: 12,
                width: 4,
                excerpt: String::new(),
                cut: 0,
            }),
            hint: Some("remove it".to_owned()),
        };
        assert_eq!(
            command(&Annotation::from(&diagnostic)),
            "::warning file=app/deploy.toml,line=3,col=12,endColumn=16,title=unused-function\
             ::no state uses `a`%0Ahint: remove it"
        );
    }

    #[test]
    fn of_a_long_failure_the_beginning_is_annotated() {
        let text = format!("{BAD}error:{BAD:#} it failed\n{}", "line\n".repeat(20));
        let annotation = Annotation::failure(&text);
        assert!(annotation.message.starts_with("it failed\nline\n"));
        assert!(annotation.message.ends_with("line\n(the log has the rest)"));
        assert_eq!(annotation.message.lines().count(), 13);
        let short = Annotation::failure("error: it failed\nhint: try again");
        assert_eq!(short.message, "it failed\nhint: try again");
    }

    #[test]
    fn nothing_in_a_message_or_a_title_ends_it() {
        let annotation = Annotation {
            level: Level::Error,
            spot: None,
            title: "50%: a, b::c\n".to_owned(),
            message: "100%\r\n::set-output name=a::b, \x1b[1mc: \rd".to_owned(),
        };
        assert_eq!(
            command(&annotation),
            "::error title=50%25%3A a%2C b%3A%3Ac%0A\
             ::100%25%0A::set-output name=a::b, \\u{1b}[1mc: \\rd"
        );
    }
}
