//! A small HTTP/1.1 client: one connection per request, everything in memory.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Largest answer that is read.
const LARGEST_ANSWER: u64 = 256 << 20;

/// A client of one server, with the session it logged in to.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    session: Option<String>,
    headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names in lower case, values as sent.
    pub headers: Vec<(String, String)>,
    /// The body, transfer coding undone.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text()))
    }
}

impl Client {
    /// A client without a session.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, session: None, headers: Vec::new() }
    }

    /// The same client with a session's id.
    pub fn with_session(mut self, session: Option<String>) -> Self {
        self.session = session;
        self
    }

    /// The same client, sending one more header with every request.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Any request with a JSON body; `Value::Null` sends none.
    pub fn json(&self, method: &str, target: &str, body: &Value) -> Response {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.request(method, target, "application/json", &bytes)
    }

    /// The session's id, once logged in.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Logs in.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn login(&mut self, user: &str, password: &str) {
        self.session = None;
        let answer =
            self.post("/", &[("action", "login"), ("username", user), ("password", password)]).json();
        assert_eq!(answer["status"], "success", "{answer}");
        self.session = answer["session.id"].as_str().map(str::to_owned);
    }

    /// GET with a query.
    ///
    /// # Panics
    /// If the server does not answer; so do all requests but [`Client::try_request`].
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Response {
        let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", encode(query)) };
        self.request("GET", &target, "", &[])
    }

    /// POST of a form.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.request("POST", path, "application/x-www-form-urlencoded", encode(form).as_bytes())
    }

    /// Creates a project.
    pub fn create_project(&self, name: &str) -> Value {
        self.post("/manager", &[("action", "create"), ("name", name), ("description", "made by a test")])
            .json()
    }

    /// Uploads an archive to a project.
    pub fn upload(&self, project: &str, archive: &[u8]) -> Value {
        const BOUNDARY: &str = "----------------------boundary7c41d9";
        let mut body = Vec::new();
        let mut fields = vec![("ajax", "upload"), ("project", project)];
        fields.extend(self.session().map(|session| ("session.id", session)));
        for (name, value) in fields {
            let part =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{project}.zip\"\r\n\
             Content-Type: application/zip\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(archive);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        self.request("POST", "/manager", &format!("multipart/form-data; boundary={BOUNDARY}"), &body).json()
    }

    /// Executes a flow and returns the execution's id.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn execute(&self, project: &str, flow: &str, options: &[(&str, &str)]) -> i64 {
        let mut query = vec![("ajax", "executeFlow"), ("project", project), ("flow", flow)];
        query.extend_from_slice(options);
        let answer = self.get("/executor", &query).json();
        answer["execid"].as_i64().unwrap_or_else(|| panic!("no execution: {answer}"))
    }

    /// `fetchexecflow` of an execution.
    pub fn execution(&self, id: i64) -> Value {
        self.get("/executor", &[("ajax", "fetchexecflow"), ("execid", &id.to_string())]).json()
    }

    /// A job's log, from its first kept byte.
    pub fn job_log(&self, id: i64, job: &str, attempt: u32) -> String {
        let (id, attempt) = (id.to_string(), attempt.to_string());
        let query = [
            ("ajax", "fetchExecJobLogs"),
            ("execid", &*id),
            ("jobId", job),
            ("offset", "0"),
            ("length", "100000000"),
            ("attempt", &*attempt),
        ];
        let answer = self.get("/executor", &query).json();
        answer["data"].as_str().unwrap_or_else(|| panic!("no log: {answer}")).to_owned()
    }

    /// Any request; the session travels as a cookie.
    pub fn request(&self, method: &str, target: &str, content_type: &str, body: &[u8]) -> Response {
        self.try_request(method, target, content_type, body)
            .unwrap_or_else(|error| panic!("{method} {target} at {}: {error}", self.address))
    }

    /// Any request, for servers that may be gone.
    ///
    /// # Errors
    /// The connection failed, timed out, or gave no whole answer.
    pub fn try_request(
        &self,
        method: &str,
        target: &str,
        content_type: &str,
        body: &[u8],
    ) -> io::Result<Response> {
        let mut head =
            format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if let Some(session) = &self.session {
            let _ = write!(head, "Cookie: azkaban.browser.session.id={session}\r\n");
        }
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if method != "GET" || !body.is_empty() {
            let _ = write!(head, "Content-Type: {content_type}\r\nContent-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut bytes = Vec::new();
        stream.take(LARGEST_ANSWER).read_to_end(&mut bytes)?;
        parse(&bytes)
    }
}

fn parse(bytes: &[u8]) -> io::Result<Response> {
    let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{what} in the answer"));
    let end = find(bytes, b"\r\n\r\n").ok_or_else(|| broken("no end of the headers"))?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| broken("no status"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let mut response = Response { status, headers, body: Vec::new() };
    response.body = if response.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        unchunk(rest).ok_or_else(|| broken("a cut chunk"))?
    } else {
        match response.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            Some(length) if rest.len() < length => return Err(broken("a cut body")),
            Some(length) => rest[..length].to_vec(),
            None => rest.to_vec(),
        }
    };
    Ok(response)
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = find(rest, b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The pairs as a query string or form body.
fn encode(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        for (part, end) in [(name, "="), (value, "")] {
            for byte in part.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                        text.push(char::from(byte))
                    }
                    _ => {
                        let _ = write!(text, "%{byte:02X}");
                    }
                }
            }
            text.push_str(end);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_percent_encoded() {
        assert_eq!(encode(&[("a b", "ü&=+"), ("c[d]", "1")]), "a%20b=%C3%BC%26%3D%2B&c%5Bd%5D=1");
    }

    #[test]
    fn answers_with_length_with_chunks_and_cut_short() {
        let with_length = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nokmore").unwrap();
        assert_eq!(
            (with_length.status, with_length.text().as_str(), with_length.header("x-a")),
            (200, "ok", Some("b"))
        );
        let chunked = parse(
            b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n",
        )
        .unwrap();
        assert_eq!((chunked.status, chunked.text().as_str()), (404, "abcd"));
        for cut in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"] {
            assert!(parse(cut.as_bytes()).is_err(), "{cut:?}");
        }
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc").is_err());
    }
}
