//! Mail (config-and-security §3.7).

use super::{Key, Section, later, silent};

pub(super) const SECTION: Section = Section { title: "Mail", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    later("mail.host", "mail server"),
    later("mail.port", "its port"),
    later("mail.user", "user at the mail server"),
    later("mail.password", "password at the mail server"),
    later("mail.sender", "sender of mails"),
    later("mail.tls", "STARTTLS"),
    later("mail.useAuth", "whether to log in at the mail server"),
    later("mail.timeout.millis", "longest wait for the mail server"),
    later("mail.connection.timeout.millis", "longest wait for a connection"),
    later("mail.max.attachment.size.mb", "largest attachment"),
    silent("job.failure.email", "not read by Azkaban"),
    silent("job.success.email", "not read by Azkaban"),
];
