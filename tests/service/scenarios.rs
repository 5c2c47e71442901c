//! Scenarios from outside: the built-in ones are what the documentation says, and one that makes no
//! sense is refused with what is wrong, where, and what would be right.

use std::time::Duration;

use lockyard::workload::{Arrival, Operation, Point, Role, Scenario, ScenarioError, Setting, WriterKeys};

/// A small scenario that is right, with a line for each field, for tests to break.
const RIGHT: &str = "\
name = 'mine'
about = 'a test'
sessions = 10
messages = 3
message_bytes = 64
capacity = 5
zipf = 1
workers = 2
tasks = 4
read_percent = 90
save_ms = 1
page = 10
list_limit = 20
slice_ms = 30
[reads]
get_context = 60
get_context_state = 40
[writes]
add_context_message = 90
send_message_action = 10
[model]
latency_ms = [1, 2]
scale = 0.5
chunks = [3, 4]
chunk_interval_ms = [5, 6]
";

fn load(name: &str, overrides: &[&str]) -> Result<Scenario, ScenarioError> {
    Scenario::load(name, overrides)
}

/// The message for [`RIGHT`] with its line `line` (from 1) replaced.
fn message_with(line: usize, replacement: &str) -> String {
    let mut lines: Vec<_> = RIGHT.lines().collect();
    lines[line - 1] = replacement;
    message(&lines.join("\n"))
}

fn message(text: &str) -> String {
    let error = Scenario::from_toml("mine.toml", text).expect_err(text);
    let message = error.to_string();
    assert!(!message.contains('\n'), "one paragraph: {message}");
    message
}

fn message_of_override(name: &str, overrides: &[&str]) -> String {
    load(name, overrides).expect_err("an override that is wrong").to_string()
}

#[track_caller]
fn assert_starts(message: &str, start: &str) {
    assert!(message.starts_with(start), "`{message}` does not start with `{start}`");
}

#[test]
fn a_scenario_says_what_its_text_says() {
    let mine = Scenario::from_toml("mine.toml", RIGHT).expect("nothing is wrong");
    assert_eq!((mine.name.as_str(), mine.about.as_str()), ("mine", "a test"));
    assert_eq!((mine.sessions.get(), mine.messages, mine.message_bytes, mine.capacity.get()), (10, 3, 64, 5));
    assert_eq!((mine.page, mine.list_limit), (10, 20));
    assert_eq!((mine.slice, mine.save), (Duration::from_millis(30), Duration::from_millis(1)));
    assert_eq!((mine.arrival, mine.writer_keys), (Arrival::Closed, WriterKeys::Skewed));
    assert_eq!(mine.point(), Point { workers: 2, tasks: 4, readers: 0, writers: 0, save_ms: 1 });
    let share = |operation| mine.groups[0].mix.share(operation);
    assert!((share(Operation::GetContext) - 0.54).abs() < 1e-12);
    assert!((share(Operation::SendMessageAction) - 0.01).abs() < 1e-12);
    let model = mine.model.expect("a model");
    assert_eq!((model.latency_ms, model.chunks, model.chunk_interval_ms), (1..=2, 3..=4, 5..=6));
}

