//! What happened in a run, step by step, as rows of a table: the same for every tool that finds something and every format
//! that shows it.

/// The one list of actions: variant, word in JSON, meaning.
macro_rules! actions {
    ($($action:ident $word:literal $meaning:literal)*) => {
        /// What a task does in a step.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Action {
            $(
                #[doc = $meaning]
                #[cfg_attr(feature = "serde", serde(rename = $word))]
                $action,
            )*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$action),*];

            /// The word, as it stands in JSON and in tables.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $word,)*
                }
            }
        }
    };
}

actions! {
    Invoke "invoke" "Invokes the operation that is the object."
    Return "return" "Returns from the operation that is the object."
    NoReturn "no return" "Will never return from the operation that is the object."
    Queue "queue" "Enters the wait queue of the lock that is the object, in the mode that is the value."
    Claim "claim" "Becomes the next holder of the lock that is the object, once its present holders have unlocked it."
    Lock "lock" "Locks the object in the mode that is the value: `read` or `write`."
    Unlock "unlock" "Unlocks the object."
    Access "access" "Does to a shared object what the object says, such as `look up in the cache`."
    Call "call" "Calls what is outside of the program, with the outcome that is the value, if it is an unusual one."
    Resume "resume" "Resumes from an await."
    Tick "tick" "Is woken by the clock."
    Cancel "cancel" "Its future is dropped where it stands."
    Stall "stall" "Its future is kept and never polled again."
}

/// One row: something that one task did. [`Display`](std::fmt::Display) says it in words, without task and place.
///
/// ```
/// use lockyard_evidence::{Action, Step};
///
/// let step = Step {
///     nth: 3,
///     task: 0,
///     action: Action::Lock,
///     object: Some("account".to_owned()),
///     value: Some("write".to_owned()),
///     place: None,
///     holds: vec!["account".to_owned()],
///     waits_for: Vec::new(),
/// };
/// assert_eq!(step.to_string(), "lock account (write)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The number of the step, from 1 on. What has the same number happens at once: no other task runs in between.
    pub nth: u32,
    /// The task, by its place among the tasks.
    pub task: usize,
    /// What it does.
    pub action: Action,
    /// To what: the class of a lock, an operation, a shared object.
    pub object: Option<String>,
    /// With what: the mode of a lock, an outcome.
    pub value: Option<String>,
    /// Where in the source, as `file:line:column`.
    pub place: Option<String>,
    /// The classes of the locks that the task holds after it.
    pub holds: Vec<String>,
    /// The classes of the locks that the task waits for after it: several where its branches wait.
    pub waits_for: Vec<String>,
}

impl Step {
    /// The step in words, without its task and its place.
    fn words(&self) -> String {
        let object = self.object.as_deref().unwrap_or_default();
        let verb = match self.action {
            Action::NoReturn => "never returns from",
            Action::Queue => "queue for",
            Action::Claim => "first in the queue for",
            Action::Access => "",
            Action::Tick => "woken by the clock",
            Action::Cancel => "cancelled",
            Action::Stall => "stalled: never polled again",
            Action::Invoke
            | Action::Return
            | Action::Lock
            | Action::Unlock
            | Action::Call
            | Action::Resume => self.action.as_str(),
        };
        let value = match (self.action, self.value.as_deref()) {
            (_, None) => String::new(),
            (Action::Queue | Action::Claim | Action::Lock, Some(mode)) => format!(" ({mode})"),
            (_, Some(value)) => format!(": {value}"),
        };
        [verb, object].iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ") + &value
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.words())
    }
}

/// What the numbers beside the events of a history count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Numbering {
    /// The rows of the drawing.
    #[default]
    Step,
    /// The lines of a file.
    Line,
    /// The events of a file that is a single line.
    Event,
}

impl Numbering {
    /// What one of them is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Line => "line",
            Self::Event => "event",
        }
    }
}
