//! Where can my service deadlock, and where does it wait? A service of two requests over tracked locks: an order inversion
//! without any hang, a wait cycle the moment its last wait begins, and times of waiting and holding by request.
//!
//! ```sh
//! cargo run -p lockyard-track --example service
//! ```

use std::fmt::Write as _;
use std::sync::Arc;

use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioMutex};
use lockyard_track::{Finding, Kind, Tracked, Tracker, label};
use tokio::sync::{Barrier, mpsc};

static ORDERS: LockClass = LockClass::new("orders");
static STOCK: LockClass = LockClass::new("stock");

/// Untracked, `Shop<TokioMutex>` is another type and pays nothing.
struct Shop<F: LockFamily> {
    orders: LockOf<F, Vec<u32>>,
    stock: LockOf<F, u32>,
}

type Watched = Shop<Tracked<TokioMutex>>;

impl Watched {
    /// Takes the orders, then the stock. Callers that come to `meeting` do so with one lock in hand.
    async fn order(&self, number: u32, meeting: Option<&Barrier>) {
        label("order");
        let mut orders = self.orders.write().await;
        meet(meeting).await;
        *self.stock.write().await -= number;
        orders.push(number);
    }

    /// Takes the same locks the other way round.
    async fn audit(&self, meeting: Option<&Barrier>) -> usize {
        label("audit");
        let stock = self.stock.read().await;
        meet(meeting).await;
        self.orders.read().await.len() + *stock as usize
    }
}

async fn meet(meeting: Option<&Barrier>) {
    if let Some(meeting) = meeting {
        meeting.wait().await;
    }
}

/// Two requests that do not meet, then two that do; what the tracker has found, and a line for each class and request.
pub(crate) async fn observe() -> (Vec<Finding>, String) {
    let tracker = Tracker::new();
    let (sender, mut found) = mpsc::unbounded_channel();
    tracker.on_finding(move |finding| _ = sender.send(finding.kind));
    let new =
        async { Watched { orders: SharedLock::new(&ORDERS, vec![]), stock: SharedLock::new(&STOCK, 10) } };
    let shop = Arc::new(tracker.scope("set up", new).await);

    let (customer, auditor) = (shop.clone(), shop.clone());
    let customer = tracker.spawn("first customer", async move { customer.order(3, None).await });
    let auditor = tracker.spawn("auditor", async move { auditor.audit(None).await });
    // Nothing hangs, for on one thread neither is interrupted; that they can meet is found all the same.
    let _ended = (customer.await, auditor.await);

    let meeting = Arc::new(Barrier::new(2));
    let (customer, auditor) = ((shop.clone(), meeting.clone()), (shop, meeting));
    let tasks = [
        tracker.spawn("second customer", async move { customer.0.order(4, Some(&customer.1)).await }),
        tracker.spawn("second auditor", async move { _ = auditor.0.audit(Some(&auditor.1)).await }),
    ];
    while found.recv().await.is_some_and(|kind| kind != Kind::Deadlock) {}
    tasks.iter().for_each(|task| task.abort());

    let mut times = String::new();
    for it in tracker.times_by_label() {
        let (class, request, hold) = (it.class.name(), it.label.unwrap_or("-"), it.times.hold);
        writeln!(times, "{class} in {request}: held {} times", hold.count()).expect("a string takes all");
    }
    (tracker.findings(), times)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (findings, times) = observe().await;
    findings.iter().for_each(|finding| println!("{finding}\n"));
    print!("{times}");
}
