//! Servers that never answer, never end, or end too soon, on a clock that runs a hundred times as fast.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use txflow_local_aws::Time;

use crate::aws::{Aws, AwsError, Class, ConnectError, ConnectOptions, connect, failed};
use crate::world::AwsAccess;

/// By far longer than any of it takes here; only a wait without a limit is longer.
const PATIENCE: Duration = Duration::from_secs(120);

fn fast(time: Duration) -> Duration {
    time / 100
}

#[derive(Debug)]
struct FastSleep;

impl AsyncSleep for FastSleep {
    fn sleep(&self, time: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(fast(time)))
    }
}

/// How a server answers.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Identity,
    Never,
    /// A byte a second, forever.
    Drip,
    /// A part of it, and then nothing.
    Stall,
    /// A part of it, and then the connection closes.
    Cut,
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{";
const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::123456789012:user/ci</Arn><Account>123456789012</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

impl Answer {
    async fn give(self, mut stream: TcpStream) -> std::io::Result<()> {
        match self {
            Self::Identity => {
                let length = IDENTITY.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{IDENTITY}"
                );
                stream.write_all(answer.as_bytes()).await
            }
            Self::Never => std::future::pending().await,
            Self::Drip => {
                stream.write_all(HEAD).await?;
                loop {
                    tokio::time::sleep(fast(Duration::from_secs(1))).await;
                    stream.write_all(b" ").await?;
                }
            }
            Self::Stall => {
                stream.write_all(HEAD).await?;
                std::future::pending().await
            }
            Self::Cut => stream.write_all(HEAD).await,
        }
    }
}

/// Responds to each request on a connection of its own in this way, or says who is asking, if that is known.
struct Server {
    endpoint: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answer: Answer, identity: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                tokio::spawn(serve(stream, answer, identity, counted));
            }
        });
        Self { endpoint, requests }
    }

    async fn connect(&self) -> Result<Aws, ConnectError> {
        let connected = connect(ConnectOptions {
            region: Some("eu-west-1".to_owned()),
            profile: None,
            endpoint_url: Some(self.endpoint.clone()),
            account: None,
            sleep: SharedAsyncSleep::new(FastSleep),
            now: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
            access: AwsAccess {
                access_key_id: Some("test".to_owned()),
                ..AwsAccess::default()
            },
            embedded: false,
            handover: None,
            time: Time::Real,
            on_retry: Arc::new(|_, _| {}),
        });
        let connected = async { connected.await?.identified.await };
        let connected = tokio::time::timeout(PATIENCE, connected).await;
        connected.expect("finding out who is asking has no limit")
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Answer,
    identity: Answer,
    requests: Arc<AtomicUsize>,
) {
    let mut request = Vec::new();
    // The body of a form comes last, and the other requests of these tests have none.
    while !request.ends_with(b"2011-06-15") && !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    requests.fetch_add(1, Ordering::Relaxed);
    let asks = String::from_utf8_lossy(&request).contains("GetCallerIdentity");
    let _ = if asks { identity } else { answer }.give(stream).await;
}

/// The result of GetFunction, and the number of attempts.
async fn call(answer: Answer) -> (AwsError, usize) {
    let server = Server::start(answer, Answer::Identity).await;
    let aws = server.connect().await.unwrap();
    let before = server.requests.load(Ordering::Relaxed);
    let call = aws.lambda.get_function().function_name("buy").send();
    let answer = tokio::time::timeout(PATIENCE, call).await;
    let answer = answer.expect("the call has no limit");
    let error = answer.map_err(failed("GetFunction")).unwrap_err();
    (error, server.requests.load(Ordering::Relaxed) - before)
}

#[tokio::test]
async fn who_is_asking_is_found_out_within_half_a_minute() {
    for identity in [Answer::Never, Answer::Drip] {
        let server = Server::start(Answer::Never, identity).await;
        let Err(ConnectError::Aws(error)) = server.connect().await else {
            panic!("nobody has said who is asking: {identity:?}");
        };
        assert_eq!(
            error.to_string(),
            "GetCallerIdentity failed: no response within 30 s",
            "{identity:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_drips_or_stalls_is_none() {
    for answer in [Answer::Never, Answer::Drip, Answer::Stall] {
        let (error, tries) = call(answer).await;
        assert_eq!(
            error.to_string(),
            "GetFunction failed: no response in time",
            "{answer:?}"
        );
        assert_eq!(error.class, Class::Unreachable);
        assert!(tries > 1, "{answer:?} was not asked again");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_reported_as_that() {
    let (error, tries) = call(Answer::Cut).await;
    assert_eq!(
        error.to_string(),
        "GetFunction failed: the response was cut off"
    );
    assert_eq!(error.class, Class::Unreachable);
    assert!(tries > 1, "it was not asked again");
}
