//! What another user of the machine may do with the files of an attempt that runs as that user.
//!
//! Azkaban gives the working directory away (`chown`), which only root can do. Here the user is added to access lists (POSIX ACLs):
//! to enter the folders on the way, to write into the working directory, and to read the property files. The directory gets the
//! sticky bit, so that the user cannot replace what is the server's, and hands the server's rights on to what is made in it.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, OFlags, XattrFlags};
use rustix::io::Errno;

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";

pub(super) const READ: u16 = 4;
const ENTER: u16 = 1;
const LOOK: u16 = 5;
const ALL: u16 = 7;

/// One list is changed at a time: folders are shared by executions.
static CHANGING: Mutex<()> = Mutex::new(());

/// Lets a user reach an execution's folder `root` in `execution_dir`, and only that one.
///
/// # Errors
/// The file system has no access lists, or the folders are another user's.
pub(super) fn let_in(uid: u32, execution_dir: &Path, root: &Path) -> io::Result<()> {
    let _guard = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let own = fs::metadata(root)?.uid();
    if let Some(above) = execution_dir.parent()
        && is_closed(above, own)?
    {
        close_others(above, execution_dir, own)?;
        permit_path(above, uid, ENTER)?;
    }
    if is_closed(execution_dir, own)? {
        permit_path(execution_dir, uid, ENTER)?;
    }
    let mode = fs::metadata(root)?.mode();
    if mode & 0o007 != 0 {
        fs::set_permissions(root, Permissions::from_mode(0o700))?;
    }
    permit_path(root, uid, LOOK)
}

/// Lets a user work in an open directory, whose files stay the server's to read and to remove.
///
/// # Errors
/// As for [`let_in`].
pub(super) fn let_work(uid: u32, folder: impl AsFd) -> io::Result<()> {
    let _guard = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder.as_fd();
    let stat = rustix::fs::fstat(folder)?;
    if stat.st_uid == uid {
        // An earlier job of the user has made it.
        return Ok(());
    }
    rustix::fs::fchmod(folder, Mode::from_raw_mode(stat.st_mode & 0o777 | 0o1000))?;
    permit(folder, ACCESS, uid, ALL)?;
    permit(folder, DEFAULT, stat.st_uid, ALL)
}

/// Adds a user to the access list of an open file.
///
/// # Errors
/// As for [`let_in`].
pub(super) fn permit_file(uid: u32, file: impl AsFd, rights: u16) -> io::Result<()> {
    permit(file.as_fd(), ACCESS, uid, rights)
}

/// Adds a user to the access list of a file of the server's.
///
/// # Errors
/// As for [`let_in`].
pub(super) fn permit_path(path: &Path, uid: u32, rights: u16) -> io::Result<()> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    permit(file.as_fd(), ACCESS, uid, rights).map_err(|error| {
        let text = format!("{}: {error}", path.display());
        io::Error::new(error.kind(), text)
    })
}

/// Whether a folder is the server's own, and users in general cannot enter it.
fn is_closed(folder: &Path, own: u32) -> io::Result<bool> {
    let metadata = fs::metadata(folder)?;
    Ok(metadata.uid() == own && metadata.mode() & 0o001 == 0)
}

