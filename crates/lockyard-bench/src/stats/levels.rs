//! Estimates over levels: rounds in layouts, layouts in processes.
//!
//! Where code, heap and stack happen to lie can make a program faster or slower, and stays as it is for as long as the
//! subject lives: two subjects of the same code differ, and each round finds the same difference again. However many rounds
//! one *layout* has, they know of no other, and an interval over them all calls a strategy different from itself. So
//! subjects are set up anew every so many rounds, and a run may be spread over several processes. Each layout gives one
//! estimate, the trimmed mean of its rounds; a process is the mean of its layouts, and the result the mean of the processes.
//! The interval is that of the highest level that there is more than one of, with Student's t: how far its members lie apart
//! holds what all levels below do not know.
//!
//! A few members may by chance agree better than their own errors allow. Then these errors are taken, so that an interval
//! is never tighter than the level below carries. What no interval can hold is a layout that was not among them, and what is
//! the same in all: where the linker has put a function is one layout for a whole build. Where there are just two kinds of
//! process, as likely as each other, intervals at 99 % hold the mean of both in 94 of 100 runs of five processes, which are
//! all of one kind once in sixteen times, and in 98 of 100 runs of ten.
//!
//! Sources: T. Kalibera, R. Jones, "Rigorous benchmarking in reasonable time", *ISMM* 2013, 63–74 (levels of repetition, and
//! why the highest one decides); C. Curtsinger, E. D. Berger, "Stabilizer: statistically sound performance evaluation",
//! *ASPLOS* 2013, 219–228 (layouts drawn anew while a program runs); A. Georges, D. Buytaert, L. Eeckhout, "Statistically
//! rigorous Java performance evaluation", *OOPSLA* 2007, 57–76 (means of processes with Student's t); C. Röver, G. Knapp, T.
//! Friede, "Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects meta-analysis with few studies",
//! *BMC Medical Research Methodology* 15:99 (2015), from where it is taken never to go below the inner errors.

use super::location::{Location, MIN_ROUNDS};

/// A layout with fewer rounds gives no estimate of its own: nothing of it would be trimmed.
const MIN_IN_LAYOUT: usize = 5;

/// The location that several processes agree on, each the rounds of its layouts. Of a single process it is that of its
/// layouts, and of a single layout that of its rounds.
///
/// A process with fewer than [`MIN_ROUNDS`] values, such as one that was interrupted, does not count. `None` if none
/// counts, or if one that does has no location: leaving out the process in which a subject stalled would flatter that subject.
pub(super) fn location_of_processes(processes: impl Iterator<Item = Vec<Vec<f64>>>) -> Option<Location> {
    let long_enough = processes.filter(|layouts| layouts.iter().map(Vec::len).sum::<usize>() >= MIN_ROUNDS);
    agreed(&long_enough.map(location_of_layouts).collect::<Option<Vec<_>>>()?)
}

/// The location of one process.
///
/// A layout that is too short, such as the last one of a run that was interrupted, does not count beside others. Where none
/// is long enough, as where each round has a layout of its own, rounds are all there is.
fn location_of_layouts(layouts: Vec<Vec<f64>>) -> Option<Location> {
    if layouts.iter().filter(|rounds| rounds.len() >= MIN_IN_LAYOUT).count() < 2 {
        return Location::of(layouts.concat());
    }
    let long_enough = layouts.into_iter().filter(|rounds| rounds.len() >= MIN_IN_LAYOUT);
    agreed(&long_enough.map(Location::of).collect::<Option<Vec<_>>>()?)
}

/// What the members of a level agree on.
fn agreed(each: &[Location]) -> Option<Location> {
    if each.len() < 2 {
        return each.first().copied();
    }
    let between = Location::of_estimates(&each.iter().map(|member| member.mean).collect::<Vec<_>>());
    // What the mean would vary by if all members were alike: each variance has the weight 1/k, squared.
    let k = each.len() as f64;
    let within = each.iter().map(|member| member.standard_error.powi(2)).sum::<f64>() / (k * k);
    Some(Location {
        // The larger and not the sum: the spread of the members already has each one's own error in it.
        standard_error: between.standard_error.max(within.sqrt()),
        rounds: each.iter().map(|member| member.rounds).sum(),
        ..between
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[&[f64]]) -> Option<Location> {
        location_of_processes(samples.iter().map(|sample| vec![sample.to_vec()]))
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    }

    /// By hand: the means are 2, 4 and 9, their mean 5, the squares of their distances 9 + 1 + 16 = 26, over 2 and over 3.
    /// Each process' own error is √(2 / 6) at most, far below.
    #[test]
    fn processes_that_differ_by_hand() {
        let found = of(&[&[1.0, 2.0, 3.0], &[4.0, 4.0, 4.0], &[8.0, 9.0, 10.0]]).expect("three processes");
        close(found.mean, 5.0);
        close(found.standard_error, (26.0_f64 / 6.0).sqrt());
        assert_eq!((found.degrees_of_freedom, found.rounds), (2, 9));
    }

    /// By hand: both means are 2, so the processes do not differ at all; of 1, 2, 3 the squared error is 1 / 3, of 0, 2, 4
    /// it is 4 / 3, and together 5 / 3 over 2².
    #[test]
    fn processes_that_agree_too_well_keep_their_own_errors() {
        let found = of(&[&[1.0, 2.0, 3.0], &[0.0, 2.0, 4.0]]).expect("two processes");
        close(found.mean, 2.0);
        close(found.standard_error, (5.0_f64 / 12.0).sqrt());
        assert_eq!(found.degrees_of_freedom, 1);
    }

    #[test]
    fn one_process_is_its_rounds() {
        let sample: &[f64] = &[1.0, 2.0, 6.0, 7.0, 9.0];
        assert_eq!(of(&[sample]), Location::of(sample.to_vec()));
        assert_eq!(of(&[sample, &[5.0, 5.0]]), Location::of(sample.to_vec()), "two rounds do not count");
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&[5.0, 5.0]]), None);
    }

    /// By hand: the means of the layouts are 2, 4 and 9, as above, and 3 at both ends of each is trimmed.
    #[test]
    fn layouts_that_differ_by_hand() {
        let layout = |mean: f64| vec![mean - 3.0, mean - 1.0, mean, mean + 1.0, mean + 3.0];
        let process = || [2.0, 4.0, 9.0].map(layout).to_vec();
        let found = location_of_processes(std::iter::once(process())).expect("three layouts");
        close(found.mean, 5.0);
        close(found.standard_error, (26.0_f64 / 6.0).sqrt());
        assert_eq!((found.degrees_of_freedom, found.rounds), (2, 15));
        // One that was cut short does not count beside them.
        let cut = [process(), vec![vec![900.0; 4]]].concat();
        assert_eq!(location_of_processes(std::iter::once(cut)), Some(found));
        // Two processes that agree know what their layouts leave open.
        let both = location_of_processes([process(), process()].into_iter()).expect("two processes");
        close(both.standard_error, (26.0_f64 / 12.0).sqrt());
        assert_eq!(both.degrees_of_freedom, 1);
    }

    #[test]
    fn layouts_of_a_round_each_are_rounds() {
        let rounds = [1.0, 2.0, 6.0, 7.0, 9.0];
        let each = rounds.map(|round| vec![round]).to_vec();
        assert_eq!(location_of_processes(std::iter::once(each)), Location::of(rounds.to_vec()));
    }
}
