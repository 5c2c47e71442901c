//! The server killed under load, again and again: everything acknowledged is there afterwards, nothing is there by
//! half, and the history across all the crashes is linearizable.
//!
//! Strictly so for `before`, which saves under the lock. After-unlock shows what is not acknowledged yet, and a crash may
//! then lose it: reads that saw what is gone are excused, and counted. `LOCKYARD_KILLS` says how often each is killed
//! (10 by default).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use lockyard::checks::spec::{Sessions, judge};
use lockyard::history::{History, Verdict};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::client::{Answered, Client};
use crate::support::program::Program;

const CONTEXTS: usize = 6;
const CLIENTS: usize = 6;
/// Kills of one store; then another one is begun, so that histories stay short enough to be judged.
const AT_A_TIME: usize = 10;
const BUDGET: Duration = Duration::from_secs(30);

/// One line of the history.
struct Line {
    process: u64,
    kind: &'static str,
    f: &'static str,
    key: String,
    value: Option<Value>,
    time: u64,
    /// Which life of the server.
    life: usize,
}

struct CrashRun {
    start: Instant,
    lines: Mutex<Vec<Line>>,
    processes: AtomicU64,
    texts: AtomicU64,
    /// Writes that were answered, in this life.
    acknowledged: AtomicUsize,
    /// Messages that were acknowledged, and all that were tried.
    kept: Mutex<BTreeMap<String, BTreeSet<String>>>,
    tried: Mutex<BTreeSet<String>>,
}

/// What a client asks.
#[derive(Clone, Copy)]
enum Question {
    Append,
    Update,
    State,
    Context,
    Page,
}

