//! Mails about executions, schedules and jobs (execution-and-scheduling §7.1, §7.2): stored with the change that causes them, sent by a loop
//! of their own.

mod notice;
mod sender;
mod smtp;
mod text;

use std::time::Duration;

use azkaban_core::time::UnixMillis;
use azkaban_store::{NewOutboxItem, OutboxChannel};
use serde::{Deserialize, Serialize};

pub(crate) use notice::{FlowFacts, Notice};
pub(crate) use sender::MailSender;

/// How mails are sent. Keys `mail.*`, `azkaban.name`, `azkaban.webserver.external_*` (config-and-security §3.7).
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `mail.host`.
    pub host: String,
    /// `mail.port`.
    pub port: u16,
    /// `mail.user` and `mail.password`, unless `mail.useAuth` is false or there is no user.
    pub login: Option<(String, String)>,
    /// `mail.sender`: one that [`MailConfig::is_sender`] accepts.
    pub sender: String,
    /// `mail.tls`: the connection is encrypted by STARTTLS, or nothing is sent.
    pub tls: bool,
    /// `mail.timeout.millis`: longest wait for an answer of the mail server.
    pub timeout: Duration,
    /// `mail.connection.timeout.millis`: longest wait for the connection.
    pub connection_timeout: Duration,
}

impl MailConfig {
    /// Whether a text is an address that mails can come from: `a@example.com` or `Name <a@example.com>`.
    pub fn is_sender(text: &str) -> bool {
        text.parse::<lettre::message::Mailbox>().is_ok()
    }
}

/// A mail that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingMail {
    /// Addresses, as users wrote them.
    pub(crate) to: Vec<String>,
    /// What it says.
    pub(crate) notice: Notice,
}

impl PendingMail {
    /// A mail to the addresses that are not blank; `None` without any.
    pub(crate) fn new(to: &[String], notice: impl FnOnce() -> Notice) -> Option<Self> {
        let to: Vec<String> = to.iter().filter(|address| !address.trim().is_empty()).cloned().collect();
        if to.is_empty() { None } else { Some(Self { to, notice: notice() }) }
    }

    /// A row for the outbox; not to be sent before `due_at`.
    pub(crate) fn item(&self, now: UnixMillis, due_at: UnixMillis) -> Option<NewOutboxItem> {
        match serde_json::to_string(self) {
            Ok(payload) => {
                Some(NewOutboxItem { channel: OutboxChannel::Mail, payload, created_at: now, due_at })
            }
            Err(error) => {
                // Plain values always serialise.
                tracing::error!(%error, "a mail could not be stored");
                None
            }
        }
    }
}
