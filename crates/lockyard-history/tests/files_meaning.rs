//! What the fields of events mean: keys, processes, times, null, and pairs of keys and values.

mod support;

use lockyard_history::{
    Codec, Encoded, History, Json, Kv, Nil, Process, ReadOptions, Register, RegisterAnswer, SequentialSpec,
    Value,
};
use support::{refused, registers, registers_with, told};

fn read_of(process: &str, key: &str) -> String {
    format!("{{\"process\":{process},\"type\":\"invoke\",\"f\":\"read\",\"key\":{key}}}\n")
}

#[test]
fn keys_are_one_if_json_says_the_same_of_them() {
    let keys = [
        "1",
        "1.0",
        "\"1\"",
        "\"\"",
        "\"x\"",
        "\"\\u0078\"",
        "[1, 2]",
        "[1,2]",
        "\"[1,2]\"",
        "true",
        "\"true\"",
        "{\"b\":1,\"a\":2}",
        "{\"a\": 2, \"b\": 1}",
        "\"null\"",
        "\"NaN\"",
        "-0",
        "0",
    ];
    let text: String = keys.iter().enumerate().map(|(at, key)| read_of(&at.to_string(), key)).collect();
    let history = registers(text);
    let wanted = [
        "1",
        "\"1\"",
        "\"\"",
        "x",
        "[1,2]",
        "\"[1,2]\"",
        "true",
        "\"true\"",
        "{\"a\":2,\"b\":1}",
        "\"null\"",
        "NaN",
        "0",
    ];
    assert_eq!(history.keys, wanted);
    let of: Vec<_> = history.operations.iter().map(|operation| operation.key).collect();
    assert_eq!(of, [0, 0, 1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 11]);
}

#[test]
fn null_is_no_key() {
    let history = registers(read_of("0", "null"));
    assert_eq!(history.keys, [""], "there is one object, which has no name");
    refused(read_of("0", "null") + &read_of("1", "\"\""), "line 1", "names none here");
}

/// Kv, where keys are judged together by what stands before a colon.
struct Grouped;

impl SequentialSpec for Grouped {
    type Call = <Kv as SequentialSpec>::Call;
    type Answer = <Kv as SequentialSpec>::Answer;
    type State = <Kv as SequentialSpec>::State;

    fn initial(&self) -> Self::State {
        Kv.initial()
    }

    fn step(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&Self::Answer>,
    ) -> Option<Self::State> {
        Kv.step(state, call, answer)
    }
}

impl Codec for Grouped {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Self::Call, String> {
        Kv.decode_call(f, value)
    }

    fn decode_answer(
        &self,
        call: &Self::Call,
        value: Json<'_>,
        result: Json<'_>,
        nil: Nil,
    ) -> Result<Option<Self::Answer>, String> {
        Kv.decode_answer(call, value, result, nil)
    }

    fn encode_call(&self, call: &Self::Call) -> Encoded {
        Kv.encode_call(call)
    }

    fn encode_answer(&self, answer: &Self::Answer) -> Encoded {
        Kv.encode_answer(answer)
    }

    fn partition<'k>(&self, key: &'k str) -> &'k str {
        key.split(':').next().unwrap_or(key)
    }
}

#[test]
fn a_specification_says_which_keys_are_judged_together() {
    let text = ["\"a:1\"", "\"a:2\"", "\"b\"", "12"].map(|key| read_of(key, key).replace("read", "get"));
    let history = support::read(&Grouped, text.concat()).unwrap();
    assert_eq!(history.keys, ["a", "b", "12"]);
}

