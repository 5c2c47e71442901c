//! A bank: accounts with money in them, asked by tellers, guarded in three ways. Everything that a user of the driver
//! writes, and nothing else.

pub mod guard;
mod spec;

use lockyard_bench::{Operation, Random, Setup, Subject, Sweep, Workload, WorkloadShape};
use lockyard_lock::{ParkingLotMutex, TokioMutex, TokioRwLock};
use lockyard_track::Tracked;
use rand::RngExt;

use guard::{EachAccount, Guard, Teller, WholeBank};

/// What each account begins with.
pub const OPENING: u64 = 1_000;

/// What tellers ask of a bank.
#[derive(Clone, Debug, PartialEq)]
pub struct Bank {
    pub accounts: u32,
    pub tasks: u32,
    pub workers: u32,
    pub read_percent: u32,
}

impl Default for Bank {
    /// Eight tellers at two desks, eight accounts, mostly looked at.
    fn default() -> Self {
        Self { accounts: 8, tasks: 8, workers: 2, read_percent: 80 }
    }
}

/// One thing to ask.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Balance { of: u32 },
    Deposit { to: u32, amount: u64 },
    Withdraw { from: u32, amount: u64 },
    Transfer { from: u32, to: u32, amount: u64 },
}

pub const BALANCE: usize = 0;
pub const DEPOSIT: usize = 1;
pub const WITHDRAW: usize = 2;
pub const TRANSFER: usize = 3;

impl Workload for Bank {
    type Step = Step;

    const OPERATIONS: &'static [Operation] = &[
        Operation::read("balance"),
        Operation::write("deposit"),
        Operation::write("withdraw"),
        Operation::write("transfer"),
    ];

    fn name(&self) -> &'static str {
        "bank"
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape::closed(self.workers, self.tasks)
    }

    fn set(&mut self, setting: &str, value: &str) -> Result<(), String> {
        let whole = |least: u32| {
            let value = value.parse().ok().filter(|value| *value >= least);
            value.ok_or_else(|| format!("{setting} is a whole number from {least} on, not {value:?}"))
        };
        match setting {
            "accounts" => self.accounts = whole(2)?,
            "tasks" => self.tasks = whole(1)?,
            "workers" => self.workers = whole(1)?,
            "read_percent" => self.read_percent = whole(0)?.min(100),
            other => {
                return Err(format!("a bank has accounts, tasks, workers and read_percent, and no {other}"));
            }
        }
        Ok(())
    }

    fn steps(&self, _: usize, random: &mut Random) -> Vec<Step> {
        let step = |random: &mut Random| {
            let [one, other] = [0, 0].map(|_| random.random_range(0..self.accounts));
            let amount = random.random_range(1..=100);
            match random.random_range(0..100) {
                percent if percent < self.read_percent => Step::Balance { of: one },
                percent if percent % 3 == 0 => Step::Deposit { to: one, amount },
                percent if percent % 3 == 1 => Step::Withdraw { from: one, amount },
                _ if one == other => Step::Balance { of: one },
                _ => Step::Transfer { from: one, to: other, amount },
            }
        };
        (0..1_024).map(|_| step(random)).collect()
    }

    fn operation(step: &Step) -> usize {
        match step {
            Step::Balance { .. } => BALANCE,
            Step::Deposit { .. } => DEPOSIT,
            Step::Withdraw { .. } => WITHDRAW,
            Step::Transfer { .. } => TRANSFER,
        }
    }
}

/// One lock around the whole bank, the same with reads that share it, and a lock for each account.
pub fn guards() -> Vec<Subject<Bank>> {
    vec![
        subject::<WholeBank<TokioMutex>, WholeBank<Tracked<TokioMutex>>>("mutex", "tokio-mutex"),
        subject::<WholeBank<TokioRwLock>, WholeBank<Tracked<TokioRwLock>>>("rwlock", "tokio-rwlock"),
        subject::<EachAccount<ParkingLotMutex>, EachAccount<Tracked<ParkingLotMutex>>>(
            "each-account",
            "parking-lot-mutex",
        ),
    ]
}

/// A guard as a subject, with its tracked form.
pub fn subject<G: Guard, T: Guard>(name: &str, lock: &str) -> Subject<Bank> {
    Subject::new(name, |setup: &Setup<'_, Bank>| Ok(Teller(G::open(setup.workload().accounts))))
        .factor("lock", lock)
        .settled()
        .tracked_and_settled(|setup, tracker| {
            // Locks belong to the tracker in whose scope they are made.
            Ok(Teller(tracker.within("opening", || T::open(setup.workload().accounts))))
        })
        .into()
}

/// The bank at each of these values of a setting.
pub fn sweep(along: &str, values: &[u32]) -> Result<Sweep<Bank>, String> {
    let at = |value: &u32| {
        let mut bank = Bank::default();
        bank.set(along, &value.to_string())?;
        Ok(bank)
    };
    let points = values.iter().map(at).collect::<Result<_, String>>()?;
    Ok(Sweep { along: along.to_owned(), points })
}
