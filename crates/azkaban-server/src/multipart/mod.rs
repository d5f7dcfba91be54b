//! Receiving multipart bodies: small fields into memory, the file onto disk as it arrives (http-api §4.4).

mod splitter;

use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::NamedTempFile;

use crate::body::{BodyError, Frames};
use splitter::{Event, Splitter};
pub(crate) use splitter::{Malformed, PartHead};

/// File bytes gathered before they are written.
const WRITE_CHUNK: usize = 256 * 1024;

/// Where the file goes and how much is taken.
pub(crate) struct Limits<'a> {
    /// Bytes of all parts that are no file, names included.
    pub(crate) fields: u64,
    /// The folder for the file.
    pub(crate) folder: &'a Path,
    /// The field whose file is kept; files of other fields are read and dropped.
    pub(crate) file_field: &'static str,
}

/// The parts of a body.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// Fields in their order.
    pub(crate) fields: Vec<(String, String)>,
    /// The first file of the field that was asked for.
    pub(crate) file: Option<ReceivedFile>,
}

/// A file that was sent.
#[derive(Debug)]
pub(crate) struct ReceivedFile {
    /// Name and type.
    pub(crate) head: PartHead,
    /// The bytes.
    pub(crate) file: NamedTempFile,
}

/// Why a body could not be received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// It breaks the format.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It cannot be read, or is too large.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The file could not be written.
    #[error("the file could not be kept in {folder}: {error}")]
    Disk {
        /// Where it should have gone.
        folder: PathBuf,
        /// The system's word.
        error: std::io::Error,
    },
}

/// Whether `content_type` is of any multipart kind.
pub(crate) fn is_multipart(content_type: &str) -> bool {
    content_type.trim_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
}

/// Receives a body of type `content_type`. If the type names no boundary the body's first line does.
pub(crate) async fn receive(
    content_type: &str,
    mut frames: Frames,
    limits: Limits<'_>,
) -> Result<Form, ReceiveError> {
    let mut first = Bytes::new();
    let boundary = match splitter::attributes(content_type)
        .into_iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("boundary"))
    {
        Some((_, boundary)) => boundary.into_bytes(),
        None => {
            first = first_line(&mut frames).await?;
            boundary_of(&first).unwrap_or_default()
        }
    };
    let mut splitter = Splitter::new(&boundary)?;
    let mut receiver = Receiver::new(&limits);
    let mut next = Some(first);
    while let Some(data) = next {
        splitter.push(&data, |event| receiver.take(event))?;
        if receiver.pending.len() >= WRITE_CHUNK {
            receiver.write().await?;
        }
        next = frames.next().await?;
    }
    splitter.finish()?;
    receiver.finish().await
}

async fn first_line(frames: &mut Frames) -> Result<Bytes, BodyError> {
    let mut start = Vec::new();
    while start.len() < 200 && !start.contains(&b'\n') {
        match frames.next().await? {
            Some(data) => start.extend_from_slice(&data),
            None => break,
        }
    }
    Ok(start.into())
}

fn boundary_of(start: &[u8]) -> Option<Vec<u8>> {
    let line = start.strip_prefix(b"--")?;
    let end = line.windows(2).position(|w| w == b"\r\n")?;
    Some(line[..end].trim_ascii_end().to_vec())
}

/// What is gathered of the parts.
struct Receiver<'a> {
    limits: &'a Limits<'a>,
    fields: Vec<(String, String)>,
    /// Bytes of fields that may still come.
    left: u64,
    part: Part,
    /// The kept file's headers, once it has begun.
    head: Option<PartHead>,
    file: Option<NamedTempFile>,
    /// Bytes of the file not yet written.
    pending: Vec<u8>,
}

enum Part {
    Field { name: String, value: Vec<u8> },
    KeptFile,
    Ignored,
}

