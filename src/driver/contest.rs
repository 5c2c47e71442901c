//! One scenario: every rival gets one slice in each round, in an order drawn anew for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;

use crate::strategy::slowed;
use crate::workload::{Arrival, Scenario, Trace, random};
use lockyard_bench::stats::Ratio;

use super::arena::Arena;
use super::client::{Client, Questions};
use super::entrant::{Entrant, Who};
use super::error::RunError;
use super::judge;
use super::limit::{self, Limit};
use super::measured::Measured;
use super::outcome::{Outcome, Ran};
use super::plan::{Latency, Observer, Plan, Progress, Silent, Standing};
use super::population::Population;
use super::rival::{Contend, Kind, Rival, set_up, setup, stock};
use super::site::Site;
use super::tracking::Seen;
use super::verification::{Ground, History, MOST_OPERATIONS};

/// At least this many rounds of long slices, however short the time: fewer have no interval worth the name.
const MIN_ROUNDS: u32 = 5;

/// And of short ones, of which the machine may take some away whole.
const MIN_SHORT_ROUNDS: u32 = 24;

/// After this many rounds an interval may be trusted to be tight, and from then on is looked at every so many.
const LOOK_EVERY: u32 = 32;

/// From this length on, and wherever a model answers, a slice holds operations so long that reading a clock for each
/// costs nothing: then one slice serves for throughput and for latency.
const LONG_SLICE: Duration = Duration::from_millis(200);

/// An open loop asks at fixed times, and a stall must fit into a slice to be seen whole.
const OPEN_SLICE: Duration = Duration::from_secs(1);

/// An answer over HTTP takes as long as hundreds here, and a slice must hold many of each task's.
const SERVER_SLICE: Duration = Duration::from_millis(500);

/// So often in a run it is worked out where a candidate stands: with each round it would take longer than the rounds do.
const STANDINGS: u32 = 100;

/// Of so many rounds of short slices one has a second slice, which keeps latencies.
const LATENCY_EVERY: u32 = 4;

/// Rounds of short slices are gathered into this many blocks: a slice of milliseconds has no p99.
const BLOCKS: u32 = 20;

/// Before anything counts, every rival runs for as long as this.
const WARM_UP: Duration = Duration::from_millis(50);

/// How far the tasks move on in their traces from one round to the next. Odd, so that in time they begin everywhere.
const STRIDE: u64 = 61;

/// How often each strategy is verified in a scenario of short slices, for how long, and in one of long slices.
const VERIFICATIONS: u32 = 8;
const VERIFICATION: Duration = Duration::from_millis(20);
const LONG_VERIFICATIONS: u32 = 2;
const LONGEST_VERIFICATION: Duration = Duration::from_secs(1);

/// The stream of the seed that orders the rivals; streams from 0 on belong to the workload.
const ORDER_STREAM: u64 = u64::MAX;

/// How many rounds of which slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// At most.
    pub(super) rounds: u32,
    slice: Duration,
    /// Operations are long, so that each slice tells everything.
    whole: bool,
    latency: Latency,
}

impl Schedule {
    pub(super) fn new(plan: &Plan, scenario: &Scenario) -> Self {
        let wanted = match scenario.arrival {
            Arrival::Closed => scenario.slice,
            Arrival::Open(_) => scenario.slice.max(OPEN_SLICE),
        };
        let over_http = !plan.servers.is_empty();
        let wanted =
            if over_http { wanted.max(SERVER_SLICE).min(plan.duration / MIN_ROUNDS) } else { wanted };
        let slice = wanted.min(plan.longest_slice);
        let whole = slice >= LONG_SLICE || scenario.model.is_some() || over_http;
        let slices =
            if whole || plan.latency == Latency::None { 1.0 } else { 1.0 + 1.0 / f64::from(LATENCY_EVERY) };
        let rounds = (plan.duration.as_secs_f64() / (slice.as_secs_f64() * slices)).ceil() as u32;
        let least = if whole { MIN_ROUNDS } else { MIN_SHORT_ROUNDS };
        Self { rounds: rounds.max(least), slice, whole, latency: plan.latency }
    }

