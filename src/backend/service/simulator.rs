//! A language model for measurements: seeded, so that the same session gets the same answers in every run.

use std::ops::RangeInclusive;
use std::time::Duration;

use futures_util::stream;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::backend::chat::{NewToolCall, ToolCall, ToolResult};
use crate::backend::clock::Clock;

use super::model::{Chunk, ModelClient, ModelError, Prompt, Reply, ReplyStream, ToolRunner};

/// How the simulated model behaves. Ranges are drawn from uniformly; shares are 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatorConfig {
    /// From the request to the first word.
    pub latency: RangeInclusive<Duration>,
    /// Between two chunks of a streamed reply.
    pub chunk_interval: RangeInclusive<Duration>,
    /// Chunks of a reply; a single one is given at once instead of streamed.
    pub chunks: RangeInclusive<u32>,
    /// Share of replies that want to call tools.
    pub tool_calls: f64,
    /// Share of requests that fail but may go well when they are tried again.
    pub transient_failures: f64,
    /// Share of requests that fail for good.
    pub fatal_failures: f64,
    /// Decides every draw, together with the session and its version.
    pub seed: u64,
}

impl Default for SimulatorConfig {
    /// A model that answers at once, in one piece, and never fails.
    fn default() -> Self {
        Self {
            latency: Duration::ZERO..=Duration::ZERO,
            chunk_interval: Duration::ZERO..=Duration::ZERO,
            chunks: 1..=1,
            tool_calls: 0.0,
            transient_failures: 0.0,
            fatal_failures: 0.0,
            seed: 0,
        }
    }
}

/// A model that does nothing but take its time, and tools that find nothing at once.
pub struct Simulator<C> {
    clock: C,
    config: SimulatorConfig,
}

impl<C: Clock + Clone> Simulator<C> {
    /// A simulator that waits on `clock`.
    pub fn new(clock: C, config: SimulatorConfig) -> Self {
        Self { clock, config }
    }

    /// The draws for one request: the same whenever the same session asks at the same version.
    fn draws(&self, prompt: &Prompt) -> ChaCha8Rng {
        let (high, low) = prompt.context.id().0.as_u64_pair();
        ChaCha8Rng::seed_from_u64(self.config.seed ^ high ^ low.rotate_left(32) ^ prompt.context.version().0)
    }

    async fn wait(&self, draws: &mut ChaCha8Rng) {
        let latency = draws.random_range(self.config.latency.clone());
        if !latency.is_zero() {
            self.clock.sleep(latency).await;
        }
    }

    fn stream(&self, chunks: Vec<Chunk>, draws: ChaCha8Rng) -> ReplyStream {
        let (clock, interval) = (self.clock.clone(), self.config.chunk_interval.clone());
        let start = (chunks.into_iter(), draws, clock, interval);
        Box::pin(stream::unfold(start, async |(mut chunks, mut draws, clock, interval)| {
            let chunk = chunks.next()?;
            clock.sleep(draws.random_range(interval.clone())).await;
            Some((Ok(chunk), (chunks, draws, clock, interval)))
        }))
    }
}

impl<C: Clock + Clone> ModelClient for Simulator<C> {
    async fn request(&self, prompt: Prompt) -> Result<Reply, ModelError> {
        let mut draws = self.draws(&prompt);
        self.wait(&mut draws).await;
        if draws.random_bool(self.config.transient_failures) {
            return Err(ModelError::Transient("the model is overloaded (simulated)".to_owned()));
        }
        if draws.random_bool(self.config.fatal_failures) {
            return Err(ModelError::Fatal("the model refused the conversation (simulated)".to_owned()));
        }
        let pieces = draws.random_range(self.config.chunks.clone());
        let mut tool_calls = Vec::new();
        if draws.random_bool(self.config.tool_calls) {
            let version = prompt.context.version().0;
            tool_calls.extend((0..draws.random_range(1..=2)).map(|nth| {
                NewToolCall::new(&format!("call-{version}-{nth}"), "look_up", json!({ "question": nth }))
            }));
        }
        if pieces <= 1 {
            return Ok(Reply::Full { text: piece(0), tool_calls });
        }
        let text = (0..pieces).map(|nth| Chunk::Text(piece(nth)));
        let chunks = text.chain(tool_calls.into_iter().map(Chunk::ToolCall)).collect();
        Ok(Reply::Stream(self.stream(chunks, draws)))
    }
}

impl<C: Clock + Clone> ToolRunner for Simulator<C> {
    async fn run(&self, call: &ToolCall) -> Result<ToolResult, ModelError> {
        let output = format!("{}: nothing was found (simulated)", call.name);
        Ok(ToolResult { call_id: call.id.clone(), output, is_error: false })
    }
}

/// A small chunk, as models send them.
fn piece(nth: u32) -> String {
    format!("word{nth} ")
}
