//! What the tests of the REST face share.

use azkaban_testkit::{Client, Response};
use serde_json::{Value, json};

use crate::common::Server;

/// A user of the REST face with the session as a bearer token.
pub(crate) struct Api {
    pub(crate) client: Client,
}

impl Api {
    /// Logs in.
    pub(crate) fn login(server: &Server, user: &str, password: &str) -> Self {
        let login = json!({"username": user, "password": password});
        let answer = server.anonymous().json("POST", "/api/v1/session", &login);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let session = answer.json()["sessionId"].as_str().unwrap().to_owned();
        Self { client: server.anonymous().with_header("Authorization", &format!("Bearer {session}")) }
    }

    pub(crate) fn admin(server: &Server) -> Self {
        Self::login(server, "azkaban", "azkaban")
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Value) -> Response {
        self.client.json(method, &format!("/api/v1{path}"), &body)
    }

    /// GET that must work.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, Value::Null);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text());
        answer.json()
    }

    /// Status and `code` of a request that must be refused.
    pub(crate) fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String) {
        let answer = self.call(method, path, body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {path}");
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status, "{problem}");
        (answer.status, problem["code"].as_str().unwrap_or_default().to_owned())
    }

    /// A project with this content.
    pub(crate) fn project<'f>(&self, name: &str, files: impl IntoIterator<Item = (&'f str, &'f str)>) {
        let made = self.call("POST", "/projects", json!({"name": name, "description": "made by a test"}));
        assert_eq!(made.status, 201, "{}", made.text());
        self.upload(name, files);
    }

    /// The next version of a project; its number.
    pub(crate) fn upload<'f>(&self, name: &str, files: impl IntoIterator<Item = (&'f str, &'f str)>) -> i64 {
        let stored = self.try_upload(name, &azkaban_testkit::zip_of(files));
        assert_eq!(stored.status, 201, "{}", stored.text());
        stored.json()["version"].as_i64().unwrap()
    }

    pub(crate) fn try_upload(&self, name: &str, archive: &[u8]) -> Response {
        let path = format!("/api/v1/projects/{name}/versions?fileName=a.zip");
        self.client.request("POST", &path, "application/zip", archive)
    }
}
