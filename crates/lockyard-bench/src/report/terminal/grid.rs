//! A table of words: its columns are as wide as their values, and those for which there is no room stand in a table below.

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, Width,
};

use super::options::{Colour, TextOptions};
use super::words::{broken_after_factors, printable};

/// What stands between two columns.
const GAP: usize = 2;

/// A value of at most this length is not broken between its words.
const UNBROKEN: usize = 34;

/// A table of words, all columns but the first aligned so.
pub fn plain(
    head: &[String],
    rows: impl Iterator<Item = Vec<String>>,
    align: CellAlignment,
    options: &TextOptions,
) -> String {
    let head: Vec<_> = head.iter().map(|name| printable(name)).collect();
    let cell = |(nth, text): (usize, String)| {
        let cell = Cell::new(printable(&text));
        if nth == 0 { cell } else { cell.set_alignment(align) }
    };
    table(&head, rows.map(|row| row.into_iter().enumerate().map(cell).collect()).collect(), options)
}

/// The table of these cells, in the width that there is: columns for which there is no room are drawn as another table below,
/// which begins with the same first column.
///
/// A name in the first column that is too wide is broken where the factors in it end.
pub(super) fn table(head: &[String], mut rows: Vec<Vec<Cell>>, options: &TextOptions) -> String {
    let width = options.width;
    let mut needs: Vec<usize> = head.iter().map(|name| need(name)).collect();
    for row in &rows {
        for (known, cell) in needs.iter_mut().zip(row) {
            *known = (*known).max(need(&cell.content()));
        }
    }
    let first_of = |row: &[Cell]| longest_line(&row[0].content());
    let longest = rows.iter().map(|row| first_of(row)).chain([longest_line(&head[0])]).max().unwrap_or(0);
    let others: usize = needs[1..].iter().map(|need| need + GAP).sum();
    let room = width.saturating_sub(others).max(width * 2 / 5).max(longest_line(&head[0]));
    needs[0] = longest;
    if longest > room {
        for row in &mut rows {
            row[0] = Cell::new(broken_after_factors(&row[0].content(), room));
        }
        let names = rows.iter().map(|row| first_of(row));
        needs[0] = names.chain([longest_line(&head[0])]).max().unwrap_or(room).min(width);
    }
    let groups = groups(&needs, width);
    let drawn = groups.iter().map(|group| {
        let columns: Vec<usize> = std::iter::once(0).chain(group.iter().copied()).collect();
        let head = columns.iter().map(|nth| head[*nth].clone()).collect::<Vec<_>>();
        let rows = rows.iter().map(|row| columns.iter().map(|nth| row[*nth].clone()).collect());
        let needs: Vec<_> = columns.iter().map(|nth| needs[*nth]).collect();
        of_columns(&head, rows.collect(), &needs, options)
    });
    drawn.collect::<Vec<_>>().join("\n")
}

/// Which columns stand together: as many as there is room for beside the first one.
fn groups(needs: &[usize], width: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = vec![Vec::new()];
    let mut used = needs[0];
    for (nth, need) in needs.iter().enumerate().skip(1) {
        let last = groups.last_mut().expect("there is one");
        if !last.is_empty() && used + GAP + need > width {
            groups.push(vec![nth]);
            used = needs[0] + GAP + need;
        } else {
            last.push(nth);
            used += GAP + need;
        }
    }
    groups
}

/// One table whose columns fit beside each other, or which has one besides the first.
fn of_columns(head: &[String], rows: Vec<Vec<Cell>>, needs: &[usize], options: &TextOptions) -> String {
    let fixed = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
    let mut grid = Grid::new();
    // Each column has the gap behind it; that of the last one is cut off.
    grid.load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(fixed(options.width + GAP));
    grid.set_header(head.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    grid.add_rows(rows);
    let mut left = options.width + GAP;
    for (column, need) in grid.column_iter_mut().zip(needs) {
        column.set_padding((0, fixed(GAP)));
        // Without a lower bound columns get equal shares of the width, and what is wider is cut anywhere.
        let bound = (need + GAP).min(left);
        left -= bound;
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(fixed(bound))));
    }
    match options.colour {
        Colour::Plain => grid.force_no_tty(),
        Colour::Ansi => grid.enforce_styling(),
    };
    grid.lines().fold(String::new(), |out, line| out + line.trim_end() + "\n")
}

/// The columns that a text needs: its longest line, unless that is long; but its longest word in any case.
fn need(text: &str) -> usize {
    let word = text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    word.max(longest_line(text).min(UNBROKEN))
}

fn longest_line(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_stands_in_a_table_below() {
        let head = ["strategy", "one", "two"].map(str::to_owned);
        let row = ["after", "1.23 k ± 4.5 %", "×1.58 [1.55, 1.61]"].map(str::to_owned);
        let drawn = |width| {
            let options = TextOptions { width, ..TextOptions::default() };
            plain(&head, std::iter::once(row.to_vec()), CellAlignment::Left, &options)
        };
        assert_eq!(drawn(60).lines().count(), 2);
        let narrow = drawn(40);
        assert!(narrow.lines().any(|line| line == "after     1.23 k ± 4.5 %"), "{narrow}");
        assert!(narrow.lines().any(|line| line == "after     ×1.58 [1.55, 1.61]"), "{narrow}");
    }
}
