//! How fast are histories judged? A hundred independent registers with ten processes, the search alone; and one
//! register with eight processes, from the file to the verdict. Every verdict is checked, so a checker that looks away
//! fails here rather than looking fast.

use std::collections::HashMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, BufWriter, Write};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lockyard::verify::{Event, EventKind, History, Json, Register, Verdict, check};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::value::{RawValue, to_raw_value};

const OPERATIONS: usize = 100_000;
const BUDGET: Duration = Duration::from_mins(1);

/// What a process is at.
#[derive(Clone)]
enum Doing {
    Nothing,
    Asked {
        f: &'static str,
        key: usize,
        value: Box<RawValue>,
    },
    /// It took effect; this is what will be answered.
    Happened {
        value: Box<RawValue>,
        result: Option<Box<RawValue>>,
    },
}

/// Writes the history of a register for each key, asked by so many processes: half reads, and writes and
/// compare-and-sets. Each operation takes effect at some moment between its lines.
fn record(out: &mut impl Write, processes: usize, keys: usize) {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let mut registers: HashMap<usize, Option<u32>> = HashMap::new();
    let mut doing = vec![Doing::Nothing; processes];
    let (mut invoked, mut open) = (0, 0);
    for time in 0.. {
        let process = random.random_range(0..processes);
        let line = Event {
            process: process as u64,
            kind: EventKind::Ok,
            f: None,
            key: Json(None),
            value: Json(None),
            result: Json(None),
            time: Some(time),
        };
        let now = std::mem::replace(&mut doing[process], Doing::Nothing);
        doing[process] = match now {
            Doing::Nothing if invoked == OPERATIONS => {
                if open == 0 {
                    return;
                }
                Doing::Nothing
            }
            Doing::Nothing => {
                let key = random.random_range(0..keys);
                let (f, value) = match random.random_range(0..4) {
                    0 | 1 => ("read", raw(&())),
                    2 => ("write", raw(&random.random_range(0..100_u32))),
                    _ => ("cas", raw(&(registers.get(&key), random.random_range(0..100_u32)))),
                };
                let name = raw(&format!("key-{key}"));
                Event {
                    kind: EventKind::Invoke,
                    f: Some(f.into()),
                    key: Json(Some(&name)),
                    value: Json(Some(&value)),
                    ..line
                }
                .write(out)
                .expect("written");
                invoked += 1;
                open += 1;
                Doing::Asked { f, key, value }
            }
            Doing::Asked { f, key, value } => happen(registers.entry(key).or_default(), f, value),
            Doing::Happened { value, result } => {
                Event { value: Json(Some(&value)), result: Json(result.as_deref()), ..line }
                    .write(out)
                    .expect("written");
                open -= 1;
                Doing::Nothing
            }
        };
    }
}

fn happen(register: &mut Option<u32>, f: &str, value: Box<RawValue>) -> Doing {
    let given = |json: &RawValue| serde_json::from_str(json.get()).expect("as written");
    match f {
        "read" => Doing::Happened { value: raw(register), result: None },
        "write" => {
            *register = serde_json::from_str(value.get()).expect("as written");
            Doing::Happened { value, result: None }
        }
        _ => {
            let (old, new): (Option<u32>, u32) = given(&value);
            let done = *register == old;
            if done {
                *register = Some(new);
            }
            Doing::Happened { value, result: Some(raw(&done)) }
        }
    }
}

fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("plain values are JSON")
}

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    group.throughput(Throughput::Elements(OPERATIONS as u64)).sample_size(20);

    let mut lines = Vec::new();
    record(&mut lines, 10, 100);
    let history = History::read(&Register, &*lines).expect("a history");
    assert_eq!(history.operations.len(), OPERATIONS);
    group.bench_function("search/keys=100,processes=10", |bencher| {
        bencher.iter(|| assert_eq!(check(&Register, &history, BUDGET), Verdict::Linearizable));
    });
    group.bench_function("read/keys=100,processes=10", |bencher| {
        bencher.iter(|| black_box(History::read(&Register, &*lines).expect("a history")).invoked);
    });

    let file = tempfile::NamedTempFile::new().expect("a place for a file");
    let mut out = BufWriter::new(file.as_file());
    record(&mut out, 8, 1);
    out.flush().expect("written");
    group.bench_function("file/keys=1,processes=8", |bencher| {
        bencher.iter(|| {
            let lines = BufReader::new(File::open(file.path()).expect("it was written"));
            let history = History::read(&Register, lines).expect("a history");
            assert_eq!(check(&Register, &history, BUDGET), Verdict::Linearizable);
        });
    });
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
