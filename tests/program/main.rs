//! The program as a process: what a person types, and what comes back.

#[path = "../../crates/lockyard-bench/tests/support/rich.rs"]
mod rich;
#[path = "../../crates/lockyard-bench/tests/support/runs.rs"]
mod runs_in_turn;
#[path = "../../crates/lockyard-bench/tests/support/sample.rs"]
mod sample;
#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod against;
mod calibrate;
mod check;
mod cli;
mod compare;
#[cfg(unix)]
mod crash;
mod fuzz_inputs;
mod gate;
mod gate_command;
#[cfg(unix)]
mod groups;
#[cfg(unix)]
mod load_url;
mod locks;
#[cfg(unix)]
mod machines;
mod own_lock;
mod pitfalls;
mod printed;
#[cfg(unix)]
mod readme_curl;
#[cfg(unix)]
mod runs;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod serve_edge;
mod several_runs;
mod store_damage;
mod typed_wrong;
#[cfg(unix)]
mod unfinished_runs;
mod verify;
