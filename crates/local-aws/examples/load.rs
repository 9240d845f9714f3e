//! How many executions a second an endpoint ends, and how long each takes:
//! `cargo run --release -p txflow-local-aws --example load -- HOST:PORT STATE_MACHINE_ARN INPUT [COUNT] [CONCURRENCY]`.
//!
//! Speaks plain HTTP to any server of the Step Functions API, so that this one and others are measured alike. An
//! execution's time is from the call that starts it to the answer that says that it has ended; it is asked for
//! every millisecond.

#![allow(clippy::print_stdout)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const PATIENCE: Duration = Duration::from_secs(120);
const ASK_AGAIN: Duration = Duration::from_millis(1);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, machine, input, rest @ ..] = arguments.as_slice() else {
        return Err("usage: load HOST:PORT STATE_MACHINE_ARN INPUT [COUNT] [CONCURRENCY]".into());
    };
    let count = rest.first().map_or(Ok(1000), |count| count.parse())?;
    let concurrency = rest
        .get(1)
        .map_or(Ok(20), |concurrency| concurrency.parse())?;
    let region = machine
        .split(':')
        .nth(3)
        .ok_or("the second argument is no ARN")?;
    let load = Load {
        address,
        region,
        machine,
        input,
    };

    // Processes start and connections warm up before anything is measured.
    load.run(20, concurrency.min(20))?;
    println!(
        "{:<28} {:>8} {:>12} {:>8} {:>8} {:>8}",
        "", "ended", "a second", "p50 ms", "p99 ms", "max ms"
    );
    load.report("one after the other", 50, 1)?;
    load.report(&format!("{concurrency} at a time"), count, concurrency)
}

struct Load<'a> {
    address: &'a str,
    region: &'a str,
    machine: &'a str,
    input: &'a str,
}

impl Load<'_> {
    fn report(&self, name: &str, count: usize, concurrency: usize) -> Result<(), Failure> {
        let started = Instant::now();
        let mut times = self.run(count, concurrency)?;
        let seconds = started.elapsed().as_secs_f64();
        times.sort();
        let at = |share: usize| {
            times.get((times.len() * share / 100).min(times.len().saturating_sub(1)))
        };
        let millis =
            |time: Option<&Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
        #[expect(clippy::cast_precision_loss, reason = "a count of executions")]
        let rate = times.len() as f64 / seconds;
        let (p50, p99, max) = (millis(at(50)), millis(at(99)), millis(times.last()));
        println!(
            "{name:<28} {:>8} {rate:>12.0} {p50:>8.1} {p99:>8.1} {max:>8.1}",
            times.len()
        );
        Ok(())
    }

    /// The time that each execution took. Fails where one fails or is lost.
    fn run(&self, count: usize, concurrency: usize) -> Result<Vec<Duration>, Failure> {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..concurrency)
                .map(|_| {
                    scope.spawn(|| {
                        let mut connection = Connection::open(self.address, self.region)?;
                        let mut times = Vec::new();
                        while next.fetch_add(1, Ordering::Relaxed) < count {
                            times.push(self.one(&mut connection)?);
                        }
                        Ok::<_, Failure>(times)
                    })
                })
                .collect();
            let mut times = Vec::new();
            for worker in workers {
                times.extend(worker.join().map_err(|_| "a worker panicked")??);
            }
            Ok(times)
        })
    }

    fn one(&self, connection: &mut Connection) -> Result<Duration, Failure> {
        let started = Instant::now();
        let start = json!({ "stateMachineArn": self.machine, "input": self.input });
        let execution = connection.call("StartExecution", &start)?;
        let describe = json!({ "executionArn": execution["executionArn"] });
        loop {
            let found = connection.call("DescribeExecution", &describe)?;
            match found["status"].as_str() {
                Some("SUCCEEDED") => return Ok(started.elapsed()),
                Some("RUNNING") if started.elapsed() < PATIENCE => std::thread::sleep(ASK_AGAIN),
                _ => return Err(format!("an execution did not succeed: {found}").into()),
            }
        }
    }
}

/// A connection that is kept open.
struct Connection {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Connection {
    fn open(address: &str, region: &str) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-amz-json-1.0\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{region}/states/aws4_request, \
             SignedHeaders=host, Signature=0\r\n"
        );
        Ok(Connection {
            stream: BufReader::new(stream),
            head,
        })
    }

    fn call(&mut self, operation: &str, input: &Value) -> Result<Value, Failure> {
        let body = input.to_string();
        let request = format!(
            "{}X-Amz-Target: AWSStepFunctions.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut line = String::new();
        let mut status = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the server closed the connection".into());
            }
            if status.is_empty() {
                line.trim_end().clone_into(&mut status);
            }
            match line.trim_end().split_once(':') {
                None if line.trim_end().is_empty() => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse()?
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if !status.contains(" 200") {
            return Err(
                format!("{operation}: {status}: {}", String::from_utf8_lossy(&body)).into(),
            );
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
