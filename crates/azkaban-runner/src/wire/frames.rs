//! The messages themselves, and how they are cut out of a stream.

use azkaban_core::ids::AttemptKey;
use azkaban_core::time::UnixMillis;

use super::codec::{Reader, Writer};
use super::values::{get_end, get_key, put_end, put_key};
use super::{MAX_FRAME, Malformed};
use crate::spec::{AttemptEnd, AttemptSpec};

/// From the server.
#[derive(Debug)]
pub(crate) enum FromServer {
    /// The first message of a connection.
    Hello { protocol: u32 },
    /// Run this attempt; the bytes are an encoded spec.
    Spawn(Vec<u8>),
    /// Stop this attempt.
    Stop(AttemptKey),
    /// The end of this attempt is stored; forget it.
    Acknowledge(AttemptKey),
}

/// From the supervisor.
#[derive(Debug)]
pub(crate) enum FromSupervisor {
    /// Answers [`FromServer::Hello`]; then come [`FromSupervisor::Known`] for every attempt, and `Complete`.
    Welcome { protocol: u32, draining: bool },
    /// An attempt that the supervisor holds.
    Known { key: AttemptKey, state: KnownState },
    /// Every attempt has been told.
    Complete,
    /// The spec is in shared memory: the attempt will be run, whoever of the supervisor dies.
    Accepted(AttemptKey),
    /// The spec was not taken, and the attempt will not be run by this supervisor.
    Refused { key: AttemptKey, refusal: Refusal },
    /// The first process of the attempt runs.
    Started { key: AttemptKey, pid: i32, at: UnixMillis },
    /// The attempt is over.
    Ended { key: AttemptKey, end: AttemptEnd },
    /// One of the supervisor's processes is gone: it takes no more attempts.
    Draining,
    /// Nothing is left to drain; the supervisor exits when the server hangs up.
    Bye,
}

/// The state of a known attempt.
#[derive(Debug)]
pub(crate) enum KnownState {
    /// Accepted or executing. `first` is the first process with its time, once there was one.
    Running { pid: Option<i32>, first: Option<(i32, UnixMillis)>, stopping: bool },
    /// Over.
    Ended(AttemptEnd),
}

/// Why a spec was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The supervisor is draining.
    Draining,
    /// It holds as many attempts as it can.
    Full,
    /// The system has no memory or no descriptor for it.
    Shortage,
    /// The spec does not follow the format.
    Malformed,
}

/// A message that travels in a frame.
pub(crate) trait Message: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(tag: u8, body: &[u8]) -> Result<Self, Malformed>;
}

impl Message for FromServer {
    fn put(&self, out: &mut Vec<u8>) {
        let w = &mut Writer(out);
        match self {
            FromServer::Hello { protocol } => {
                w.u8(1);
                w.u32(*protocol);
            }
            FromServer::Spawn(spec) => {
                w.u8(2);
                w.0.extend_from_slice(spec);
            }
            FromServer::Stop(key) => {
                w.u8(3);
                put_key(w, key);
            }
            FromServer::Acknowledge(key) => {
                w.u8(4);
                put_key(w, key);
            }
        }
    }

    fn get(tag: u8, body: &[u8]) -> Result<Self, Malformed> {
        let r = &mut Reader(body);
        Ok(match tag {
            1 => FromServer::Hello { protocol: r.u32()? },
            2 => FromServer::Spawn(body.to_vec()),
            3 => FromServer::Stop(get_key(r)?),
            4 => FromServer::Acknowledge(get_key(r)?),
            _ => return Err(Malformed),
        })
    }
}

impl Message for FromSupervisor {
    fn put(&self, out: &mut Vec<u8>) {
        let w = &mut Writer(out);
        match self {
            FromSupervisor::Welcome { protocol, draining } => {
                w.u8(1);
                w.u32(*protocol);
                w.u8(u8::from(*draining));
            }
            FromSupervisor::Known { key, state } => {
                w.u8(2);
                put_key(w, key);
                match state {
                    KnownState::Running { pid, first, stopping } => {
                        w.u8(u8::from(*stopping));
                        w.i64(pid.map_or(0, i64::from));
                        let (pid, at) = first.unwrap_or((0, UnixMillis(0)));
                        w.i64(i64::from(pid));
                        w.i64(at.0);
                    }
                    KnownState::Ended(end) => {
                        w.u8(2);
                        put_end(w, end);
                    }
                }
            }
            FromSupervisor::Complete => w.u8(3),
            FromSupervisor::Accepted(key) => {
                w.u8(4);
                put_key(w, key);
            }
            FromSupervisor::Refused { key, refusal } => {
                w.u8(5);
                put_key(w, key);
                w.u8(match refusal {
                    Refusal::Draining => 0,
                    Refusal::Full => 1,
                    Refusal::Shortage => 2,
                    Refusal::Malformed => 3,
                });
            }
            FromSupervisor::Started { key, pid, at } => {
                w.u8(6);
                put_key(w, key);
                w.i64(i64::from(*pid));
                w.i64(at.0);
            }
            FromSupervisor::Ended { key, end } => {
                w.u8(7);
                put_key(w, key);
                put_end(w, end);
            }
            FromSupervisor::Draining => w.u8(8),
            FromSupervisor::Bye => w.u8(9),
        }
    }

