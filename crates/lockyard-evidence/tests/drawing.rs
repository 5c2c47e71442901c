//! Runs drawn as text: what a reader sees, and that it fits.

mod support;

use lockyard_evidence::{Action, Counterexample, Step, Trace};
use support::{deadlock, edge, step, three_tasks};

/// How wide a drawing is, but for the command, which must stay whole.
fn widest(text: &str) -> usize {
    let lines = text.lines().filter(|line| !line.starts_with("Replay: "));
    lines.map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn a_deadlock_is_its_cause_its_graph_its_steps_and_the_command() {
    let expected = "\
Two accounts are locked in the order of the request.
deadlock of two movers

┌─▶ task 0: <mover>
│     holds      a (write), locked at manager.rs:161
│     waits for  b (write) at mutex_lru.rs:33, held by
├─▶ task 1: other
│     holds      b (write), locked at manager.rs:161
│     waits for  a (write) at mutex_lru.rs:33, held by
└─▶ task 0: <mover>

step  task 0: <mover>         task 1: other
   1  ● invoke move(a, b)
      ● lock a (write)                               manager.rs:161
   2  ┃ holds a               ● lock b (write)       manager.rs:161
   3  ● queue for b (write)   ┃ holds b              manager.rs:161
   4  ┃ holds a, waits for b  ✗ queue for a (write)  manager.rs:161
      ↑ closes the cycle

Replay: lockyard verify --pitfall two-sessions --replay 0.1
";
    assert_eq!(deadlock().drawing().to_text(Some(80)), expected);
    let whole = deadlock().drawing().to_string();
    assert!(whole.contains("src/backend/session/manager.rs:161:25  ← closes the cycle\n"), "{whole}");
}

#[test]
fn the_last_request_of_the_cycle_closes_it_and_not_that_of_a_bystander() {
    let mut how = deadlock();
    how.tasks.push("task 2: reader".to_owned());
    how.steps.push(step(5, 2, Action::Queue, "a", &[], &["a"]));
    assert_eq!(how.trace().wrong, Some((4, "closes the cycle".to_owned())));
    how.fatal = Some(3);
    assert_eq!(how.trace().wrong.unwrap().0, 3, "the engine knows better");
}

/// An engine may end a run before the requests that close the cycle are steps.
#[test]
fn a_cycle_that_no_step_closes_is_a_row_of_its_own() {
    let mut how = deadlock();
    how.steps.truncate(3);
    assert_eq!(how.trace().wrong, None);
    let text = how.drawing().to_text(Some(100));
    let end = "   2  ┃ holds a              ● lock b (write)       src/backend/session/manager.rs:161:25
      ✗ waits for b (write)  ✗ waits for a (write)  ← closes the cycle\n";
    assert!(text.contains(end), "{text}");
    assert!(!how.trace().to_string().contains('✗'), "the steps alone have no such row");
}

#[test]
fn every_line_fits_and_the_drawing_says_that_something_was_left_out() {
    let how = three_tasks();
    for width in [24, 40, 60, 80, 100, 120] {
        let text = how.drawing().to_text(Some(width));
        assert!(widest(&text) <= width, "{width}:\n{text}");
        assert_eq!(text.contains("Shortened"), text.contains('…'), "{text}");
        assert!(text.contains(&how.replay), "the command is whole: {text}");
    }
    let text = how.drawing().to_text(Some(80));
    assert!(
        text.contains("mutex_lru.rs:33") && text.contains("✗ ") && text.contains("↑ fails here\n"),
        "{text}"
    );
    assert_eq!(text, how.drawing().to_text(Some(80)));
    let wide = how.drawing().to_text(Some(200));
    assert!(wide.contains("store: version 2 → 1") && wide.contains("mutex_lru.rs:33:16"), "{wide}");
}

#[test]
fn what_is_retried_is_drawn_once() {
    let how = three_tasks();
    let text = how.trace().to_text(Some(80));
    assert!(text.contains("⋮ steps 5–6, 19 times more (steps 7–44)\n"), "{text}");
    assert_eq!(text.lines().count(), 3 + 1 + how.steps.len() - 38 + 1 + 1, "{text}");
}

/// As the bench shows it: a client that retries forever, seen for hundreds of steps.
#[test]
fn an_endless_run_fits_on_a_screen_with_its_last_step() {
    let mut how = Counterexample { tasks: vec!["client".to_owned()], ..Counterexample::default() };
    for nth in 0..500 {
        how.steps.push(step(3 * nth + 1, 0, Action::Lock, "cache", &["cache"], &[]));
        how.steps.push(step(3 * nth + 1, 0, Action::Unlock, "cache", &[], &[]));
        how.steps.push(step(3 * nth + 3, 0, Action::Tick, "", &[], &[]));
    }
    how.fatal = Some(how.steps.len() - 1);
    let text = how.trace().to_text(Some(80));
    assert!(text.lines().count() < 12, "{text}");
    assert!(text.contains("⋮ steps 1–3, 498 times more (steps 4–1497)\n"), "{text}");
    assert!(text.ends_with("1500  ✗ woken by the clock\n") || text.contains("← fails here"), "{text}");
}

/// Three tasks in 80 columns: their names and the bars say whose step it is, and the step has the room.
#[test]
fn where_columns_would_say_too_little_tasks_have_marks_beside_one_column_of_words() {
    let text = three_tasks().trace().to_text(Some(80));
    let expected = "\
0  task 0: client that appends
1  task 1: client that deletes
2  task 2: the auto-save in the background
step  0 1 2  ● a step, ┃ holds, ○ waits, │ in an operation
   1  ●      invoke append_message(session 7, \"a long message of a client\")
      ●      lock cache (write)         manager.rs:161
   2  ●      lock session (write)       manager.rs:161
   3  ┃ ●    invoke delete_context(session 7)
      ┃ ●    queue for session (write)  manager.rs:161
   4  ┃ ○ ●  invoke list_contexts(first 20, by the time of the last change)
   5  ┃ ○ ●  call store: put: fails: the disk is full
   6  ┃ ○ ●  woken by the clock
      ⋮ steps 5–6, 19 times more (steps 7–44)
  45  ✗ ○ │  store: version 2 → 1       mutex_lru.rs:33
      ↑ fails here
";
    assert_eq!(text, expected);
}

#[test]
fn where_marks_leave_no_room_the_task_stands_before_its_words() {
    let tasks: Vec<_> = (0..30).map(|task| format!("name of task {task}")).collect();
    let steps: Vec<_> =
        (0..30).map(|task| step(task as u32 + 1, task, Action::Lock, "a", &["a"], &[])).collect();
    let trace = Trace {
        tasks: tasks.into(),
        steps: steps.into(),
        wrong: Some((29, "no order".to_owned())),
        ..Trace::default()
    };
    let text = trace.to_text(Some(80));
    assert!(widest(&text) <= 80, "{text}");
    assert!(text.contains("  12  ● name of task 11: lock a (write)  manager.rs:161\n"), "{text}");
    assert!(text.contains("✗ name of task 29: lock a (write)  manager.rs:161\n      ↑ no order\n"), "{text}");
}

/// The marks of the drawing are no part of what a step says, and a name cannot make lines or escape sequences.
#[test]
fn names_are_drawn_as_they_are_but_for_what_would_break_the_drawing() {
    let steps = [Step { value: None, ..step(1, 0, Action::Access, "│ ● pipe\n\u{1b}[31m", &[], &[]) }];
    let tasks = ["one\ttask".to_owned()];
    let text =
        Trace { tasks: (&tasks[..]).into(), steps: (&steps[..]).into(), ..Trace::default() }.to_string();
    assert_eq!(text, "step  one\u{fffd}task\n   1  ● │ ● pipe\u{fffd}\u{fffd}[31m\n");
}

#[test]
fn what_is_too_long_for_a_reader_is_elided_in_the_middle_and_the_drawing_says_so() {
    let long = format!("first{}last", "x".repeat(200));
    let steps = [step(1, 0, Action::Invoke, &long, &[], &[])];
    let text =
        Trace { tasks: (&["one".to_owned()][..]).into(), steps: (&steps[..]).into(), ..Trace::default() }
            .to_string();
    assert!(text.contains("invoke first") && text.contains("xlast\n") && text.contains('…'), "{text}");
    assert!(text.ends_with("Shortened to fit; the page and the JSON show more.\n"), "{text}");
}

#[test]
fn old_drawings_in_a_message_keep_their_lines() {
    let message = "lost\nstep  task 0\n   1  ● asks: get".to_owned();
    let how = Counterexample { message: message.clone(), ..Counterexample::default() };
    assert_eq!(how.drawing().to_text(Some(80)), message + "\n");
}

#[test]
fn a_task_that_only_waits_or_only_has_an_operation_open_is_marked_so() {
    let tasks = ["a".to_owned(), "b".to_owned()];
    let steps = [
        Step { place: None, ..step(1, 0, Action::Invoke, "get", &[], &[]) },
        Step { place: None, ..step(2, 1, Action::Lock, "s", &["s"], &[]) },
        Step { place: None, ..step(3, 0, Action::Queue, "s", &[], &["s"]) },
        Step { place: None, ..step(4, 1, Action::Call, "store", &["s"], &[]) },
    ];
    let text =
        Trace { tasks: (&tasks[..]).into(), steps: (&steps[..]).into(), ..Trace::default() }.to_string();
    let expected = "\
step  a                      b
   1  ● invoke get
   2  │                      ● lock s (write)
   3  ● queue for s (write)  ┃ holds s
   4  ○ waits for s          ● call store
";
    assert_eq!(text, expected);
}

#[test]
fn edges_of_tasks_that_the_run_does_not_have_add_no_row() {
    let mut how = deadlock();
    how.edges = vec![edge("elsewhere", None, "x")];
    assert!(!how.drawing().to_text(None).contains('✗'));
}
