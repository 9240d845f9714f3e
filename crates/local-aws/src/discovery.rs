//! How the processes of a project share a server: the first holds the lock of the data directory and writes its address
//! to a file; the others read the file and join.
//!
//! The operating system releases the lock when its holder ends, so a killed server blocks nobody. The endpoint file is
//! only a hint: a server at its address is used only if it answers with the instance id in the file. The address must
//! be a loopback address: a file that came with a cloned project must not lead anybody elsewhere.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::private;
use crate::timing::Time;

/// Paths that no AWS service uses. `JOIN` is answered with an upgrade to a connection that stays open for as long as
/// the joining process uses the server.
pub(crate) const JOIN_PATH: &str = "/_txflow/join";
pub(crate) const MOCKS_PATH: &str = "/_txflow/mocks";
pub(crate) const UPSTREAMS_PATH: &str = "/_txflow/upstreams";
/// Followed by the ARN of a managed policy.
pub(crate) const POLICY_PATH: &str = "/_txflow/policy/";
/// The header of the answer to `JOIN` that carries the instance id.
pub(crate) const INSTANCE_HEADER: &str = "x-txflow-instance";
/// The header that these paths require. A web page can neither send it nor know its value.
pub(crate) const TOKEN_HEADER: &str = "x-txflow-token";

/// How a server and the processes that join it recognize each other. Both values are in the endpoint file, which only
/// this user can read.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Sent by the server, so that another program on the port of a killed server is not mistaken for it.
    pub(crate) instance: String,
    /// Sent by the process that joins.
    pub(crate) token: String,
}

impl Identity {
    pub(crate) fn new() -> Identity {
        let new = || uuid::Uuid::new_v4().to_string();
        Identity {
            instance: new(),
            token: new(),
        }
    }
}

/// Loopback answers in microseconds; this leaves time for a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The right to serve a data directory. Released when the value is dropped or the process ends.
pub(crate) struct Claim {
    endpoint: PathBuf,
    lock: File,
}

impl Claim {
    /// `None` if another process, or another server in this one, has it.
    pub(crate) fn take(data_dir: &Path) -> io::Result<Option<Claim>> {
        private::folder(data_dir)?;
        let lock = private::open(&data_dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {
                // An older txflow may have written files with wider permissions.
                private::tighten(data_dir, &data_dir.join("unpacked"))?;
                Ok(Some(Claim {
                    endpoint: endpoint_file(data_dir),
                    lock,
                }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Writes the endpoint file. It appears complete or not at all.
    pub(crate) fn announce(&self, address: SocketAddr, identity: &Identity) -> io::Result<()> {
        let unfinished = self.endpoint.with_extension("part");
        let Identity { instance, token } = identity;
        let mut file = private::create(&unfinished)?;
        file.write_all(format!("{address}\n{instance}\n{token}\n").as_bytes())?;
        fs::rename(unfinished, &self.endpoint)
    }

    /// Removes the endpoint file.
    pub(crate) fn withdraw(&self) {
        // If that fails, the file is recognized as stale.
        let _ = fs::remove_file(&self.endpoint);
    }
}

impl Drop for Claim {
    /// Unlocks explicitly. Closing the file is not enough, since a process that is being started may hold a copy of it.
    fn drop(&mut self) {
        // If that fails, the lock ends with the process.
        let _ = self.lock.unlock();
    }
}

/// A server that another process runs. It stays up for as long as this value exists, unless it is killed.
#[derive(Debug)]
pub struct Joined {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    time: Time,
    /// Open for as long as this process uses the server.
    _connection: TcpStream,
}

/// Why the endpoint file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error(
        "`{}` names `{address}` as the local AWS, which is not an address of this machine alone", .path.display()
    )]
    Elsewhere { path: PathBuf, address: String },
    #[error("`{}` cannot be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

/// More than the file ever contains.
const MAX_ENDPOINT_FILE: u64 = 4096;

impl Joined {
    pub(crate) fn join(data_dir: &Path) -> Result<Option<Joined>, EndpointError> {
        let path = endpoint_file(data_dir);
        let announced = match private::read(&path, MAX_ENDPOINT_FILE) {
            Ok(announced) => String::from_utf8_lossy(&announced).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(EndpointError::Unreadable { path, source }),
        };
        let mut lines = announced.lines();
        // The file may be empty after a power failure.
        let Some(named) = lines.next() else {
            return Ok(None);
        };
        let address = match named.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => address,
            _ => {
                let address = named.escape_debug().take(100).collect();
                return Err(EndpointError::Elsewhere { path, address });
            }
        };
        // An older txflow wrote no token, and its server has another version.
        let (Some(instance), Some(token)) = (lines.next(), lines.next()) else {
            return Ok(None);
        };
        Ok(Joined::ask(address, instance, token))
    }

    /// `None` if no server with this identity answers.
    fn ask(address: SocketAddr, instance: &str, token: &str) -> Option<Joined> {
        let request = format!(
            "GET {JOIN_PATH} HTTP/1.1\r\nHost: {address}\r\n{TOKEN_HEADER}: {token}\r\nConnection: upgrade\r\nUpgrade: txflow\r\n\r\n"
        );
        let (head, connection) = ask(address, request.as_bytes()).ok()?;
        let header = |wanted: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(": "));
            headers
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value)
        };
        let time = header(Time::HEADER).and_then(Time::parse);
        (header(INSTANCE_HEADER)? == instance).then(|| Joined {
            address,
            token: token.to_owned(),
            time: time.unwrap_or_default(),
            _connection: connection,
        })
    }

    /// What clients are given as the endpoint URL.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How its executions wait if nothing else is said.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Adds mocks to the server.
    pub fn add_mocks(&self, mocks: &crate::Mocks) -> io::Result<()> {
        match self.put(MOCKS_PATH, &mocks.to_file_text())?.as_str() {
            "204" => Ok(()),
            _ => Err(io::Error::other("the server refused the mocks")),
        }
    }

    /// Sends the calls of services to other emulators: URLs by service.
    pub fn add_upstreams(&self, urls: &BTreeMap<String, String>) -> io::Result<()> {
        let body = serde_json::to_string(urls).map_err(io::Error::other)?;
        match self.put(UPSTREAMS_PATH, &body)?.as_str() {
            "204" => Ok(()),
            _ => Err(io::Error::other("the server refused the upstreams")),
        }
    }

    /// Creates or replaces a customer managed policy. A server that limits its callers keeps its policies.
    pub fn put_policy(&self, arn: &str, document: &str) -> io::Result<()> {
        match self.put(&format!("{POLICY_PATH}{arn}"), document)?.as_str() {
            "204" | "403" => Ok(()),
            _ => Err(io::Error::other("the server refused the policy")),
        }
    }

    /// Sends a body, and returns the status of the answer.
    fn put(&self, path: &str, body: &str) -> io::Result<String> {
        let (address, token, length) = (self.address, &self.token, body.len());
        let request = format!(
            "PUT {path} HTTP/1.1\r\nHost: {address}\r\n{TOKEN_HEADER}: {token}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let (head, _) = ask(address, request.as_bytes())?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        Ok(status.to_owned())
    }
}

fn endpoint_file(data_dir: &Path) -> PathBuf {
    data_dir.join("endpoint")
}

/// Sends a request and reads the head of its answer.
fn ask(address: SocketAddr, request: &[u8]) -> io::Result<(String, TcpStream)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    // Another program may listen there by now, and send a long answer or a slow one.
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 4096 {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok((String::from_utf8_lossy(&head).into_owned(), stream))
}
