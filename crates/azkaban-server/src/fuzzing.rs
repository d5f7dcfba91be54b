//! Entries for fuzz targets: the readers of what clients send, with nothing around them.

use axum::body::Body;
use std::time::Duration;

use crate::body::Frames;
use crate::multipart::{self, Limits};

/// Reads `query` as parameters, and asks for them in every way.
pub fn read_query(query: &[u8]) {
    crate::legacy::read_parameters(query);
}

/// Receives `body` as a multipart body whose Content-Type is `content_type`.
pub async fn receive_multipart(content_type: &str, body: Vec<u8>) {
    let folder = std::env::temp_dir();
    let limits = Limits { fields: 1 << 20, folder: &folder, file_field: "file" };
    let frames = Frames::new(Body::from(body), 16 << 20, Duration::from_secs(10));
    // Any outcome is fine; what counts is that there is one.
    let _ = multipart::receive(content_type, frames, limits).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    #[test]
    fn seeded_inputs_do_no_harm() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let piece = prop_oneof![
            Just("--X".to_owned()),
            Just("\r\n".to_owned()),
            Just("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".to_owned()),
            Just(
                "flowOverride[a]=1&runtimeProperty[ROOT][b]=2&disabled=[{\"id\":\"x\",\"children\":[]}]"
                    .to_owned()
            ),
            "[-=&%;:\"\\[\\]a-zX\r\n]{0,12}",
        ];
        let pieces = proptest::collection::vec(piece, 0..12);
        let config = ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() };
        let run = TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        )
        .run(&(pieces, "(multipart/[a-z]{1,5}(; boundary=X)?)?"), |(pieces, content_type)| {
            let text = pieces.concat();
            read_query(text.as_bytes());
            runtime.block_on(receive_multipart(&content_type, text.into_bytes()));
            Ok(())
        });
        run.unwrap();
    }
}
