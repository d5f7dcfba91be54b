//! Mail, and the links in mails.

use azkaban_core::settings::Reader;
use azkaban_engine::MailConfig;

use super::text;

/// `mail.*`; `None` without `mail.host`.
pub(super) fn mail(reader: &mut Reader<'_>) -> Option<MailConfig> {
    let user = text(reader, "mail.user");
    let password = text(reader, "mail.password");
    let use_auth = reader.boolean("mail.useAuth");
    let sender = match reader.filled_text("mail.sender") {
        Some(sender) => {
            if !MailConfig::is_sender(sender) {
                reader.reject(
                    "mail.sender",
                    "expected an address such as a@example.com or Name <a@example.com>",
                );
            }
            sender.to_owned()
        }
        None => default_sender(&link_host(reader)),
    };
    let config = MailConfig {
        host: text(reader, "mail.host"),
        port: port(reader, "mail.port"),
        login: (use_auth && !user.is_empty()).then_some((user, password)),
        sender,
        tls: reader.boolean("mail.tls"),
        timeout: reader.millis("mail.timeout.millis"),
        connection_timeout: reader.millis("mail.connection.timeout.millis"),
    };
    (!config.host.is_empty()).then_some(config)
}

/// Where the server listens, as far as that is known beforehand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listening {
    /// It speaks TLS.
    pub(super) tls: bool,
    /// Its port.
    pub(super) port: u16,
}

/// What links begin with (execution-and-scheduling §7.2).
pub(super) fn link_base(reader: &mut Reader<'_>, own: Listening) -> String {
    let host = link_host(reader);
    let plain = reader.integer("azkaban.webserver.external_port");
    let secure = reader.integer("azkaban.webserver.external_ssl_port");
    let (scheme, external) = if own.tls { ("https", secure) } else { ("http", plain) };
    format!("{scheme}://{host}:{}", external.unwrap_or_else(|| i64::from(own.port)))
}

/// `azkaban.webserver.external_hostname`, else the host that users type.
fn link_host(reader: &mut Reader<'_>) -> String {
    let external = reader.filled_text("azkaban.webserver.external_hostname").map(str::to_owned);
    external.unwrap_or_else(|| text(reader, "jetty.hostname"))
}

fn default_sender(host: &str) -> String {
    let sender = format!("azkaban@{host}");
    if MailConfig::is_sender(&sender) { sender } else { "azkaban@localhost".to_owned() }
}

fn port(reader: &mut Reader<'_>, key: &str) -> u16 {
    reader.integer(key).and_then(|port| u16::try_from(port).ok()).unwrap_or_default()
}
