//! The server on a socket: bad clients cost the others nothing, and an end loses nothing.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::client::Client;
use crate::support::http::Site;
use lockyard::backend::http::{Limits, ShutdownReport, serve};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server on a loopback port, on a runtime of its own; the test is its blocking client.
pub struct Served {
    runtime: Runtime,
    pub site: Site,
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<ShutdownReport>>,
}

impl Served {
    pub fn with(limits: Limits, grace: Duration) -> Self {
        Self::of(|| Site::with(limits, None), grace)
    }

    pub fn of(site: impl FnOnce() -> Site, grace: Duration) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let guard = runtime.enter();
        let site = site();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let app = site.app.clone();
        let serving =
            runtime.spawn(async move { serve(app, listener, async { drop(stopped.await) }, grace).await });
        drop(guard);
        Self { runtime, site, address, stop: Some(stop), serving: Some(serving) }
    }

    fn new() -> Self {
        Self::with(Limits::default(), Duration::from_mins(1))
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub fn create(&self) -> String {
        let body = json!({ "model_id": "gpt", "mode": "chat" });
        let id = self.client().post("/v1/contexts", &body).unwrap().json()["id"].clone();
        format!("/v1/contexts/{}", id.as_str().unwrap())
    }

    /// Begins a turn whose model does not answer.
    fn hang(&self, client: &mut Client, path: &str) {
        self.site.world.model.requests.shut();
        let asked = self.site.world.model.requests.asked();
        let body = json!({ "role": "user", "content": "hello" }).to_string();
        let head = format!(
            "POST {path}/actions/send_message HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        client.send(head.as_bytes()).unwrap();
        while self.site.world.model.requests.asked() == asked {
            std::thread::yield_now();
        }
    }

    /// Asks it to end, and does not wait.
    pub fn ask_to_end(&mut self) {
        drop(self.stop.take());
    }

    pub fn end(&mut self) -> ShutdownReport {
        drop(self.stop.take());
        self.runtime.block_on(self.serving.take().unwrap()).unwrap()
    }

    fn state(&self, path: &str) -> String {
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let whole = self.runtime.block_on(self.site.world.whole(id));
        whole.state_kind().to_string()
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let served = Served::new();
    let path = served.create();
    let mut client = served.client();
    for nth in 0..20 {
        let answered =
            client.post(&format!("{path}/messages"), &json!({ "role": "user", "content": "x" })).unwrap();
        assert_eq!(answered.status, 201);
        let page = client.get(&format!("{path}/messages?limit=1")).unwrap().json();
        assert_eq!(page["total"], nth + 1);
    }
}

#[test]
fn a_client_that_is_slow_with_its_head_is_dropped_and_keeps_no_other_waiting() {
    let served = Served::with(
        Limits { head_time: Duration::from_millis(300), ..Limits::default() },
        Duration::from_mins(1),
    );
    let mut slow: Vec<Client> = (0..50).map(|_| served.client()).collect();
    for client in &mut slow {
        client.send(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    }
    assert_eq!(served.client().get("/healthz").unwrap().status, 200);
    for client in &mut slow {
        // Returns only when the server has closed.
        let rest = client.rest();
        assert!(rest.is_empty() || rest.contains("408"), "{rest}");
    }
    assert_eq!(served.client().get("/healthz").unwrap().status, 200);
}

#[test]
fn a_client_that_is_slow_with_its_body_is_let_go() {
    let limits = Limits { body_time: Duration::from_millis(300), ..Limits::default() };
    let served = Served::with(limits, Duration::from_mins(1));
    let path = served.create();
    let mut client = served.client();
    let head = format!(
        "POST {path}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
    );
    let answered = client.exchange(head.as_bytes()).unwrap();
    assert_eq!((answered.status, &answered.json()["code"]), (408, &json!("request_timeout")));
}

#[test]
fn floods_are_refused_and_the_others_served() {
    let served = Served::new();
    let many = (0..1000).fold(String::new(), |all, nth| all + &format!("X-{nth}: y\r\n"));
    let huge = format!("X-Huge: {}\r\n", "y".repeat(1 << 20));
    for headers in [many, huge] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        let mut client = served.client();
        // It may close before all is sent.
        let _ = client.send(request.as_bytes());
        let rest = client.rest();
        assert!(rest.is_empty() || rest.contains("431"), "{rest}");
        assert_eq!(served.client().get("/healthz").unwrap().status, 200);
    }
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"\r\n\r\n\r\n", b"GET\0/ HTTP/9.9\r\n\r\n", &[0xff; 4096]]
    {
        let mut client = served.client();
        let _ = client.send(garbage);
        drop(client);
        assert_eq!(served.client().get("/healthz").unwrap().status, 200);
    }
}

#[test]
fn a_body_that_says_it_is_huge_is_refused_before_it_is_sent() {
    let served = Served::new();
    let path = served.create();
    let head = format!(
        "POST {path}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: 99999999999\r\n\r\n"
    );
    let answered = served.client().exchange(head.as_bytes()).unwrap();
    assert_eq!((answered.status, &answered.json()["code"]), (413, &json!("body_too_large")));
}

#[test]
fn a_client_that_breaks_off_leaves_the_session_idle() {
    let served = Served::new();
    let path = served.create();
    let mut client = served.client();
    served.hang(&mut client, &path);
    assert_eq!(served.state(&path), "awaiting_model");
    drop(client);
    while served.state(&path) != "idle" {
        std::thread::yield_now();
    }
}

#[test]
fn the_end_waits_for_requests_under_way() {
    let mut served = Served::new();
    let path = served.create();
    let mut client = served.client();
    served.hang(&mut client, &path);
    let address = served.address;
    drop(served.stop.take());
    // From now on no new connection is accepted; when exactly is the server's affair.
    while std::net::TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    served.site.world.model.requests.open();
    let answered = client.exchange(b"").unwrap();
    assert_eq!(answered.status, 200);
    assert_eq!(answered.json()["context"]["state"]["kind"], "idle");
    assert_eq!(served.end(), ShutdownReport { cut_off: 0 });
}

#[test]
fn what_takes_too_long_at_the_end_is_cut_off_and_rolled_back() {
    let mut served = Served::with(Limits::default(), Duration::from_millis(50));
    let path = served.create();
    let mut client = served.client();
    served.hang(&mut client, &path);
    assert_eq!(served.end(), ShutdownReport { cut_off: 1 });
    while served.state(&path) != "idle" {
        std::thread::yield_now();
    }
    assert_eq!(client.rest(), "", "no answer");
}

#[test]
fn one_more_connection_than_there_may_be_waits_for_a_place() {
    let served = Served::with(Limits { connections: 1, ..Limits::default() }, Duration::from_mins(1));
    let mut first = served.client();
    assert_eq!(first.get("/healthz").unwrap().status, 200);
    let mut second = served.client();
    assert_eq!(second.get("/healthz").unwrap().status, 200, "probes have a lane of their own");
    second.send(b"GET /v1/contexts HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(first.get("/v1/contexts").unwrap().status, 200, "who has a place keeps it");
    drop(first);
    assert_eq!(second.exchange(b"").unwrap().status, 200);
}
