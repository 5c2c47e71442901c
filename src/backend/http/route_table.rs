//! Which route a path belongs to, known before the router is asked: how long a request may take, what it is counted as, and what a
//! tracker calls it depend on its route, and the router tells that only to the handlers.

use std::sync::OnceLock;

use axum::http::Method;
use matchit::Router;

use super::metrics::{Metrics, RouteMetrics};

/// The methods that requests are told apart by. A client may invent others, and each would be a line of the metrics that stays.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "other"];

/// Every route, by its path as the document has it: `/v1/contexts/{id}`.
pub(super) struct RouteTable {
    known: Router<RouteNumber>,
    /// The last one stands for all paths that no route has.
    routes: Vec<Route>,
}

/// A route of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RouteNumber(usize);

/// A route, and what is counted of it.
pub(super) struct Route {
    path: String,
    is_turn: bool,
    metrics: [OnceLock<RouteMetrics>; METHODS.len()],
}

impl RouteTable {
    /// Of these paths.
    pub(super) fn new<'a>(paths: impl IntoIterator<Item = &'a String>) -> Self {
        let (mut known, mut routes) = (Router::new(), Vec::new());
        for path in paths {
            // They stand in axum's router, too, which reads them by the same rules and would have refused them.
            known.insert(path.clone(), RouteNumber(routes.len())).expect("a path that the router has");
            routes.push(Route::new(path));
        }
        routes.push(Route::new("none"));
        Self { known, routes }
    }

    /// The route of a path, one that is called `none` if there is no such route; and whether there is.
    pub(super) fn of(&self, path: &str) -> (RouteNumber, bool) {
        match self.known.at(path) {
            Ok(found) => (*found.value, true),
            Err(_) => (RouteNumber(self.routes.len() - 1), false),
        }
    }

    pub(super) fn route(&self, RouteNumber(nth): RouteNumber) -> &Route {
        &self.routes[nth]
    }
}

impl Route {
    fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            is_turn: path.contains("/actions/"),
            metrics: [const { OnceLock::new() }; METHODS.len()],
        }
    }

    /// Its path, with names in place of what varies: there are as many paths as contexts.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it runs a turn, which waits for a model.
    pub(super) fn is_turn(&self) -> bool {
        self.is_turn
    }

    /// What is counted of its requests by this method.
    pub(super) fn metrics(&self, method: &Method, all: &Metrics) -> &RouteMetrics {
        let nth = METHODS.iter().position(|known| known == method).unwrap_or(METHODS.len() - 1);
        self.metrics[nth].get_or_init(|| all.of_route(METHODS[nth], &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::super::routes;
    use super::*;

    #[test]
    fn a_path_belongs_to_the_route_that_the_router_would_take() {
        let document = routes::document();
        let table = RouteTable::new(document.paths.paths.keys());
        for (path, route) in [
            ("/v1/contexts", "/v1/contexts"),
            ("/v1/contexts/7", "/v1/contexts/{id}"),
            ("/v1/contexts/7/state", "/v1/contexts/{id}/state"),
            ("/healthz", "/healthz"),
            ("/v1/contexts/", "none"),
            ("/v1/contexts/7/nowhere", "none"),
            ("/", "none"),
            ("", "none"),
        ] {
            let (found, is_known) = table.of(path);
            assert_eq!((table.route(found).path(), is_known), (route, route != "none"), "{path}");
        }
    }
}
