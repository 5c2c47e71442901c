//! Runs of the same measurements, one after the other: each a record with other numbers, of another day and commit.

use lockyard_bench::record::{Metric, Record};

/// Multiplies a strategy's throughput under a scenario, and with it the ratios that it is the candidate of.
pub fn scale(record: &mut Record, scenario: &str, strategy: &str, by: f64) {
    for cell in record.cells.iter_mut().filter(|it| it.scenario == scenario && it.strategy == strategy) {
        cell.throughput.ops_per_s *= by;
        cell.throughput.ci = cell.throughput.ci.map(|end| end * by);
    }
    let compared = record
        .comparisons
        .iter_mut()
        .filter(|it| it.scenario == scenario && it.candidate == strategy && it.metric == Metric::Throughput);
    for it in compared {
        it.ratio *= by;
        it.ci = it.ci.map(|end| end * by);
    }
}

/// Of another day and commit.
pub fn at(mut record: Record, day: &str, commit: &str) -> Record {
    record.started_at = format!("{day}T10:00:00Z").parse().expect("a day");
    record.environment.commit = Some(commit.to_owned());
    record
}

/// Four runs, the last of them on another machine. “after” loses a fifth under polling from the first to the second, and
/// “tokio-rwlock” gains a fifth under hot-context from the second to the third.
pub fn four(record: &Record) -> Vec<Record> {
    let mut second = at(record.clone(), "2026-02-03", "bbbbbbb22222");
    scale(&mut second, "polling", "after", 0.8);
    scale(&mut second, "polling", "std-mutex", 1.004);
    let mut third = at(second.clone(), "2026-03-04", "ccccccc33333");
    scale(&mut third, "hot-context", "tokio-rwlock", 1.2);
    scale(&mut third, "polling", "std-mutex", 0.993);
    let mut fourth = at(third.clone(), "2026-04-05", "ddddddd44444");
    fourth.environment.cores = 64;
    vec![at(record.clone(), "2026-01-02", "aaaaaaa11111"), second, third, fourth]
}
