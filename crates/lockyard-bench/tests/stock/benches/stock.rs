//! Which stock is faster, and is it right?

use lockyard_bench::{CallError, Operation, Random, Workload, WorkloadShape, serve};
use lockyard_history::ReferenceModel;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use stock::{SharedStock, Stock};

/// One thing to ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Call {
    Left(u32),
    Take(u32, u64),
}

/// How much is asked, and of what.
#[derive(Clone, PartialEq)]
struct Shoppers {
    items: u32,
    tasks: u32,
}

const OF_EACH: u64 = 1_000_000;

impl Workload for Shoppers {
    type Step = Call;
    const OPERATIONS: &'static [Operation] = &[Operation::read("left"), Operation::write("take")];

    fn name(&self) -> &str {
        "shoppers"
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape::closed(2, self.tasks) // two threads; each task asks again once it is answered
    }

    fn set(&mut self, setting: &str, value: &str) -> Result<(), String> {
        let number = value.parse().ok().filter(|number| *number > 0).ok_or("write a number above zero")?;
        match setting {
            "items" => self.items = number,
            "tasks" => self.tasks = number,
            _ => return Err("there are items and tasks".to_owned()),
        }
        Ok(())
    }

    fn steps(&self, _task: usize, random: &mut Random) -> Vec<Call> {
        let call = |_| match (random.random_range(0..self.items), random.random_range(0..4)) {
            (item, 0) => Call::Take(item, 1),
            (item, _) => Call::Left(item),
        };
        (0..1_000).map(call).collect() // walked round and round
    }

    fn operation(call: &Call) -> usize {
        usize::from(matches!(call, Call::Take(..)))
    }
}

/// What one item would answer if it were asked one thing at a time: what is left, or after a take whether there was enough.
fn item(left: &mut u64, call: &Call) -> u64 {
    match call {
        Call::Left(_) => *left,
        Call::Take(_, some) if *left < *some => 0,
        Call::Take(_, some) => {
            *left -= some;
            1
        }
    }
}

lockyard_bench::main! {
    workload = Shoppers { items: 2, tasks: 8 },
    spec = |_: &Shoppers| ReferenceModel::new(OF_EACH, item).reads(|call| matches!(call, Call::Left(_))),
    keys = |call: &Call| match call { Call::Left(item) | Call::Take(item, _) => *item },
    history_files = true,
    systems = {
        "mutex" => |setup| serve(Stock::new(setup.workload().items, OF_EACH), async |stock: &Stock, call: &Call| match call {
            Call::Left(item) => Ok::<_, CallError>(stock.left(*item).await),
            Call::Take(item, some) => Ok(stock.take(*item, *some).await.into()),
        }),
        "rwlock" => |setup| serve(SharedStock::new(setup.workload().items, OF_EACH), async |stock: &SharedStock, call: &Call| match call {
            Call::Left(item) => Ok::<_, CallError>(stock.left(*item).await),
            Call::Take(item, some) => Ok(stock.take(*item, *some).await.into()),
        }),
    },
}
