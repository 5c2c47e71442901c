//! Figures for Prometheus.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::runtime::Handle;

use crate::backend::session::SessionCounts;
use lockyard_track::Tracker;

use super::lock_metrics::LockCollector;
use super::problem::Code;

/// Which request, and how it was answered.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResponseLabels {
    method: &'static str,
    route: String,
    status: u16,
}

/// Which request. Routes rather than paths: there are as many paths as contexts.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

/// What is counted of one route and method, at hand: to look up its labels takes longer than to count.
pub(super) struct RouteMetrics {
    labels: RouteLabels,
    seconds: Histogram,
    /// Requests answered with 200, once there are any.
    ok: OnceLock<Counter>,
}

/// What was refused.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: String,
}

/// What the server counts.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<ResponseLabels, Counter>,
    refusals: Family<CodeLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    pub(super) connections: Gauge,
    tasks: Gauge,
    live: Gauge,
    live_bytes: Gauge,
    unsaved: Gauge,
    misses: Counter,
}

/// From a tenth of a millisecond to some ten seconds, doubling.
fn buckets() -> Histogram {
    Histogram::new(exponential_buckets(1e-4, 2.0, 18))
}

impl Metrics {
    /// Of the locks behind a tracker, too, once there is one.
    pub(super) fn new(tracker: Arc<OnceLock<Tracker>>) -> Self {
        let mut registry = Registry::with_prefix("lockyard");
        let (requests, refusals) = (Family::default(), Family::default());
        let seconds = Family::new_with_constructor(buckets as fn() -> Histogram);
        let (in_flight, connections, tasks) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (live, live_bytes, unsaved) = (Gauge::default(), Gauge::default(), Gauge::default());
        let misses = Counter::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let help = "Requests answered with a problem, by its code";
        registry.register("http_refusals", help, refusals.clone());
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
        let help = "Memory of sessions, and of those that the store keeps there";
        registry.register_with_unit("sessions", help, Unit::Bytes, live_bytes.clone());
        registry.register("sessions_unsaved", "Sessions newer than the store", unsaved.clone());
        registry.register("session_misses", "Sessions requested and not in the cache", misses.clone());
        registry.register_collector(Box::new(LockCollector(tracker)));
        Self {
            registry,
            requests,
            refusals,
            seconds,
            in_flight,
            connections,
            tasks,
            live,
            live_bytes,
            unsaved,
            misses,
        }
    }

    /// What is counted of one route and method.
    pub(super) fn of_route(&self, method: &'static str, route: &str) -> RouteMetrics {
        let labels = RouteLabels { method, route: route.to_owned() };
        let seconds = self.seconds.get_or_create(&labels).clone();
        RouteMetrics { labels, seconds, ok: OnceLock::new() }
    }

    /// All figures as text in the OpenMetrics format: those of the sessions brought up to date, where there are any.
    pub(super) fn text(&self, sessions: Option<SessionCounts>) -> Result<String, fmt::Error> {
        self.tasks.set(gauge(Handle::current().metrics().num_alive_tasks()));
        if let Some(sessions) = sessions {
            self.live.set(gauge(sessions.live));
            self.live_bytes.set(gauge(sessions.bytes));
            self.unsaved.set(gauge(sessions.unsaved));
            self.misses.inner().store(sessions.misses, Relaxed);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Counts something for as long as it lasts, however it ends.
pub(super) struct CountWhile<'a>(&'a Gauge);

impl<'a> CountWhile<'a> {
    pub(super) fn new(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for CountWhile<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A request that is counted as under way, and timed.
pub(super) struct RequestTimer<'a> {
    metrics: &'a Metrics,
    route: &'a RouteMetrics,
    _in_flight: CountWhile<'a>,
    start: Instant,
}

impl<'a> RequestTimer<'a> {
    pub(super) fn start(metrics: &'a Metrics, route: &'a RouteMetrics) -> Self {
        Self { metrics, route, _in_flight: CountWhile::new(&metrics.in_flight), start: Instant::now() }
    }

    /// It is answered, with a problem of this code if there is one. How long it took.
    pub(super) fn stop(self, response: &Response, code: Option<Code>) -> Duration {
        let Self { metrics, route, start, .. } = self;
        let took = start.elapsed();
        route.seconds.observe(took.as_secs_f64());
        if let Some(code) = code {
            metrics.refusals.get_or_create(&CodeLabels { code: code.to_string() }).inc();
        }
        let answered = || {
            let RouteLabels { method, route } = route.labels.clone();
            let labels = ResponseLabels { method, route, status: response.status().as_u16() };
            metrics.requests.get_or_create(&labels).clone()
        };
        match response.status() {
            StatusCode::OK => route.ok.get_or_init(answered).inc(),
            _ => answered().inc(),
        };
        took
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
