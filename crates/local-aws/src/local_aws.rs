//! A running server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::aws::Aws;
use crate::discovery::{Claim, EndpointError, Identity, Joined};
use crate::http::server;
use crate::iam::Iam;
use crate::lambda::Lambda;
use crate::lambda::host::end_leftovers;
use crate::logs::Logs;
use crate::mocks::Mocks;
use crate::options::Options;
use crate::states::States;
use crate::store::{Damaged, Health, Opened, Store, StoreError, is_out_of_room};

/// A running local AWS. Dropping it stops it at once; [`LocalAws::shutdown`] lets requests under way finish.
pub struct LocalAws {
    aws: Arc<Aws>,
    claim: Arc<Claim>,
    closed: oneshot::Receiver<()>,
    health: Arc<Health>,
    damaged: Option<Damaged>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// What [`LocalAws::join_or_start`] came to.
pub enum JoinedOrStarted {
    Joined(Joined),
    Started(LocalAws),
}

/// How long a server that starts or ends is waited for.
const START_PATIENCE: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// How long each part of an orderly end may take: less than 5 s together.
const REQUESTS_FINISH: Duration = Duration::from_millis(1500);
const PROCESSES_END: Duration = Duration::from_millis(2000);
const STORE_CLOSES: Duration = Duration::from_secs(1);

/// Why no server was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Use [`LocalAws::find`] to reach the one that runs.
    #[error("a local AWS already serves `{}`", .0.display())]
    AlreadyRunning(PathBuf),
    #[error("the local AWS cannot use `{}`: {source}", .path.display())]
    DataDirectory {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

impl StartError {
    /// Whether a disk is full, or a file as large as it may be.
    pub fn is_out_of_room(&self) -> bool {
        match self {
            StartError::DataDirectory { source, .. } => is_out_of_room(source),
            StartError::Store(error) => error.is_out_of_room(),
            StartError::AlreadyRunning(_) | StartError::Endpoint(_) => false,
        }
    }
}

impl LocalAws {
    /// Serves `options.data_dir` on `options.listener`. Executions that a former server was cut off in are marked
    /// as `ABORTED` before the first call is served.
    pub async fn start(options: Options) -> Result<LocalAws, StartError> {
        match Claim::take(&options.data_dir) {
            Ok(Some(claim)) => Self::serve(options, claim).await,
            Ok(None) => Err(StartError::AlreadyRunning(options.data_dir)),
            Err(source) => Err(StartError::DataDirectory {
                path: options.data_dir,
                source,
            }),
        }
    }

    async fn serve(options: Options, claim: Claim) -> Result<LocalAws, StartError> {
        let unusable = |source| StartError::DataDirectory {
            path: options.data_dir.clone(),
            source,
        };
        let claim = Arc::new(claim);
        let Listening {
            address,
            announced,
            beside,
        } = Listening::of(&options.listener).await.map_err(unusable)?;
        let unpacked = options.data_dir.join("unpacked");
        let left = unpacked.clone();
        // Before the folders that it runs from are looked through. A panic there is no reason not to serve.
        let _ = tokio::task::spawn_blocking(move || end_leftovers(&left)).await;
        let mut opened = Store::open(&options.data_dir, &claim)?;
        let load =
            |store: &Arc<Store>| Lambda::load(store, unpacked.clone(), options.supervisor.clone());
        let lambda = match load(&opened.store) {
            Err(StoreError::Damaged(cause)) => {
                opened = opened.replaced(&options.data_dir, &claim, cause)?;
                load(&opened.store)?
            }
            loaded => loaded?,
        };
        let Opened {
            store,
            closed,
            health,
            damaged,
        } = opened;
        let identity = Identity::new();
        let aws = Arc::new(Aws {
            address,
            identity: identity.clone(),
            code_key: uuid::Uuid::new_v4().to_string(),
            joiners: Arc::default(),
            delays: options.delays,
            iam: Iam::load(&store, options.delays)?,
            lambda,
            logs: Logs::load(&store)?,
            states: States::load(&store, options.time, options.mocks)?,
            store,
            caller_policy: options.caller_policy,
            call_log: options.call_log,
        });
        aws.states.recover().await?;
        claim.announce(announced, &identity).map_err(unusable)?;
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn({
            let serve = {
                let aws = Arc::clone(&aws);
                move |listener| server::serve(Arc::clone(&aws), listener, stopped.clone())
            };
            async move {
                match beside {
                    Some(beside) => {
                        tokio::join!(serve(options.listener), serve(beside));
                    }
                    None => serve(options.listener).await,
                }
            }
        });
        Ok(LocalAws {
            aws,
            claim,
            closed,
            health,
            damaged,
            stop,
            server,
        })
    }

    /// Joins the server that serves `data_dir`, which another process runs. `None` if none does, also if one was killed
    /// and left its traces. Blocks, for 2 s at most.
    pub fn find(data_dir: impl AsRef<Path>) -> Result<Option<Joined>, EndpointError> {
        Joined::join(data_dir.as_ref())
    }

    /// Joins the server that serves `options.data_dir`, or starts it. Of several processes that do so at once, one
    /// starts it and the others join.
    pub async fn join_or_start(options: Options) -> Result<JoinedOrStarted, StartError> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            let data_dir = options.data_dir.clone();
            let found = tokio::task::spawn_blocking(move || Self::find(data_dir)).await;
            if let Some(joined) = found.unwrap_or(Ok(None))? {
                return Ok(JoinedOrStarted::Joined(joined));
            }
            match Claim::take(&options.data_dir) {
                Ok(Some(claim)) => {
                    return Self::serve(options, claim)
                        .await
                        .map(JoinedOrStarted::Started);
                }
                // Another process is about to serve, or about to end.
                Ok(None) if Instant::now() < deadline => tokio::time::sleep(RETRY_INTERVAL).await,
                Ok(None) => return Err(StartError::AlreadyRunning(options.data_dir)),
                Err(source) => {
                    return Err(StartError::DataDirectory {
                        path: options.data_dir,
                        source,
                    });
                }
            }
        }
    }

