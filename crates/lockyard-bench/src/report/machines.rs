//! Several load machines in a report: the plan that they kept, what each measured, and what was judged across their clocks.

use super::format;
use crate::record::{AcrossMachines, LoadPlan, MachineRecord, Record};

/// The heading, wherever there is one.
pub(super) const TITLE: &str = "Load machines";

/// The head of the table.
pub(super) const HEAD: [&str; 7] =
    ["slice", "clients", "operations", "rounds", "own history", "clock", "machine"];

/// The rows of the table: one for each machine.
pub(super) fn rows(record: &Record) -> Vec<[String; 7]> {
    let of = record.plan.as_ref().map_or(0, |plan| plan.slices);
    record.machines.iter().map(|machine| row(machine, of)).collect()
}

fn row(machine: &MachineRecord, of: u32) -> [String; 7] {
    let judged = machine.verification.as_ref();
    let own = match judged.map(|it| it.linearizable) {
        None => "not checked",
        Some(None) => "unknown",
        Some(Some(true)) => "linearizable",
        Some(Some(false)) => "not linearizable",
    };
    let it = &machine.environment;
    let cpu = it.cpu_model.as_deref().unwrap_or("unknown processor");
    [
        format!("{} of {of}", machine.slice),
        machine.clients.to_string(),
        format::count(machine.operations as f64),
        machine.rounds.len().to_string(),
        own.to_owned(),
        machine.clock.as_ref().map_or_else(
            || "not compared".to_owned(),
            |clock| {
                let ms = |ns: i64| format!("{:+.0} ms", ns as f64 / 1e6);
                format!("server {} to {}", ms(clock.ahead_min_ns), ms(clock.ahead_max_ns))
            },
        ),
        format!("{cpu}, {}, {}", format::counted(it.cores.into(), "core"), it.os),
    ]
}

/// What is to be known of the plan, and of what was judged.
pub(super) fn sentences(record: &Record) -> Vec<String> {
    let Some(plan) = &record.plan else { return Vec::new() };
    let mut sentences = vec![of_plan(plan, record)];
    match &record.across {
        None => sentences.push(
            "The history of all machines is judged once their records are merged; what is said of linearizability is of what only this machine asked about."
                .to_owned(),
        ),
        Some(across) => sentences.push(of_all(across)),
    }
    sentences
}

fn of_plan(plan: &LoadPlan, record: &Record) -> String {
    let slices = format::counted(plan.slices.into(), "slice");
    let clients = format::counted(plan.clients.into(), "client");
    let here: Vec<_> = record.machines.iter().map(|machine| machine.slice.to_string()).collect();
    let which = match here.len() {
        0 => "none of them was measured".to_owned(),
        all if all == plan.slices as usize => {
            "all of them are here, and rates are added where all measured at the same time".to_owned()
        }
        1 => format!("this is slice {}, and its rates are of its clients alone", here[0]),
        _ => format!("these are slices {}; the others are missing", format::list(&here)),
    };
    format!("{clients} in {slices} from {} on: {which}.", plan.start)
}

fn of_all(across: &AcrossMachines) -> String {
    let AcrossMachines { operations, widened_ns, linearizable, not_judged } = across;
    let (Some(operations), Some(widened)) = (operations, widened_ns) else {
        let why = not_judged.as_deref().unwrap_or("no reason is given");
        return format!(
            "Nothing was judged across machines, only each machine's own history in its own clock: {why}."
        );
    };
    let found = match linearizable {
        Some(true) => "no violation is larger than the clocks are sure, and a smaller one would not be seen",
        Some(false) => "not linearizable, whatever the clocks showed",
        None => "not decided in time",
    };
    format!(
        "Judged across machines: {operations} operations, each interval widened by {:.3} ms at both ends, the clock error that the plan \
         states: {found}. Each machine's own history was judged in its own clock.",
        *widened as f64 / 1e6
    )
}
