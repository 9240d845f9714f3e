//! The server as a client meets it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use maud::html;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use txflow_local_aws::Random;

use super::*;

/// Answers with what it was asked, and tells when an action is done.
#[derive(Default)]
struct Echo {
    done: RefCell<Vec<String>>,
    topics: Rc<Shared<u32>>,
    /// How often a page was made.
    made: Cell<u32>,
}

impl Site for Echo {
    fn answer<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Reply> {
        Box::pin(async move {
            match request.path.first().map(String::as_str) {
                Some("live") => {
                    let newest = self.topics.watch("one", |publisher| async move {
                        publisher.publish(Rc::new(1));
                        std::future::pending().await
                    });
                    Reply::events(changes::<_, ()>(newest, None))
                }
                // What it shows is watched by whoever has `live` open.
                Some("watched") => {
                    let made = self.made.get() + 1;
                    self.made.set(made);
                    let page = Reply::page(html! { (made) });
                    match self.topics.newest("one") {
                        Some(seen) => page.while_current(self.topics.current("one", &seen)),
                        None => page,
                    }
                }
                Some("slow") => {
                    tokio::task::yield_now().await;
                    for _ in 0..10 {
                        tokio::task::yield_now().await;
                    }
                    self.done.borrow_mut().push("slow".to_owned());
                    Reply::page(html! { "done" })
                }
                _ => {
                    let input = request.form.get("input").unwrap_or("none").to_owned();
                    let path = request.path.join("|");
                    Reply::page(html! { p { (path) " " (input) } })
                }
            }
        })
    }
}

struct Client {
    port: u16,
    access: Rc<Access>,
    site: Rc<Echo>,
}

/// Runs a test beside a server.
async fn with_server(test: impl AsyncFnOnce(&Client)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = Client {
        port,
        access: Rc::new(Access::new(&Random::seeded(3), port)),
        site: Rc::default(),
    };
    let (end, ended) = oneshot::channel::<()>();
    let site: Rc<dyn Site> = client.site.clone();
    let served = serve(listener, Rc::clone(&client.access), site, async {
        let _ = ended.await;
    });
    let tested = async {
        test(&client).await;
        let _ = end.send(());
    };
    tokio::join!(served, tested);
}

