//! How processes of one project share one server: the first holds the data directory's lock and writes down where it
//! serves, the others read it.
//!
//! A lock that the system drops with its holder decides who may serve, so a killed server blocks nobody. The endpoint
//! file is only a hint; what it names counts as the server only once it has told the instance id that the file holds.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A path that no AWS service has.
pub(crate) const HEALTH_PATH: &str = "/_txflow/instance";

/// Loopback answers in microseconds; a busy machine gets some grace.
const PATIENCE: Duration = Duration::from_secs(2);

/// The right to serve a data directory. Ends with the value, and with the process.
pub(crate) struct Claim {
    endpoint: PathBuf,
    _lock: File,
}

impl Claim {
    /// `None` where another process (or another server of this one) has it.
    pub(crate) fn take(data_dir: &Path) -> io::Result<Option<Claim>> {
        fs::create_dir_all(data_dir)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(data_dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Claim {
                endpoint: data_dir.join("endpoint"),
                _lock: lock,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Tells others where this server is. The file appears whole.
    pub(crate) fn announce(&self, address: SocketAddr, instance: &str) -> io::Result<()> {
        let unfinished = self.endpoint.with_extension("part");
        fs::write(&unfinished, format!("{address}\n{instance}\n"))?;
        fs::rename(unfinished, &self.endpoint)
    }

    /// Tells no one any more.
    pub(crate) fn withdraw(&self) {
        // A file that stays behind is recognised as stale.
        let _ = fs::remove_file(&self.endpoint);
    }
}

/// The address of the server that serves `data_dir` now.
pub(crate) fn find(data_dir: &Path) -> Option<SocketAddr> {
    let announced = fs::read_to_string(data_dir.join("endpoint")).ok()?;
    let mut lines = announced.lines();
    let address: SocketAddr = lines.next()?.parse().ok()?;
    let instance = lines.next()?;
    (instance_at(address).ok()? == instance).then_some(address)
}

fn instance_at(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {HEALTH_PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    // Something else may listen there by now and answer at length.
    stream.take(4096).read_to_string(&mut response)?;
    let body = response
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.trim().to_owned());
    body.ok_or_else(|| io::Error::other("no answer"))
}
