//! `GET /metrics`: figures in Prometheus' text format, for monitoring and without a login, like `/status`. They name
//! nothing but job types.

use std::fmt::{Display, Write as _};

use axum::body::Body;
use axum::response::Response;
use azkaban_engine::{Engine, Figures, LATENCY_BOUNDS, Latency};
use http::request::Parts;
use http::{HeaderValue, Method, header};

/// Whether a request is for the figures; anything else at this address is the legacy face's.
pub(crate) fn serves(parts: &Parts) -> bool {
    parts.uri.path() == "/metrics" && matches!(parts.method, Method::GET | Method::HEAD)
}

/// The figures of this moment.
pub(crate) fn answer(engine: &Engine) -> Response {
    let mut response = Response::new(Body::from(render(&engine.figures())));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn render(figures: &Figures) -> String {
    let mut page = Page(String::with_capacity(8192));
    page.gauge(
        "azkaban_start_time_seconds",
        "When the server started",
        figures.started_at.0 as f64 / 1_000.0,
    );
    page.gauge("azkaban_executions_running", "Executions that run", figures.running.len());
    page.gauge("azkaban_executions_running_limit", "Executions that may run at once", figures.max_running);
    page.gauge("azkaban_executions_queued", "Executions that wait to start", figures.queued.len());
    page.gauge(
        "azkaban_queue_enabled",
        "1 if waiting executions are started, 0 if an administrator switched that off",
        u8::from(figures.queue_open),
    );
    page.counter("azkaban_executions_submitted_total", "Executions accepted", figures.submitted);
    page.family("azkaban_executions_finished_total", "counter", "Executions that ended, by status");
    for (status, count) in &figures.finished {
        page.sample("azkaban_executions_finished_total", &[("status", status.name())], count);
    }
    page.gauge("azkaban_jobs_running", "Jobs that run", figures.running_jobs);
    page.family("azkaban_jobs_finished_total", "counter", "Attempts of jobs that ended, by type and outcome");
    for (job_type, counts) in &figures.jobs {
        for (outcome, count) in
            [("succeeded", counts.succeeded), ("failed", counts.failed), ("killed", counts.killed)]
        {
            let labels = [("type", job_type.as_str()), ("outcome", outcome)];
            page.sample("azkaban_jobs_finished_total", &labels, count);
        }
    }
    page.gauge("azkaban_schedules", "Schedules", figures.schedules);
    page.histogram(
        "azkaban_schedule_lag_seconds",
        "From the time at which a fire was due until its execution was stored",
        &figures.fire_lag,
    );
    page.counter(
        "azkaban_schedule_fires_refused_total",
        "Fires that were missed or could not run",
        figures.fires_refused,
    );
    page.gauge("azkaban_sessions", "Living sessions", figures.sessions);
    page.counter("azkaban_database_commits_total", "Durable transactions", figures.store.commits);
    page.histogram(
        "azkaban_database_write_seconds",
        "From asking for a write until it was durable",
        &figures.store.write,
    );
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}.\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (number, (label, text)) in labels.iter().enumerate() {
            self.0.push_str(if number == 0 { "{" } else { "," });
            self.0.push_str(label);
            self.0.push_str("=\"");
            for c in text.chars() {
                match c {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    c => self.0.push(c),
                }
            }
            self.0.push('"');
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.sample(name, &[], value);
    }

    fn histogram(&mut self, name: &str, help: &str, latency: &Latency) {
        self.family(name, "histogram", help);
        let bounds = LATENCY_BOUNDS.iter().map(|micros| (*micros as f64 / 1e6).to_string());
        let mut below = 0;
        for (count, bound) in latency.classes.iter().zip(bounds.chain(["+Inf".to_owned()])) {
            below += count;
            self.sample(&format!("{name}_bucket"), &[("le", &bound)], below);
        }
        self.sample(&format!("{name}_sum"), &[], latency.sum_micros as f64 / 1e6);
        self.sample(&format!("{name}_count"), &[], below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_adds_up_and_labels_are_escaped() {
        let mut latency = Latency { sum_micros: 1_500_000, ..Latency::default() };
        latency.classes[0] = 2;
        latency.classes[11] = 1;
        let mut page = Page(String::new());
        page.histogram("h", "Help", &latency);
        page.sample("s", &[("type", "a\"b\\c\nd"), ("x", "")], 7);
        let lines: Vec<&str> = page.0.lines().collect();
        assert_eq!(lines[..3], ["# HELP h Help.", "# TYPE h histogram", "h_bucket{le=\"0.0005\"} 2"]);
        assert_eq!(
            lines[12..],
            [
                "h_bucket{le=\"1\"} 2",
                "h_bucket{le=\"+Inf\"} 3",
                "h_sum 1.5",
                "h_count 3",
                "s{type=\"a\\\"b\\\\c\\nd\",x=\"\"} 7"
            ]
        );
    }
}
