//! Taking over a renewed certificate while the server runs.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{Tls, TlsError, read};

/// Pause between two looks at the files.
const LOOK: Duration = Duration::from_secs(2);
/// Pause between two warnings of a certificate that ends soon.
const WARN: Duration = Duration::from_secs(24 * 3600);

/// What changes when a file is written or replaced, also behind a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp(Vec<Option<(SystemTime, u64, u64)>>);

impl Stamp {
    pub(super) fn of(paths: &[&Path]) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let one = |path: &&Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
        };
        Self(paths.iter().map(one).collect())
    }
}

impl Tls {
    /// Looks at the files again and again; a file that cannot be used changes nothing. Never ends.
    pub(crate) async fn watch(&self) {
        let mut stamp = self.stamp.clone();
        let mut warn_at = Instant::now();
        loop {
            let tls = self.clone();
            let looked = tokio::task::spawn_blocking(move || {
                let found = Stamp::of(&tls.files.paths());
                let reloaded = (found != stamp).then(|| tls.reload());
                (found, reloaded)
            });
            let reloaded = match looked.await {
                Ok((found, reloaded)) => {
                    stamp = found;
                    reloaded
                }
                // The runtime ends.
                Err(_) => return,
            };
            match reloaded {
                Some(Ok(())) => {
                    tracing::info!("the certificate was read again");
                    warn_at = Instant::now();
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "the changed certificate cannot be used; the old one stays");
                }
                None => {}
            }
            if Instant::now() >= warn_at {
                warn_at = Instant::now() + WARN;
                if let Some(warning) = self.validity_warning(Timestamp::now()) {
                    tracing::warn!("{warning}");
                }
            }
            sleep(LOOK).await;
        }
    }

    /// Reads the files again.
    pub(super) fn reload(&self) -> Result<(), TlsError> {
        self.current.set(read(&self.files, &self.provider)?);
        Ok(())
    }
}
