//! Where scenarios come from: built in, or a file; with what the command line lays over them.

use super::error::ScenarioError;
use super::file;
use super::scenario::{Origin, Scenario};
use super::source::Source;
use crate::unknown::Unknown;

/// The built-in scenarios: name and text.
const BUILTINS: [(&str, &str); 6] = [
    ("polling", include_str!("scenarios/polling.toml")),
    ("hot-context", include_str!("scenarios/hot-context.toml")),
    ("active-chat", include_str!("scenarios/active-chat.toml")),
    ("streaming", include_str!("scenarios/streaming.toml")),
    ("churn", include_str!("scenarios/churn.toml")),
    ("one-worker", include_str!("scenarios/one-worker.toml")),
];

impl Scenario {
    /// The scenario described by `text`; `source_name` is what messages call it, as a rule its path.
    ///
    /// ```
    /// use lockyard::workload::Scenario;
    ///
    /// let text = "name = 'mine'\nsessions = 0\n";
    /// let error = Scenario::from_toml("mine.toml", text).unwrap_err();
    /// assert!(error.to_string().starts_with("mine.toml:2:12: "));
    /// ```
    ///
    /// # Errors
    /// [`ScenarioError`] says what is wrong, at which line and column.
    pub fn from_toml(source_name: &str, text: &str) -> Result<Self, ScenarioError> {
        file::read(&Source::new(source_name, text, &[]))
    }

    /// The built-in scenario called `name`.
    ///
    /// # Errors
    /// [`ScenarioError`] if there is none of that name.
    pub fn builtin(name: &str) -> Result<Self, ScenarioError> {
        Self::load(name, &[""; 0])
    }

    /// All built-in scenarios.
    #[expect(clippy::missing_panics_doc, reason = "tests hold every built-in scenario to be valid")]
    pub fn builtins() -> impl Iterator<Item = Self> {
        BUILTINS.into_iter().map(|(name, _)| Self::builtin(name).expect("the built-in scenarios are valid"))
    }

    /// The names of all built-in scenarios, in the same order.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTINS.into_iter().map(|(name, _)| name)
    }

    /// The scenario in the file `name_or_path`, if that ends in `.toml`, or else the built-in one of that name; with
    /// `overrides` of the form `key=value` laid over it before it is checked, the last of a key winning.
    ///
    /// ```
    /// use lockyard::workload::Scenario;
    ///
    /// let small = Scenario::load("polling", &["tasks=4", "sessions=10"])?;
    /// assert_eq!((small.point().tasks, small.sessions.get()), (4, 10));
    /// # Ok::<(), lockyard::workload::ScenarioError>(())
    /// ```
    ///
    /// # Errors
    /// [`ScenarioError`] if there is no such scenario or file, or it makes no sense with these overrides.
    pub fn load(name_or_path: &str, overrides: &[impl AsRef<str>]) -> Result<Self, ScenarioError> {
        let overrides: Vec<_> = overrides.iter().map(|given| given.as_ref().to_owned()).collect();
        let is_path =
            std::path::Path::new(name_or_path).extension().is_some_and(|extension| extension == "toml");
        if is_path {
            let unreadable = |error| ScenarioError::Unreadable { path: name_or_path.to_owned(), error };
            let text = std::fs::read_to_string(name_or_path).map_err(unreadable)?;
            return file::read(&Source::new(name_or_path, &text, &overrides));
        }
        let (name, text) = BUILTINS.into_iter().find(|(name, _)| *name == name_or_path).ok_or_else(|| {
            let names = BUILTINS.map(|(name, _)| name);
            ScenarioError::UnknownScenario(Unknown::new("scenario", name_or_path, names))
        })?;
        file::read(&Source::new(&format!("built-in scenario {name}"), text, &overrides))
    }

    /// What it was read from: the text, and what was laid over it. With its name, another machine reads the same by
    /// [`of_document`](Self::of_document), which need not have the file.
    pub fn document(&self) -> (&str, &[String]) {
        (&self.origin.text, &self.origin.overrides)
    }

    /// The scenario of a document, with what was laid over it; `source_name` is what messages call it.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn of_document(source_name: &str, text: &str, overrides: &[String]) -> Result<Self, ScenarioError> {
        file::read(&Source::new(source_name, text, overrides))
    }

    /// The same with one more override laid over it, of this field by this value: checked as a whole, as any other.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn with(&self, field: &str, value: &str) -> Result<Self, ScenarioError> {
        let Origin { name, text, overrides } = &self.origin;
        let overrides: Vec<_> = overrides.iter().cloned().chain([format!("{field}={value}")]).collect();
        file::read(&Source::new(name, text, &overrides))
    }
}
