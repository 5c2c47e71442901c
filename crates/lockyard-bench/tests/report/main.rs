//! Records, the gate that compares them, and all that is drawn of them.

#[path = "../support/effect.rs"]
mod effect;
#[path = "../support/rich.rs"]
mod rich;
#[path = "../support/sample.rs"]
mod sample;

mod columns;
mod effects;
mod formats;
mod gate_edits;
mod gate_reference;
mod golden;
mod machines;
mod merging;
mod more;
mod pages;
mod ranking;
mod record;
mod record_edits;
mod verdict;
