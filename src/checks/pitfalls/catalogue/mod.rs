//! The pitfalls, one file each: what is wrong, where it was met, both variants, and a trial for each check.

mod abandoned_turn;
mod abba_cache_session;
mod acknowledged_before_stored;
mod auto_save_over_delete;
mod block_on_in_runtime;
mod blocking_guard_across_await;
mod check_then_act;
mod dirty_cleared_early;
mod double_load;
mod early_notification;
mod endless_retry;
mod fifo_for_lru;
mod futurelock;
mod gate_taken_by_helper;
mod hit_takes_entry_out;
mod hold_across_model_call;
mod illegal_event_ignored;
mod insert_without_recheck;
mod interleaved_turns;
mod late_save_after_delete;
mod load_cancelled_by_timeouts;
mod loop_against_lock_order;
mod lost_update;
mod lost_wake_up;
mod one_path_skips_lock;
mod parked_single_flight;
mod permit_leak;
mod recursive_read;
mod recursive_read_in_helper;
mod relaxed_publication;
mod scan_flushes_cache;
mod stale_load_after_invalidate;
mod stale_save;
mod starved_writer;
mod strong_count_eviction;
mod torn_page;
mod turn_kept_after_error;
mod two_live_copies;
mod two_sessions;
mod upgrade;
mod whole_document_save;
mod write_lock_on_hit;
mod write_lock_per_chunk;
mod wrong_approval;

use super::pitfall::Pitfall;

/// Every pitfall.
pub const PITFALLS: &[&Pitfall] = &[
    &abba_cache_session::PITFALL,
    &recursive_read::PITFALL,
    &recursive_read_in_helper::PITFALL,
    &loop_against_lock_order::PITFALL,
    &gate_taken_by_helper::PITFALL,
    &futurelock::PITFALL,
    &parked_single_flight::PITFALL,
    &blocking_guard_across_await::PITFALL,
    &upgrade::PITFALL,
    &two_sessions::PITFALL,
    &block_on_in_runtime::PITFALL,
    &starved_writer::PITFALL,
    &two_live_copies::PITFALL,
    &double_load::PITFALL,
    &insert_without_recheck::PITFALL,
    &stale_load_after_invalidate::PITFALL,
    &hit_takes_entry_out::PITFALL,
    &load_cancelled_by_timeouts::PITFALL,
    &strong_count_eviction::PITFALL,
    &stale_save::PITFALL,
    &late_save_after_delete::PITFALL,
    &auto_save_over_delete::PITFALL,
    &dirty_cleared_early::PITFALL,
    &acknowledged_before_stored::PITFALL,
    &interleaved_turns::PITFALL,
    &abandoned_turn::PITFALL,
    &turn_kept_after_error::PITFALL,
    &endless_retry::PITFALL,
    &illegal_event_ignored::PITFALL,
    &wrong_approval::PITFALL,
    &check_then_act::PITFALL,
    &torn_page::PITFALL,
    &early_notification::PITFALL,
    &lost_update::PITFALL,
    &whole_document_save::PITFALL,
    &one_path_skips_lock::PITFALL,
    &lost_wake_up::PITFALL,
    &permit_leak::PITFALL,
    &hold_across_model_call::PITFALL,
    &write_lock_on_hit::PITFALL,
    &write_lock_per_chunk::PITFALL,
    &fifo_for_lru::PITFALL,
    &scan_flushes_cache::PITFALL,
    &relaxed_publication::PITFALL,
];

impl Pitfall {
    /// The pitfall of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PITFALLS.iter().copied().find(|pitfall| pitfall.name == name)
    }
}
