//! How fast is a history read, and how fast is it judged? A hundred keys, ten processes and a hundred thousand operations in
//! a file, stage by stage; or that file written down, for another checker to be measured with.
//!
//! ```sh
//! cargo run --release -p lockyard-history --example throughput
//! cargo run --release -p lockyard-history --example throughput -- kv history.jsonl
//! ```

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use lockyard_history::{Checker, Codec, Decision, History, Kv, Register};

const KEYS: u64 = 100;
const PROCESSES: usize = 10;
const OPERATIONS: usize = 100_000;

/// How often each stage is run; the quickest counts, as what disturbs it only makes it slower.
const ROUNDS: usize = 15;

/// What is recorded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Read, written, and compared and set.
    Register,
    /// Got, put, and appended to.
    Kv,
}

/// What a process is at.
enum Doing {
    Nothing,
    Asked { f: &'static str, key: usize, value: String },
    Happened(String),
}

/// `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// The events of a run in which every operation took effect at some moment between its lines: half reads, half changes.
pub fn recorded(model: Model, operations: usize) -> String {
    let mut random = Random(1);
    let mut states = vec![String::from(if model == Model::Kv { "" } else { "null" }); KEYS as usize];
    let mut doing: Vec<_> = (0..PROCESSES).map(|_| Doing::Nothing).collect();
    let (mut lines, mut invoked, mut open, mut time) = (String::new(), 0, 0, 1_764_339_000_000_000_000_u64);
    while invoked < operations || open > 0 {
        time += 1 + random.below(2_000);
        let process = random.below(PROCESSES as u64) as usize;
        doing[process] = match std::mem::replace(&mut doing[process], Doing::Nothing) {
            Doing::Nothing if invoked == operations => Doing::Nothing,
            Doing::Nothing => {
                let key = random.below(KEYS) as usize;
                let (f, value) = asked(model, &states[key], &mut random);
                let _ = writeln!(
                    lines,
                    r#"{{"process":{process},"type":"invoke","f":"{f}","key":"key-{key}","value":{value},"time":{time}}}"#
                );
                (invoked, open) = (invoked + 1, open + 1);
                Doing::Asked { f, key, value }
            }
            Doing::Asked { f, key, value } => Doing::Happened(happen(&mut states[key], f, value)),
            Doing::Happened(said) => {
                let _ = writeln!(lines, r#"{{"process":{process},"type":"ok",{said},"time":{time}}}"#);
                open -= 1;
                Doing::Nothing
            }
        };
    }
    lines
}

/// A function, and what it is given.
fn asked(model: Model, state: &str, random: &mut Random) -> (&'static str, String) {
    let number = random.below(100);
    match (model, random.below(4)) {
        (Model::Register, 0 | 1) => ("read", "null".to_owned()),
        (Model::Register, 2) => ("write", number.to_string()),
        (Model::Register, _) => ("cas", format!("[{state},{number}]")),
        (Model::Kv, 0 | 1) => ("get", "null".to_owned()),
        (Model::Kv, 2) => ("put", format!("\"x {number} y\"")),
        (Model::Kv, _) => ("append", format!("\"x {number} y\"")),
    }
}

/// Takes effect, and says what the response says of it.
fn happen(state: &mut String, f: &str, value: String) -> String {
    match f {
        "read" => format!(r#""value":{state}"#),
        "get" => format!(r#""value":"{state}""#),
        "write" => {
            let said = format!(r#""value":{value}"#);
            *state = value;
            said
        }
        "cas" => {
            let (old, new) = value[1..value.len() - 1].split_once(',').unwrap_or_default();
            let done = *state == old;
            if done {
                new.clone_into(state);
            }
            format!(r#""value":{value},"result":{done}"#)
        }
        change => {
            if change == "put" {
                state.clear();
            }
            state.push_str(value.trim_matches('"'));
            format!(r#""value":{value}"#)
        }
    }
}

/// The quickest of several runs, and what the last one came to.
fn quickest<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut best = Duration::MAX;
    let mut last = None;
    for _ in 0..ROUNDS {
        drop(last.take());
        let start = Instant::now();
        last = Some(run());
        best = best.min(start.elapsed());
    }
    (best, last.expect("it ran"))
}

/// Reads the file and judges what it holds, and says how long each took.
fn measure<S: Codec>(name: &str, spec: &S, file: &Path) -> String {
    let open = || BufReader::with_capacity(1 << 16, File::open(file).expect("it was written"));
    let (read, history) = quickest(|| History::read(spec, open()).expect("a history"));
    let (judge, ()) = quickest(|| {
        assert!(matches!(Checker::new(spec).decide(&history), Decision::Linearizable), "it has an order");
    });
    let rate = history.invoked as f64 / read.as_secs_f64() / 1e6;
    format!("{name:9} read {read:8.2?} ({rate:.2} million operations a second), judge {judge:8.2?}")
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [model, file] = &arguments[..] {
        let model = if model == "kv" { Model::Kv } else { Model::Register };
        std::fs::write(file, recorded(model, OPERATIONS)).expect("the file can be written");
        return;
    }
    let file = std::env::temp_dir().join(format!("lockyard-throughput-{}.jsonl", std::process::id()));
    for model in [Model::Register, Model::Kv] {
        std::fs::write(&file, recorded(model, OPERATIONS)).expect("the file can be written");
        println!(
            "{}",
            match model {
                Model::Register => measure("register", &Register, &file),
                Model::Kv => measure("kv", &Kv, &file),
            }
        );
    }
    std::fs::remove_file(&file).expect("it was there");
}
