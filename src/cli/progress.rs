//! How a run gets on, on stderr: a bar with the time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::driver::{Observer, Plan, Progress};

/// The observer that fits where stderr goes.
pub(super) fn observer(plan: &Plan) -> Box<dyn Observer> {
    let cells = plan.strategies.len() * plan.scenarios.len();
    let measured = plan.duration * cells as u32;
    eprintln!(
        "Measuring {} under {}: {} of slices, and setting up.",
        plan.names().collect::<Vec<_>>().join(", "),
        plan.scenarios.iter().map(|scenario| scenario.name.as_str()).collect::<Vec<_>>().join(", "),
        human(measured),
    );
    if std::io::stderr().is_terminal() { Box::new(Bar::new()) } else { Box::new(Lines::new()) }
}

fn human(duration: Duration) -> String {
    indicatif::HumanDuration(duration).to_string()
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
            Progress::Preparing { scenario, strategy } => {
                self.0.set_message(format!("{scenario}: setting up {strategy}"));
            }
            Progress::Round { scenario, done, of } => {
                self.0.set_length(u64::from(*of));
                self.0.set_message((*scenario).to_owned());
                self.0.set_position(u64::from(*done));
            }
            Progress::Measured { scenario } => self.0.println(format!("{scenario}: measured")),
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
            Progress::Preparing { .. } => {}
            Progress::Round { scenario, done, of } => {
                let tenths = done * 10 / (*of).max(1);
                if tenths > self.tenths {
                    self.tenths = tenths;
                    let left = self.start.elapsed().mul_f64(f64::from(of - done) / f64::from((*done).max(1)));
                    eprintln!("{scenario}: {}0 % done, about {} left", tenths, human(left));
                }
            }
            Progress::Measured { scenario } => eprintln!("{scenario}: measured"),
        }
    }
}
