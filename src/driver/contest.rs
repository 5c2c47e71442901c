//! One scenario: every rival gets one slice in each round, in an order drawn anew for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::seq::SliceRandom;

use crate::record::{self, Cell, Finding, Severity};
use crate::stats::jain;
use crate::strategy::Strategy;
use crate::workload::{Arrival, Operation, Point, Scenario, Trace, random};

use super::arena::Arena;
use super::client::{Client, Questions};
use super::error::RunError;
use super::judge::{self, Round};
use super::plan::{Observer, Plan, Progress};
use super::population::Population;
use super::rival::{Kind, Rival, set_up};
use super::samples::{Tally, p99_by_operation};
use super::watchdog::InFlight;

/// At least this many rounds, however short the time: fewer have no interval worth the name.
const MIN_ROUNDS: u32 = 5;

/// From this length on a slice holds operations so long that reading a clock for each costs nothing: then one slice
/// serves for throughput and for latency.
const LONG_SLICE: Duration = Duration::from_millis(200);

/// The stream of the seed that orders the rivals; streams from 0 on belong to the workload.
const ORDER_STREAM: u64 = u64::MAX;

/// How many rounds of which slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) rounds: u32,
    slice: Duration,
    kinds: &'static [Kind],
}

impl Schedule {
    pub(super) fn new(plan: &Plan, scenario: &Scenario) -> Self {
        let slice = scenario.slice.min(plan.longest_slice);
        let kinds: &[Kind] = if slice < LONG_SLICE { &[Kind::Untimed, Kind::Timed] } else { &[Kind::Timed] };
        let round = slice * kinds.len() as u32;
        let rounds = (plan.duration.as_secs_f64() / round.as_secs_f64()).ceil() as u32;
        Self { rounds: rounds.max(MIN_ROUNDS), slice, kinds }
    }

    /// Whether slices of this kind tell throughput.
    fn tells_throughput(&self, kind: Kind) -> bool {
        kind == self.kinds[0]
    }
}

/// The rivals under one scenario.
pub(super) struct Contest<'a> {
    plan: &'a Plan,
    scenario: &'a Scenario,
    schedule: Schedule,
    population: Population,
    questions: Arc<Questions>,
    arena: Arena,
    /// In the order of the plan's strategies, and last, where there is something to compare, the control.
    entrants: Vec<Entrant<'a>>,
}

/// A strategy in the race, and what it has done so far.
struct Entrant<'a> {
    strategy: &'a Strategy,
    /// `None` once it got stuck.
    rival: Option<Box<dyn Rival>>,
    clients: Vec<Client>,
    rounds: Vec<Round>,
    tally: Tally,
    measured: Duration,
    misses: u64,
    evictions: u64,
    /// Newcomers that the cache turned away; counted among the evictions, too.
    turned_away: u64,
    /// Messages that each session has gained since it was last restored.
    growth: Vec<u32>,
    /// Operations that each task has done.
    by_task: Vec<u64>,
    stuck: Option<Finding>,
}

impl<'a> Contest<'a> {
    /// Sets every rival up and lets it run one slice that does not count.
    pub(super) fn prepare(
        plan: &'a Plan,
        scenario: &'a Scenario,
        schedule: Schedule,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let population = Population::new(scenario, plan.seed);
        let traces = (0..scenario.tasks()).map(|task| Trace::generate(scenario, plan.seed, task)).collect();
        let questions = Arc::new(Questions::new(scenario, &population, traces, plan.seed));
        let arena = Arena::new(scenario, plan.patience)?;
        // The control is the baseline once more: how far the two come out apart is what this run cannot tell from
        // nothing at all.
        let control = plan.strategies.first().filter(|_| plan.strategies.len() > 1);
        let entrants = plan.strategies.iter().chain(control);
        let entrants = entrants.map(|strategy| Entrant::new(strategy, scenario)).collect();
        let mut contest = Self { plan, scenario, schedule, population, questions, arena, entrants };
        for index in 0..contest.entrants.len() {
            let strategy = contest.entrants[index].strategy.name();
            observer.on(&Progress::Preparing { scenario: &scenario.name, strategy });
            contest.enter(index)?;
            contest.slice(index, 0, None)?;
        }
        Ok(contest)
    }

    /// Plays all rounds, or as many as there are until `interrupted`.
    pub(super) fn play(
        &mut self,
        interrupted: &AtomicBool,
        mut after_round: impl FnMut(u32),
    ) -> Result<(), RunError> {
        let mut draws = random::stream(self.plan.seed, ORDER_STREAM);
        let mut order: Vec<usize> = (0..self.entrants.len()).collect();
        for round in 0..self.schedule.rounds {
            for kind in self.schedule.kinds {
                order.shuffle(&mut draws);
                for index in &order {
                    if interrupted.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    self.slice(*index, round as usize, Some(*kind))?;
                }
            }
            after_round(round + 1);
        }
        Ok(())
    }

