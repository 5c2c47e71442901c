//! Nothing: Cargo wants a library beside a list of dependencies.
