//! A client over a socket, small enough to be believed: one connection, one request at a time, and it knows whether
//! an answer came.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longer than anything takes here: a test fails in the end rather than hang.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    fn connection(&mut self) -> std::io::Result<&mut BufReader<TcpStream>> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_nodelay(true)?;
            self.connection = Some(BufReader::new(stream));
        }
        Ok(self.connection.as_mut().unwrap())
    }

    /// Asks. An error means that it is unknown whether it was done.
    pub fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<Answered> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answered = self.exchange(format!("{head}{body}").as_bytes());
        if answered.is_err() {
            self.connection = None;
        }
        answered
    }

    /// Sends these bytes and reads one answer.
    pub fn exchange(&mut self, bytes: &[u8]) -> std::io::Result<Answered> {
        let connection = self.connection()?;
        connection.get_mut().write_all(bytes)?;
        read_answer(connection)
    }

    /// Sends these bytes and leaves it at that.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.connection()?.get_mut().write_all(bytes)
    }

    /// The next so many bytes.
    pub fn some(&mut self, count: usize) -> String {
        let mut some = vec![0; count];
        self.connection().unwrap().read_exact(&mut some).unwrap();
        String::from_utf8(some).unwrap()
    }

    /// What comes until the server closes.
    pub fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        if let Ok(connection) = self.connection() {
            let _ = connection.read_to_end(&mut rest);
        }
        String::from_utf8_lossy(&rest).into_owned()
    }

    pub fn get(&mut self, path: &str) -> std::io::Result<Answered> {
        self.ask("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> std::io::Result<Answered> {
        self.ask("POST", path, Some(body))
    }
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> std::io::Result<Answered> {
    let early = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Err(early());
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line.to_lowercase());
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(early)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)];
    connection.read_exact(&mut body)?;
    Ok(Answered { status, head, body })
}
