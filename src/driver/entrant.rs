//! One place in a race: who runs there, and what it takes to run again as if for the first time.

use std::time::Duration;

use crate::strategy::Strategy;
use crate::workload::Scenario;
use lockyard_bench::record::{Finding, Severity};

use super::client::Client;
use super::measured::Measured;
use super::population::Population;
use super::rival::Rival;
use super::server::Server;
use super::stage::Stage;
use super::tracking::Seen;
use super::verification::Verified;
use super::watchdog::InFlight;

/// Who runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who<'a> {
    /// A strategy that shall be judged.
    Strategy(&'a Strategy),
    /// A strategy with tracked locks.
    Tracked(&'a Strategy),
    /// A strategy that is asked in the way that one with tracked locks is, and has none.
    Boxed(&'a Strategy),
    /// The baseline once more: how far the two come out apart is what the run cannot tell from nothing at all.
    Control(&'a Strategy),
    /// A server that shall be judged.
    Server(&'a Server),
    /// `after`, with work planted in its hit path.
    Slowed,
    /// What the machine could do at most.
    Limit,
}

impl<'a> Who<'a> {
    /// The name for whoever watches.
    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Strategy(strategy)
            | Self::Tracked(strategy)
            | Self::Boxed(strategy)
            | Self::Control(strategy) => strategy.name(),
            Self::Server(server) => server.name(),
            Self::Slowed => "the slowed one",
            Self::Limit => "the limit",
        }
    }
}

/// Somebody in the race, and what was measured so far.
pub(super) struct Entrant<'a> {
    pub(super) who: Who<'a>,
    /// `None` once it got stuck.
    pub(super) rival: Option<Box<dyn Rival>>,
    pub(super) clients: Vec<Client>,
    pub(super) measured: Measured,
    /// Messages that each session has gained since it was last restored.
    growth: Vec<u32>,
    pub(super) stuck: Option<Finding>,
    pub(super) verified: Verified,
    /// What trackers saw of those that ran here before, and of verification slices.
    pub(super) seen: Seen,
}

impl<'a> Entrant<'a> {
    pub(super) fn new(who: Who<'a>, scenario: &Scenario) -> Self {
        Self {
            who,
            rival: None,
            clients: Vec::new(),
            measured: Measured::new(scenario),
            growth: vec![0; scenario.sessions.get() as usize],
            stuck: None,
            verified: Verified::default(),
            seen: Seen::default(),
        }
    }

    /// Brings sessions and clients back to where the next slice finds what the first one found.
    pub(super) fn clean_up(&mut self, population: &Population) {
        let mut made = Vec::new();
        let mut grown = Vec::new();
        for client in &mut self.clients {
            client.log.clear();
            made.append(&mut client.made);
            for index in client.grown.drain(..) {
                let growth = &mut self.growth[index as usize];
                *growth += 1;
                let long = population.contexts[index as usize].pool().len() / 4;
                if *growth as usize == long + 1 {
                    grown.push(index as usize);
                }
            }
        }
        for index in &grown {
            self.growth[*index] = 0;
        }
        if let Some(rival) = &self.rival {
            rival.tidy(made, &grown, population);
        }
    }

    /// Takes a server out of the race that has gone.
    pub(super) fn lose(&mut self, server: &Server, reason: &str) {
        self.rival = None;
        self.stuck = Some(Finding {
            kind: "server lost".to_owned(),
            severity: Severity::Error,
            message: format!("the server has gone, and was taken out of the run: {reason}"),
            places: vec![server.address().to_string()],
            tasks: Vec::new(),
        });
    }

    /// Notes what the tracker of its rival has seen, if there is one.
    pub(super) fn see(&mut self) {
        let stage = self.rival.as_ref().and_then(|rival| rival.stage());
        if let Some(tracker) = stage.and_then(Stage::tracker) {
            self.seen.add(Seen::by(tracker, true));
        }
    }

    /// What its locks did so far shall not count, being warming up.
    pub(super) fn forget_times(&self) {
        let stage = self.rival.as_ref().and_then(|rival| rival.stage());
        if let Some(tracker) = stage.and_then(Stage::tracker) {
            tracker.clear_times();
        }
    }

    /// Takes its rival out of the race, which got stuck on `stage`.
    pub(super) fn give_up(&mut self, stage: Option<&Stage>, in_flight: &[InFlight], patience: Duration) {
        self.see();
        // Not dropped: its tasks may hold it for good.
        std::mem::forget(self.rival.take());
        // Then it is known what is waited for, and that says more.
        if stage.is_some_and(Stage::is_doomed) {
            return;
        }
        let besides = match stage.and_then(Stage::tracker) {
            Some(_) => {
                "; none of its locks is waited for in a circle, so what they wait for is something else"
            }
            None => "; --track tells who waits for whom, if it is for locks",
        };
        let mut places: Vec<_> = in_flight.iter().map(|stuck| stuck.operation.name().to_owned()).collect();
        places.sort();
        places.dedup();
        let message = format!(
            "nothing moved for {:.0} s with {} operations in flight; the strategy was taken out of the run{besides}",
            patience.as_secs_f64(),
            in_flight.len(),
        );
        let tasks =
            in_flight.iter().map(|stuck| format!("task {} in {}", stuck.task, stuck.operation)).collect();
        self.stuck =
            Some(Finding { kind: "stuck".to_owned(), severity: Severity::Error, message, places, tasks });
    }
}
