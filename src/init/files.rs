//! Files that are written all together or not at all.

use std::fs;
use std::io::{Error, Write as _};
use std::path::{Path, PathBuf};

use super::InitError;
use crate::input_file;

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

/// Writes the files into `root`, which is created if it does not exist.
///
/// # Errors
///
/// If one of the files already exists, in which case nothing has been written, or if the file system
/// refuses.
#[expect(clippy::disallowed_methods, reason = "writes the project")]
pub fn write(root: &Path, files: &[ProjectFile]) -> Result<(), InitError> {
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
    Ok(())
}

/// The manifest of the cargo workspace that a folder lies in.
#[expect(clippy::disallowed_methods, reason = "looks for a workspace")]
pub fn around(root: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let manifests = root.ancestors().skip(1).map(|dir| dir.join("Cargo.toml"));
    let mut workspaces = manifests.filter(|manifest| is_workspace(manifest));
    workspaces.next()
}

#[expect(clippy::disallowed_methods, reason = "reads a manifest")]
fn is_workspace(manifest: &Path) -> bool {
    let text = input_file::read(manifest).unwrap_or_default();
    let table = text.parse::<toml::Table>();
    table.is_ok_and(|table| table.contains_key("workspace"))
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
        let error = write(dir.path(), &files).unwrap_err();
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
        let error = write(dir.path(), &files).unwrap_err();
        assert!(matches!(error, InitError::Write { .. }), "{error:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_workspace_around_a_folder_is_found_and_a_package_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("package/inner");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.parent().unwrap().join("Cargo.toml"), "[package]").unwrap();
        assert_eq!(around(&inner), None);
        let manifest = dir.path().canonicalize().unwrap().join("Cargo.toml");
        fs::write(&manifest, "[workspace]").unwrap();
        assert_eq!(around(&inner), Some(manifest));
    }
}
