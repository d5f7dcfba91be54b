//! What the server and its supervisors say to each other: length-prefixed frames over a Unix stream socket.
//!
//! A format of our own, because a spec is mostly an environment of a few kilobytes: JSON took some 20 times as long to read, and
//! the supervisor reads each spec on the way to `execve`.

mod as_user;
mod codec;
mod frames;
mod values;

pub(crate) use as_user::{AsUser, decode_as_user, encode_as_user};
pub(crate) use frames::{FrameBuffer, FromServer, FromSupervisor, KnownState, Refusal, encode, spawn_frame};
pub(crate) use values::{decode_key, decode_spec, encode_spec};

/// Version of the frames. A server talks to supervisors of its own version only.
pub(crate) const PROTOCOL: u32 = 1;

/// The longest frame accepted, in bytes: a bound on what one spec may cost.
pub(crate) const MAX_FRAME: usize = 16 << 20;

/// A message that does not follow the format.
#[derive(Debug, thiserror::Error)]
#[error("malformed message")]
pub(crate) struct Malformed;
