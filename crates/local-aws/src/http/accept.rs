//! Accepting connections.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// Keeps a process that is out of file descriptors from trying again without a pause.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// The next connection. Errors concern the peer or are temporary, so the listener stays usable. Cancel safe.
pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Otherwise answers wait for acknowledgements. If the option cannot be set, only time is lost.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
        }
    }
}
