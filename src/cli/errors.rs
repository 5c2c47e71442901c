//! How the program ends after an error: as every program of this kind does, but for errors of its own.

use lockyard_bench::program::exit::{self, Exit};

/// The models of a run panicked, which is a fault of this program and none of what was measured.
#[derive(Debug, thiserror::Error)]
#[error("--verify panicked, as is said above: that is a fault of this program; measure without --verify")]
pub(super) struct VerifyPanicked;

/// The exit code of an error.
pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
    if error.is::<VerifyPanicked>() { Exit::Internal } else { exit::of_error(error) }
}
