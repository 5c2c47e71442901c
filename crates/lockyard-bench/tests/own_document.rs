//! `docs/OWN_SERVICE.md` as a reader follows it: its code compiles, its commands run, and they say what it says they do. This program
//! is the bench of the document where it is asked as one, and the test of it otherwise.

#[path = "support/child.rs"]
mod child;
#[path = "stock/src/lib.rs"]
#[expect(missing_docs, clippy::missing_panics_doc, reason = "as most people write it")]
mod service;
#[path = "stock/benches/stock.rs"]
#[expect(clippy::unnecessary_literal_bound, reason = "as most people write it")]
mod stock_bench;

// The bench knows the service by the name of its crate.
extern crate self as stock;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use lockyard_bench::record::{FindingKind, Record};

pub use service::{SharedStock, Stock};

fn main() -> ExitCode {
    if child::program().is_some() {
        return stock_bench::main();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(here.join("../../docs/OWN_SERVICE.md")).expect("the document");
    the_code_is_that_of_the_document(here, &document);
    the_commands_do_what_the_document_says(folder.path(), &document);
    println!("own_document: ok");
    ExitCode::SUCCESS
}

fn the_code_is_that_of_the_document(here: &Path, document: &str) {
    for (file, begins) in [("src/lib.rs", "use "), ("benches/stock.rs", "//! ")] {
        let text = fs::read_to_string(here.join("tests/stock").join(file)).expect("its code");
        let code = &text[text.find(begins).expect("what it begins with")..];
        assert!(document.contains(&format!("```rust\n{code}```\n")), "{file} and the document differ");
    }
    let lines =
        fs::read_to_string(here.join("tests/stock/benches/stock.rs")).expect("its code").lines().count();
    assert!(lines <= 90, "{lines} lines are more than were promised");
}

fn the_commands_do_what_the_document_says(folder: &Path, document: &str) {
    let bench = |command: &str, code: i32| {
        assert!(document.contains(&format!("`cargo bench -- {command}`")), "{command}");
        let more: &[&str] =
            if command.starts_with("check") { &[] } else { &["--duration", "40ms", "--out", "out"] };
        let words: Vec<_> = command.split(' ').chain(more.iter().copied()).chain(["--bench"]).collect();
        child::run("stock", folder, &words).with(code)
    };
    child::run("stock", folder, &["mutex", "--exact"]).with(0).says(&["test mutex under shoppers ... ok ("]);
    child::run("stock", folder, &[]).with(4).says(&[
        "test rwlock under shoppers ... FAILED",
        "rwlock under shoppers: not linearizable: no linearization of",
    ]);
    bench("load --system mutex --history history.jsonl", 0);
    bench("check history.jsonl", 0).says(&["Linearizable ("]);

    // What looks first is wrong, and where all want the same item that shows at once.
    bench("--set items=1", 4).says(&["rwlock", "not linearizable"]);
    let record = Record::read(folder.join("out/run.json")).expect("a record");
    let of = |name: &str| record.cells.iter().find(|it| it.strategy == name).expect("a cell");
    assert!(of("mutex").findings.iter().all(|it| !it.is_error()), "{:?}", of("mutex").findings);
    assert!(of("rwlock").findings.iter().any(|it| it.kind == FindingKind::NotLinearizable));
    assert!(of("mutex").operations > 0 && of("rwlock").operations > 0, "it is measured all the same");
}
