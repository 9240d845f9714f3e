//! The network as txflow meets it in production: TLS, with a certificate that the system's trust store decides about.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::wire::Wire;

#[tokio::test]
async fn an_authority_that_the_system_trusts_is_trusted() {
    let project = Project::shop().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let wire = Wire::in_front_of(&server.url).await;
    let encrypted = Encrypted::in_front_of(&wire.url(), project.path()).await;

    let status = project
        .txflow(&encrypted.url, &["status"])
        .env("SSL_CERT_FILE", &encrypted.authority.to_string_lossy());

    status.run().await.exits_with(1).says("is not deployed");
}

#[tokio::test]
async fn an_authority_that_the_system_does_not_know_is_refused_by_name() {
    let project = Project::shop().write();
    let wire = Wire::scripted().await;
    let encrypted = Encrypted::in_front_of(&wire.url(), project.path()).await;
    let other = Encrypted::in_front_of(&wire.url(), &project.path().join("lambdas")).await;

    let status = project
        .txflow(&encrypted.url, &["status"])
        .env("SSL_CERT_FILE", &other.authority.to_string_lossy());

    status.run().await.exits_with(1).says("certificate");
    assert_eq!(wire.calls().len(), 0);
}

/// TLS in front of an endpoint that has none. It stops when it is dropped.
struct Encrypted {
    url: String,
    /// A file with the certificate of the authority that signed the endpoint's own.
    authority: PathBuf,
    server: JoinHandle<()>,
}

impl Encrypted {
    async fn in_front_of(url: &str, directory: &Path) -> Self {
        let target: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let issuer = issuer();
        let authority = directory.join("authority.pem");
        std::fs::write(&authority, issuer.pem()).unwrap();
        let acceptor = acceptor(&issuer);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(forward(acceptor.clone(), connection, target));
            }
        });
        Self {
            url: format!("https://localhost:{port}"),
            authority,
            server,
        }
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

fn acceptor(issuer: &CertifiedIssuer<'static, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let settings = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(settings))
}

/// A client that refuses the certificate ends here, and nobody needs to know.
async fn forward(acceptor: TlsAcceptor, connection: TcpStream, target: SocketAddr) {
    if let (Ok(mut near), Ok(mut far)) = (
        acceptor.accept(connection).await,
        TcpStream::connect(target).await,
    ) {
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}
