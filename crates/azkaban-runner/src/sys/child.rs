//! The start of a job's process.
//!
//! The child borrows the supervisor's memory until it calls `execve` (a vfork with a stack of its own), so that starting costs the
//! same however large the supervisor is. For the table of descriptors it takes the first four only: copying a table of
//! thousands, to close them all on exec, would cost more than the rest of the start.

use std::ffi::{CStr, CString, NulError};
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::memory::ChildStack;
use super::{Fd, check, signal};

/// The descriptor that is the child's input, which it takes as it is.
pub(crate) const INPUT_FD: Fd = 0;
/// The descriptor that becomes the child's output; the child sees nothing above it.
pub(crate) const OUTPUT_FD: Fd = 3;

/// What the child was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Session, descriptors, limits.
    Prepare = 1,
    /// Changing to its working directory.
    Chdir = 2,
    /// Executing its program.
    Exec = 3,
}

/// A program with all it needs, laid out as `execve` wants it.
pub(crate) struct Image {
    /// Where the program may be, in order.
    programs: Vec<CString>,
    /// Owners of what the pointer lists point to.
    _texts: Vec<CString>,
    argv: Vec<*const libc::c_char>,
    /// `/bin/sh`, the program, its arguments: for a script without an interpreter line.
    shell_argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
    cwd: CString,
}

const SHELL: &CStr = c"/bin/sh";

impl Image {
    /// Lays out a program; `NulError` when a text holds a zero byte. `argv` is not empty.
    pub(crate) fn new(
        programs: Vec<CString>,
        argv: &[String],
        env: &[(String, String)],
        cwd: &[u8],
    ) -> Result<Self, NulError> {
        let mut texts = Vec::with_capacity(argv.len() + env.len());
        for arg in argv {
            texts.push(CString::new(arg.as_str())?);
        }
        for (name, value) in env {
            let mut text = Vec::with_capacity(name.len() + value.len() + 2);
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
            texts.push(CString::new(text)?);
        }
        let (args, vars) = texts.split_at(argv.len());
        let terminated = |texts: &[CString]| {
            texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect::<Vec<_>>()
        };
        let (argv, envp) = (terminated(args), terminated(vars));
        let mut shell_argv = vec![SHELL.as_ptr(), ptr::null()];
        shell_argv.extend_from_slice(&argv[1..]);
        Ok(Self { programs, argv, shell_argv, envp, cwd: CString::new(cwd)?, _texts: texts })
    }
}

/// The place where whoever starts a process, and whoever takes over from him, agree on whether it was started.
pub(crate) struct Claim<'a> {
    /// The word that the child must change from `expected` before it may execute its program.
    pub(crate) word: &'a AtomicU64,
    pub(crate) expected: u64,
    /// What to change it to, given the child's id.
    pub(crate) claimed: fn(u64, libc::pid_t) -> u64,
    /// Where the child leaves an error, as [`encode_error`] does.
    pub(crate) error: &'a AtomicU64,
}

/// An error of the child as a number that is never 0.
pub(crate) fn encode_error(stage: Stage, errno: i32) -> u64 {
    (stage as u64) << 32 | u64::from(errno.cast_unsigned())
}

/// The error in a number made by [`encode_error`]; `None` for 0.
pub(crate) fn decode_error(word: u64) -> Option<(Stage, io::Error)> {
    let stage = match word >> 32 {
        0 => return None,
        1 => Stage::Prepare,
        2 => Stage::Chdir,
        _ => Stage::Exec,
    };
    Some((stage, io::Error::from_raw_os_error((word as u32).cast_signed())))
}

struct Start<'a> {
    image: &'a mut Image,
    claim: &'a Claim<'a>,
    open_files: &'a libc::rlimit,
}

/// Starts a process whose output goes to [`OUTPUT_FD`] and whose input is descriptor 0. Returns when it executes its program or has
/// ended; whether it was started is for the claim's word to tell.
pub(crate) fn start(
    image: &mut Image,
    claim: &Claim<'_>,
    open_files: &libc::rlimit,
    stack: &ChildStack,
) -> io::Result<libc::pid_t> {
    let mut start = Start { image, claim, open_files };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_FILES | libc::SIGCHLD;
    // SAFETY: the child runs `child_main` on a stack that nothing else uses, while this thread, the only one, stands still in
    // clone (CLONE_VFORK) until the child has left this memory. So `start` outlives the child's use of it. Should this thread be
    // killed meanwhile, the memory lives on until the child leaves it.
    check(unsafe { libc::clone(child_main, stack.top(), flags, (&raw mut start).cast()) })
}

