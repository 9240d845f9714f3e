//! The same with a real browser: whatever a page tries, it has no effect.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::client::Client;
use crate::guard::{CREATE_ROLE, is_untouched};
use crate::server::{Directory, Server};

const CHROMIUM: &str = "chromium";
/// Starting a browser takes a while on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A site that serves one page and records all other requests.
struct Site {
    address: SocketAddr,
    asked: mpsc::Receiver<Asked>,
}

#[derive(Debug)]
struct Asked {
    method: String,
    path: String,
    head: String,
    body: String,
}

impl Site {
    fn serve(page: String) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (note, asked) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (note, page) = (note.clone(), page.clone());
                std::thread::spawn(move || answer(stream, &page, &note));
            }
        });
        Site { address, asked }
    }

    /// All requests up to the one for `path`.
    fn until(&self, path: &str) -> Vec<Asked> {
        let mut all = Vec::new();
        loop {
            let asked = self.asked.recv_timeout(LIMIT);
            let asked = asked.unwrap_or_else(|_| panic!("no `{path}` in {all:#?}"));
            let last = asked.path.starts_with(path);
            all.push(asked);
            if last {
                return all;
            }
        }
    }
}

fn answer(stream: TcpStream, page: &str, note: &mpsc::Sender<Asked>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let content = if path == "/page" { page } else { "" };
    let length = content.len();
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{content}"
    );
    let body = String::from_utf8_lossy(&body).into_owned();
    let asked = Asked {
        method,
        path,
        head,
        body,
    };
    note.send(asked).ok()
}

