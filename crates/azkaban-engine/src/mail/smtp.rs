//! Handing one mail to the mail server.

use std::future::Future;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{self};
use tokio::time::timeout;

use super::MailConfig;

/// What became of a mail that the server took for at least one of its receivers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Receivers that the server refuses for good, with its words.
    pub(super) refused: Vec<(Address, String)>,
    /// Receivers to be tried again.
    pub(super) later: Vec<Address>,
}

/// Why the server did not take a mail.
#[derive(Debug, thiserror::Error)]
pub(super) enum SmtpError {
    /// It may take it another time.
    #[error("{0}")]
    Again(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

impl From<smtp::Error> for SmtpError {
    fn from(error: smtp::Error) -> Self {
        let text = chain(&error);
        if error.is_permanent() { SmtpError::Never(text) } else { SmtpError::Again(text) }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Sends `message` to `to`. A receiver that is refused does not keep it from the others.
pub(super) async fn send(
    config: &MailConfig,
    from: &Address,
    to: &[Address],
    message: &[u8],
) -> Result<Taken, SmtpError> {
    let mut connection = connect(config).await?;
    let sent = transfer(&mut connection, config.timeout, from, to, message).await;
    // What matters is said; a server that hangs up without a word has the mail or has it not.
    let _ = timeout(config.timeout, connection.abort()).await;
    sent
}

async fn connect(config: &MailConfig) -> Result<AsyncSmtpConnection, SmtpError> {
    let hello = ClientId::default();
    let server = (config.host.as_str(), config.port);
    let connect =
        AsyncSmtpConnection::connect_tokio1(server, Some(config.connection_timeout), &hello, None, None);
    let greeted = config.connection_timeout.saturating_add(config.timeout);
    let mut connection = within(greeted, connect).await?;
    if config.tls {
        let tls = TlsParameters::new(config.host.clone())?;
        if let Err(error) = within(config.timeout, connection.starttls(tls, &hello)).await {
            return Err(SmtpError::Again(format!("mail.tls=true, but no encrypted connection: {error}")));
        }
    }
    if let Some((user, password)) = &config.login {
        let credentials = Credentials::new(user.clone(), password.clone());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        if let Err(error) = within(config.timeout, connection.auth(&mechanisms, &credentials)).await {
            // A password can be corrected, so the mail waits.
            return Err(SmtpError::Again(format!("login as {user} (mail.user): {error}")));
        }
    }
    Ok(connection)
}

async fn transfer(
    connection: &mut AsyncSmtpConnection,
    limit: Duration,
    from: &Address,
    to: &[Address],
    message: &[u8],
) -> Result<Taken, SmtpError> {
    let supports = |feature| connection.server_info().supports_feature(feature);
    let mut parameters = Vec::new();
    if !message.is_ascii() && supports(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let utf8 = supports(Extension::SmtpUtfEight);
    let plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if utf8 && !(to.iter().all(plain) && plain(from)) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    within(limit, connection.command(Mail::new(Some(from.clone()), parameters))).await?;
    let mut taken = Taken::default();
    let mut accepted = 0_usize;
    for address in to {
        if !utf8 && !plain(address) {
            let why = "the mail server takes no addresses beyond ASCII".to_owned();
            taken.refused.push((address.clone(), why));
            continue;
        }
        match within(limit, connection.command(Rcpt::new(address.clone(), Vec::new()))).await {
            Ok(_) => accepted += 1,
            Err(SmtpError::Never(why)) => taken.refused.push((address.clone(), why)),
            Err(SmtpError::Again(why)) => {
                tracing::debug!(%address, why, "the mail server does not take this address now");
                taken.later.push(address.clone());
            }
        }
    }
    if accepted == 0 {
        return match taken.refused.first() {
            Some((address, why)) if taken.later.is_empty() => {
                Err(SmtpError::Never(format!("{address}: {why}")))
            }
            _ => Err(SmtpError::Again("the mail server takes none of the addresses now".to_owned())),
        };
    }
    within(limit, connection.command(Data)).await?;
    within(limit, connection.message(message)).await?;
    Ok(taken)
}

async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, smtp::Error>>,
) -> Result<T, SmtpError> {
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(SmtpError::from),
        Err(_) => Err(SmtpError::Again(format!("no answer within {} ms", limit.as_millis()))),
    }
}
