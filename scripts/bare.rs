//! The least that axum can do: one route that answers the same bytes to every request. What a service costs over this is its own.
//!
//! `cargo run --release --example bare -- BODY` answers BODY as JSON at `/v1/contexts/{id}/state`, on a free port of the
//! loopback address that it prints.

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::routing::get;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let body: &'static str = std::env::args().nth(1).unwrap_or_else(|| "{}".to_owned()).leak();
    let answer =
        move |Path(_): Path<String>| async move { ([(header::CONTENT_TYPE, "application/json")], body) };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/v1/contexts/{id}/state", get(answer))).await
}
