//! HTTP callbacks of jobs: which requests the properties of a job ask for when it starts and when it ends
//! (projects-and-jobs §9).

use serde::{Deserialize, Serialize};

use crate::props::Props;
use crate::status::Status;

/// What the keys begin with.
pub const PREFIX: &str = "job.notification.";

/// A request to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// Where to, its tokens replaced.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Its tokens replaced; empty for `GET`.
    pub body: String,
}

/// What the tokens stand for.
#[derive(Debug, Clone, Copy)]
pub struct CallbackFacts<'a> {
    /// `?{server}`: host and port of the web server.
    pub server: &'a str,
    /// `?{project}`.
    pub project: &'a str,
    /// `?{flow}`: the flow that the job is directly in.
    pub flow: &'a str,
    /// `?{executionId}`.
    pub execution: i64,
    /// `?{job}`.
    pub job: &'a str,
}

/// The requests for the start of an attempt, of at most `max` callbacks.
pub fn at_start(props: &Props, facts: &CallbackFacts<'_>, max: u32) -> Vec<CallbackRequest> {
    // A job that starts has the status that it had in the queue.
    requests(props, "started", &status_word(Status::Queued), facts, max).collect()
}

/// The requests for the end of an attempt, of at most `max` callbacks for each of its occasions.
pub fn at_end(props: &Props, status: Status, facts: &CallbackFacts<'_>, max: u32) -> Vec<CallbackRequest> {
    let occasion = match status {
        Status::Succeeded => Some("success"),
        Status::Failed | Status::FailedFinishing | Status::Killed | Status::ExecutionStopped => {
            Some("failure")
        }
        _ => None,
    };
    let word = status_word(status);
    let occasions = occasion.into_iter().chain(["completed"]);
    occasions.flat_map(|occasion| requests(props, occasion, &word, facts, max)).collect()
}

/// The properties that callbacks are made of.
pub fn of_props(props: &Props) -> Props {
    let keys = props.range(PREFIX.to_owned()..).take_while(|(key, _)| key.starts_with(PREFIX));
    keys.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn status_word(status: Status) -> String {
    status.name().to_ascii_lowercase()
}

/// Numbered from 1 to the first gap. What no request can be made of, an upload has refused; here it is left out.
fn requests<'a>(
    props: &'a Props,
    occasion: &'a str,
    status: &'a str,
    facts: &'a CallbackFacts<'a>,
    max: u32,
) -> impl Iterator<Item = CallbackRequest> + 'a {
    let value = move |number: u32, part: &str| {
        let value = props.get(&format!("{PREFIX}{occasion}.{number}.{part}"));
        value.map(String::as_str).filter(|value| !value.is_empty())
    };
    (1..=max).map_while(move |number| Some((number, value(number, "url")?))).filter_map(
        move |(number, url)| {
            let method = value(number, "method").unwrap_or("GET");
            let body = match method {
                "GET" => "",
                "POST" => value(number, "body")?,
                _ => return None,
            };
            Some(CallbackRequest {
                method: method.to_owned(),
                url: fill(url, facts, status, url_encoded),
                headers: value(number, "headers").map(headers).unwrap_or_default(),
                body: fill(body, facts, status, str::to_owned),
            })
        },
    )
}

