//! A running server.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::conditions::Conditions;
use crate::direct::Direct;
use crate::discovery::{Claim, EndpointError, Identity, Joined};
use crate::http::server::{self, Ingredients, Server};
use crate::lambda::Running;
use crate::lambda::host::end_leftovers;
use crate::mocks::{MockStore, Mocks};
use crate::options::{Behavior, Options};
use crate::services::{self, Parts};
use crate::store::{Damaged, Health, Opened, Store, StoreError, is_out_of_room};
use crate::timing::Time;

/// A running local AWS. Dropping it stops it at once; [`LocalAws::shutdown`] lets requests in progress finish.
pub struct LocalAws {
    address: SocketAddr,
    /// A loopback address.
    announced: SocketAddr,
    server: Arc<Server>,
    claim: Arc<Claim>,
    closed: oneshot::Receiver<()>,
    health: Arc<Health>,
    damaged: Option<Damaged>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// The result of [`LocalAws::join_or_start`].
pub enum JoinedOrStarted {
    Joined(Joined),
    Started(LocalAws),
}

/// How long to wait for a server that is starting or ending.
const START_PATIENCE: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// How long each part of an orderly shutdown may take: less than 5 s in total.
const REQUESTS_FINISH: Duration = Duration::from_millis(1500);
const PROCESSES_END: Duration = Duration::from_millis(2000);
const STORE_CLOSES: Duration = Duration::from_secs(1);

/// Why the server was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Use [`LocalAws::find`] to reach the running server.
    #[error("a local AWS already serves `{}`", .0.display())]
    AlreadyRunning(PathBuf),
    #[error("the local AWS that serves `{}` does not answer", .0.display())]
    NotAnswering(PathBuf),
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
    /// Whether the disk is full, or a file has reached its size limit.
    pub fn is_out_of_room(&self) -> bool {
        match self {
            StartError::DataDirectory { source, .. } => is_out_of_room(source),
            StartError::Store(error) => error.is_out_of_room(),
            StartError::AlreadyRunning(_)
            | StartError::NotAnswering(_)
            | StartError::Endpoint(_) => false,
        }
    }
}

impl LocalAws {
    /// Serves `options.data_dir` on `options.listener`. Executions that were interrupted with a previous server are
    /// marked as `ABORTED` before the first call is served.
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
        // Runs before anything looks through the folders that functions run from. A panic here must not keep the server
        // from starting.
        let _ = tokio::task::spawn_blocking(move || end_leftovers(&left)).await;
        let Behavior {
            weather,
            time,
            clock,
            random,
            mocks,
            caller_policy,
            call_log,
            on_end,
            on_undelivered,
        } = options.behavior;
        let conditions = Conditions::new(clock, random, weather);
        let mocks = Arc::new(MockStore::new(mocks));
        let load = |store: &Arc<Store>| {
            services::load(Parts {
                store,
                conditions: &conditions,
                time,
                on_end: on_end.clone(),
                on_undelivered: on_undelivered.clone(),
                mocks: &mocks,
                endpoint_url: &endpoint_url(address),
                running: Running::Processes {
                    unpacked: unpacked.clone(),
                    supervisor: options.supervisor.clone(),
                },
                limited: caller_policy.is_some(),
            })
        };
        let mut opened = Store::open(&options.data_dir, &claim)?;
        let loaded = match load(&opened.store) {
            Err(StoreError::Damaged(cause)) if !options.private => {
                opened = opened.replaced(&options.data_dir, &claim, cause)?;
                load(&opened.store)
            }
            loaded => loaded,
        };
        let services = loaded?;
        let Opened {
            store,
            closed,
            health,
            damaged,
        } = opened;
        let identity = Identity::new();
        let server = Server::new(Ingredients {
            services,
            store,
            conditions,
            mocks,
            identity: identity.clone(),
            time,
            caller_policy,
            call_log,
        });
        server.aws.recover().await?;
        if !options.private {
            claim.announce(announced, &identity).map_err(unusable)?;
        }
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn({
            let serve = {
                let server = Arc::clone(&server);
                move |listener| server::serve(Arc::clone(&server), listener, stopped.clone())
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
            address,
            announced,
            server,
            claim,
            closed,
            health,
            damaged,
            stop,
            serving,
        })
    }