/// What lies beside the executions was out of reach so far because of its folder, and stays so.
fn close_others(folder: &Path, execution_dir: &Path, own: u32) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let open = metadata.mode() & 0o007 != 0;
        if path != execution_dir && open && !metadata.is_symlink() && metadata.uid() == own {
            match fs::set_permissions(&path, Permissions::from_mode(metadata.mode() & 0o7770)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn permit(file: BorrowedFd<'_>, kind: &str, uid: u32, rights: u16) -> io::Result<()> {
    let told = |error: Errno| match error {
        Errno::OPNOTSUPP => io::Error::new(
            io::ErrorKind::Unsupported,
            "the file system keeps no access lists (POSIX ACLs), which jobs of other users need",
        ),
        error => error.into(),
    };
    let mut bytes = vec![0; 64 << 10];
    let mut list = match rustix::fs::fgetxattr(file, kind, &mut bytes[..]) {
        Ok(len) => AccessList::decode(&bytes[..len])
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an access list of an unknown form"))?,
        Err(Errno::NODATA) if kind == DEFAULT => AccessList::of_mode(0o755),
        Err(Errno::NODATA) => AccessList::of_mode(rustix::fs::fstat(file)?.st_mode),
        Err(error) => return Err(told(error)),
    };
    if list.permit(uid, rights) {
        rustix::fs::fsetxattr(file, kind, &list.encode(), XattrFlags::empty()).map_err(told)?;
    }
    Ok(())
}

/// An access list as the kernel keeps it: tag, rights, user or group, in the order of tags and ids.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AccessList(Vec<(u16, u16, u32)>);

impl AccessList {
    const VERSION: [u8; 4] = 2u32.to_le_bytes();
    const OWNER: u16 = 0x01;
    const USER: u16 = 0x02;
    const GROUP: u16 = 0x04;
    const MASK: u16 = 0x10;
    const OTHER: u16 = 0x20;
    const NOBODY: u32 = u32::MAX;

    fn of_mode(mode: u32) -> Self {
        let rights = |shift: u32| (mode >> shift & 7) as u16;
        let entry = |tag, shift| (tag, rights(shift), Self::NOBODY);
        Self(vec![entry(Self::OWNER, 6), entry(Self::GROUP, 3), entry(Self::OTHER, 0)])
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.strip_prefix(&Self::VERSION)?.as_chunks::<8>();
        let entry = |[a, b, c, d, e, f, g, h]: &[u8; 8]| {
            let short = |x: &u8, y: &u8| u16::from_le_bytes([*x, *y]);
            (short(a, b), short(c, d), u32::from_le_bytes([*e, *f, *g, *h]))
        };
        rest.is_empty().then(|| Self(entries.iter().map(entry).collect()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Self::VERSION.to_vec();
        for (tag, rights, id) in &self.0 {
            bytes.extend_from_slice(&tag.to_le_bytes());
            bytes.extend_from_slice(&rights.to_le_bytes());
            bytes.extend_from_slice(&id.to_le_bytes());
        }
        bytes
    }

    fn find(&mut self, tag: u16, id: u32) -> Option<&mut (u16, u16, u32)> {
        self.0.iter_mut().find(|entry| entry.0 == tag && entry.2 == id)
    }

    /// Gives a user rights besides those that they have; false if they have them all.
    fn permit(&mut self, uid: u32, rights: u16) -> bool {
        let before = self.clone();
        match self.find(Self::USER, uid) {
            Some(entry) => entry.1 |= rights,
            None => self.0.push((Self::USER, rights, uid)),
        }
        match self.find(Self::MASK, Self::NOBODY) {
            // Rights of others that the mask took away stay away: what it gets is what the new entry needs.
            Some(mask) => mask.1 |= rights,
            None => {
                let group = self.find(Self::GROUP, Self::NOBODY).map_or(0, |entry| entry.1);
                self.0.push((Self::MASK, group | rights, Self::NOBODY));
            }
        }
        self.0.sort_unstable_by_key(|entry| (entry.0, entry.2));
        *self != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_what_is_in_it() {
        let mut list = AccessList::of_mode(0o750);
        assert!(list.permit(1000, ENTER));
        assert!(list.permit(5, READ));
        assert!(!list.permit(1000, ENTER), "nothing to change");
        let none = AccessList::NOBODY;
        let want = [(1, 7, none), (2, 4, 5), (2, 1, 1000), (4, 5, none), (0x10, 5, none), (0x20, 0, none)];
        assert_eq!(list.0, want);
        assert_eq!(AccessList::decode(&list.encode()), Some(list.clone()));
        for cut in [0, 3, 5, 11] {
            assert_eq!(AccessList::decode(&list.encode()[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn the_way_to_one_execution_opens_no_other() {
        let data = tempfile::tempdir().unwrap();
        let executions = data.path().join("executions");
        let (mine, database) = (executions.join("1"), data.path().join("azkaban.db"));
        fs::create_dir_all(&mine).unwrap();
        fs::write(&database, "").unwrap();
        for (path, mode) in [(data.path(), 0o700), (&database, 0o644), (&executions, 0o755), (&mine, 0o755)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        let own = fs::metadata(data.path()).unwrap().uid();
        let uid = own + 1;
        match let_in(uid, &executions, &mine) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return eprintln!("skipped: {error}"),
            result => result.unwrap(),
        }
        let folder = fs::File::open(&mine).unwrap();
        let_work(uid, &folder).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
        // The group's part of a mode shows the mask.
        assert_eq!(mode(data.path()), 0o710);
        assert_eq!(mode(&database), 0o640);
        assert_eq!(mode(&executions), 0o755);
        assert_eq!(mode(&mine), 0o1770);
        // What comes to be in it is the server's to read, and of nobody else but its maker and the group.
        fs::write(mine.join("made"), "").unwrap();
        let mut list = vec![0; 1024];
        let len = rustix::fs::lgetxattr(mine.join("made"), ACCESS, &mut list[..]).unwrap();
        let list = AccessList::decode(&list[..len]).unwrap();
        assert!(list.0.iter().any(|entry| (entry.0, entry.2) == (AccessList::USER, own)), "{list:?}");
    }
}
