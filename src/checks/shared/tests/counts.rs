//! How many statements a read and a change take, of a session that is known and that no other server changes meanwhile.
//!
//! Counted are statements that read or write rows or take locks. `BEGIN` and `COMMIT` are counted apart.

use std::cell::RefCell;
use std::rc::Rc;

use lockyard_explore::{Explorer, Setting, point};

use crate::backend::shared::{
    AdvisoryLock, Change, NewSession, Owner, RowLock, SharedSession, Statement, TurnChange,
};
use crate::checks::explored::numbered;
use crate::checks::shared::{ModelCompareAndSet, ModelDatabase, ModelGuard, ModelLease, ModelTime};

/// Counted statements, and those that begin and end transactions.
type Counts = (usize, usize);

fn counts(executed: &[Statement]) -> Counts {
    let counted = executed.iter().filter(|statement| statement.is_counted()).count();
    (counted, executed.len() - counted)
}

/// What the first read takes, another, an append, and a deletion.
fn taken<G: ModelGuard>() -> [Counts; 4] {
    let found: Rc<RefCell<Vec<Counts>>> = Rc::default();
    let report = Explorer::new(Setting::default()).search(&|program| {
        let time = ModelTime::default();
        let database = ModelDatabase::new(time.clone(), 0);
        let id = numbered(1);
        database.insert(id, NewSession::default());
        let guard = G::over(&database, &time, Owner(uuid::Uuid::from_u128(1)));
        let found = found.clone();
        found.borrow_mut().clear();
        let client = async move {
            point().await;
            let local = guard.local(id);
            let taken = || found.borrow_mut().push(counts(&database.take_executed()));
            for _ in 0..2 {
                assert!(guard.read(&local).await.is_ok());
                taken();
            }
            let append = |session: &SharedSession| {
                let write = session.appending("a".into(), "a".into(), TurnChange::Keep);
                Ok::<_, std::convert::Infallible>(Change::Write(write))
            };
            assert!(guard.change(&local, append).await.is_ok());
            taken();
            let deletes = |_: &_| Ok::<_, std::convert::Infallible>(Change::Delete);
            assert!(guard.change(&local, deletes).await.is_ok());
            taken();
        };
        program.task("client").op("ask", client).done();
    });
    assert!(report.failure.is_none(), "{:?}", report.failure);
    let found = found.borrow();
    <[Counts; 4]>::try_from(&found[..]).expect("four operations")
}

#[test]
fn a_read_and_a_change_take_as_many_statements_as_each_guard_promises() {
    // First read, another, append, deletion.
    assert_eq!(taken::<ModelLease>(), [(2, 0), (0, 0), (1, 0), (1, 0)]);
    assert_eq!(taken::<ModelCompareAndSet>(), [(1, 0), (1, 0), (1, 0), (1, 0)]);
    assert_eq!(taken::<RowLock<ModelDatabase>>(), [(1, 0), (1, 0), (3, 2), (3, 2)]);
    assert_eq!(taken::<AdvisoryLock<ModelDatabase>>(), [(1, 0), (1, 0), (3, 2), (3, 2)]);
}
