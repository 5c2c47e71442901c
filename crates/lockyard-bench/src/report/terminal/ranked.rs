//! A scenario on the first screen: a row a strategy, the best first, those that failed last.

use super::super::format;
use super::super::ranking::{Ranked, Ranking};
use super::super::row::NONE;
use super::super::rows::{self, Table};
use super::bar::{bar, scale};
use super::layout::{self, Column, GAP, Shown, grow, padded};
use super::options::TextOptions;
use super::words::{Emphasis, broken_after_factors, emphasized, printable, wrapped};

/// The rows of a scenario.
pub(super) struct Rows<'a> {
    table: &'a Table<'a>,
    lines: Vec<Line<'a>>,
    /// What the values are: a ratio to this, or operations a second.
    head: String,
    /// Whether each is compared with a strategy of its own, so that there are verdicts and no places.
    in_pairs: bool,
}

/// A strategy.
struct Line<'a> {
    ranked: Ranked<'a>,
    /// A ratio, or operations a second; none where it is compared with nothing.
    value: Option<(f64, [f64; 2])>,
    is_ratio: bool,
    /// Whether it is what all others are ratios to.
    is_base: bool,
}

/// The numbers of the columns that grow.
const BAR: usize = 2;
const VALUE: usize = 3;
const P99: usize = 4;
const MEMORY: usize = 5;
const RATE: usize = 6;
const CORRECT: usize = 7;

/// What is given its room first: a column, and a way to show it.
const STEPS: [(usize, usize); 15] = [
    (BAR, 0),
    (P99, 0),
    (CORRECT, 0),
    (VALUE, 1),
    (MEMORY, 0),
    (VALUE, 2),
    (BAR, 1),
    (RATE, 0),
    (P99, 1),
    (CORRECT, 1),
    (RATE, 1),
    (BAR, 2),
    (P99, 2),
    (RATE, 2),
    (BAR, 3),
];

/// How long bars can be.
const BARS: [usize; 4] = [8, 16, 24, 40];

impl<'a> Rows<'a> {
    pub fn of(table: &'a Table<'a>) -> Self {
        let ranking = Ranking::of(table);
        let in_pairs = table.record.against.is_some() || table.baselines.len() > 1 && ranking.base.is_none();
        let base = ranking.base;
        let mut ranked = ranking.rows;
        if in_pairs {
            let nth = |it: &Ranked<'_>| table.rows.iter().position(|row| std::ptr::eq(row, it.row));
            ranked.sort_by_key(nth);
        }
        let lines: Vec<_> = ranked.into_iter().map(|it| Line::of(it, base, in_pairs)).collect();
        let is_ratio = lines.iter().any(|it| it.is_ratio);
        let head = match base {
            _ if !is_ratio => "operations/s".to_owned(),
            Some(base) if !in_pairs || table.baselines.len() == 1 => format!("÷ {}", printable(base)),
            _ => "÷ baseline".to_owned(),
        };
        // Beside a long name its column would be wide and its numbers lost.
        let head = if layout::columns(&head) > 20 { "÷ baseline".to_owned() } else { head };
        Self { table, lines, head, in_pairs }
    }

    /// Whether there are bars to be explained.
    pub fn have_bars(&self) -> bool {
        self.with_values().len() > 1
    }

    /// Whether there is one strategy only.
    pub fn is_one(&self) -> bool {
        self.lines.len() == 1
    }

    /// Whether a place is shared.
    pub fn share_places(&self) -> bool {
        !self.in_pairs && self.lines.iter().any(|it| it.ranked.place.is_some() && it.ranked.sharing > 1)
    }

    /// What was checked of each that did not fail, where that is the same of all.
    pub fn all_checked(&self) -> Option<&str> {
        let mut words =
            self.lines.iter().filter(|it| !it.failed()).map(|it| it.ranked.correct.words.as_str());
        let first = words.next()?;
        words.all(|it| it == first).then_some(first)
    }

    fn with_values(&self) -> Vec<(f64, [f64; 2])> {
        self.lines.iter().filter(|it| !it.failed()).filter_map(|it| it.value).collect()
    }

    /// Whether they say more than a sentence: something that did not fail, compared or with its latency or memory.
    pub fn say_something(&self) -> bool {
        let mut sound = self.lines.iter().filter(|it| !it.failed()).map(|it| &it.ranked);
        if self.lines.len() > 1 {
            sound.next().is_some()
        } else {
            sound.any(|it| it.worst_p99.is_some() || it.bytes().is_some())
        }
    }

