//! The server as a whole: every request is answered, logged, and cannot take others down.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use azkaban_engine::Engine;
use http::StatusCode;
use http::request::Parts;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::AccessLine;
use crate::api::{self, Api};
use crate::config::Config;
use crate::connections::{self, Handler, Limits, Peer};
use crate::csrf::Csrf;
use crate::edge;
use crate::legacy;
use crate::metrics;

/// What every request needs.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) config: Config,
    pub(crate) csrf: Csrf,
    /// Another one after each change of the program.
    pub(crate) build_id: String,
    /// True once the server is asked to stop: streams end then.
    pub(crate) stopping: watch::Sender<bool>,
}

/// All faces of the server.
struct Faces {
    app: Arc<App>,
    api: Api,
}

/// Serves HTTP/1.1 and HTTP/2 on `listener`, over TLS if the configuration has it, until `shutdown` ends; then takes no
/// more requests and lets those under way go on for [`Config::stop_grace`].
///
/// # Errors
/// If the system gives no random numbers for the process's keys, or the listener has no address.
pub async fn serve(
    engine: Engine,
    mut config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    config.listen = listener.local_addr()?;
    let limits = Limits {
        connections: config.max_connections,
        per_client: config.max_connections_per_client,
        proxies: config.trusted_proxies.clone(),
        handshake_timeout: config.handshake_timeout,
        header_timeout: config.header_timeout,
        stop_grace: config.stop_grace,
    };
    let tls = config.tls.clone();
    let (build_id, stopping) = (crate::build::id(), watch::Sender::new(false));
    let app = Arc::new(App { engine, csrf: Csrf::new()?, config, build_id, stopping });
    let told = Arc::clone(&app);
    let shutdown = async move {
        shutdown.await;
        told.stopping.send_replace(true);
    };
    let faces = Faces { api: Api::new(Arc::clone(&app)), app };
    connections::serve(listener, tls, limits, Arc::new(faces), shutdown).await;
    Ok(())
}

impl Handler for Faces {
    async fn answer(&self, peer: Peer, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let config = &self.app.config;
        let secure = edge::normalize(&mut parts, peer, &config.trusted_proxies);
        let line = AccessLine::of(&mut parts, peer.address, config);
        let mut response = self.route(peer.address, parts, body).await;
        edge::harden(&mut response, secure, config.hsts_max_age_seconds);
        line.log(&response);
        response
    }
}

impl Faces {
    async fn route(&self, peer: SocketAddr, parts: Parts, body: Body) -> Response {
        let uri = parts.uri.clone();
        if Api::serves(uri.path()) {
            let handled = surviving(self.api.answer(peer, Request::from_parts(parts, body))).await;
            return handled.unwrap_or_else(|Panicked| api::panicked());
        }
        if metrics::serves(&parts) {
            return metrics::answer(&self.app.engine);
        }
        let handled = surviving(legacy::handle(&self.app, peer, parts, body)).await;
        handled.unwrap_or_else(|Panicked| {
            tracing::error!(path = uri.path(), "a handler panicked");
            legacy::error_page(StatusCode::INTERNAL_SERVER_ERROR, "Internal error", uri.path())
        })
    }
}

struct Panicked;

/// Runs `future`; a panic in it is an error of this one request.
async fn surviving<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_one_request_only() {
        assert!(surviving(async { panic!("on purpose") }).await.is_err_and(|Panicked| true));
        let fine = surviving(async {
            tokio::task::yield_now().await;
            7
        });
        assert!(fine.await.is_ok_and(|n| n == 7));
    }
}
