//! Runs of a service with one fault planted in it: each fault is found and shown with few operations, whichever way the
//! run is handed over, and without a fault nothing is found.

use std::time::Duration;

use crate::histories::sessions::{MODES, advance, change, look, new_context, shown};
use lockyard::backend::chat::{ChatContext, Timestamp};
use lockyard::checks::spec::{
    Answer, Call, Invocation, Log, Page, Recording, Sessions, Settings, Token, judge,
};
use lockyard::history::{History, Verdict, Violation, check};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const BUDGET: Duration = Duration::from_mins(5);
const PROCESSES: usize = 6;
const SESSIONS: usize = 3;
const STEPS: usize = 4_000;

/// From so many seeds each fault is planted, with turns and without; `LOCKYARD_RUNS` says another number.
fn seeds() -> std::ops::Range<u64> {
    0..std::env::var("LOCKYARD_RUNS").map_or(2, |given| given.parse().unwrap())
}

/// What goes wrong, once, in the second half of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// An append is acknowledged, and what is written next is written over it.
    LostUpdate,
    /// A state is answered that was superseded before it was asked for.
    StaleRead,
    /// A holder of a deleted session brings it back.
    ResurrectedSession,
    /// An append is made twice, each time as a change. Where an outcome is unknown, that could have been the
    /// second change, and it takes many operations to show that it was not; so not there.
    DoubledAppend,
    /// An append is made twice in one change.
    DoubledInOne,
    /// A page has the count of now and the messages of before.
    TornPage,
}

enum Doing {
    Nothing,
    Asked(Invocation, usize, Call),
    Turn(Invocation, usize, Answer),
    Happened(Invocation, Option<Answer>),
}

/// A service, its clients, and their logs.
struct Run {
    random: ChaCha8Rng,
    time: u64,
    sessions: Vec<Option<ChatContext>>,
    /// By session, what it was like before each of its last changes.
    past: Vec<Vec<ChatContext>>,
    /// By session, whether the outcome of some change is unknown.
    unknown: Vec<bool>,
    logs: Vec<Log>,
    tokens: u64,
    fault: Option<Fault>,
    turns: bool,
}

fn run(seed: u64, fault: Option<Fault>, turns: bool) -> Recording {
    let random = ChaCha8Rng::seed_from_u64(seed);
    let sessions: Vec<_> = (0..SESSIONS as u32).map(|messages| Some(new_context(messages))).collect();
    let given = (0..).zip(sessions.iter().flatten()).map(|(key, context)| shown(context).given(key));
    let mut recording = Recording::new(given);
    let logs = (0..PROCESSES as u64).map(|process| Log::new(process, STEPS)).collect();
    let past = vec![Vec::new(); SESSIONS];
    let mut run = Run {
        random,
        time: 0,
        sessions,
        past,
        unknown: vec![false; SESSIONS],
        logs,
        tokens: 0,
        fault,
        turns,
    };
    run.go();
    for log in run.logs {
        recording.add(log);
    }
    recording
}

impl Run {
    fn go(&mut self) {
        let mut doing: Vec<_> = (0..PROCESSES).map(|_| Doing::Nothing).collect();
        for step in 0.. {
            let at = self.random.random_range(0..PROCESSES);
            self.time += 1;
            let over = step >= STEPS;
            if over && doing.iter().all(|doing| matches!(doing, Doing::Nothing)) {
                break;
            }
            // Before too many calls were cancelled, for what is looked for where none was.
            let early = self.fault == Some(Fault::DoubledAppend);
            let late = step > if early { STEPS / 10 } else { STEPS / 2 };
            doing[at] = match std::mem::replace(&mut doing[at], Doing::Nothing) {
                Doing::Nothing if over => Doing::Nothing,
                Doing::Nothing => {
                    let session = self.random.random_range(0..SESSIONS);
                    let call = self.random_call(late);
                    Doing::Asked(self.logs[at].invoke(self.time, session as u32, call), session, call)
                }
                Doing::Asked(ticket, session, call) => self.happen(at, ticket, session, &call, late),
                Doing::Turn(ticket, session, answer) => self.turn(at, ticket, session, answer),
                Doing::Happened(ticket, answer) => {
                    match answer {
                        Some(answer) => self.logs[at].ok(ticket, self.time, answer),
                        None => self.logs[at].fail(ticket),
                    }
                    Doing::Nothing
                }
            };
        }
        assert!(self.fault.is_none(), "{:?} was never planted", self.fault);
    }

    fn random_call(&mut self, late: bool) -> Call {
        self.tokens += 1;
        let mode = Settings::number(MODES[self.random.random_range(0..2)]);
        match self.random.random_range(0..1000) {
            0..300 => Call::State,
            300..450 => Call::Context,
            450..600 => Call::Page { offset: self.random.random_range(0..20), limit: 50 },
            600..800 => Call::Append(Token(self.tokens)),
            800..900 => Call::Update { change: Settings { mode, ..Settings::default() }, expected: None },
            900..960 if self.turns => Call::Send(Token(self.tokens)),
            960..990 if self.turns => Call::Resume,
            _ if late && self.tokens.is_multiple_of(3) => Call::Delete,
            _ => Call::State,
        }
    }

