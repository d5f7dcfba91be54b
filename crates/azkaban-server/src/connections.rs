//! HTTP/1.1 connections: their number, their timeouts, and an orderly stop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Bytes of a request's headers, and a bound on what one connection buffers.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Pause after the system refused a connection (too many open files), so that this is no busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) connections: usize,
    /// Time for a request's headers, the wait for it included.
    pub(crate) header_timeout: Duration,
    /// Time for requests under way once a stop is asked for.
    pub(crate) stop_grace: Duration,
}

/// Answers a request of a peer.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The answer.
    fn answer(&self, peer: SocketAddr, request: Request) -> impl Future<Output = Response> + Send;
}

/// Serves until `shutdown` ends; then takes no more requests and waits for those under way.
pub(crate) async fn serve(
    listener: TcpListener,
    limits: Limits,
    handler: Arc<impl Handler>,
    shutdown: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, peer, slot)) => {
                let (handler, stopped) = (Arc::clone(&handler), stopped.clone());
                tokio::spawn(async move {
                    connection(stream, peer, limits.header_timeout, handler, stopped).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    drop(stopped);
    // Both only fail if there is no connection left, or time is up.
    let _ = stop.send(true);
    let _ = tokio::time::timeout(limits.stop_grace, stop.closed()).await;
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, slot))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    header_timeout: Duration,
    handler: Arc<impl Handler>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(MAX_HEADER_BYTES);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(handler.answer(peer, request.map(Body::new)).await) }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    /// Answers `/slow` after 300 ms, everything else at once.
    struct Slow;

    impl Handler for Slow {
        async fn answer(&self, _: SocketAddr, request: Request) -> Response {
            if request.uri().path() == "/slow" {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            Response::new(Body::from("done"))
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        served: JoinHandle<()>,
    }

    async fn start(connections: usize, header_timeout: Duration) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let limits = Limits { connections, header_timeout, stop_grace: Duration::from_secs(2) };
        let served = tokio::spawn(serve(listener, limits, Arc::new(Slow), async { drop(stopped.await) }));
        Running { address, stop, served }
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Everything until the server closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut text)).await;
        let _ = read.expect("the server closes the connection");
        text
    }

    #[tokio::test]
    async fn a_stop_lets_requests_finish_and_ends_idle_connections() {
        let server = start(10, LONG).await;
        let idle = send(server.address, "").await;
        let slow = send(server.address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
        // The request is under way once its bytes are read; a second one on the same server shows that.
        let quick = send(server.address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(rest(quick).await.ends_with("done"));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let asked = Instant::now();
        server.stop.send(()).unwrap();
        assert!(rest(slow).await.ends_with("done"));
        assert_eq!(rest(idle).await, "");
        server.served.await.unwrap();
        assert!(asked.elapsed() < Duration::from_millis(900), "{:?}", asked.elapsed());
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn a_client_that_sends_its_headers_slowly_is_given_up() {
        let server = start(10, Duration::from_millis(400)).await;
        let asked = Instant::now();
        let stream = send(server.address, "GET / HTTP/1.1\r\nHost:").await;
        let answer = rest(stream).await;
        assert!(!answer.contains("200"), "{answer}");
        assert!(asked.elapsed() >= Duration::from_millis(350), "{:?}", asked.elapsed());
    }

    #[tokio::test]
    async fn one_connection_more_than_allowed_waits_for_another_to_end() {
        let server = start(1, LONG).await;
        let first = send(server.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let second = send(server.address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        let mut buffer = [0; 100];
        let early = tokio::time::timeout(Duration::from_millis(100), second.peek(&mut buffer)).await;
        assert!(early.is_err(), "answered beside the first");
        drop(first);
        assert!(rest(second).await.ends_with("done"));
    }

    #[tokio::test]
    async fn headers_without_end_are_refused() {
        let server = start(10, LONG).await;
        let mut stream = send(server.address, "GET / HTTP/1.1\r\n").await;
        let line = format!("X: {}\r\n", "y".repeat(1000));
        for _ in 0..200 {
            if stream.write_all(line.as_bytes()).await.is_err() {
                break;
            }
        }
        let answer = rest(stream).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
}
