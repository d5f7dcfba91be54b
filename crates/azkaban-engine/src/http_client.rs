//! The client for requests to other servers: HTTP/1.1, with or without TLS, trusting what the system trusts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};

/// A client that keeps connections.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Makes a client. Without certificates to trust, requests over HTTPS fail and others work. `None` if TLS cannot be set up
/// at all.
pub(crate) fn http_client(connect_timeout: Duration) -> Option<HttpClient> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(connect_timeout));
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .inspect_err(
                |error| tracing::error!(%error, "TLS for requests to other servers cannot be set up"),
            )
            .ok()
    };
    let tls = match builder()?.with_native_roots() {
        Ok(roots) => roots.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "this machine has no certificates to trust; requests over HTTPS fail");
            builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    };
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http);
    // Requests are rare, and a connection that was kept may be closed by the other end just when it is used again.
    Some(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}
