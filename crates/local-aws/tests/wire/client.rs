//! A client that knows nothing about AWS except how to write a request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

#[derive(Clone, Copy)]
pub struct Client {
    pub address: SocketAddr,
    /// The access key id. Twelve digits are an account.
    pub access_key: &'static str,
}

impl Client {
    /// A client of the default account.
    pub fn new(address: SocketAddr) -> Client {
        Client {
            address,
            access_key: "test",
        }
    }

    /// One request on a connection of its own. Blocks; the server runs on other threads.
    pub fn send(self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let length = body.len();
        self.write(&format!("{head}Content-Length: {length}\r\n\r\n{body}"))
    }

    /// Sends exactly this, and reads until the server closes the connection.
    pub fn write(self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let limit = Some(std::time::Duration::from_secs(60));
        stream.set_read_timeout(limit).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub fn iam(self, action: &str, parameters: &str) -> Answer {
        let body = format!("Action={action}&Version=2010-05-08{parameters}");
        self.send(
            "POST",
            "/",
            &[
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Authorization", &self.scope("iam")),
            ],
            &body,
        )
    }

    /// An operation of Step Functions.
    pub fn states(self, operation: &str, input: &Value) -> Answer {
        let target = format!("AWSStepFunctions.{operation}");
        self.send(
            "POST",
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Authorization", &self.scope("states")),
            ],
            &input.to_string(),
        )
    }

    /// An operation of DynamoDB.
    pub fn dynamodb(self, operation: &str, input: &Value) -> Answer {
        let target = format!("DynamoDB_20120810.{operation}");
        self.send(
            "POST",
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Authorization", &self.scope("dynamodb")),
            ],
            &input.to_string(),
        )
    }

    /// An operation of EventBridge.
    pub fn events(self, operation: &str, input: &Value) -> Answer {
        let target = format!("AWSEvents.{operation}");
        self.send(
            "POST",
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Authorization", &self.scope("events")),
            ],
            &input.to_string(),
        )
    }

    /// An operation of SQS.
    pub fn sqs(self, operation: &str, input: &Value) -> Answer {
        let target = format!("AmazonSQS.{operation}");
        self.send(
            "POST",
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Authorization", &self.scope("sqs")),
            ],
            &input.to_string(),
        )
    }

    pub fn sns(self, action: &str, parameters: &str) -> Answer {
        let body = format!("Action={action}&Version=2010-03-31{parameters}");
        self.send(
            "POST",
            "/",
            &[
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Authorization", &self.scope("sns")),
            ],
            &body,
        )
    }

    /// An operation of CloudWatch Logs.
    pub fn logs(self, operation: &str, input: &Value) -> Answer {
        let target = format!("Logs_20140328.{operation}");
        self.send(
            "POST",
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Authorization", &self.scope("logs")),
            ],
            &input.to_string(),
        )
    }

    pub fn lambda(self, method: &str, path: &str, input: &Value) -> Answer {
        self.send(
            method,
            path,
            &[("Authorization", &self.scope("lambda"))],
            &input.to_string(),
        )
    }

    /// The header that names the caller and the region.
    pub fn scope(self, service: &str) -> String {
        let key = self.access_key;
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }
}
