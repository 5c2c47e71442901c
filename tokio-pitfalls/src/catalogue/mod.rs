//! The list of all pitfalls: what is wrong, where it was met, and what each instrument must say.
//!
//! Numbers are those of issues and pull requests on GitHub.

use tokio::lockyard::{FailureKind, Kind};

use crate::{Pitfall, Program};

/// One line for each file of this folder.
macro_rules! pitfalls {
    ($($module:ident $name:literal: $class:literal, $tracked:ident, $explored:ident;
       $about:literal; $met:literal;)*) => {
        $(mod $module;)*

        /// Every pitfall.
        pub const PITFALLS: &[Pitfall] = &[$(Pitfall {
            name: $name,
            class: $class,
            about: $about,
            met: $met,
            tracked: tracked!($tracked),
            explored: Some(FailureKind::$explored),
            wrong: const { (|| Box::pin($module::wrong())) as Program },
            fixed: const { (|| Box::pin($module::fixed())) as Program },
        }),*];

        /// One test for each, which is called like it.
        #[cfg(test)]
        mod tests {
            $(
                #[test]
                fn $module() {
                    crate::judge(crate::named($name)).hold();
                }
            )*
        }
    };
}

macro_rules! tracked {
    (None) => {
        None
    };
    ($kind:ident) => {
        Some(Kind::$kind)
    };
}

