//! What the clients of a scenario have in common, and never change: which sessions there are, what is written into them,
//! and how a client behaves whose turn asks for decisions. The measured and the judged clients must behave alike, so that
//! stands here, once.

use std::sync::Arc;
use std::time::Duration;

use lockyard_bench::Random;
use rand::RngExt;

use crate::backend::chat::{ContextId, ContextUpdate, ToolCall, ToolDecision};
use crate::backend::service::CreateContext;
use crate::workload::{LlmProfile, Scenario, Step};

use super::population::Population;

/// The model and the modes that sessions are set to.
pub(super) const MODEL: &str = "simulated";
pub(super) const MODE: &str = "chat";
const OTHER_MODE: &str = "plan";

/// What the clients of a scenario have in common.
pub(super) struct Questions {
    pub(super) ids: Arc<[ContextId]>,
    /// What clients append and send.
    pub(super) text: String,
    pub(super) scenario: Scenario,
    seed: u64,
}

impl Questions {
    pub(super) fn new(scenario: &Scenario, population: &Population, seed: u64) -> Self {
        let (ids, text) = (population.ids.clone(), population.text.clone());
        Self { ids, text, scenario: scenario.clone(), seed }
    }

    /// A session to be created.
    pub(super) fn new_session() -> CreateContext {
        CreateContext { model_id: MODEL.to_owned(), mode: MODE.to_owned(), system_prompt_id: None }
    }

    /// Two modes in turn, so that an update always changes something.
    pub(super) fn update(step: &Step) -> ContextUpdate {
        let mode = if step.salt.is_multiple_of(2) { MODE } else { OTHER_MODE };
        ContextUpdate { mode: Some(mode.to_owned()), ..ContextUpdate::default() }
    }

    /// How long the client of this turn waits before it goes away; `None` if it stays.
    pub(super) fn patience(&self, step: &Step) -> Option<Duration> {
        let mut draws = Random::stream(self.seed, u64::from(step.salt));
        let goes_away = draws.random_bool(self.scenario.cancel.share().get());
        goes_away.then(|| longest_patience(&self.scenario).mul_f64(draws.random()))
    }

    /// How the client of this turn decides tool calls.
    pub(super) fn decisions(&self, step: &Step) -> Decisions {
        let deny = self.scenario.model.as_ref().map_or(0.0, |model| model.deny_percent.share().get());
        Decisions { draws: Random::stream(self.seed, u64::from(step.salt) ^ 1 << 32), deny }
    }
}

/// How long a client that goes away has waited at most: as long as a reply takes at most.
pub(super) fn longest_patience(scenario: &Scenario) -> Duration {
    scenario.model.as_ref().map_or(Duration::ZERO, LlmProfile::longest_reply)
}

/// How a client decides the tool calls of one turn.
pub(super) struct Decisions {
    draws: Random,
    deny: f64,
}

impl Decisions {
    /// What is decided on these calls: all at once, or one first and the others after. Nothing if there are none.
    pub(super) fn on(&mut self, pending: Vec<ToolCall>) -> Option<(Option<ToolDecision>, Vec<ToolDecision>)> {
        let deny = self.deny;
        let decide =
            |call: ToolCall| ToolDecision { call_id: call.id, approve: !self.draws.random_bool(deny) };
        let mut decisions: Vec<_> = pending.into_iter().map(decide).collect();
        match decisions.len() {
            0 => None,
            1 => Some((None, decisions)),
            _ => Some((Some(decisions.remove(0)), decisions)),
        }
    }
}
