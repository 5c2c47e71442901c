//! What reading a context costs in allocations, counted: a reader under a lock must not pay for the length of the
//! conversation. Times would say the same with noise; counts say it exactly.

use std::thread;

use lockyard::backend::chat::*;
use lockyard::bench::alloc::{AllocationCount, CountingAllocator, measure, process_count};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const LENGTHS: [usize; 3] = [10, 100, 1_000];

fn conversation(messages: usize) -> ChatContext {
    let mut config = ContextConfig::new("a model", "chat");
    config.parameters.insert("stop".to_owned(), serde_json::json!(["one", "two"]));
    let mut context = ChatContext::new(ContextId(uuid::Uuid::nil()), config, Timestamp(0)).unwrap();
    for n in 0..messages {
        context.append(NewMessage::text(Role::User, format!("message {n}")), None).unwrap();
    }
    context
}

fn for_each_length<T>(work: impl Fn(&ChatContext) -> T) -> [AllocationCount; 3] {
    LENGTHS.map(conversation).map(|context| measure(|| work(&context)))
}

#[test]
fn a_context_dto_costs_the_same_however_long_the_conversation() {
    let [short, medium, long] = for_each_length(|context| ChatContextDTO::from(context));
    assert!(short.allocations > 0);
    assert_eq!((short, short), (medium, long));
}

#[test]
fn a_state_dto_allocates_nothing() {
    for count in for_each_length(|context| ContextStateDTO::from(context)) {
        assert_eq!(count, AllocationCount::default());
    }
}

#[test]
fn a_page_costs_as_much_as_it_holds_and_not_as_the_branch_holds() {
    let context = conversation(1_000);
    let page_of =
        |limit| measure(|| MessagesDTO::page(&context, None, limit, 500, usize::MAX).unwrap()).allocations;
    let (ten, twenty, fifty) = (page_of(10), page_of(20), page_of(50));
    let per_message = (twenty - ten) / 10;
    assert!(per_message > 0);
    assert_eq!(twenty - ten, 10 * per_message);
    assert_eq!(fifty - ten, 40 * per_message);

    let [short, medium, long] =
        for_each_length(|context| MessagesDTO::page(context, None, 5, 3, usize::MAX).unwrap());
    assert_eq!((short, short), (medium, long));
}

#[test]
fn a_deep_clone_pays_for_every_message_and_a_clone_for_none() {
    for (count, messages) in for_each_length(ChatContext::deep_clone).into_iter().zip(LENGTHS) {
        assert!(count.allocations >= messages as u64, "{count:?} for {messages} messages");
    }
    let [_, medium, long] = for_each_length(Clone::clone);
    assert_eq!(medium.allocations, long.allocations);
    // Two pointers to each chunk of 32: one in the pool, one in the branch.
    assert!(long.bytes_kept - medium.bytes_kept <= 1_000, "{medium:?}, {long:?}");
}

#[test]
fn an_append_after_a_clone_costs_the_same_however_long_the_conversation() {
    let [short, medium, long] = LENGTHS.map(conversation).map(|original| {
        let mut copy = original.clone();
        measure(|| copy.append(NewMessage::text(Role::User, "more"), None).unwrap()).allocations
    });
    assert_eq!((short, short), (medium, long));
}

#[test]
fn counts_see_what_is_kept_and_what_was_held_at_most() {
    let count = measure(|| {
        drop(vec![0_u8; 3_000]);
        vec![0_u8; 1_000]
    });
    assert_eq!(count, AllocationCount { allocations: 2, bytes_kept: 1_000, bytes_peak: 3_000 });

    let freed = vec![0_u8; 500];
    assert_eq!(
        measure(move || drop(freed)),
        AllocationCount { allocations: 0, bytes_kept: -500, bytes_peak: 0 }
    );
}

#[test]
fn a_measurement_inside_another_hides_no_peak() {
    let outer = measure(|| {
        drop(vec![0_u8; 9_000]);
        measure(|| vec![0_u8; 100]);
    });
    assert_eq!(outer.bytes_peak, 9_000);
}

#[test]
fn the_process_count_holds_what_other_threads_allocate() {
    let before = process_count().unwrap();
    let kept = thread::spawn(|| vec![0_u8; 50_000_000]).join().unwrap();
    let after = process_count().unwrap();
    assert!(after.allocations > before.allocations);
    // Other tests come and go meanwhile, with far fewer bytes than these.
    assert!(after.bytes_live - before.bytes_live > 40_000_000);
    drop(kept);
}
