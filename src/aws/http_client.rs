//! The client that sends requests over the network.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// As the SDK makes it for itself if it is given none, but with ring. The embedded AWS has no TLS, so nobody is trusted there:
/// to read the certificates of the system takes longer than many calls.
pub(super) fn http_client(embedded: bool) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let mut connector = ConnectorBuilder::default().tls_provider(tls);
        if embedded {
            let nobody = TlsContext::builder().with_trust_store(TrustStore::empty());
            connector.set_tls_context(nobody.build().unwrap_or_default());
        }
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}
