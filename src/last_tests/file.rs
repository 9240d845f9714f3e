//! The files, which only this user can read. They lie in the project's folder and may have come with it, so what is in them is
//! not trusted.

use std::fs;
use std::io::{self, Write as _};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use txflow_local_aws::private_folder;

use super::coverage::LastCoverage;
use super::result::LastTests;
use crate::input_file;
use crate::world::Secrets;

/// Where the results of a stack are.
#[derive(Debug, Clone)]
pub struct Place {
    root: PathBuf,
    folder: PathBuf,
}

/// The folder of all that txflow keeps in a project.
const KEPT: &str = ".txflow";
const RESULTS: &str = "results.json";
const COVERAGE: &str = "coverage.json";

impl Place {
    /// Of a stage, in the embedded AWS or not.
    pub fn new(root: &Path, stage: &str, local: bool) -> Self {
        let root = root.join(KEPT);
        let whose = if local { "local" } else { "aws" };
        Self {
            folder: root.join("tests").join(whose).join(stage),
            root,
        }
    }

    /// Whether the project has a folder for what txflow keeps. A run on AWS makes none.
    #[expect(clippy::disallowed_methods, reason = "looks for the folder")]
    pub fn is_there(&self) -> bool {
        self.root.is_dir()
    }

    /// The last run; `None` if there was none, or its file cannot be read.
    pub fn tests(&self) -> Option<LastTests> {
        self.read(RESULTS)
    }

    /// What the last run that measured it has reached.
    pub fn coverage(&self) -> Option<LastCoverage> {
        self.read(COVERAGE)
    }

    /// When the results were written last, to see that they are new.
    #[expect(clippy::disallowed_methods, reason = "looks at the file")]
    pub fn changed(&self) -> Option<std::time::SystemTime> {
        fs::metadata(self.folder.join(RESULTS))
            .ok()?
            .modified()
            .ok()
    }

    /// Keeps results, without the secrets.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    pub fn keep_tests(&self, tests: &LastTests, secrets: &Secrets) -> io::Result<()> {
        self.write(RESULTS, tests, secrets)
    }

    /// The same for coverage.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn keep_coverage(&self, coverage: &LastCoverage, secrets: &Secrets) -> io::Result<()> {
        self.write(COVERAGE, coverage, secrets)
    }

    #[expect(clippy::disallowed_methods, reason = "reads the file")]
    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let text = input_file::read(&self.folder.join(name)).ok()?;
        serde_json::from_str(&text).ok()
    }

    fn write(&self, name: &str, data: &impl Serialize, secrets: &Secrets) -> io::Result<()> {
        let mut data: Value = serde_json::to_value(data)?;
        secrets.mask_json(&mut data);
        let mut folder = PathBuf::new();
        // Each of them, since a link in their place would lead elsewhere.
        let inside = self
            .folder
            .strip_prefix(&self.root)
            .unwrap_or(Path::new(""));
        private_folder(&self.root)?;
        for part in inside.components() {
            folder.push(part);
            private_folder(&self.root.join(&folder))?;
        }
        replace(&self.folder.join(name), data.to_string().as_bytes())
    }
}

/// A reader finds the old file or the new one.
#[expect(clippy::disallowed_methods, reason = "writes the file")]
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(&new)?.write_all(bytes)?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::last_tests::{LastTest, Progress};

    fn tests(name: &str) -> LastTests {
        LastTests {
            began: Timestamp::UNIX_EPOCH,
            progress: Progress::Running,
            problem: Some("5up3r-s3cret is in it".to_owned()),
            tests: vec![LastTest::new(name, Progress::Failed)],
        }
    }

    #[test]
    fn what_is_kept_is_read_by_stage_and_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let dev = Place::new(folder.path(), "dev", true);
        assert_eq!(
            (dev.is_there(), dev.tests(), dev.changed()),
            (false, None, None)
        );
        let secrets = Secrets::default();
        secrets.add(["5up3r-s3cret"], &[]);
        dev.keep_tests(&tests("first"), &secrets).unwrap();
        dev.keep_tests(&tests("second"), &secrets).unwrap();
        let read = dev.tests().unwrap();
        assert_eq!(read.tests, tests("second").tests);
        assert_eq!(read.problem.as_deref(), Some("*** is in it"));
        assert!(dev.is_there() && dev.changed().is_some());
        for other in [("prod", true), ("dev", false)] {
            assert_eq!(Place::new(folder.path(), other.0, other.1).tests(), None);
        }
        let left: Vec<_> = fs::read_dir(&dev.folder).unwrap().collect();
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn a_file_that_means_something_else_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), "dev", true);
        fs::create_dir_all(&place.folder).unwrap();
        for text in [
            "",
            "{",
            "[]",
            "{\"began\": \"never\", \"progress\": \"passed\", \"tests\": []}",
        ] {
            fs::write(place.folder.join(RESULTS), text).unwrap();
            assert_eq!(place.tests(), None, "{text}");
        }
        let least = json!({ "began": "2026-01-01T00:00:00Z", "progress": "passed", "problem": null, "tests": [] });
        fs::write(place.folder.join(RESULTS), least.to_string()).unwrap();
        assert!(place.tests().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_folder_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), "dev", true);
        fs::create_dir(&place.root).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), place.root.join("tests")).unwrap();
        let kept = place.keep_tests(&tests("first"), &Secrets::default());
        assert!(kept.is_err());
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
