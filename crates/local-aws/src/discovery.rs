//! How processes of one project share one server: the first holds the data directory's lock and writes down where it
//! serves, the others read it and join.
//!
//! A lock that the system drops with its holder decides who may serve, so a killed server blocks nobody. The endpoint
//! file is only a hint; what it names counts as the server only once it has told the instance id that the file holds.
//! It names an address of this machine or is refused: a file that came with a project must not send anybody elsewhere.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::private;

/// Paths that no AWS service has. `JOIN` is answered with an upgrade to a connection that stays open for as long as
/// the joining process uses the server.
pub(crate) const JOIN_PATH: &str = "/_txflow/join";
pub(crate) const MOCKS_PATH: &str = "/_txflow/mocks";
/// Followed by the ARN of a managed policy.
pub(crate) const POLICY_PATH: &str = "/_txflow/policy/";
/// The header of `JOIN`'s answer that tells the instance.
pub(crate) const INSTANCE_HEADER: &str = "x-txflow-instance";
/// The header that these paths need. A web page cannot send it, nor know its value.
pub(crate) const TOKEN_HEADER: &str = "x-txflow-token";

/// What a server and those that join it know each other by. Both are in the endpoint file, which only this user can read.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Told by the server, so that another program on the port of a killed server is not taken for it.
    pub(crate) instance: String,
    /// Told by who joins.
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

/// Loopback answers in microseconds; a busy machine gets some grace.
const PATIENCE: Duration = Duration::from_secs(2);

/// The right to serve a data directory. Ends with the value, and with the process.
pub(crate) struct Claim {
    endpoint: PathBuf,
    lock: File,
}

impl Claim {
    /// `None` where another process (or another server of this one) has it.
    pub(crate) fn take(data_dir: &Path) -> io::Result<Option<Claim>> {
        private::folder(data_dir)?;
        let lock = private::open(&data_dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {
                // Written by an older txflow, or under its umask.
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

    /// Tells others where this server is. The file appears whole.
    pub(crate) fn announce(&self, address: SocketAddr, identity: &Identity) -> io::Result<()> {
        let unfinished = self.endpoint.with_extension("part");
        let Identity { instance, token } = identity;
        let mut file = private::create(&unfinished)?;
        file.write_all(format!("{address}\n{instance}\n{token}\n").as_bytes())?;
        fs::rename(unfinished, &self.endpoint)
    }

    /// Tells no one any more.
    pub(crate) fn withdraw(&self) {
        // A file that stays behind is recognised as stale.
        let _ = fs::remove_file(&self.endpoint);
    }
}

impl Drop for Claim {
    /// Released by name, as closing is not enough: a process that is just being started holds a copy of the file.
    fn drop(&mut self) {
        // What cannot be unlocked goes with the process.
        let _ = self.lock.unlock();
    }
}

/// A server that another process runs, and the promise that it stays for as long as this value lives, unless it is
/// killed.
#[derive(Debug)]
pub struct Joined {
    address: SocketAddr,
    token: String,
    /// Open for as long as the server is used.
    _connection: TcpStream,
}

/// Why the endpoint file is not followed.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error(
        "`{}` names `{address}` as the local AWS, which is not an address of this machine alone", .path.display()
    )]
    Elsewhere { path: PathBuf, address: String },
    #[error("`{}` cannot be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

/// More than the file ever holds.
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
        // Empty after a power failure.
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
        // An older txflow wrote no token, and its server is not one of this version.
        let (Some(instance), Some(token)) = (lines.next(), lines.next()) else {
            return Ok(None);
        };
        Ok(Joined::ask(address, instance, token))
    }

    /// `None` if no server of this identity is there.
    fn ask(address: SocketAddr, instance: &str, token: &str) -> Option<Joined> {
        let request = format!(
            "GET {JOIN_PATH} HTTP/1.1\r\nHost: {address}\r\n{TOKEN_HEADER}: {token}\r\nConnection: upgrade\r\nUpgrade: txflow\r\n\r\n"
        );
        let (head, connection) = ask(address, request.as_bytes()).ok()?;
        let told = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| *name == INSTANCE_HEADER)?;
        (told.1 == instance).then(|| Joined {
            address,
            token: token.to_owned(),
            _connection: connection,
        })
    }

    /// What clients are given as the endpoint URL.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives the server mocks, beside those that it has.
    pub fn add_mocks(&self, mocks: &crate::Mocks) -> io::Result<()> {
        match self.put(MOCKS_PATH, &mocks.to_file_text())?.as_str() {
            "204" => Ok(()),
            _ => Err(io::Error::other("the server refused the mocks")),
        }
    }

    /// Makes a managed policy of the account be this. A server that limits its callers keeps what it has.
    pub fn put_policy(&self, arn: &str, document: &str) -> io::Result<()> {
        match self.put(&format!("{POLICY_PATH}{arn}"), document)?.as_str() {
            "204" | "403" => Ok(()),
            _ => Err(io::Error::other("the server refused the policy")),
        }
    }

    /// The status of the answer.
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
    // Something else may listen there by now, and answer at length or byte by byte.
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 4096 {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok((String::from_utf8_lossy(&head).into_owned(), stream))
}
