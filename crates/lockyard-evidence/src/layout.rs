//! A run in text, whole or within a width.

use std::fmt::Write as _;
use std::ops::Range;

use super::elide::{elide, plain, short_place, width, wrapped};
use super::fold::Item;
use super::lanes::{Cell, Lanes, Row};

/// No column is wider than this, however much room there is: beyond it a reader loses the row.
const WIDEST: usize = 46;

/// A column that is narrower than this says too little: then tasks have a mark each, and what they do stands in one column.
const NARROWEST: usize = 20;

/// The column of numbers at least, and what stands before each other one.
const NUMBERS: usize = 4;
const GAP: usize = 2;

/// So wide is the column of the source at most where there is not room for all.
const SOURCE: usize = 24;

/// What the last line says where something was left out.
const LEFT_OUT: &str = "Shortened to fit; the page and the JSON show more.";

/// The drawing, in lines of at most `limit` characters.
pub(super) fn text(lanes: &Lanes<'_>, limit: Option<usize>) -> String {
    let table = Table::of(lanes);
    let Some(layout) = Layout::fitting(&table, limit) else {
        return marks(lanes, limit.unwrap_or(usize::MAX));
    };
    let mut out = layout.line(lanes.numbering.as_str(), &table.head, None).trim_end().to_owned() + "\n";
    for item in &lanes.items {
        match item {
            Item::Step(at) => {
                let row = &lanes.rows[*at];
                let line = layout.line(&number(lanes, row), &table.cells[*at], row.place);
                out += &with_reason(&line, row.wrong, limit);
            }
            Item::Repeat { block, times, .. } => out += &fold(lanes, block, *times, limit),
        }
    }
    if layout.is_shortened { out + &indented("", LEFT_OUT, limit) } else { out }
}

/// The words of all cells.
struct Table {
    head: Vec<String>,
    /// By row.
    cells: Vec<Vec<String>>,
    /// How wide each column is where nothing is left out, by task.
    widths: Vec<usize>,
    /// So wide are the widest place and the widest `file:line`; zero where there are none.
    places: [usize; 2],
    numbers: usize,
}

impl Table {
    fn of(lanes: &Lanes<'_>) -> Self {
        let text = |row: &Row<'_>, cell: &Cell<'_>| {
            plain(format!("{} {}", cell.mark(row.wrong.is_some()), cell.words()).trim()).into_owned()
        };
        let cells = |row: &Row<'_>| row.cells.iter().map(|cell| text(row, cell)).collect::<Vec<_>>();
        let head: Vec<_> = lanes.tasks.iter().map(|task| plain(task).into_owned()).collect();
        let mut table = Self {
            widths: head.iter().map(|task| width(task)).collect(),
            head,
            cells: lanes.rows.iter().map(cells).collect(),
            places: [0, 0],
            numbers: numbers(lanes),
        };
        for item in &lanes.items {
            let Item::Step(at) = item else { continue };
            for (widest, cell) in table.widths.iter_mut().zip(&table.cells[*at]) {
                *widest = width(cell).max(*widest);
            }
            let place = lanes.rows[*at].place.unwrap_or_default();
            for (widest, place) in table.places.iter_mut().zip([place, short_place(place)]) {
                *widest = width(place).max(*widest);
            }
        }
        table
    }
}

/// How wide each column is.
struct Layout {
    numbers: usize,
    tasks: Vec<usize>,
    /// Of the source: how wide, and whether places are whole. None where it is left out.
    source: Option<(usize, bool)>,
    /// Whether anything had to be left out.
    is_shortened: bool,
}

impl Layout {
    /// The layout that leaves out least. None if the columns that fit would say too little.
    fn fitting(table: &Table, limit: Option<usize>) -> Option<Self> {
        let limit = limit.unwrap_or(usize::MAX);
        let tasks: Vec<_> = table.widths.iter().map(|wide| (*wide).min(WIDEST)).collect();
        let is_shortened = tasks != table.widths;
        let numbers = table.numbers;
        let room = limit.saturating_sub(numbers + GAP * tasks.len());
        let needed: usize = tasks.iter().sum();
        let [whole, short] = table.places;
        if whole == 0 && needed <= room {
            return Some(Self { numbers, tasks, source: None, is_shortened });
        }
        // Whole places are the first to go: the shorter ones name the same line.
        for (source, is_whole) in [(whole, true), (short, false)] {
            if whole > 0 && needed + GAP + source <= room {
                return Some(Self { numbers, tasks, source: Some((source, is_whole)), is_shortened });
            }
        }
        let source = short.min(SOURCE);
        let cut = capped(&tasks, room.saturating_sub(if whole > 0 { GAP + source } else { 0 }));
        let is_legible = tasks.iter().zip(&cut).all(|(wide, cut)| cut == wide || *cut >= NARROWEST);
        let source = (whole > 0).then_some((source, false));
        is_legible.then_some(Self { numbers, tasks: cut, source, is_shortened: true })
    }

    fn line(&self, number: &str, cells: &[String], place: Option<&str>) -> String {
        let mut line = format!("{number:0$}", self.numbers);
        for (cell, wide) in cells.iter().zip(&self.tasks) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{:GAP$}{:wide$}", "", elide(cell, *wide));
        }
        if let (Some((wide, is_whole)), Some(place)) = (self.source, place) {
            let place = if is_whole { place } else { short_place(place) };
            let _ = write!(line, "{:GAP$}{}", "", elide(&plain(place), wide));
        }
        line
    }
}

/// The widths, the widest ones cut to the same, so that all fit in `room`.
fn capped(widths: &[usize], room: usize) -> Vec<usize> {
    let fits = |cap: &usize| widths.iter().map(|wide| wide.min(cap)).sum::<usize>() <= room;
    let cap = (0..=WIDEST).rev().find(fits).unwrap_or(0);
    widths.iter().map(|wide| *wide.min(&cap)).collect()
}

