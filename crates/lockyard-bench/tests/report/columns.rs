//! A column of a scenario's table is a value: it stands in one list, and every format shows that list.

use std::fs;
use std::path::{Path, PathBuf};

use crate::in_full;
use crate::rich::rich;
use lockyard_bench::report::{page, summary};

/// The heads of the first table of the summary.
fn heads() -> Vec<String> {
    let summary = summary(&rich());
    let line = summary.lines().find(|line| line.starts_with("| strategy |")).expect("a table");
    line.trim_matches('|').split('|').map(|head| head.trim().to_owned()).collect()
}

/// Every source file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn a_column_is_named_in_one_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report");
    for head in ["errors", "refused", "findings"] {
        assert!(heads().iter().any(|it| it == head), "{head} is a column: {:?}", heads());
        let names = |path: &PathBuf| fs::read_to_string(path).unwrap().contains(&format!("\"{head}\""));
        let named: Vec<_> = sources(&folder).into_iter().filter(names).collect();
        assert_eq!(named, [folder.join("columns.rs")], "{head}");
    }
}

#[test]
fn every_format_shows_every_column_in_the_same_order() {
    let heads = heads();
    assert_eq!(heads.len(), 13, "{heads:?}");
    let page = page(&rich());
    let table = page.split("aria-label=\"Every figure under polling\"").nth(1).unwrap();
    let table = table.split("<tbody>").next().unwrap();
    let text = in_full(&rich());
    let (mut on_page, mut in_text) = (0, 0);
    for head in &heads {
        // Page and terminal have what the values are on a line of its own.
        let name = head.trim_end_matches(" p50 / p99 (samples)");
        // Latencies have a section of their own there.
        if name == head {
            on_page +=
                table[on_page..].find(name).unwrap_or_else(|| panic!("{name} is not next on the page"));
        }
        in_text += text[in_text..].find(name).unwrap_or_else(|| panic!("{name} is not next in the terminal"));
    }
}

/// A system counts what it likes, under its own names.
#[test]
fn what_a_system_counts_is_a_column_of_every_format_and_nowhere_else() {
    let mut record = rich();
    let counted = [("overdrafts".to_owned(), 1_234.0), ("retries".to_owned(), 0.0)];
    record.cells[1].counters = Some(counted.into());
    for rendered in [page(&record), summary(&record), in_full(&record)] {
        for name in ["overdrafts", "retries"] {
            assert!(rendered.contains(name), "{name} is not in {rendered}");
            assert_eq!(rendered.matches(name).count(), 1, "of one scenario");
        }
        assert!(rendered.contains("1.23 k"), "{rendered}");
    }
    record.cells.iter_mut().for_each(|cell| (cell.hit_ratio, cell.counters) = (None, None));
    for rendered in [page(&record), summary(&record), in_full(&record)] {
        assert!(!rendered.contains("cache hits"), "there are no columns of nothing");
    }
}