/// What the page does to each of `bases`, one after the other; then it reports how each ended.
fn page(bases: &[String]) -> String {
    let function = json!({
        "FunctionName": "evil", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/evil", "Code": { "ZipFile": "" },
    });
    format!(
        r#"<!doctype html><body><script>
const bases = {bases}, role = {role}, machine = {function};
const log = [];
const limited = work => Promise.race([
  work.then(() => 'answered', () => 'failed'),
  new Promise(end => setTimeout(() => end('hangs'), 20000)),
]);
const form = (base, text) => new Promise(end => {{
  const frame = document.createElement('iframe');
  frame.name = 'frame' + Math.random();
  document.body.append(frame);
  const form = document.createElement('form');
  form.method = 'POST'; form.action = base + '/'; form.target = frame.name;
  for (const [name, value] of new URLSearchParams(text)) {{
    const input = document.createElement('input');
    input.name = name; input.value = value;
    form.append(input);
  }}
  document.body.append(form);
  frame.onload = end;
  form.submit();
}});
const socket = base => new Promise((end, fail) => {{
  const socket = new WebSocket(base.replace('http', 'ws') + '/_txflow/join');
  socket.onopen = end; socket.onerror = fail;
}});
const image = base => new Promise((end, fail) => {{
  const image = new Image();
  image.onload = end; image.onerror = fail;
  image.src = base + '/2015-03-31/functions?image';
}});
const lambda = '/2015-03-31/functions';
const attacks = {{
  form: base => form(base, role),
  text: base => fetch(base + lambda, {{ method: 'POST', mode: 'no-cors', headers: {{ 'Content-Type': 'text/plain' }}, body: JSON.stringify(machine) }}),
  blind: base => fetch(base + lambda + '?blind', {{ mode: 'no-cors' }}),
  read: base => fetch(base + lambda + '?read'),
  signed: base => fetch(base + lambda, {{ method: 'POST', headers: {{ Authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0' }}, body: JSON.stringify(machine) }}),
  mocks: base => fetch(base + '/_txflow/mocks', {{ method: 'PUT', headers: {{ 'x-txflow-token': '0' }}, body: '{{}}' }}),
  beacon: async base => {{ navigator.sendBeacon(base + '/?beacon', new URLSearchParams(role)); }},
  image, socket,
}};
(async () => {{
  for (const base of bases)
    for (const [name, attack] of Object.entries(attacks))
      log.push(base + ' ' + name + ' ' + await limited(attack(base)));
  await fetch('/done', {{ method: 'POST', body: log.join('\n') }});
}})();
</script>"#,
        bases = json!(bases),
        role = json!(CREATE_ROLE),
    )
}

struct Browser {
    child: Child,
    _profile: Directory,
}

impl Browser {
    /// `None` without a browser, which is reported past the test runner's capture. `TXFLOW_REQUIRE_CHROMIUM` makes that
    /// a failure.
    fn open(url: &str, options: &[&str], stdout: Stdio) -> Option<Browser> {
        let profile = Directory::new();
        let mut command = Command::new(CHROMIUM);
        command
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args([
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP evil.example 127.0.0.1",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(options)
            .arg(url)
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let Ok(child) = command.spawn() else {
            assert!(
                std::env::var_os("TXFLOW_REQUIRE_CHROMIUM").is_none(),
                "`{CHROMIUM}` is not installed"
            );
            let said = format!("SKIPPED: `{CHROMIUM}` is not installed\n");
            let _ = std::io::stderr().write_all(said.as_bytes());
            return None;
        };
        Some(Browser {
            child,
            _profile: profile,
        })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens the page as `host`, and checks what it did and what it got.
fn attack(client: Client, host: &str) -> Option<()> {
    let port = client.address.port();
    // Records the same attacks, to show that a browser does send them.
    let control = Site::serve(String::new());
    let at = |host: &str, port: u16| format!("http://{host}:{port}");
    let control_port = control.address.port();
    let bases = [
        at("127.0.0.1", port),
        at("localhost", port),
        at("evil.example", port),
        at("127.0.0.1", control_port),
        at("evil.example", control_port),
    ];
    let site = Site::serve(page(&bases));
    let url = at(host, site.address.port()) + "/page";
    let _browser = Browser::open(&url, &["--remote-debugging-port=0"], Stdio::null())?;
    let done = site.until("/done").pop().unwrap().body;

    // The server was reached: it received what a browser sends without a preflight request.
    for base in &bases[..3] {
        for blind in ["form", "text", "blind"] {
            let line = format!("{base} {blind} answered");
            assert!(done.contains(&line), "{line} is missing in\n{done}");
        }
        // The page could read nothing.
        for refused in ["read", "signed", "mocks", "image", "socket"] {
            let line = format!("{base} {refused} failed");
            assert!(done.contains(&line), "{line} is missing in\n{done}");
        }
    }
    let sent: Vec<Asked> = control.asked.try_iter().collect();
    let kinds: BTreeSet<&str> = sent.iter().filter_map(kind).collect();
    let all = [
        "blind",
        "form",
        "image",
        "preflight",
        "read",
        "socket",
        "text",
    ];
    assert_eq!(kinds, BTreeSet::from(all), "{sent:#?}");
    // A browser does not send what its preflight request was refused for.
    assert!(!sent.iter().any(|asked| {
        asked
            .head
            .to_ascii_lowercase()
            .contains("\r\nauthorization:")
    }));
    assert!(is_untouched(client));
    Some(())
}

/// Which of the attacks a request belongs to.
fn kind(asked: &Asked) -> Option<&'static str> {
    let lambda = asked.path.starts_with("/2015-03-31/functions");
    match (asked.method.as_str(), asked.body.as_str()) {
        ("OPTIONS", _) => Some("preflight"),
        ("POST", body) if asked.path == "/" && body.contains("CreateRole") => Some("form"),
        ("POST", body) if lambda && body.contains("evil") => Some("text"),
        ("GET", _) if asked.path.ends_with("?blind") => Some("blind"),
        ("GET", _) if asked.path.ends_with("?read") => Some("read"),
        ("GET", _) if asked.path.ends_with("?image") => Some("image"),
        ("GET", _) if asked.path == "/_txflow/join" => Some("socket"),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_gets_nothing_done() {
    let server = Server::start().await;
    for host in ["localhost", "127.0.0.1", "evil.example"] {
        let client = server.client;
        let done = tokio::task::spawn_blocking(move || attack(client, host));
        if done.await.unwrap().is_none() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_led_to_this_machine_is_not_answered() {
    let server = Server::start().await;
    let port = server.client.address.port();
    let dom = |host: &'static str| {
        tokio::task::spawn_blocking(move || {
            let url = format!("http://{host}:{port}/2015-03-31/functions");
            let mut browser = Browser::open(&url, &["--dump-dom"], Stdio::piped())?;
            let mut dom = String::new();
            let stdout = browser.child.stdout.take().unwrap();
            BufReader::new(stdout).read_to_string(&mut dom).unwrap();
            Some(dom)
        })
    };
    let Some(shown) = dom("evil.example").await.unwrap() else {
        return;
    };
    let says = format!("for the host `evil.example:{port}`");
    assert!(shown.contains(&says), "{shown}");
    // The user's own navigation does not come from a page; it only lacks the signature.
    let shown = dom("localhost").await.unwrap().unwrap();
    assert!(shown.contains("missing Authentication Token"), "{shown}");
}
