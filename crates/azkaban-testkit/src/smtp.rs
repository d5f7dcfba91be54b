//! A mail server that keeps what it is given: SMTP with STARTTLS, AUTH PLAIN and refusals at will (RFC 5321, 3207, 4954).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::PrivateKeyDer;

/// How long a client may say nothing.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest line and the longest mail that are read.
const LONGEST_LINE: u64 = 64 << 10;
const LARGEST_MAIL: usize = 16 << 20;

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct SmtpOptions {
    /// Mails are taken only after STARTTLS.
    pub tls: bool,
    /// Mails are taken only after a login with this user and password.
    pub login: Option<(String, String)>,
    /// Receivers that are refused, with the code.
    pub refuse: Vec<(String, u16)>,
}

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct ReceivedMail {
    /// The sender of the envelope.
    pub from: String,
    /// The receivers of the envelope.
    pub to: Vec<String>,
    /// Headers and body as they came.
    pub raw: String,
    /// It came over an encrypted connection.
    pub encrypted: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

impl ReceivedMail {
    /// The first header of a name, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.raw.split_once("\r\n\r\n")?;
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// The subject.
    pub fn subject(&self) -> String {
        self.header("Subject").unwrap_or_default()
    }

    /// The body, its transfer encoding undone.
    pub fn body(&self) -> String {
        let body = self.raw.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match self.header("Content-Transfer-Encoding").as_deref() {
            Some("quoted-printable") => from_quoted_printable(body),
            Some("base64") => {
                let packed: String = body.split_whitespace().collect();
                let bytes = BASE64.decode(packed).expect("base64 in the body");
                String::from_utf8_lossy(&bytes).into_owned()
            }
            _ => body.to_owned(),
        }
    }
}

fn from_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let [first, more @ ..] = rest {
        let code = more.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, code) {
            (b'=', Some(code)) => {
                bytes.push(code);
                rest = &more[2..];
            }
            _ => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A running mail server on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    certificate: String,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    options: SmtpOptions,
    mails: Mutex<Vec<ReceivedMail>>,
    tls: Arc<rustls::ServerConfig>,
    stopping: AtomicBool,
}

impl SmtpServer {
    /// Starts a server.
    ///
    /// # Panics
    /// If there is no free port or no randomness.
    pub fn start(options: SmtpOptions) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), options)
    }

    /// Starts a server at a given address, for instance of one that was there before.
    ///
    /// # Panics
    /// If the address cannot be had.
    pub fn start_at(address: SocketAddr, options: SmtpOptions) -> Self {
        let listener = TcpListener::bind(address).expect("a port for the mail server");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a usable certificate");
        let shared = Arc::new(Shared {
            options,
            mails: Mutex::default(),
            tls: Arc::new(tls),
            stopping: AtomicBool::new(false),
        });
        let address = listener.local_addr().expect("an address");
        let accepting = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stopping.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    let shared = Arc::clone(&accepting);
                    std::thread::spawn(move || shared.serve(stream));
                }
            }
        });
        Self { address, shared, certificate: made.cert.pem(), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of its TLS, for the host `localhost`, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The mails taken so far.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.shared.mails.lock().expect("no test panics while it holds this").clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a conversation with a client has come to.
#[derive(Default)]
struct Session {
    encrypted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// How a conversation goes on.
enum Next {
    Answer(String),
    Data,
    StartTls,
    Quit,
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Shared {
    /// A client that breaks off is no concern of the server's.
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(TIMEOUT));
        let _ = self.converse(stream);
    }

    fn converse(&self, stream: TcpStream) -> io::Result<()> {
        let mut session = Session::default();
        let mut reader: BufReader<Box<dyn Stream>> = BufReader::new(Box::new(stream.try_clone()?));
        write!(reader.get_mut(), "220 localhost ready\r\n")?;
        loop {
            let line = read_line(&mut reader)?;
            match self.command(&mut session, &line) {
                Next::Answer(text) => write!(reader.get_mut(), "{text}\r\n")?,
                Next::Data => {
                    write!(reader.get_mut(), "354 go on\r\n")?;
                    let raw = read_mail(&mut reader)?;
                    self.mails.lock().expect("no test panics while it holds this").push(ReceivedMail {
                        from: session.from.take().unwrap_or_default(),
                        to: std::mem::take(&mut session.to),
                        raw,
                        encrypted: session.encrypted,
                        user: session.user.clone(),
                    });
                    write!(reader.get_mut(), "250 taken\r\n")?;
                }
                Next::StartTls => {
                    write!(reader.get_mut(), "220 go on\r\n")?;
                    let tls =
                        rustls::ServerConnection::new(Arc::clone(&self.tls)).map_err(io::Error::other)?;
                    let stream = rustls::StreamOwned::new(tls, stream.try_clone()?);
                    reader = BufReader::new(Box::new(stream));
                    session = Session { encrypted: true, ..Session::default() };
                }
                Next::Quit => return write!(reader.get_mut(), "221 bye\r\n"),
            }
        }
    }

    fn command(&self, session: &mut Session, line: &str) -> Next {
        let answer = |text: &str| Next::Answer(text.to_owned());
        let upper = line.to_ascii_uppercase();
        let allowed = (session.encrypted || !self.options.tls)
            && (session.user.is_some() || self.options.login.is_none());
        if upper.starts_with("EHLO") || upper.starts_with("HELO") {
            let mut lines = vec!["localhost", "8BITMIME", "SMTPUTF8"];
            lines.extend((self.options.tls && !session.encrypted).then_some("STARTTLS"));
            lines.extend(self.options.login.as_ref().map(|_| "AUTH PLAIN"));
            let last = lines.len() - 1;
            let shown = lines
                .iter()
                .enumerate()
                .map(|(at, text)| format!("250{}{text}", if at == last { ' ' } else { '-' }));
            return Next::Answer(shown.collect::<Vec<_>>().join("\r\n"));
        }
        match upper.split_whitespace().next().unwrap_or_default() {
            "STARTTLS" => Next::StartTls,
            "QUIT" => Next::Quit,
            "AUTH" => match self.login(line) {
                Some(user) => {
                    session.user = Some(user);
                    answer("235 welcome")
                }
                None => answer("535 wrong user or password"),
            },
            "MAIL" | "RCPT" | "DATA" if !allowed => answer("530 not before STARTTLS and AUTH"),
            "MAIL" => {
                session.from = Some(address(line));
                session.to.clear();
                answer("250 fine")
            }
            "RCPT" => {
                let to = address(line);
                match self.options.refuse.iter().find(|(refused, _)| *refused == to) {
                    Some((_, code)) => Next::Answer(format!("{code} not {to}")),
                    None => {
                        session.to.push(to);
                        answer("250 fine")
                    }
                }
            }
            "DATA" if session.from.is_none() || session.to.is_empty() => answer("503 to whom?"),
            "DATA" => Next::Data,
            "NOOP" | "RSET" => answer("250 fine"),
            _ => answer("500 what?"),
        }
    }

    /// `AUTH PLAIN` with its initial response.
    fn login(&self, line: &str) -> Option<String> {
        let packed = line.split_whitespace().nth(2)?;
        let plain = String::from_utf8(BASE64.decode(packed).ok()?).ok()?;
        let (user, password) = plain.strip_prefix('\0')?.split_once('\0')?;
        let known = self.options.login.as_ref()?;
        (known.0 == user && known.1 == password).then(|| user.to_owned())
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.take(LONGEST_LINE).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

/// A mail up to the line with only a dot.
fn read_mail(reader: &mut impl BufRead) -> io::Result<String> {
    let mut raw = String::new();
    loop {
        let line = read_line(reader)?;
        if line == "." {
            return Ok(raw);
        }
        if raw.len() > LARGEST_MAIL {
            return Err(io::ErrorKind::InvalidData.into());
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
}
