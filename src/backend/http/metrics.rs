//! Figures for Prometheus.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::app::Shared;
use super::door;
use super::locks::Locks;
use super::problem::{Code, Problem};

/// Which request. Routes rather than paths: there are as many paths as contexts.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Asked {
    method: &'static str,
    route: String,
}

impl Asked {
    pub(super) fn by(request: &Request) -> Self {
        Self { method: known(request.method()), route: door::route(request).to_owned() }
    }
}

/// What the server counts.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    pub(super) connections: Gauge,
    tasks: Gauge,
    live: Gauge,
    unsaved: Gauge,
    misses: Counter,
    locks: Locks,
}

/// From a tenth of a millisecond to some ten seconds, doubling.
fn buckets() -> Histogram {
    Histogram::new(exponential_buckets(1e-4, 2.0, 18))
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("lockyard");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(buckets as fn() -> Histogram);
        let (in_flight, connections, tasks) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (live, unsaved, misses) = (Gauge::default(), Gauge::default(), Counter::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request",
            "From a request's head to its answer's head",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("http_in_flight", "Requests under way", in_flight.clone());
        registry.register("http_connections", "Connections open", connections.clone());
        registry.register("tasks", "Tasks of the runtime that have not ended", tasks.clone());
        registry.register("sessions_live", "Sessions in memory", live.clone());
        registry.register("sessions_unsaved", "Sessions newer than the store", unsaved.clone());
        registry.register("session_misses", "Sessions asked for and not in the cache", misses.clone());
        let locks = Locks::new(&mut registry);
        Self { registry, requests, seconds, in_flight, connections, tasks, live, unsaved, misses, locks }
    }
}

/// Counts something for as long as it lasts, however it ends.
pub(super) struct Under<'a>(&'a Gauge);

impl<'a> Under<'a> {
    pub(super) fn count(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A request that is counted as under way, and timed.
pub(super) struct Counted<'a> {
    metrics: &'a Metrics,
    _under_way: Under<'a>,
    asked: Asked,
    start: Instant,
}

impl<'a> Counted<'a> {
    pub(super) fn begin(metrics: &'a Metrics, asked: Asked) -> Self {
        Self { metrics, _under_way: Under::count(&metrics.in_flight), asked, start: Instant::now() }
    }

    /// It is answered.
    pub(super) fn end(self, response: &Response) {
        let Self { metrics, asked, start, .. } = self;
        metrics.seconds.get_or_create(&asked).observe(start.elapsed().as_secs_f64());
        let Asked { method, route } = asked;
        let answered = Answered { method, route, status: response.status().as_u16() };
        metrics.requests.get_or_create(&answered).inc();
    }
}

/// The methods that there are. A client may invent others, and each would be a line for ever.
fn known(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

/// Figures for Prometheus
///
/// In the OpenMetrics text format. Of locks, only where they are tracked.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"), super::openapi::OfServer),
)]
pub(super) async fn metrics(State(shared): State<Shared>) -> Result<Response, Problem> {
    let metrics = &shared.metrics;
    metrics.tasks.set(gauge(tokio::runtime::Handle::current().metrics().num_alive_tasks()));
    if let Some(backend) = &shared.backend {
        let stats = backend.stats().await;
        metrics.live.set(gauge(stats.live));
        metrics.unsaved.set(gauge(stats.unsaved));
        metrics.misses.inner().store(stats.misses, std::sync::atomic::Ordering::Relaxed);
    }
    if let Some(tracker) = shared.tracker.get() {
        metrics.locks.refresh(tracker);
    }
    let mut text = String::new();
    encode(&mut text, &metrics.registry)
        .map_err(|_| Problem::new(Code::Internal, "the figures could not be written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
