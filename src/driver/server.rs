//! A server that somebody runs, as a plan names it.

use crate::backend::remote::Address;

/// A server to be measured from outside.
#[derive(Clone, Debug)]
pub struct Server {
    name: String,
    address: Address,
}

impl Server {
    /// The server at this address, under a name for reports.
    pub fn new(name: impl Into<String>, address: Address) -> Self {
        Self { name: name.into(), address }
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }
}
