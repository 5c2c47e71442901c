//! How a run gets on, on stderr: a bar with the time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::Plan;
use crate::progress::{InterimRatio, Observer, Progress};
use crate::record::{Comparison, Metric};
use crate::report;
use crate::workload::Workload;

use super::process_number::ProcessNumber;
use super::time_left::TimeLeft;

/// The observer that fits where stderr goes.
pub fn observer<W: Workload>(plan: &Plan<W>) -> Box<dyn Observer> {
    observer_of_process(plan, ProcessNumber::ALONE)
}

/// The same for one of several processes, which measure one after the other: how far all of them are together.
pub fn observer_of_process<W: Workload>(plan: &Plan<W>, process: ProcessNumber) -> Box<dyn Observer> {
    let subjects = plan.names().collect::<Vec<_>>().join(", ");
    let workloads: Vec<_> = plan.workloads().iter().map(Workload::name).collect();
    observed(&subjects, &workloads.join(", "), workloads.len(), process)
}

/// The same, by what is measured and under what, and how many workloads that are.
pub fn observer_of(subjects: &str, workloads: &str, count: usize) -> Box<dyn Observer> {
    observed(subjects, workloads, count, ProcessNumber::ALONE)
}

fn observed(subjects: &str, workloads: &str, count: usize, process: ProcessNumber) -> Box<dyn Observer> {
    if process.nth == 0 {
        eprintln!("Measuring {subjects} under {workloads}.");
    }
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let left = TimeLeft::of(count.saturating_mul(process.of - process.nth));
    // A bar moves the cursor, which a dumb terminal cannot.
    let has_bar = std::io::stderr().is_terminal() && !console::is_dumb();
    if has_bar { Box::new(Bar::new(left, process)) } else { Box::new(Lines::new(left, process)) }
}

fn human(duration: Duration) -> String {
    indicatif::HumanDuration(duration).to_string()
}

/// Where the last strategy stands, for the end of a line.
fn so_far(interim: Option<InterimRatio<'_>>) -> String {
    interim.map_or_else(String::new, |InterimRatio { candidate, baseline, ratio, ci }| {
        format!("; {candidate} ÷ {baseline} is {} so far", report::ratio(ratio, ci))
    })
}

/// That a scenario is measured, and which candidate is furthest ahead of the baseline there.
fn interim_ratios(scenario: &str, comparisons: &[Comparison]) -> String {
    let baseline = comparisons.first().map(|first| &first.baseline);
    let of_throughput = comparisons.iter().filter(|it| it.metric == Metric::Throughput);
    let ahead = of_throughput.filter(|it| Some(&it.baseline) == baseline);
    match ahead.max_by(|one, other| one.ratio.total_cmp(&other.ratio)) {
        None => format!("{scenario}: measured"),
        Some(Comparison { candidate, baseline, ratio, ci, verdict, .. }) => {
            let ratio = report::ratio(*ratio, *ci);
            format!("{scenario}: measured. Throughput of {candidate} ÷ {baseline}: {ratio}, {verdict}")
        }
    }
}

/// ", about 2 minutes left", where that is known and is any.
fn left_in_words(left: Option<Duration>) -> String {
    left.filter(|left| left.as_secs_f64() >= 0.5)
        .map_or_else(String::new, |left| format!(", about {} left", human(left)))
}

/// A bar.
struct Bar {
    drawn: ProgressBar,
    start: Instant,
    left: TimeLeft,
    process: ProcessNumber,
}

impl Bar {
    fn new(left: TimeLeft, process: ProcessNumber) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {wide_msg}").expect("a template");
        // Nothing of nothing would be all; how many rounds there are is known with the first.
        let bar = ProgressBar::new(process.of.into()).with_position(process.nth.into()).with_style(style);
        Self { drawn: bar, start: Instant::now(), left, process }
    }
}