    fn happen(&mut self, at: usize, ticket: Invocation, session: usize, call: &Call, late: bool) -> Doing {
        let planted = self.fault.filter(|_| late).and_then(|fault| self.plant(fault, session, call));
        if let Some(answer) = planted {
            self.fault = None;
            return Doing::Happened(ticket, Some(answer));
        }
        let Some(context) = &mut self.sessions[session] else {
            // What was refused or given up shows nothing.
            if matches!(call, Call::Send(_) | Call::Resume) {
                self.info(at, ticket, session);
                return Doing::Nothing;
            }
            return Doing::Happened(ticket, Some(Answer::Gone));
        };
        match call {
            Call::State | Call::Context | Call::Page { .. } => {
                return Doing::Happened(ticket, Some(look(context, call)));
            }
            Call::Delete => {
                self.past[session].push(context.clone());
                self.sessions[session] = None;
                return Doing::Happened(ticket, Some(Answer::Done));
            }
            _ => {}
        }
        self.past[session].push(context.clone());
        match change(context, call) {
            Some(answer @ Answer::Turn { .. }) => Doing::Turn(ticket, session, answer),
            answer => Doing::Happened(ticket, answer),
        }
    }

    fn turn(&mut self, at: usize, ticket: Invocation, session: usize, answer: Answer) -> Doing {
        let Some(context) = &mut self.sessions[session] else {
            self.info(at, ticket, session);
            return Doing::Nothing;
        };
        if context.state_kind().is_working() {
            self.past[session].push(context.clone());
            if self.random.random_bool(0.01) {
                context.cancel().unwrap();
                context.touch(Timestamp(0));
                self.info(at, ticket, session);
                return Doing::Nothing;
            }
            advance(context, &mut self.random);
            if context.state_kind().is_working() {
                return Doing::Turn(ticket, session, answer);
            }
        }
        let Answer::Turn { began, message, .. } = answer else { unreachable!() };
        Doing::Happened(ticket, Some(Answer::Turn { began, message, after: shown(context) }))
    }

    fn info(&mut self, at: usize, ticket: Invocation, session: usize) {
        self.unknown[session] = true;
        self.logs[at].info(ticket);
    }

    /// Makes the fault if this call is one for it.
    fn plant(&mut self, fault: Fault, session: usize, call: &Call) -> Option<Answer> {
        let past = &self.past[session];
        let live = self.sessions[session].as_mut();
        match (fault, call) {
            (Fault::LostUpdate, Call::Append(_)) => change(&mut live?.clone(), call),
            (Fault::StaleRead, Call::State) => {
                live.and(past.get(past.len().checked_sub(PROCESSES * 4)?)).map(|old| look(old, call))
            }
            (Fault::ResurrectedSession, Call::Context | Call::State) if live.is_none() => {
                self.sessions[session] = past.last().cloned();
                Some(look(past.last()?, call))
            }
            (Fault::DoubledAppend, Call::Append(_)) if !self.unknown[session] => {
                let live = live?;
                let answer = change(live, call);
                change(live, call);
                answer
            }
            (Fault::DoubledInOne, Call::Append(token)) => {
                let live = live?;
                let text = lockyard::backend::chat::NewMessage::text(
                    lockyard::backend::chat::Role::User,
                    token.0.to_string(),
                );
                live.append(text, None).unwrap();
                change(live, call)
            }
            (Fault::TornPage, Call::Page { .. }) => {
                let Answer::Page(now) = look(live?, call) else { unreachable!() };
                let old = past.iter().rev().map(|old| look(old, call));
                let torn = |old: Answer| match old {
                    Answer::Page(old) => Some(Page { count: old.count, digest: old.digest, ..now }),
                    _ => None,
                };
                old.filter_map(torn).find(|old| old.digest != now.digest).map(Answer::Page)
            }
            _ => None,
        }
    }
}

fn name(session: u32) -> String {
    format!("session {session}")
}

/// What came of it: from memory, from a history, and from a file.
fn judged(recording: &Recording) -> [Verdict; 3] {
    let mut file = Vec::new();
    recording.write(&mut file, name).unwrap();
    let read = History::read(&Sessions, &*file).unwrap();
    let history = recording.history(name);
    assert_eq!(read.operations.len(), history.operations.len());
    [recording.judge(BUDGET, name), judge(&history, BUDGET), judge(&read, BUDGET)]
}

#[test]
fn a_right_run_is_right() {
    for seed in seeds() {
        for turns in [false, true] {
            let recording = run(seed, None, turns);
            assert_eq!(judged(&recording), [const { Verdict::Linearizable }; 3], "seed {seed}, {turns}");
        }
    }
}

/// The search agrees, where it is asked alone.
#[test]
fn a_right_run_is_right_for_the_search() {
    for seed in 0..3 {
        let history = run(seed, None, true).history(name);
        assert_eq!(check(&Sessions, &history, BUDGET), Verdict::Linearizable, "seed {seed}");
    }
}

fn found(fault: Fault) {
    let mut longest = 0;
    for seed in seeds() {
        for turns in [false, true] {
            let recording = run(seed, Some(fault), turns);
            let shown = |verdict: Verdict| match verdict {
                Verdict::Violation(violation) => violation,
                other => panic!("{fault:?} of seed {seed}, {turns}: {other:?}"),
            };
            let all = judged(&recording).map(shown);
            for Violation { operations, .. } in &all {
                assert!(operations.len() <= 6, "{fault:?} of seed {seed}: {}", all[0]);
                longest = longest.max(operations.len());
            }
            if seed == 0 && !turns {
                println!("{fault:?}:\n{}", all[0]);
            }
        }
    }
    println!("{fault:?}: {longest} operations at most");
}

#[test]
fn a_lost_update_is_found() {
    found(Fault::LostUpdate);
}

#[test]
fn a_stale_read_is_found() {
    found(Fault::StaleRead);
}

#[test]
fn a_resurrected_session_is_found() {
    found(Fault::ResurrectedSession);
}

#[test]
fn a_doubled_append_is_found() {
    found(Fault::DoubledAppend);
    found(Fault::DoubledInOne);
}

#[test]
fn a_torn_page_is_found() {
    found(Fault::TornPage);
}
