//! Files of several tools, known by what they hold: JSON Lines, arrays, EDN, packed or not.

mod support;

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{refused, registers, told};

const LINES: &str = r#"{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":5}
{"process":1,"type":"invoke","f":"read","key":"x","value":null}
{"process":0,"type":"ok","f":"write","key":"x","value":1,"time":6.5}
{"process":1,"type":"ok","f":"read","key":"x","value":1,"time":7}
{"process":1,"type":"invoke","f":"cas","key":"x","value":[1,2]}
{"process":1,"type":"info","f":"cas","key":"x","value":[1,2],"error":{"a":["timeout"]}}
"#;

const EDN: &str = "{:process 0, :type :invoke, :f :write, :key \"x\", :value 1, :time 5}
{:process 1, :type :invoke, :f :read, :key \"x\", :value nil}
{:process 0, :type :ok, :f :write, :key \"x\", :value 1, :time 6.5}
{:process 1, :type :ok, :f :read, :key \"x\", :value 1, :time 7}
{:process 1, :type :invoke, :f :cas, :key \"x\", :value [1 2]}
{:process 1, :type :info, :f :cas, :key \"x\", :value [1 2], :error [:timeout]}
";

/// What both say, event by event or line by line.
const TOLD: [&str; 3] = ["0 write 1 of x at 1-3", "1 read: 1 of x at 2-4", "1 cas 1 to 2 of x at 5-"];

fn is_told(text: impl AsRef<[u8]>) {
    let text = text.as_ref();
    let history = registers(text);
    assert_eq!(told(&lockyard_history::Register, &history), TOLD, "{}", String::from_utf8_lossy(text));
    assert!(history.notes().is_empty(), "{:?}", history.notes());
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// An array with one event a line, so that places are as in JSON Lines.
fn array(lines: &str, open: &str, between: &str, close: &str) -> String {
    let lines: Vec<_> = lines.lines().collect();
    format!("{open}{}{close}", lines.join(between))
}

#[test]
fn json_and_edn_say_the_same_in_every_form() {
    let forms = [
        LINES.to_owned(),
        EDN.to_owned(),
        LINES.trim_end().to_owned(),
        array(LINES, "[", ",\n", "]"),
        array(LINES, "  [ ", "\n,", " ]\n\n"),
        array(LINES, "[", ", ", "]"),
        array(LINES, "", " ", ""),
        array(EDN, "[", "\n", "]"),
        array(EDN, "(", ",\n ", ")\n"),
        array(EDN, "[", " ", "]"),
        array(EDN, "", ", ", ""),
        array(EDN, "#jepsen.history.DenseHistory [", "\n", "]"),
    ];
    for form in forms {
        is_told(&form);
        is_told(format!("\u{feff}{form}"));
        is_told(form.replace('\n', "\r\n"));
        is_told(gzip(form.as_bytes()));
        is_told(gzip(format!("\u{feff}{form}").as_bytes()));
    }
    // Packed in two parts, as when packed files are joined.
    let (one, other) = LINES.split_at(100);
    is_told([gzip(one.as_bytes()), gzip(other.as_bytes())].concat());
}

#[test]
fn an_event_may_span_lines_and_is_placed_where_it_begins() {
    let json = "[\n  {\n    \"process\": 0,\n    \"type\": \"invoke\",\n    \"f\": \"read\"\n  },\n  {\n    \"process\": 0,\n    \
                \"type\": \"ok\",\n    \"value\": \"}\\\"]\"\n  }\n]\n";
    let edn = "{:process 0\n :type :invoke\n :f :read}\n\n; a comment {\n{:process 0\n :type :ok ; a comment }\n :value \"}\\\"]\"}\n";
    assert_eq!(told(&lockyard_history::Register, &registers(json)), ["0 read: \"}\\\"]\" of  at 2-7"]);
    assert_eq!(told(&lockyard_history::Register, &registers(edn)), ["0 read: \"}\\\"]\" of  at 1-6"]);
    let objects = &json[2..json.len() - 2].replace("},", "}");
    assert_eq!(told(&lockyard_history::Register, &registers(objects)), ["0 read: \"}\\\"]\" of  at 1-6"]);
    let wrong = json.replace("\"ok\"", "\"okay\"");
    refused(&wrong, "line 7", "the type is \"okay\"");
    refused(json.replace("0,\n    \"type\": \"ok\"", "0\n    \"type\": \"ok\""), "line 9", "not an event");
    refused(edn.replace(":ok ;", ":ok :a ;"), "line 8", "a map has a value for each key");
}

#[test]
fn of_a_list_in_one_line_events_are_counted() {
    for text in [array(LINES, "[", ",", "]"), array(EDN, "[", "", "]"), array(EDN, "", " ", "")] {
        is_told(&text);
        is_told(format!("\n\n{text}"));
        refused(text.replacen("info", "inform", 1), "event 6", "the type is");
        refused(text.replacen("read", "reed", 1), "event 2", "unknown function");
    }
    refused("[{\"process\":0,\"type\":\"ok\"}]", "event 1", "no open operation");
    refused("[\n{\"process\":0,\"type\":\"ok\"}]", "line 2", "no open operation");
    refused("{:process 0 :type :ok}", "line 1", "no open operation");
    refused("[{:process :nemesis} {:process 0 :type :ok}]", "event 2", "no open operation");
    // A second line makes lines of them.
    let two_lines = array(LINES, "[", ",", "]").replacen(
        ",{\"process\":1,\"type\":\"info\"",
        ",\n{\"process\":1,\"type\":\"info\"",
        1,
    );
    let history = registers(&two_lines);
    assert_eq!(told(&lockyard_history::Register, &history)[0], "0 write 1 of x at 1-1");
    refused(two_lines.replace("info", "inform"), "line 2", "the type is");
    let keyless = r#"[{"process":"nemesis"},{"process":0,"type":"invoke","f":"read"},{"process":1,"type":"invoke","f":"read","key":1}]"#;
    refused(keyless, "event 2", "names none here");
}

#[test]
fn nothing_is_a_history_and_something_without_events_is_none() {
    for empty in ["", "\n", " \r\n\n", "\u{feff}", "\u{feff}\n"] {
        let history = registers(empty);
        assert!(history.operations.is_empty() && history.invoked == 0, "{empty:?}");
    }
    registers(gzip(b""));
    let nemesis = registers("{\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"start\"}\n");
    assert_eq!((nemesis.invoked, nemesis.notes().len()), (0, 1));
    for nothing in ["[]", "\n[ ]\n", "()", "; nothing", "#_ {:process 0}"] {
        let line = if nothing.starts_with('\n') { "line 2" } else { "line 1" };
        refused(nothing, line, "no event is in it");
    }
}

#[test]
fn a_list_is_written_as_its_format_wants_it() {
    let event = r#"{"process":0,"type":"invoke","f":"read"}"#;
    let ok = r#"{"process":0,"type":"ok","value":1}"#;
    refused(format!("[{event}\n{ok}]"), "line 2", "no comma between two events");
    refused(format!("[{event},\n{ok},]"), "line 2", "a comma before the ]");
    refused(format!("[{event},,{ok}]"), "event 2", "a comma where an event should be");
    refused(format!("[{event},\n{ok}]\n[]"), "line 3", "more comes after the end of the list");
    refused(format!("[{event},\n{ok}]]"), "line 2", "closes nothing");
    refused(format!("[{event},\n{ok})"), "line 2", ") where ] should end the events");
    refused(
        format!("[{event},\n{ok}"),
        "line 2",
        "the list of events is not closed at the end: the file was cut short",
    );
    refused(format!("[{event},\n{{\"process\":[0}}}}]"), "line 2", "} where ] should close");
    refused("[[0,\"invoke\",\"read\"]]", "event 1", "an event is an object such as");
    refused("[0,\"invoke\",\"read\"]", "line 1", "and this is [0,\"invoke\",\"read\"]");
    refused(
        "[0, \"invoke\", \"read\"]\n[0, \"ok\", \"read\", 1]\n",
        "line 1",
        "an event is an object such as",
    );
    refused("[[0 :invoke :read]]", "event 1", "an event is an object such as");
    refused("[0 :invoke :read]\n[0 :ok :read 1]", "event 1", "an event is an object such as");
    refused("[:invoke :read]", "event 1", "an event is an object such as");
    refused("#{1}", "line 1", "an event is an object such as");
    refused("##Inf", "line 1", "an event is an object such as");
}

#[test]
fn what_is_another_format_is_named() {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(LINES.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    refused(utf16, "line 1", "UTF-16: write it in UTF-8");
    let utf16: Vec<u8> =
        [0xfe, 0xff].into_iter().chain(LINES.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    refused(utf16, "line 1", "UTF-16: write it in UTF-8");
    let utf16: Vec<u8> = LINES.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(utf16, "line 1", "NUL bytes");
    for (start, wanted) in [
        (&b"PK\x03\x04\x14\0"[..], "zip archive: unpack it first"),
        (b"\x28\xb5\x2f\xfd\x04\0", "zstd: unpack it first"),
        (b"\xfd7zXZ\0\0", "xz: unpack it first"),
        (b"BZh91AY&SY", "bzip2: unpack it first"),
        (b"JEPSEN\0\0\0\x01", "Jepsen's binary test.jepsen: give the history.edn"),
        (b"{\"process\":0}\0\0", "NUL bytes"),
    ] {
        refused(start, "line 1", wanted);
    }
    for (text, wanted) in [
        ("process,type,f,value\n0,invoke,read,\n", "CSV"),
        ("\"process\",\"type\"\n", "CSV"),
        ("0,invoke,read,nil\n", "CSV"),
        ("process\ttype\tf\n", "CSV"),
        ("---\n- process: 0\n", "YAML"),
        ("- process: 0\n", "YAML"),
        ("- {process: 0, type: invoke}\n", "YAML"),
        ("events:\n  - process: 0\n", "YAML"),
        ("process: 0\n", "YAML"),
        ("<?xml version=\"1.0\"?>\n", "XML or HTML"),
        ("<!DOCTYPE html>\n", "XML or HTML"),
        ("INFO  jepsen.util 0 :invoke :read nil\n", "not an event, and no history: INFO"),
        ("# a comment\n", "no history"),
    ] {
        refused(text, "line 1", wanted);
        refused(text, "line 1", "give JSON Lines, a JSON array of events, or EDN as Jepsen writes it");
        refused(format!("\n\n{text}"), "line 3", wanted);
        refused(gzip(text.as_bytes()), "line 1", wanted);
    }
    refused("0\t:invoke\t:read\tnil\n", "line 1", "Jepsen's history.txt: give the history.edn");
    refused(gzip(&gzip(LINES.as_bytes())), "line 1", "gzip twice");
}

#[test]
fn damaged_gzip_is_refused() {
    let mut random = 1_u64;
    let mut long = String::new();
    for _ in 0..30_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        writeln!(long, "{{\"process\":\"nemesis\",\"value\":{random}}}").unwrap();
    }
    let packed = gzip(long.as_bytes());
    assert_eq!(registers(&packed).notes(), ["30000 lines of the nemesis were passed over"]);
    for part in [15, 300, packed.len() / 2, packed.len() - 1] {
        let error = support::refusal(&packed[..part]);
        assert!(
            error.starts_with("line ") && error.contains("the file was cut short, copy it whole"),
            "{error}"
        );
    }
    let mut broken = packed;
    let middle = broken.len() / 2;
    broken[middle..middle + 50].fill(0xff);
    let error =
        lockyard_history::History::read(&lockyard_history::Register, &broken[..]).map(|_| ()).unwrap_err();
    assert!(support::place(&error).is_none() || error.to_string().contains("event"), "{error}");
}
