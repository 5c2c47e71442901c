//! The verb `schema`: what a record looks like, for programs.

use clap::Args;

use crate::record;

use super::exit::Exit;
use super::stdout::write_out;

/// Print the JSON Schema of the record that every run writes.
#[derive(Args, Clone, Debug)]
pub struct SchemaOptions {}

/// Runs the verb.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(_: &SchemaOptions) -> anyhow::Result<Exit> {
    write_out(&serde_json::to_string_pretty(&record::json_schema())?)?;
    Ok(Exit::Fine)
}
