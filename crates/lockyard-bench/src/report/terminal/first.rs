//! The first screen: which machine, the answer, the strategies of each scenario by their places, and what else there is.

use comfy_table::CellAlignment;

use super::super::ablation::{self, AblationPath};
use super::super::answer::{Answer, AnswerCard};
use super::super::markup::Tone;
use super::super::rows::Table;
use super::super::scaling::Sweep;
use super::super::{format, machines, strategies, verdict};
use super::grid::plain;
use super::options::TextOptions;
use super::ranked::Rows;
use super::words::{Emphasis, emphasized, printable, wrapped};
use crate::record::Record;

/// The first screen of a record.
pub(super) fn screen(record: &Record, options: &TextOptions) -> String {
    // How far the run came decides what all else is worth.
    let begun = verdict::state(record).map_or_else(String::new, |it| wrapped(&it, options.width) + "\n");
    let mut out = begun + &emphasized_lines(&of_machine(record), options);
    let answer = Answer::of(record);
    let tables = Table::all(record);
    let is_sound = tables.iter().flat_map(|it| &it.rows).any(|row| !row.excluded);
    let sentences = match answer {
        None if is_sound || tables.is_empty() => verdict::without_failures(record),
        // The cards say it, or the failures above.
        _ => Vec::new(),
    };
    if !sentences.is_empty() {
        out = out + "\n" + &wrapped(&sentences.join(" "), options.width);
    }
    if let Some(answer) = &answer {
        out.push('\n');
        out.extend(answer.cards.iter().map(|it| card(it, options)));
    }
    if record.locks.is_some() {
        return out;
    }
    let winner = answer.as_ref().and_then(|it| it.choices.first().map(String::as_str));
    let all: Vec<_> = tables.iter().map(Rows::of).filter(Rows::say_something).collect();
    out.extend(Rows::texts(&all, winner, options).iter().map(|rows| format!("\n{rows}")));
    let legend = legend(record, &tables);
    if !legend.is_empty() {
        out = out + "\n" + &emphasized_lines(&legend, options);
    }
    out += &effects(record, options);
    for sweep in Sweep::all(record) {
        let title = wrapped(&format!("{}: operations/s", sweep.title()), options.width);
        let head: Vec<_> = sweep
            .head()
            .into_iter()
            .enumerate()
            .map(|(nth, it)| if nth == 0 { String::new() } else { it })
            .collect();
        out = out + "\n" + &title + &plain(&head, sweep.rows(), CellAlignment::Right, options);
    }
    let notes: Vec<_> = tables
        .iter()
        .flat_map(Table::notes)
        .chain(Sweep::all(record).iter().flat_map(Sweep::notes))
        .collect();
    if let Some((first, more)) = notes.split_first() {
        out = out + "\n" + &wrapped(first, options.width);
        if !more.is_empty() && !options.all {
            out = out + &format::counted(more.len() as u64, "more finding") + " with --all.\n";
        }
    }
    for [name, about, _] in strategies::rows(record) {
        // A name of one's own says nothing of which servers were asked.
        if record.strategy(&name).is_some_and(|it| it.servers.is_some()) {
            out = out + "\n" + &wrapped(&format!("{name}: {about}"), options.width);
        }
    }
    for sentence in machines::sentences(record) {
        out = out + "\n" + &wrapped(&sentence, options.width);
    }
    out
}

/// "Intel(R) Xeon(R) Processor, 2 cores · 4 scenarios × 14 strategies · 146 s": the measured time.
fn of_machine(record: &Record) -> String {
    let it = &record.environment;
    let cpu = it.cpu_model.as_deref().unwrap_or("unknown processor");
    let mut line = format!("{cpu}, {}", format::counted(it.cores.into(), "core"));
    if record.locks.is_none() && !record.cells.is_empty() {
        let mut strategies: Vec<&str> = Vec::new();
        for cell in record.cells.iter().filter(|it| !record.is_ablation_only(&it.strategy)) {
            if !strategies.contains(&&*cell.strategy) {
                strategies.push(&cell.strategy);
            }
        }
        let scenarios = record.scenarios().len() as u64;
        let size = match strategies.len() {
            1 => format!("{} × 1 strategy", format::counted(scenarios, "scenario")),
            several => format!("{} × {several} strategies", format::counted(scenarios, "scenario")),
        };
        let seconds: f64 = record.cells.iter().map(|cell| cell.seconds).sum();
        let measured = if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") };
        line = line + " · " + &size + " · " + &measured;
    }
    line
}

