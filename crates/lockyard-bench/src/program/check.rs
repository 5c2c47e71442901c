//! The verb `check`: a history against a sequential model.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use lockyard_history::{
    Checker, Codec, Consistency, Decision, EVIDENCE_TIME, History, Json, Limit, Nil, ReadOptions,
    SequentialSpec, Verdict,
};

use super::exit::Exit;
use super::judgement::{Found, Judged, Judgement};
use super::options;
use super::origin::command_line;
use super::output::interrupt;
use super::stdout::write_out;

/// A history, and how it is judged.
#[derive(Args, Clone, Debug)]
pub struct CheckOptions {
    /// The history; - for standard input.
    file: PathBuf,

    /// How long to search before the answer is "unknown": 500ms, 10s, 2m.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = options::duration)]
    budget: Duration,

    /// Which orders count.
    #[arg(long, value_enum, default_value_t = Order::Linearizable)]
    consistency: Order,

    /// The state before the first operation, as JSON; what is no JSON is a string.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    initial: Option<String>,

    /// What null means in an answer: by default a value in JSON, and unknown in EDN, as Jepsen writes it.
    #[arg(long, value_enum)]
    nil: Option<NilMeans>,

    /// Each value is a pair of a key and a value, as Jepsen's `independent` writes them.
    #[arg(long)]
    independent: bool,

    /// How to print the verdict.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Each operation takes effect between its call and its return; keys are judged apart
    Linearizable,
    /// Each process's operations take effect in its own order; all keys are judged together
    Sequential,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NilMeans {
    /// A value like any other
    Value,
    /// That the value is not known: any would be right
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A sentence, and the diagram of a violation
    Text,
    /// An object, and nothing else
    Json,
    /// A page that loads nothing
    Html,
}

/// How a specification decides on a history, within a limit.
pub type DecisionFn<S> = for<'h> fn(&'h History<S>, Limit) -> Decision<'h, S>;

/// Judges the history by a specification, which `model` names. `decide` is its own way to a verdict, if it has one for histories that
/// begin with its initial state.
///
/// # Errors
/// A file that cannot be read, or that holds nothing.
pub fn judge<S: Codec>(
    model: &str,
    spec: &S,
    decide: Option<DecisionFn<S>>,
    args: &CheckOptions,
) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let initial = args.initial.as_deref().map(|text| initial(spec, text)).transpose()?;
    let history = read(spec, args)?;
    if history.operations.is_empty() && history.failed.is_empty() {
        let why = [&[format!("{} has no operations", name(&args.file))], history.notes()].concat().join("; ");
        bail!("nothing was judged: {why}");
    }
    // From here on an interrupt keeps what is known; while a file is read, nothing is.
    let interrupted = interrupt("ending the search, or what makes a violation small")?;
    let limit = Limit::time(args.budget).or_when(&interrupted);
    let heading = Heading { model, args, start, interrupted: &interrupted };
    match args.consistency {
        Order::Sequential => {
            let (notes, invoked) = (history.notes().to_vec(), history.invoked);
            let (product, history) = history.product(spec);
            let checker = Checker::new(&product).consistency(Consistency::Sequential).limit(limit);
            let checker = match initial {
                Some(state) => checker.starting_at(product.all_at(&state)),
                None => checker,
            };
            heading.report(&checker.decide(&history), &notes, invoked)
        }
        Order::Linearizable => {
            let decision = match (initial, decide) {
                (None, Some(decide)) => decide(&history, limit),
                (None, None) => Checker::new(spec).limit(limit).decide(&history),
                (Some(state), _) => Checker::new(spec).starting_at(state).limit(limit).decide(&history),
            };
            heading.report(&decision, history.notes(), history.invoked)
        }
    }
}

/// Judges a history that is in memory, without printing anything.
///
/// # Errors
/// What is no history.
pub fn verdict<S: Codec>(
    spec: &S,
    decide: Option<DecisionFn<S>>,
    history: &[u8],
    budget: Duration,
) -> anyhow::Result<Verdict> {
    let history = History::read(spec, history)?;
    let limit = Limit::time(budget);
    let decision = match decide {
        Some(decide) => decide(&history, limit),
        None => Checker::new(spec).limit(limit).decide(&history),
    };
    Ok(match decision {
        Decision::Linearizable => Verdict::Linearizable,
        Decision::Unknown => Verdict::Unknown,
        Decision::Violation(found) => Verdict::Violation(found.evidence(&Limit::time(EVIDENCE_TIME))),
    })
}

/// What stands over a verdict.
struct Heading<'a> {
    model: &'a str,
    args: &'a CheckOptions,
    start: Instant,
    interrupted: &'a Arc<AtomicBool>,
}

impl Heading<'_> {
    /// Prints the verdict, and then the violation made small.
    fn report<S: SequentialSpec>(
        &self,
        decision: &Decision<'_, S>,
        notes: &[String],
        operations: usize,
    ) -> anyhow::Result<Exit> {
        let mut judgement = Judgement {
            found: match decision {
                Decision::Linearizable => Found::Order,
                Decision::Unknown => Found::Unknown,
                Decision::Violation(_) => Found::NoOrder(None),
            },
            is_sequential: self.args.consistency == Order::Sequential,
            operations,
            millis: self.start.elapsed().as_millis() as u64,
            notes: notes.to_vec(),
        };
        let is_interrupted = self.interrupted.load(Ordering::Relaxed);
        if self.args.format == Format::Text {
            write_out(&judgement.sentence(self.args.budget, is_interrupted))?;
        }
        if let Decision::Violation(found) = decision {
            let limit = Limit::time(EVIDENCE_TIME).or_when(self.interrupted);
            judgement.found = Found::NoOrder(Some(Box::new(found.evidence(&limit))));
        }
        match self.args.format {
            Format::Text => {
                if let Some(drawing) = judgement.drawing() {
                    write_out(&format!("\n{drawing}"))?;
                }
            }
            Format::Json => write_out(&serde_json::to_string(&judgement)?)?,
            Format::Html => {
                let judged = Judged { file: &name(&self.args.file), model: self.model };
                write_out(&judgement.page(&judged, self.args.budget, is_interrupted, &command_line()))?;
            }
        }
        Ok(match judgement.found {
            Found::Order => Exit::Fine,
            Found::Unknown if is_interrupted => Exit::Interrupted,
            Found::NoOrder(_) | Found::Unknown => Exit::VerificationFailed,
        })
    }
}

fn initial<S: Codec>(spec: &S, text: &str) -> anyhow::Result<S::State> {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let quoted = serde_json::to_string(text)?;
    let json = Json::Text(if is_json { text } else { &quoted });
    let wrong = |what| anyhow::anyhow!("--initial {text}: {what}");
    spec.decode_initial(json).map_err(wrong)
}

fn read<S: Codec>(spec: &S, args: &CheckOptions) -> anyhow::Result<History<S>> {
    let named = || format!("{} cannot be checked", name(&args.file));
    let nil = args.nil.map(|nil| match nil {
        NilMeans::Value => Nil::Value,
        NilMeans::Unknown => Nil::Unknown,
    });
    let input: Box<dyn Read> = if is_stdin(&args.file) {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file).with_context(named)?;
        if file.metadata().with_context(named)?.is_dir() {
            bail!("{} is a directory: name the file of a history", args.file.display());
        }
        Box::new(file)
    };
    let options = ReadOptions { nil, independent: args.independent };
    History::read_with(spec, BufReader::with_capacity(1 << 16, input), options).with_context(named)
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn name(file: &Path) -> String {
    if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() }
}
