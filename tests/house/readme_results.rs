//! The README repeats what a committed record says, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use lockyard::bench::record::{Metric, Record, SCHEMA_VERSION};
use lockyard::bench::report::{self, TextOptions};
use lockyard::strategy::LockKind;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What stands between the marks, and the folder of the record it names.
fn results() -> (String, PathBuf) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- results begin -->\n").expect("where results begin");
    let (results, _) = rest.split_once("<!-- results end -->").expect("and where they end");
    let (_, link) = results.split_once("](reports/").expect("a link to the record");
    let (name, _) = link.split_once('/').expect("a folder");
    (results.to_owned(), root().join("reports").join(name))
}

fn record(folder: &Path) -> Record {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

const REGENERATE: &str = "run scripts/record-report.sh --readme NAME";

#[test]
fn results_are_those_of_the_record() {
    let (results, folder) = results();
    let (before, rest) = results.split_once("```text\n").expect("what a terminal shows");
    let (shown, rest) = rest.split_once("```\n").expect("its end");
    let text = report::text(&record(&folder), &TextOptions::default());
    let (second, _) = text.match_indices("÷ naive").nth(1).expect("a second scenario");
    let begins = text[..second].rfind('\n').expect("a line before it") + 1;
    assert_eq!(shown, &text[..begins], "{REGENERATE}");
    for file in ["index.html", "summary.md", "run.json", "page.png"] {
        assert!(before.contains(&format!("/{file})")) && folder.join(file).is_file(), "{file}: {REGENERATE}");
    }
    assert_eq!(
        fs::read_to_string(folder.join("index.html")).unwrap().trim_end(),
        report::page(&record(&folder)).trim_end(),
        "{REGENERATE}"
    );

    let summary = fs::read_to_string(folder.join("summary.md")).unwrap();
    let (_, reproduce) = summary.rsplit_once("\n## ").expect("how to reproduce it");
    let (machine, command) = reproduce.split_once("    lockyard ").expect("a command");
    let quoted = rest.trim().replace("### ", "");
    let (quoted, commands) = quoted.split_once("    git checkout ").expect("how to reproduce it");
    assert_eq!(quoted.trim_end(), machine.trim_end(), "{REGENERATE}");

    // As it was recorded, it would replace the files of this record.
    let (before, out) = command.trim_end().split_once("--out ").expect("a folder");
    let (_, after) = out.split_once(' ').unwrap_or((out, ""));
    let commit = record(&folder).environment.commit.expect("a commit");
    let again = format!("{commit}\n    cargo run --release -- {before}--out reports/local/again {after}");
    assert_eq!(commands.trim_end(), again.trim_end(), "{REGENERATE}");
}

/// The ratio of throughputs in the record, as reports print it.
fn ratio(record: &Record, scenario: &str, candidate: &str, baseline: &str) -> String {
    let mut found = record.comparisons.iter().filter(|it| {
        it.metric == Metric::Throughput
            && (it.scenario.as_str(), it.candidate.as_str(), it.baseline.as_str())
                == (scenario, candidate, baseline)
    });
    let found = found.next().expect("compared");
    report::ratio(found.ratio, found.ci)
}

#[test]
fn what_each_change_gave_is_in_the_record() {
    let (results, folder) = results();
    let record = record(&folder);
    let mut rows = results.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = rows.by_ref().map(|row| row.split(" | ").collect::<Vec<_>>());
    let rows: Vec<_> = rows.take_while(|row| row[0] != "strategy").collect();
    let [scenarios, _, changes @ .., lowest, highest, floors] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(changes.len(), 4);
    for (at, scenario) in scenarios.iter().enumerate().skip(1) {
        for change in changes {
            let sides: Vec<_> = change[0].split('`').skip(1).step_by(2).collect();
            let [.., candidate, baseline] = sides[..] else { panic!("{change:?}") };
            assert_eq!(change[at], ratio(&record, scenario, candidate, baseline), "{REGENERATE}");
        }
        let of_naive = |wanted: &str| {
            let found = record.comparisons.iter().find(|it| {
                it.metric == Metric::Throughput
                    && it.baseline == "naive"
                    && it.scenario == *scenario
                    && it.candidate == wanted
            });
            found.expect("compared").ratio
        };
        let of_ten = LockKind::ALL.map(|lock| (lock.name(), of_naive(lock.name())));
        for (row, is_end) in [(lowest, f64::le as fn(&f64, &f64) -> bool), (highest, f64::ge)] {
            let (shown, lock) = row[at].split_once("], ").expect("an interval and a lock");
            assert_eq!(format!("{shown}]"), ratio(&record, scenario, lock, "naive"), "{REGENERATE}");
            // Two that print alike may stand for each other.
            let end = of_naive(lock);
            assert!(
                of_ten.iter().all(|(_, other)| is_end(&end, other) || (end - other).abs() < 0.01),
                "{scenario}: {lock}"
            );
        }
        let floor = record.comparisons.iter().find(|it| {
            it.metric == Metric::Throughput && it.baseline == "before" && it.scenario == *scenario
        });
        let floor = floor.and_then(|it| it.noise_floor).expect("a control");
        assert_eq!(floors[at], format!("{:.1} %", floor * 100.0), "{REGENERATE}");
    }
}

#[test]
fn the_record_is_one_that_this_program_reads() {
    let record = record(&results().1);
    assert_eq!(record.schema_version, SCHEMA_VERSION);
    assert!(!record.interrupted && record.processes >= 5, "as scripts/record-report.sh measures");
}