#[test]
fn processes_are_numbers_or_names() {
    let processes = ["3", "\"3\"", "\"client a\"", "-1", "\"-1\"", "3.0", "18446744073709551615", "\"\""];
    let ends = processes.map(|process| format!("{{\"process\":{process},\"type\":\"info\"}}\n"));
    let begin: String = processes.iter().map(|process| read_of(process, "1")).collect();
    refused(&begin, "line 6", "one at a time");
    let text: Vec<_> = processes.iter().zip(&ends).filter(|(process, _)| **process != "3.0").collect();
    let text: String = text
        .iter()
        .map(|(process, _)| read_of(process, "1"))
        .chain(text.iter().map(|(_, end)| (*end).clone()))
        .collect();
    let history = registers(text);
    let names: Vec<_> =
        history.operations.iter().map(|operation| history.span(&Register, operation).process).collect();
    let named = |name: &str| Process::Name(name.to_owned());
    let wanted = [
        Process::Number(3),
        named("\"3\""),
        named("client a"),
        named("-1"),
        named("\"-1\""),
        named("18446744073709551615"),
        named("\"\""),
    ];
    assert_eq!(names, wanted);
    assert_eq!(history.operations[1].process, 1 << 63);
    let edn = registers("{:process :a/b :type :invoke :f :read} {:process \"a/b\" :type :info}");
    assert_eq!(edn.span(&Register, &edn.operations[0]).process, named("a/b"), "keywords are their names");
    let sparse = registers(read_of("9007199254740993", "1") + &read_of("9007199254740992", "1"));
    assert_eq!(sparse.operations[0].process, 9_007_199_254_740_993, "no number is rounded");
}

#[test]
fn the_nemesis_is_passed_over_and_counted() {
    let nemesis = "{\"process\":\"nemesis\",\"type\":7,\"f\":[],\"time\":\"x\",\"value\":{\"n1\":[]}}\n";
    let text = format!("{nemesis}{}{nemesis}", read_of("0", "1"));
    let history = registers(&text);
    assert_eq!(history.notes(), ["2 lines of the nemesis were passed over"]);
    assert_eq!((history.operations.len(), history.operations[0].call), (1, 1));
    assert_eq!(history.span(&Register, &history.operations[0]).line, Some(2));
    refused(format!("{text}{{\"process\":1,\"type\":\"ok\"}}"), "line 4", "no open operation");
    let edn = registers("[{:process :nemesis, :f :start} {:process 0, :type :invoke, :f :read}]");
    assert_eq!(edn.notes(), ["1 event of the nemesis was passed over"]);
    assert_eq!(edn.span(&Register, &edn.operations[0]).line, Some(2));
    let broken = nemesis.replace("\"n1\":[]", "\"n1\":[");
    refused(nemesis.to_owned() + &broken, "line 2", "not an event");
}

fn at(process: usize, time: &str) -> String {
    format!("{{\"process\":{process},\"type\":\"invoke\",\"f\":\"read\",\"time\":{time}}}\n")
}

#[test]
fn the_order_of_the_lines_counts_and_not_the_clock() {
    let times = ["10", "10", "9.5", "null", "11", "-3", "1e1", "9"];
    let text: String = times.iter().enumerate().map(|(process, time)| at(process, time)).collect();
    let history = registers(&text);
    let wanted = "times run backwards from line 3 on (3 times): the order of the lines counts";
    assert_eq!(history.notes(), [wanted]);
    let calls: Vec<_> = history.operations.iter().map(|operation| operation.call).collect();
    assert_eq!(calls, [1, 2, 3, 4, 5, 6, 7, 8]);
    let history = registers(format!("{}\n{}", at(0, "1764339000000000001"), at(1, "1764339000000000000")));
    let wanted = "times run backwards from line 3 on (once): the order of the lines counts";
    assert_eq!(history.notes(), [wanted], "a nanosecond counts");
    let one_line = format!("[{}]", text.trim_end().replace('\n', ","));
    let wanted = "times run backwards from event 3 on (3 times): the order of the events counts";
    assert_eq!(registers(one_line).notes(), [wanted]);
    assert!(registers(at(0, "1") + &at(1, "1.5") + &at(2, "2")).notes().is_empty());
}

#[test]
fn null_is_a_value_or_unknown_as_it_is_asked_for() {
    let json =
        "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n{\"process\":0,\"type\":\"ok\",\"value\":null}";
    let edn = "{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :value nil}";
    let null = Some(RegisterAnswer::Holds(Value::Null));
    for (text, nil, answer) in [
        (json, None, &null),
        (json, Some(Nil::Value), &null),
        (json, Some(Nil::Unknown), &None),
        (edn, None, &None),
        (edn, Some(Nil::Value), &null),
        (edn, Some(Nil::Unknown), &None),
    ] {
        let history = registers_with(text, ReadOptions { nil, ..ReadOptions::default() }).unwrap();
        assert_eq!(&history.operations[0].answer, answer, "{text} {nil:?}");
        assert_eq!(history.operations[0].ret, Some(2));
    }
    // A value that is missing says nothing in JSON, whatever null is; in EDN it is as nil.
    let unknown = ReadOptions { nil: Some(Nil::Unknown), ..ReadOptions::default() };
    let error = registers_with(&json.replace(",\"value\":null", ""), unknown).map(|_| ()).unwrap_err();
    assert!(error.starts_with("line 2: ") && error.contains("is missing"), "{error}");
    assert_eq!(registers_with(&edn.replace(":value nil", ""), unknown).unwrap().operations[0].answer, None);
    let value = ReadOptions { nil: Some(Nil::Value), ..ReadOptions::default() };
    let error = registers_with(&edn.replace(":value nil", ""), value).map(|_| ()).unwrap_err();
    assert!(error.starts_with("line 2: ") && error.contains("is missing"), "{error}");
}

