//! A connection that is lost now and then: stands between clients and a server and hands requests on, but for some.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is handed on, and so is the answer.
    Served,
    /// The connection is lost before the server has seen it.
    LostOnTheWay,
    /// The server has served it, and the connection is lost before the answer is there.
    LostOnTheWayBack,
}

/// What it has seen.
#[derive(Default)]
pub struct Seen {
    pub connections: AtomicUsize,
    pub requests: AtomicUsize,
    pub lost: AtomicUsize,
}

/// Starts one. `fate` is asked with the first line of every request.
pub fn between(
    server: SocketAddr,
    fate: impl Fn(&str) -> Fate + Send + Sync + 'static,
) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, fate) = (Arc::new(Seen::default()), Arc::new(fate));
    let counts = seen.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            counts.connections.fetch_add(1, SeqCst);
            let (counts, fate) = (counts.clone(), fate.clone());
            let Ok(client) = client else { continue };
            // An error is a connection that is over.
            std::thread::spawn(move || drop(hand_on(&client, server, &counts, &*fate)));
        }
    });
    (address, seen)
}

fn hand_on(
    client: &TcpStream,
    server: SocketAddr,
    seen: &Seen,
    fate: &dyn Fn(&str) -> Fate,
) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    for stream in [client, &server] {
        stream.set_nodelay(true)?;
    }
    let (mut requests, mut answers) =
        (BufReader::new(client.try_clone()?), BufReader::new(server.try_clone()?));
    loop {
        let request = message(&mut requests)?;
        seen.requests.fetch_add(1, SeqCst);
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let fate = fate(&String::from_utf8_lossy(line));
        if fate != Fate::LostOnTheWay {
            (&server).write_all(&request)?;
            let answer = message(&mut answers)?;
            if fate == Fate::Served {
                { client }.write_all(&answer)?;
                continue;
            }
        }
        seen.lost.fetch_add(1, SeqCst);
        return client.shutdown(std::net::Shutdown::Both);
    }
}

/// A head, and a body of the length that it states.
fn message(from: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(line.as_bytes());
        if line == "\r\n" {
            break;
        }
        if let Some(given) = line.to_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().unwrap();
        }
    }
    let head = bytes.len();
    bytes.resize(head + length, 0);
    from.read_exact(&mut bytes[head..])?;
    Ok(bytes)
}
