//! The mails of the outbox: written when their time has come, and handed to the mail server.

use std::time::{Duration, UNIX_EPOCH};

use azkaban_core::time::UnixMillis;
use azkaban_store::{OutboxChannel, OutboxRow, Store};
use jiff::tz::TimeZone;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};

use super::smtp::{self, SmtpError};
use super::text::{self, Surroundings, Text};
use super::{FlowFacts, MailConfig, Notice, PendingMail};
use crate::outbox::{Outcome, RetryRule, Sender};

/// Mails on their way at once.
const AT_ONCE: usize = 4;
/// How far back executions are looked at for a mail about a failure, and how many of them.
const HISTORY_MS: i64 = 72 * 3_600_000;
const MAX_HISTORY: u64 = 2_000;
/// A mail that cannot be sent is tried again so long.
const RETRY: RetryRule = RetryRule {
    first_pause: Duration::from_secs(5),
    longest_pause: Duration::from_secs(600),
    max_tries: u32::MAX,
    max_age: Duration::from_secs(3 * 86_400),
};

/// Sends mails.
pub(crate) struct MailSender {
    config: MailConfig,
    from: Mailbox,
    name: String,
    link_base: String,
    zone: TimeZone,
    store: Store,
}

impl MailSender {
    /// `None` if mails are not configured; a sender that is no address counts as that.
    pub(crate) fn new(config: &crate::Config, store: &Store) -> Option<Self> {
        let mail = config.mail.clone()?;
        let from = mail.sender.parse().inspect_err(|error| {
            tracing::error!(sender = mail.sender, %error, "mail.sender is no address; no mails are sent");
        });
        Some(Self {
            from: from.ok()?,
            config: mail,
            name: config.name.clone(),
            link_base: config.link_base.clone(),
            zone: config.time_zone.clone(),
            store: store.clone(),
        })
    }

    async fn text(&self, notice: &Notice, now: UnixMillis) -> Text {
        let history = match notice.shows_history_of() {
            Some(flow) => self.history(flow, now).await,
            None => Vec::new(),
        };
        let around = Surroundings {
            name: &self.name,
            link_base: &self.link_base,
            zone: &self.zone,
            history: &history,
        };
        text::write(notice, &around)
    }

    async fn history(&self, flow: &FlowFacts, now: UnixMillis) -> Vec<FlowFacts> {
        let listed = self.store.executions_list_by_flow(flow.project_id, &flow.flow, 0, MAX_HISTORY).await;
        let rows = match listed {
            Ok(page) => page.rows,
            Err(error) => {
                tracing::warn!(%error, flow = flow.flow, "a mail goes without the past of its flow");
                return Vec::new();
            }
        };
        let since = now.plus(-HISTORY_MS);
        rows.into_iter()
            .filter(|row| row.started_at.is_some_and(|at| at >= since))
            .map(|row| FlowFacts {
                execution: row.id,
                project_id: row.project,
                project: flow.project.clone(),
                flow: row.flow,
                status: row.status,
                started_at: row.started_at,
                ended_at: row.ended_at,
            })
            .collect()
    }

    fn message(&self, row: &OutboxRow, to: &[Address], text: Text) -> Result<Vec<u8>, lettre::error::Error> {
        let host = self.from.email.domain();
        let created = Duration::from_millis(u64::try_from(row.created_at.0).unwrap_or(0));
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(text.subject)
            .date(UNIX_EPOCH + created)
            // A receiver that gets a mail twice, because the server died between sending it and noting that, can tell.
            .message_id(Some(format!("<azkaban.{}.{}@{host}>", row.id.0, row.created_at.0)))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_HTML)
            .envelope(Envelope::new(Some(self.from.email.clone()), to.to_vec())?);
        for address in to {
            message = message.to(Mailbox::new(None, address.clone()));
        }
        Ok(message.body(text.html)?.formatted())
    }
}

impl Sender for MailSender {
    const CHANNEL: OutboxChannel = OutboxChannel::Mail;
    const RETRY: RetryRule = RETRY;

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn send(&self, row: &OutboxRow, now: UnixMillis) -> Outcome {
        let mail: PendingMail = match serde_json::from_str(&row.payload) {
            Ok(mail) => mail,
            Err(error) => return Outcome::Never(format!("the stored mail cannot be read: {error}")),
        };
        let mut to = Vec::new();
        for text in mail.to.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            match text.parse::<Address>() {
                Ok(address) if !to.contains(&address) => to.push(address),
                Ok(_) => {}
                Err(error) => tracing::warn!(address = text, %error, "not an address of mail"),
            }
        }
        if to.is_empty() {
            return Outcome::Never(format!("none of {:?} is an address", mail.to));
        }
        let text = self.text(&mail.notice, now).await;
        let subject = text.subject.clone();
        let message = match self.message(row, &to, text) {
            Ok(message) => message,
            Err(error) => return Outcome::Never(format!("{subject:?}: {error}")),
        };
        match smtp::send(&self.config, &self.from.email, &to, &message).await {
            Ok(taken) => {
                tracing::debug!(subject, to = ?mail.to, "mail sent");
                for (address, why) in taken.refused {
                    tracing::warn!(%address, subject, why, "the mail server refuses an address");
                }
                let later: Vec<String> = taken.later.iter().map(Address::to_string).collect();
                let rest = PendingMail { to: later, notice: mail.notice };
                match rest.to.is_empty() {
                    true => Outcome::Done { rest: None },
                    false => Outcome::Done { rest: serde_json::to_string(&rest).ok() },
                }
            }
            Err(SmtpError::Again(why)) => Outcome::Again(format!("{subject:?} to {:?}: {why}", mail.to)),
            Err(SmtpError::Never(why)) => Outcome::Never(format!("{subject:?} to {:?}: {why}", mail.to)),
        }
    }
}