pitfalls! {
    lock_order "lock-order": "lock order", OrderInversion, Deadlock;
        "Two locks are taken in both orders.";
        "versatica/mediasoup#1605";
    order_of_a_request "order-of-a-request": "lock order", OrderInversion, Deadlock;
        "Locks of one kind are taken in the order in which a request names them.";
        "a pattern";
    init_under_lock "init-under-lock": "deadlock", Deadlock, Deadlock;
        "A cell is initialised by one who waits for a lock, and asked for by one who holds it.";
        "a pattern";
    recursive_read "recursive-read": "deadlock", RecursiveRead, Deadlock;
        "A lock that is read already is read once more, and a writer has queued between.";
        "lightningdevkit/rust-lightning#2006, tokio-rs/tokio#2849";
    upgrade "upgrade": "deadlock", Upgrade, Deadlock;
        "A task that still reads waits to write.";
        "tikv/tikv#1768";
    same_shard "same-shard": "deadlock", Upgrade, Deadlock;
        "The guard of an entry of a sharded map is held while another key of the same shard is written.";
        "worldcoin/iris-mpc#959, pubky/pkdns#51";
    join_under_lock "join-under-lock": "deadlock", Deadlock, Deadlock;
        "A task is awaited under a lock that it needs.";
        "a pattern";
    set_under_lock "set-under-lock": "deadlock", Deadlock, Deadlock;
        "A set of tasks is drained under the lock by which its tasks add to it.";
        "bug-ops/zeph#5139";
    send_under_lock "send-under-lock": "deadlock", Deadlock, Deadlock;
        "A message is sent into a full channel under a lock that its receiver needs.";
        "nearai/ironclaw#905";
    full_channels "full-channels": "deadlock", None, Deadlock;
        "Two tasks send to each other, and both channels are full.";
        "build-trust/ockam#1947";
    permits_one_by_one "permits-one-by-one": "deadlock", Deadlock, Deadlock;
        "Tasks that need two permits take one after the other, and end with one each.";
        "foreseen in tokio-rs/tokio#1973";
    room_reserved_for_nothing "room-reserved-for-nothing": "deadlock", None, Deadlock;
        "A forwarder reserves room in a channel before it has anything to send.";
        "tower-rs/tower#434";
    futurelock "futurelock": "futurelock", Futurelock, Futurelock;
        "A future is granted a lock and not polled, while its own task waits for the same lock.";
        "oxidecomputer/omicron#9259, Oxide RFD 609";
    send_futurelock "send-futurelock": "futurelock", Futurelock, Futurelock;
        "A send that is not polled has the room for which its own task waits.";
        "oxidecomputer/omicron#9272";
    buffered_lock "buffered-lock": "futurelock", Futurelock, Futurelock;
        "The futures of a buffered stream hold a lock, and are not polled while the stream's body waits for it.";
        "rust-lang/futures-rs#2387, clockworklabs/SpacetimeDB#369";
    buffered_permits "buffered-permits": "futurelock", SameTaskWait, Futurelock;
        "The futures of a buffered stream hold the permits, and are not polled while the stream's body waits for them.";
        "rust-lang/futures-rs#2387";
    one_notify_for_two_kinds "one-notify-for-two-kinds": "lost wake-up", Stuck, Deadlock;
        "Producers and consumers wait for the same `Notify`, and a wake-up goes to the wrong kind.";
        "a pattern";
    one_flag_for_two_waiters "one-flag-for-two-waiters": "lost wake-up", Stuck, Deadlock;
        "A hand-written lock notes in a flag that somebody waits, and clears it when it wakes one of two.";
        "Netflix/concurrency-limits#70";
    handed_to_the_cancelled "handed-to-the-cancelled": "lost wake-up", None, Deadlock;
        "A hand-written lock is handed over to a waiter who was cancelled.";
        "asomers/futures-locks#1, asomers/futures-locks#24";
    two_notifications_in_one "two-notifications-in-one": "lost wake-up", Stuck, Deadlock;
        "`notify_one` is called twice before anybody waits, and who takes one thing for each misses one.";
        "a pattern";
    stop_between_waits "stop-between-waits": "lost wake-up", Stuck, Deadlock;
        "`notify_waiters` comes while the one whom it is for is at work, and not waiting.";
        "octos-org/octos#927";
    subscribed_too_late "subscribed-too-late": "lost wake-up", Deadlock, Deadlock;
        "A receiver that is made after the first value waits for a change.";
        "andymai/stackchan-kai#299";
    send_lost_by_select "send-lost-by-select": "cancellation", None, Panic;
        "A send that loses in a `select!` is dropped, and its message with it.";
        "tokio-rs/tokio#5947";
    received_and_lost "received-and-lost": "cancellation", None, Panic;
        "A future that has taken a message is dropped by `select!` before it has dealt with it.";
        "marmot-protocol/mdk#712";
    abort_between_locks "abort-between-locks": "cancellation", None, Panic;
        "A task is aborted between two changes that belong together.";
        "quickwit-oss/quickwit#4675";
    barrier_left_and_entered "barrier-left-and-entered": "cancellation", None, Panic;
        "A wait at a barrier that is cancelled and made again counts twice.";
        "tokio-rs/tokio#6494";
    init_begun_anew "init-begun-anew": "cancellation", None, Panic;
        "An initialiser is dropped half way with the request that waits for it, and begun anew by the next.";
        "tokio-rs/tokio#4496";
    slot_lost_by_timeout "slot-lost-by-timeout": "leak", Stuck, Deadlock;
        "A slot is taken, and what gives it back is made only after an await, at which a timeout drops it all.";
        "djc/bb8#59, transact-rs/sqlx#83";
    slot_lost_by_error "slot-lost-by-error": "leak", Stuck, Deadlock;
        "A permit is forgotten, and an early return does not add it again.";
        "a pattern";
    zero_for_no_limit "zero-for-no-limit": "leak", Stuck, Deadlock;
        "A limit of zero, which is to say none, becomes a semaphore without permits.";
        "cowprotocol/services#4804";
    released_twice "released-twice": "atomicity", None, Panic;
        "A slot is given back by hand and by `Drop`, so that more are let in than the limit says.";
        "a pattern";
    permit_before_its_counter "permit-before-its-counter": "atomicity", None, Panic;
        "A permit is published before the counter that belongs to it.";
        "a pattern";
    loaded_twice "loaded-twice": "atomicity", None, Panic;
        "A value is looked for under one lock and stored under the next, so that two callers load it.";
        "cloudflare/pingora#110";
    closed_taken_for_a_permit "closed-taken-for-a-permit": "atomicity", None, Panic;
        "The error of a semaphore that was closed is ignored, as if it were a permit.";
        "a pattern";
    value_seen_twice "value-seen-twice": "channel", None, Panic;
        "A watched value is read by `borrow` a while after `changed`, and comes again.";
        "tokio-rs/tokio#3655";
    lag_taken_for_the_end "lag-taken-for-the-end": "channel", None, Panic;
        "A receiver that has fallen behind takes that for the end of the channel.";
        "jito-labs/shredstream-proxy#68, MarineYachtRadar/mayara-server#31";
    answer_dropped "answer-dropped": "channel", None, Panic;
        "A server that is not ready drops a request, and the asker takes the error for an answer.";
        "a pattern";
    timer_begun_anew "timer-begun-anew": "channel", None, Panic;
        "A `select!` in a loop makes its `sleep` anew each time around, so that it never ends.";
        "a pattern";
    last_sender_kept "last-sender-kept": "shutdown", Deadlock, Deadlock;
        "A worker ends when the last sender is gone, and the one who waits for its end has kept one.";
        "tokio-rs/tokio#1761";
}
