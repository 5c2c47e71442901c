//! The guards of the accounts, generic in their locks, and how tellers ask through one.

use lockyard_bench::{Broken, Fault, Meter, Outcome, Recorded, Recorder, Settled, System};
use lockyard_history::{Given, Recording};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock};

use super::spec::{Answer, Branch, Call};
use super::{BALANCE, Bank, DEPOSIT, OPENING, Step, TRANSFER, WITHDRAW};

static ACCOUNTS: LockClass = LockClass::new("accounts");

/// A way to guard the accounts.
pub trait Guard: Send + Sync + 'static {
    /// Accounts with their opening balance.
    fn open(accounts: u32) -> Self;

    /// What an account holds.
    fn balance(&self, of: u32) -> impl Future<Output = u64> + Send;

    /// Adds to an account; takes from it with a negative amount. False, and nothing done, if there is not enough.
    fn change(&self, account: u32, by: i64) -> impl Future<Output = bool> + Send;

    /// Moves money between two accounts that differ. False, and nothing done, if there is not enough.
    fn transfer(&self, from: u32, to: u32, amount: u64) -> impl Future<Output = bool> + Send;
}

/// One lock around all accounts.
pub struct WholeBank<F: LockFamily>(LockOf<F, Vec<u64>>);

impl<F: LockFamily> Guard for WholeBank<F> {
    fn open(accounts: u32) -> Self {
        Self(SharedLock::new(&ACCOUNTS, vec![OPENING; accounts as usize]))
    }

    async fn balance(&self, of: u32) -> u64 {
        self.0.read().await[of as usize]
    }

    async fn change(&self, account: u32, by: i64) -> bool {
        let mut accounts = self.0.write().await;
        let changed = accounts[account as usize].checked_add_signed(by);
        changed.inspect(|balance| accounts[account as usize] = *balance).is_some()
    }

    async fn transfer(&self, from: u32, to: u32, amount: u64) -> bool {
        let mut accounts = self.0.write().await;
        let Some(rest) = accounts[from as usize].checked_sub(amount) else { return false };
        accounts[from as usize] = rest;
        accounts[to as usize] += amount;
        true
    }
}

/// A lock for each account, and never two of them at once: a guard that is held across an await would not compile for locks
/// that block.
pub struct EachAccount<F: LockFamily>(Vec<LockOf<F, u64>>);

impl<F: LockFamily> Guard for EachAccount<F> {
    fn open(accounts: u32) -> Self {
        Self((0..accounts).map(|_| SharedLock::new(&ACCOUNTS, OPENING)).collect())
    }

    async fn balance(&self, of: u32) -> u64 {
        *self.0[of as usize].read().await
    }

    async fn change(&self, account: u32, by: i64) -> bool {
        let mut balance = self.0[account as usize].write().await;
        let changed = balance.checked_add_signed(by);
        changed.inspect(|changed| *balance = *changed).is_some()
    }

    async fn transfer(&self, from: u32, to: u32, amount: u64) -> bool {
        // Takes first and gives afterwards: what is under way is in neither account, which a read of one account
        // cannot distinguish from a transfer that is not there yet.
        self.change(from, -amount.cast_signed()).await && self.change(to, amount.cast_signed()).await
    }
}

/// What tellers ask: any guard.
pub struct Teller<G>(pub G);

impl<G: Guard> Teller<G> {
    /// Asks a step, and what came of it.
    async fn ask(&self, step: &Step) -> Answer {
        let done = match *step {
            Step::Balance { of } => return Answer::Holds(self.0.balance(of).await),
            Step::Deposit { to, amount } => self.0.change(to, amount.cast_signed()).await,
            Step::Withdraw { from, amount } => self.0.change(from, -amount.cast_signed()).await,
            Step::Transfer { from, to, amount } => self.0.transfer(from, to, amount).await,
        };
        if done { Answer::Done } else { Answer::Refused }
    }
}

impl<G: Guard> System<Bank> for Teller<G> {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &Step, meter: &mut Meter) {
        let operation = match step {
            Step::Balance { .. } => BALANCE,
            Step::Deposit { .. } => DEPOSIT,
            Step::Withdraw { .. } => WITHDRAW,
            Step::Transfer { .. } => TRANSFER,
        };
        let start = meter.begin(operation);
        let answer = self.ask(step).await;
        meter.end(start, if answer == Answer::Refused { Outcome::Refused } else { Outcome::Done });
    }
}

impl<G: Guard> Recorded<Bank> for Teller<G> {
    type Spec = Branch;

    fn spec(&self) -> &Branch {
        &Branch
    }

    async fn given(&self) -> Result<Vec<Given<Branch>>, Fault> {
        Ok(Vec::new())
    }

    async fn record(&self, (): &mut (), step: &Step, log: &mut Recorder<'_, Branch>) {
        // A transfer is two things to two accounts, each of them a key; the middle is not observable.
        for (account, call) in Call::of(step) {
            let ticket = log.invoke(account, call);
            let answer = match call {
                Call::Balance => Answer::Holds(self.0.balance(account).await),
                Call::Add(by) if self.0.change(account, by).await => Answer::Done,
                Call::Add(_) => Answer::Refused,
            };
            log.ok(ticket, answer);
            if answer == Answer::Refused {
                break; // what was not taken is not given either
            }
        }
    }

    fn name(&self, key: u32) -> String {
        format!("account {key}")
    }
}

impl<G: Guard> Settled<Bank> for Teller<G> {
    /// Money is neither made nor lost: each account holds what the answers say was put into it.
    async fn settled(&self, answers: &Recording<Branch>) -> Vec<Broken> {
        let mut broken = Vec::new();
        let accounts = answers.records().iter().map(|it| it.key + 1).max().unwrap_or(0);
        for account in 0..accounts {
            let of_account = answers.records().iter().filter(|it| it.key == account);
            let added: i64 = of_account
                .filter_map(|it| match (it.call, it.answer) {
                    (Call::Add(by), Some(Answer::Done)) => Some(by),
                    _ => None,
                })
                .sum();
            let expected = OPENING.saturating_add_signed(added);
            let held = self.0.balance(account).await;
            if held != expected {
                broken.push(Broken {
                    rule: "money made or lost",
                    message: format!("account {account} holds {held}, and should hold {expected}"),
                    place: format!("{}:{}", file!(), line!()),
                });
            }
        }
        broken
    }
}
