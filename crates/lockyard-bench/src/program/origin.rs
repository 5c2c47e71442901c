//! What a run is called in its record, and how much it says besides.

use std::path::Path;

use anyhow::Context;
use tracing_subscriber::filter::LevelFilter;

/// The environment variable that says how much is logged.
const LOG: &str = "LOCKYARD_LOG";

/// How long the hash is that cargo gives the names of benches.
const HASH: usize = 16;

/// The command as the record has it, to be run again elsewhere.
#[must_use]
pub fn command_line() -> String {
    let words = std::env::args().skip(1).map(|word| {
        let plain = |c: char| c.is_alphanumeric() || "-_=.,/%:".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once(program_name()).chain(words).collect::<Vec<_>>().join(" ")
}

/// What this program is called, without what cargo adds to it.
#[must_use]
pub fn program_name() -> String {
    name_of(&std::env::args().next().unwrap_or_default())
}

/// The name of a program from where it is.
pub(super) fn name_of(path: &str) -> String {
    let name =
        Path::new(path).file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    match name.rsplit_once('-') {
        Some((name, hash)) if hash.len() == HASH && hash.chars().all(|c| c.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => name,
    }
}

/// How much is logged: what `LOCKYARD_LOG` says, warnings and errors if it is unset or empty.
///
/// # Errors
/// It says nothing that is known.
pub fn log_level() -> anyhow::Result<LevelFilter> {
    let Some(asked) = std::env::var_os(LOG).filter(|asked| !asked.is_empty()) else {
        return Ok(LevelFilter::WARN);
    };
    let level = asked.to_str().and_then(|level| level.parse().ok());
    level.with_context(|| {
        format!("{LOG}={}: use one of off, error, warn, info, debug, trace", asked.to_string_lossy())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_is_called_by_its_name_and_not_by_its_hash() {
        assert_eq!(name_of("target/release/deps/own-service-0123456789abcdef"), "own-service");
        assert_eq!(name_of("./lockyard"), "lockyard");
        assert_eq!(name_of("own-service"), "own-service");
    }
}