    /// Joins the server that another process runs on `data_dir`. `None` if there is none, even if a killed one left its
    /// endpoint file. Blocks for at most 2 s.
    pub fn find(data_dir: impl AsRef<Path>) -> Result<Option<Joined>, EndpointError> {
        Joined::join(data_dir.as_ref())
    }

    /// Joins the server that serves `options.data_dir`, or starts it. If several processes do so at once, one starts it
    /// and the others join.
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
                // Another process is about to start serving, or about to end.
                Ok(None) if Instant::now() < deadline => tokio::time::sleep(RETRY_INTERVAL).await,
                Ok(None) => return Err(StartError::NotAnswering(options.data_dir)),
                Err(source) => {
                    return Err(StartError::DataDirectory {
                        path: options.data_dir,
                        source,
                    });
                }
            }
        }
    }

    /// Waits until no other process uses this server. A command that started the server for itself waits for this
    /// before it exits.
    pub async fn until_unused(&self) {
        self.server.own.joiners.none_left().await;
    }

    /// Adds mocks to the server.
    pub fn add_mocks(&self, mocks: Mocks) {
        self.server.own.mocks.merge(mocks);
    }

    /// Sends the calls of services to other emulators: URLs by service.
    pub fn add_upstreams(&self, urls: BTreeMap<String, String>) {
        self.server.own.peers.upstreams.add(urls);
    }

    /// Calls its services directly, in an account and a region.
    pub fn direct(&self, account: &str, region: &str) -> Direct {
        Direct {
            address: self.announced,
            token: self.server.own.identity.token.clone(),
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// Creates or replaces a customer managed policy, such as a permissions boundary that an administrator would create
    /// in a real account.
    pub async fn put_policy(&self, arn: &str, document: &str) -> std::io::Result<()> {
        let put = self.server.own.iam.put_policy(arn, document).await;
        put.map_err(|fault| std::io::Error::other(fault.message))
    }

    /// How executions wait if nothing else is said.
    pub fn time(&self) -> Time {
        self.server.own.time
    }

    /// The damaged database that was found at the start and moved aside, if there was one.
    pub fn damaged(&self) -> Option<&Damaged> {
        self.damaged.as_ref()
    }

    /// What clients are given as the endpoint URL.
    pub fn endpoint_url(&self) -> String {
        endpoint_url(self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shuts down: accepts no new connections, gives the requests in progress a moment to finish, then ends the
    /// processes of functions and the calls that wait for them. Executions that still run are marked as `ABORTED` at
    /// the next start.
    ///
    /// When this returns, the data directory is free, unless something could not be stopped; then it is free once the
    /// process ends. Returns within 5 s, and fails if anything could not be stored.
    pub async fn shutdown(mut self) -> Result<(), StoreError> {
        self.claim.withdraw();
        self.stop.send_replace(true);
        if timeout(REQUESTS_FINISH, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
        let (_, never) = oneshot::channel();
        let closed = std::mem::replace(&mut self.closed, never);
        self.server.aws.stop();
        self.server.aws.stopped(PROCESSES_END).await;
        let health = Arc::clone(&self.health);
        drop(self);
        // Always ends with an error: the store drops its end without sending.
        let _ = timeout(STORE_CLOSES, closed).await;
        health.verdict()
    }
}

fn endpoint_url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The addresses that a server listens on.
struct Listening {
    /// For clients that are given its URL.
    address: SocketAddr,
    /// For processes that share the data directory: always a loopback address.
    announced: SocketAddr,
    /// A second listener for those, if the first does not include a loopback address.
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
            // Bound to all addresses, which is not an address that a client can use; they include this one.
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
        self.serving.abort();
        self.server.aws.stop();
    }
}
