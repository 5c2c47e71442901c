//! Where findings go: to `tracing`, to standard error or a file.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use lockyard_track::{Certainty, Finding};

/// A finding, with how sure it is.
pub(super) fn words(finding: &Finding) -> String {
    let certainty = match finding.certainty {
        Certainty::Certain => "certain",
        Certainty::Suspected => "suspected",
        Certainty::Dissolved => "dissolved",
    };
    format!("{certainty}: {finding}")
}

/// As an event of `tracing`: an error where it is certain, and else a warning.
pub(super) fn to_tracing(finding: &Finding) {
    let (kind, places) = (finding.kind.as_str(), finding.places.join(", "));
    let tasks = finding.tasks.join(", ");
    if finding.certainty == Certainty::Certain {
        tracing_events::error!(target: "lockyard", kind, tasks, places, "{finding}");
    } else {
        tracing_events::warn!(target: "lockyard", kind, tasks, places, "{finding}");
    }
}

/// To standard error.
pub(super) fn to_stderr(finding: &Finding) {
    eprintln!("lockyard: {}", words(finding));
}

/// To the end of a file.
///
/// # Errors
/// When it cannot be opened.
pub(super) fn to_file(path: &Path) -> std::io::Result<impl Fn(&Finding) + Send + Sync + 'static> {
    let file = Mutex::new(OpenOptions::new().create(true).append(true).open(path)?);
    Ok(move |finding: &Finding| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not end the program that is looked at.
        let _ = writeln!(file, "{}", words(finding));
    })
}
