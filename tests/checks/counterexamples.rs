//! What `lockyard verify --pitfall` shows is the bug, and not a program that fails by itself.

use lockyard::checks::models::{Replay, Replayed, VerifyTarget, replay};
use lockyard::checks::pitfalls::{ExploredProgram, PITFALLS, Pitfall, Trial, Variant};
use lockyard::explore::{FailureKind, Limits};

fn explored(pitfall: &Pitfall) -> Option<&ExploredProgram> {
    pitfall.trials.iter().find_map(|trial| match trial {
        Trial::Explorer(explored) => Some(explored),
        _ => None,
    })
}

fn shown(pitfall: &'static Pitfall) -> Replayed {
    let limits = Limits { schedules: Some(1 << 20), ..Limits::default() };
    let asked = Replay { subject: VerifyTarget::Pitfall(pitfall), schedule: None, limits };
    replay(&asked).expect("the explorer finds it")
}

/// With the operations that are shown, the fixed variant passes in every schedule: what fails is the bug.
#[test]
fn the_fixed_variant_passes_with_the_operations_that_are_shown() {
    let mut looked_at = 0;
    for pitfall in PITFALLS {
        let Some(explored) = explored(pitfall) else { continue };
        let Replayed { run, schedule, .. } = shown(pitfall);
        let failure = run.failure.unwrap_or_else(|| panic!("{} shows no failure", pitfall.name));
        assert!(failure.kind.is_of_the_program(), "{}: {}", pitfall.name, failure.message);
        let fixed = |program: &mut _| (explored.program)(Variant::Right, program);
        let report = explored.explorer().search_without(&schedule.left_out, &fixed);
        assert_eq!(report.failure, None, "{} without {:?}", pitfall.name, schedule.left_out);
        assert_eq!(report.bound, None, "{}", pitfall.name);
        assert_eq!(
            failure.kind == FailureKind::Deadlock && failure.edges.is_empty(),
            pitfall.name == "lost-wake-up"
        );
        looked_at += 1;
    }
    assert!(looked_at > 20, "{looked_at} have a program for the explorer");
}

/// What the explorer has to say against a deadlock names the cycle, as a tracker's finding does.
#[test]
fn a_deadlock_is_reported_with_its_cycle() {
    let pitfall = Pitfall::named("abba-cache-session").unwrap();
    let explored = pitfall.trials.iter().find(|trial| trial.check() == "explorer").unwrap();
    let detection = explored.alarms(Variant::Wrong).expect("it is caught");
    assert_eq!(detection.kind, "deadlock");
    let [one, other] = &detection.edges[..] else { panic!("two tasks: {:?}", detection.edges) };
    assert_eq!((one.holds.as_ref(), other.holds.as_ref()), (Some(&other.waits_for), Some(&one.waits_for)));
}

/// Where it takes two, both are shown.
#[test]
fn what_takes_two_shows_two() {
    for name in
        ["lost-update", "hold-across-model-call", "abba-cache-session", "interleaved-turns", "check-then-act"]
    {
        let Replayed { run, schedule, .. } = shown(Pitfall::named(name).expect("it is listed"));
        assert!(schedule.left_out.is_empty(), "{name}: {schedule}");
        assert_eq!((run.tasks.len(), run.operations), (2, 2), "{name}");
    }
    let message = shown(Pitfall::named("lost-update").unwrap()).run.failure.unwrap().message;
    assert!(
        message.contains("of [\"one \", \"two \"] there is"),
        "it names those that were there: {message}"
    );
}
