//! What the search for faults came to: models of the good code, and pitfalls that the checks must catch.

#[cfg(feature = "serde")]
use std::path::Path;
#[cfg(feature = "serde")]
use std::sync::{Mutex, PoisonError};
#[cfg(feature = "serde")]
use std::{fs, io};

use super::counterexample::Counterexample;

/// What a verification found: `lockyard verify --format json`, and what the scripts of other engines write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerificationReport {
    /// Models of correct designs that ran.
    #[cfg_attr(feature = "serde", serde(default))]
    pub models: Vec<ModelResult>,
    /// Seeded bugs, and which checks detected them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub pitfalls: Vec<PitfallResult>,
    /// Steps of the explored code that are one step in the explorer and several on threads, by their places.
    #[cfg_attr(feature = "serde", serde(default))]
    pub coarse_steps: Vec<String>,
    /// True when it was stopped before its end: what was not done by then is missing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub interrupted: bool,
}

impl VerificationReport {
    /// Takes over what another engine has found.
    pub fn merge(&mut self, other: Self) {
        self.models.extend(other.models);
        self.coarse_steps.extend(other.coarse_steps);
        self.interrupted |= other.interrupted;
        for theirs in other.pitfalls {
            match self.pitfalls.iter_mut().find(|ours| ours.pitfall == theirs.pitfall) {
                Some(ours) => ours.merge(theirs),
                None => self.pitfalls.push(theirs),
            }
        }
    }

    /// Adds this to the report in `file`, or begins one there: several programs of one run write into one file, one after
    /// another.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds something else.
    #[cfg(feature = "serde")]
    pub fn merge_into(self, file: &Path) -> io::Result<()> {
        static WRITING: Mutex<()> = Mutex::new(());
        let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = match fs::read(file) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(error),
        };
        report.merge(self);
        fs::write(file, serde_json::to_vec_pretty(&report)?)
    }

    /// Whether every model holds and has explored what it must, every pitfall was caught by every check it names that
    /// ran, and no check raised an alarm over a fixed variant.
    pub fn holds(&self) -> bool {
        self.models.iter().all(ModelResult::passes) && self.pitfalls.iter().all(PitfallResult::passes)
    }
}

/// One model of a correct design, run under one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelResult {
    /// The model's name.
    pub model: String,
    /// The strategy it ran over.
    pub strategy: String,
    /// Other strategies that are modelled alike, so that the result is theirs, too.
    #[cfg_attr(feature = "serde", serde(default))]
    pub represents: Vec<String>,
    /// What tried the interleavings.
    pub engine: Engine,
    /// Interleavings tried.
    pub schedules: u64,
    /// Interleavings that this run had to try at least, so that a model that explores nothing cannot pass.
    pub min_schedules: u64,
    /// True if every interleaving was tried, or one of each equivalence class where an assumption is named; never of an
    /// unsound search.
    pub exhaustive: bool,
    /// What bounded the search, in words; null if nothing did.
    pub bound: Option<String>,
    /// What an exhaustive search takes for granted, such as that every access to shared state is reported; null if nothing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub assumption: Option<String>,
    /// Why the search proves nothing, in words, such as that a task waited for what the engine does not see; null if it is
    /// sound.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unsound: Option<String>,
    /// True if the model's property held in all of them.
    pub holds: bool,
    /// Time it took, in milliseconds.
    pub millis: u64,
    /// How it failed; absent if it holds.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub counterexample: Option<Counterexample>,
}

impl ModelResult {
    /// Whether the result is one of this strategy: it ran over it, or over one that is modelled alike.
    pub fn is_of(&self, strategy: &str) -> bool {
        self.strategy == strategy || self.represents.iter().any(|name| name == strategy)
    }

    /// Whether the property holds, as many interleavings were tried as must be, and the search is sound: a model that
    /// explores nothing, or cannot see what it explores, proves nothing.
    pub fn passes(&self) -> bool {
        self.holds && self.schedules >= self.min_schedules && self.unsound.is_none()
    }
}

/// What tries the interleavings of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Engine {
    /// The await-point explorer: every order of the steps between awaits.
    Explorer,
    /// loom: every order of atomic operations, under the memory model.
    Loom,
    /// shuttle: random orders of a program too large for the others.
    Shuttle,
}

