//! Files may be cut off, damaged, huge or malicious: what cannot be read is refused with words, and nothing panics.

mod support;

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use lockyard_history::{History, Kv, KvCall, ReadOptions, Register};
use support::{place, read, refused};

const LINES: &str =
    "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"é\",\"value\":[1,\"\\u00e9\"],\"time\":5}
{\"process\":\"nemesis\",\"type\":\"info\"}
{\"process\":1,\"type\":\"invoke\",\"f\":\"cas\",\"key\":{\"a\":[]},\"value\":[{\"b\":1.5e3},null]}
{\"process\":0,\"type\":\"ok\",\"time\":4}
{\"process\":1,\"type\":\"ok\",\"result\":true}
";

const EDN: &str = "; é
#jepsen.history.Op{:process 0, :type :invoke, :f :write, :value [1 \"\\u00e9\"], :time 5}
#_ {:process 7} {:process :nemesis, :type :info}
{:process 1, :type :invoke,
 :f :cas, :value [{:b #{1.5e3 2N}} \\newline] #_ :x}
{:process 0, :type :ok, :time 4, :error #object[a 0x1 \"\"]}
{:process 1, :type :info}
";

fn right() -> Vec<String> {
    let lines: Vec<_> = LINES.lines().collect();
    let array = format!("[{}]", lines.join(",\n"));
    let one_line = format!("[{}]", lines.join(","));
    vec![LINES.to_owned(), EDN.to_owned(), array, one_line, format!("({EDN})"), LINES.replace(',', "\n,")]
}

fn options() -> [ReadOptions; 2] {
    [ReadOptions::default(), ReadOptions { independent: true, ..ReadOptions::default() }]
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_read_so_far_or_refused_there() {
    for text in right() {
        let whole = read(&Register, &text).unwrap();
        assert_eq!(whole.invoked, 2, "{text}");
        let (mut was_read, mut was_refused) = (0, 0);
        for end in 0..text.len() {
            let part = &text.as_bytes()[..end];
            match History::read(&Register, part) {
                Ok(history) => {
                    assert!(history.invoked <= 2);
                    was_read += 1;
                }
                Err(error) => {
                    let lines = part.split(|byte| *byte == b'\n').count();
                    let events = text[..].bytes().take(end).filter(|byte| *byte == b'{').count();
                    let place = place(&error).unwrap_or_else(|| panic!("{error}"));
                    assert!((1..=lines.max(events + 1)).contains(&place), "{end}: {error}");
                    was_refused += 1;
                }
            }
            for options in options() {
                let _ = History::read_with(&Register, part, options);
            }
        }
        assert!(was_read > 0 && was_refused > 50, "{was_read} and {was_refused} of {text}");
    }
    let packed = gzip(LINES.as_bytes());
    for end in 2..packed.len() {
        refused(&packed[..end], &cut_at(&packed[..end]), "cut short, copy it whole");
    }
}

/// Where an error of a cut off file is: which line depends on how much could be unpacked.
fn cut_at(packed: &[u8]) -> String {
    support::refusal(packed).split(": ").next().unwrap().to_owned()
}

#[test]
fn a_line_that_is_cut_off_says_so() {
    let write = LINES.lines().next().unwrap();
    let first = "{\"process\":0,\"type\":\"invoke\",\n{\"process\":0,\"type\":\"ok\"}\n";
    refused(first, "line 1", "the line ends too early, in column 29");
    refused(first.replace("invoke\",", "inv"), "line 1", "the file was cut short, copy it whole");
    for end in 1..write.len() {
        let part = &write.as_bytes()[..end];
        refused(part, "line 1", "the file was cut short, copy it whole");
        // As when what is left of a line is followed by what another program appended.
        let followed = [part, b"\n", LINES.lines().nth(2).unwrap().as_bytes(), b"\n"].concat();
        let error = support::refusal(followed);
        assert!(error.starts_with("line 1: ") || error.starts_with("line 2: "), "{end}: {error}");
        let after = [b"{\"process\":\"nemesis\"}\n", part, b"\n", write.as_bytes()].concat();
        refused(after, "line 2", "the file was cut short, copy it whole");
    }
}

/// A damaged text: some of it is cut out, doubled, exchanged for something that breaks things, or flipped.
fn damaged(text: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    const BITS: [&str; 36] = [
        "",
        "0",
        "-1",
        "1e999",
        "18446744073709551616",
        "NaN",
        "null",
        "[]",
        "{}",
        "[[[[[[[[",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "\0",
        "\u{feff}",
        "é",
        "\r\n",
        ",",
        ":",
        "#",
        "#_",
        "##",
        "#{",
        "^",
        ";",
        "\\;",
        "(",
        ")",
        "]",
        "}",
        "a\\;",
        "/",
        "0x",
        "1r",
        "\\u",
    ];
    let mut bytes = text.to_vec();
    for _ in 0..=random(4) {
        let start = random(bytes.len() + 1);
        let end = (start + random(12)).min(bytes.len());
        match random(6) {
            0 => drop(bytes.drain(start..end)),
            1 => {
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            2 | 3 => drop(bytes.splice(start..end, BITS[random(BITS.len())].bytes())),
            4 => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte ^= 1 << random(8);
                }
            }
            _ => bytes.truncate(start),
        }
    }
    bytes
}

#[test]
fn damage_is_read_or_refused_with_words() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let tries = std::env::var("LOCKYARD_FUZZ").map_or(4000, |given| given.parse().unwrap());
    let right = right();
    let (mut was_read, mut was_refused) = (0, 0);
    for nth in 0..tries {
        let text = right[nth % right.len()].as_bytes();
        let text = if nth % 50 == 0 { damaged(&gzip(text), &mut random) } else { damaged(text, &mut random) };
        for options in options() {
            match History::read_with(&Register, &text[..], options) {
                Ok(_) => was_read += 1,
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.len() < 1500 && error.len() > 10, "{error}");
                    was_refused += 1;
                }
            }
        }
    }
    assert!(was_read > tries / 50 && was_refused > tries / 2, "{was_read} were read, {was_refused} not");
}

#[test]
fn a_value_of_a_megabyte_is_read_in_every_format() {
    let long = "x\\n".repeat(500_000);
    let json = format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"put\",\"value\":\"{long}\"}}");
    let edn = format!("{{:process 0, :type :invoke, :f :put, :value \"{long}\"}}");
    for text in [
        json.clone(),
        edn.clone(),
        format!("[{json}]"),
        format!("[{edn}]"),
        format!("{json}\n{{\"process\":0,\"type\":\"ok\"}}"),
    ] {
        let history = read(&Kv, &text).unwrap();
        let KvCall::Put(put) = &history.operations[0].asked else { panic!("no put") };
        assert_eq!(put.len(), 1_000_000);
    }
    // What is wrong with it is said in short, wherever it stands.
    let event = |field: &str, other: &str| format!("{{{field}:\"{long}\",{other}}}");
    for (text, wanted) in [
        (event("\"process\":0,\"f\":\"get\",\"type\"", "\"x\":1"), "give invoke, ok"),
        (event("\"process\":0,\"type\":\"invoke\",\"f\"", "\"x\":1"), "get, put and append"),
        (event("\"process\":0,\"type\":\"invoke\",\"f\":\"get\",\"time\"", "\"x\":1"), "give a number"),
        (format!("{json}\n\"{long}\""), "an event is an object"),
        (format!("{json}{json}"), "give one event a line"),
        (format!("{json}\n{json}"), "one at a time"),
        (format!("[[\"{long}\"]]"), "an event is an object"),
        (long.clone(), "no history"),
    ] {
        let error = read(&Kv, &text).map(|_| ()).unwrap_err();
        assert!(
            error.contains(wanted) && error.len() < 1500,
            "{wanted}: {}",
            &error[..error.len().min(2000)]
        );
    }
}

#[test]
fn thousands_of_levels_are_refused_with_their_line() {
    for levels in [65, 10_000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = open.repeat(levels) + "1" + &close.repeat(levels);
            let line = format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":{deep}}}");
            refused(format!("{{\"process\":\"nemesis\"}}\n{line}"), "line 2", "more than 64 levels");
            refused(format!("[\n{line}\n]"), "line 2", "more than 64 levels");
            refused(line.replace("\"type\":", "\n\"type\":"), "line 2", "more than 64 levels");
            refused(deep.replacen(open, &format!("{open}\n"), 1), "line 2", "");
        }
        for (open, close) in [("[", "]"), ("(", ")"), ("#{", "}"), ("{:a ", "}"), ("#a [", "]")] {
            let deep = open.repeat(levels) + "1" + &close.repeat(levels);
            let line = format!("{{:process 0, :type :invoke, :f :write, :value {deep}}}");
            refused(format!("{{:process :nemesis}}\n{line}"), "line 2", "more than 64 levels");
            refused(format!("(\n{line}\n)"), "line 2", "more than 64 levels");
        }
        // What needs no brackets to be nested.
        let discards = "#_ ".repeat(levels) + &"1 ".repeat(levels);
        refused(format!("{{:process 0, :value {discards} 2}}"), "line 1", "more than 64 levels");
        let metadata = "^ ".repeat(levels) + &"1 ".repeat(levels);
        refused(format!("{{:process 0, :value {metadata} 2}}"), "line 1", "more than 64 levels");
        let tags = format!("{{:process 0, :type :invoke, :f :write, :value {} 2}}", "#a ".repeat(levels));
        assert_eq!(read(&Register, tags).unwrap().invoked, 1);
        let outside = format!("{discards} {{:process 0, :type :invoke, :f :read}}");
        assert_eq!(read(&Register, outside).unwrap().invoked, 1);
    }
    let deepest = "[".repeat(63) + &"]".repeat(63);
    let line = format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":{deepest}}}");
    assert_eq!(read(&Register, &line).unwrap().invoked, 1);
    assert_eq!(read(&Register, format!("[{line}]")).unwrap().invoked, 1);
    let edn = format!("{{:process 0 :type :invoke :f :write :value {deepest}}}");
    assert_eq!(read(&Register, edn).unwrap().invoked, 1);
    let flat =
        format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":[{}[]]}}", "[],".repeat(1000));
    assert_eq!(read(&Register, flat).unwrap().invoked, 1, "many brackets side by side are no levels");
    let flat =
        format!("{{:process 0 :type :invoke :f :write :value [{}]}}", "[] #{} {:a #_ () 1} ".repeat(1000));
    assert_eq!(read(&Register, flat).unwrap().invoked, 1, "nor are they in EDN");
    let text =
        format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":\"{}\"}}", "[".repeat(1000));
    assert_eq!(read(&Register, text).unwrap().invoked, 1, "brackets in strings are none");
}

