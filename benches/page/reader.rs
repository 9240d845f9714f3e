//! Reads pages as a browser does: with a cookie, again when it hears that something has changed, and not more often than the
//! page's script does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use txflow_test_support::load::Failure;

/// The least time between two readings of an open page.
const PAUSE: Duration = Duration::from_millis(400);

#[derive(Clone)]
pub struct Reader {
    address: String,
    cookie: String,
    /// What is in front of each path.
    place: String,
}

impl Reader {
    /// Exchanges the URL that txflow printed for a cookie.
    pub fn open(url: &str) -> Result<Self, Failure> {
        let rest = url.strip_prefix("http://").ok_or("no URL")?;
        let (address, target) = rest.split_once('/').ok_or("no path")?;
        let mut reader = Self {
            address: address.to_owned(),
            cookie: String::new(),
            place: String::new(),
        };
        let (head, _) = reader.read(&format!("/{target}"))?;
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let place = header("location: ").ok_or("no location")?;
        reader.place = place.trim_end_matches('/').to_owned();
        let cookie = header("set-cookie: ");
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        reader.cookie = cookie.ok_or("no cookie")?.to_owned();
        Ok(reader)
    }

    /// A page.
    pub fn get(&self, path: &str) -> Result<String, Failure> {
        let (head, body) = self.read(path)?;
        match head.starts_with("HTTP/1.1 200 ") {
            true => Ok(body),
            false => Err(format!("{path}: {head}\n{body}").into()),
        }
    }

    fn read(&self, path: &str) -> Result<(String, String), Failure> {
        let mut answer = String::new();
        self.ask(path)?.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
        Ok((head.to_owned(), body.to_owned()))
    }

    fn ask(&self, path: &str) -> Result<BufReader<TcpStream>, Failure> {
        let mut stream = TcpStream::connect(&self.address)?;
        let (host, cookie, place) = (&self.address, &self.cookie, &self.place);
        let request = format!(
            "GET {place}{path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        Ok(BufReader::new(stream))
    }
}

/// Open pages with the list of executions.
pub struct Pages {
    stop: Arc<AtomicBool>,
    read: Arc<AtomicUsize>,
    pages: Vec<JoinHandle<Result<(), Failure>>>,
}

impl Pages {
    pub fn open(reader: &Reader, count: usize) -> Result<Self, Failure> {
        let (stop, read) = (Arc::default(), Arc::default());
        let pages = (0..count).map(|_| {
            let reader = reader.clone();
            let (stop, read): (Arc<AtomicBool>, Arc<AtomicUsize>) =
                (Arc::clone(&stop), Arc::clone(&read));
            std::thread::spawn(move || follow(&reader, &stop, &read))
        });
        Ok(Self {
            pages: pages.collect(),
            stop,
            read,
        })
    }

    /// How often all of them were read.
    pub fn close(self) -> Result<usize, Failure> {
        self.stop.store(true, Ordering::Relaxed);
        for page in self.pages {
            page.join().map_err(|_| "a page panicked")??;
        }
        Ok(self.read.load(Ordering::Relaxed))
    }
}

fn follow(reader: &Reader, stop: &AtomicBool, read: &AtomicUsize) -> Result<(), Failure> {
    reader.get("/dev/executions")?;
    let mut events = reader.ask("/dev/live/executions")?;
    events
        .get_mut()
        .set_read_timeout(Some(Duration::from_millis(100)))?;
    let mut line = String::new();
    while !stop.load(Ordering::Relaxed) {
        match events.read_line(&mut line) {
            Ok(0) => return Err("the events ended".into()),
            Ok(_) => {}
            // What was read so far stays in the line.
            Err(_) => continue,
        }
        if line.starts_with("data:") || line.contains("\ndata:") {
            reader.get("/dev/executions")?;
            read.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(PAUSE);
        }
        line.clear();
    }
    Ok(())
}
