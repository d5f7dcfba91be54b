//! Users of the machine.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;

/// Longest entry of a user, in bytes.
const LONGEST: usize = 1 << 20;

/// A user of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their number.
    pub uid: u32,
    /// Their home folder.
    pub home: String,
}

/// The user of a name; `None` if the machine knows no such user. May ask a directory service, and so may take a while.
///
/// # Errors
/// Users cannot be looked up.
pub fn user(name: &str) -> io::Result<Option<User>> {
    let Ok(name) = CString::new(name) else { return Ok(None) };
    let mut buffer: Vec<libc::c_char> = vec![0; 4096];
    loop {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut found: *mut libc::passwd = std::ptr::null_mut();
        // SAFETY: the name is a C string; entry, buffer (with its length) and result are valid for writes.
        let error = unsafe {
            libc::getpwnam_r(
                name.as_ptr(),
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut found,
            )
        };
        match error {
            libc::ERANGE if buffer.len() < LONGEST => buffer.resize(buffer.len() * 4, 0),
            libc::EINTR => {}
            _ if !found.is_null() => {
                // SAFETY: the call has filled the entry that `found` points to, texts in `buffer` included.
                let (uid, home) = unsafe { ((*found).pw_uid, CStr::from_ptr((*found).pw_dir)) };
                return Ok(Some(User { uid, home: home.to_string_lossy().into_owned() }));
            }
            // What POSIX lets a call say that has found nobody.
            0 | libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM => return Ok(None),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_known_by_their_names() {
        assert_eq!(user("root").unwrap(), Some(User { uid: 0, home: "/root".to_owned() }));
        for nobody in ["no-such-user-here", "", "ro\0ot"] {
            assert_eq!(user(nobody).unwrap(), None, "{nobody:?}");
        }
    }
}
