//! Columns that grow with the width: each can be shown in several ways, and what matters most is given its room first.

/// A way to show a column.
pub(super) struct Shown {
    pub head: String,
    /// A value for each row; each of one line, but for the first column's.
    pub cells: Vec<String>,
    pub to_the_right: bool,
    /// It is no narrower than this.
    pub at_least: usize,
}

/// A column, with the ways to show it from the narrowest to the widest.
pub(super) struct Column {
    pub ways: Vec<Shown>,
    /// Which of them is shown; none where there is no room.
    pub shown: Option<usize>,
}

/// What stands between two columns.
pub(super) const GAP: usize = 2;

impl Shown {
    pub fn new(head: impl Into<String>, cells: Vec<String>, to_the_right: bool) -> Self {
        Self { head: head.into(), cells, to_the_right, at_least: 0 }
    }

    pub fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| columns(cell));
        cells.chain([columns(&self.head), self.at_least]).max().unwrap_or(0)
    }
}

impl Column {
    /// One that is there in any width.
    pub fn needed(ways: Vec<Shown>) -> Self {
        Self { ways, shown: Some(0) }
    }

    /// One that is there where it has room.
    pub fn optional(ways: Vec<Shown>) -> Self {
        Self { ways, shown: None }
    }

    pub fn way(&self) -> Option<&Shown> {
        self.ways.get(self.shown?)
    }
}

/// How many columns of a terminal a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().count()
}

/// The width of all columns that are shown.
pub(super) fn width(all: &[Column]) -> usize {
    let shown: Vec<_> = all.iter().filter_map(Column::way).map(|way| way.width() + GAP).collect();
    shown.iter().sum::<usize>().saturating_sub(GAP)
}

/// Gives room to the columns of tables that stand below each other, each step a column's number and a way to show it, as long
/// as all fit into the width. A column is as wide in each of them, so that they can be read as one.
pub(super) fn grow(tables: &mut [Vec<Column>], steps: &[(usize, usize)], at_most: usize) {
    align(tables);
    for &(nth, way) in steps {
        let before: Vec<_> = tables.iter().map(|table| table[nth].shown).collect();
        for column in tables.iter_mut().map(|table| &mut table[nth]) {
            if way < column.ways.len() {
                column.shown = Some(way);
            }
        }
        if tables.iter().any(|table| width(table) > at_most) {
            for (table, before) in tables.iter_mut().zip(before) {
                table[nth].shown = before;
            }
        }
    }
}

fn align(tables: &mut [Vec<Column>]) {
    let columns = tables.iter().map(Vec::len).min().unwrap_or(0);
    for nth in 0..columns {
        let most = tables.iter().map(|table| table[nth].ways.len()).max().unwrap_or(0);
        for way in 0..most {
            let widths = tables.iter().filter_map(|table| table[nth].ways.get(way)).map(Shown::width);
            let widest = widths.max().unwrap_or(0);
            for way in tables.iter_mut().filter_map(|table| table[nth].ways.get_mut(way)) {
                way.at_least = widest;
            }
        }
    }
}

/// A text in its column.
pub(super) fn padded(text: &str, width: usize, to_the_right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(columns(text)));
    if to_the_right { space + text } else { text.to_owned() + &space }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(widths: &[usize]) -> Column {
        let way = |width: &usize| Shown::new("", vec!["x".repeat(*width)], false);
        Column::optional(widths.iter().map(way).collect())
    }

    const STEPS: [(usize, usize); 4] = [(0, 0), (1, 0), (0, 1), (2, 0)];

    #[test]
    fn what_matters_most_has_its_room_first_and_what_does_not_fit_is_left_out() {
        let shown = |at_most| {
            let mut tables = [vec![column(&[4, 8]), column(&[3]), column(&[1])]];
            grow(&mut tables, &STEPS, at_most);
            tables[0].iter().map(|it| it.shown).collect::<Vec<_>>()
        };
        assert_eq!(shown(3), [None, Some(0), None]);
        assert_eq!(shown(9), [Some(0), Some(0), None]);
        assert_eq!(shown(12), [Some(0), Some(0), Some(0)]);
        assert_eq!(shown(40), [Some(1), Some(0), Some(0)]);
    }

    #[test]
    fn tables_below_each_other_have_the_same_columns() {
        let mut tables = [
            vec![column(&[4, 8]), column(&[3]), column(&[])],
            vec![column(&[2, 3]), column(&[5]), column(&[1])],
        ];
        grow(&mut tables, &STEPS, 12);
        let widths =
            tables.map(|table| table.iter().filter_map(Column::way).map(Shown::width).collect::<Vec<_>>());
        assert_eq!(widths, [vec![4, 5], vec![4, 5]], "8 in the first table is too wide for both");
    }
}