#[test]
fn the_built_in_scenarios_are_the_documented_ones() {
    let names: Vec<_> = Scenario::builtins().map(|scenario| scenario.name).collect();
    assert_eq!(names, ["polling", "hot-context", "active-chat", "streaming", "churn", "one-worker"]);

    let polling = Scenario::builtin("polling").expect("built in");
    assert_eq!((polling.sessions.get(), polling.messages, polling.message_bytes), (1_000, 100, 1_024));
    assert_eq!((polling.capacity.get(), polling.page, polling.list_limit), (1_000, 50, 50));
    assert_eq!(polling.point(), Point { workers: 2, tasks: 64, readers: 0, writers: 0, save_ms: 0 });
    assert_eq!((polling.zipf, polling.slice), (0.99, Duration::from_millis(4)));
    let found: Vec<_> =
        polling.groups[0].mix.shares().map(|(o, share)| (o.name(), (share * 1e6).round())).collect();
    assert_eq!(
        found,
        [
            ("list_contexts", 47_500.0),
            ("get_context", 142_500.0),
            ("get_context_messages", 95_000.0),
            ("get_context_state", 665_000.0),
            ("update_context", 10_000.0),
            ("add_context_message", 40_000.0),
        ]
    );

    let hot = Scenario::builtin("hot-context").expect("built in");
    assert_eq!(hot.point(), Point { workers: 2, tasks: 17, readers: 16, writers: 1, save_ms: 0 });
    assert_eq!(
        (hot.sessions.get(), hot.group(15).0.role, hot.group(16).0.role),
        (1, Role::Reader, Role::Writer)
    );
    assert!(hot.groups[0].mix.shares().all(|(operation, _)| operation != Operation::ListContexts));

    let churn = Scenario::builtin("churn").expect("built in");
    assert_eq!((churn.sessions.get(), churn.capacity.get(), churn.zipf), (1_000, 100, 0.99));

    let chat = Scenario::builtin("active-chat").expect("built in");
    let model = chat.model.expect("a model");
    assert_eq!((chat.sessions.get(), model.latency_ms, model.scale), (100, 500..=10_000, 0.01));
    assert!(
        model.tool_calls_percent.get() > 0.0 && model.deny_percent.get() > 0.0 && chat.cancel.get() > 0.0
    );

    let streaming = Scenario::builtin("streaming").expect("built in");
    assert_eq!((streaming.tasks_of(Role::Writer), streaming.writer_keys), (100, WriterKeys::Own));
    let model = streaming.model.expect("a model");
    assert_eq!((model.chunk_interval_ms, model.scale), (10..=20, 1.0), "50 to 100 chunks a second");
}

/// The comparison of the two is only about the workers if nothing else differs.
#[test]
fn one_worker_is_polling_but_for_the_workers() {
    let mut polling = load("polling", &["workers=1", "name=one-worker", "about=same"]).expect("valid");
    polling.sweeps.retain(|sweep| sweep.along() != Setting::Workers);
    assert_eq!(polling, load("one-worker", &["about=same"]).expect("valid"));
}

#[test]
fn a_wrong_value_is_shown_with_line_and_column() {
    let cases = [
        (
            3,
            "sessions = 0",
            "mine.toml:3:12: invalid value: integer `0`, expected a whole number from 1 to 1000000",
        ),
        (
            3,
            "sessions = 'x'",
            "mine.toml:3:12: invalid type: string \"x\", expected a whole number from 1 to",
        ),
        (4, "messages = -1", "mine.toml:4:12: invalid value: integer `-1`, expected a whole number from 0"),
        (6, "  capacity  =  0", "mine.toml:6:16: invalid value: integer `0`"),
        (7, "zipf = -0.5", "mine.toml:7:8: invalid value: floating point `-0.5`, expected a Zipf exponent"),
        (7, "zipf = nan", "mine.toml:7:8: invalid value: floating point `NaN`"),
        (8, "workers = 0", "mine.toml:8:11: "),
        (8, "workers = 1.5", "mine.toml:8:11: invalid type: floating point `1.5`, expected a whole number"),
        (9, "tasks = 0", "mine.toml:9:9: "),
        (9, "tasks = 99999999999999999999", "mine.toml:9:9: "),
        (
            10,
            "read_percent = 101",
            "mine.toml:10:16: invalid value: floating point `101.0`, expected a percentage",
        ),
        (
            11,
            "rate = 0",
            "mine.toml:11:8: invalid value: floating point `0.0`, expected operations per second",
        ),
        (11, "rate = -5", "mine.toml:11:8: "),
        (11, "rate = nan", "mine.toml:11:8: "),
        (11, "rate = 1e10", "mine.toml:11:8: "),
        (
            12,
            "page = 1001",
            "mine.toml:12:8: invalid value: integer `1001`, expected a whole number from 1 to 1000",
        ),
        (14, "slice_ms = 0", "mine.toml:14:12: "),
        (14, "writer_keys = 'mine'", "mine.toml:14:15: unknown variant `mine`, expected `skewed` or `own`"),
        (
            16,
            "get_context = -60",
            "mine.toml:16:15: invalid value: floating point `-60.0`, expected a percentage",
        ),
        (22, "latency_ms = [2, 1]", "mine.toml:22:14: the range [2, 1] runs backwards"),
        (22, "latency_ms = [1]", "mine.toml:22:14: "),
        (
            23,
            "scale = 2",
            "mine.toml:23:9: invalid value: floating point `2.0`, expected a factor from 0 to 1",
        ),
    ];
    for (line, replacement, start) in cases {
        assert_starts(&message_with(line, replacement), start);
    }
}

