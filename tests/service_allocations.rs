//! What an endpoint allocates, counted: with `dto=borrowed` an answer costs what it holds; with `dto=cloned` it costs
//! the whole conversation first.

use lockyard::backend::chat::{ContextId, NewMessage, Role};
use lockyard::backend::service::{
    Backend, ChatService, CreateContext, DtoPolicy, MessagePage, Prompts, Simulator, SimulatorConfig,
};
use lockyard::backend::session::{Durability, Env, SessionLimits};
use lockyard::backend::store::MemoryStore;
use lockyard::bench::alloc::{CountingAllocator, measure};
use lockyard::strategy::{Assembly, IdSource, Setup, Strategy, TokioClock, assemble};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[derive(Clone, Copy)]
enum Endpoint {
    State,
    Context,
    Page(usize),
}

/// Counts the allocations of one answer about a session of so many messages.
struct Count<'a> {
    runtime: &'a Runtime,
    messages: usize,
    endpoint: Endpoint,
}

impl Assembly for Count<'_> {
    type Output = u64;

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> u64 {
        let id = self.runtime.block_on(session(&backend, self.messages));
        let ask = || self.runtime.block_on(ask(&backend, id, self.endpoint));
        ask(); // whatever is allocated once is not the answer's
        measure(ask).allocations
    }
}

async fn session<S: ChatService>(service: &S, messages: usize) -> ContextId {
    let request = CreateContext { model_id: "m".into(), mode: "chat".into(), system_prompt_id: None };
    let id = service.create_context(request).await.unwrap();
    for _ in 0..messages {
        service.add_context_message(id, NewMessage::text(Role::User, "hello"), None).await.unwrap();
    }
    id
}

async fn ask<S: ChatService>(service: &S, id: ContextId, endpoint: Endpoint) {
    match endpoint {
        Endpoint::State => drop(service.get_context_state(id).await.unwrap()),
        Endpoint::Context => drop(service.get_context(id).await.unwrap()),
        Endpoint::Page(limit) => {
            let page = service
                .get_context_messages(id, MessagePage { branch: None, limit, offset: 0 })
                .await
                .unwrap();
            assert_eq!(page.messages.len(), limit);
        }
    }
}

fn allocations(dto: DtoPolicy, messages: usize, endpoint: Endpoint) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut factors = Strategy::parse("after").unwrap().factors();
    factors.dto = dto;
    let setup = Setup {
        store: MemoryStore::default(),
        capacity: 4.try_into().unwrap(),
        durability: Durability::WriteThrough,
        limits: SessionLimits::default(),
        model: SimulatorConfig::default(),
        prompts: Prompts::default(),
        ids: IdSource::seeded(1),
        runtime: runtime.handle().clone(),
    };
    assemble(factors, setup, Count { runtime: &runtime, messages, endpoint }).unwrap()
}

#[test]
fn borrowed_answers_do_not_pay_for_the_conversation() {
    let of = |messages, endpoint| allocations(DtoPolicy::Borrowed, messages, endpoint);
    assert_eq!(of(20, Endpoint::Context), of(500, Endpoint::Context));
    assert_eq!(of(20, Endpoint::Page(10)), of(500, Endpoint::Page(10)));
    assert!(
        of(20, Endpoint::Page(20)) >= of(20, Endpoint::Page(10)) + 10,
        "each message of the page is copied"
    );
}

#[test]
fn cloned_answers_do() {
    for endpoint in [Endpoint::Context, Endpoint::Page(10)] {
        let (few, many) =
            (allocations(DtoPolicy::Cloned, 20, endpoint), allocations(DtoPolicy::Cloned, 500, endpoint));
        assert!(many >= few + 480, "a message each: {few}, {many}");
    }
}

#[test]
fn the_state_costs_nothing_under_either() {
    for dto in [DtoPolicy::Borrowed, DtoPolicy::Cloned] {
        assert_eq!(allocations(dto, 20, Endpoint::State), 0);
    }
}
