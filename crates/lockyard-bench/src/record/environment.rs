//! The machine and the build that a run was made with, apart from the run: of two builds there are two.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine and the build a run was made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The processor's name, as the operating system gives it; null where it gives none.
    pub cpu_model: Option<String>,
    /// Logical cores that the process may use.
    pub cores: u32,
    /// Sockets that hold the machine's processors; null where the system does not say.
    #[serde(default)]
    pub sockets: Option<u32>,
    /// Logical cores of each physical one, two or more with SMT; null where the system does not say.
    #[serde(default)]
    pub threads_per_core: Option<u32>,
    /// What chooses the processors' frequency, such as `performance`; null where the system does not say.
    #[serde(default)]
    pub governor: Option<String>,
    /// The CPUs to which worker threads were pinned, in the order given; null if they were not.
    #[serde(default)]
    pub pinned: Option<Vec<u32>>,
    /// Operating system, release and architecture.
    pub os: String,
    /// The compiler that built the program.
    pub rustc: String,
    /// The version of Lockyard.
    pub version: String,
    /// The commit it was built from; null for a build from a package.
    pub commit: Option<String>,
}
