//! How a run gets on, on stderr: a bar with the time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::Plan;
use crate::progress::{InterimRatio, Observer, Progress};
use crate::record::{Comparison, Metric};
use crate::report;
use crate::workload::Workload;

/// The observer that fits where stderr goes.
pub fn observer<W: Workload>(plan: &Plan<W>) -> Box<dyn Observer> {
    let subjects = plan.names().collect::<Vec<_>>().join(", ");
    observer_of(&subjects, &plan.workloads().iter().map(Workload::name).collect::<Vec<_>>().join(", "))
}

/// The same, by what is measured and under what.
pub fn observer_of(subjects: &str, workloads: &str) -> Box<dyn Observer> {
    eprintln!("Measuring {subjects} under {workloads}.");
    if std::io::stderr().is_terminal() { Box::new(Bar::new()) } else { Box::new(Lines::new()) }
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

/// A bar.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style =
            ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  {eta} left").expect("a template");
        Self(ProgressBar::new(0).with_style(style))
    }
}

impl Observer for Bar {
    fn on(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Preparing { workload, subject } => {
                self.0.set_message(format!("{workload}: setting up {subject}"));
            }
            Progress::Filling { subject, done, of } => {
                self.0.set_message(format!("{subject}: making {done} of {of}"));
            }
            Progress::Round { workload, done, of, interim } => {
                self.0.set_length(u64::from(*of));
                self.0.set_message(format!("{workload}{}", so_far(*interim)));
                self.0.set_position(u64::from(*done));
            }
            Progress::Measured { workload, comparisons } => {
                self.0.println(interim_ratios(workload, comparisons));
            }
            Progress::Recorded { .. } => {}
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A line now and then.
struct Lines {
    start: Instant,
    tenths: u32,
}

impl Lines {
    fn new() -> Self {
        Self { start: Instant::now(), tenths: 0 }
    }
}

impl Observer for Lines {
    fn on(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Preparing { .. } | Progress::Recorded { .. } => {}
            Progress::Filling { subject, done, of } => {
                // Few are made at once.
                if done * 10 / of > (done - 1) * 10 / of && *of > 100 {
                    eprintln!("{subject}: {done} of {of} are made");
                }
            }
            Progress::Round { workload, done, of, interim } => {
                let tenths = done * 10 / (*of).max(1);
                if tenths > self.tenths {
                    self.tenths = tenths;
                    let left = self.start.elapsed().mul_f64(f64::from(of - done) / f64::from((*done).max(1)));
                    eprintln!("{workload}: {tenths}0 % done, about {} left{}", human(left), so_far(*interim));
                }
            }
            Progress::Measured { workload, comparisons } => {
                eprintln!("{}", interim_ratios(workload, comparisons));
            }
        }
    }
}
