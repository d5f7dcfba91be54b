//! The bytes below HTTP: TLS, and an end that does not take the answer with it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long the rest of a body is received and thrown away.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes of it.
const LINGER_BYTES: usize = 64 << 20;
/// First byte of every TLS connection: a handshake record.
const HANDSHAKE: u8 = 22;

/// What a client gets that speaks HTTP where TLS is spoken.
const PLAIN_REFUSED: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 43\r\n\
    Connection: close\r\n\r\nThis port speaks HTTPS; use an https:// URL";

/// A TCP stream. A system that closes one with bytes unread resets it, and the client may lose the answer that it was
/// sent; so, if `unread` is raised, closing first receives what the client still sends, for a while.
pub(super) struct Lingering {
    stream: TcpStream,
    unread: Arc<AtomicBool>,
    closing: Option<Closing>,
}

struct Closing {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl Lingering {
    pub(super) fn new(stream: TcpStream, unread: Arc<AtomicBool>) -> Self {
        Self { stream, unread, closing: None }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let closing = match &mut this.closing {
            Some(closing) => closing,
            None => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                if !this.unread.load(Ordering::Relaxed) {
                    return Poll::Ready(Ok(()));
                }
                this.closing.insert(Closing { until: Box::pin(sleep(LINGER)), bytes: 0 })
            }
        };
        let mut scratch = [0; 16 * 1024];
        while closing.bytes < LINGER_BYTES && closing.until.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => closing.bytes += buffer.filled().len(),
                // The client has closed too, or is gone.
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Shakes hands. A client that speaks HTTP is told so.
pub(super) async fn accept_tls(
    acceptor: TlsAcceptor,
    mut stream: Lingering,
) -> io::Result<TlsStream<Lingering>> {
    let mut first = [0];
    if stream.stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
        // What is left unread would take the answer with it.
        stream.unread.store(true, Ordering::Relaxed);
        let _ = stream.read(&mut [0; 4096]).await?;
        stream.write_all(PLAIN_REFUSED).await?;
        stream.shutdown().await?;
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS"));
    }
    acceptor.accept(stream).await
}
