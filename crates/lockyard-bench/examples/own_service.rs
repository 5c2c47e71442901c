//! A bank of your own, guarded in three ways: which guard is faster, and is it right? One of them checks, and then acts on what it
//! saw before, and is told so.
//!
//! ```sh
//! cargo run --release -p lockyard-bench --example own_service                      # is each right?
//! cargo run --release -p lockyard-bench --example own_service -- compare --quick   # and how fast?
//! cargo run --release -p lockyard-bench --example own_service -- --help
//! ```

use std::collections::HashMap;

use lockyard_bench::{Broken, CallError, Operation, Random, Service, Workload, WorkloadShape};
use lockyard_history::ReferenceModel;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, RwLock};

/// What each account begins with: little, so that it is often not enough.
const OPENING: u64 = 100;

// What is asked.

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Call {
    Balance(u32),
    Transfer { from: u32, to: u32, amount: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Answer {
    Holds(u64),
    Done,
    NotEnough,
}

#[derive(Clone, PartialEq)]
struct Tellers {
    accounts: u32,
    tasks: u32,
    read_percent: u32,
}

impl Workload for Tellers {
    type Step = Call;

    const OPERATIONS: &'static [Operation] = &[Operation::read("balance"), Operation::write("transfer")];

    fn name(&self) -> &'static str {
        "tellers"
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape::closed(2, self.tasks)
    }

    fn set(&mut self, setting: &str, value: &str) -> Result<(), String> {
        let number = value.parse().map_err(|_| format!("{setting} is a whole number, not {value:?}"))?;
        match setting {
            "accounts" if number > 1 => self.accounts = number,
            "tasks" if number > 0 => self.tasks = number,
            "read_percent" if number <= 100 => self.read_percent = number,
            _ => {
                return Err(
                    "there are accounts from 2 on, tasks from 1 on, read_percent up to 100".to_owned()
                );
            }
        }
        Ok(())
    }

    fn steps(&self, _task: usize, random: &mut Random) -> Vec<Call> {
        let call = |_| {
            let from = random.random_range(0..self.accounts);
            if random.random_range(0..100) < self.read_percent {
                return Call::Balance(from);
            }
            let to = (from + random.random_range(1..self.accounts)) % self.accounts;
            Call::Transfer { from, to, amount: random.random_range(1..=OPENING) }
        };
        (0..1_024).map(call).collect()
    }

    fn operation(call: &Call) -> usize {
        usize::from(!matches!(call, Call::Balance(_)))
    }
}

// What they are to answer: the bank, if it were asked one thing at a time.

fn one_at_a_time(accounts: &mut [u64], call: &Call) -> Answer {
    match *call {
        Call::Balance(of) => Answer::Holds(accounts[of as usize]),
        Call::Transfer { from, amount, .. } if accounts[from as usize] < amount => Answer::NotEnough,
        Call::Transfer { from, to, amount } => {
            accounts[from as usize] -= amount;
            accounts[to as usize] += amount;
            Answer::Done
        }
    }
}

fn spec(tellers: &Tellers) -> ReferenceModel<Vec<u64>, Call, Answer> {
    let opening = vec![OPENING; tellers.accounts as usize];
    ReferenceModel::new(opening, |accounts: &mut Vec<u64>, call: &Call| one_at_a_time(accounts, call))
        .reads(|call| matches!(call, Call::Balance(_)))
}

// Three guards.

/// One lock around all accounts.
struct OneLock(Mutex<Vec<u64>>);

impl Service<Tellers> for OneLock {
    type Answer = Answer;

    async fn call(&self, call: &Call) -> Result<Answer, CallError> {
        Ok(one_at_a_time(&mut self.0.lock().await, call))
    }
}

/// A lock for each account, in a map that is read by all.
struct EachAccount(RwLock<HashMap<u32, Mutex<u64>>>);

impl EachAccount {
    fn open(tellers: &Tellers) -> Self {
        Self(RwLock::new((0..tellers.accounts).map(|number| (number, Mutex::new(OPENING))).collect()))
    }
}

impl Service<Tellers> for EachAccount {
    type Answer = Answer;

    async fn call(&self, call: &Call) -> Result<Answer, CallError> {
        let accounts = self.0.read().await;
        match *call {
            Call::Balance(of) => Ok(Answer::Holds(*accounts[&of].lock().await)),
            Call::Transfer { from, to, amount } => {
                // The lower number first, so that two transfers never wait for each other.
                let mut lower = accounts[&from.min(to)].lock().await;
                let mut higher = accounts[&from.max(to)].lock().await;
                let (payer, payee) =
                    if from < to { (&mut *lower, &mut *higher) } else { (&mut *higher, &mut *lower) };
                if *payer < amount {
                    return Ok(Answer::NotEnough);
                }
                *payer -= amount;
                *payee += amount;
                Ok(Answer::Done)
            }
        }
    }

    async fn settled(&self) -> Vec<Broken> {
        let accounts = self.0.read().await;
        let mut sum = 0;
        for account in accounts.values() {
            sum += *account.lock().await;
        }
        let expected = OPENING * accounts.len() as u64;
        let message = format!("the accounts hold {sum}, and should hold {expected}");
        if sum == expected { Vec::new() } else { vec![Broken::new("money made or lost", message)] }
    }
}

/// Looks whether there is enough, lets go, and takes: what it saw may be gone by then.
struct ChecksThenActs(EachAccount);

impl Service<Tellers> for ChecksThenActs {
    type Answer = Answer;

    async fn call(&self, call: &Call) -> Result<Answer, CallError> {
        let Call::Transfer { from, to, amount } = *call else { return self.0.call(call).await };
        let accounts = self.0.0.read().await;
        let seen = *accounts[&from].lock().await;
        if seen < amount {
            return Ok(Answer::NotEnough);
        }
        // Whoever else pays from this account now is forgotten.
        tokio::task::yield_now().await;
        *accounts[&from].lock().await = seen - amount;
        *accounts[&to].lock().await += amount;
        Ok(Answer::Done)
    }

    async fn settled(&self) -> Vec<Broken> {
        self.0.settled().await
    }
}

lockyard_bench::main! {
    workload = Tellers { accounts: 8, tasks: 8, read_percent: 80 },
    spec = spec,
    history_files = true,
    systems = {
        "one-lock" => |setup| OneLock(Mutex::new(vec![OPENING; setup.workload().accounts as usize])),
        "each-account" => |setup| EachAccount::open(setup.workload()),
        "checks-then-acts" => |setup| ChecksThenActs(EachAccount::open(setup.workload())),
    },
}
