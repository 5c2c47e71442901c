//! A pitfall: what is wrong, where it was met, the two programs, and what each instrument has to say of the wrong one.

use std::pin::Pin;

use lockyard_evidence::Check;
use tokio::lockyard::{FailureKind, Kind};

/// A program, from its main task on.
pub type Program = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// One way to get it wrong.
#[derive(Debug)]
pub struct Pitfall {
    /// What it is called.
    pub name: &'static str,
    /// The class of fault, such as `deadlock`.
    pub class: &'static str,
    /// What is wrong, in a sentence.
    pub about: &'static str,
    /// Where it was met.
    pub met: &'static str,
    /// What the tracker must find while it runs once; none where one run does not show it.
    pub tracked: Option<Kind>,
    /// How some schedule of it must fail.
    pub explored: Option<FailureKind>,
    /// With the fault.
    pub wrong: Program,
    /// Without it.
    pub fixed: Program,
}

impl Pitfall {
    /// The checks that must see it.
    pub fn expected(&self) -> Vec<Check> {
        let explorer = self.explored.map(|_| Check::Explorer);
        let tracker = self.tracked.map(|_| Check::Live);
        explorer.into_iter().chain(tracker).collect()
    }
}
