//! A damaged database is moved aside, for whoever wants to look, and makes room for a new one.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::database;
use super::seal::Seal;
use crate::clock::{self, Clock};

/// A damaged database, and where it is now.
#[derive(Debug, Clone)]
pub struct Damaged {
    pub moved_to: PathBuf,
    pub cause: String,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damaged { moved_to, cause } = self;
        write!(
            f,
            "the local AWS's database is damaged ({cause}) and was moved to `{}`; the local AWS starts empty, so deploy again",
            moved_to.display()
        )
    }
}

/// Moves the database of a data directory aside, and its key too if that is not valid.
pub(super) fn set_aside(directory: &Path, cause: String) -> io::Result<Damaged> {
    let (database, key) = (database::file(directory), database::key_file(directory));
    let stamp = clock::compact(Clock::SYSTEM.now());
    let free = (0..)
        .map(|turn| match turn {
            0 => format!("damaged-{stamp}"),
            turn => format!("damaged-{stamp}-{turn}"),
        })
        .find(|suffix| !beside(&database, suffix).exists())
        .unwrap_or_default();
    let moved_to = beside(&database, &free);
    fs::rename(&database, &moved_to)?;
    // A valid key stays: it opens what was moved aside, and seals what is written next.
    if key.exists() && Seal::read(&key)?.is_none() {
        fs::rename(&key, beside(&key, &free))?;
    }
    Ok(Damaged { moved_to, cause })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}"));
    path.with_file_name(name)
}
