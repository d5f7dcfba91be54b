//! Memory that forked processes share.

use std::io;
use std::ptr::NonNull;

use super::{Fd, check};

/// A file of zero bytes mapped into this process and, after a fork, into its children. Pages cost memory once they are touched.
pub(crate) struct SharedMemory {
    start: NonNull<u8>,
}

impl SharedMemory {
    /// Maps `len` bytes of `file`, which is given that length. The mapping lasts as long as the process.
    pub(crate) fn map(file: Fd, len: usize) -> io::Result<Self> {
        super::file::truncate(file, len as u64)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice, of a file that has the length.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, libc::MAP_SHARED, file, 0) };
        match NonNull::new(start.cast::<u8>()) {
            Some(first) if start != libc::MAP_FAILED => Ok(Self { start: first }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

/// A stack for a child that borrows this process's memory, with an unmapped page below it.
pub(crate) struct ChildStack {
    top: NonNull<u8>,
}

impl ChildStack {
    const LEN: usize = 64 << 10;
    const GUARD: usize = 4096;

    pub(crate) fn new() -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), Self::LEN, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the first page of the mapping made above.
        check(unsafe { libc::mprotect(start, Self::GUARD, libc::PROT_NONE) })?;
        // SAFETY: one past the end of the mapping, which is 16-byte aligned; stacks grow downwards.
        let top = unsafe { start.cast::<u8>().add(Self::LEN) };
        NonNull::new(top).map(|top| Self { top }).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    pub(super) fn top(&self) -> *mut libc::c_void {
        self.top.as_ptr().cast()
    }
}

/// Gives memory that was freed back to the system, as far as the allocator can be asked to.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