    /// The rounds of every strategy, in the order of the plan.
    pub(super) fn rounds(&self) -> Vec<&[Round]> {
        self.rivals().map(|entrant| entrant.rounds.as_slice()).collect()
    }

    /// The rounds of the control.
    pub(super) fn control(&self) -> Option<&[Round]> {
        self.entrants.get(self.plan.strategies.len()).map(|control| control.rounds.as_slice())
    }

    /// What the record says of every strategy.
    pub(super) fn cells(&self) -> Vec<Cell> {
        self.rivals().map(|entrant| entrant.cell(self.plan, self.scenario)).collect()
    }

    fn rivals(&self) -> impl Iterator<Item = &Entrant<'a>> {
        self.entrants.iter().take(self.plan.strategies.len())
    }

    /// Sets a strategy up on the arena as it is now.
    fn enter(&mut self, index: usize) -> Result<(), RunError> {
        let entrant = &mut self.entrants[index];
        let handle = self.arena.handle();
        let rival = set_up(entrant.strategy, self.scenario, &self.population, self.plan.seed, handle)?;
        rival.warm();
        entrant.rival = Some(rival);
        let client = |task| Client::new(task, &self.questions, self.arena.board());
        entrant.clients = (0..self.scenario.tasks() as usize).map(client).collect();
        Ok(())
    }

    /// Runs one slice, which counts towards `round` if it is of a kind.
    fn slice(&mut self, index: usize, round: usize, kind: Option<Kind>) -> Result<(), RunError> {
        let entrant = &mut self.entrants[index];
        let Some(rival) = &entrant.rival else { return Ok(()) };
        let clients = std::mem::take(&mut entrant.clients);
        let before = rival.stats();
        match self.arena.run(&**rival, clients, kind.unwrap_or(Kind::Untimed), self.schedule.slice) {
            Ok(sliced) => {
                let after = rival.stats();
                entrant.clients = sliced.clients;
                if let Some(kind) = kind {
                    entrant.misses += after.misses - before.misses;
                    entrant.evictions += after.cache.evictions - before.cache.evictions;
                    entrant.turned_away += after.cache.refused - before.cache.refused;
                    entrant.count(round, sliced.elapsed, self.schedule.tells_throughput(kind));
                }
                entrant.clean_up(&self.population);
                Ok(())
            }
            Err(in_flight) => {
                entrant.give_up(&in_flight, self.arena.patience());
                self.renew()
            }
        }
    }

    /// Moves everybody who is still in the race to a new arena: the workers of the old one may be blocked for good.
    fn renew(&mut self) -> Result<(), RunError> {
        self.arena = Arena::new(self.scenario, self.plan.patience)?;
        for index in 0..self.entrants.len() {
            if self.entrants[index].rival.is_some() {
                self.enter(index)?;
            }
        }
        Ok(())
    }
}

impl<'a> Entrant<'a> {
    fn new(strategy: &'a Strategy, scenario: &Scenario) -> Self {
        Self {
            strategy,
            rival: None,
            clients: Vec::new(),
            rounds: Vec::new(),
            tally: Tally::default(),
            measured: Duration::ZERO,
            misses: 0,
            evictions: 0,
            turned_away: 0,
            growth: vec![0; scenario.sessions.get() as usize],
            by_task: vec![0; scenario.tasks() as usize],
            stuck: None,
        }
    }

    fn count(&mut self, round: usize, elapsed: Duration, tells_throughput: bool) {
        self.measured += elapsed;
        if self.rounds.len() <= round {
            self.rounds.resize_with(round + 1, Round::default);
        }
        let logs = || self.clients.iter().map(|client| &client.log);
        if tells_throughput {
            let done: u64 = logs().flat_map(|log| &log.counts).map(|counts| counts.done).sum();
            self.rounds[round].throughput = Some(done as f64 / elapsed.as_secs_f64());
        }
        self.rounds[round].p99.extend(p99_by_operation(logs()));
        for client in &self.clients {
            self.tally.add(&client.log);
            self.by_task[client.index] += client.log.counts.iter().map(|counts| counts.done).sum::<u64>();
        }
    }

    /// Brings sessions and clients back to where the next slice finds what the first one found.
    fn clean_up(&mut self, population: &Population) {
        let mut made = Vec::new();
        for client in &mut self.clients {
            client.log.clear();
            made.append(&mut client.made);
            for index in client.grown.drain(..) {
                self.growth[index as usize] += 1;
            }
        }
        let long = |growth: u32, initial: usize| growth as usize > initial / 4;
        let grown: Vec<usize> = (0..self.growth.len())
            .filter(|index| long(self.growth[*index], population.contexts[*index].pool().len()))
            .collect();
        for index in &grown {
            self.growth[*index] = 0;
        }
        if let Some(rival) = &self.rival {
            rival.tidy(made, &grown, population);
        }
    }