#[test]
fn text_that_is_no_toml_is_shown_with_line_and_column() {
    assert_starts(&message_with(3, "sessions = "), "mine.toml:3:");
    assert_starts(&message_with(4, "sessions = 4"), "mine.toml:4:1: duplicate key");
    assert_starts(&message_with(15, "[reads"), "mine.toml:15:7: ");
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_and_all() {
    let field = message_with(9, "taks = 4");
    assert_starts(
        &field,
        "mine.toml:9:1: unknown field `taks`, did you mean `tasks`? There are: name, about, sessions",
    );
    let operation = message_with(16, "get_contex = 60");
    assert_starts(
        &operation,
        "mine.toml:16:1: unknown operation `get_contex`, did you mean `get_context`? There are: ",
    );
    assert!(Operation::ALL.iter().all(|known| operation.contains(known.name())), "{operation}");
    assert_starts(
        &message_with(22, "latency = [1, 2]"),
        "mine.toml:22:1: unknown field of [model] `latency`, did you mean `latency_ms`?",
    );
}

#[test]
fn a_missing_field_is_named() {
    assert_starts(&message_with(3, ""), "mine.toml:1:1: missing field `sessions`");
    assert_starts(&message_with(23, ""), "mine.toml:21:1: missing field `scale`");
}

#[test]
fn an_operation_on_the_wrong_side_is_sent_to_the_right_one() {
    let write = message_with(16, "update_context = 60");
    assert_eq!(write, "mine.toml:16:1: update_context is a write and belongs under [writes]");
    let read = message_with(19, "list_contexts = 90");
    assert_eq!(read, "mine.toml:19:1: list_contexts is a read and belongs under [reads]");
}

#[test]
fn percentages_that_make_no_whole_are_added_up() {
    assert_eq!(
        message_with(17, "get_context_state = 35.1"),
        "mine.toml:15:1: the percentages under [reads] add up to 95.1, and must add up to 100: \
         get_context 60, get_context_state 35.1"
    );
    assert_starts(&message_with(16, "\n"), "mine.toml:15:1: the percentages under [reads] add up to 40");
    let thirds = RIGHT.replace("get_context = 60", "get_context = 59.99");
    Scenario::from_toml("mine.toml", &thirds).expect("a hundredth is lost to rounding");
    let more = RIGHT.replace("get_context = 60", "get_context = 59.98");
    assert_starts(&message(&more), "mine.toml:15:1: the percentages under [reads] add up to 99.98");
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    let cases = [
        (1, "name = ' '", "mine.toml:1:8: the name is empty"),
        (9, "", "mine.toml:10:16: read_percent is a share of what tasks draw"),
        (10, "", "mine.toml:9:9: tasks draw reads and writes: read_percent must say"),
        (14, "readers = 1", "mine.toml:14:11: tasks with read_percent, or readers and writers"),
        (14, "writer_keys = 'own'", "mine.toml:14:15: only writers can have sessions of their own"),
        (
            24,
            "chunks = [3, 4]\ntransient_percent = 60\nfatal_percent = 50",
            "mine.toml:21:1: transient_percent and fatal_percent",
        ),
    ];
    for (line, replacement, start) in cases {
        assert_starts(&message_with(line, replacement), start);
    }
    let without = |part: &str| {
        assert!(RIGHT.contains(part), "{part}");
        message(&RIGHT.replace(part, ""))
    };
    let reads = "[reads]\nget_context = 60\nget_context_state = 40\n";
    assert_starts(&without(reads), "mine.toml:10:16: there are to be reads, and no [reads] table");
    let writes = "[writes]\nadd_context_message = 90\nsend_message_action = 10\n";
    assert_starts(&without(writes), "mine.toml:10:16: there are to be writes, and no [writes] table");
    assert_starts(&without("tasks = 4\nread_percent = 90\n"), "mine.toml:1:1: no clients: give tasks");
    let model = RIGHT.find("[model]").expect("the last table");
    assert_starts(
        &without(&RIGHT[model..]),
        "mine.toml:20:23: a turn calls the model, and no [model] table says",
    );

    let apart = RIGHT.replace("tasks = 4\nread_percent = 90", "readers = 0\nwriters = 0");
    assert_starts(&message(&apart), "mine.toml:10:11: no clients: there must be readers or writers");
    let idle = RIGHT
        .replace("send_message_action = 10", "update_context = 10")
        .replace("slice_ms = 30", "cancel_percent = 5");
    assert_starts(&message(&idle), "mine.toml:14:18: cancel_percent is a share of the turns");
}

#[test]
fn what_is_not_asked_for_need_not_be_described() {
    let only_reads = RIGHT.replace("tasks = 4\nread_percent = 90", "readers = 3");
    let only_reads =
        Scenario::from_toml("mine.toml", only_reads.split("[writes]").next().unwrap()).expect("no writers");
    assert_eq!(only_reads.point(), Point { workers: 2, tasks: 3, readers: 3, writers: 0, save_ms: 1 });
}

#[test]
fn overrides_change_any_field() {
    let overrides = [
        "tasks=16",
        "rate = 5000",
        "reads.get_context=10",
        "reads.get_context_state=75",
        "writes={send_message_action=100}",
        "model={latency_ms=[1,2], scale=1, chunks=[1,1], chunk_interval_ms=[0,0]}",
        "model.scale=0.25",
    ];
    let scenario = load("polling", &overrides).expect("all is right");
    assert_eq!(scenario.tasks(), 16);
    assert!(matches!(scenario.arrival, Arrival::Open(rate) if (rate.per_second() - 5_000.0).abs() < 1e-9));
    assert!((scenario.groups[0].mix.share(Operation::SendMessageAction) - 0.05).abs() < 1e-12);
    assert!((scenario.model.expect("a model").scale - 0.25).abs() < 1e-12);
    assert_eq!(
        load("streaming", &["writer_keys=skewed"]).expect("a bare word").writer_keys,
        WriterKeys::Skewed
    );
}

#[test]
fn a_wrong_override_is_named() {
    let cases: [(&[&str], &str); 10] = [
        (
            &["tasks=0"],
            "--set tasks=0: invalid value: integer `0`, expected a whole number from 1 to 1000000",
        ),
        (&["tasks=many"], "--set tasks=many: invalid type: string \"many\", expected a whole number from 1"),
        (&["tasks="], "--set tasks=: invalid type: string \"\", expected a whole number from 1"),
        (&["tasks=1\nworkers=9"], "--set tasks=1\nworkers=9: invalid type: string"),
        (&["taks=1"], "--set taks=1: unknown field `taks`, did you mean `tasks`? There are: name, "),
        (
            &["reads.get_contxt=1"],
            "--set reads.get_contxt=1: unknown operation `get_contxt`, did you mean `get_context`?",
        ),
        (&["tasks"], "--set tasks: an override is a field, an equals sign and a value"),
        (&["reads..x=1"], "--set reads..x=1: an override is a field"),
        (
            &["sessions=10", "reads.get_context=10"],
            "--set reads.get_context=10: the percentages under [reads] add up to 95,",
        ),
        (&["readers=3"], "--set readers=3: tasks with read_percent, or readers and writers"),
    ];
    for (overrides, start) in cases {
        assert_starts(&message_of_override("polling", overrides), start);
    }
    assert_starts(
        &message_of_override("polling", &["tasks.x=1"]),
        "--set tasks.x=1: invalid type: map, expected a whole number",
    );
}

#[test]
fn a_path_is_read_and_a_name_is_looked_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mine.toml");
    let path = path.to_str().expect("UTF-8");
    assert_starts(&message_of_override(path, &[]), &format!("{path}: the scenario file cannot be read: "));

    std::fs::write(path, RIGHT).expect("written");
    assert_eq!(load(path, &["tasks=9"]).expect("valid").tasks(), 9);
    std::fs::write(path, RIGHT.replace("tasks = 4", "tasks = 0")).expect("written");
    assert_starts(&message_of_override(path, &[]), &format!("{path}:9:9: "));

    let unknown = message_of_override("pooling", &[]);
    assert_starts(
        &unknown,
        "unknown scenario `pooling`, did you mean `polling`? There are: polling, hot-context, ",
    );
}
