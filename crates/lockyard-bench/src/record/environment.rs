//! The machine and the build that a run was made with, apart from the run: of two builds there are two.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine and the build a run was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The processor's name, as the operating system gives it; null where it gives none.
    pub cpu_model: Option<String>,
    /// Logical cores that the process may use.
    pub cores: u32,
    /// Operating system, release and architecture.
    pub os: String,
    /// The compiler that built the program.
    pub rustc: String,
    /// The version of Lockyard.
    pub version: String,
    /// The commit it was built from; null for a build from a package.
    pub commit: Option<String>,
}
