//! The program: hands over to the command line.

use std::process::ExitCode;

/// Allocations are counted: what a session takes, and what an operation allocates, is part of the record.
#[global_allocator]
static ALLOCATOR: lockyard_bench::alloc::CountingAllocator = lockyard_bench::alloc::CountingAllocator;

fn main() -> ExitCode {
    lockyard::cli::main()
}