fn emphasized_lines(text: &str, options: &TextOptions) -> String {
    let text = wrapped(text.trim_end(), options.width);
    text.lines().map(|line| emphasized(line, Emphasis::Dim, options) + "\n").collect()
}

/// The room for the question of a card.
const QUESTION: usize = 10;

/// A question with its answer, in at most two lines: of what is said besides, as much as has room.
fn card(it: &AnswerCard, options: &TextOptions) -> String {
    let room = options.width - QUESTION;
    let headline = printable(&it.headline);
    let mut text = headline.clone();
    for (nth, line) in it.lines.iter().enumerate() {
        let mark = if nth == 0 { ": " } else { "; " };
        let line = printable(line);
        // What stands in parentheses at its end can be left out.
        let shorter = line.strip_suffix(')').and_then(|it| it.rsplit_once(" (")).map(|(shorter, _)| shorter);
        let longer = [Some(&*line), shorter].into_iter().flatten().map(|line| format!("{text}{mark}{line}"));
        match longer.into_iter().find(|it| wrapped(it, room).lines().count() <= 2) {
            Some(longer) => text = longer,
            None => break,
        }
    }
    let emphasis = match it.tone {
        Tone::Good => Emphasis::Good,
        Tone::Bad => Emphasis::Bad,
        Tone::Plain => Emphasis::Bold,
    };
    let lines = wrapped(&text, room);
    let mut out = String::new();
    for (nth, line) in lines.lines().enumerate() {
        let question = if nth == 0 { it.question } else { "" };
        let question = emphasized(&format!("{question:QUESTION$}"), Emphasis::Bold, options);
        let line = match line.strip_prefix(&headline) {
            Some(rest) if nth == 0 => emphasized(&headline, emphasis, options) + rest,
            _ => line.to_owned(),
        };
        out = out + &question + &line + "\n";
    }
    out
}

/// What bars and places are, and what was checked of each strategy alike.
fn legend(record: &Record, tables: &[Table<'_>]) -> String {
    let all: Vec<_> = tables.iter().map(Rows::of).collect();
    let mut parts = Vec::new();
    if all.iter().any(Rows::have_bars) {
        let confidence = record.comparisons.iter().map(|it| it.confidence).fold(f64::INFINITY, f64::min);
        let interval = if confidence.is_finite() {
            format!("the {} interval", format::percent(confidence))
        } else {
            "the interval".to_owned()
        };
        parts.push(format!("Throughput: █ to the lower end of {interval}, ▒ to the upper."));
    }
    if all.iter().any(Rows::share_places) {
        parts.push("Place: 1 + those that are better by intervals that do not overlap.".to_owned());
    }
    let mut checked: Vec<&str> = all.iter().filter_map(Rows::all_checked).collect();
    checked.dedup();
    if let [words] = checked[..] {
        let each = if all.iter().all(Rows::is_one) { "Checked" } else { "Checked, of each" };
        parts.push(if words == "not checked" {
            "Not checked: whether the answers are right.".to_owned()
        } else {
            format!("{each}: {}.", printable(words))
        });
    }
    parts.join(" ")
}

/// What each change gave: of one way its table, of several the sentence of each.
fn effects(record: &Record, options: &TextOptions) -> String {
    let ways = AblationPath::all(record);
    if let [way] = &ways[..] {
        let head = ablation::HEAD.map(str::to_owned);
        let title = wrapped(&way.title(), options.width);
        return format!("\n{title}{}", plain(&head, way.rows().map(Vec::from), CellAlignment::Left, options));
    }
    ways.iter().fold(String::new(), |out, way| out + "\n" + &wrapped(&way.lead(), options.width))
}