/// One seeded bug, and which checks detected it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PitfallResult {
    /// The pitfall's name.
    pub pitfall: String,
    /// The class of bug it represents, such as `deadlock`.
    pub class: String,
    /// The checks that must detect it.
    pub expected: Vec<Check>,
    /// The checks that did.
    pub caught_by: Vec<Check>,
    /// The expected checks that ran and saw nothing.
    pub missed_by: Vec<Check>,
    /// The expected checks that did not run here.
    pub not_run: Vec<Check>,
    /// The checks with a false positive on its fixed variant. In schema 1 of the record: `twin_alarms`.
    #[cfg_attr(feature = "serde", serde(alias = "twin_alarms"))]
    pub false_positives: Vec<Check>,
}

impl PitfallResult {
    /// Whether no check that ran missed it, or raised an alarm over its fixed variant.
    pub fn passes(&self) -> bool {
        self.missed_by.is_empty() && self.false_positives.is_empty()
    }

    /// Whether it was caught by every check that ran and must see it; not so if none ran.
    pub fn is_caught(&self) -> bool {
        !self.caught_by.is_empty() && self.missed_by.is_empty()
    }

    /// What came of it, in a word or two, with the script that runs what did not run here.
    pub fn outcome(&self) -> String {
        if !self.false_positives.is_empty() {
            "FALSE POSITIVE on the fixed variant".to_owned()
        } else if !self.missed_by.is_empty() {
            "MISSED".to_owned()
        } else if self.caught_by.is_empty() {
            format!("not run ({})", how_to_run(&self.not_run))
        } else if self.not_run.is_empty() {
            "detected".to_owned()
        } else {
            format!("detected; not run: {}", how_to_run(&self.not_run))
        }
    }

    /// What came of all of them, in a sentence: how many were detected, and what did not run, with the script that runs it.
    ///
    /// ```
    /// use lockyard_evidence::{Check, PitfallResult};
    ///
    /// let result = |pitfall: &str, caught_by: Vec<Check>, not_run: Vec<Check>| PitfallResult {
    ///     pitfall: pitfall.to_owned(),
    ///     class: "atomicity".to_owned(),
    ///     expected: [caught_by.clone(), not_run.clone()].concat(),
    ///     caught_by,
    ///     missed_by: Vec::new(),
    ///     not_run,
    ///     false_positives: Vec::new(),
    /// };
    /// let all = [
    ///     result("torn-page", vec![Check::Explorer], vec![]),
    ///     result("relaxed-publication", vec![], vec![Check::Loom]),
    /// ];
    /// assert_eq!(
    ///     PitfallResult::summary(&all),
    ///     "1 of 2 seeded bugs detected; 1 not run (loom: run `scripts/loom.sh`)",
    /// );
    /// ```
    pub fn summary(all: &[Self]) -> String {
        let count = |of: fn(&Self) -> bool| all.iter().filter(|it| of(it)).count();
        let mut words = vec![format!("{} of {} seeded bugs detected", count(Self::is_caught), all.len())];
        let missed = count(|it| !it.missed_by.is_empty());
        if missed > 0 {
            words.push(format!("{missed} missed"));
        }
        // Those of which nothing is known, and those that could be known better.
        let ran = |it: &Self| !(it.caught_by.is_empty() && it.missed_by.is_empty());
        for (had_others, label) in
            [(false, "not run"), (true, "not tried by every check that should detect it")]
        {
            // What no check tried was not run, whether or not the list says by which.
            let these: Vec<_> = all
                .iter()
                .filter(|it| ran(it) == had_others && !(had_others && it.not_run.is_empty()))
                .collect();
            if !these.is_empty() {
                let missing = |it: &&Self| {
                    if it.not_run.is_empty() { it.expected.clone() } else { it.not_run.clone() }
                };
                let by: Vec<_> = these.iter().flat_map(missing).collect();
                words.push(format!("{} {label} ({})", these.len(), how_to_run(&by)));
            }
        }
        let alarms = count(|it| !it.false_positives.is_empty());
        if alarms > 0 {
            let plural = if alarms == 1 { "" } else { "s" };
            words.push(format!("{alarms} false positive{plural} on fixed variants"));
        }
        words.join("; ")
    }

    /// Takes over what other checks made of the same pitfall.
    fn merge(&mut self, other: Self) {
        let both = |ours: &mut Vec<Check>, theirs: Vec<Check>| {
            ours.extend(theirs);
            ours.sort_unstable();
            ours.dedup();
        };
        both(&mut self.expected, other.expected);
        both(&mut self.caught_by, other.caught_by);
        both(&mut self.missed_by, other.missed_by);
        both(&mut self.false_positives, other.false_positives);
        both(&mut self.not_run, other.not_run);
        let Self { not_run, caught_by, missed_by, .. } = self;
        not_run.retain(|check| !caught_by.contains(check) && !missed_by.contains(check));
    }
}

