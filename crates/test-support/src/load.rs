//! How many executions a second an endpoint ends, and how long each takes.
//!
//! Speaks plain HTTP to any server of the Step Functions API, so that all are measured alike.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const PATIENCE: Duration = Duration::from_secs(300);
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// What is started, and where.
pub struct Load<'a> {
    /// Such as `127.0.0.1:4566`.
    pub address: &'a str,
    pub region: &'a str,
    pub state_machine_arn: &'a str,
    pub input: &'a str,
}

/// What some executions took.
pub struct Times {
    /// From the first start to the last end.
    pub all: Duration,
    /// Each, sorted.
    each: Vec<Duration>,
}

impl Times {
    fn new(all: Duration, mut each: Vec<Duration>) -> Self {
        each.sort();
        Self { all, each }
    }

    pub fn a_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of executions")]
        let count = self.each.len() as f64;
        count / self.all.as_secs_f64()
    }

    /// The time that so many percent of the executions kept within.
    pub fn percentile(&self, share: usize) -> Duration {
        let last = self.each.len().saturating_sub(1);
        let index = (self.each.len() * share / 100).min(last);
        self.each.get(index).copied().unwrap_or_default()
    }
}

impl Load<'_> {
    /// Each of `concurrency` clients starts an execution, asks every millisecond until it has ended, and starts the
    /// next. An execution's time is what its client has waited. Fails where one does not succeed.
    pub fn one_by_one(&self, count: usize, concurrency: usize) -> Result<Times, Failure> {
        let began = Instant::now();
        let each = self.share(count, concurrency, |connection, _| {
            let started = Instant::now();
            let execution = self.start(connection)?;
            self.end(connection, &execution)?;
            Ok(started.elapsed())
        })?;
        Ok(Times::new(began.elapsed(), each))
    }

    /// Starts all as fast as `concurrency` clients can, and only then looks for their ends. An execution's time is
    /// what the server says. Fails where one does not succeed, or is lost.
    pub fn at_once(&self, count: usize, concurrency: usize) -> Result<Times, Failure> {
        let began = Instant::now();
        let started = self.share(count, concurrency, |connection, _| self.start(connection))?;
        let each = self.share(count, concurrency, |connection, index| {
            let ended = self.end(connection, &started[index])?;
            let date = |name: &str| ended[name].as_f64().unwrap_or(f64::NAN);
            let took = date("stopDate") - date("startDate");
            Ok(Duration::try_from_secs_f64(took)?)
        })?;
        Ok(Times::new(began.elapsed(), each))
    }

    /// Shares the numbers below `count` among as many threads as `concurrency` says, each with its own connection.
    fn share<T: Send>(
        &self,
        count: usize,
        concurrency: usize,
        work: impl Fn(&mut Connection, usize) -> Result<T, Failure> + Sync,
    ) -> Result<Vec<T>, Failure> {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let worker = || {
                let mut connection = Connection::new(self.address, "states", self.region);
                let mut done = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return Ok::<_, Failure>(done);
                    }
                    done.push(work(&mut connection, index)?);
                }
            };
            let workers: Vec<_> = (0..concurrency).map(|_| scope.spawn(worker)).collect();
            let mut done = Vec::new();
            for worker in workers {
                done.extend(worker.join().map_err(|_| "a worker panicked")??);
            }
            Ok(done)
        })
    }

    /// Its ARN.
    fn start(&self, connection: &mut Connection) -> Result<Value, Failure> {
        let start = json!({ "stateMachineArn": self.state_machine_arn, "input": self.input });
        let started = connection.call("AWSStepFunctions.StartExecution", &start)?;
        Ok(started["executionArn"].clone())
    }

    fn end(&self, connection: &mut Connection, execution: &Value) -> Result<Value, Failure> {
        let began = Instant::now();
        let describe = json!({ "executionArn": execution });
        loop {
            let found = connection.call("AWSStepFunctions.DescribeExecution", &describe)?;
            match found["status"].as_str() {
                Some("SUCCEEDED") => return Ok(found),
                Some("RUNNING") if began.elapsed() < PATIENCE => std::thread::sleep(ASK_AGAIN),
                _ => return Err(format!("an execution did not succeed: {found}").into()),
            }
        }
    }
}

/// A connection that is kept open where the server allows it.
pub struct Connection {
    address: String,
    head: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    pub fn new(address: &str, service: &str, region: &str) -> Connection {
        let head = format!(
            "Host: {address}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0\r\n"
        );
        Connection {
            address: address.to_owned(),
            head,
            stream: None,
        }
    }

    /// Calls an operation of a service that speaks AWS JSON.
    pub fn call(&mut self, target: &str, input: &Value) -> Result<Value, Failure> {
        let head =
            format!("Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: {target}\r\n");
        Ok(serde_json::from_slice(
            &self.post(&head, &input.to_string())?,
        )?)
    }

    /// Posts a body with further headers.
    pub fn post(&mut self, head: &str, body: &str) -> Result<Vec<u8>, Failure> {
        self.send("POST /", head, body)
    }

    pub fn send(&mut self, target: &str, head: &str, body: &str) -> Result<Vec<u8>, Failure> {
        let (own, length) = (&self.head, body.len());
        let request =
            format!("{target} HTTP/1.1\r\n{own}{head}Content-Length: {length}\r\n\r\n{body}");
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(request.as_bytes())?;
        let (status, mut length, mut keep) = (line(&mut stream)?, 0, true);
        loop {
            let header = line(&mut stream)?.to_ascii_lowercase();
            match header.split_once(':') {
                None => break,
                Some(("content-length", value)) => length = value.trim().parse()?,
                Some(("connection", value)) => keep = value.trim() != "close",
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        self.stream = keep.then_some(stream);
        if !status.contains(" 200") {
            let body = String::from_utf8_lossy(&body);
            return Err(format!("{target} {}: {status}: {body}", head.trim_end()).into());
        }
        Ok(body)
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> Result<String, Failure> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err("the server closed the connection".into());
    }
    Ok(line.trim_end().to_owned())
}