/// `name:value` between line ends.
fn headers(text: &str) -> Vec<(String, String)> {
    let pairs = text.split("\r\n").filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// Replaces the tokens in one pass, so that a value which looks like a token stays as it is.
fn fill(text: &str, facts: &CallbackFacts<'_>, status: &str, write: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("?{") {
        let (before, token) = rest.split_at(at);
        out.push_str(before);
        let Some(end) = token.find('}') else {
            rest = token;
            break;
        };
        let execution = facts.execution.to_string();
        let known = match &token[2..end] {
            "server" => Some(facts.server),
            "project" => Some(facts.project),
            "flow" => Some(facts.flow),
            "executionId" => Some(execution.as_str()),
            "job" => Some(facts.job),
            "status" => Some(status),
            _ => None,
        };
        match known {
            Some(value) => {
                out.push_str(&write(value));
                rest = &token[end + 1..];
            }
            None => {
                out.push_str("?{");
                rest = &token[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// As forms encode values: a blank becomes `+`.
fn url_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: CallbackFacts<'static> =
        CallbackFacts { server: "h:1", project: "p q", flow: "f", execution: 7, job: "a&b" };

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs.iter().map(|(key, value)| (format!("{PREFIX}{key}"), (*value).to_owned())).collect()
    }

    fn urls(requests: &[CallbackRequest]) -> Vec<&str> {
        requests.iter().map(|request| request.url.as_str()).collect()
    }

    #[test]
    fn each_end_has_its_occasions() {
        let all = props(&[
            ("started.1.url", "s"),
            ("success.1.url", "ok"),
            ("failure.1.url", "bad"),
            ("completed.1.url", "end"),
        ]);
        assert_eq!(urls(&at_start(&all, &FACTS, 3)), ["s"]);
        let check = |status: Status, expected: &[&str]| {
            assert_eq!(urls(&at_end(&all, status, &FACTS, 3)), expected, "{status}");
        };
        check(Status::Succeeded, &["ok", "end"]);
        check(Status::Failed, &["bad", "end"]);
        check(Status::Killed, &["bad", "end"]);
        check(Status::FailedSucceeded, &["end"]);
    }

    #[test]
    fn numbers_go_from_one_to_the_first_gap_or_the_limit() {
        let some = props(&[
            ("completed.1.url", "1"),
            ("completed.2.url", "2"),
            ("completed.3.url", "3"),
            ("completed.5.url", "5"),
        ]);
        assert_eq!(urls(&at_end(&some, Status::Succeeded, &FACTS, 9)), ["1", "2", "3"]);
        assert_eq!(urls(&at_end(&some, Status::Succeeded, &FACTS, 2)), ["1", "2"]);
        assert!(at_end(&props(&[("completed.2.url", "2")]), Status::Succeeded, &FACTS, 9).is_empty());
    }

    #[test]
    fn tokens_are_encoded_in_the_url_and_raw_in_the_body() {
        let tokens = "?{server} ?{project} ?{flow} ?{executionId} ?{job} ?{status} ?{other} ?{";
        let post = props(&[
            ("success.1.url", "http://x/?{project}?e=?{executionId}&j=?{job}&s=?{status}&v=?{server}&?{"),
            ("success.1.method", "POST"),
            ("success.1.body", tokens),
            ("success.1.headers", "A: b:c \r\nno header\r\nD:e"),
        ]);
        let found = at_end(&post, Status::Succeeded, &FACTS, 3);
        let expected = CallbackRequest {
            method: "POST".to_owned(),
            url: "http://x/p+q?e=7&j=a%26b&s=succeeded&v=h%3A1&?{".to_owned(),
            headers: vec![("A".to_owned(), "b:c".to_owned()), ("D".to_owned(), "e".to_owned())],
            body: "h:1 p q f 7 a&b succeeded ?{other} ?{".to_owned(),
        };
        assert_eq!(found, [expected]);
        let start = at_start(&props(&[("started.1.url", "?{status}")]), &FACTS, 3);
        assert_eq!(urls(&start), ["queued"]);
    }

    #[test]
    fn what_no_request_can_be_made_of_is_left_out() {
        let bad = props(&[
            ("success.1.url", "a"),
            ("success.1.method", "PUT"),
            ("success.2.url", "b"),
            ("success.2.method", "POST"),
            ("success.3.url", "c"),
        ]);
        assert_eq!(urls(&at_end(&bad, Status::Succeeded, &FACTS, 3)), ["c"]);
    }

    #[test]
    fn only_callbacks_are_kept() {
        let mut some = props(&[("success.1.url", "a")]);
        some.insert("type".to_owned(), "command".to_owned());
        some.insert("job.notif".to_owned(), "x".to_owned());
        assert_eq!(of_props(&some), props(&[("success.1.url", "a")]));
    }
}
