//! Answers that go on: bodies fed through a channel, and server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, header};
use hyper::body::Frame;
use serde::Serialize;
use tokio::sync::mpsc;

/// A body whose pieces come through a channel; it ends when the sender is gone. An error breaks it off, so that nobody takes
/// what came for the whole.
pub(super) struct ChannelBody<E> {
    receiver: mpsc::Receiver<Result<Bytes, E>>,
}

impl<E> ChannelBody<E> {
    pub(super) fn new(receiver: mpsc::Receiver<Result<Bytes, E>>) -> Self {
        Self { receiver }
    }
}

impl<E> hyper::body::Body for ChannelBody<E> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        self.receiver.poll_recv(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// One event of a stream.
pub(super) fn sse_event<T: Serialize>(name: &str, id: Option<&str>, data: &T) -> Bytes {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        text.push_str(&format!("id: {id}\n"));
    }
    text.push_str("data: ");
    // What is told always serialises; JSON has no line breaks of its own.
    text.push_str(&serde_json::to_string(data).unwrap_or_default());
    text.push_str("\n\n");
    text.into()
}

/// A stream of events, each piece whole.
pub(super) fn sse(receiver: mpsc::Receiver<Result<Bytes, Infallible>>) -> Response {
    let mut response = Response::new(Body::new(ChannelBody::new(receiver)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_breaks_a_body_off() {
        for (last, whole) in [(None, true), (Some(Err(std::io::Error::other("gone"))), false)] {
            let (sender, receiver) = mpsc::channel(2);
            sender.send(Ok(Bytes::from_static(b"a"))).await.unwrap();
            if let Some(last) = last {
                sender.send(last).await.unwrap();
            }
            drop(sender);
            let read = axum::body::to_bytes(Body::new(ChannelBody::new(receiver)), 10).await;
            assert_eq!(read.is_ok_and(|bytes| bytes == "a"), whole);
        }
    }
}
