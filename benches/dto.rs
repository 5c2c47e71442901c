//! What does copying a context for an answer cost? An answer built from the context itself (`borrowed`) against one
//! built from a deep copy of it (`cloned`), for conversations of 10, 100 and 1,000 messages of a kilobyte: the context
//! without its messages, and a page of ten of them.
//!
//! One thread, no lock, and memory that the processor has at hand: with a lock around it and others waiting, the
//! difference is paid by them too, which is the endpoints' affair. How many allocations an answer takes is counted
//! exactly in `tests/chat_allocations.rs`.

mod support;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use lockyard::backend::chat::{
    ChatContext, ChatContextDTO, ContextConfig, ContextId, MessagesDTO, Timestamp,
};
use support::backend::message;
use uuid::Uuid;

const LENGTHS: [usize; 3] = [10, 100, 1_000];
const PAGE: usize = 10;

fn conversation(messages: usize) -> ChatContext {
    let id = ContextId(Uuid::from_u128(1));
    let config = ContextConfig::new("none", "chat");
    let mut context = ChatContext::new(id, config, Timestamp(0)).expect("a model and a mode");
    for _ in 0..messages {
        context.append(message(), None).expect("the branch that every context has");
    }
    context
}

fn context_dto(context: &ChatContext) -> ChatContextDTO {
    let dto = ChatContextDTO::from(context);
    assert_eq!(dto.branches[0].message_count, context.pool().len());
    dto
}

fn page(context: &ChatContext) -> MessagesDTO {
    let dto =
        MessagesDTO::page(context, None, PAGE, 0, usize::MAX).expect("the branch that every context has");
    assert_eq!((dto.messages.len(), dto.total), (PAGE, context.pool().len()));
    dto
}

/// Builds an answer either way, once it has been seen that both are the same.
fn both_ways<T: PartialEq + std::fmt::Debug>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    build: impl Fn(&ChatContext) -> T,
) {
    for messages in LENGTHS {
        let context = conversation(messages);
        assert_eq!(build(&context), build(&context.deep_clone()));
        group.bench_function(BenchmarkId::new("borrowed", messages), |bencher| {
            bencher.iter(|| build(&context));
        });
        group.bench_function(BenchmarkId::new("cloned", messages), |bencher| {
            bencher.iter(|| build(&context.deep_clone()));
        });
    }
}

fn dto(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dto/context");
    both_ways(&mut group, context_dto);
    group.finish();
    let mut group = criterion.benchmark_group("dto/page");
    both_ways(&mut group, page);
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = dto
}
criterion_main!(benches);
