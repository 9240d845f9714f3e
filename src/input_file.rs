//! The files that a user names for txflow to read.

use std::fs::{File, FileType, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Enough for each of them. AWS's own limits on a definition and on an input are smaller; those are checked
/// elsewhere and reported in AWS's words.
const LIMIT: u64 = 4 << 20;

/// The text of a regular file. A pipe is not waited for, a device is not drained, and a file that is too
/// large is not read.
pub fn read(path: &Path) -> Result<String> {
    text(open(path, LIMIT)?)
}

/// The bytes of a regular file of at most so many.
pub fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = open(path, limit)?.take(limit + 1).read_to_end(&mut bytes)?;
    match length as u64 > limit {
        true => Err(too_large(limit)),
        false => Ok(bytes),
    }
}

fn open(path: &Path, limit: u64) -> Result<File> {
    // Without a writer, opening a pipe would block.
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let kind = kind(metadata.file_type());
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("it is {kind}, not a regular file"),
        ));
    }
    if metadata.len() > limit {
        return Err(too_large(limit));
    }
    Ok(file)
}

/// The text of a stream, such as standard input.
pub fn text(from: impl Read) -> Result<String> {
    let mut text = String::new();
    // A file may have grown since, and one in a virtual file system reports that it is empty.
    let length = from.take(LIMIT + 1).read_to_string(&mut text)?;
    if length as u64 > LIMIT {
        return Err(too_large(LIMIT));
    }
    // In UTF-16 without a mark, every other byte of plain English is one.
    if text.contains('\0') {
        return Err(ErrorKind::InvalidData.into());
    }
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

/// Editors on Windows begin a file in UTF-8 with it. It is not part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

fn too_large(limit: u64) -> Error {
    let message = format!("it has more than {} MB", limit >> 20);
    Error::new(ErrorKind::FileTooLarge, message)
}

fn kind(file: FileType) -> &'static str {
    if file.is_dir() {
        "a folder"
    } else if file.is_fifo() {
        "a pipe"
    } else if file.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    fn refused(path: &Path) -> String {
        read(path).unwrap_err().to_string()
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(refused(dir.path()), "it is a folder, not a regular file");
        assert_eq!(
            refused(Path::new("/dev/zero")),
            "it is a device, not a regular file"
        );
        let pipe = dir.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        assert_eq!(refused(&pipe), "it is a pipe, not a regular file");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert_eq!(refused(&link), "it is a device, not a regular file");
        let device = bytes(Path::new("/dev/zero"), LIMIT).unwrap_err();
        assert_eq!(device.to_string(), "it is a device, not a regular file");
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let sparse = dir.path().join("sparse");
        File::create(&sparse).unwrap().set_len(10 << 30).unwrap();
        assert_eq!(refused(&sparse), "it has more than 4 MB");
        let large = bytes(&sparse, 8 << 20).unwrap_err();
        assert_eq!(large.to_string(), "it has more than 8 MB");

        let largest = dir.path().join("largest");
        let size = usize::try_from(LIMIT).unwrap();
        std::fs::write(&largest, "x".repeat(size)).unwrap();
        assert_eq!(read(&largest).unwrap().len(), size);
    }

    /// Counts the bytes that are read.
    struct Endless(usize);

    impl Read for &mut Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            self.0 += buffer.len();
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_stream_is_read_up_to_the_limit() {
        let mut endless = Endless(0);
        assert_eq!(
            text(&mut endless).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
        assert!(endless.0 as u64 <= LIMIT + 1, "{}", endless.0);
        assert_eq!(text(&b"{}"[..]).unwrap(), "{}");
    }

    #[test]
    fn text_in_another_encoding_is_not_text() {
        let of = |bytes: &[u8]| text(bytes).unwrap_err().kind();
        assert_eq!(of(b"\xff\xfen\0a\0"), ErrorKind::InvalidData);
        assert_eq!(of(b"n\0a\0"), ErrorKind::InvalidData);
    }

    #[test]
    fn a_byte_order_mark_is_not_a_part_of_the_text() {
        assert_eq!(text("\u{feff}{}".as_bytes()).unwrap(), "{}");
        assert_eq!(text("{\u{feff}}".as_bytes()).unwrap(), "{\u{feff}}");
    }
}
