//! Estimates from several processes: intervals over two levels.
//!
//! Where code, heap and stack happen to lie can make a program faster or slower, and stays as it is for as long as the
//! process lives. However many rounds one process measures, it sees one such layout and calls it certain. So a run may be
//! spread over several processes. Each gives one estimate, the trimmed mean of its rounds; the result is the mean of these,
//! with as many degrees of freedom as there are processes, less one. How far processes lie apart holds both levels: what
//! layouts do, and what each process does not know for want of rounds.
//!
//! A few processes may by chance agree better than their own errors allow. Then these errors are taken, so that an interval
//! over processes is never tighter than the rounds in them carry. What no interval can hold is a layout that none of the
//! processes had. Where there are just two kinds, as likely as each other, intervals at 99 % hold the mean of both in 94 of 100
//! runs of five processes, which are all of one kind once in sixteen times, and in 98 of 100 runs of ten.
//!
//! Sources: T. Kalibera, R. Jones, "Rigorous benchmarking in reasonable time", *ISMM* 2013, 63–74 (levels of repetition, and
//! why the highest one decides); A. Georges, D. Buytaert, L. Eeckhout, "Statistically rigorous Java performance evaluation",
//! *OOPSLA* 2007, 57–76 (means of processes with Student's t); C. Röver, G. Knapp, T. Friede, "Hartung-Knapp-Sidik-Jonkman
//! approach and its modification for random-effects meta-analysis with few studies", *BMC Medical Research Methodology* 15:99
//! (2015), from where it is taken never to go below the inner errors.

use super::location::{Location, MIN_ROUNDS};

/// The location that several processes agree on, one sample each. Of a single process it is that of its sample.
///
/// A process with fewer than [`MIN_ROUNDS`] values, such as one that was interrupted, does not count. `None` if none
/// counts, or if one that does has no location: leaving out the process in which a subject stalled would flatter that subject.
pub(super) fn location_of_processes(samples: impl Iterator<Item = Vec<f64>>) -> Option<Location> {
    let long_enough = samples.filter(|sample| sample.len() >= MIN_ROUNDS);
    let each = long_enough.map(Location::of).collect::<Option<Vec<_>>>()?;
    if each.len() < 2 {
        return each.first().copied();
    }
    let k = each.len() as f64;
    let mean = each.iter().map(|process| process.mean).sum::<f64>() / k;
    // The variance of a mean of k: the sample variance of the processes, divided by k once more.
    let between = each.iter().map(|process| (process.mean - mean).powi(2)).sum::<f64>() / (k - 1.0) / k;
    // What the mean would vary by if all processes were alike: each variance has the weight 1/k, squared.
    let within = each.iter().map(|process| process.standard_error.powi(2)).sum::<f64>() / (k * k);
    Some(Location {
        mean,
        // The larger and not the sum: the spread of the processes already has each one's own error in it.
        standard_error: between.max(within).sqrt(),
        degrees_of_freedom: each.len() - 1,
        rounds: each.iter().map(|process| process.rounds).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[&[f64]]) -> Option<Location> {
        location_of_processes(samples.iter().map(|sample| sample.to_vec()))
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
}
