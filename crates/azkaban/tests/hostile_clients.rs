//! Clients that mean harm, or just never finish what they began: others are answered throughout. Everything here stays on
//! 127.0.0.1 and is bounded in number and time.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use azkaban_testkit::{Options, TestServer, tls};
use common::{has_curl, server};

/// Connections that the server allows here.
const LIMIT_OF_CONNECTIONS: usize = 200;
/// Requests of the honest client during each attack.
const PROBES: usize = 60;
/// Longest time that nearly every honest request may take on a machine that does other work too.
const PATIENCE: Duration = Duration::from_secs(2);

fn small_server() -> TestServer {
    server(Options::with_properties(&format!("azkaban.http.max.connections={LIMIT_OF_CONNECTIONS}\n")))
}

/// Asks for the status again and again, each time by a new connection.
fn others_are_answered(attack: &str, mut ask: impl FnMut()) {
    let mut times: Vec<Duration> = (0..PROBES)
        .map(|_| {
            let begin = Instant::now();
            ask();
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    let most = times[PROBES * 99 / 100 - 1];
    println!(
        "{attack}: median {:?}, 99 of 100 within {most:?}, longest {:?}",
        times[PROBES / 2],
        times[PROBES - 1]
    );
    assert!(most < PATIENCE, "{attack}: {times:?}");
}

fn ask_status(server: &TestServer) -> impl FnMut() {
    let client = server.anonymous();
    move || assert_eq!(client.get("/status", &[]).status, 200)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the system takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Connections that have each sent `text`, more than the server allows at once.
fn too_many(address: SocketAddr, text: &str) -> Vec<TcpStream> {
    (0..LIMIT_OF_CONNECTIONS + 100)
        .map(|_| {
            let mut stream = connect(address);
            // A server that has sent this one away already has done nothing wrong.
            let _ = stream.write_all(text.as_bytes());
            stream
        })
        .collect()
}

#[test]
fn idle_connections_make_room_for_newcomers() {
    let server = small_server();
    let _held = too_many(server.address(), "GET /status HTTP/1.1\r\nHost: x\r\n\r\n");
    others_are_answered("idle connections", ask_status(&server));
}

#[test]
fn headers_that_never_end_hold_no_place() {
    let server = small_server();
    let mut held = too_many(server.address(), "GET /status HTTP/1.1\r\nHost: x\r\nX: ");
    let mut next = 0;
    let mut ask = ask_status(&server);
    others_are_answered("slow headers", || {
        for stream in held.iter_mut().skip(next % 200).take(20) {
            let _ = stream.write_all(b"y");
        }
        next += 20;
        ask();
    });
}

#[test]
fn bodies_that_never_end_keep_nobody_waiting() {
    let server = small_server();
    let head = "POST /index HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\na";
    let _held: Vec<TcpStream> = (0..LIMIT_OF_CONNECTIONS * 3 / 4)
        .map(|_| {
            let mut stream = connect(server.address());
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    others_are_answered("slow bodies", ask_status(&server));
}

#[test]
fn a_gibibyte_for_a_call_that_takes_none_is_not_read() {
    let server = small_server();
    let mut stream = connect(server.address());
    write!(stream, "POST /executor HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 1 << 30).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        let block = vec![b'x'; 1 << 20];
        (0..1024).take_while(|_| stream.write_all(&block).is_ok()).count()
    });
    others_are_answered("a gibibyte", ask_status(&server));
    let mut answer = [0; 15];
    reader.read_exact(&mut answer).expect("an answer, whatever was sent");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    let sent = sender.join().unwrap();
    println!("a gibibyte: {sent} MiB went out before the connection ended");
    assert!(sent < 1024, "all of it was read");
}

#[test]
fn endless_headers_are_refused() {
    let server = small_server();
    let attackers: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = connect(server.address());
            std::thread::spawn(move || {
                stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
                (0..100_000).take_while(|n| write!(stream, "X-{n}: {n}\r\n").is_ok()).count()
            })
        })
        .collect();
    others_are_answered("endless headers", ask_status(&server));
    for attacker in attackers {
        assert!(attacker.join().unwrap() < 100_000, "they were taken");
    }
}

/// HTTP/2 without TLS: requests, each taken back at once, as fast as they go out.
#[test]
fn rapid_resets_of_http2_slow_nobody_down() {
    let server = small_server();
    let attackers: Vec<_> = (0..4)
        .map(|_| {
            let stream = connect(server.address());
            std::thread::spawn(move || rapid_resets(stream))
        })
        .collect();
    others_are_answered("rapid resets", ask_status(&server));
    let sent: Vec<u32> = attackers.into_iter().map(|attacker| attacker.join().unwrap()).collect();
    println!("rapid resets: {sent:?} requests went out before the connections ended");
}

/// Sends at most 100 000 requests for five seconds; returns how many the server let it.
fn rapid_resets(mut stream: TcpStream) -> u32 {
    fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &id.to_be_bytes(), payload].concat()
    }
    // Static entries: GET, http, /; then :authority with a literal.
    let request = [&[0x82, 0x86, 0x84, 0x41, 0x01][..], b"x"].concat();
    let begin = Instant::now();
    let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(4, 0, 0, &[])].concat();
    stream.write_all(&preface).unwrap();
    let mut sent = 0;
    while sent < 100_000 && begin.elapsed() < Duration::from_secs(5) {
        let id = sent * 2 + 1;
        let both = [frame(1, 0x5, id, &request), frame(3, 0, id, &8_u32.to_be_bytes())].concat();
        if stream.write_all(&both).is_err() {
            break;
        }
        sent += 1;
    }
    sent
}

#[test]
fn handshakes_that_never_end_hold_no_place() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let keystore = folder.path().join("keystore");
    std::fs::write(&keystore, tls::STORE_P12).unwrap();
    let server = server(Options::with_properties(&format!(
        "azkaban.http.max.connections={LIMIT_OF_CONNECTIONS}\njetty.keystore={}\njetty.password={}\n",
        keystore.display(),
        tls::STORE_PASSWORD
    )));
    // The first bytes of a handshake, and silence.
    let _held = too_many(server.address(), "\u{16}\u{3}\u{1}\u{2}");
    let url = format!("https://{}/status", server.address());
    others_are_answered("handshakes", || {
        let output = Command::new("curl").args(["-sSk", "--max-time", "30", &url]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
}
