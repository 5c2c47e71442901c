//! Middleware: something done around every request to a service, to observe requests, or to reject some of them.

use std::sync::Arc;

use super::dynamic::{Answer, DynChatService, ServeBoxed};
use super::error::ServiceError;
use super::request::Request;
use super::serve::Serve;

/// What is done around every request.
pub trait ServiceLayer: Send + Sync + 'static {
    /// Called with the request and the service below; what it returns is the answer that the caller gets. Which endpoint
    /// is asked says [`R::OPERATION`](Request::OPERATION).
    fn call<'a, R, S>(&'a self, request: R, service: &'a S) -> Answer<'a, R::Answer>
    where
        R: Request + 'a,
        S: ServeBoxed<R> + ?Sized;
}

/// A service with a layer around every request. Every answer is boxed on its way.
pub struct Layered<L> {
    service: Arc<dyn DynChatService>,
    layer: L,
}

impl<L: ServiceLayer> Layered<L> {
    /// `service`, with `layer` around every request.
    pub fn new(service: Arc<dyn DynChatService>, layer: L) -> Self {
        Self { service, layer }
    }
}

impl<L: ServiceLayer, R: Request> Serve<R> for Layered<L>
where
    dyn DynChatService: ServeBoxed<R>,
{
    async fn serve(&self, request: R) -> Result<R::Answer, ServiceError> {
        self.layer.call(request, &*self.service).await
    }
}