    /// The slices of a round; the first one tells throughput.
    fn kinds(&self, round: u32) -> &'static [Kind] {
        if self.whole {
            return &[Kind::Full];
        }
        if !(round + 1).is_multiple_of(LATENCY_EVERY) {
            return &[Kind::Bare];
        }
        match self.latency {
            Latency::None => &[Kind::Bare],
            Latency::Sampled => &[Kind::Bare, Kind::Sampled],
            Latency::Full => &[Kind::Bare, Kind::Full],
        }
    }

    fn ends_block(&self, round: u32) -> bool {
        let block = if self.whole { 1 } else { self.rounds.div_ceil(BLOCKS).next_multiple_of(LATENCY_EVERY) };
        (round + 1).is_multiple_of(block)
    }

    /// How long every strategy shall be verified before this round; not at all before most.
    fn verifies(&self, round: u32) -> Option<Duration> {
        let (times, length) = if self.whole {
            (LONG_VERIFICATIONS, self.slice.min(LONGEST_VERIFICATION))
        } else {
            (VERIFICATIONS, VERIFICATION)
        };
        round.is_multiple_of(self.rounds.div_ceil(times)).then_some(length)
    }

    /// Whether this is a moment to look if the intervals are tight.
    fn looks(&self, round: u32) -> bool {
        (round + 1).is_multiple_of(LOOK_EVERY) && round + 1 < self.rounds
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
    /// From when on the times of histories count.
    epoch: Instant,
    /// In the order of the plan's strategies; after them the control, where there is something to compare, and the
    /// limit, where there is one.
    entrants: Vec<Entrant<'a>>,
}

impl<'a> Contest<'a> {
    /// Sets every rival up and lets it run for a moment that does not count.
    pub(super) fn prepare(
        plan: &'a Plan,
        scenario: &'a Scenario,
        schedule: Schedule,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let control = plan.strategies.first().filter(|_| plan.strategies.len() > 1).map(Who::Control);
        // What this process could do at most says nothing of a server.
        let limit = limit::applies(scenario).filter(|_| plan.servers.is_empty()).map(|_| Who::Limit);
        let servers = plan.servers.iter().map(Who::Server);
        let who =
            plan.strategies.iter().map(Who::Strategy).chain(servers).chain(control).chain(limit).collect();
        Self::of(plan, scenario, schedule, who, observer)
    }

    /// The same, among whomever.
    pub(super) fn of(
        plan: &'a Plan,
        scenario: &'a Scenario,
        schedule: Schedule,
        who: Vec<Who<'a>>,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let population = Population::of(scenario, plan.seed);
        let traces = (0..scenario.tasks()).map(|task| Trace::generate(scenario, plan.seed, task)).collect();
        let mut questions = Questions::new(scenario, &population, traces, plan.seed);
        if !plan.servers.is_empty() {
            // Servers may stand on the same cores, and whoever waits by running takes them away.
            questions.near = Duration::ZERO;
        }
        let questions = Arc::new(questions);
        let arena = Arena::new(scenario, plan.patience)?;
        let entrants = who.into_iter().map(|who| Entrant::new(who, scenario)).collect();
        let mut contest =
            Self { plan, scenario, schedule, population, questions, arena, epoch: Instant::now(), entrants };
        for index in 0..contest.entrants.len() {
            let strategy = contest.entrants[index].who.name();
            observer.on(&Progress::Preparing { scenario: &scenario.name, strategy });
            contest.enter(index, observer)?;
            for nth in 0..WARM_UP.as_nanos().div_ceil(schedule.slice.as_nanos()) {
                contest.slice(index, nth as u32, Kind::Bare, None)?;
            }
            contest.entrants[index].forget_times();
        }
        Ok(contest)
    }

