//! Taking connections.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// Without it, a process that is out of descriptors would try and fail all the time.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// The next connection. Failures are the peer's, or pass; the listener stays good. May be dropped while it waits.
pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it answers wait for acknowledgements; a refusal costs only time.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
        }
    }
}