/// The child, up to `execve`: system calls only, no allocation, no panic.
extern "C" fn child_main(argument: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the argument is the `Start` that `start` has passed, which nobody else touches meanwhile.
    let start = unsafe { &mut *argument.cast::<Start<'_>>() };
    let prepared = prepare(start);
    // SAFETY: plain system call.
    let pid = unsafe { libc::getpid() };
    let claim = start.claim;
    let claimed = (claim.claimed)(claim.expected, pid);
    if claim.word.compare_exchange(claim.expected, claimed, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // Somebody has taken over and starts the command himself.
        super::process::exit_now(127);
    }
    let error = match prepared {
        Ok(()) => encode_error(Stage::Exec, execute(start.image)),
        Err(error) => error,
    };
    claim.error.store(error, Ordering::Release);
    super::process::exit_now(127)
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

fn prepare(start: &Start<'_>) -> Result<(), u64> {
    let ensure = |stage, result: libc::c_long| {
        if result < 0 { Err(encode_error(stage, errno())) } else { Ok(()) }
    };
    let first_closed = OUTPUT_FD + 1;
    // SAFETY: system calls on numbers and on memory that `start` keeps valid. With CLOSE_RANGE_UNSHARE the table is first copied, up
    // to OUTPUT_FD, so that what follows does not touch the supervisor's.
    unsafe {
        ensure(Stage::Prepare, libc::setsid().into())?;
        ensure(
            Stage::Prepare,
            libc::syscall(libc::SYS_close_range, first_closed, libc::c_uint::MAX, libc::CLOSE_RANGE_UNSHARE),
        )?;
        ensure(Stage::Prepare, libc::dup2(OUTPUT_FD, 1).into())?;
        ensure(Stage::Prepare, libc::dup2(OUTPUT_FD, 2).into())?;
        ensure(Stage::Prepare, libc::setrlimit(libc::RLIMIT_NOFILE, start.open_files).into())?;
        ensure(Stage::Chdir, libc::chdir(start.image.cwd.as_ptr()).into())?;
        ensure(Stage::Prepare, default_signals().into())
    }
}

/// Undoes what this program has ignored and blocked, which a program that takes its place would inherit; negative if that fails.
fn default_signals() -> libc::c_int {
    // SAFETY: system calls on local values; zero is a valid state of both kinds.
    unsafe {
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        for ignored in signal::IGNORED {
            let result = libc::sigaction(ignored, &default, ptr::null_mut());
            if result < 0 {
                return result;
            }
        }
        let none: libc::sigset_t = std::mem::zeroed();
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut())
    }
}

/// Makes this process the program, in the working directory that it has; the error, if it returns.
pub(crate) fn become_program(image: &mut Image) -> io::Error {
    if default_signals() < 0 {
        return io::Error::last_os_error();
    }
    io::Error::from_raw_os_error(execute(image))
}

/// Tries each place where the program may be. Returns the error to report, if it returns.
fn execute(image: &mut Image) -> i32 {
    let mut denied = false;
    let mut last = libc::ENOENT;
    for program in &image.programs {
        // SAFETY: strings and null-terminated lists that the image owns.
        unsafe { libc::execve(program.as_ptr(), image.argv.as_ptr(), image.envp.as_ptr()) };
        last = errno();
        if last == libc::ENOEXEC {
            image.shell_argv[1] = program.as_ptr();
            // SAFETY: as above.
            unsafe { libc::execve(SHELL.as_ptr(), image.shell_argv.as_ptr(), image.envp.as_ptr()) };
            return errno();
        }
        match last {
            libc::ENOENT | libc::ENOTDIR => {}
            libc::EACCES => denied = true,
            _ => return last,
        }
    }
    if denied { libc::EACCES } else { last }
}
