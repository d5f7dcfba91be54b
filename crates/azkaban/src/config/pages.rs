//! What the pages show beyond names and colours (config-and-security §3.1).

use azkaban_core::settings::Reader;
use azkaban_server::{ExternalLink, ExternalLinks};

/// The links of an administrator's on the pages of executions and of jobs.
pub(super) fn external_links(reader: &mut Reader<'_>) -> ExternalLinks {
    ExternalLinks {
        execution: links(reader, "azkaban.server.external.analyzer"),
        job: links(reader, "azkaban.server.job.external.analyzer"),
    }
}

/// One link per topic; a topic without label or address is left out, as in Azkaban.
fn links(reader: &mut Reader<'_>, prefix: &str) -> Vec<ExternalLink> {
    let mut links = Vec::new();
    for topic in reader.list(&format!("{prefix}.topics")) {
        let (label, url) = (format!("{prefix}.{topic}.label"), format!("{prefix}.{topic}.url"));
        let Some(label) = reader.filled_text(&label).map(str::to_owned) else { continue };
        let Some(address) = reader.filled_text(&url).map(str::to_owned) else { continue };
        if ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme)) {
            links.push(ExternalLink { label, url: address });
        } else {
            reader.reject(&url, "expected an address that begins with http:// or https://");
        }
    }
    links
}
