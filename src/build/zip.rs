//! The zip of a handler, whose bytes depend only on the binary.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// The file that Lambda starts in a custom runtime.
const ENTRY: &str = "bootstrap";

/// The hash of the zip that this makes of the sample in the tests, which stands for the bytes that it makes of any binary.
pub const MAKES: &str = "YzhfV7FhSdEbiNvSNJEBgoF6oZwJ69QsiDedvYmhICs=";

/// The binary as the only entry of a zip. Everything that the `zip` crate would take from the machine, or
/// that may change with its version, is set here.
pub fn zip(binary: &[u8]) -> ZipResult<Vec<u8>> {
    written(binary, CompressionMethod::Deflated, Some(9))
}

/// The same without compression, which takes longer than everything else that a local build does after the compiler.
pub fn stored(binary: &[u8]) -> ZipResult<Vec<u8>> {
    written(binary, CompressionMethod::Stored, None)
}

fn written(binary: &[u8], method: CompressionMethod, level: Option<i64>) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .compression_level(level)
        .last_modified_time(DateTime::DEFAULT) // 1980-01-01, the earliest that the format allows
        .unix_permissions(0o755)
        .system(System::Unix)
        .large_file(false);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(ENTRY, options)?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner())
}

/// As Lambda computes `CodeSha256`: base64 of SHA-256 of the zip.
pub fn code_sha256(zip: &[u8]) -> String {
    BASE64_STANDARD.encode(Sha256::digest(zip))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Partly compressible, so that each kind of deflate block is used.
    fn sample() -> Vec<u8> {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        let text = b"transaction ".repeat(4096).into_iter();
        text.chain((0..65_536).map(|_| noise())).collect()
    }

    #[test]
    fn the_bytes_are_the_same_on_every_machine_and_with_every_release() {
        // If this fails after an update, every function of every user is deployed again once:
        // say so in the changelog.
        assert_eq!(code_sha256(&zip(&sample()).unwrap()), MAKES);
    }

    #[test]
    fn the_entry_is_an_executable_bootstrap_without_a_time() {
        let zip = zip(&sample()).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(
            entry.last_modified().unwrap().to_string(),
            "1980-01-01 00:00:00"
        );
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(content, sample());
    }

    #[test]
    fn the_hash_is_lambdas() {
        // `printf abc | openssl dgst -sha256 -binary | base64`
        assert_eq!(
            code_sha256(b"abc"),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        );
    }
}
