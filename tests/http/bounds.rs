//! What all clients together may take of the server: places, bodies under way, answers that are not read, streams.

use std::time::Duration;

use lockyard::backend::http::Limits;
use serde_json::json;

use crate::server::Served;
use crate::support::client::Client;

const GRACE: Duration = Duration::from_mins(1);
/// More than the system's own buffers take of an answer, so that a client which does not read leaves some of it here.
const PAGE: usize = 20;
const MESSAGE: usize = 900 << 10;

/// A session of so many long messages; the path of a page of all.
fn long_page(served: &Served) -> String {
    let path = served.create();
    let body = json!({ "role": "user", "content": "x".repeat(MESSAGE) });
    let mut client = served.client();
    for _ in 0..PAGE {
        assert_eq!(client.post(&format!("{path}/messages"), &body).unwrap().status, 201);
    }
    format!("{path}/messages?limit={PAGE}")
}

/// Asks for it and reads no more than shows that the answer is there.
fn ask_and_read_little(served: &Served, page: &str) -> Client {
    let mut client = served.client();
    client
        .send(format!("GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    assert_eq!(client.some(12), "HTTP/1.1 200");
    client
}

/// Asks again while the answer is this one.
fn ask_while(client: &mut Client, page: &str, refusal: u16) -> u16 {
    loop {
        let status = client.get(page).unwrap().status;
        if status != refusal {
            return status;
        }
        std::thread::yield_now();
    }
}

#[test]
fn bodies_that_come_slowly_keep_no_request_out() {
    let served = Served::with(Limits { requests: 1, ..Limits::default() }, GRACE);
    let path = served.create();
    let head = format!(
        "POST {path}/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 32\r\n\r\n{{\"role\":\"user\","
    );
    let mut slow: Vec<Client> = (0..20).map(|_| served.client()).collect();
    for client in &mut slow {
        client.send(head.as_bytes()).unwrap();
    }
    assert_eq!(served.client().get("/v1/contexts").unwrap().status, 200);
    for client in &mut slow {
        assert_eq!(client.exchange(b"\"content\":\"late\"}").unwrap().status, 201);
    }
}

#[test]
fn answers_that_are_not_read_are_counted_until_they_are() {
    let served = Served::with(Limits { answers: 30 << 20, ..Limits::default() }, GRACE);
    let page = long_page(&served);
    let mut first = ask_and_read_little(&served, &page);
    let mut second = served.client();
    let refused = second.get(&page).unwrap();
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("too_many_answers")));
    assert_eq!(second.get("/v1/contexts").unwrap().status, 200, "what is small passes");
    assert!(first.rest().len() > PAGE * MESSAGE);
    assert_eq!(ask_while(&mut second, &page, 503), 200);
}

#[test]
fn a_client_that_reads_nothing_is_let_go() {
    let limits = Limits { answers: 30 << 20, write_time: Duration::from_millis(200), ..Limits::default() };
    let served = Served::with(limits, GRACE);
    let page = long_page(&served);
    let mut idle = ask_and_read_little(&served, &page);
    assert_eq!(ask_while(&mut served.client(), &page, 503), 200);
    assert!(idle.rest().len() < PAGE * MESSAGE, "its answer was given up");
}

#[test]
fn streams_are_counted_by_themselves_and_for_as_long_as_they_last() {
    let served = Served::with(Limits { streams: 1, ..Limits::default() }, GRACE);
    let (path, other) = (served.create(), served.create());
    served.site.world.model.requests.shut();
    let stream = |client: &mut Client, path: &str| {
        let body = json!({ "role": "user", "content": "hello" }).to_string();
        let head = format!(
            "POST {path}/actions/send_message HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        client.send(head.as_bytes()).unwrap();
        client.some(12)
    };
    let mut first = served.client();
    assert_eq!(stream(&mut first, &path), "HTTP/1.1 200");
    assert_eq!(stream(&mut served.client(), &other), "HTTP/1.1 429");
    assert_eq!(served.client().get(&path).unwrap().status, 200);
    drop(first);
    while stream(&mut served.client(), &other) == "HTTP/1.1 429" {
        std::thread::yield_now();
    }
}
