//! What this program is asked to do when it runs as another user, as bytes.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::codec::{Reader, Writer};
use super::{Malformed, PROTOCOL};

/// A request to this program as another user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AsUser {
    /// To become a program.
    Run {
        /// The user.
        uid: u32,
        /// Where the program may be, in order.
        programs: Vec<PathBuf>,
        /// Its arguments, its own name first.
        argv: Vec<String>,
        /// Its whole environment.
        env: Vec<(String, String)>,
        /// Its working directory.
        cwd: PathBuf,
    },
    /// To send a signal to a process group.
    Signal {
        /// The user.
        uid: u32,
        /// The group's leader.
        leader: i32,
        /// The signal's number.
        signal: i32,
    },
}

const RUN: u8 = 0;
const SIGNAL: u8 = 1;

/// The kind of every request stands behind the version: a server may run longer than its program lies on the disk.
pub(crate) fn encode_as_user(request: &AsUser, out: &mut Vec<u8>) {
    let w = &mut Writer(out);
    w.u32(PROTOCOL);
    match request {
        AsUser::Run { uid, programs, argv, env, cwd } => {
            w.u8(RUN);
            w.u32(*uid);
            w.list(programs, |w, path| w.bytes(path.as_os_str().as_bytes()));
            w.list(argv, |w, arg| w.text(arg));
            w.list(env, |w, (name, value)| {
                w.text(name);
                w.text(value);
            });
            w.bytes(cwd.as_os_str().as_bytes());
        }
        AsUser::Signal { uid, leader, signal } => {
            w.u8(SIGNAL);
            w.u32(*uid);
            w.u32(leader.cast_unsigned());
            w.u32(signal.cast_unsigned());
        }
    }
}

pub(crate) fn decode_as_user(bytes: &[u8]) -> Result<AsUser, Malformed> {
    let r = &mut Reader(bytes);
    if r.u32()? != PROTOCOL {
        return Err(Malformed);
    }
    let path = |r: &mut Reader<'_>| Ok(PathBuf::from(OsString::from_vec(r.bytes()?.to_vec())));
    let request = match r.u8()? {
        RUN => AsUser::Run {
            uid: r.u32()?,
            programs: r.list(path)?,
            argv: r.list(|r| r.text())?,
            env: r.list(|r| Ok((r.text()?, r.text()?)))?,
            cwd: path(r)?,
        },
        SIGNAL => AsUser::Signal { uid: r.u32()?, leader: r.i32()?, signal: r.i32()? },
        _ => return Err(Malformed),
    };
    r.end()?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_back_whole_or_are_refused() {
        let run = AsUser::Run {
            uid: 1000,
            programs: vec!["/bin/echo".into()],
            argv: vec!["echo".into(), "a b".into()],
            env: vec![("A".into(), "1".into()), ("B".into(), String::new())],
            cwd: "/tmp".into(),
        };
        for request in [run, AsUser::Signal { uid: 1000, leader: 77, signal: 15 }] {
            let mut bytes = Vec::new();
            encode_as_user(&request, &mut bytes);
            assert_eq!(decode_as_user(&bytes).unwrap(), request);
            for cut in 0..bytes.len() {
                assert!(decode_as_user(&bytes[..cut]).is_err(), "{cut}");
            }
            bytes[0] ^= 0x40;
            assert!(decode_as_user(&bytes).is_err(), "another version");
        }
    }
}