const INDEPENDENT: ReadOptions = ReadOptions { nil: None, independent: true };

#[test]
fn values_may_be_pairs_of_keys_and_values() {
    let text = "\
{:process 0, :type :invoke, :f :write, :value [1 7]}
{:process 1, :type :invoke, :f :read, :value [\"1\" nil]}
{:process 0, :type :ok, :f :write, :value [1 7]}
{:process 1, :type :ok, :f :read, :value [\"1\" 8]}
{:process 0, :type :invoke, :f :cas, :value [[1 2] [3 4]]}
{:process 0, :type :fail, :f :cas, :value nil}
{:process 0, :type :invoke, :f :cas, :value [1 [7 8]]}
{:process 0, :type :info, :f :cas, :value :timeout}
{:process 1, :type :invoke, :f :write, :value [1 9]}
{:process 1, :type :ok, :f :write}
{:process 1, :type :invoke, :f :read, :value [1 nil]}
{:process 1, :type :ok, :f :read, :value [1 nil]}
";
    let history = registers_with(text, INDEPENDENT).unwrap();
    let wanted = [
        "0 write 7 of 1 at 1-3",
        "1 read: 8 of \"1\" at 2-4",
        "0 cas 7 to 8 of 1 at 7-",
        "1 write 9 of 1 at 9-10",
        "1 read of 1 at 11-12",
    ];
    assert_eq!(told(&Register, &history), wanted);
    assert_eq!(history.keys, ["1", "\"1\"", "[1,2]"]);
    assert_eq!(history.failed.len(), 1);
    let json = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"value\":[\"x\",null]}\n\
                {\"process\":0,\"type\":\"ok\",\"value\":[\"x\",null]}";
    let history = registers_with(json, INDEPENDENT).unwrap();
    assert_eq!(told(&Register, &history), ["0 read: null of x at 1-2"]);
}

#[test]
fn what_is_no_pair_is_refused() {
    let invoke = |value: &str| format!("{{:process 0, :type :invoke, :f :write, :value {value}}}");
    for wrong in ["7", "[1]", "[1 2 3]", "{:a 1}", "\"ab\""] {
        let error = registers_with(&invoke(wrong), INDEPENDENT).map(|_| ()).unwrap_err();
        assert!(error.starts_with("line 1: the value is ") && error.contains("give [key, value]"), "{error}");
        let text = format!("{}\n{{:process 0, :type :ok, :f :write, :value {wrong}}}", invoke("[1 2]"));
        let error = registers_with(&text, INDEPENDENT).map(|_| ()).unwrap_err();
        assert!(error.starts_with("line 2: the value is ") && error.contains("give [key, value]"), "{error}");
    }
    for (text, wanted) in [
        (invoke("nil"), "line 1: no value, which should be a pair"),
        (invoke("[nil 1]"), "line 1: the key of the pair is null"),
        (invoke("[1 2] :key 3"), "line 1: the key 3 stands beside a value"),
        (
            format!("{}\n{{:process 0, :type :ok, :f :write, :value [2 2]}}", invoke("[1 2]")),
            "line 2: it is answered of the key 2, and asked of 1",
        ),
    ] {
        let error = registers_with(&text, INDEPENDENT).map(|_| ()).unwrap_err();
        assert!(error.starts_with(wanted), "{error}");
    }
    let plain: Result<History<Register>, _> = registers_with(&invoke("[1 2]"), ReadOptions::default());
    assert!(plain.is_ok(), "without the option it is a value like any other");
}
