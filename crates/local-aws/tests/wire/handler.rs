//! A function's handler, which is a script: so the tests need no program of their own for it.

use std::io::Write;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Gives `next` and `answer`.
const RUNTIME_API: &str = include_str!("runtime_api.sh");

const ECHO: &str = r#"
while next; do
  echo "has $event"
  if [[ $event =~ \"until\":\"([^\"]+)\" ]]; then
    until [ -e "${BASH_REMATCH[1]}" ]; do sleep 0.01; done
  fi
  answer "$event"
done
"#;

/// A zip with a handler that logs each event and answers it with itself. Before the answer it waits for the file that
/// the event's `until` names.
pub fn zip() -> Vec<u8> {
    zip_of(ECHO)
}

/// A zip with a handler that runs this script.
pub fn zip_of(script: &str) -> Vec<u8> {
    zipped(script, CompressionMethod::Deflated)
}

/// The same, as large as the script.
pub fn stored(script: &str) -> Vec<u8> {
    zipped(script, CompressionMethod::Stored)
}

fn zipped(script: &str, method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .unix_permissions(0o755)
        .compression_method(method);
    zip.start_file("bootstrap", options).unwrap();
    write!(zip, "{RUNTIME_API}{script}").unwrap();
    zip.finish().unwrap().into_inner()
}
