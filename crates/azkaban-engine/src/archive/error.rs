//! Why an archive is not taken.

use std::fmt;
use std::io;

/// Why reading or unpacking an archive ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// It is no zip, or a damaged one.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// It is a zip, with something in it that is not taken.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Our disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A file that is no zip, or a damaged one. Its text is the one that Azkaban shows for all of these
/// (projects-and-jobs §1.2); [`Broken::reason`] says more, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    reason: &'static str,
    entry: Option<String>,
}

impl Broken {
    pub(super) fn new(reason: &'static str) -> Self {
        Self { reason, entry: None }
    }

    pub(super) fn in_entry(reason: &'static str, entry: &str) -> Self {
        Self { reason, entry: Some(entry.to_owned()) }
    }

    /// What is damaged, and in which entry.
    pub fn reason(&self) -> String {
        match &self.entry {
            Some(entry) => format!("{} in entry {}", self.reason, Shown(entry)),
            None => self.reason.to_owned(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Error unzipping file.")
    }
}

impl std::error::Error for Broken {}

/// What an archive may not contain. The texts are ours: Azkaban has no such limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The archive itself is too large.
    #[error("The archive is larger than {limit} bytes (azkaban.archive.max.size.mb).")]
    ArchiveTooLarge {
        /// In bytes.
        limit: u64,
    },
    /// Too many files and folders.
    #[error("The archive has more than {limit} files and folders (azkaban.archive.max.files).")]
    TooManyEntries {
        /// Files and folders together.
        limit: usize,
    },
    /// Too large when unpacked.
    #[error("The archive is larger than {limit} bytes when unpacked (azkaban.archive.max.unpacked.mb).")]
    UnpackedTooLarge {
        /// In bytes.
        limit: u64,
    },
    /// Compressed like a zip bomb.
    #[error("The archive unpacks to more than {limit} times its size (azkaban.archive.max.ratio).")]
    RatioTooHigh {
        /// Unpacked over packed.
        limit: u64,
    },
    /// The definitions of jobs and flows are too large together.
    #[error("The job, flow and property files of the archive are larger than {limit} bytes together.")]
    SourcesTooLarge {
        /// In bytes.
        limit: u64,
    },
    /// One entry breaks a rule.
    #[error("Archive entry {} {rule}.", Shown(.entry))]
    Entry {
        /// Its name, as far as it can be read.
        entry: String,
        /// What is wrong with it.
        rule: EntryRule,
    },
}

impl Refusal {
    pub(super) fn entry(entry: &str, rule: EntryRule) -> Self {
        Self::Entry { entry: entry.to_owned(), rule }
    }
}

/// What is wrong with one entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryRule {
    /// `..` in its path.
    #[error("points outside of the archive")]
    Outside,
    /// `/x`, `\\host\x` or `C:x`.
    #[error("has an absolute path")]
    Absolute,
    /// Nothing is left of its name.
    #[error("has no name")]
    NoName,
    /// Not UTF-8.
    #[error("has a name that is not UTF-8")]
    NameEncoding,
    /// NUL, line end and other control characters.
    #[error("has a control character in its name")]
    ControlCharacter,
    /// A part of the name, the whole name or the depth is beyond what file systems and Azkaban's own limits take.
    #[error("has a name that is too long")]
    NameTooLong,
    /// A link.
    #[error("is a symbolic link")]
    SymbolicLink,
    /// A device, a pipe or a socket.
    #[error("is neither a file nor a folder")]
    SpecialFile,
    /// A folder that has content.
    #[error("is a folder with content")]
    FolderWithContent,
    /// Encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// Neither stored nor deflated, which are what Azkaban reads.
    #[error("is compressed by a method that is not supported ({method})")]
    Method {
        /// The zip format's number.
        method: u16,
    },
    /// Its bytes are also those of another entry.
    #[error("shares its bytes with another entry")]
    Overlap,
    /// The same name twice.
    #[error("is there twice")]
    Duplicate,
    /// A file and a folder of one name.
    #[error("is a file and a folder")]
    FileAndFolder,
    /// A name that differs from another one only in the case of its letters.
    #[error("has the same name as {} but for the case of letters", Shown(.other))]
    CaseClash {
        /// The other.
        other: String,
    },
}

/// An entry's name in a message: quoted, control characters made visible, cut to a readable length.
struct Shown<'a>(&'a String);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 200;
        f.write_str("'")?;
        for c in self.0.chars().take(LONGEST) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { fmt::Write::write_char(f, c)? }
        }
        f.write_str(if self.0.chars().nth(LONGEST).is_some() { "…'" } else { "'" })
    }
}
