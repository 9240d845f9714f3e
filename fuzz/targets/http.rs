//! Any bytes on connections of the embedded AWS: each is answered or hung up on, and the server goes on.
//!
//! An input is a text of several requests, so that one can build on what another made. A line `> SERVICE OPERATION` or
//! `> lambda METHOD PATH` starts a request that is complete but for its body, which are the lines that follow. The
//! lines after `> raw`, and those of a text that starts otherwise, go over the wire as they are.
#![no_main]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use txflow_local_aws::{Behavior, LocalAws, Options, Time, Weather};

/// A fresh server now and then, so that what piles up in one does not slow the others down.
const INPUTS_A_SERVER: usize = 500;
const MAX_REQUESTS: usize = 12;
const TRUST: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;

static SERVER: Mutex<Option<Server>> = Mutex::new(None);

fuzz_target!(init: txflow_fuzz::keep_stack_overflows(), |input: &[u8]| {
    let mut slot = SERVER.lock().expect("a panic ends the process");
    if slot.as_ref().is_some_and(|server| server.inputs_left == 0) {
        slot.take().expect("it was just there").stop();
    }
    let server = slot.get_or_insert_with(Server::start);
    server.inputs_left -= 1;
    for request in requests(input).into_iter().take(MAX_REQUESTS) {
        server.send(&request);
    }
});

struct Server {
    aws: LocalAws,
    runtime: Runtime,
    inputs_left: usize,
    _data: TempDir,
}

enum Request<'i> {
    Raw(&'i [u8]),
    Call { head: &'i str, body: &'i [u8] },
}

fn requests(input: &[u8]) -> Vec<Request<'_>> {
    let mut starts: Vec<usize> = input
        .windows(3)
        .enumerate()
        .filter(|(_, window)| *window == b"\n> ")
        .map(|(at, _)| at + 1)
        .collect();
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).copied().chain([input.len()]);
    let blocks = starts.iter().zip(ends).map(|(&from, to)| &input[from..to]);
    blocks.map(Request::read).collect()
}

impl<'i> Request<'i> {
    fn read(block: &'i [u8]) -> Request<'i> {
        let Some(block) = block.strip_prefix(b"> ") else {
            return Request::Raw(block);
        };
        let end = block.iter().position(|byte| *byte == b'\n');
        let (head, body) = block.split_at(end.unwrap_or(block.len()));
        let body = body.strip_prefix(b"\n").unwrap_or_default();
        match std::str::from_utf8(head).map(str::trim) {
            Ok(head) if head != "raw" => Request::Call { head, body },
            _ => Request::Raw(body),
        }
    }

    fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let (head, body) = match self {
            Request::Raw(bytes) => return bytes.to_vec(),
            Request::Call { head, body } => (head, body.to_vec()),
        };
        let mut words = head.splitn(3, ' ');
        let service = words.next().unwrap_or_default();
        let operation = words.next().unwrap_or_default();
        let path = words.next().unwrap_or("/");
        let form = |version| format!("Action={operation}&Version={version}").into_bytes();
        let form_header = "Content-Type: application/x-www-form-urlencoded\r\n".to_owned();
        let (method, header, body) = match service {
            "iam" => ("POST", form_header, [form("2010-05-08"), body].concat()),
            "sts" => ("POST", form_header, [form("2011-06-15"), body].concat()),
            "states" => ("POST", target("AWSStepFunctions", operation), body),
            "logs" => ("POST", target("Logs_20140328", operation), body),
            _ => (operation, String::new(), body),
        };
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature={:064}\r\n{header}\r\n",
            0
        );
        [head.into_bytes(), body].concat()
    }
}

fn target(prefix: &str, operation: &str) -> String {
    format!("X-Amz-Target: {prefix}.{operation}\r\n")
}

impl Server {
    fn start() -> Server {
        let data = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let aws = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            LocalAws::start(Options {
                behavior: Behavior {
                    weather: Weather::constant(Duration::ZERO),
                    time: Time::Virtual,
                    ..Behavior::default()
                },
                ..Options::new(data.path(), listener.expect("a port"))
            })
            .await
            .expect("a server")
        });
        let server = Server {
            aws,
            runtime,
            inputs_left: INPUTS_A_SERVER,
            _data: data,
        };
        // What every function and state machine needs.
        server.send(&Request::Call {
            head: "iam CreateRole",
            body: format!("&RoleName=r&AssumeRolePolicyDocument={TRUST}").as_bytes(),
        });
        server
    }

    /// One request on a connection of its own, up to the end of the answer.
    fn send(&self, request: &Request<'_>) {
        let mut stream = TcpStream::connect(self.aws.address()).expect("a connection");
        // The server may answer and hang up before it has read all.
        let _ = stream.write_all(&request.bytes(self.aws.address()));
        if matches!(request, Request::Raw(_)) {
            // Half a request would be waited for.
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        let _ = stream.read_to_end(&mut Vec::new());
    }

    fn stop(self) {
        let _ = self.runtime.block_on(self.aws.shutdown());
    }
}
