//! The form a scenario has in TOML, and what must hold between its fields.
//!
//! Types check each value where it stands (see [`quantity`](super::quantity)); this file checks the fields against each
//! other and makes a [`Scenario`] of them, in which the contradictions can no longer be expressed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::arrival::Arrival;
use super::error::ScenarioError;
use super::known;
use super::mix::Mix;
use super::operation::Operation;
use super::quantity::{Percent, Rate, Whole, zipf_exponent};
use super::scenario::{Group, LlmProfile, Role, Scenario, WriterKeys};
use super::source::Source;
use super::sweep::{Setting, Sweep};

/// Sessions, tasks and the like: more than a million is more than one machine holds.
type Count<const MIN: u32> = Whole<MIN, 1_000_000>;
/// Milliseconds, up to an hour.
type Millis<const MIN: u32> = Whole<MIN, 3_600_000>;
/// How much one answer holds, up to what the endpoints allow.
type Page = Whole<1, 1_000>;
/// `[reads]` or `[writes]`.
type Shares = Spanned<BTreeMap<Operation, Spanned<Percent>>>;
/// The same, checked; empty if it was not given.
type Weights = Vec<(Operation, f64)>;

const NO_READS: &str = "there are to be reads, and no [reads] table says which";
const NO_WRITES: &str = "there are to be writes, and no [writes] table says which";

/// A scenario as written. What is absent has the default that `scenario` gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    #[serde(default)]
    about: String,
    sessions: Count<1>,
    messages: Count<0>,
    message_bytes: Whole<1, 16_777_216>,
    capacity: Count<1>,
    #[serde(default, deserialize_with = "zipf_exponent")]
    zipf: f64,
    workers: Whole<1, 1_024>,
    tasks: Option<Spanned<Count<1>>>,
    read_percent: Option<Spanned<Percent>>,
    readers: Option<Spanned<Count<0>>>,
    writers: Option<Spanned<Count<0>>>,
    reads: Option<Shares>,
    writes: Option<Shares>,
    rate: Option<Rate>,
    save_ms: Option<Millis<0>>,
    page: Option<Page>,
    list_limit: Option<Page>,
    slice_ms: Option<Millis<1>>,
    writer_keys: Option<Spanned<WriterKeys>>,
    cancel_percent: Option<Spanned<Percent>>,
    model: Option<Spanned<LlmProfile>>,
    sweep: Option<BTreeMap<Setting, Spanned<Vec<Count<0>>>>>,
}

/// The scenario that `source` describes.
pub(super) fn read(source: &Source<'_>) -> Result<Scenario, ScenarioError> {
    let tree = source.tree()?;
    known::check_keys::<File>(source, tree.get_ref())?;
    let file = File::deserialize(toml::Deserializer::from(tree)).map_err(|error| source.invalid(&error))?;
    file.scenario(source)
}

impl File {
    fn scenario(self, source: &Source<'_>) -> Result<Scenario, ScenarioError> {
        let groups = self.groups(source)?;
        self.check(source, &groups)?;
        let sweeps = self.sweeps(source)?;
        let millis = |millis: u32| Duration::from_millis(millis.into());
        Ok(Scenario {
            origin: source.origin(),
            name: self.name.into_inner(),
            about: self.about,
            sessions: self.sessions.nonzero(),
            messages: self.messages.get(),
            message_bytes: self.message_bytes.get(),
            capacity: self.capacity.nonzero(),
            zipf: self.zipf,
            workers: self.workers.nonzero(),
            groups,
            arrival: self.rate.map_or(Arrival::Closed, Arrival::Open),
            save: millis(self.save_ms.map_or(0, Whole::get)),
            page: self.page.map_or(50, Whole::get),
            list_limit: self.list_limit.map_or(50, Whole::get),
            slice: millis(self.slice_ms.map_or(4, Whole::get)),
            writer_keys: self.writer_keys.map_or(WriterKeys::Skewed, Spanned::into_inner),
            cancel: self.cancel_percent.map(Spanned::into_inner).unwrap_or_default(),
            model: self.model.map(Spanned::into_inner),
            sweeps,
        })
    }

    /// What [sweep] says. That each of its values makes a scenario is seen when that scenario is made.
    fn sweeps(&self, source: &Source<'_>) -> Result<Vec<Sweep>, ScenarioError> {
        let sweep = |(along, values): (&Setting, &Spanned<Vec<Count<0>>>)| {
            let sweep = Sweep::new(*along, values.get_ref().iter().map(|value| value.get()));
            sweep
                .ok_or_else(|| source.contradiction(&values.span(), "a sweep needs two values to go between"))
        };
        self.sweep.iter().flatten().map(sweep).collect()
    }

    /// Which clients ask. Of the two ways to say it, exactly one must be used, and used whole.
    fn groups(&self, source: &Source<'_>) -> Result<Vec<Group>, ScenarioError> {
        let reads = weights(source, "reads", self.reads.as_ref())?;
        let writes = weights(source, "writes", self.writes.as_ref())?;
        let apart = self.readers.is_some() || self.writers.is_some();
        let (span, message) = match (&self.tasks, &self.read_percent) {
            (Some(tasks), Some(read_percent)) if !apart => {
                let mix = Self::mixed(source, read_percent, reads, writes)?;
                return Ok(vec![Group { role: Role::Client, tasks: tasks.get_ref().nonzero(), mix }]);
            }
            (None, None) if apart => return self.apart(source, reads, writes),
            (None, None) => (0..0, "no clients: give tasks and read_percent, or readers and writers"),
            (Some(tasks), None) if !apart => {
                (tasks.span(), "tasks draw reads and writes: read_percent must say how many are reads")
            }
            (None, Some(read_percent)) if !apart => {
                (read_percent.span(), "read_percent is a share of what tasks draw, and no tasks are given")
            }
            (tasks, read_percent) => {
                let spans = [
                    tasks.as_ref().map(Spanned::span),
                    read_percent.as_ref().map(Spanned::span),
                    self.readers.as_ref().map(Spanned::span),
                    self.writers.as_ref().map(Spanned::span),
                ];
                // Whatever was said last contradicts what was there; overrides are said after the file.
                let last = spans.into_iter().flatten().max_by_key(|span| span.start).unwrap_or_default();
                (last, "tasks with read_percent, or readers and writers: give one of the two, not both")
            }
        };
        Err(source.contradiction(&span, message))
    }

