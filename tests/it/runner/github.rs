//! As much of GitHub as the action calls: the files of releases, the commits of tags, and the comments of pull requests.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The token of a job that may write comments.
pub const WRITES: &str = "token-that-may-write";

/// That of a pull request from a fork.
pub const READS: &str = "token-that-may-read";

pub const BOT: &str = "github-actions[bot]";

/// A server. It stops when it is dropped.
pub struct GitHub {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// The folder with the files of the only release.
    release: PathBuf,
    commits: Vec<(String, String)>,
    comments: Vec<Value>,
    requests: Vec<String>,
}

impl GitHub {
    /// With the files of a release in this folder.
    pub async fn start(release: PathBuf) -> Self {
        let state = Arc::new(Mutex::new(State {
            release,
            ..State::default()
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            url: format!("http://{address}"),
            state,
            server,
        }
    }

    /// Lets a tag, a branch or a hash stand for a commit.
    pub fn commit(&self, name: &str, commit: &str) {
        let entry = (name.to_owned(), commit.to_owned());
        self.state().commits.push(entry);
    }

    /// Writes a comment as this user.
    pub fn comment(&self, user: &str, body: &str) {
        let comments = &mut self.state().comments;
        let comment = new_comment(comments, user, body);
        comments.push(comment);
    }

    /// The user and the text of each comment.
    pub fn comments(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let comments = &self.state().comments;
        let comments = comments.iter();
        comments
            .map(|comment| (text(&comment["user"]["login"]), text(&comment["body"])))
            .collect()
    }

    /// The method and the path of each request.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let body: Value = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
    let token = parts.headers.get("authorization");
    let token = token.and_then(|token| token.to_str().ok()?.strip_prefix("Bearer "));
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let mut state = state.lock().expect("nobody panics with it");
    let shown = parts.uri.to_string();
    state.requests.push(format!("{} {shown}", parts.method));
    let (status, body) = state.answer(&parts.method, path, query, token, &body);
    let response = Response::builder().status(status);
    Ok(response.body(Full::new(body.into())).expect("a response"))
}

impl State {
    fn answer(
        &mut self,
        method: &Method,
        path: &str,
        query: &str,
        token: Option<&str>,
        body: &Value,
    ) -> (u16, Vec<u8>) {
        if path.contains("/releases/download/") {
            let file = path.rsplit('/').next().unwrap_or_default();
            let read = fs::read(self.release.join(file));
            return read.map_or((404, Vec::new()), |bytes| (200, bytes));
        }
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let text = body["body"].as_str().unwrap_or_default();
        let may_write = token == Some(WRITES);
        let (status, value) = match (method, &parts[..]) {
            (&Method::GET, ["api", "repos", _, _, "commits", name]) => {
                let mut commits = self.commits.iter();
                let found = commits.find(|(known, _)| known == name);
                return match found {
                    Some((_, commit)) => (200, commit.clone().into_bytes()),
                    None => (422, b"No commit found".to_vec()),
                };
            }
            (&Method::GET, ["api", "repos", "octo", "shop", "issues", "7", "comments"]) => {
                (200, json!(page(&self.comments, query)))
            }
            (&Method::POST | &Method::PATCH, _) if !may_write => (
                403,
                json!({ "message": "Resource not accessible by integration" }),
            ),
            (&Method::POST, ["api", "repos", "octo", "shop", "issues", "7", "comments"]) => {
                let comment = new_comment(&self.comments, BOT, text);
                self.comments.push(comment.clone());
                (201, comment)
            }
            (&Method::PATCH, ["api", "repos", "octo", "shop", "issues", "comments", id]) => {
                let mut comments = self.comments.iter_mut();
                match comments.find(|comment| id.parse().is_ok_and(|id: u64| comment["id"] == id)) {
                    Some(comment) => {
                        comment["body"] = json!(text);
                        (200, comment.clone())
                    }
                    None => (404, json!({ "message": "Not Found" })),
                }
            }
            _ => (404, json!({ "message": "Not Found" })),
        };
        (status, value.to_string().into_bytes())
    }
}

fn new_comment(before: &[Value], user: &str, body: &str) -> Value {
    let id = 1000 + before.len();
    let url = format!("https://github.com/octo/shop/pull/7#issuecomment-{id}");
    json!({ "id": id, "user": { "login": user }, "body": body, "html_url": url })
}

fn page<'a>(comments: &'a [Value], query: &str) -> &'a [Value] {
    let number = |name: &str, otherwise: usize| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(otherwise)
    };
    let (size, page) = (number("per_page", 30), number("page", 1));
    let mut pages = comments.chunks(size.min(100)).skip(page - 1);
    pages.next().unwrap_or_default()
}
