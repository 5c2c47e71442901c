//! Why two builds could not be measured against each other.

use std::io;
use std::process::ExitStatus;

use crate::record::RecordError;

/// Why two builds could not be measured against each other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgainstError {
    /// A program could not be started.
    #[error("{program} cannot be started; name a program that can be run here, such as ./lockyard-before")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ended without a record.
    #[error("{program} ended with {status} and no record. It was run as `{command}`{said}")]
    Ended {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// How it was run.
        command: String,
        /// What it said at its end.
        said: String,
    },
    /// What a program printed is no record, or one that this program cannot read.
    #[error("{program} printed no record that can be read when it was run as `{command}`")]
    NoRecord {
        /// The program.
        program: String,
        /// What is wrong with it.
        source: RecordError,
        /// How it was run.
        command: String,
    },
    /// A program prints and prints.
    #[error(
        "{program} printed more than {limit} bytes, and a record is shorter; name a program that prints one"
    )]
    TooLong {
        /// The program.
        program: String,
        /// What is read at most.
        limit: u64,
    },
    /// A record does not hold what was asked for.
    #[error("{program} was asked for {wanted}, and its record has {has}; ask for what both programs know")]
    Missing {
        /// The program.
        program: String,
        /// What was asked for.
        wanted: String,
        /// What its record has.
        has: String,
    },
    /// A program is another one than in the first round.
    #[error("{program} was rebuilt while it was measured; measure a copy that is not replaced")]
    Changed {
        /// The program.
        program: String,
    },
    /// The two were not asked the same.
    #[error(
        "{workload} is another question in {program}: {other}, here {this}; give both the same numbers, for example \
         in a file of its own"
    )]
    Different {
        /// The other program.
        program: String,
        /// What both call by this name.
        workload: String,
        /// What it is there.
        other: String,
        /// What it is here.
        this: String,
    },
}

impl AgainstError {
    /// Whether a process was lost that had begun as it should: killed, or out of memory. No input would mend that.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Ended { status, .. } if status.code().is_none())
    }
}
