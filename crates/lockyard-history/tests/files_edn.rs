//! The forms of EDN, as Jepsen, Knossos and other programs in Clojure print them, and what they are in JSON.

mod support;

use lockyard_history::{Register, RegisterAnswer, RegisterCall, Value};
use support::{refused, registers, told};

/// What a write of this form writes.
fn written(form: &str) -> Value {
    let text = format!("{{:process 0, :type :invoke, :f :write, :value {form}}}");
    let RegisterCall::Write(value) = registers(text).operations.remove(0).asked else { panic!("no write") };
    value
}

#[test]
fn every_form_is_a_value() {
    for (form, json) in [
        ("nil", "null"),
        ("true", "true"),
        ("5", "5"),
        ("-5", "-5"),
        ("+5", "5"),
        ("5N", "5"),
        ("017", "15"),
        ("0x1F", "31"),
        ("-0x1f", "-31"),
        ("2r101", "5"),
        ("36rZ", "35"),
        ("1.5", "1.5"),
        ("-1.5M", "-1.5"),
        ("2.", "2"),
        ("1e3", "1000"),
        ("1.25E-2", "0.0125"),
        ("7M", "7"),
        ("1/3", r#""1/3""#),
        ("-1/3", r#""-1/3""#),
        ("##Inf", r#""Inf""#),
        (":timeout", r#""timeout""#),
        (":jepsen.client/timeout", r#""jepsen.client/timeout""#),
        ("symbol", r#""symbol""#),
        ("java.util/List", r#""java.util/List""#),
        ("-", r#""-""#),
        (r"\a", r#""a""#),
        (r"\{", r#""{""#),
        (r#"\""#, r#""\"""#),
        (r"\;", r#"";""#),
        (r"\\", r#""\\""#),
        (r"\é", r#""é""#),
        (r"\newline", r#""\n""#),
        (r"\space", r#"" ""#),
        (r"\u00e9", r#""é""#),
        (r"\o101", r#""A""#),
        (r#""text""#, r#""text""#),
        (r#""a\n\t\"\\é""#, r#""a\n\t\"\\é""#),
        (r#""\u00e9\ud83d\ude00\101""#, r#""é😀A""#),
        ("\"two\nlines\"", r#""two\nlines""#),
        (r#""; } #_ [""#, r#""; } #_ [""#),
        ("[1 2,3]", "[1,2,3]"),
        ("(1 2)", "[1,2]"),
        ("[]", "[]"),
        ("#{3 1 2}", "[1,2,3]"),
        ("#{}", "[]"),
        ("{:b 1, :a [:x]}", r#"{"a":["x"],"b":1}"#),
        ("{1 2, nil 3, [4] 5}", r#"{"1":2,"null":3,"[4]":5}"#),
        (r#"{"a b" {}}"#, r#"{"a b":{}}"#),
        ("#inst \"2020-01-01T00:00:00Z\"", r#""2020-01-01T00:00:00Z""#),
        ("#object[java.lang.Object 0x1f \"x\"]", r#"["java.lang.Object",31,"x"]"#),
        ("#a #b/c {:d 1}", r#"{"d":1}"#),
        ("#\"[a-z]\\d\"", r#""[a-z]d""#),
        ("[1 #_2 #_ #_ 3 4 5 #_{:a [}]}]", ""),
        ("[1 #_2 #_ #_ 3 4 5 #_[6]]", "[1,5]"),
        ("#_ 1 2", "2"),
        ("^{:line 5} [1]", "[1]"),
        ("[1 ; one ]\n 2]", "[1,2]"),
        ("{:a #_ 1 2 #_ :b}", r#"{"a":2}"#),
    ] {
        if json.is_empty() {
            refused(
                format!("{{:process 0, :type :invoke, :f :write, :value {form}}}"),
                "line 1",
                "} where ] should",
            );
        } else {
            assert_eq!(written(form), Value::parse(json).unwrap(), "{form}");
        }
    }
    // The order of a set's elements says nothing, and that of a list's does.
    assert_eq!(written("#{:a :b}"), written("#{:b :a}"));
    assert_ne!(written("[:a :b]"), written("[:b :a]"));
    assert_eq!(written(":a"), written("\"a\""));
}

#[test]
fn what_is_no_form_is_refused() {
    for (form, wanted) in [
        ("1/", "1/ is no number"),
        ("1x", "1x is no number"),
        ("089", "089 is no number"),
        ("1.5N", "1.5N is no number"),
        ("1e999", "1e999 is no number"),
        (r"\newlines", r"\newlines is no character"),
        ("\"\\u12\"", "four digits"),
        ("{:a}", "a map has a value for each key"),
        ("[1}", "} where ] should close"),
        ("#tag", "a map has a value for each key"),
    ] {
        refused(format!("{{:process 0, :type :invoke,\n :f :write, :value {form}}}"), "line 2", wanted);
    }
    refused("{:process 0 :type :invoke :f :read} #", "line 1", "cut short");
    refused("{:process 0 :type :invoke :f :read} #tag", "line 1", "cut short");
    refused("{:process 0 :type :invoke :f :read}\n#_", "line 2", "cut short");
    refused(
        "{:process 0 :type :invoke :f :read}\n{:process",
        "line 2",
        "the file ends within the event that begins here",
    );
    refused("{:process 0 :type :invoke :f :read}\n:a", "line 2", "an event is an object");
    refused(
        "{:process 0 :process 1 :type :invoke :f :read}",
        "line 1",
        "the field \"process\" is given twice",
    );
    refused("{:process 0 :type \"invoke\" \"type\" :invoke}", "line 1", "the field \"type\" is given twice");
    let mut not_utf8 = b"{:process 0}\n{:process \"a\n\xff\"}".to_vec();
    not_utf8.splice(0..12, *b"{:process :nemesis}");
    refused(not_utf8, "line 3", "no text in UTF-8");
}

/// As a test of Jepsen leaves it, comments and a nemesis included.
#[test]
fn a_history_of_jepsen_is_read() {
    let text = "\
; a comment: {
#jepsen.history.Op{:index 0, :time 3291485317, :type :info, :process :nemesis, :f :start, :value nil}
#_ {:type :garbage}
{:type :invoke, :f :read, :value nil, :process 0, :time 3299404055, :index 1}
#jepsen.history.Op {:index 2, :time 3299404056, :type :ok, :process 0, :f :read, :value 3}
{:type :invoke :f :cas :value (3 4) :process 1 :time 3299404057 :index 3,}
{:type :ok, :f :cas, :value [3 4], :process 1, :time 3299404058, :index 4}
{:type :invoke, :f :write, :value 1, :process 0, :time 3299404059, :index 5}
{:type :info, :f :write, :value 1, :process 0, :error :timeout, :exception #object[a.B 0x0 \"}\"]}
";
    let history = registers(text);
    assert_eq!(
        told(&Register, &history),
        ["0 read: 3 of  at 4-5", "1 cas 3 to 4: true of  at 6-7", "0 write 1 of  at 8-"]
    );
    assert_eq!(history.notes(), ["1 line of the nemesis was passed over"]);
}

/// Knossos begins with the type, and may leave out what says nothing.
#[test]
fn a_read_without_a_known_value_may_have_read_any() {
    for value in ["", ", :value nil"] {
        let text = format!(
            "{{:process 0, :type :invoke, :f :read{value}}}\n{{:process 0, :type :ok, :f :read{value}}}"
        );
        let history = registers(text);
        assert_eq!((history.operations[0].ret, &history.operations[0].answer), (Some(2), &None));
    }
    let text =
        "{:process 0, :type :invoke, :f :write, :value nil}\n{:process 0, :type :ok, :f :write, :value nil}";
    let history = registers(text);
    assert_eq!(history.operations[0].asked, RegisterCall::Write(Value::Null));
    assert_eq!(history.operations[0].answer, Some(RegisterAnswer::Done));
}

#[test]
fn maps_with_strings_for_keys_are_told_from_json() {
    let history = registers("{\"process\" 0, \"type\" :invoke, \"f\" \"read\"}");
    assert_eq!(history.invoked, 1);
    let history = registers("{\"type\" :invoke, \"process\" 0, \"f\" \"read\"}");
    assert_eq!(history.invoked, 1);
    let history = registers("{\"type\" : \"invoke\", \"process\" :0, \"f\" :\"read\"}");
    assert_eq!(history.invoked, 1);
}
