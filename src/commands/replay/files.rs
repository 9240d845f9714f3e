//! Executions in files.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Deserializer, Value};

use crate::commands::error::CommandError;

/// The executions in a file, or in the files of a folder.
pub(super) fn from_files(path: &Path) -> Result<Vec<Value>, CommandError> {
    let unreadable = |path: &Path, cause: String| CommandError::BadRecording {
        path: path.display().to_string(),
        cause,
    };
    let files = files(path).map_err(|cause| unreadable(path, cause.to_string()))?;
    let mut recordings = Vec::new();
    for file in files {
        let text = text(&file).map_err(|cause| unreadable(&file, cause.to_string()))?;
        let found = parse(&text).map_err(|cause| unreadable(&file, cause))?;
        recordings.extend(found);
    }
    // A pipeline whose corpus is elsewhere must not pass.
    if recordings.is_empty() {
        return Err(unreadable(path, "it holds no executions".to_owned()));
    }
    Ok(recordings)
}

/// The file, or the files of recordings in the folder, by their names.
#[expect(clippy::disallowed_methods, reason = "looks for recordings")]
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| {
        let kind = file.extension().and_then(|kind| kind.to_str());
        matches!(kind, Some("json" | "jsonl"))
    });
    files.sort();
    Ok(files)
}

#[expect(clippy::disallowed_methods, reason = "reads recordings")]
fn text(path: &Path) -> io::Result<String> {
    let bytes = std::fs::read(path)?;
    // PowerShell writes it so.
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "it is in UTF-16; write it in UTF-8";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// One document, or several, as in a file with one a line.
fn parse(text: &str) -> Result<Vec<Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut documents = Deserializer::from_str(text).into_iter::<Value>();
    let mut recordings = Vec::new();
    let mut begin = 0;
    while let Some(document) = documents.next() {
        let mut document = document.map_err(|cause| placed(&cause))?;
        if !in_order(&mut document) {
            let line = 1 + text[..begin].matches('\n').count() + { text[begin..].chars() }
                .take_while(|c| c.is_whitespace())
                .filter(|c| *c == '\n')
                .count();
            return Err(format!("line {line}: an execution has no list `events`"));
        }
        recordings.push(document);
        begin = documents.byte_offset();
    }
    Ok(recordings)
}

/// Puts the events in their order, since `--reverse-order` prints the last one first. Whether there are any.
fn in_order(recording: &mut Value) -> bool {
    let Some(events) = recording.get_mut("events").and_then(Value::as_array_mut) else {
        return false;
    };
    // Without ids it is refused later, with the reason.
    if events.iter().all(|event| event["id"].is_u64()) {
        events.sort_by_key(|event| event["id"].as_u64());
    }
    true
}

fn placed(cause: &serde_json::Error) -> String {
    let (line, column) = (cause.line(), cause.column());
    let message = cause.to_string();
    let place = format!(" at line {line} column {column}");
    let message = message.strip_suffix(&place).unwrap_or(&message);
    match column {
        0 => format!("line {line}: {message}"),
        column => format!("line {line}, column {column}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_without_executions_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = from_files(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it holds no executions"), "{error}");
    }

    #[test]
    fn a_file_has_one_document_or_one_a_line() {
        let count = |text: &str| parse(text).map(|found| found.len());
        assert_eq!(count("{\n  \"events\": []\n}"), Ok(1));
        assert_eq!(count("\u{feff}{\"events\":[]}\n\n{\"events\":[]}\n"), Ok(2));
    }

    #[test]
    fn an_error_has_its_line_in_the_file() {
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(
            error("{\"events\":[]}\n{"),
            "line 2, column 1: EOF while parsing an object"
        );
        assert_eq!(
            error("{\n  \"events\": [\n    { \"id\": 1, }\n  ]\n}"),
            "line 3, column 16: trailing comma"
        );
        assert_eq!(
            error("{\"events\":[]}\n\n{\"status\":\"FAILED\"}"),
            "line 3: an execution has no list `events`"
        );
    }

    /// As `aws stepfunctions get-execution-history --reverse-order` prints it.
    #[test]
    fn events_in_reverse_are_put_in_order() {
        let found = parse(r#"{"events":[{"id":2},{"id":1}]}"#).unwrap();
        assert_eq!(found[0]["events"][0]["id"], 1);
    }

    #[test]
    fn text_that_is_not_utf_8_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.json");
        std::fs::write(&file, b"\xff\xfe{\0}\0").unwrap();
        let error = from_files(&file).unwrap_err().to_string();
        assert!(error.contains("it is in UTF-16"), "{error}");
    }
}
