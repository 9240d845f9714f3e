//! The process of a function: this test binary itself, so that the tests need no other program.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip whose `bootstrap` starts this binary as a handler that logs each event and answers it with itself. Before
/// the answer it waits for the file that the event's `until` names.
pub fn zip() -> Vec<u8> {
    let own = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\nexec '{}' --ignored --exact handler::process --nocapture\n",
        own.display()
    );
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(
        "bootstrap",
        SimpleFileOptions::default().unix_permissions(0o755),
    )
    .unwrap();
    zip.write_all(script.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Not a test: what the zip above starts. Runs until the server ends it.
#[test]
#[ignore = "is the process of a function"]
fn process() {
    let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") else {
        return;
    };
    let stream = TcpStream::connect(&api).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        write!(
            writer,
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {api}\r\n\r\n"
        )
        .unwrap();
        let Some((id, event)) = read(&mut reader) else {
            return;
        };
        let event = String::from_utf8(event).unwrap();
        println!("has {event}");
        let until = serde_json::from_str::<serde_json::Value>(&event).unwrap_or_default();
        while until["until"]
            .as_str()
            .is_some_and(|path| !Path::new(path).exists())
        {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let length = event.len();
        write!(
            writer,
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n{event}"
        )
        .unwrap();
        read(&mut reader).unwrap();
    }
}

/// The request id of an answer, if it has one, and its body.
fn read(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            None if line.trim_end().is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("lambda-runtime-aws-request-id") => {
                value.clone_into(&mut id)
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((id, body))
}
