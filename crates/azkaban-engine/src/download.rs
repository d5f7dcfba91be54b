//! Fetching an archive from an address that a user names (http-api §11, `deploy`): http and https alone, with bounds on
//! size and time. Whoever may write to a project can make the server ask any address that it reaches, as in Azkaban.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{PathAndQuery, Uri};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use tempfile::NamedTempFile;
use tokio::time::timeout;

use crate::Engine;
use crate::error::{Internal, Kind};
use crate::http_client::{HttpClient, http_client};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest pause: until an answer begins, and between two pieces of it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The whole of it.
const TIMEOUT: Duration = Duration::from_secs(600);
const MAX_REDIRECTS: usize = 5;

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// It is no address of http or https.
    #[error("the address is malformed or neither http nor https")]
    Malformed,
    /// The other side did not deliver.
    #[error("the download failed: {0}")]
    Failed(String),
    /// It is larger than an upload may be.
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl DownloadError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Malformed | Self::Failed(_) | Self::TooLarge(_) => Kind::Invalid,
            Self::Internal(_) => Kind::Internal,
        }
    }

    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A fetched archive.
#[derive(Debug)]
pub struct Download {
    /// The last part of the address's path.
    pub file_name: String,
    /// The content.
    pub file: NamedTempFile,
}

impl Engine {
    /// Fetches an archive into the folder of uploads; at most as large as an upload may be.
    ///
    /// # Errors
    /// See [`DownloadError`]; nothing stays behind then.
    pub async fn archive_download(&self, address: &str) -> Result<Download, DownloadError> {
        let uri = web_address(address).ok_or(DownloadError::Malformed)?;
        let file_name = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        let config = self.config();
        let file = NamedTempFile::new_in(&config.temp_dir).map_err(Internal::new)?;
        let fetch = fetch(client()?, uri, config.archive_limits.max_archive_bytes, file);
        let file = timeout(TIMEOUT, fetch).await.map_err(DownloadError::failed)??;
        Ok(Download { file_name, file })
    }
}

/// One client for all: it keeps the certificates of the system.
fn client() -> Result<&'static HttpClient, Internal> {
    static CLIENT: OnceLock<Option<HttpClient>> = OnceLock::new();
    CLIENT
        .get_or_init(|| http_client(CONNECT_TIMEOUT))
        .as_ref()
        .ok_or_else(|| Internal::new("there is no client for requests to other servers"))
}

/// An address of http or https with a host.
fn web_address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    (matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()).then_some(uri)
}

async fn fetch(
    client: &HttpClient,
    mut uri: Uri,
    limit: u64,
    mut file: NamedTempFile,
) -> Result<NamedTempFile, DownloadError> {
    let mut redirects = 0;
    let response = loop {
        let answer = timeout(IDLE_TIMEOUT, client.request(request(&uri)?)).await;
        let response = answer.map_err(DownloadError::failed)?.map_err(DownloadError::failed)?;
        if !response.status().is_redirection() {
            break response;
        }
        redirects += 1;
        if redirects > MAX_REDIRECTS {
            return Err(DownloadError::failed("too many redirects"));
        }
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        uri = location
            .and_then(|location| resolve(&uri, location))
            .ok_or_else(|| DownloadError::failed("a redirect to nowhere"))?;
    };
    if !response.status().is_success() {
        return Err(DownloadError::failed(response.status()));
    }
    let (mut body, mut size) = (response.into_body(), 0);
    while let Some(frame) = timeout(IDLE_TIMEOUT, body.frame()).await.map_err(DownloadError::failed)? {
        let Ok(piece) = frame.map_err(DownloadError::failed)?.into_data() else { continue };
        size += piece.len() as u64;
        if size > limit {
            return Err(DownloadError::TooLarge(limit));
        }
        // A piece is some kilobytes and goes to the page cache.
        file.write_all(&piece).map_err(Internal::new)?;
    }
    file.flush().map_err(Internal::new)?;
    Ok(file)
}

fn request(uri: &Uri) -> Result<Request<Full<Bytes>>, DownloadError> {
    Request::get(uri)
        .header(header::USER_AGENT, concat!("azkaban/", env!("CARGO_PKG_VERSION")))
        .body(Full::default())
        .map_err(DownloadError::failed)
}

/// Where a redirect leads: an address, or a path on the same server.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    if location.contains("://") {
        return web_address(location);
    }
    let path = if location.starts_with('/') {
        location.to_owned()
    } else {
        let (folder, _) = from.path().rsplit_once('/').unwrap_or_default();
        format!("{folder}/{location}")
    };
    let mut parts = from.clone().into_parts();
    parts.path_and_query = Some(path.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_web_addresses_alone() {
        let from: Uri = "https://host:1/a/b?c".parse().unwrap();
        let check = |location: &str, want: Option<&str>| {
            assert_eq!(resolve(&from, location).map(|uri| uri.to_string()).as_deref(), want, "{location}");
        };
        check("/x?y", Some("https://host:1/x?y"));
        check("x", Some("https://host:1/a/x"));
        check("http://other/x", Some("http://other/x"));
        check("file:///etc/passwd", None);
        check("ftp://other/x", None);
    }
}
