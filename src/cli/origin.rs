//! Where a record comes from: what the program was built from, and the command that it was given.

use lockyard_bench::Build;

/// What this program was built from.
pub(super) const BUILD: Build = Build {
    rustc: env!("LOCKYARD_RUSTC"),
    version: env!("CARGO_PKG_VERSION"),
    commit: option_env!("LOCKYARD_COMMIT"),
};

/// The command as the record has it, to be run again elsewhere.
pub(super) fn command_line() -> String {
    let words = std::env::args().skip(1).map(|word| {
        let plain = |c: char| c.is_alphanumeric() || "-_=.,/%:".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once("lockyard".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
