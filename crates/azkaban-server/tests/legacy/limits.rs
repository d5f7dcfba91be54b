//! Requests that are too large, or mean nothing.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::common::{Server, multipart};

const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn bodies_beyond_the_limits_are_refused() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let form = vec![b'a'; 100_001];
    assert_eq!(admin.request("POST", "/index", FORM, &form).status, 413);
    let many = "a&".repeat(60_000);
    let roomy = Server::with(|config| config.form_limit = 1 << 20);
    assert_eq!(roomy.anonymous().request("POST", "/index", FORM, many.as_bytes()).status, 400);
    let field = "x".repeat(150_000);
    let body = multipart("form-data", &[("ajax", "upload"), ("project", "p"), ("field", &field)], b"");
    assert_eq!(admin.request("POST", "/manager", "multipart/form-data; boundary=XX", &body).status, 413);
    let file = multipart("form-data", &[("ajax", "upload"), ("project", "p")], &vec![0; 600_000]);
    assert_eq!(admin.request("POST", "/manager", "multipart/form-data; boundary=XX", &file).status, 413);
    let parts = "--XX\r\n\r\n\r\n".repeat(5_000) + "--XX--";
    assert_eq!(
        admin.request("POST", "/manager", "multipart/form-data; boundary=XX", parts.as_bytes()).status,
        413
    );
    // The server is none the worse for it.
    assert_eq!(admin.get("/manager", &[("ajax", "getProjectId"), ("project", "p")]).json()["projectId"], 1);
}

pub(crate) fn any_request_gets_an_answer() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let word = "(project|flow|ajax|execid|action|p|f|0|-1|fetchexecflow|executeFlow|fetchflowgraph|fetchJobInfo|upload|create|\
        fetchFlowExecutions|start|length|disabled|\\[\\[|flowOverride\\[|runtimeProperty\\[a\\]|permissions|logs|job|download|version|%|é|&|=|\\[|\\])";
    let query = proptest::collection::vec((word, word), 0..8);
    let case = (
        prop::sample::select(vec!["/manager", "/executor", "/index", "/schedule", "/history", "/jmx", "/x"]),
        query,
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let run = runner.run(&case, |(path, pairs)| {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let got = admin.get(path, &pairs);
        let posted = admin.post(path, &pairs);
        let body = multipart("form-data", &pairs, b"not a zip");
        let sent = admin.request("POST", path, "multipart/form-data; boundary=XX", &body);
        for answer in [got, posted, sent] {
            prop_assert!(
                [200, 302, 400, 403, 410, 500].contains(&answer.status),
                "{} {}",
                answer.status,
                answer.text()
            );
            prop_assert!(!answer.text().contains("Internal error"), "{}", answer.text());
        }
        Ok(())
    });
    run.unwrap();
}