impl CrashRun {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            lines: Mutex::default(),
            processes: AtomicU64::new(1),
            texts: AtomicU64::new(0),
            acknowledged: AtomicUsize::new(0),
            kept: Mutex::default(),
            tried: Mutex::default(),
        }
    }

    fn note(
        &self,
        life: usize,
        process: u64,
        kind: &'static str,
        f: &'static str,
        key: &str,
        value: Option<Value>,
    ) {
        let time = u64::try_from(self.start.elapsed().as_nanos()).unwrap();
        let line = Line { process, kind, f, key: key.to_owned(), value, time, life };
        self.lines.lock().unwrap().push(line);
    }

    /// Asks one question and notes what came of it. None when the server is gone.
    fn ask(
        &self,
        life: usize,
        process: u64,
        client: &mut Client,
        key: &str,
        question: Question,
    ) -> Option<Answered> {
        let path = format!("/v1/contexts/{key}");
        let unique = || format!("text {}", self.texts.fetch_add(1, SeqCst));
        let (f, asked, method, path, body) = match question {
            Question::Append => {
                let text = unique();
                self.tried.lock().unwrap().insert(text.clone());
                let body = json!({ "role": "user", "content": text });
                (
                    "add_context_message",
                    Some(json!({ "content": text })),
                    "POST",
                    format!("{path}/messages"),
                    Some(body),
                )
            }
            Question::Update => {
                let change = json!({ "mode": unique() });
                ("update_context", Some(change.clone()), "PUT", path, Some(change))
            }
            Question::State => ("get_context_state", None, "GET", format!("{path}/state"), None),
            Question::Context => ("get_context", None, "GET", path, None),
            Question::Page => {
                let place = Some(json!({ "offset": 0, "limit": 1000 }));
                ("get_context_messages", place, "GET", format!("{path}/messages?limit=1000"), None)
            }
        };
        let writes = matches!(question, Question::Append | Question::Update);
        self.note(life, process, "invoke", f, key, asked.clone());
        let Ok(answered) = client.ask(method, &path, body.as_ref()) else {
            self.note(life, process, if writes { "info" } else { "fail" }, f, key, asked);
            return None;
        };
        assert!(answered.status < 300, "{f}: {answered:?}");
        self.note(life, process, "ok", f, key, Some(shown(question, &answered.json())));
        if writes {
            self.acknowledged.fetch_add(1, SeqCst);
        }
        if let (Question::Append, Some(asked)) = (question, asked) {
            let text = asked["content"].as_str().unwrap().to_owned();
            self.kept.lock().unwrap().entry(key.to_owned()).or_default().insert(text);
        }
        Some(answered)
    }

    /// A client, until the server is gone.
    fn client(&self, life: usize, seed: u64, mut client: Client, keys: &[String]) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let process = self.processes.fetch_add(1, SeqCst);
        loop {
            let question = match random.random_range(0..10) {
                0..4 => Question::Append,
                4 => Question::Update,
                5..7 => Question::State,
                7 => Question::Context,
                _ => Question::Page,
            };
            let key = &keys[random.random_range(0..keys.len())];
            if self.ask(life, process, &mut client, key, question).is_none() {
                return;
            }
        }
    }

    /// The history as JSON Lines, without reads that saw what is gone; how many those were.
    ///
    /// Left out as well are messages of unknown outcome that are not there in the end. The server they were sent to is
    /// dead, so they will never come; and if a read did see one, its answer now shows a message that was never sent.
    fn history(&self, lost: &BTreeSet<(usize, String, u64)>, there: &BTreeSet<String>) -> (Vec<u8>, usize) {
        let mut lines = self.lines.lock().unwrap();
        lines.sort_by_key(|line| line.time);
        let reads = ["get_context", "get_context_state", "get_context_messages"];
        // The invocation of an answer is the last of its process before it.
        let (mut excused, mut never) = (BTreeSet::new(), BTreeSet::new());
        let mut open = BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            if line.kind == "invoke" {
                open.insert(line.process, at);
            } else if line.kind == "info" && line.f == "add_context_message" {
                let text = line.value.as_ref().unwrap()["content"].as_str().unwrap();
                if !there.contains(text) {
                    never.extend([at, open[&line.process]]);
                }
            } else if line.kind == "ok" && reads.contains(&line.f) {
                let version = line.value.as_ref().unwrap()["version"].as_u64().unwrap();
                if lost
                    .iter()
                    .any(|(life, key, there)| *life == line.life && *key == line.key && version > *there)
                {
                    excused.extend([at, open[&line.process]]);
                }
            }
        }
        let mut out = Vec::new();
        for (_, line) in
            lines.iter().enumerate().filter(|(at, _)| !excused.contains(at) && !never.contains(at))
        {
            let mut event = json!({
                "process": line.process, "type": line.kind, "f": line.f, "key": line.key, "time": line.time,
            });
            if let Some(value) = &line.value {
                event["value"] = value.clone();
            }
            writeln!(out, "{event}").unwrap();
        }
        (out, excused.len() / 2)
    }
}

/// An answer as histories have it.
fn shown(question: Question, answer: &Value) -> Value {
    match question {
        Question::Append => json!({ "version": answer["version"], "id": answer["id"] }),
        Question::Update => json!({ "version": answer["version"] }),
        Question::State => json!({ "version": answer["version"], "state": answer["state"] }),
        Question::Context => json!({
            "version": answer["version"],
            "state": answer["state"]["kind"],
            "total": answer["branches"][0]["message_count"],
            "model_id": answer["config"]["model_id"],
            "mode": answer["config"]["mode"],
        }),
        Question::Page => {
            let messages = answer["messages"].as_array().unwrap().iter();
            let messages: Vec<_> = messages
                .map(|message| json!({ "id": message["id"], "content": message["content"][0]["text"] }))
                .collect();
            json!({ "version": answer["version"], "total": answer["total"], "messages": messages })
        }
    }
}

