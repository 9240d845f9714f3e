//! Files that are written all together or not at all.

use std::fs;
use std::io::{Error, Write as _};
use std::path::Path;

use super::{Addition, InitError};

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Relative to the project's folder.
    pub path: String,
    pub text: String,
}

impl ProjectFile {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

/// Writes the files into `root`, which is created if it does not exist, and then the additions.
///
/// # Errors
///
/// If one of the files already exists, in which case nothing has been written, or if the file system
/// refuses.
#[expect(clippy::disallowed_methods, reason = "writes the project")]
pub fn write(root: &Path, files: &[ProjectFile], additions: &[Addition]) -> Result<(), InitError> {
    let there = files.iter().map(|file| &file.path);
    let there = there.filter(|path| root.join(path).symlink_metadata().is_ok());
    let there: Vec<String> = there.cloned().collect();
    if !there.is_empty() {
        return Err(InitError::Exists { files: there });
    }
    // All folders first, so that a file in the place of a folder does not leave half a project behind.
    for file in files {
        let folder = root.join(&file.path);
        let folder = folder.parent().unwrap_or(root);
        fs::create_dir_all(folder).map_err(refused(folder))?;
    }
    for file in files {
        let path = root.join(&file.path);
        let created = fs::File::create_new(&path);
        let written = created.and_then(|mut created| created.write_all(file.text.as_bytes()));
        written.map_err(refused(&path))?;
    }
    for addition in additions {
        fs::write(&addition.path, &addition.text).map_err(refused(&addition.path))?;
    }
    Ok(())
}

fn refused(path: &Path) -> impl FnOnce(Error) -> InitError {
    let path = path.display().to_string();
    move |source| InitError::Write { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_stays_and_nothing_comes_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("b"), "mine").unwrap();
        let files = [
            ProjectFile::new("a", "new"),
            ProjectFile::new("b", "new"),
            ProjectFile::new("c/d", "new"),
        ];
        let error = write(dir.path(), &files, &[]).unwrap_err();
        assert!(matches!(error, InitError::Exists { files } if files == ["b"]));
        assert_eq!(fs::read_to_string(dir.path().join("b")).unwrap(), "mine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_leaves_no_half_of_a_project() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("lambdas"), "mine").unwrap();
        let files = [
            ProjectFile::new("a", "new"),
            ProjectFile::new("lambdas/b", "new"),
        ];
        let error = write(dir.path(), &files, &[]).unwrap_err();
        assert!(matches!(error, InitError::Write { .. }), "{error:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