    /// Plays the rounds: all of them, or as many as it takes until the intervals are tight, or until `interrupted`.
    pub(super) fn play(
        &mut self,
        interrupted: &AtomicBool,
        mut history: Option<&mut History>,
        mut after_round: impl FnMut(u32, Option<Standing<'a>>),
    ) -> Result<(), RunError> {
        let mut draws = random::stream(self.plan.seed, ORDER_STREAM);
        let mut order: Vec<usize> = (0..self.entrants.len()).collect();
        let mut standing = None;
        for round in 0..self.schedule.rounds {
            if let Some(length) = self.schedule.verifies(round).filter(|_| self.plan.verify) {
                for index in 0..self.entrants.len() {
                    if interrupted.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    self.verify(index, round, length, history.as_deref_mut())?;
                }
            }
            for (nth, kind) in self.schedule.kinds(round).iter().enumerate() {
                order.shuffle(&mut draws);
                for index in &order {
                    if interrupted.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    self.slice(*index, round, *kind, Some(nth == 0))?;
                }
            }
            if self.schedule.ends_block(round) {
                self.entrants.iter_mut().for_each(|entrant| entrant.measured.end_block());
            }
            if (round + 1).is_multiple_of(self.schedule.rounds.div_ceil(STANDINGS)) {
                standing = self.standing();
            }
            after_round(round + 1, standing);
            if self.schedule.looks(round) && self.is_tight() {
                break;
            }
        }
        Ok(())
    }

    /// What was measured, to be judged.
    pub(super) fn outcome(self) -> Outcome {
        let mut outcome = Outcome::default();
        for mut entrant in self.entrants {
            entrant.see();
            let Entrant { who, measured, stuck, verified, seen, .. } = entrant;
            let seen = Some(seen).filter(|_| self.plan.track);
            let ran = Ran { measured, verified, seen, findings: stuck.into_iter().collect() };
            match who {
                Who::Strategy(_) | Who::Server(_) => outcome.strategies.push(ran),
                Who::Control(_) => outcome.control = Some(ran),
                Who::Limit => outcome.limit = Some(ran),
                Who::Slowed | Who::Tracked(_) | Who::Boxed(_) => {}
            }
        }
        outcome
    }

    /// What was measured of the entrant at `index`.
    pub(super) fn measured(&self, index: usize) -> &Measured {
        &self.entrants[index].measured
    }

    /// Where the last strategy stands by now.
    fn standing(&self) -> Option<Standing<'a>> {
        let [baseline, .., candidate] = self.entrants.get(..self.plan.names().count())? else { return None };
        let (confidence, of) = (self.plan.confidence, |entrant: &'_ Entrant<'a>| entrant.who.name());
        let Ratio { ratio, ci, .. } =
            judge::throughput_ratio(&[&candidate.measured], &[&baseline.measured], confidence)?;
        Some(Standing { candidate: of(candidate), baseline: of(baseline), ratio, ci })
    }

    fn strategies(&self) -> impl Iterator<Item = &Measured> {
        self.entrants.iter().take(self.plan.names().count()).map(|entrant| &entrant.measured)
    }

    /// Whether every ratio to the baseline is known as well as was asked for. What is looked at is how wide the
    /// intervals are and never where they lie: stopping at the first verdict would make verdicts of chance. (Y. S.
    /// Chow, H. Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals", 1965.)
    fn is_tight(&self) -> bool {
        let mut all = self.strategies();
        let Some(baseline) = all.next() else { return false };
        let precise = |candidate: &Measured| {
            judge::reach(candidate, baseline, self.plan.confidence)
                .is_some_and(|reach| reach <= self.plan.precision)
        };
        let mut candidates = all.peekable();
        candidates.peek().is_some() && candidates.all(precise)
    }

    /// Sets somebody up on the arena as it is now.
    fn enter(&mut self, index: usize, observer: &mut dyn Observer) -> Result<(), RunError> {
        let entrant = &mut self.entrants[index];
        let handle = self.arena.handle();
        let rival: Box<dyn Rival> = match entrant.who {
            Who::Strategy(strategy)
            | Who::Tracked(strategy)
            | Who::Boxed(strategy)
            | Who::Control(strategy) => {
                let store = stock(&self.population, handle);
                let tracked = self.plan.track || matches!(entrant.who, Who::Tracked(_));
                let stage = self.arena.stage(tracked);
                let Plan { seed, leave, .. } = *self.plan;
                let leave = leave.or(matches!(entrant.who, Who::Boxed(_)).then_some(0.0));
                set_up(strategy, self.scenario, &self.population, store, seed, &stage, leave)?
            }
            Who::Server(server) => {
                Box::new(Site::new(server, &self.population, handle, self.arena.patience(), observer)?)
            }
            Who::Slowed => {
                let store = stock(&self.population, handle);
                let setup = setup(self.scenario, store, self.plan.seed, handle);
                slowed::assemble(setup, Contend::new(&self.population, &self.arena.stage(false)))
            }
            Who::Limit => Box::new(Limit::new(self.scenario, &self.population, handle)),
        };
        rival.warm();
        entrant.rival = Some(rival);
        let client = |task| Client::new(task, &self.questions, self.arena.board());
        entrant.clients = (0..self.scenario.tasks() as usize).map(client).collect();
        Ok(())
    }

