//! Reading request bodies with a bound on their size and on how long they may pause.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use tokio::time::Instant;

/// A body that comes slower is given up: who sends a byte now and then holds a place that others need.
const LEAST_BYTES_PER_SECOND: u64 = 512;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// More bytes than allowed.
    #[error("Request body too large")]
    TooLarge,
    /// The client paused for too long.
    #[error("Request body timed out")]
    TimedOut,
    /// The connection broke, or its framing did.
    #[error("Request body could not be read: {0}")]
    Broken(axum::Error),
}

/// A body's frames, one by one.
pub(crate) struct Frames {
    body: Body,
    left: u64,
    idle: Duration,
    begun: Instant,
    received: u64,
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl Frames {
    /// At most `limit` bytes, each frame within `idle` of the one before, and altogether not slower than
    /// [`LEAST_BYTES_PER_SECOND`] once `idle` has passed.
    pub(crate) fn new(body: Body, limit: u64, idle: Duration) -> Self {
        Self {
            body,
            left: limit,
            idle,
            begun: Instant::now(),
            received: 0,
            pause: Box::pin(tokio::time::sleep(idle)),
        }
    }

    /// The next piece of data; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let mut body = pin!(&mut self.body);
            let pause = &mut self.pause;
            let frame = poll_fn(|cx| {
                if let Poll::Ready(frame) = body.as_mut().poll_frame(cx) {
                    return Poll::Ready(frame.transpose().map_err(BodyError::Broken));
                }
                pause.as_mut().poll(cx).map(|()| Err(BodyError::TimedOut))
            })
            .await?;
            self.pause.as_mut().reset(Instant::now() + self.idle);
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(data.len() as u64).ok_or(BodyError::TooLarge)?;
            self.received += data.len() as u64;
            if self.begun.elapsed() > self.idle + Duration::from_secs(self.received / LEAST_BYTES_PER_SECOND)
            {
                return Err(BodyError::TimedOut);
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    /// All of it in one piece.
    pub(crate) async fn collect(mut self) -> Result<Bytes, BodyError> {
        if self.body.size_hint().lower() > self.left {
            return Err(BodyError::TooLarge);
        }
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut all = Vec::from(first);
        all.extend_from_slice(&second);
        while let Some(data) = self.next().await? {
            all.extend_from_slice(&data);
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Context;

    #[tokio::test(start_paused = true)]
    async fn too_long_and_too_slow_bodies_are_given_up() {
        let read = |body: Body| Frames::new(body, 10, Duration::from_secs(1)).collect();
        assert_eq!(read(Body::from("0123456789")).await.unwrap(), "0123456789");
        assert_eq!(read(Body::empty()).await.unwrap(), "");
        assert!(matches!(read(Body::from("0123456789x")).await, Err(BodyError::TooLarge)));
        struct Never;
        impl HttpBody for Never {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
                Poll::Pending
            }
        }
        assert!(matches!(read(Body::new(Never)).await, Err(BodyError::TimedOut)));
        struct Trickle;
        impl HttpBody for Trickle {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
                Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(b"x")))))
            }
        }
        let mut frames = Frames::new(Body::new(Trickle), 1_000_000, Duration::from_secs(1));
        assert!(frames.next().await.is_ok());
        tokio::time::advance(Duration::from_millis(1_100)).await;
        assert!(matches!(frames.next().await, Err(BodyError::TimedOut)));
    }
}
