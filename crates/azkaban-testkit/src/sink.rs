//! An HTTP server that keeps the requests it gets.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a client may say nothing.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest body that is read.
const LARGEST_BODY: u64 = 1 << 20;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl ReceivedRequest {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// A running server on 127.0.0.1.
#[derive(Debug)]
pub struct RequestSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<ReceivedRequest>>,
    silent: bool,
    stopping: AtomicBool,
}

impl RequestSink {
    /// A server that answers everything with 200.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), false)
    }

    /// A server that takes requests and never answers.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start_silent() -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), true)
    }

    /// A server at a given address.
    ///
    /// # Panics
    /// If the address cannot be had.
    pub fn start_at(address: SocketAddr, silent: bool) -> Self {
        let listener = TcpListener::bind(address).expect("a port for the server");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { silent, ..Shared::default() });
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
        Self { address, shared, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.requests.lock().expect("no test panics while it holds this").clone()
    }
}

impl Drop for RequestSink {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// A client that breaks off is no concern of the server's.
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(TIMEOUT));
        let mut reader = BufReader::new(stream);
        while let Ok(request) = read_request(&mut reader) {
            self.requests.lock().expect("no test panics while it holds this").push(request);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            if !self.silent && reader.get_mut().write_all(answer).is_err() {
                return;
            }
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> io::Result<ReceivedRequest> {
    let first = read_line(reader)?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse::<u64>().ok()).unwrap_or(0).min(LARGEST_BODY);
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    Ok(ReceivedRequest { method, target, headers, body })
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.take(64 << 10).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
