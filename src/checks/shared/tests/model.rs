//! What the model of the database does, as PostgreSQL does it under READ COMMITTED.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lockyard_explore::{Explorer, Program, Report, Setting};

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    Connection, Database, DatabaseError, MessageRow, NewSession, StoredSession, TurnChange, Write,
    WriteCondition,
};
use crate::checks::explored::numbered;
use crate::checks::shared::{ModelConnection, ModelDatabase, ModelTime};

fn id() -> ContextId {
    numbered(1)
}

fn write(text: &str) -> Write {
    // One more than any other: a number of its own for each text.
    let number = u32::from(text.as_bytes()[0]);
    let messages = vec![MessageRow { number, body: text.into() }];
    Write { body: text.into(), settings: None, messages, turn: TurnChange::Keep, receipt: None }
}

async fn connected(database: &ModelDatabase) -> ModelConnection {
    database.connect().await.expect("it always is")
}

/// Explores what `build` adds to a database with one session; what the body was in the end, in all schedules.
fn bodies(losses: u32, build: impl Fn(&mut Program, &ModelDatabase)) -> (Report, BTreeSet<String>) {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let report = Explorer::new(Setting::default()).search(&|program| {
        let database = ModelDatabase::new(ModelTime::default(), losses);
        database.insert(id(), NewSession::default());
        build(program, &database);
        let found = found.clone();
        program.at_end(move |_| {
            let body = database.committed(id()).map_or("gone".into(), |stored| stored.session.body);
            found.lock().expect("it is not poisoned").insert(body.to_string());
            Ok(())
        });
    });
    assert!(report.failure.is_none(), "{:?}", report.failure);
    assert!(report.exhaustive(), "{}", report.proof());
    let found = found.lock().expect("it is not poisoned").clone();
    (report, found)
}

fn set(bodies: &[&str]) -> BTreeSet<String> {
    bodies.iter().map(|body| (*body).to_owned()).collect()
}

/// Two transactions write if the version is 1. The second waits for the row, looks at its WHERE again, and finds none.
#[test]
fn a_write_that_has_waited_looks_at_its_condition_again() {
    let made = Arc::new(Mutex::new(Vec::new()));
    let (_, bodies) = bodies(0, |program, database| {
        made.lock().expect("it is not poisoned").clear();
        for text in ["a", "b"] {
            let (database, made) = (database.clone(), made.clone());
            let transaction = async move {
                let mut connection = connected(&database).await;
                connection.begin().await.expect("it begins");
                let condition = WriteCondition { version: Some(Version(1)), epoch: None };
                let version = connection.write(id(), condition, write(text)).await.expect("it is answered");
                made.lock().expect("it is not poisoned").push(version);
                connection.commit().await.expect("it is not lost");
            };
            program.task(text).op("write", transaction).done();
        }
        let made = made.clone();
        program.at_end(move |_| {
            let mut made = made.lock().expect("it is not poisoned").clone();
            made.sort_unstable();
            (made == [None, Some(Version(2))]).then_some(()).ok_or(format!("{made:?}"))
        });
    });
    assert_eq!(bodies, set(&["a", "b"]));
}

/// Without a condition both are made, and the second is made of what the first has left.
#[test]
fn writes_of_one_row_wait_for_each_other_and_neither_undoes_the_other() {
    let (_, bodies) = bodies(0, |program, database| {
        for text in ["a", "b"] {
            let database = database.clone();
            let writes = async move {
                let mut connection = connected(&database).await;
                let version = connection.write(id(), WriteCondition::default(), write(text)).await;
                assert!(version.expect("it is answered").is_some());
            };
            program.task(text).op("write", writes).done();
        }
        let database = database.clone();
        program.at_end(move |_| {
            let StoredSession { session, .. } = database.committed(id()).expect("it is there");
            let all = session.version == Version(3) && session.messages.len() == 2;
            all.then_some(()).ok_or(format!("{session:?}"))
        });
    });
    assert_eq!(bodies, set(&["a", "b"]));
}

/// A reader sees nothing of a transaction before it commits, and all of it after that.
#[test]
fn what_is_not_committed_is_seen_by_its_own_transaction_alone() {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let (_, _) = bodies(0, |program, database| {
        let (writers, readers) = (database.clone(), database.clone());
        let transaction = async move {
            let mut connection = connected(&writers).await;
            connection.begin().await.expect("it begins");
            for text in ["half", "whole"] {
                let version = connection.write(id(), WriteCondition::default(), write(text)).await;
                assert!(version.expect("it is answered").is_some());
                let own = connection.read(id()).await.expect("it is answered").expect("it is there");
                assert_eq!(&*own.session.body, text);
            }
            connection.commit().await.expect("it is not lost");
        };
        program.task("writer").op("write", transaction).done();
        let seen = seen.clone();
        let reader = async move {
            let mut connection = connected(&readers).await;
            let stored = connection.read(id()).await.expect("it is answered").expect("it is there");
            seen.lock().expect("it is not poisoned").insert(stored.session.body.to_string());
        };
        program.task("reader").op("read", reader).done();
    });
    assert_eq!(*seen.lock().expect("it is not poisoned"), set(&["", "whole"]));
}

/// A connection that is dropped in a transaction, and one that rolls back, leave nothing behind, and no lock.
#[test]
fn what_is_rolled_back_leaves_nothing_behind() {
    for rolls_back in [false, true] {
        let (_, bodies) = bodies(0, |program, database| {
            let (leaver, stayer) = (database.clone(), database.clone());
            let transaction = async move {
                let mut connection = connected(&leaver).await;
                connection.begin().await.expect("it begins");
                let version = connection.write(id(), WriteCondition::default(), write("a")).await;
                assert!(version.expect("it is answered").is_some());
                if rolls_back {
                    connection.rollback().await.expect("it is answered");
                }
            };
            program.task("leaver").op("write", transaction).done();
            let writes = async move {
                let mut connection = connected(&stayer).await;
                let version = connection.write(id(), WriteCondition::default(), write("b")).await;
                assert_eq!(version, Ok(Some(Version(2))));
            };
            program.task("stayer").op("write", writes).done();
        });
        assert_eq!(bodies, set(&["b"]));
    }
}

/// What was sent and not answered is executed never, or later: also after what is sent next.
#[test]
fn a_lost_change_takes_effect_never_or_at_any_later_time() {
    let (_, bodies) = bodies(1, |program, database| {
        let database = database.clone();
        let writes = async move {
            let mut connection = connected(&database).await;
            for text in ["a", "b"] {
                let version = connection.write(id(), WriteCondition::default(), write(text)).await;
                assert!(version.is_ok() || version == Err(DatabaseError::Lost));
            }
        };
        program.task("writer").op("write", writes).done();
    });
    // Both in order, or the second lost; the first later than the second.
    assert_eq!(bodies, set(&["b", "a"]));
}
