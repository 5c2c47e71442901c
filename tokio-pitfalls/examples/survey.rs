//! Prints what each check says of each variant, whether or not it is expected to see anything: for who changes an instrument.
//!
//! `cargo run --example survey -- [NAME]…`

use std::time::Instant;

use tokio_pitfalls::{PITFALLS, explore, track};

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let asked: Vec<_> = std::env::args().skip(1).collect();
    for it in PITFALLS.iter().filter(|it| asked.is_empty() || asked.iter().any(|name| name == it.name)) {
        for (variant, program) in [("wrong", it.wrong), ("fixed", it.fixed)] {
            let start = Instant::now();
            let explored = explore(program);
            let searched = start.elapsed();
            let said = explored.kind.map_or_else(|| explored.proof.to_string(), |kind| kind.to_string());
            let start = Instant::now();
            let tracked = track(program);
            let found: Vec<_> = tracked
                .findings
                .iter()
                .map(|it| format!("{:?} {}", it.certainty, it.kind.as_str()))
                .collect();
            println!(
                "{:28} {variant}: explored: {said}, {} schedules, {} ms; tracked: {found:?}, {}, {} ms",
                it.name,
                explored.schedules,
                searched.as_millis(),
                tracked.failure.as_deref().map_or("ended", |words| words.lines().next().unwrap_or("")),
                start.elapsed().as_millis(),
            );
            if !asked.is_empty() {
                let failures = [explored.failure, tracked.failure].map(Option::unwrap_or_default);
                println!("{}\n{:#?}", failures.join("\n"), tracked.findings);
            }
        }
    }
}
