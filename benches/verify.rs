//! How fast are histories judged? A hundred independent registers with ten processes, the search alone; one register
//! with eight processes, from the file to the verdict; and sessions as a run records them, along their versions. Every
//! verdict is checked, so a checker that looks away fails here rather than looking fast. And what does recording cost?

use std::collections::HashMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, BufWriter, Write};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lockyard::backend::chat::StateKind;
use lockyard::checks::spec::{Answer, Call, Context, Log, Page, Recording, Settings, Token};
use lockyard::history::{Event, EventKind, History, Register, Verdict, check};
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
            key: None,
            value: None,
            result: None,
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
                Event { kind: EventKind::Invoke, f: Some(f), key: Some(&name), value: Some(&value), ..line }
                    .write(out)
                    .expect("written");
                invoked += 1;
                open += 1;
                Doing::Asked { f, key, value }
            }
            Doing::Asked { f, key, value } => happen(registers.entry(key).or_default(), f, value),
            Doing::Happened { value, result } => {
                Event { value: Some(&value), result: result.as_deref(), ..line }.write(out).expect("written");
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

const SESSIONS: u32 = 100;
const PROCESSES: u64 = 16;
const WITNESSED: usize = 1_000_000;

/// A session of the simulated run: how it looks, and the tokens of its messages.
struct Simulated {
    context: Context,
    messages: Vec<(u32, Token)>,
}

/// What a simulated client asks: reads with one write in ten.
fn ask(random: &mut ChaCha8Rng, nth: u64) -> Call {
    match random.random_range(0..100) {
        0..60 => Call::State,
        60..75 => Call::Context,
        75..90 => Call::Page { offset: 0, limit: 50 },
        90..98 => Call::Append(Token(nth + 1)),
        _ => Call::Update {
            change: Settings { mode: random.random_range(1..9), ..Settings::default() },
            expected: None,
        },
    }
}

fn serve(Simulated { context, messages }: &mut Simulated, call: Call) -> Answer {
    match call {
        Call::State => Answer::State { version: context.version, kind: context.kind },
        Call::Page { limit, .. } => {
            let page = messages.iter().take(limit as usize).copied();
            Answer::Page(Page::new(context.version, context.total, page))
        }
        Call::Append(token) => {
            let id = context.total;
            messages.push((id, token));
            context.total += 1;
            context.version += 1;
            Answer::Appended { version: context.version, id }
        }
        Call::Update { change, .. } => {
            context.settings.mode = change.mode;
            context.version += 1;
            Answer::Changed(context.version)
        }
        _ => Answer::Context(*context),
    }
}

/// A run of so many operations, each of which takes effect while others are under way.
fn run(operations: usize) -> Recording {
    let random = &mut ChaCha8Rng::seed_from_u64(2);
    let settings = Settings { model: 1, mode: 1, parameters: 0 };
    let context = Context { version: 0, total: 0, settings, kind: StateKind::Idle };
    let mut sessions: Vec<_> = (0..SESSIONS).map(|_| Simulated { context, messages: Vec::new() }).collect();
    let mut recording = Recording::new((0..SESSIONS).map(|key| context.given(key)));
    let room = 2 * operations / PROCESSES as usize;
    let mut logs: Vec<_> = (0..PROCESSES).map(|process| Log::new(process, room)).collect();
    let mut open: Vec<_> = (0..PROCESSES).map(|_| None).collect();
    let (mut time, mut begun) = (0, 0);
    while begun < operations || open.iter().any(Option::is_some) {
        time += 50;
        let at = random.random_range(0..open.len());
        match open[at].take() {
            Some((ticket, answer)) => logs[at].ok(ticket, time, answer),
            None if begun == operations => {}
            None => {
                begun += 1;
                let (key, call) = (random.random_range(0..SESSIONS), ask(random, begun as u64));
                let ticket = logs[at].invoke(time, key, call);
                open[at] = Some((ticket, serve(&mut sessions[key as usize], call)));
            }
        }
    }
    for log in logs {
        recording.add(log);
    }
    recording
}

fn witnessed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    let recording = run(WITNESSED);
    println!("{} operations of {} bytes each", recording.invoked(), Log::BYTES_AN_OPERATION);
    group.throughput(Throughput::Elements(WITNESSED as u64)).sample_size(20);
    group.bench_function("judge/sessions=100,processes=16", |bencher| {
        bencher.iter(|| assert_eq!(recording.judge(BUDGET, |key| key.to_string()), Verdict::Linearizable));
    });

    let random = &mut ChaCha8Rng::seed_from_u64(3);
    let calls: Vec<_> = (0..OPERATIONS as u64).map(|nth| ask(random, nth)).collect();
    let kind = StateKind::Idle;
    group.throughput(Throughput::Elements(OPERATIONS as u64));
    group.bench_function("record", |bencher| {
        bencher.iter(|| {
            let mut log = Log::new(0, OPERATIONS);
            for (time, call) in (0..).zip(&calls) {
                let ticket = log.invoke(2 * time, time as u32 % SESSIONS, *call);
                log.ok(ticket, 2 * time + 1, Answer::State { version: time as u32, kind });
            }
            log
        });
    });
    group.finish();
}

criterion_group!(benches, verify, witnessed);
criterion_main!(benches);
