//! Zips: checked when they are uploaded, unpacked when they are first run.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::invalid;
use crate::fault::Fault;
use crate::private;

/// AWS's limit for a zip that is sent with the call.
const MAX_ZIPPED: usize = 50 * 1024 * 1024;
/// AWS's limit for what the zip unpacks to.
const MAX_UNPACKED: u64 = 250 * 1024 * 1024;

/// Refuses what AWS does not accept as a function's code inside a call.
pub(super) fn check_sent(zip: &[u8]) -> Result<(), Fault> {
    if zip.len() > MAX_ZIPPED {
        let message = format!("Request must be smaller than {MAX_ZIPPED} bytes for the zip file");
        return Err(Fault::new(413, "RequestEntityTooLargeException", message));
    }
    check(zip)
}

/// Refuses what AWS does not accept as a function's code, wherever it comes from.
pub(super) fn check(zip: &[u8]) -> Result<(), Fault> {
    let unreadable = |_| {
        invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
    };
    let mut archive = ZipArchive::new(io::Cursor::new(zip)).map_err(unreadable)?;
    if archive.is_empty() {
        return Err(invalid("Uploaded file must be a non-empty zip"));
    }
    let mut size = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(unreadable)?;
        size = size.saturating_add(entry.size());
        // A path outside the folder could overwrite any file on this machine.
        if entry.enclosed_name().is_none() {
            return Err(invalid(
                "Could not unzip uploaded file. Please check your file, then try to upload again.",
            ));
        }
    }
    match size > MAX_UNPACKED {
        true => Err(too_large()),
        false => Ok(()),
    }
}

pub(crate) fn too_large() -> Fault {
    invalid(format!(
        "Unzipped size must be smaller than {MAX_UNPACKED} bytes"
    ))
}

const UNFINISHED: &str = ".part";

/// Whether an entry of the folder for unpacked code is one that is being filled.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.ends_with(UNFINISHED)
}

/// The folder that holds what `zip` unpacks to. The name is the zip's hash, so a folder that exists is complete:
/// it is filled under another name, then renamed.
pub(super) fn unpack(zip: &Path, hash: &str, directory: &Path) -> io::Result<PathBuf> {
    let folder = directory.join(hash);
    if folder.exists() {
        return Ok(folder);
    }
    let unfinished = directory.join(format!("{}{UNFINISHED}", uuid::Uuid::new_v4()));
    private::folder(&unfinished)?;
    let result = extract(zip, &unfinished).and_then(|()| match fs::rename(&unfinished, &folder) {
        // Another invocation unpacked it first.
        Err(_) if folder.exists() => Ok(()),
        result => result,
    });
    if unfinished.exists() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    result.map(|()| folder)
}

/// Accepts a zip as `CreateFunction` does and unpacks it as the first call does. For the fuzz target, which must not
/// run what it generates.
#[cfg(fuzzing)]
pub fn check_and_unpack(zip: &Path, directory: &Path) -> io::Result<PathBuf> {
    check_sent(&fs::read(zip)?).map_err(|fault| io::Error::other(fault.code))?;
    unpack(zip, "hash", directory)
}

fn extract(zip: &Path, folder: &Path) -> io::Result<()> {
    let mut archive = ZipArchive::new(File::open(zip)?).map_err(failed)?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(failed)?;
        let name = entry
            .enclosed_name()
            .ok_or_else(|| io::Error::other("the path of an entry leads out of the folder"))?;
        let path = folder.join(name);
        if entry.is_dir() {
            private::folder(&path)?;
            continue;
        }
        if entry.is_symlink() {
            // A link could lead a later entry out of the folder.
            return Err(io::Error::other("links in a zip are not supported"));
        }
        if let Some(parent) = path.parent() {
            private::folder(parent)?;
        }
        let mode = mode(entry.unix_mode());
        let mut file = private::create(&path)?;
        // Sizes in a zip's directory can lie; what is counted here cannot.
        let written = io::copy(&mut entry.by_ref().take(left + 1), &mut file)?;
        left = left
            .checked_sub(written)
            .ok_or_else(|| io::Error::other("the zip unpacks to more than 250 MB"))?;
        private::set_file_mode(&file, mode)?;
    }
    Ok(())
}

/// Only what the zip marks as executable can be run, and only by its owner: a `bootstrap` without the executable bit
/// does not run on AWS either.
fn mode(zipped: Option<u32>) -> u32 {
    (zipped.unwrap_or_default() & 0o100) | 0o600
}

fn failed(error: ZipError) -> io::Error {
    io::Error::other(error)
}