    /// Runs one slice, which counts towards `round` if it tells anything: throughput, or something else.
    fn slice(
        &mut self,
        index: usize,
        round: u32,
        kind: Kind,
        tells_throughput: Option<bool>,
    ) -> Result<(), RunError> {
        let entrant = &mut self.entrants[index];
        let Some(rival) = &entrant.rival else { return Ok(()) };
        let clients = std::mem::take(&mut entrant.clients);
        let before = rival.traffic();
        let position = u64::from(round) * STRIDE;
        match self.arena.run(&**rival, clients, kind, position, self.schedule.slice) {
            Ok(sliced) => {
                if self.has_gone(index) {
                    return Ok(());
                }
                let entrant = &mut self.entrants[index];
                let Some(rival) = &entrant.rival else { return Ok(()) };
                if let Some(tells_throughput) = tells_throughput {
                    entrant.measured.traffic(before, rival.traffic());
                    entrant.measured.count(round as usize, kind, tells_throughput, &sliced);
                }
                entrant.clients = sliced.clients;
                entrant.clean_up(&self.population);
                Ok(())
            }
            Err(in_flight) => {
                let stage = rival.stage().cloned();
                entrant.give_up(stage.as_ref(), &in_flight, self.arena.patience());
                self.renew()
            }
        }
    }

    /// Whether this is a server that has gone; then it is taken out of the race.
    fn has_gone(&mut self, index: usize) -> bool {
        let entrant = &mut self.entrants[index];
        let gone = entrant.rival.as_ref().and_then(|rival| rival.site()?.gone());
        if let (Who::Server(server), Some(reason)) = (entrant.who, &gone) {
            entrant.lose(server, reason);
        }
        gone.is_some()
    }

    /// Records and judges a slice of a strategy, set up anew over sessions of its own; of a server, over those that it has.
    fn verify(
        &mut self,
        index: usize,
        round: u32,
        length: Duration,
        history: Option<&mut History>,
    ) -> Result<(), RunError> {
        let entrant = &mut self.entrants[index];
        let ground = Ground {
            arena: &self.arena,
            population: &self.population,
            questions: &self.questions,
            capacity: self.scenario.capacity.get() as usize,
            epoch: self.epoch,
            most_operations: MOST_OPERATIONS,
        };
        let position = u64::from(round) * STRIDE;
        let mut judged_on = None;
        let run = match (entrant.who, &entrant.rival) {
            (Who::Strategy(strategy), Some(_)) => {
                let store = stock(&self.population, self.arena.handle());
                let stage = self.arena.stage(self.plan.track);
                let Plan { seed, leave, .. } = *self.plan;
                let rival = set_up(strategy, self.scenario, &self.population, store, seed, &stage, leave)?;
                let Some(subject) = rival.subject() else { return Ok(()) };
                // Who is stuck is not dropped: its tasks may hold it for good.
                let run = ground.run(&subject, position, length);
                if let Some(tracker) = stage.tracker() {
                    entrant.seen.add(Seen::by(tracker, false));
                }
                judged_on = Some(stage);
                run.map(Some).inspect_err(|_| std::mem::forget((rival, subject)))
            }
            (Who::Server(_), Some(rival)) => {
                let Some(site) = rival.site() else { return Ok(()) };
                site.verify(&ground, position, length)
            }
            _ => return Ok(()),
        };
        match run {
            Ok(run) => {
                if let (Some(run), Some(history)) = (&run, history) {
                    history.write(run)?;
                }
                run.iter().for_each(|run| entrant.verified.add(run));
                self.has_gone(index);
                Ok(())
            }
            Err(in_flight) => {
                entrant.give_up(judged_on.as_ref(), &in_flight, self.arena.patience());
                self.renew()
            }
        }
    }

    /// Moves everybody who is still in the race to a new arena: the workers of the old one may be blocked for good.
    fn renew(&mut self) -> Result<(), RunError> {
        self.arena = Arena::new(self.scenario, self.plan.patience)?;
        for index in 0..self.entrants.len() {
            if self.entrants[index].rival.is_some() {
                self.enter(index, &mut Silent)?;
            }
        }
        Ok(())
    }
}
