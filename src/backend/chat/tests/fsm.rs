//! The state machine against a table written down a second time, as sentences of data rather than as code.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Event, MAX_RETRIES, MAX_TOOL_ROUNDS, Machine, State, StateKind};

/// Every legal pair of state and event, with the state it leads to; the number is the retries, where they count.
const ARROWS: &[(&str, &str, &str)] = &[
    ("idle", "user_message_sent", "processing_user_message"),
    ("processing_user_message", "model_request_initiated", "awaiting_model 0"),
    ("awaiting_model 2", "stream_started", "streaming 2"),
    ("awaiting_model 2", "full_response", "processing_response"),
    ("awaiting_model 2", "transient_failure", "transient_failure 3"),
    ("streaming 2", "chunk", "streaming 2"),
    ("streaming 2", "stream_ended", "processing_response"),
    ("streaming 2", "transient_failure", "transient_failure 3"),
    ("processing_response", "processed without calls", "idle"),
    ("processing_response", "processed with calls", "awaiting_tool_approval"),
    ("awaiting_tool_approval", "approvals_resolved some", "executing_tools 0"),
    ("awaiting_tool_approval", "approvals_resolved none", "generating_response"),
    ("executing_tools 2", "tools_completed", "processing_tool_results 2"),
    ("executing_tools 2", "transient_failure", "transient_failure 3"),
    ("processing_tool_results 2", "model_request_initiated", "awaiting_model 2"),
    ("generating_response", "model_request_initiated", "awaiting_model 0"),
    ("transient_failure 2", "retry", "awaiting_model 2"),
    ("failed", "reset", "idle"),
    // called off
    ("processing_user_message", "cancelled", "idle"),
    ("awaiting_model 2", "cancelled", "idle"),
    ("streaming 2", "cancelled", "idle"),
    ("processing_response", "cancelled", "idle"),
    ("executing_tools 2", "cancelled", "idle"),
    ("processing_tool_results 2", "cancelled", "idle"),
    ("generating_response", "cancelled", "idle"),
    ("transient_failure 2", "cancelled", "idle"),
    // failed for good
    ("processing_user_message", "fatal_error", "failed"),
    ("awaiting_model 2", "fatal_error", "failed"),
    ("streaming 2", "fatal_error", "failed"),
    ("processing_response", "fatal_error", "failed"),
    ("awaiting_tool_approval", "fatal_error", "failed"),
    ("executing_tools 2", "fatal_error", "failed"),
    ("processing_tool_results 2", "fatal_error", "failed"),
    ("generating_response", "fatal_error", "failed"),
    ("transient_failure 2", "fatal_error", "failed"),
];

fn all_states(retries: u8) -> [State; 11] {
    let error = "an error".to_owned();
    [
        State::Idle,
        State::ProcessingUserMessage,
        State::AwaitingModel { retries },
        State::Streaming { retries },
        State::ProcessingResponse,
        State::AwaitingToolApproval,
        State::ExecutingTools { retries },
        State::ProcessingToolResults { retries },
        State::GeneratingResponse,
        State::TransientFailure { error: error.clone(), retries },
        State::Failed { error },
    ]
}

