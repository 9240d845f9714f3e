//! The summary of a job.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// GitHub accepts no more from a step, and drops a longer summary altogether.
const LIMIT: usize = 1024 * 1024;

const TRUNCATED: &str =
    "\n**The rest of this summary is left out: GitHub takes 1 MiB of a step.** The log has it.\n";

/// What a cut may have to end: a block and its details.
const RESERVE: usize = 1024;

/// Appends to the file of `GITHUB_STEP_SUMMARY`, which other commands of the step may have written to.
pub(super) fn append(path: &Path, markdown: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let taken = usize::try_from(file.metadata()?.len()).unwrap_or(LIMIT);
    file.write_all(fitted(markdown, LIMIT.saturating_sub(taken)).as_bytes())
}

/// The summary in at most `limit` bytes, cut between two lines.
fn fitted(markdown: &str, limit: usize) -> String {
    if markdown.len() <= limit {
        return markdown.to_owned();
    }
    let room = limit.saturating_sub(TRUNCATED.len() + RESERVE);
    let mut fitted = String::new();
    let mut fence = None;
    let mut details = 0_usize;
    for line in markdown.split_inclusive('\n') {
        if fitted.len() + line.len() > room {
            break;
        }
        fitted.push_str(line);
        match fence {
            Some(open) if line.trim_end() == open => fence = None,
            None if line.starts_with("```") => {
                fence = Some(line.trim_end_matches(|c| c != '`'));
            }
            None if line.starts_with("<details>") => details += 1,
            None if line.starts_with("</details>") => details = details.saturating_sub(1),
            _ => {}
        }
    }
    if let Some(fence) = fence {
        fitted.push_str(&format!("{fence}\n"));
    }
    fitted.push_str(&"\n</details>\n".repeat(details));
    fitted.push_str(TRUNCATED);
    // A step that used its room up gets nothing more, not even the sentence.
    if fitted.len() <= limit {
        fitted
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_that_fits_is_written_whole_behind_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("summary.md");
        append(&path, "# a\n").unwrap();
        append(&path, "# b\n").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "# a\n# b\n");
    }

    #[test]
    fn a_summary_that_is_too_long_ends_with_a_sentence_outside_of_all_blocks() {
        let line = format!("{}\n", "é".repeat(600));
        let long = format!(
            "<details>\n\n````diff\n```\n{}````\n</details>\n",
            line.repeat(900)
        );
        let fitted = fitted(&long, LIMIT);
        assert!(fitted.len() <= LIMIT && fitted.len() > LIMIT - 4096);
        let end = format!("é\n````\n\n</details>\n{TRUNCATED}");
        assert!(fitted.ends_with(&end), "{}", &fitted[fitted.len() - 200..]);
    }

    #[test]
    fn a_step_that_used_its_room_up_gets_nothing_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("summary.md");
        std::fs::write(&path, vec![b'a'; LIMIT]).unwrap();
        append(&path, "# b\n").unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().len(), LIMIT as u64);
    }
}