/// Checks, and the script that runs each that the program itself cannot.
fn how_to_run(checks: &[Check]) -> String {
    let mut checks = checks.to_vec();
    checks.sort_unstable();
    checks.dedup();
    let words = checks.iter().map(|check| match check {
        Check::Loom | Check::Shuttle => format!("{check}: run `scripts/{check}.sh`", check = check.as_str()),
        _ => check.as_str().to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A way to find a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Check {
    /// The await-point explorer.
    Explorer,
    /// loom models.
    Loom,
    /// shuttle models.
    Shuttle,
    /// Tracked locks on the real runtime.
    Live,
    /// A history, checked after the run.
    History,
    /// Invariants of the system, checked while it runs.
    Invariants,
    /// What an answer must look like.
    Contract,
}

impl Engine {
    /// The word, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explorer => "explorer",
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
        }
    }
}

impl Check {
    /// Every check, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Explorer,
        Self::Loom,
        Self::Shuttle,
        Self::Live,
        Self::History,
        Self::Invariants,
        Self::Contract,
    ];

    /// The word, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explorer => "explorer",
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
            Self::Live => "live",
            Self::History => "history",
            Self::Invariants => "invariants",
            Self::Contract => "contract",
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    /// As written before there was a word for an unsound search.
    const BEFORE: &str = r#"{"model":"save","strategy":"best","engine":"explorer","schedules":8,"min_schedules":8,
        "exhaustive":true,"bound":null,"holds":true,"millis":1}"#;

    #[test]
    fn an_unsound_search_does_not_pass_and_what_was_written_before_is_read() {
        let sound: ModelResult = serde_json::from_str(BEFORE).unwrap();
        assert_eq!((&sound.assumption, &sound.unsound), (&None, &None));
        assert_eq!(sound.represents, [""; 0]);
        assert!(sound.passes());
        let unsound = ModelResult { unsound: Some("task 0 waited elsewhere".to_owned()), ..sound };
        assert!(!unsound.passes(), "no violation, and no proof either");
        let written = serde_json::to_string(&unsound).unwrap();
        assert_eq!(serde_json::from_str::<ModelResult>(&written).unwrap(), unsound);
    }

    #[test]
    fn a_result_is_that_of_every_strategy_that_is_modelled_alike() {
        let mut found: ModelResult = serde_json::from_str(BEFORE).unwrap();
        found.represents = vec!["clock".to_owned()];
        assert_eq!(["best", "clock", "naive"].map(|name| found.is_of(name)), [true, true, false]);
    }

    #[test]
    fn what_another_program_has_tried_stands_beside_what_is_known() {
        let result = |pitfall: &str, check: Check| PitfallResult {
            pitfall: pitfall.to_owned(),
            class: "futurelock".to_owned(),
            expected: vec![check],
            caught_by: vec![check],
            missed_by: Vec::new(),
            not_run: Vec::new(),
            false_positives: Vec::new(),
        };
        let of = |pitfalls| VerificationReport { pitfalls, ..Default::default() };
        let mut report = of(vec![result("known", Check::Explorer)]);
        report.merge(of(vec![result("known", Check::Live), result("theirs", Check::Live)]));
        assert_eq!(report.pitfalls[0].caught_by, [Check::Explorer, Check::Live]);
        assert_eq!(report.pitfalls[1..], [result("theirs", Check::Live)]);
        assert!(report.holds());
        let mut missed = result("theirs", Check::Live);
        (missed.caught_by, missed.missed_by) = (vec![], vec![Check::Live]);
        report.merge(of(vec![missed]));
        assert!(!report.holds(), "what is missed by another program fails, too");
    }

    #[test]
    fn what_was_not_run_never_counts_as_caught() {
        let result = |caught_by: &[Check], not_run: &[Check]| PitfallResult {
            pitfall: "torn-page".to_owned(),
            class: "atomicity".to_owned(),
            expected: vec![Check::Explorer],
            caught_by: caught_by.to_vec(),
            missed_by: Vec::new(),
            not_run: not_run.to_vec(),
            false_positives: Vec::new(),
        };
        for not_run in [&[Check::Explorer][..], &[]] {
            let nothing = result(&[], not_run);
            assert!(!nothing.is_caught() && nothing.outcome().starts_with("not run"));
            let all = [nothing, result(&[Check::Explorer], &[])];
            assert_eq!(
                PitfallResult::summary(&all),
                "1 of 2 seeded bugs detected; 1 not run (explorer)",
                "not run by {not_run:?}"
            );
        }
    }
}
