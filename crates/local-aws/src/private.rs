//! Folders and files that only this user can access, whatever the umask.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates the folder, or uses one that exists. Refuses one that somebody else may have planted.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => owned(&found, path)?,
        Ok(_) => return Err(not_a(path, "folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_folder(path)?,
        Err(error) => return Err(error),
    }
    set_mode(path, FOLDER)
}

/// Creates a folder that only this user can enter, or uses one that exists and belongs to this user.
///
/// # Errors
///
/// If the path is a link, belongs to another user, or is not a folder.
pub fn private_folder(path: &Path) -> io::Result<()> {
    folder(path)
}

/// Opens a file for reading and writing, and creates it if it does not exist. Never follows a link.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    ours(options().read(true).write(true).create(true), path)
}

/// Creates a file, or truncates one that exists.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let options = &mut options();
    ours(
        options.read(true).write(true).create(true).truncate(true),
        path,
    )
}

/// Syncs a folder: a renamed file is on disk only once its folder is.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}

/// The content of a file of at most `most` bytes. Fails if another user may have written it.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let file = options().read(true).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(not_a(path, "file"));
    }
    owned(&found, path)?;
    let mut content = Vec::new();
    file.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::other(format!(
            "`{}` is too long",
            path.display()
        )));
    }
    Ok(content)
}

/// Makes everything in `folder`, which is private itself, private as well. Below `programs`, files stay executable for
/// their owner, and what is neither a file nor a folder is left alone.
pub(crate) fn tighten(folder: &Path, programs: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match tighten_entry(&path, programs) {
            // A function that outlived its server may still be removing files.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

fn tighten_entry(path: &Path, programs: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    let program = path.starts_with(programs);
    if found.is_dir() {
        owned(&found, path)?;
        set_mode(path, FOLDER)?;
        tighten(path, programs)
    } else if found.is_file() {
        owned(&found, path)?;
        set_mode(path, if program { program_mode(&found) } else { FILE })
    } else if program {
        Ok(())
    } else {
        Err(not_a(path, "file or folder"))
    }
}

fn ours(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(not_a(path, "file"));
    }
    owned(&found, path)?;
    set_file_mode(&file, FILE)?;
    Ok(file)
}

fn not_a(path: &Path, kind: &str) -> io::Error {
    io::Error::other(format!(
        "`{}` is not a {kind} of its own but a link or something else; remove it",
        path.display()
    ))
}

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

#[cfg(unix)]
mod system {
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    use rustix::fs::OFlags;

    /// Does not follow links, and does not wait for the other end of a pipe.
    pub(super) fn options() -> OpenOptions {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let mut options = File::options();
        options
            .mode(super::FILE)
            .custom_flags(i32::try_from(flags).unwrap_or_default());
        options
    }

    pub(super) fn make_folder(path: &Path) -> io::Result<()> {
        let builder = &mut DirBuilder::new();
        builder.recursive(true).mode(super::FOLDER).create(path)
    }

    pub(super) fn owned(found: &Metadata, path: &Path) -> io::Result<()> {
        if found.uid() == rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "`{}` belongs to another user, with the number {}; remove it or move it away",
                path.display(),
                found.uid()
            ),
        ))
    }

    pub(super) fn program_mode(found: &Metadata) -> u32 {
        found.mode() & 0o100 | super::FILE
    }

    pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
        // Writes nothing if the mode is right already.
        if fs::symlink_metadata(path)?.mode() & 0o7777 != mode {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    pub(crate) fn set_file_mode(file: &File, mode: u32) -> io::Result<()> {
        if file.metadata()?.mode() & 0o7777 != mode {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn options() -> OpenOptions {
        File::options()
    }

    pub(super) fn make_folder(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(super) fn owned(_: &Metadata, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn program_mode(_: &Metadata) -> u32 {
        super::FILE
    }

    pub(super) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn set_file_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) use self::system::set_file_mode;
use self::system::{make_folder, options, owned, program_mode, set_mode};