fn number(lanes: &Lanes<'_>, row: &Row<'_>) -> String {
    row.nth.map(|nth| format!("{nth:>0$}", numbers(lanes))).unwrap_or_default()
}

/// How wide the column of numbers is.
fn numbers(lanes: &Lanes<'_>) -> usize {
    let widest = lanes.rows.iter().filter_map(|row| row.nth).max().map_or(0, |nth| nth.to_string().len());
    widest.max(NUMBERS).max(lanes.numbering.as_str().len())
}

/// A row, with why it cannot be right: beside it if there is room, else below.
fn with_reason(line: &str, why: Option<&str>, limit: Option<usize>) -> String {
    let short = line.trim_end();
    let Some(why) = why.map(plain) else { return short.to_owned() + "\n" };
    // Beyond all columns it is found at once; behind its own words it takes the least room.
    let beside = [line, short].map(|line| format!("{line}  ← {why}\n"));
    let fits = |line: &String| limit.is_none_or(|limit| width(line) - 1 <= limit);
    beside.into_iter().find(fits).unwrap_or_else(|| short.to_owned() + "\n" + &indented("↑ ", &why, limit))
}

fn fold(lanes: &Lanes<'_>, block: &Range<usize>, times: usize, limit: Option<usize>) -> String {
    indented("⋮ ", &lanes.repeated(block, times), limit)
}

/// A sentence below the rows.
fn indented(mark: &str, sentence: &str, limit: Option<usize>) -> String {
    let before = NUMBERS + GAP + width(mark);
    let lines = wrapped(sentence, limit.map_or(usize::MAX, |limit| limit.saturating_sub(before)));
    let line = |(nth, line): (usize, &String)| {
        let mark = if nth == 0 { mark } else { "" };
        format!("{mark:>before$}{line}\n")
    };
    lines.iter().enumerate().map(line).collect()
}

/// What tasks are called above their marks.
const KEYS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

/// The layout for many tasks, or for little room: a mark for each task, and beside them all what the one does that acts.
fn marks(lanes: &Lanes<'_>, limit: usize) -> String {
    let count = lanes.tasks.len();
    // Marks that leave no room for words are left out: then the name of the task stands before its words.
    let has_marks = count <= KEYS.len() && 2 * count <= limit / 2;
    let marks = if has_marks { 2 * count + 1 } else { 0 };
    let numbers = numbers(lanes);
    let room = limit.saturating_sub(numbers + GAP + marks);
    let words = |row: &Row<'_>, task: usize| {
        let cell = &row.cells[task];
        let words = cell.words();
        if has_marks {
            words
        } else {
            format!("{} {}: {words}", cell.mark(row.wrong.is_some()), lanes.tasks[task])
        }
    };
    // Places stand below each other; words without one have all the room.
    let source =
        drawn(lanes).filter_map(|row| row.place).map(|place| width(short_place(place)).min(SOURCE)).max();
    let beside = room.saturating_sub(source.map_or(0, |wide| GAP + wide));
    let placed = drawn(lanes).filter(|row| row.place.is_some());
    let placed = placed.flat_map(|row| row.acting().map(|task| width(&words(row, task))).collect::<Vec<_>>());
    let wide = placed.max().unwrap_or(0).min(beside);
    let mut is_shortened = false;

    let mut out = String::new();
    if has_marks {
        let named = KEYS.chars().zip(lanes.tasks).map(|(key, task)| format!("{key}  {task}"));
        named.for_each(|line| out.extend([&*elide(&plain(&line), limit), "\n"]));
        let keys = KEYS.chars().take(count).flat_map(|key| [' ', key]);
        let head = format!("{:numbers$} ", lanes.numbering.as_str());
        out.extend(head.chars().chain(keys));
        let legend: Vec<_> = lanes.legend().map(|(mark, _, words)| format!("{mark} {words}")).collect();
        let legend = legend.join(", ");
        if width(&legend) + GAP <= room {
            out = out + &" ".repeat(GAP) + &legend;
        }
        out.push('\n');
    }
    for item in &lanes.items {
        let row = match item {
            Item::Step(at) => &lanes.rows[*at],
            Item::Repeat { block, times, .. } => {
                out += &fold(lanes, block, *times, Some(limit));
                continue;
            }
        };
        let all = row.cells.iter().map(|cell| format!("{:2}", cell.mark(row.wrong.is_some())));
        let all = if has_marks { all.chain([" ".to_owned()]).collect() } else { String::new() };
        for task in row.acting() {
            let words = words(row, task);
            let words = plain(&words);
            let wide = if row.place.is_some() { wide } else { room };
            is_shortened |= width(&words) > wide;
            let mut line =
                format!("{:numbers$}{:GAP$}{all}{:wide$}", number(lanes, row), "", elide(&words, wide));
            if let Some(place) = row.place {
                let place = plain(short_place(place));
                line.extend(["  ", &*elide(&place, SOURCE)]);
            }
            out.extend([&*elide(line.trim_end(), limit), "\n"]);
        }
        if let Some(why) = row.wrong {
            out += &indented("↑ ", &plain(why), Some(limit));
        }
    }
    if is_shortened { out + &indented("", LEFT_OUT, Some(limit)) } else { out }
}

/// The rows that are drawn.
fn drawn<'a>(lanes: &'a Lanes<'a>) -> impl Iterator<Item = &'a Row<'a>> {
    lanes.items.iter().filter_map(|item| match item {
        Item::Step(at) => Some(&lanes.rows[*at]),
        Item::Repeat { .. } => None,
    })
}