impl Client {
    fn cookie(&self) -> String {
        let set = self.access.set_cookie();
        set.split(';').next().unwrap().to_owned()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends this, and reads all that comes.
    async fn send(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A connection that was cut has said all that it says.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    fn head(&self, line: &str) -> String {
        let (port, cookie) = (self.port, self.cookie());
        let line = line.replacen(" /", &format!(" {}", self.access.root()), 1);
        format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n")
    }

    async fn get(&self, path: &str) -> String {
        let head = self.head(&format!("GET {path}"));
        self.send(&format!("{head}\r\n")).await
    }

    /// Opens the events, and waits for the first.
    async fn watch(&self) -> (TcpStream, String) {
        let mut stream = self.connect().await;
        let request = format!("{}\r\n", self.head("GET /live"));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        let mut buffer = [0; 4096];
        while !said.contains("data: changed\n\n") {
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "{said}");
            said.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        (stream, said)
    }

    fn post(&self, path: &str, form: &str) -> String {
        let head = self.head(&format!("POST {path}"));
        let (port, length) = (self.port, form.len());
        format!(
            "{head}Origin: http://127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
    }
}

#[tokio::test]
async fn the_url_is_exchanged_for_a_cookie_that_only_this_page_sends() {
    with_server(async |client| {
        let url = client.access.url();
        let path = url.split_once("/?").unwrap().1;
        let port = client.port;
        let request = format!("GET /?{path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        let answer = client.send(&request).await;
        assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
        // A browser sends the cookie to the other ports of this machine as well, but not for a path that they do not know.
        let place = client.access.root();
        assert!(place.to_string().len() > 32);
        assert!(
            answer.contains(&format!("\r\nlocation: {place}\r\n")),
            "{answer}"
        );
        let cookie = format!(
            "\r\nset-cookie: {}; Path={place}; HttpOnly; SameSite=Strict\r\n",
            client.cookie()
        );
        assert!(answer.contains(&cookie), "{answer}");
        // What is in the URL is in nothing else.
        let token = path.strip_prefix("token=").unwrap();
        assert!(!answer.contains(token) && !client.access.form().contains(token));
        assert!(!path.contains(place.to_string().trim_matches('/')));
    })
    .await;
}

#[tokio::test]
async fn each_answer_forbids_what_a_page_does_not_need() {
    with_server(async |client| {
        let page = client.get("/a/b%2Fc?x=1").await;
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert!(page.ends_with("<p>a|b/c none</p>"), "{page}");
        let refused = client.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").await;
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
        for answer in [page, refused] {
            for header in [
                "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                "cache-control: no-store",
                "x-content-type-options: nosniff",
                "referrer-policy: same-origin",
                "cross-origin-resource-policy: same-origin",
            ] {
                assert!(answer.contains(&format!("\r\n{header}\r\n")), "{answer}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_needs_the_token_of_this_start() {
    with_server(async |client| {
        let form = client.access.form();
        let good = client.post("/a", &format!("form={form}&input=%7B%22a%22%3A+1%7D"));
        let good = client.send(&good).await;
        assert!(good.ends_with("<p>a {&quot;a&quot;: 1}</p>"), "{good}");
        for bad in ["", "form=", "form=x", &format!("form={}", &form[1..])] {
            let refused = client.send(&client.post("/a", bad)).await;
            assert!(refused.starts_with("HTTP/1.1 403 "), "{bad}: {refused}");
        }
        let text = client.post("/a", &format!("form={form}"));
        let text = text.replace("application/x-www-form-urlencoded", "text/plain");
        assert!(client.send(&text).await.starts_with("HTTP/1.1 400 "));
    })
    .await;
}

/// What a browser sends of a document that a form was filled in with.
fn sent_of(form: &str, document: &Value) -> String {
    let lines = view::parts::editable(document).replace('\n', "\r\n");
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("form", form);
    fields.append_pair("input", &lines).finish()
}

#[tokio::test]
async fn a_form_takes_each_input_that_it_was_filled_in_with() {
    const INPUT: usize = 256 * 1024;
    let ones = |bytes: usize| vec![json!(1); bytes / 2];
    let deep =
        |depth: usize| (0..depth).fold(json!(ones(INPUT - 2 * depth)), |inner, _| json!([inner]));
    let lists: Vec<Value> = vec![json!([[[[[1]]]]]); INPUT / 12];
    let texts = json!("ü\"".repeat(INPUT / 4));
    with_server(async |client| {
        for document in [json!(ones(INPUT)), deep(10), deep(100), json!(lists), texts] {
            let form = sent_of(client.access.form(), &document);
            let answer = client.send(&client.post("/a", &form)).await;
            let begin: String = answer.chars().take(300).collect();
            assert!(
                answer.starts_with("HTTP/1.1 200 "),
                "{} bytes: {begin}",
                form.len()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_hurts_nobody_else() {
    with_server(async |client| {
        let form = client.access.form();
        let large = format!("form={form}&input={}", "x".repeat(8 * 1024 * 1024));
        let refused = client.send(&client.post("/a", &large)).await;
        assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
        // It is a page, which leads back to its form.
        let again = format!("<a href=\"{}\">", client.access.root().at("a"));
        assert!(
            refused.contains("holds more than 8 MiB") && refused.contains(&again),
            "{refused}"
        );
        assert!(refused.contains("<h1>"), "{refused}");
        let head = client.head("GET /a");
        let many: String = (0..100).map(|at| format!("X-{at}: 1\r\n")).collect();
        let long = format!("X: {}\r\n", "x".repeat(20 * 1024));
        for headers in [many, long] {
            let refused = client.send(&format!("{head}{headers}\r\n")).await;
            assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");
        }
        assert!(client.get("/a").await.starts_with("HTTP/1.1 200 "));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_cut_off() {
    with_server(async |client| {
        for begin in ["", "GET / HT"] {
            let mut stream = client.connect().await;
            stream.write_all(begin.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            // Paused time goes on as soon as nothing else does.
            let _ = stream.read_to_end(&mut answer).await;
        }
        let form = client.access.form();
        let whole = client.post("/a", &format!("form={form}&input=1"));
        let mut stream = client.connect().await;
        stream
            .write_all(&whole.as_bytes()[..whole.len() - 1])
            .await
            .unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(String::from_utf8_lossy(&answer), "");
    })
    .await;
}

#[tokio::test]
async fn whoever_says_nothing_takes_nobodys_place() {
    with_server(async |client| {
        let (watching, _) = client.watch().await;
        let mut silent = Vec::new();
        for _ in 0..200 {
            let mut stream = client.connect().await;
            stream.write_all(b"GET / HT").await.unwrap();
            silent.push(stream);
        }
        // Nothing waits for the time that a client has: that would fail the test by its own limit.
        let at = std::time::Instant::now();
        assert!(client.get("/a").await.starts_with("HTTP/1.1 200 "));
        assert!(at.elapsed() < std::time::Duration::from_secs(2));
        // Who has asked for something keeps its place.
        assert!(client.site.topics.newest("one").is_some());
        let mut answer = Vec::new();
        let _ = silent[0].read_to_end(&mut answer).await;
        assert!(answer.is_empty());
        drop(watching);
    })
    .await;
}

#[tokio::test]
async fn however_many_pages_are_open_another_one_is_served() {
    with_server(async |client| {
        let mut streams = Vec::new();
        for _ in 0..32 {
            streams.push(client.watch().await);
        }
        let refused = client.get("/live").await;
        assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
        assert!(client.get("/a").await.starts_with("HTTP/1.1 200 "));
        // The place of one that has gone is free.
        streams.pop();
        while client.site.topics.newest("one").is_some() {
            let mut stream = client.connect().await;
            let request = format!("{}\r\n", client.head("GET /live"));
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut begin = [0; 12];
            stream.read_exact(&mut begin).await.unwrap();
            if begin == *b"HTTP/1.1 200" {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_action_is_completed_though_its_client_has_gone() {
    let mut site = None;
    with_server(async |client| {
        let form = client.access.form();
        let request = client.post("/slow", &format!("form={form}"));
        let mut stream = client.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        // Until it has begun: a second request is served after the first.
        client.get("/a").await;
        drop(stream);
        site = Some(Rc::clone(&client.site));
    })
    .await;
    // Also the end of the server waits for it.
    assert_eq!(*site.unwrap().done.borrow(), ["slow"]);
}

#[tokio::test]
async fn all_pages_share_one_look_which_ends_with_the_last() {
    with_server(async |client| {
        let mut streams = Vec::new();
        for _ in 0..3 {
            let (stream, said) = client.watch().await;
            assert!(said.contains("content-type: text/event-stream"), "{said}");
            streams.push(stream);
        }
        let newest = client.site.topics.newest("one");
        assert_eq!(newest.as_deref(), Some(&1));
        drop(newest);
        drop(streams);
        while client.site.topics.newest("one").is_some() {
            tokio::task::yield_now().await;
            // The server hears of a connection that was closed by reading it.
            client.get("/a").await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_open_pages_read_again_at_once_is_made_once() {
    with_server(async |client| {
        let read = async || {
            let page = client.get("/watched").await;
            page.split_once("\r\n\r\n").unwrap().1.to_owned()
        };
        // Nobody watches, so nobody would hear of a change.
        assert_ne!(read().await, read().await);
        let _watching = client.watch().await;
        // On a slow machine the second one may come too late.
        let twice = async || {
            loop {
                let once = read().await;
                if read().await == once {
                    return once;
                }
            }
        };
        let before = twice().await;
        client.site.topics.publish("one", &Rc::new(2));
        assert_ne!(read().await, before);
        let before = twice().await;
        let form = client.access.form();
        let action = client.post("/slow", &format!("form={form}"));
        client.send(&action).await;
        assert_ne!(read().await, before);
    })
    .await;
}
