//! The comparison of the explorer's two searches.

use std::collections::BTreeSet;

use lockyard_explore::{Explorer, Limits, Program, Reduction, Report, Setting};

/// Plain and reduced search come to the same verdict and to the same final states; the schedules of both. Nothing where
/// there are more than `most` plain ones.
///
/// The first `alike` tasks are: a state is the same as another in which their numbers are exchanged. In what the program
/// reports, `1.2` is the second thing of the second of them, and lines may come in any order.
pub fn compared(
    setting: &Setting,
    program: &dyn Fn(&mut Program),
    alike: usize,
    most: u64,
) -> Option<(u64, u64)> {
    let search = |reduction, schedules| {
        let limits = Limits { schedules, ..Limits::default() };
        let (setting, keep_going, outcomes) = (setting.clone(), true, true);
        Explorer { setting, reduction, limits, keep_going, outcomes }.search(program)
    };
    let plain = search(Reduction::None, Some(most));
    if !plain.exhaustive() {
        return None;
    }
    let reduced = search(Reduction::SleepSets, None);
    assert!(reduced.exhaustive(), "{:?}", reduced.bound);
    assert_eq!(plain.failed > 0, reduced.failed > 0, "{setting:?}");
    assert_eq!(renamed(&plain, 0), renamed(&reduced, alike), "{setting:?}");
    assert!(reduced.complete <= plain.complete);
    Some((plain.complete, reduced.schedules()))
}

/// The final states, and those in which the numbers of the first tasks are exchanged in any way.
fn renamed(report: &Report, alike: usize) -> BTreeSet<String> {
    let mut names = Vec::new();
    permutations(&mut (0..alike).collect(), 0, &mut names);
    let renamed = |outcome: &String, names: &[usize]| {
        let mut lines: Vec<_> = outcome.lines().map(|line| rename(line, names)).collect();
        lines.sort();
        lines.join("\n")
    };
    report.outcomes.iter().flat_map(|outcome| names.iter().map(|names| renamed(outcome, names))).collect()
}

/// Gives every task the name that stands at its number.
fn rename(line: &str, names: &[usize]) -> String {
    let letters: Vec<char> = line.chars().collect();
    let name = |at: usize| {
        let digit = |at: usize| letters.get(at).and_then(|letter| letter.to_digit(10));
        let is_name = letters.get(at + 1) == Some(&'.') && digit(at + 2).is_some();
        digit(at).filter(|_| is_name).and_then(|number| names.get(number as usize))
    };
    (0..letters.len()).map(|at| name(at).map_or(letters[at].to_string(), ToString::to_string)).collect()
}

fn permutations(names: &mut Vec<usize>, from: usize, found: &mut Vec<Vec<usize>>) {
    if from >= names.len() {
        found.push(names.clone());
    }
    for at in from..names.len() {
        names.swap(from, at);
        permutations(names, from + 1, found);
        names.swap(from, at);
    }
}
