//! A key-value store of a user's own, explored through the public hooks alone: a table behind a network whose calls may
//! fail or be slow, an unlocked flag, a clock, and tasks that go on by themselves.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use lockyard_explore::{
    Explorer, InjectedFault, Program, Report, Setting, Shared, look, point_as, sleep, spawn,
};

/// It is unknown whether the call has taken effect.
#[derive(Debug)]
struct Unanswered;

/// A table elsewhere.
#[derive(Clone, Default)]
struct Table {
    rows: Rc<RefCell<BTreeMap<&'static str, u32>>>,
    network: Shared,
}

impl Table {
    /// One call. The effect is at once or not at all; the answer may be lost, or come later.
    async fn call<R>(
        &self,
        what: &'static str,
        effect: impl FnOnce(&mut BTreeMap<&'static str, u32>) -> R,
    ) -> Result<R, Unanswered> {
        let fault = self.network.call(what, true).await;
        if fault == InjectedFault::Fails {
            return Err(Unanswered);
        }
        let answer = effect(&mut self.rows.borrow_mut());
        match fault {
            InjectedFault::FailsLate => Err(Unanswered),
            InjectedFault::Slow => {
                point_as("answer of the table").await;
                Ok(answer)
            }
            InjectedFault::None | InjectedFault::Fails => Ok(answer),
        }
    }

    async fn get(&self, key: &'static str) -> Result<u32, Unanswered> {
        self.call("get a row", |rows| rows.get(key).copied().unwrap_or(0)).await
    }

    async fn put(&self, key: &'static str, value: u32) -> Result<(), Unanswered> {
        let put = |rows: &mut BTreeMap<_, _>| {
            rows.insert(key, value);
        };
        self.call("put a row", put).await
    }

    /// Puts the value unless the row has changed; whether it did.
    async fn compare_and_set(&self, key: &'static str, old: u32, new: u32) -> Result<bool, Unanswered> {
        let swap = |rows: &mut BTreeMap<_, _>| {
            let row = rows.entry(key).or_insert(0);
            let same = *row == old;
            if same {
                *row = new;
            }
            same
        };
        self.call("compare and set a row", swap).await
    }

    fn row(&self, key: &'static str) -> u32 {
        self.rows.borrow().get(key).copied().unwrap_or(0)
    }
}

/// How a client adds one to a row.
#[derive(Clone, Copy)]
enum Adds {
    /// Reads, and puts what it makes of that.
    Putting,
    /// Puts it only if the row is unchanged, else tries again.
    Comparing,
    /// The same, and takes a call without an answer for one that did nothing.
    Repeating,
}

/// Whether the increment was acknowledged; nothing if that is unknown.
async fn add_one(table: &Table, adds: Adds) -> Option<()> {
    loop {
        let seen = table.get("visits").await.ok()?;
        match adds {
            Adds::Putting => return table.put("visits", seen + 1).await.ok(),
            Adds::Comparing => {
                if table.compare_and_set("visits", seen, seen + 1).await.ok()? {
                    return Some(());
                }
            }
            Adds::Repeating => {
                if let Ok(true) = table.compare_and_set("visits", seen, seen + 1).await {
                    return Some(());
                }
            }
        }
    }
}

/// Two clients add one each: in the end every acknowledged increment is there, and none that was not asked for.
fn two_add(adds: Adds) -> impl Fn(&mut Program) {
    move |program| {
        let (table, acknowledged) = (Table::default(), Rc::new(Cell::new(0)));
        for name in ["one", "other"] {
            let (table, acknowledged) = (table.clone(), acknowledged.clone());
            let add = async move {
                if add_one(&table, adds).await.is_some() {
                    acknowledged.set(acknowledged.get() + 1);
                }
            };
            program.task(name).op("adds one", add).done();
        }
        program.at_end(move |_| match (table.row("visits"), acknowledged.get()) {
            (row, acknowledged) if row < acknowledged => {
                Err(format!("{acknowledged} were acknowledged, and the row says {row}"))
            }
            (row, _) if row > 2 => Err(format!("two were to be added, and the row says {row}")),
            _ => Ok(()),
        });
    }
}

fn searched(setting: Setting, program: &dyn Fn(&mut Program)) -> Report {
    let report = Explorer::new(setting).search(program);
    assert!(report.failure.is_some() || report.exhaustive(), "{:?}", report.bound);
    assert_eq!(report.unsound, None, "every access to shared state was reported");
    report
}

fn complaint(report: &Report) -> &str {
    &report.failure.as_ref().expect("something is wrong").message
}

#[test]
fn an_increment_by_get_and_put_is_lost() {
    let report = searched(Setting::default(), &two_add(Adds::Putting));
    assert_eq!(complaint(&report), "2 were acknowledged, and the row says 1");
}

#[test]
fn an_increment_by_compare_and_set_is_right_whatever_call_fails() {
    let report = searched(Setting { faults: 2, ..Setting::default() }, &two_add(Adds::Comparing));
    assert_eq!(report.failure.map(|failure| failure.message), None);
}

/// It takes the one fault in which the call has taken effect and its answer is lost.
#[test]
fn repeating_a_call_without_an_answer_counts_twice() {
    let program = two_add(Adds::Repeating);
    assert_eq!(searched(Setting::default(), &program).failure.map(|failure| failure.message), None);

    let report = searched(Setting { faults: 1, ..Setting::default() }, &program);
    assert_eq!(complaint(&report), "two were to be added, and the row says 3");
    let schedule = report.failure.unwrap().schedule;
    let again = Explorer::new(Setting { faults: 1, ..Setting::default() }).replay(&schedule, &program);
    assert_eq!(again.unwrap().message, "two were to be added, and the row says 3");
}

/// An unlocked flag: a step that only says `atomic` is no step of its own, and yet the orders that differ by it
/// are tried.
#[test]
fn orders_that_differ_by_an_atomic_are_tried() {
    let program = |program: &mut Program| {
        let (flag, seen) = (Rc::new((Cell::new(false), Shared::default())), Rc::new(Cell::new(false)));
        let raised = flag.clone();
        let raise = async move {
            point_as("raise the flag").await;
            raised.1.atomic(true);
            raised.0.set(true);
        };
        let its = seen.clone();
        let look = async move {
            point_as("read the flag").await;
            flag.1.atomic(false);
            its.set(flag.0.get());
        };
        program.task("raises").op("raise", raise).done();
        program.task("looks").op("look", look).done();
        program.outcome(move || seen.get().to_string());
    };
    let explorer = Explorer { outcomes: true, ..Explorer::new(Setting::default()) };
    let seen: Vec<_> = explorer.search(&program).outcomes.into_iter().collect();
    assert_eq!(seen, ["false", "true"]);
}

/// Keys that are flushed by a task of their own, which outlives the task that asked for it, and a sweeper that sleeps.
#[test]
fn what_was_spawned_ends_and_what_sleeps_is_woken_as_often_as_allowed() {
    let program = |program: &mut Program| {
        let (table, sweeps) = (Table::default(), Rc::new(Cell::new(0)));
        let its = table.clone();
        let ask = async move {
            point_as("request a flush").await;
            spawn(async move { drop(its.put("flushed", 1).await) });
        };
        program.task("client").op("flush", ask).done();
        let (swept, counted) = (table.clone(), sweeps.clone());
        program.background("sweeper", async move {
            loop {
                sleep().await;
                counted.set(counted.get() + 1);
                drop(swept.get("flushed").await);
            }
        });
        program.at_end(move |_| match look(table.get("flushed"))? {
            Ok(1) => Ok(()),
            flushed => Err(format!("the flush has left {flushed:?}")),
        });
        program.outcome(move || sweeps.get().to_string());
    };
    for ticks in 0..3 {
        let setting = Setting { ticks, ..Setting::default() };
        let report = Explorer { outcomes: true, ..Explorer::new(setting) }.search(&program);
        assert_eq!(report.failure.map(|failure| failure.message), None, "{ticks} ticks");
        let sweeps: Vec<_> = (0..=ticks).map(|sweeps| sweeps.to_string()).collect();
        assert_eq!(report.outcomes.into_iter().collect::<Vec<_>>(), sweeps, "{ticks} ticks");
    }
}

/// Two maxima are tried in one order, and a look in every place among them.
#[test]
fn of_changes_that_commute_one_order_is_tried_and_looks_see_each_of_them() {
    let program = |commutative: bool| {
        move |program: &mut Program| {
            let (most, seen) = (Rc::new((Cell::new(0), Shared::default())), Rc::new(Cell::new(0)));
            for value in [1, 2] {
                let most = most.clone();
                let raise = async move {
                    // Asked before, so that the operations overlap: of those that do not, the order is varied anyhow.
                    Shared::default().step("ask", true).await;
                    point_as("raise").await;
                    if commutative {
                        most.1.commutative();
                    } else {
                        most.1.atomic(true);
                    }
                    most.0.set(most.0.get().max(value));
                };
                program.task(format!("raises to {value}")).op("raise", raise).done();
            }
            let its = seen.clone();
            let look = async move {
                Shared::default().step("ask", true).await;
                point_as("look").await;
                most.1.atomic(false);
                its.set(most.0.get());
            };
            program.task("looks").op("look", look).done();
            program.outcome(move || seen.get().to_string());
        }
    };
    let explorer = Explorer { outcomes: true, ..Explorer::new(Setting::default()) };
    let [any, commuting] = [false, true].map(|commutative| explorer.search(&program(commutative)));
    assert_eq!(commuting.outcomes.iter().collect::<Vec<_>>(), ["0", "1", "2"]);
    assert_eq!(any.outcomes, commuting.outcomes);
    assert!(commuting.complete < any.complete, "{} of {}", commuting.complete, any.complete);
}