/// One store through `kills` crashes. How many reads were excused.
fn through_crashes(strategy: &str, kills: usize, seed: u64) -> usize {
    let place = tempfile::tempdir().unwrap();
    let store = format!("redb:{}", place.path().join("store.redb").display());
    let args = ["--strategy", strategy, "--store", &store, "--workers", "2"];
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let run = CrashRun::new();
    let mut program = Program::serve(&args);
    let mut client = program.client();
    let body = json!({ "model_id": "gpt", "mode": "chat" });
    let create = |client: &mut Client| {
        client.post("/v1/contexts", &body).unwrap().json()["id"].as_str().unwrap().to_owned()
    };
    let keys: Vec<String> = (0..CONTEXTS).map(|_| create(&mut client)).collect();
    for key in &keys {
        let given = client.get(&format!("/v1/contexts/{key}")).unwrap().json();
        run.note(0, 0, "invoke", "given", key, None);
        run.note(0, 0, "ok", "given", key, Some(shown(Question::Context, &given)));
    }
    let mut lost = BTreeSet::new();
    for life in 0..kills {
        run.acknowledged.store(0, SeqCst);
        let enough = random.random_range(1..60);
        std::thread::scope(|scope| {
            for nth in 0..CLIENTS {
                let (run, keys, client) = (&run, &keys, program.client());
                let seed = random.random::<u64>() ^ nth as u64;
                scope.spawn(move || run.client(life, seed, client, keys));
            }
            while run.acknowledged.load(SeqCst) < enough {
                std::thread::yield_now();
            }
            program.kill();
        });
        program = Program::serve(&args);
        let mut client = program.client();
        let process = run.processes.fetch_add(1, SeqCst);
        for key in &keys {
            let state = run.ask(life + 1, process, &mut client, key, Question::State).unwrap().json();
            let there = state["version"].as_u64().unwrap();
            lost.insert((life, key.clone(), there));
        }
    }
    let mut client = program.client();
    let process = run.processes.fetch_add(1, SeqCst);
    let mut there = BTreeSet::new();
    for key in &keys {
        let page = run.ask(kills, process, &mut client, key, Question::Page).unwrap().json();
        let found: Vec<_> = page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["content"][0]["text"].as_str().unwrap())
            .collect();
        let once: BTreeSet<_> = found.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(once.len(), found.len(), "{strategy}: a message is there twice");
        let kept = run.kept.lock().unwrap().remove(key).unwrap_or_default();
        let gone: Vec<_> = kept.difference(&once).collect();
        assert!(gone.is_empty(), "{strategy}, seed {seed}: acknowledged and gone: {gone:?}");
        assert!(once.is_subset(&run.tried.lock().unwrap()), "{strategy}: a message that was never sent");
        there.extend(once);
    }
    let (status, words) = program.terminate();
    assert_eq!(status.code(), Some(0), "{words}");

    let strict = strategy == "before";
    let (history, excused) = run.history(if strict { const { &BTreeSet::new() } } else { &lost }, &there);
    let history = History::read(&Sessions, &history[..]).unwrap();
    match judge(&history, BUDGET) {
        Verdict::Linearizable => {}
        Verdict::Violation(found) => panic!("{strategy}, seed {seed}: not linearizable:\n{found}"),
        Verdict::Unknown => panic!("{strategy}, seed {seed}: not judged within {BUDGET:?}"),
    }
    excused
}

fn kills(strategy: &str) {
    let kills: usize = std::env::var("LOCKYARD_KILLS").map_or(10, |given| given.parse().unwrap());
    let mut excused = 0;
    for (seed, done) in (1..).zip((0..kills).step_by(AT_A_TIME)) {
        excused += through_crashes(strategy, AT_A_TIME.min(kills - done), seed);
    }
    println!("{strategy}: {kills} kills, no acknowledged write lost, {excused} reads excused");
}

#[test]
fn under_the_lock_nothing_is_lost_and_nothing_seen_is_lost() {
    kills("before");
}

#[test]
fn after_the_lock_nothing_acknowledged_is_lost() {
    kills("after");
}
