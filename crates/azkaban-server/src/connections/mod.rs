//! Connections: HTTP/1.1 and HTTP/2, over TLS or not, their number, their timeouts, and an orderly stop.

mod bodies;
mod descriptors;
mod room;
mod stream;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::config::TrustedProxies;
use crate::tls::Tls;
use bodies::{Outgoing, Received};
use room::{Room, Seat};
use stream::{Lingering, accept_tls};

/// Bytes of a request's headers, and a bound on what one connection buffers.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Headers of a request. (HTTP/2 has the bound in bytes only.)
const MAX_HEADERS: usize = 100;
/// Requests under way on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
/// Requests that an HTTP/2 client may take back before they are begun; one more ends the connection.
const MAX_PENDING_RESETS: usize = 20;
/// Errors in streams that an HTTP/2 client may cause; one more ends the connection.
const MAX_STREAM_ERRORS: usize = 200;
/// Pause after the system refused a connection (too many open files), so that this is no busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Time in which a connection that is asked to end may say good-bye.
const PARTING: Duration = Duration::from_millis(500);

/// What connections may take.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Connections at once; fewer if the process may not open so many files.
    pub(crate) connections: usize,
    /// Connections of one client at once; else half of all.
    pub(crate) per_client: Option<usize>,
    /// Who may have more.
    pub(crate) proxies: TrustedProxies,
    /// Time for a request's headers, the wait for it included; time in which an answer's body must move.
    pub(crate) header_timeout: Duration,
    /// Time for the TLS handshake.
    pub(crate) handshake_timeout: Duration,
    /// Time for requests under way once a stop is asked for.
    pub(crate) stop_grace: Duration,
}

/// Who sends a request, as far as the connection knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The other end of the connection.
    pub(crate) address: SocketAddr,
    /// It speaks TLS.
    pub(crate) secure: bool,
}

/// Answers a request of a peer.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The answer.
    fn answer(&self, peer: Peer, request: Request) -> impl Future<Output = Response> + Send;
}

/// Serves until `shutdown` ends; then takes no more requests and waits for those under way.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    limits: Limits,
    handler: Arc<impl Handler>,
    shutdown: impl Future<Output = ()>,
) {
    let most = descriptors::connections(limits.connections);
    let per_client = limits.per_client.unwrap_or(most.div_ceil(2));
    let room = Room::new(most, per_client, limits.proxies.clone());
    let (stop, stopped) = watch::channel(false);
    let watched = tls.clone();
    let watch_certificate = async {
        match watched {
            Some(tls) => tls.watch().await,
            None => std::future::pending().await,
        }
    };
    let mut ending = pin!(async {
        tokio::select! { () = shutdown => {}, () = watch_certificate => {} }
    });
    loop {
        let accepted = tokio::select! {
            () = &mut ending => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok(Some((stream, peer, seat))) => {
                let (handler, stopped) = (Arc::clone(&handler), stopped.clone());
                let connection = Connection {
                    peer: Peer { address: peer, secure: tls.is_some() },
                    seat,
                    unread: Arc::default(),
                    header_timeout: limits.header_timeout,
                    stopped,
                };
                tokio::spawn(connection.run(stream, tls.clone(), limits.handshake_timeout, handler));
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    drop(stopped);
    // Both only fail if there is no connection left, or time is up.
    let _ = stop.send(true);
    let _ = timeout(limits.stop_grace, stop.closed()).await;
}

/// The next connection, once there is room for it; `None` if its client has too many.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Room>,
) -> io::Result<Option<(TcpStream, SocketAddr, Arc<Seat>)>> {
    let (stream, peer) = listener.accept().await?;
    let Some(seat) = room.enter(peer.ip()).await else {
        tracing::debug!(%peer, "refused: this client has too many connections");
        return Ok(None);
    };
    stream.set_nodelay(true)?;
    Ok(Some((stream, peer, seat)))
}

/// One connection.
struct Connection {
    peer: Peer,
    seat: Arc<Seat>,
    /// A request's body was not read to its end.
    unread: Arc<AtomicBool>,
    header_timeout: Duration,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn run(
        mut self,
        stream: TcpStream,
        tls: Option<Tls>,
        handshake_timeout: Duration,
        handler: Arc<impl Handler>,
    ) {
        let stream = Lingering::new(stream, Arc::clone(&self.unread));
        let Some(tls) = tls else { return self.serve(stream, handler).await };
        let shaken = tokio::select! {
            shaken = timeout(handshake_timeout, accept_tls(tls.acceptor(), stream)) => shaken,
            () = self.seat.displaced() => return,
            _ = self.stopped.wait_for(|stopped| *stopped) => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.serve(stream, handler).await,
            Ok(Err(error)) => {
                tracing::debug!(peer = %self.peer.address, %error, "no TLS connection came about")
            }
            Err(_) => tracing::debug!(peer = %self.peer.address, "the TLS handshake took too long"),
        }
    }

    async fn serve(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        handler: Arc<impl Handler>,
    ) {
        let builder = self.builder();
        let (peer, seat, unread) = (self.peer, Arc::clone(&self.seat), Arc::clone(&self.unread));
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let (handler, seat, unread) = (Arc::clone(&handler), Arc::clone(&seat), Arc::clone(&unread));
            let busy = seat.begin();
            async move {
                let request = request.map(|body| Body::new(Received::new(body, unread)));
                let response = handler.answer(peer, request).await;
                drop(busy);
                Ok::<_, Infallible>(response.map(|body| Outgoing::new(body, seat)))
            }
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let (ended, parting) = tokio::select! {
            ended = connection.as_mut() => (Some(ended), PARTING),
            _ = self.stopped.wait_for(|stopped| *stopped) => (None, PARTING),
            () = self.seat.abandoned(self.header_timeout) => (None, PARTING),
            () = self.seat.displaced() => (None, Duration::ZERO),
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                let cut = async {
                    sleep(parting).await;
                    self.seat.abandoned(parting).await;
                };
                tokio::select! {
                    biased;
                    ended = connection.as_mut() => ended,
                    () = cut => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(peer = %self.peer.address, %error, "connection ended");
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEADER_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_BYTES as u32)
            .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
            .max_local_error_reset_streams(MAX_STREAM_ERRORS);
        builder
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
        async fn answer(&self, _: Peer, request: Request) -> Response {
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
        let limits = Limits {
            connections,
            per_client: None,
            proxies: TrustedProxies::default(),
            header_timeout,
            handshake_timeout: LONG,
            stop_grace: Duration::from_secs(2),
        };
        let served =
            tokio::spawn(serve(listener, None, limits, Arc::new(Slow), async { drop(stopped.await) }));
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
