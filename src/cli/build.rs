//! What the program was built from, for its records.

use lockyard_bench::Build;

/// What this program was built from.
pub(super) const BUILD: Build = Build {
    rustc: env!("LOCKYARD_RUSTC"),
    version: env!("CARGO_PKG_VERSION"),
    commit: option_env!("LOCKYARD_COMMIT"),
};
