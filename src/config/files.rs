//! The files of a project that `deploy.toml` and what it names are read from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::input_file;

/// A folder, or the files that were read from one, such as those in the file of a plan.
#[derive(Debug, Clone)]
pub struct Files {
    /// The folder that paths are relative to.
    pub root: PathBuf,
    packed: Option<Sources>,
    read: RefCell<BTreeMap<String, String>>,
}

/// Texts by the paths that name them. Its `Debug` form shows none, since one may contain a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sources(pub BTreeMap<String, String>);

impl Files {
    /// What else is needed of the project is in the folder `root`.
    pub fn packed(root: &Path, texts: Sources) -> Self {
        Self {
            packed: Some(texts),
            ..Self::from(root)
        }
    }

    pub fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// The text of a file, by its path as `deploy.toml` writes it.
    #[expect(clippy::disallowed_methods, reason = "reads the files of a deployment")]
    pub(super) fn read(&self, path: &str) -> Result<String> {
        let text = match &self.packed {
            None => input_file::read(&self.path(path))?,
            Some(Sources(texts)) => {
                let absent = || Error::new(ErrorKind::NotFound, "the plan does not have it");
                texts.get(path).cloned().ok_or_else(absent)?
            }
        };
        let mut read = self.read.borrow_mut();
        read.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    /// A path as a user would write it: `deploy.toml`, not `./deploy.toml`.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        if self.root == Path::new(".") {
            PathBuf::from(path)
        } else {
            self.root.join(path)
        }
    }

    /// All that was read, by path.
    pub(super) fn into_read(self) -> Sources {
        Sources(self.read.into_inner())
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The files in a folder.
impl From<&Path> for Files {
    fn from(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            packed: None,
            read: RefCell::default(),
        }
    }
}