    fn give_up(&mut self, in_flight: &[InFlight], patience: Duration) {
        // Not dropped: its tasks may hold it for good.
        std::mem::forget(self.rival.take());
        let mut places: Vec<_> = in_flight.iter().map(|stuck| stuck.operation.name().to_owned()).collect();
        places.sort();
        places.dedup();
        let message = format!(
            "nothing moved for {:.0} s with {} operations in flight; the strategy was taken out of the run",
            patience.as_secs_f64(),
            in_flight.len(),
        );
        let tasks =
            in_flight.iter().map(|stuck| format!("task {} in {}", stuck.task, stuck.operation)).collect();
        self.stuck =
            Some(Finding { kind: "stuck".to_owned(), severity: Severity::Error, message, places, tasks });
    }

    fn cell(&self, plan: &Plan, scenario: &Scenario) -> Cell {
        let counts = |operation: Operation| self.tally.counts[operation.index()];
        let looked_up: u64 = Operation::ALL
            .into_iter()
            .filter(|operation| !matches!(operation, Operation::ListContexts | Operation::CreateContext))
            .map(|operation| counts(operation).done + counts(operation).refused + counts(operation).errors)
            .sum();
        let factors = self.strategy.factors();
        Cell {
            scenario: scenario.name.clone(),
            strategy: self.strategy.name().to_owned(),
            factors: Some(record::Factors {
                session: factors.session.to_string(),
                cache: factors.cache.to_string(),
                dto: factors.dto.to_string(),
                save: factors.save.to_string(),
                state: factors.state.to_string(),
            }),
            point: point(scenario.point()),
            arrival: match scenario.arrival {
                Arrival::Closed => record::Arrival::Closed,
                Arrival::Open(_) => record::Arrival::Open,
            },
            seconds: self.measured.as_secs_f64(),
            rounds: self.rounds.len() as u32,
            operations: self.tally.sum(|counts| counts.done),
            errors: self.tally.sum(|counts| counts.errors),
            refused: self.tally.sum(|counts| counts.refused),
            hit_ratio: (looked_up > 0).then(|| 1.0 - (self.misses as f64 / looked_up as f64).min(1.0)),
            evictions: Some(self.evictions),
            throughput: judge::throughput(&self.rounds, plan.confidence),
            latency_ns: self.tally.latencies(),
            timeline: None,
            wait_ns: None,
            hold_ns: None,
            memory: None,
            fairness: self.fairness(scenario),
            of_limit: None,
            verification: None,
            findings: self.findings(),
        }
    }

    /// The least even sharing among tasks that ask alike. Who reads and who writes are not expected to do as much.
    fn fairness(&self, scenario: &Scenario) -> Option<record::Fairness> {
        let mut tasks = self.by_task.as_slice();
        let groups = scenario.groups.iter().filter_map(|group| {
            let alike;
            (alike, tasks) = tasks.split_at(group.tasks.get() as usize);
            jain(alike)
        });
        groups.reduce(f64::min).map(|jain| record::Fairness { jain, max_wait_ns: None })
    }

    fn findings(&self) -> Vec<Finding> {
        let failed = self.tally.first_error.as_ref().map(|first| {
            let places = Operation::ALL
                .into_iter()
                .filter(|operation| self.tally.counts[operation.index()].errors > 0);
            Finding {
                kind: "errors".to_owned(),
                severity: Severity::Error,
                message: format!(
                    "{} operations failed; the first: {first}",
                    self.tally.sum(|counts| counts.errors)
                ),
                places: places.map(|operation| operation.name().to_owned()).collect(),
                tasks: Vec::new(),
            }
        });
        let turned_away = (self.turned_away > 0).then(|| Finding {
            kind: "turned away".to_owned(),
            severity: Severity::Info,
            message: format!(
                "of {} evictions {} were newcomers that the cache did not take in; such a session is loaded anew \
                 when it is asked for again",
                self.evictions, self.turned_away,
            ),
            places: Vec::new(),
            tasks: Vec::new(),
        });
        self.stuck.iter().cloned().chain(failed).chain(turned_away).collect()
    }
}

/// Where every task both reads and writes there are no readers and writers to count.
fn point(point: Point) -> record::Point {
    let dedicated = point.readers + point.writers > 0;
    record::Point {
        workers: point.workers,
        tasks: point.tasks,
        readers: dedicated.then_some(point.readers),
        writers: dedicated.then_some(point.writers),
        save_ms: Some(point.save_ms),
    }
}
