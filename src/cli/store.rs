//! `lockyard store`: maintenance of a store's file that no server has open.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, Subcommand};

use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::stdout::write_out;

use crate::backend::store::{RedbStore, StoreCheck};

/// Maintain a store's file: check it, or export and import its contexts.
///
/// No server may use the file meanwhile.
#[derive(Parser)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Read every page and every context. Ends with 4 if something is wrong.
    ///
    /// The file stays as it is. One that was not closed, as after a crash, is checked as it will be once it is repaired.
    Check {
        /// The store.
        path: PathBuf,
    },
    /// Write every context as a line of JSON, by ascending id, after a line that says so.
    ///
    /// Of a damaged file, whatever is whole is written; what is missing is named on stderr, and the exit code is 4.
    Export {
        /// The store.
        path: PathBuf,
        /// The file to write; stdout by default.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Put the contexts of an export into a store, which is made if need be: all or none.
    Import {
        /// The store.
        path: PathBuf,
        /// The export; stdin by default.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Replace contexts that are there already, rather than refuse the export.
        #[arg(long)]
        replace: bool,
    },
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.verb {
        Verb::Check { path } => return check(path),
        Verb::Export { path, to } => {
            let exported = match to {
                None => RedbStore::export(path, BufWriter::new(std::io::stdout().lock()))?,
                Some(to) => export_to(path, to)?,
            };
            name(&exported.faults);
            eprintln!("{} contexts were exported.", exported.contexts);
            return Ok(verdict(&exported));
        }
        Verb::Import { path, from, replace } => {
            let contexts = match from {
                None => {
                    if std::io::stdin().is_terminal() {
                        eprintln!("Reading the export from stdin.");
                    }
                    RedbStore::import(path, std::io::stdin().lock(), *replace)
                }
                Some(from) => {
                    let file = File::open(from)
                        .with_context(|| format!("--from {} cannot be read", from.display()))?;
                    RedbStore::import(path, BufReader::new(file), *replace)
                }
            };
            eprintln!("{} contexts were imported.", contexts.context("the export cannot be imported")?);
        }
    }
    Ok(Exit::Fine)
}

fn check(path: &PathBuf) -> anyhow::Result<Exit> {
    let checkup = RedbStore::check(path)?;
    if checkup.unclosed {
        eprintln!("It was not closed as it should be; the next to open it will repair it.");
    }
    name(&checkup.faults);
    write_out(&format!("{} contexts are whole, {} faults.", checkup.contexts, checkup.faults.len()))?;
    Ok(verdict(&checkup))
}

/// Exports into a file that has its name only when it is complete: what had the name before stays until then.
fn export_to(path: &Path, to: &Path) -> anyhow::Result<StoreCheck> {
    let unwritten = || format!("--to {} cannot be written", to.display());
    let mut beside = to.as_os_str().to_owned();
    beside.push(".unfinished");
    let beside = PathBuf::from(beside);
    let file = File::create(&beside).with_context(unwritten)?;
    let exported = RedbStore::export(path, BufWriter::new(&file)).map_err(anyhow::Error::from);
    let complete = |exported| {
        file.sync_all().and_then(|()| fs::rename(&beside, to)).with_context(unwritten).map(|()| exported)
    };
    let exported = exported.and_then(complete);
    if exported.is_err() {
        // It is of no use to anyone, and the error that is reported is the one that matters.
        let _ = fs::remove_file(&beside);
    }
    exported
}

fn name(faults: &[String]) {
    for fault in faults {
        eprintln!("error: {fault}");
    }
}

fn verdict(checkup: &StoreCheck) -> Exit {
    if checkup.faults.is_empty() { Exit::Fine } else { Exit::VerificationFailed }
}
