//! The forms of a graph, and where it is written.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::commands::error::CommandError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Svg,
    Mermaid,
    Dot,
    /// Needs `--output`, and the program `rsvg-convert`
    Png,
}

/// Where a graph goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Stdout,
    /// Nobody reads an SVG on a terminal, so it is written to a file there.
    Kept,
    File(PathBuf),
}

impl GraphFormat {
    /// By the extension of the file, such as `workflow.svg`.
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match &*extension {
            "svg" => Self::Svg,
            "mmd" | "mermaid" => Self::Mermaid,
            "dot" | "gv" => Self::Dot,
            "png" => Self::Png,
            _ => return None,
        })
    }
}

/// The form and the place of a graph, by the options `--format` and `--output`.
pub(super) fn form(
    format: Option<GraphFormat>,
    output: Option<&Path>,
    terminal: bool,
) -> Result<(GraphFormat, Target), CommandError> {
    let output = output.map(|path| match path.to_str() {
        Some("-") => Target::Stdout,
        _ => Target::File(path.to_owned()),
    });
    match (format, output) {
        (None, Some(Target::File(path))) => match GraphFormat::of(&path) {
            Some(format) => Ok((format, Target::File(path))),
            None => Err(CommandError::UnknownPicture {
                path: path.display().to_string(),
            }),
        },
        (Some(GraphFormat::Png), None | Some(Target::Stdout)) => Err(CommandError::PngWithoutFile),
        (format, None) => {
            let format = format.unwrap_or(GraphFormat::Svg);
            let kept = terminal && format == GraphFormat::Svg;
            Ok((format, if kept { Target::Kept } else { Target::Stdout }))
        }
        (format, Some(target)) => Ok((format.unwrap_or(GraphFormat::Svg), target)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(format: Option<GraphFormat>, output: Option<&str>, terminal: bool) -> String {
        match form(format, output.map(Path::new), terminal) {
            Ok((format, target)) => format!("{format:?} {target:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_extension_says_the_format_and_a_terminal_gets_no_xml() {
        for (path, format) in [
            ("a.svg", "Svg"),
            ("a.mmd", "Mermaid"),
            ("a.b/c.DOT", "Dot"),
            ("a.png", "Png"),
        ] {
            let expected = format!("{format} File({path:?})");
            assert_eq!(chosen(None, Some(path), true), expected);
        }
        let named = chosen(Some(GraphFormat::Dot), Some("a.txt"), false);
        assert_eq!(named, "Dot File(\"a.txt\")");
        assert_eq!(chosen(None, None, true), "Svg Kept");
        assert_eq!(chosen(None, None, false), "Svg Stdout");
        assert_eq!(chosen(None, Some("-"), true), "Svg Stdout");
        let mermaid = chosen(Some(GraphFormat::Mermaid), None, true);
        assert_eq!(mermaid, "Mermaid Stdout");
        for path in ["a.pdf", "a"] {
            let refused = chosen(None, Some(path), false);
            assert!(refused.contains(&format!("`{path}`")), "{refused}");
        }
        let png = chosen(Some(GraphFormat::Png), None, false);
        assert_eq!(png, CommandError::PngWithoutFile.to_string());
    }
}