    /// The headings and rows of several scenarios, whose columns are alike.
    pub fn texts(all: &[Self], winner: Option<&str>, options: &TextOptions) -> Vec<String> {
        let mut columns: Vec<_> = all.iter().map(|it| it.columns(options.width)).collect();
        grow(&mut columns, &STEPS, options.width);
        let text = |(rows, columns): (&Self, &Vec<Column>)| {
            let lines = rows.lines.iter().enumerate();
            let lines = lines.map(|(nth, line)| Self::row(nth, line, columns, winner, options));
            rows.heading(columns, options) + &lines.collect::<String>()
        };
        all.iter().zip(&columns).map(text).collect()
    }

    /// A way to show a column: what it says of each that did not fail.
    fn shown(&self, head: &str, to_the_right: bool, cell: &dyn Fn(&Line<'a>) -> String) -> Shown {
        let of_line = |it: &Line<'a>| if it.failed() { String::new() } else { cell(it) };
        Shown::new(head, self.lines.iter().map(of_line).collect(), to_the_right)
    }

    fn columns(&self, width: usize) -> Vec<Column> {
        let places = |it: &Line<'a>| if self.with_places() { it.ranked.place() } else { String::new() };
        let names = self.lines.iter().map(|it| printable(it.ranked.strategy()));
        let room = (width * 3 / 10).max(22);
        let names = names.map(|name| broken_after_factors(&name, room)).collect::<Vec<_>>();
        let longest = names.iter().flat_map(|name| name.lines()).map(layout::columns).max().unwrap_or(0);
        // The scenario stands above it.
        let scenario = layout::columns(self.table.scenario);
        let longest = if scenario <= room { longest.max(scenario) } else { longest };
        let name = Shown::new(" ".repeat(longest), Vec::new(), false);
        let scale = scale(&self.with_values());
        let bars = BARS.map(|width| {
            let cell = |it: &Line<'a>| it.value.map_or_else(String::new, |(_, ci)| bar(ci, scale, width));
            self.shown(&" ".repeat(width), false, &cell)
        });
        let values = [Detail::Short, Detail::Spread, Detail::Whole]
            .map(|detail| self.shown(&self.head, true, &|it| it.value_in_words(detail)));
        let p99s = [Detail::Short, Detail::Spread, Detail::Whole]
            .map(|detail| self.shown("worst p99", true, &|it| it.worst_p99(detail)));
        let is_memory_known = self.lines.iter().any(|it| it.ranked.bytes().is_some());
        let memory = self.shown("memory", true, &Line::memory);
        let rates = [Detail::Short, Detail::Spread, Detail::Whole]
            .map(|detail| self.shown("operations/s", true, &|it| it.rate(detail)));
        let is_ratio = self.lines.iter().any(|it| it.is_ratio);
        let is_p99_known = self.lines.iter().any(|it| it.ranked.worst_p99.is_some());
        let none = || Column::optional(Vec::new());
        let mut columns = vec![
            Column::needed(vec![self.shown("", true, &places)]),
            Column::needed(vec![name]),
            if self.have_bars() { Column::optional(bars.into()) } else { none() },
            Column::needed(values.into()),
            if is_p99_known { Column::optional(p99s.into()) } else { none() },
            if is_memory_known { Column::optional(vec![memory]) } else { none() },
            if is_ratio { Column::optional(rates.into()) } else { none() },
            self.last_column(),
        ];
        if !self.with_places() {
            columns[0].shown = None;
        }
        columns
    }

    /// The verdict of each where there are pairs; else whether each is right, where that differs.
    fn last_column(&self) -> Column {
        if self.in_pairs {
            let baselines = &self.table.baselines;
            let verdict = |it: &Line<'a>| rows::verdict(it.ranked.row, baselines).to_owned();
            return Column::needed(vec![self.shown("verdict", false, &verdict)]);
        }
        if self.all_checked().is_some() {
            return Column::optional(Vec::new());
        }
        let whole = |it: &Line<'a>| printable(&it.ranked.correct.words);
        let short = |it: &Line<'a>| {
            let words = whole(it);
            words.split(" · ").next().unwrap_or_default().to_owned()
        };
        Column::optional(vec![self.shown("checked", false, &short), self.shown("checked", false, &whole)])
    }

    fn with_places(&self) -> bool {
        !self.in_pairs && self.lines.len() > 1
    }

    /// The scenario over the names and bars, and what the columns are.
    fn heading(&self, columns: &[Column], options: &TextOptions) -> String {
        let scenario = printable(self.table.scenario);
        let mut before = 0;
        let mut heads = String::new();
        for (nth, column) in columns.iter().enumerate() {
            let Some(way) = column.way() else { continue };
            if nth <= BAR {
                before += way.width() + GAP;
            } else {
                heads = heads + &padded(&way.head, way.width(), way.to_the_right) + &" ".repeat(GAP);
            }
        }
        let heads = emphasized(heads.trim_end(), Emphasis::Dim, options);
        let bold = |text: &str| emphasized(text, Emphasis::Bold, options);
        if layout::columns(&scenario) + GAP <= before {
            let space = " ".repeat(before - layout::columns(&scenario));
            return format!("{}{space}{heads}\n", bold(&scenario));
        }
        let lines: String = wrapped(&scenario, options.width).lines().map(|line| bold(line) + "\n").collect();
        format!("{lines}{}{heads}\n", " ".repeat(before))
    }