fn all_events() -> [(&'static str, Event); 16] {
    let error = || "an error".to_owned();
    [
        ("user_message_sent", Event::UserMessageSent),
        ("model_request_initiated", Event::ModelRequestInitiated),
        ("stream_started", Event::StreamStarted),
        ("full_response", Event::FullResponse),
        ("chunk", Event::Chunk),
        ("stream_ended", Event::StreamEnded),
        ("processed without calls", Event::Processed { tool_calls: false }),
        ("processed with calls", Event::Processed { tool_calls: true }),
        ("approvals_resolved none", Event::ApprovalsResolved { any_approved: false }),
        ("approvals_resolved some", Event::ApprovalsResolved { any_approved: true }),
        ("tools_completed", Event::ToolsCompleted),
        ("transient_failure", Event::TransientFailure { error: error() }),
        ("retry", Event::Retry),
        ("cancelled", Event::Cancelled),
        ("fatal_error", Event::FatalError { error: error() }),
        ("reset", Event::Reset),
    ]
}

/// The state as the table writes it: its name, and its retries where it counts them.
fn written(state: &State) -> String {
    let json = serde_json::to_value(state).unwrap();
    let kind = json["kind"].as_str().unwrap();
    json.get("retries").map_or_else(|| kind.to_owned(), |retries| format!("{kind} {retries}"))
}

#[test]
fn every_pair_of_state_and_event_does_what_the_table_says() {
    let mut legal = 0;
    for state in all_states(2) {
        for (name, event) in all_events() {
            let machine = Machine { state: state.clone(), tool_rounds: 3 };
            let from = written(&state);
            let expected = ARROWS.iter().find(|(state, event, _)| (*state, *event) == (from.as_str(), name));
            match (machine.step(&event), expected) {
                (Ok(next), Some((_, _, to))) => {
                    legal += 1;
                    assert_eq!(written(next.state()), *to, "{name} in {from}");
                }
                (Err(refusal), None) => {
                    assert_eq!((refusal.state, refusal.event), (state.kind(), event.name()));
                    assert_eq!(machine, Machine { state: state.clone(), tool_rounds: 3 });
                }
                (got, expected) => panic!("{name} in {from}: got {got:?}, the table says {expected:?}"),
            }
        }
    }
    assert_eq!(legal, ARROWS.len(), "a line of the table was never used");
}

#[test]
fn a_refusal_says_what_is_expected_instead() {
    let refusal = Machine::default().step(&Event::Chunk).unwrap_err();
    assert_eq!(refusal.to_string(), "event chunk has no arrow from state idle: expected user_message_sent");
}

#[test]
fn errors_are_carried_and_retries_run_out() {
    let mut machine = Machine { state: State::AwaitingModel { retries: 0 }, tool_rounds: 0 };
    for failures in 1..=MAX_RETRIES {
        machine = machine.step(&Event::TransientFailure { error: format!("failure {failures}") }).unwrap();
        assert_eq!(machine.state().error(), Some(format!("failure {failures}").as_str()));
        machine = machine.step(&Event::Retry).unwrap();
        assert_eq!(*machine.state(), State::AwaitingModel { retries: failures });
    }
    machine = machine.step(&Event::TransientFailure { error: "the last straw".to_owned() }).unwrap();
    machine = machine.step(&Event::Retry).unwrap();
    assert_eq!(*machine.state(), State::Failed { error: "the last straw".to_owned() });
}

#[test]
fn only_a_response_takes_the_retries_back() {
    let tried = Machine { state: State::AwaitingModel { retries: 2 }, tool_rounds: 0 };
    let streaming = tried.step(&Event::StreamStarted).unwrap();
    assert_eq!(*streaming.step(&Event::Chunk).unwrap().state(), State::Streaming { retries: 2 });
    let response = tried.step(&Event::FullResponse).unwrap();
    assert_eq!(response.state().retries(), 0);
}

#[test]
fn the_ninth_round_of_tools_fails_and_a_new_turn_starts_at_zero() {
    let with_calls = Event::Processed { tool_calls: true };
    let mut rounds = Machine { state: State::ProcessingResponse, tool_rounds: 0 };
    for round in 1..=MAX_TOOL_ROUNDS {
        rounds = rounds.step(&with_calls).unwrap();
        assert_eq!((rounds.state(), rounds.tool_rounds()), (&State::AwaitingToolApproval, round));
        rounds.state = State::ProcessingResponse;
    }
    let failed = rounds.step(&with_calls).unwrap();
    assert!(failed.state().error().unwrap().contains("more than 8 rounds of tools"), "{failed:?}");

    let again = failed.step(&Event::Reset).unwrap().step(&Event::UserMessageSent).unwrap();
    assert_eq!(again.tool_rounds(), 0);
}

#[test]
fn a_machine_out_of_all_bounds_still_answers() {
    for state in all_states(u8::MAX) {
        for (_, event) in all_events() {
            let _ = Machine { state: state.clone(), tool_rounds: u8::MAX }.step(&event);
        }
    }
}

#[test]
fn names_are_those_of_the_json() {
    for state in all_states(0) {
        assert_eq!(serde_json::to_value(state.kind()).unwrap(), state.kind().name());
        assert_eq!(serde_json::to_value(&state).unwrap()["kind"], state.kind().name());
    }
    for (_, event) in all_events() {
        assert_eq!(serde_json::to_value(&event).unwrap()["kind"], event.name());
    }
}

#[test]
fn three_states_need_no_turn_at_work() {
    let resting: Vec<_> = all_states(0).iter().map(State::kind).filter(|kind| !kind.is_working()).collect();
    assert_eq!(resting, [StateKind::Idle, StateKind::AwaitingToolApproval, StateKind::Failed]);
}

/// The measure of the module's documentation.
fn measure(machine: &Machine) -> (u8, u8, u8) {
    let rounds_left = MAX_TOOL_ROUNDS - machine.tool_rounds();
    let failures_left = MAX_RETRIES + 1 - machine.state().retries();
    let steps_left = match machine.state().kind() {
        StateKind::Idle | StateKind::Failed => return (0, 0, 0),
        StateKind::ProcessingResponse => return (rounds_left, 0, 1),
        StateKind::Streaming => 1,
        StateKind::AwaitingModel => 2,
        StateKind::ProcessingUserMessage
        | StateKind::ProcessingToolResults
        | StateKind::GeneratingResponse
        | StateKind::TransientFailure => 3,
        StateKind::ExecutingTools => 4,
        StateKind::AwaitingToolApproval => 5,
    };
    (rounds_left, failures_left, steps_left)
}

fn comes_from_outside(event: &Event) -> bool {
    matches!(event, Event::UserMessageSent | Event::Chunk | Event::Reset)
}

/// Every machine that a conversation can reach, each with its steps.
fn reachable() -> BTreeMap<String, (Machine, Vec<(Event, Machine)>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![Machine::default()];
    while let Some(machine) = open.pop() {
        let key = format!("{machine:?}");
        if found.contains_key(&key) {
            continue;
        }
        let steps: Vec<_> = all_events()
            .into_iter()
            .filter_map(|(_, event)| Some((event.clone(), machine.step(&event).ok()?)))
            .collect();
        open.extend(steps.iter().map(|(_, next)| next.clone()));
        found.insert(key, (machine, steps));
    }
    found
}

#[test]
fn every_step_that_is_not_from_outside_lowers_the_measure() {
    let machines = reachable();
    assert!(machines.len() > 100, "only {} machines found", machines.len());
    for (machine, steps) in machines.values() {
        assert!(!steps.is_empty(), "{machine:?} is a dead end");
        for (event, next) in steps.iter().filter(|(event, _)| !comes_from_outside(event)) {
            assert!(measure(next) < measure(machine), "{event:?} leads from {machine:?} to {next:?}");
        }
    }
}

/// Steps from the machine to its end by the longest way; `None` in `known` marks those that are on the way.
fn longest(machine: &Machine, known: &mut BTreeMap<String, Option<usize>>) -> usize {
    let key = format!("{machine:?}");
    if let Some(steps) = known.get(&key) {
        return steps.unwrap_or_else(|| panic!("a loop through {key}"));
    }
    known.insert(key.clone(), None);
    let events = all_events().into_iter().map(|(_, event)| event).filter(|event| !comes_from_outside(event));
    let next: Vec<_> = events.filter_map(|event| machine.step(&event).ok()).collect();
    let steps = next.iter().map(|next| 1 + longest(next, known)).max().unwrap_or(0);
    known.insert(key, Some(steps));
    steps
}

#[test]
fn the_longest_turn_is_finite() {
    let begun = Machine::default().step(&Event::UserMessageSent).unwrap();
    // At worst the model is asked 9 times, and each time it takes 13 steps: the request, three streams that fail at 3
    // steps each, and a fourth that is started, ended and processed. In between lie 8 rounds of tools at 2 steps.
    assert_eq!(longest(&begun, &mut BTreeMap::new()), 9 * 13 + 8 * 2);
}

proptest! {
    #[test]
    fn counts_stay_in_bounds_and_failed_is_left_by_reset_alone(
        choices in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..400),
    ) {
        let mut machine = Machine::default();
        for (choice, legal) in choices {
            // Half of the events are drawn from the legal ones, or few sequences would get anywhere.
            let mut events: Vec<_> = all_events().into_iter().map(|(_, event)| event).collect();
            if legal {
                events.retain(|event| machine.step(event).is_ok());
            }
            let event = choice.get(&events);
            let before = machine.clone();
            if let Ok(next) = machine.step(event) {
                if before.state().kind() == StateKind::Failed {
                    prop_assert_eq!(event, &Event::Reset);
                    prop_assert_eq!(next.state(), &State::Idle);
                }
                machine = next;
            }
            let most = MAX_RETRIES + u8::from(machine.state().kind() == StateKind::TransientFailure);
            prop_assert!(machine.state().retries() <= most);
            prop_assert!(machine.tool_rounds() <= MAX_TOOL_ROUNDS);
        }
    }
}
