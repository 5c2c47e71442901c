//! How does the same code run over different locks? A shop's stock, written once over any lock family and run over four
//! of them: the lock is a type parameter, and no other line changes.
//!
//! ```sh
//! cargo run -p lockyard-lock --example families
//! ```

use std::fmt::Write as _;
use std::sync::Arc;

use lockyard_lock::{
    ArcSwap, LockClass, LockFamily, LockOf, ParkingLotRwLock, SharedLock, StdMutex, TokioRwLock, TryFamily,
};

/// What the lock guards, as tools call it.
static STOCK: LockClass = LockClass::new("stock");

/// Generic in its lock; no other line depends on which lock it is.
struct Shop<F: LockFamily> {
    stock: LockOf<F, u32>,
}

impl<F: LockFamily> Shop<F> {
    fn new(stock: u32) -> Self {
        Self { stock: SharedLock::new(&STOCK, stock) }
    }

    /// Looks and takes under one guard, so that no unit is sold twice.
    async fn sell(&self) -> bool {
        let mut stock = self.stock.write().await;
        let is_sold = *stock > 0;
        *stock -= u32::from(is_sold);
        is_sold
    }
}

/// Four tasks sell until nothing is left; a line of what came of it.
async fn run<F: TryFamily>() -> String {
    let shop = Arc::new(Shop::<F>::new(1000));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move {
                let mut sold = 0_u32;
                while shop.sell().await {
                    sold += 1;
                }
                sold
            })
        })
        .collect();
    let mut sold = 0;
    for task in tasks {
        sold += task.await.expect("no task panics");
    }
    let left = *shop.stock.read().await;
    let waiting = if F::BLOCKS { "a waiter blocks its thread" } else { "a waiter yields its task" };
    format!("{:20} {waiting:27} {sold} sold, {left} left", F::NAME)
}

/// The same program over four families.
pub(crate) fn table() -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads");
    runtime.block_on(async {
        let mut table = String::new();
        let rows = [
            run::<TokioRwLock>().await,
            run::<ParkingLotRwLock>().await,
            run::<StdMutex>().await,
            run::<ArcSwap>().await,
        ];
        for row in rows {
            writeln!(table, "{row}").expect("a string takes all");
        }
        table
    })
}

fn main() {
    print!("{}", table());
}