impl Observer for Bar {
    fn on(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Preparing { workload, subject } => {
                self.left.preparing(self.start.elapsed());
                self.drawn.set_message(format!("{workload}: setting up {subject}"));
                self.drawn.tick();
            }
            Progress::Filling { subject, done, of } => {
                self.drawn.set_message(format!("{subject}: making {done} of {of}"));
            }
            Progress::Round { workload, done, of, interim } => {
                let (done, of) = self.process.of_all(*done, *of);
                let left = self.left.round(self.start.elapsed(), workload, done, of);
                self.drawn.set_length(u64::from(of));
                self.drawn.set_message(format!("{workload}{}{}", left_in_words(left), so_far(*interim)));
                self.drawn.set_position(u64::from(done));
            }
            Progress::Measured { workload, comparisons } => {
                self.drawn.println(interim_ratios(workload, comparisons));
            }
            Progress::Recorded { .. } => {}
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.drawn.finish_and_clear();
    }
}

/// A line now and then.
struct Lines {
    start: Instant,
    left: TimeLeft,
    process: ProcessNumber,
    tenths: u32,
}

impl Lines {
    fn new(left: TimeLeft, process: ProcessNumber) -> Self {
        Self { start: Instant::now(), left, process, tenths: process.nth * 10 / process.of }
    }

    /// The line for a round, if one is due.
    fn of_round(&mut self, at: Duration, workload: &str, done: u32, of: u32) -> Option<String> {
        let (done, of) = self.process.of_all(done, of);
        let left = self.left.round(at, workload, done, of);
        let tenths = done * 10 / of.max(1);
        (tenths > self.tenths).then(|| {
            self.tenths = tenths;
            format!("{workload}: {tenths}0 % done{}", left_in_words(left))
        })
    }
}

impl Observer for Lines {
    fn on(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Preparing { workload, .. } => {
                if self.process.nth == 0 && self.left.is_new() {
                    eprintln!("{workload}: 0 % done, setting up");
                }
                self.left.preparing(self.start.elapsed());
            }
            Progress::Recorded { .. } => {}
            Progress::Filling { subject, done, of } => {
                // Few are made at once.
                if done * 10 / of > (done - 1) * 10 / of && *of > 100 {
                    eprintln!("{subject}: {done} of {of} are made");
                }
            }
            Progress::Round { workload, done, of, interim } => {
                if let Some(line) = self.of_round(self.start.elapsed(), workload, *done, *of) {
                    eprintln!("{line}{}", so_far(*interim));
                }
            }
            Progress::Measured { workload, comparisons } => {
                eprintln!("{}", interim_ratios(workload, comparisons));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_at_nothing_before_the_first_round() {
        let mut bar = Bar::new(TimeLeft::of(1), ProcessNumber::ALONE);
        bar.on(&Progress::Preparing { workload: "polling", subject: "after" });
        assert_eq!((bar.drawn.position(), bar.drawn.length()), (0, Some(1)));
        bar.on(&Progress::Round { workload: "polling", done: 2, of: 20, interim: None });
        assert_eq!((bar.drawn.position(), bar.drawn.length()), (2, Some(20)));
        assert_eq!(bar.drawn.message(), "polling", "no time is left that is not known");
    }

    #[test]
    fn a_line_says_how_long_once_that_is_known() {
        let mut lines = Lines::new(TimeLeft::of(1), ProcessNumber::ALONE);
        lines.left.preparing(Duration::ZERO);
        let mut round = |at, done| lines.of_round(Duration::from_secs(at), "polling", done, 10);
        assert_eq!(round(60, 1).as_deref(), Some("polling: 10 % done"));
        assert_eq!(round(61, 1), None, "it is no further");
        round(62, 2);
        round(63, 3);
        assert_eq!(round(64, 4).as_deref(), Some("polling: 40 % done, about 6 seconds left"));
    }

    #[test]
    fn one_of_several_processes_goes_on_where_the_one_before_has_ended() {
        let process = "1/2".parse().unwrap();
        let mut bar = Bar::new(TimeLeft::of(1), process);
        bar.on(&Progress::Preparing { workload: "polling", subject: "after" });
        assert_eq!((bar.drawn.position(), bar.drawn.length()), (1, Some(2)));
        let mut lines = Lines::new(TimeLeft::of(1), process);
        let mut round = |at, done| lines.of_round(Duration::from_secs(at), "polling", done, 10);
        assert_eq!([round(1, 1), round(2, 2)], [None, Some("polling: 60 % done".to_owned())]);
        round(3, 3);
        assert_eq!(round(4, 4).as_deref(), Some("polling: 70 % done, about 6 seconds left"));
    }
}
