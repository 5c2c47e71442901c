//! Whatever the width, no number is cut; and more columns show more.

use super::{all, at, committed, first, rows};
use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::Comparison;
use lockyard_bench::report::{Colour, TextOptions, text};

#[test]
fn every_line_keeps_to_the_width() {
    for (name, record) in all() {
        for width in [40, 60, 80, 100, 120, 160, 200] {
            for all in [false, true] {
                let text = text(&record, &TextOptions { width, all, ..TextOptions::default() });
                // A command to be copied is never broken, nor is a drawing narrower than its names.
                let drawn = |line: &&str| {
                    !["┌", "├", "└", "│", "step", "●", "✗", "Replay"].iter().any(|it| line.contains(it))
                };
                for line in text.lines().filter(drawn) {
                    assert!(line.chars().count() <= width, "{name} in {width} columns: {line:?}\n{text}");
                }
            }
        }
    }
}

/// A terminal of no width at all is one of 40 columns, and a very wide one has an end.
#[test]
fn no_width_is_too_narrow_or_too_wide() {
    for (name, record) in all() {
        assert_eq!(at(0, &record), at(40, &record), "{name}");
        assert!(at(usize::MAX, &record).lines().all(|line| line.chars().count() <= 400), "{name}");
    }
}

#[test]
fn a_narrow_terminal_cuts_no_number() {
    let narrow = at(40, &sample());
    for row in ["1=  parking-lot-mutex     ×1.43 ± 1 %", "1=  std-mutex           ×1.42 ± 0.8 %"] {
        assert!(narrow.lines().any(|line| line == row), "{row:?} is not in\n{narrow}");
    }
}

#[test]
fn more_columns_show_more() {
    let of = |width| {
        at(width, &committed()).lines().find(|line| line.contains(" std-rwlock ")).unwrap().to_owned()
    };
    let known = [
        (40, " ×2.57 ± 4 %", "["),
        (80, " 35.2 µs ", "638 k"),
        (120, "638 k", "(get_context_messages)"),
        (160, "638 k [559 k, 729 k]", "linearizable"),
    ];
    for (width, shown, not_shown) in known {
        let row = of(width);
        assert!(row.contains(shown) && !row.contains(not_shown), "{width}: {row}");
    }
    assert!(of(160).contains("(get_context_messages)"), "{}", of(160));
}

#[test]
fn a_bar_says_how_far_its_interval_reaches() {
    let text = at(120, &committed());
    let bar = |strategy: &str| {
        let row =
            rows(&text, "polling").into_iter().find(|row| row.contains(&format!("  {strategy} "))).unwrap();
        row.chars().filter(|c| "█▒".contains(*c)).collect::<String>()
    };
    assert!(bar("best").starts_with(&bar("before")), "{text}");
    assert!(bar("best").ends_with('▒') && bar("naive").chars().all(|c| c == '█'), "{text}");
    assert!(text.contains("█ to the lower end of the 99 % interval, ▒ to the upper"), "{text}");
}

#[test]
fn long_names_are_broken_and_their_numbers_whole() {
    let mut record = sample();
    let long = "session=parking-lot-mutex,cache=mutex-lru(parking-lot-mutex),dto=borrowed,save=after-unlock";
    let name = |it: &mut String| {
        if it == "parking-lot-mutex" {
            long.clone_into(it);
        }
    };
    record.cells.iter_mut().for_each(|it| name(&mut it.strategy));
    record.comparisons.iter_mut().for_each(|it: &mut Comparison| name(&mut it.candidate));
    for width in [40, 80, 120] {
        let text = at(width, &record);
        for part in ["dto=borrowed,", "save=after-unlock"] {
            assert!(text.lines().any(|line| line.contains(part)), "{part} in {width} columns:\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
    }
}

#[test]
fn colours_change_no_column() {
    let plain = first(&rich());
    let coloured = text(&rich(), &TextOptions { colour: Colour::Ansi, ..TextOptions::default() });
    assert!(coloured.contains("\u{1b}[1;31merror: deadlock"), "{coloured}");
    assert!(coloured.contains("\u{1b}[1;32mparking-lot-mutex"), "{coloured}");
    let mut stripped = String::new();
    let mut parts = coloured.split('\u{1b}');
    stripped += parts.next().unwrap_or_default();
    stripped.extend(parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest)));
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&stripped), trimmed(&plain));
}
