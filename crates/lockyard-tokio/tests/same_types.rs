//! Without features the types are tokio's own: crates that know nothing of this one take them and give them.
#![cfg(not(any(feature = "track", feature = "explore")))]

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::TokioIo;
use lockyard_tokio as tokio;
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio_stream::wrappers::{BroadcastStream, ReceiverStream, WatchStream};
use tokio_util::codec::{Framed, LinesCodec};
use tokio_util::sync::{PollSemaphore, PollSender};

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn types_have_tokios_names() {
    let (ours, theirs) = (
        std::any::type_name::<tokio::sync::Mutex<u8>>(),
        std::any::type_name::<tokio::real::sync::Mutex<u8>>(),
    );
    assert_eq!(ours, theirs);
}

#[test]
fn a_semaphore_of_tokio_util_takes_ours() {
    let semaphore = Arc::new(Semaphore::new(1));
    let mut polled = PollSemaphore::new(semaphore.clone());
    let permit: tokio::sync::OwnedSemaphorePermit = run(poll_fn(|cx| polled.poll_acquire(cx))).unwrap();
    assert_eq!((permit.num_permits(), semaphore.available_permits()), (1, 0));
}

#[test]
fn a_sender_of_tokio_util_takes_ours() {
    let (sender, mut receiver) = mpsc::channel(1);
    let mut sender = PollSender::new(sender);
    run(async {
        sender.send(7).await.unwrap();
        assert_eq!(receiver.recv().await, Some(7));
    });
}

#[test]
fn a_codec_reads_and_writes_our_io() {
    let (here, there) = tokio::io::duplex(64);
    let (mut here, mut there) = (Framed::new(here, LinesCodec::new()), Framed::new(there, LinesCodec::new()));
    run(async {
        here.send("a line").await.unwrap();
        assert_eq!(there.next().await.unwrap().unwrap(), "a line");
    });
}

#[test]
fn streams_of_tokio_stream_take_our_receivers() {
    run(async {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(1).await.unwrap();
        drop(sender);
        assert_eq!(ReceiverStream::new(receiver).collect::<Vec<_>>().await, [1]);

        let (sender, receiver) = watch::channel(2);
        let mut stream = WatchStream::new(receiver);
        assert_eq!(stream.next().await, Some(2));
        drop(sender);
        assert_eq!(stream.next().await, None);

        let (sender, receiver) = broadcast::channel(1);
        sender.send(3).unwrap();
        assert_eq!(BroadcastStream::new(receiver).next().await, Some(Ok(3)));
    });
}

#[test]
fn hyper_serves_a_request_over_our_io() {
    run(async {
        let (client, server) = tokio::io::duplex(1024);
        let answer =
            hyper::service::service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
                let path = request.uri().path().to_owned();
                Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from(path))))
            });
        let serve = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), answer);
        let ask = async {
            let (mut asking, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
            let request = hyper::Request::get("/path").body(Empty::<Bytes>::new()).unwrap();
            let answered = async {
                let answer = asking.send_request(request).await.unwrap();
                let body = answer.into_body().collect().await.unwrap().to_bytes();
                drop(asking); // the connection ends with it
                body
            };
            tokio::join!(connection, answered).1
        };
        let (served, body) = tokio::join!(serve, ask);
        served.unwrap();
        assert_eq!(body, "/path");
    });
}
