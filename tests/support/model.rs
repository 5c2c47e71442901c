//! A model that gives scripted answers, when it is let.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream;
use lockyard::backend::chat::{NewToolCall, ToolCall, ToolResult};
use lockyard::backend::service::{Chunk, ModelClient, ModelError, Prompt, Reply, ToolRunner};
use parking_lot::Mutex;
use serde_json::json;

use super::Valve;

/// One answer of the model.
#[derive(Clone, Debug)]
pub enum Answer {
    Full(&'static str, Vec<NewToolCall>),
    /// Chunks, each of which passes the valve `chunks`; the stream ends as the last item says.
    Stream(Vec<Chunk>, Result<(), ModelError>),
    Error(ModelError),
}

/// A model and its tools. Clones are handles to the same one.
#[derive(Clone, Default)]
pub struct ScriptedModel(Arc<Script>);

#[derive(Default)]
pub struct Script {
    /// Passed by each request.
    pub requests: Valve,
    /// Passed by each chunk of a stream, and by its end.
    pub chunks: Arc<Valve>,
    /// Passed by each tool.
    pub tools: Valve,
    answers: Mutex<VecDeque<Answer>>,
    tool_errors: Mutex<VecDeque<ModelError>>,
    tools_run: Mutex<Vec<ToolCall>>,
    prompts: Mutex<Vec<Prompt>>,
}

impl ScriptedModel {
    /// Answers so, in this order, and then always `done`.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let model = Self::default();
        model.0.answers.lock().extend(answers);
        model
    }
}

impl std::ops::Deref for ScriptedModel {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.0
    }
}

impl Script {
    pub fn then(&self, answer: Answer) {
        self.answers.lock().push_back(answer);
    }

    /// The next tool that is run cannot be.
    pub fn fail_tool(&self, error: ModelError) {
        self.tool_errors.lock().push_back(error);
    }

    pub fn prompts(&self) -> Vec<Prompt> {
        self.prompts.lock().clone()
    }

    pub fn tools_run(&self) -> Vec<String> {
        self.tools_run.lock().iter().map(|call| call.id.0.clone()).collect()
    }
}

impl ModelClient for ScriptedModel {
    async fn request(&self, prompt: Prompt) -> Result<Reply, ModelError> {
        self.prompts.lock().push(prompt);
        self.requests.pass().await;
        let answer = self.answers.lock().pop_front();
        match answer.unwrap_or(Answer::Full("done", vec![])) {
            Answer::Full(text, tool_calls) => Ok(Reply::Full { text: text.to_owned(), tool_calls }),
            Answer::Error(error) => Err(error),
            Answer::Stream(chunks, end) => {
                let items: VecDeque<_> = chunks.into_iter().map(Ok).chain(end.err().map(Err)).collect();
                let valve = self.chunks.clone();
                Ok(Reply::Stream(Box::pin(stream::unfold((items, valve), async |(mut items, valve)| {
                    valve.pass().await;
                    items.pop_front().map(|item| (item, (items, valve)))
                }))))
            }
        }
    }
}

impl ToolRunner for ScriptedModel {
    async fn run(&self, call: &ToolCall) -> Result<ToolResult, ModelError> {
        self.tools.pass().await;
        if let Some(error) = self.tool_errors.lock().pop_front() {
            return Err(error);
        }
        self.tools_run.lock().push(call.clone());
        Ok(ToolResult { call_id: call.id.clone(), output: format!("{} ran", call.name), is_error: false })
    }
}

pub fn call(id: &str) -> NewToolCall {
    NewToolCall::new(id, "look_up", json!({}))
}

pub fn words(words: &[&str]) -> Vec<Chunk> {
    words.iter().map(|word| Chunk::Text((*word).to_owned())).collect()
}

pub fn transient() -> ModelError {
    ModelError::Transient("overloaded".to_owned())
}

pub fn fatal() -> ModelError {
    ModelError::Fatal("refused".to_owned())
}