    /// Ends when no other process uses this server. Who started it in passing waits for this before it ends.
    pub async fn until_unused(&self) {
        self.aws.joiners.gone().await;
    }

    /// Gives the server mocks, beside those that it has.
    pub fn add_mocks(&self, mocks: Mocks) {
        self.aws.states.mocks.merge(mocks);
    }

    /// Makes a managed policy of the account's own be this, such as a permissions boundary that is made elsewhere for
    /// a real account.
    pub async fn put_policy(&self, arn: &str, document: &str) -> std::io::Result<()> {
        let put = self.aws.iam.put_policy(arn, document).await;
        put.map_err(|fault| std::io::Error::other(fault.message))
    }

    /// The damaged database that was found at the start and moved aside.
    pub fn damaged(&self) -> Option<&Damaged> {
        self.damaged.as_ref()
    }

    /// What clients are given as the endpoint URL.
    pub fn endpoint_url(&self) -> String {
        self.aws.endpoint_url()
    }

    pub fn address(&self) -> SocketAddr {
        self.aws.address
    }

    /// Ends: takes no new connections, lets the requests under way finish for a moment, then ends the functions'
    /// processes, and whoever still waits for them. Executions that still run are marked as `ABORTED` at the next
    /// start.
    ///
    /// When this returns, the data directory is free, unless something does not let itself be stopped: then it is free
    /// once the process ends. It returns within 5 s, and fails if anything could not be kept.
    pub async fn shutdown(mut self) -> Result<(), StoreError> {
        self.claim.withdraw();
        self.stop.send_replace(true);
        if timeout(REQUESTS_FINISH, &mut self.server).await.is_err() {
            self.server.abort();
        }
        let (_, never) = oneshot::channel();
        let closed = std::mem::replace(&mut self.closed, never);
        self.aws.states.stop();
        self.aws.lambda.stop();
        let _ = timeout(PROCESSES_END, self.aws.lambda.gone()).await;
        let health = Arc::clone(&self.health);
        drop(self);
        // Ends with an error when the store drops its end.
        let _ = timeout(STORE_CLOSES, closed).await;
        health.verdict()
    }
}

/// Where a server is reached.
struct Listening {
    /// By those who are told its URL.
    address: SocketAddr,
    /// By those who share the data directory: always on this machine alone.
    announced: SocketAddr,
    /// For them, if what the listener is bound to does not include such an address.
    beside: Option<TcpListener>,
}

impl Listening {
    async fn of(listener: &TcpListener) -> io::Result<Listening> {
        let address = listener.local_addr()?;
        if address.ip().is_loopback() {
            return Ok(Listening {
                address,
                announced: address,
                beside: None,
            });
        }
        let loopback: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        if address.ip().is_unspecified() {
            // All addresses: also this one, and nobody can be told to use "all".
            let address = SocketAddr::new(loopback, address.port());
            return Ok(Listening {
                address,
                announced: address,
                beside: None,
            });
        }
        let beside = TcpListener::bind((loopback, 0)).await?;
        Ok(Listening {
            address,
            announced: beside.local_addr()?,
            beside: Some(beside),
        })
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        self.claim.withdraw();
        self.stop.send_replace(true);
        self.server.abort();
        self.aws.states.stop();
        self.aws.lambda.stop();
    }
}
