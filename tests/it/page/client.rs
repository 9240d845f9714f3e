//! A browser as far as a test of HTTP needs one: it keeps the cookie, follows redirects, and sends forms as a page does.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::local_server::LocalServer;

pub struct Client {
    /// `127.0.0.1:4580`
    host: String,
    cookie: String,
    /// What is in front of each path, such as `/9f86…`. Tests give and see paths without it.
    place: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    /// Opens the page that a server has printed.
    pub async fn of(server: &mut LocalServer) -> Self {
        loop {
            let line = server.next_line().await;
            if let Some(url) = line.strip_prefix("Page on ") {
                return Self::open(url).await;
            }
        }
    }

    /// Opens the URL with the token.
    pub async fn open(url: &str) -> Self {
        let url = url.split_whitespace().next().expect("a URL");
        let (host, path) = url
            .strip_prefix("http://")
            .and_then(|url| url.split_once('/'))
            .expect("a URL");
        let mut client = Self {
            host: host.to_owned(),
            cookie: String::new(),
            place: String::new(),
        };
        let answer = client.get(&format!("/{path}")).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").expect("a cookie");
        client.cookie = cookie.split(';').next().expect("a pair").to_owned();
        client.place = answer.location().trim_end_matches('/').to_owned();
        // A browser sends it to no other server of this machine.
        let path = format!("; Path={}/;", client.place);
        assert!(
            client.place.len() > 32 && cookie.contains(&path),
            "{cookie}"
        );
        client
    }

    /// One that has not opened the URL.
    pub fn stranger(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            cookie: String::new(),
            place: String::new(),
        }
    }

    /// One with its cookie, that does not know its place.
    pub fn without_place(&self) -> Self {
        Self {
            place: String::new(),
            ..Self::stranger(&self.host).with_cookie_of(self)
        }
    }

    /// With what a browser knows of another server.
    pub fn with_cookie_of(self, other: &Self) -> Self {
        Self {
            cookie: other.cookie.clone(),
            place: other.place.clone(),
            ..self
        }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    /// Sends the form of a page with other values, and gives where it leads.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = between(page, "name=\"form\" value=\"", "\"");
        let mut form = vec![format!("form={token}")];
        form.extend(
            fields
                .iter()
                .map(|(name, value)| format!("{name}={}", encoded(value))),
        );
        let origin = format!("http://{}", self.host);
        let headers = [
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.send("POST", action, &headers, &form.join("&")).await
    }

    /// Reads the page of an execution until it shows a status.
    pub async fn until(&self, path: &str, status: &str) -> String {
        let (stage, execution) = path[1..].split_once('/').expect("a stage");
        let mut events = self.events(&format!("/{stage}/live/{execution}")).await;
        loop {
            let page = self.page(path).await;
            if page.contains(&format!("</span> {status}</span>")) {
                return page;
            }
            for other in ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"] {
                let ended = page.contains(&format!("</span> {other}</span></span></h1>"));
                assert!(!ended, "{other} instead of {status}: {page}");
            }
            events.changed().await;
        }
    }

    /// Reads a page about an execution, which need not be there yet, until it shows a text.
    pub async fn until_shown(&self, execution: &str, path: &str, said: &str) -> String {
        let (stage, of) = execution[1..].split_once('/').expect("a stage");
        let mut events = self.events(&format!("/{stage}/live/{of}")).await;
        loop {
            let page = self.get(path).await.body;
            if shown(&page).contains(said) {
                return page;
            }
            events.changed().await;
        }
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = self.request(method, path, headers, body).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8(answer).expect("text");
        if !self.place.is_empty() {
            for attribute in [" href=\"/", " src=\"/", " action=\"/", " data-live=\"/"] {
                for (at, _) in answer.match_indices(attribute) {
                    let url = &answer[at + attribute.len() - 1..];
                    assert!(
                        url.starts_with(&self.place),
                        "a link that leads out: {}",
                        &url[..url.len().min(80)]
                    );
                }
            }
        }
        Answer::of(&without(&answer, &self.place))
    }

    /// Reads events until there is such a one.
    pub async fn events(&self, path: &str) -> Events {
        Events(self.request("GET", path, &[], "").await)
    }

    async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).await.expect("the server");
        let mut request = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n",
            self.place, self.host, self.cookie
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if method == "POST" {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str(&format!("\r\n{body}"));
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        stream
    }
}

fn without(text: &str, place: &str) -> String {
    match place {
        "" => text.to_owned(),
        place => text.replace(place, ""),
    }
}

/// Server-sent events.
pub struct Events(TcpStream);

impl Events {
    /// Until something has changed.
    pub async fn changed(&mut self) {
        self.until("data: changed\n\n").await;
    }

    /// Until this is told. Gives what was told by then.
    pub async fn until(&mut self, told: &str) -> String {
        let mut said = String::new();
        let mut buffer = [0; 1024];
        while !said.contains(told) {
            let read = self.0.read(&mut buffer).await.expect("events");
            assert!(read > 0, "the events have ended: {said}");
            said.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        said
    }
}

impl Answer {
    fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Self {
            status: status.expect("a status"),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.header("location").expect("a location")
    }
}

/// The text between two others.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let begin = text
        .find(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"))
        + before.len();
    let length = text[begin..].find(after).expect("an end");
    &text[begin..begin + length]
}

/// What a page shows, without markup.
pub fn shown(page: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in page.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
