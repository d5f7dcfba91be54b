//! Mail (config-and-security §3.7).

use super::{Key, Kind, Section, honoured, ignored, silent};

pub(super) const SECTION: Section = Section {
    title: "Mail",
    text: "Mails are stored with what causes them and sent by a loop of its own; see [operating.md](operating.md#mail).",
    keys: KEYS,
};

const KEYS: &[Key] = &[
    honoured(
        "mail.host",
        Kind::Text,
        None,
        "mail server; without it no mails are sent (Azkaban takes `localhost` then)",
    ),
    honoured("mail.port", Kind::Integer { min: 1, max: 65_535 }, Some("25"), "its port"),
    honoured("mail.user", Kind::Text, None, "user at the mail server; without it nobody logs in"),
    honoured("mail.password", Kind::Text, None, "password at the mail server"),
    honoured(
        "mail.sender",
        Kind::Text,
        None,
        "sender of mails, as `a@example.com` or `Name <a@example.com>`; unset, `azkaban@` and the host of links",
    ),
    honoured("mail.tls", Kind::Boolean, Some("false"), "STARTTLS; a server that cannot gets no mails"),
    honoured("mail.useAuth", Kind::Boolean, Some("true"), "whether to log in at the mail server"),
    honoured("mail.timeout.millis", Kind::Millis, Some("30000"), "longest wait for the mail server"),
    honoured("mail.connection.timeout.millis", Kind::Millis, Some("30000"), "longest wait for a connection"),
    ignored("mail.max.attachment.size.mb", "mails have no attachments"),
    silent("job.failure.email", "not read by Azkaban"),
    silent("job.success.email", "not read by Azkaban"),
];