    fn row(
        nth: usize,
        line: &Line<'a>,
        columns: &[Column],
        winner: Option<&str>,
        options: &TextOptions,
    ) -> String {
        let [place, name] = [0, 1].map(|nth| columns[nth].way());
        let before = place.map_or(0, |it| it.width() + GAP);
        let room = name.map_or(0, Shown::width);
        let strategy = line.ranked.strategy();
        let emphasis = match () {
            () if line.failed() => Some(Emphasis::Bad),
            () if winner == Some(strategy) => Some(Emphasis::Good),
            () => None,
        };
        let set = |text: &str| emphasis.map_or_else(|| text.to_owned(), |it| emphasized(text, it, options));
        let place = match place {
            None => "",
            Some(_) if line.failed() => NONE,
            Some(it) => &it.cells[nth],
        };
        let names = broken_after_factors(&printable(strategy), room.max(1));
        let names: Vec<_> = names.lines().collect();
        let values: Vec<String> = if line.failed() {
            // Why stands where its numbers would.
            let room = options.width.saturating_sub(before + room + GAP).max(12);
            wrapped(&line.ranked.correct.words, room).lines().map(set).collect()
        } else {
            let shown = columns[BAR..].iter().filter_map(Column::way);
            let values = shown.map(|way| padded(&way.cells[nth], way.width(), way.to_the_right));
            vec![values.collect::<Vec<_>>().join(&" ".repeat(GAP))]
        };
        let line = |nth: usize| {
            let place = padded(if nth == 0 { place } else { "" }, before.saturating_sub(GAP), true);
            let name = names.get(nth).copied().unwrap_or_default();
            let after = " ".repeat(room + GAP - layout::columns(name).min(room));
            let gap = " ".repeat(before.min(GAP));
            let value = values.get(nth).map_or("", String::as_str);
            format!("{place}{gap}{}{after}{value}", set(name)).trim_end().to_owned() + "\n"
        };
        (0..names.len().max(values.len())).map(line).collect()
    }
}

/// How much of a number is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// The number.
    Short,
    /// How far its interval reaches.
    Spread,
    /// Its interval.
    Whole,
}

impl<'a> Line<'a> {
    fn of(ranked: Ranked<'a>, base: Option<&str>, in_pairs: bool) -> Self {
        let (value, is_ratio) = if in_pairs {
            (ranked.row.against_baseline.map(|it| (it.ratio, it.ci)), true)
        } else {
            match ranked.throughput {
                Some(it) => (Some((it.value, it.ci)), it.is_ratio),
                None => (None, false),
            }
        };
        let is_base = !in_pairs && base == Some(ranked.strategy());
        Self { ranked, value, is_ratio, is_base }
    }

    fn failed(&self) -> bool {
        self.ranked.row.excluded
    }

    fn value_in_words(&self, detail: Detail) -> String {
        let Some((value, ci)) = self.value else { return NONE.to_owned() };
        match (self.is_ratio, detail) {
            // What all others are ratios to.
            (true, _) if self.is_base => "×1".to_owned(),
            (true, Detail::Whole) => format::ratio(value, ci),
            (true, Detail::Spread) => format::ratio_with_spread(value, ci),
            (true, Detail::Short) => format!("×{value:.2}"),
            (false, detail) => rate(value, ci, detail),
        }
    }

    fn rate(&self, detail: Detail) -> String {
        let it = self.ranked.row.cell.throughput;
        rate(it.ops_per_s, it.ci, detail)
    }

    fn worst_p99(&self, detail: Detail) -> String {
        let Some(it) = self.ranked.worst_p99 else { return NONE.to_owned() };
        match detail {
            Detail::Short => format::nanos(it.nanos),
            Detail::Spread => printable(&it.words()),
            Detail::Whole => {
                format!("{} ({})", format::nanos_with_spread(it.nanos, it.ci), printable(it.operation))
            }
        }
    }

    fn memory(&self) -> String {
        self.ranked.bytes().map_or_else(|| NONE.to_owned(), |bytes| format!("{bytes:.0} B"))
    }
}

/// Operations a second. An interval without a width is none.
fn rate(value: f64, ci: [f64; 2], detail: Detail) -> String {
    let is_narrow = ci[0] >= ci[1];
    match detail {
        Detail::Spread if !is_narrow => format::with_spread(value, ci),
        Detail::Whole if !is_narrow => format::with_interval(value, ci),
        _ => format::count(value),
    }
}
