//! A response body from an open file, read piece by piece away from the threads that serve requests.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

const CHUNK: usize = 256 * 1024;

/// `length` bytes of `file` from its position on. A file that turns out shorter breaks the response off.
pub(crate) fn file_body(
    file: File,
    length: u64,
) -> impl Body<Data = Bytes, Error = io::Error> + Send + 'static {
    FileBody { state: State::Idle(file), left: length }
}

struct FileBody {
    state: State,
    left: u64,
}

enum State {
    Idle(File),
    Reading(JoinHandle<io::Result<(File, Vec<u8>)>>),
    Done,
}

fn read(mut file: File, size: u64) -> io::Result<(File, Vec<u8>)> {
    let mut chunk = Vec::with_capacity(CHUNK.min(usize::try_from(size).unwrap_or(CHUNK)));
    (&mut file).take(size.min(CHUNK as u64)).read_to_end(&mut chunk)?;
    Ok((file, chunk))
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        loop {
            match std::mem::replace(&mut this.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Idle(_) if this.left == 0 => return Poll::Ready(None),
                State::Idle(file) => {
                    let left = this.left;
                    this.state = State::Reading(tokio::task::spawn_blocking(move || read(file, left)));
                }
                State::Reading(mut reading) => {
                    let Poll::Ready(result) = Pin::new(&mut reading).poll(cx) else {
                        this.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    let (file, chunk) = result.map_err(io::Error::other)??;
                    if chunk.is_empty() {
                        return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                    }
                    this.left -= chunk.len() as u64;
                    this.state = State::Idle(file);
                    return Poll::Ready(Some(Ok(Frame::data(chunk.into()))));
                }
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::io::{Seek, Write};

    #[tokio::test]
    async fn a_file_comes_whole_and_a_short_one_is_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..1_000_000u32).map(|i| i as u8).collect();
        file.write_all(&content).unwrap();
        for length in [0, 1, CHUNK as u64, 1_000_000] {
            file.rewind().unwrap();
            let body = file_body(file.try_clone().unwrap(), length).collect().await.unwrap().to_bytes();
            assert_eq!(body, content[..length as usize]);
        }
        file.rewind().unwrap();
        assert!(file_body(file, 1_000_001).collect().await.is_err());
    }
}