/// An input that is never held as a whole: the reader asks for more only when it has taken what there was.
struct Endless {
    line: Vec<u8>,
    at: usize,
    left: usize,
}

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.line.len() {
            if self.left == 0 {
                return Ok(0);
            }
            (self.at, self.left) = (0, self.left - 1);
        }
        // A few bytes at a time, so that events are read in pieces.
        let count = buffer.len().min(7).min(self.line.len() - self.at);
        buffer[..count].copy_from_slice(&self.line[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn an_input_may_come_in_small_pieces() {
    for line in [
        "{\"process\":\"nemesis\",\"value\":\"a\\\"b\"}\n",
        "#a{:process :nemesis, :value \"a\\\"b\" ; }\n :c \\}}\n",
        "{\"process\":\n\"nemesis\",\"value\":\"a\\\"b\"}\n",
    ] {
        let endless = Endless { line: line.into(), at: line.len(), left: 20_000 };
        let history = History::read(&Register, std::io::BufReader::with_capacity(5, endless)).unwrap();
        assert_eq!(history.notes(), ["20000 lines of the nemesis were passed over"], "{line}");
    }
}

#[test]
fn what_the_input_says_is_handed_on() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    use std::io::Read;
    for start in ["", "{\"process\":\"nemesis\"}\n", "{:process :nemesis}\n"] {
        let mut text = String::new();
        for _ in 0..if start.is_empty() { 0 } else { 10_000 } {
            write!(text, "{start}").unwrap();
        }
        let input = std::io::BufReader::new(text.as_bytes().chain(Broken));
        let error = History::read(&Register, input).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "the history cannot be read");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is gone");
    }
}