impl<'a> Receiver<'a> {
    fn new(limits: &'a Limits<'a>) -> Self {
        Self {
            limits,
            fields: Vec::new(),
            left: limits.fields,
            part: Part::Ignored,
            head: None,
            file: None,
            pending: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), ReceiveError> {
        match event {
            Event::Part(head) => {
                // A part costs memory even if it is empty.
                self.left = self.left.checked_sub(head.name.len() as u64 + 64).ok_or(BodyError::TooLarge)?;
                self.part = if head.file_name.is_none() {
                    Part::Field { name: head.name, value: Vec::new() }
                } else if head.name == self.limits.file_field && self.head.is_none() {
                    self.head = Some(head);
                    Part::KeptFile
                } else {
                    Part::Ignored
                };
            }
            Event::Data(data) => match &mut self.part {
                Part::Field { value, .. } => {
                    self.left = self.left.checked_sub(data.len() as u64).ok_or(BodyError::TooLarge)?;
                    value.extend_from_slice(data);
                }
                Part::KeptFile => self.pending.extend_from_slice(data),
                Part::Ignored => {}
            },
            Event::End => {
                if let Part::Field { name, value } = std::mem::replace(&mut self.part, Part::Ignored) {
                    self.fields.push((name, String::from_utf8_lossy(&value).into_owned()));
                }
            }
        }
        Ok(())
    }

    /// Writes what is pending, away from the threads that serve requests.
    async fn write(&mut self) -> Result<(), ReceiveError> {
        let pending = std::mem::take(&mut self.pending);
        let (file, folder) = (self.file.take(), self.limits.folder.to_owned());
        let written = tokio::task::spawn_blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => NamedTempFile::new_in(&folder)?,
            };
            file.write_all(&pending)?;
            Ok(file)
        });
        let written = written.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        self.file = Some(
            written.map_err(|error| ReceiveError::Disk { folder: self.limits.folder.to_owned(), error })?,
        );
        Ok(())
    }

    async fn finish(mut self) -> Result<Form, ReceiveError> {
        let Some(head) = self.head.take() else { return Ok(Form { fields: self.fields, file: None }) };
        self.write().await?;
        let file = self.file.map(|file| ReceivedFile { head, file });
        Ok(Form { fields: self.fields, file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use std::time::Duration;

    async fn receive_all(
        content_type: &str,
        body: impl Into<Body>,
        fields: u64,
    ) -> Result<Form, ReceiveError> {
        let folder = std::env::temp_dir();
        let limits = Limits { fields, folder: &folder, file_field: "file" };
        receive(content_type, Frames::new(body.into(), 1 << 20, Duration::from_secs(5)), limits).await
    }

    fn part(disposition: &str, value: &str) -> String {
        format!(
            "--XX\r\nContent-Disposition: {disposition}\r\nContent-Type: application/zip\r\n\r\n{value}\r\n"
        )
    }

    #[tokio::test]
    async fn fields_and_the_file_of_any_multipart_type() {
        let body = part("form-data; name=\"ajax\"", "upload")
            + &part("attachment; name=\"file\"; filename=\"a.zip\"", &"PK".repeat(300_000))
            + &part("form-data; name=\"file\"; filename=\"second.zip\"", "ignored")
            + &part("form-data; name=\"other\"; filename=\"x\"", "ignored")
            + &part("attachment; name=project", "é")
            + "--XX--\r\n";
        for content_type in
            ["multipart/form-data; boundary=XX", "Multipart/Mixed; Boundary=\"XX\"", "multipart/mixed"]
        {
            assert!(is_multipart(content_type));
            let form = receive_all(content_type, body.clone(), 1000).await.unwrap();
            let fields: Vec<_> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(fields, [("ajax", "upload"), ("project", "é")]);
            let file = form.file.unwrap();
            assert_eq!(
                (file.head.file_name.as_deref(), file.head.content_type.as_str()),
                (Some("a.zip"), "application/zip")
            );
            assert_eq!(std::fs::metadata(file.file.path()).unwrap().len(), 600_000);
        }
    }

    #[tokio::test]
    async fn limits_hold_and_an_empty_file_is_a_file() {
        let body = part("form-data; name=a", &"x".repeat(500)) + "--XX--";
        assert!(matches!(
            receive_all("multipart/x; boundary=XX", body, 500).await,
            Err(ReceiveError::Body(BodyError::TooLarge))
        ));
        let many = part("form-data; name=a", "").repeat(100) + "--XX--";
        assert!(matches!(
            receive_all("multipart/x; boundary=XX", many, 500).await,
            Err(ReceiveError::Body(BodyError::TooLarge))
        ));
        let large = part("form-data; name=file; filename=f", &"x".repeat(2 << 20)) + "--XX--";
        assert!(matches!(
            receive_all("multipart/x; boundary=XX", large, 500).await,
            Err(ReceiveError::Body(BodyError::TooLarge))
        ));
        let empty = part("form-data; name=file; filename=f", "") + "--XX--";
        assert!(receive_all("multipart/x; boundary=XX", empty, 500).await.unwrap().file.is_some());
        for bad in ["", "--", "no boundary\r\n", "--XX\r\n"] {
            assert!(receive_all("multipart/mixed", bad, 500).await.is_err(), "{bad}");
        }
    }
}