    fn get(tag: u8, body: &[u8]) -> Result<Self, Malformed> {
        let r = &mut Reader(body);
        let message = match tag {
            1 => FromSupervisor::Welcome { protocol: r.u32()?, draining: r.u8()? != 0 },
            2 => {
                let key = get_key(r)?;
                let state = match r.u8()? {
                    stopping @ (0 | 1) => {
                        let pid = Some(get_pid(r)?).filter(|pid| *pid != 0);
                        let first = (get_pid(r)?, UnixMillis(r.i64()?));
                        let first = Some(first).filter(|(pid, _)| *pid != 0);
                        KnownState::Running { pid, first, stopping: stopping == 1 }
                    }
                    2 => KnownState::Ended(get_end(r)?),
                    _ => return Err(Malformed),
                };
                FromSupervisor::Known { key, state }
            }
            3 => FromSupervisor::Complete,
            4 => FromSupervisor::Accepted(get_key(r)?),
            5 => {
                let key = get_key(r)?;
                let refusal = match r.u8()? {
                    0 => Refusal::Draining,
                    1 => Refusal::Full,
                    2 => Refusal::Shortage,
                    3 => Refusal::Malformed,
                    _ => return Err(Malformed),
                };
                FromSupervisor::Refused { key, refusal }
            }
            6 => FromSupervisor::Started { key: get_key(r)?, pid: get_pid(r)?, at: UnixMillis(r.i64()?) },
            7 => FromSupervisor::Ended { key: get_key(r)?, end: get_end(r)? },
            8 => FromSupervisor::Draining,
            9 => FromSupervisor::Bye,
            _ => return Err(Malformed),
        };
        r.end()?;
        Ok(message)
    }
}

fn get_pid(r: &mut Reader<'_>) -> Result<i32, Malformed> {
    i32::try_from(r.i64()?).map_err(|_| Malformed)
}

/// Appends a message with its length in front.
pub(crate) fn encode<M: Message>(message: &M, out: &mut Vec<u8>) {
    frame(out, |out| message.put(out));
}

/// The frame that asks for an attempt; `None` when the spec is longer than a frame may be.
pub(crate) fn spawn_frame(spec: &AttemptSpec) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(4096);
    frame(&mut out, |out| {
        out.push(2);
        super::encode_spec(spec, out);
    });
    (out.len() - 4 <= MAX_FRAME).then_some(out)
}

fn frame(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let len = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
}

/// A message out of a frame's body (tag and content).
pub(crate) fn decode<M: Message>(body: &[u8]) -> Result<M, Malformed> {
    let (tag, body) = body.split_first().ok_or(Malformed)?;
    M::get(*tag, body)
}

/// Bytes received, of which whole frames are taken.
#[derive(Default)]
pub(crate) struct FrameBuffer {
    bytes: Vec<u8>,
    start: usize,
}

impl FrameBuffer {
    /// Where received bytes are appended.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        &mut self.bytes
    }

    /// The next whole message, if there is one.
    pub(crate) fn next<M: Message>(&mut self) -> Result<Option<M>, Malformed> {
        let rest = &self.bytes[self.start..];
        let Some((len, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let len = u32::from_le_bytes(*len) as usize;
        if len > MAX_FRAME {
            return Err(Malformed);
        }
        let Some(body) = rest.get(..len) else { return Ok(None) };
        let message = decode(body)?;
        self.start += 4 + len;
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(64 << 10);
            self.start = 0;
        }
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azkaban_core::ids::{ExecutionId, NodePath};

    fn key() -> AttemptKey {
        AttemptKey { execution: ExecutionId(1), node: NodePath::from("a"), attempt: 0 }
    }

    #[test]
    fn frames_are_found_however_the_stream_is_cut() {
        let mut stream = Vec::new();
        encode(&FromServer::Stop(key()), &mut stream);
        encode(&FromServer::Acknowledge(key()), &mut stream);
        for cut in 0..stream.len() {
            let mut buffer = FrameBuffer::default();
            let mut seen = Vec::new();
            for part in [&stream[..cut], &stream[cut..]] {
                buffer.buffer().extend_from_slice(part);
                while let Some(message) = buffer.next::<FromServer>().unwrap() {
                    seen.push(message);
                }
            }
            assert!(matches!(&seen[..], [FromServer::Stop(_), FromServer::Acknowledge(_)]), "{cut}");
        }
    }

    #[test]
    fn garbage_is_refused_without_a_panic() {
        let mut state = 1u64;
        for len in 0..2000usize {
            let bytes: Vec<u8> = (0..len % 97)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    (state >> 60) as u8
                })
                .collect();
            let _ = decode::<FromServer>(&bytes);
            let _ = decode::<FromSupervisor>(&bytes);
            let _ = crate::wire::decode_spec(&bytes);
        }
        let mut buffer = FrameBuffer::default();
        buffer.buffer().extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(buffer.next::<FromServer>().is_err());
    }
}