    /// What tasks draw that both read and write.
    fn mixed(
        source: &Source<'_>,
        read_percent: &Spanned<Percent>,
        reads: Weights,
        writes: Weights,
    ) -> Result<Mix, ScenarioError> {
        let read_weight = read_percent.get_ref().get();
        let write_weight = 100.0 - read_weight;
        if read_weight > 0.0 && reads.is_empty() {
            return Err(source.contradiction(&read_percent.span(), NO_READS));
        }
        if write_weight > 0.0 && writes.is_empty() {
            return Err(source.contradiction(&read_percent.span(), NO_WRITES));
        }
        let weighted = |side: Weights, by: f64| {
            side.into_iter().map(move |(operation, weight)| (operation, weight * by))
        };
        Ok(Mix::new(weighted(reads, read_weight).chain(weighted(writes, write_weight))))
    }

    /// Readers and writers as tasks apart, those of whom there are any.
    fn apart(
        &self,
        source: &Source<'_>,
        reads: Weights,
        writes: Weights,
    ) -> Result<Vec<Group>, ScenarioError> {
        let sides = [
            (Role::Reader, &self.readers, reads, NO_READS),
            (Role::Writer, &self.writers, writes, NO_WRITES),
        ];
        let mut groups = Vec::new();
        let mut no_clients = 0..0;
        for (role, given, weights, without_weights) in sides {
            let Some(given) = given else { continue };
            no_clients = given.span();
            let Some(tasks) = given.get_ref().some() else { continue };
            if weights.is_empty() {
                return Err(source.contradiction(&given.span(), without_weights));
            }
            groups.push(Group { role, tasks, mix: Mix::new(weights) });
        }
        if groups.is_empty() {
            return Err(source.contradiction(&no_clients, "no clients: there must be readers or writers"));
        }
        Ok(groups)
    }

    /// What must hold of the rest.
    fn check(&self, source: &Source<'_>, groups: &[Group]) -> Result<(), ScenarioError> {
        let refuse = |span: Range<usize>, message| Err(source.contradiction(&span, message));
        if self.name.get_ref().trim().is_empty() {
            return refuse(self.name.span(), "the name is empty; reports call the scenario by it");
        }
        let turns = groups.iter().any(|group| group.mix.shares().any(|(operation, _)| operation.is_turn()));
        if turns && self.model.is_none() {
            return refuse(
                self.first_turn(),
                "a turn calls the model, and no [model] table says how it answers",
            );
        }
        if let Some(model) = &self.model
            && model.get_ref().transient_percent.get() + model.get_ref().fatal_percent.get() > 100.0
        {
            return refuse(
                model.span(),
                "transient_percent and fatal_percent are shares of the model's calls, and must not exceed 100 together",
            );
        }
        if let Some(cancel) = &self.cancel_percent
            && cancel.get_ref().get() > 0.0
            && !turns
        {
            return refuse(
                cancel.span(),
                "cancel_percent is a share of the turns, and no operation here is a turn",
            );
        }
        if let Some(writer_keys) = &self.writer_keys
            && *writer_keys.get_ref() == WriterKeys::Own
            && !groups.iter().any(|group| group.role == Role::Writer)
        {
            return refuse(
                writer_keys.span(),
                "only writers can have sessions of their own, and there are no writers",
            );
        }
        Ok(())
    }

    /// Where the first turn among the writes stands.
    fn first_turn(&self) -> Range<usize> {
        let writes = self.writes.iter().flat_map(Spanned::get_ref);
        let mut turns =
            writes.filter(|(operation, percent)| operation.is_turn() && percent.get_ref().get() > 0.0);
        turns.next().map_or(0..0, |(_, percent)| percent.span())
    }
}

/// The weights of one side, which must add up to 100 if it is given.
fn weights(
    source: &Source<'_>,
    table: &'static str,
    shares: Option<&Shares>,
) -> Result<Weights, ScenarioError> {
    /// Thirds and the like cannot be written exactly.
    const TOLERANCE: f64 = 0.01 + 1e-9;
    let Some(shares) = shares else { return Ok(Vec::new()) };
    let weights: Weights =
        shares.get_ref().iter().map(|(&operation, percent)| (operation, percent.get_ref().get())).collect();
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if (sum - 100.0).abs() > TOLERANCE {
        let shares_given: Vec<_> =
            weights.iter().map(|(operation, weight)| format!("{operation} {weight}")).collect();
        // Sums of decimals end in noise like 95.00000000000001, which are in no file.
        let sum = (sum * 1e6).round() / 1e6;
        let place = source.place(&shares.span());
        return Err(ScenarioError::Sum { place, table, sum, shares: shares_given.join(", ") });
    }
    Ok(weights)
}
