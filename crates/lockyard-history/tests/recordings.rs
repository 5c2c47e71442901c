//! Recordings as files: what is written is read again as the same history.

use lockyard_history::{
    Codec, History, Kv, KvAnswer, KvCall, Log, Recording, Register, RegisterAnswer, RegisterCall, Value,
};

fn name(key: u32) -> String {
    format!("key {key}")
}

fn lines<S: Codec + Default>(recording: &Recording<S>) -> String {
    let mut file = Vec::new();
    recording.write(&mut file, name).unwrap();
    String::from_utf8(file).unwrap()
}

#[test]
fn registers() {
    let mut recording =
        Recording::<Register>::new([(1, RegisterCall::Read, RegisterAnswer::Holds(Value::Null))]);
    let (mut one, mut other) = (Log::new(3, 9), Log::new(4, 9));
    let write = one.invoke(10, 0, RegisterCall::Write(Value::Int(5)));
    let read = other.invoke(11, 0, RegisterCall::Read);
    one.ok(write, 12, RegisterAnswer::Done);
    let cas = one.invoke(13, 0, RegisterCall::Cas(Value::Int(5), Value::Text("a".into())));
    other.ok(read, 14, RegisterAnswer::Holds(Value::Int(5)));
    one.ok(cas, 15, RegisterAnswer::Swapped(true));
    let unknown = other.invoke(16, 1, RegisterCall::Write(Value::Bool(true)));
    other.info(unknown);
    let refused = other.invoke(17, 1, RegisterCall::Read);
    other.fail(refused);
    recording.add(one);
    recording.add(other);

    let file = lines(&recording);
    let read = History::read(&Register, file.as_bytes()).unwrap();
    // Keys are numbered as they come in a file, and operations that failed are not written.
    let named = |history: &History<Register>| -> Vec<_> {
        let of = |at: usize| history.keys[at].clone();
        history.operations.iter().map(|operation| (of(operation.key), operation.asked.clone())).collect()
    };
    let history = recording.history(name);
    assert_eq!(named(&read), named(&history));
    let moments = |history: &History<Register>| -> Vec<_> {
        history
            .operations
            .iter()
            .map(|operation| (operation.call, operation.ret.zip(operation.answer.clone())))
            .collect()
    };
    assert_eq!(moments(&read), moments(&history));
    assert_eq!((history.invoked, read.invoked), (5, 5));
    assert_eq!(
        file.lines().nth(6).unwrap(),
        r#"{"process":4,"type":"ok","f":"read","key":"key 0","value":5,"time":14}"#,
        "{file}"
    );
}

#[test]
fn stores_of_strings() {
    let mut log = Log::<Kv>::new(1, 9);
    for (time, call, answer) in [
        (1, KvCall::Put("a".into()), KvAnswer::Done),
        (3, KvCall::Append("\n".into()), KvAnswer::Done),
        (5, KvCall::Get, KvAnswer::Got("a\n".into())),
    ] {
        let ticket = log.invoke(time, 0, call);
        log.ok(ticket, time + 1, answer);
    }
    let mut recording = Recording::default();
    recording.add(log);
    let read = History::read(&Kv, lines(&recording).as_bytes()).unwrap();
    let written = recording.history(name);
    assert_eq!((read.operations, read.keys), (written.operations, written.keys));
}
