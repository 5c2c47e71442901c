//! The short way to a system: something that answers a step.
//!
//! [`System`] reports to a meter, knows its clients and writes its own log. Most services need none of that: they are asked
//! something and answer. So a [`Service`] is one async function, and what measures and records it stands here.

use std::convert::Infallible;
use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use lockyard_history::{Judge, Recording, SequentialSpec};

#[cfg(feature = "program")]
use crate::calibration::Slowdown;
use crate::judged::{JudgedSpec, Recorder};
use crate::slices::{Meter, Outcome};
use crate::system::{Broken, Fault, HistoryWriter, Recorded, Settled, System};
use crate::workload::Workload;

/// Something that answers the steps of a workload.
///
/// Steps are shared by all that are compared, so a step is borrowed; tasks ask at the same time, so the service is shared, too.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use lockyard_bench::{CallError, Service, Workload};
///
/// struct Sum(AtomicU64);
///
/// impl<W: Workload<Step = u64>> Service<W> for Sum {
///     type Answer = u64;
///
///     async fn call(&self, more: &u64) -> Result<u64, CallError> {
///         Ok(self.0.fetch_add(*more, Ordering::Relaxed))
///     }
/// }
/// ```
pub trait Service<W: Workload>: Send + Sync + 'static {
    /// What it answers; of the same type for all that are judged by one specification.
    type Answer: Send;

    /// Answers a step.
    ///
    /// # Errors
    /// Why there is no answer, and what that means: see [`CallError`]. `?` takes any error as a failure.
    fn call(&self, step: &W::Step) -> impl Future<Output = Result<Self::Answer, CallError>> + Send;

    /// Which rules do not hold once every call is answered: what no answer contradicts may be wrong all the same. Asked after
    /// each verification slice, also where no specification judges the answers.
    fn settled(&self) -> impl Future<Output = Vec<Broken>> + Send {
        async { Vec::new() }
    }
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// It was right, and came at the wrong time: a conflict, a full queue. It did not happen, and nothing has changed.
    Refused(String),
    /// It failed. Whether it has happened is not known.
    Failed(String),
    /// No answer came, as after a timeout. Whether it has happened is not known.
    Unknown(String),
}

/// A failure. So `?` can be used in a call on whatever goes wrong.
impl<E: std::error::Error> From<E> for CallError {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Makes a service of what it is about and an async function: `serve(bank, Bank::ask)`, where `ask` takes `&self` and a step; or
/// `serve(bank, async |bank: &Bank, step: &Step| …)`.
///
/// ```
/// use lockyard_bench::serve;
/// use tokio::sync::Mutex;
///
/// let sum = serve(Mutex::new(0), async |sum: &Mutex<u64>, more: &u64| {
///     *sum.lock().await += more;
///     Ok(())
/// });
/// ```
pub fn serve<T, Step, Answer, F>(state: T, call: F) -> ServiceFn<T, F>
where
    Step: 'static,
    F: AsyncFn(&T, &Step) -> Result<Answer, CallError>,
{
    ServiceFn { state, call }
}

/// What [`serve`] makes.
#[derive(Clone, Copy)]
pub struct ServiceFn<T, F> {
    state: T,
    call: F,
}

impl<T: Debug, F> Debug for ServiceFn<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceFn").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<W, T, Answer, F> Service<W> for ServiceFn<T, F>
where
    W: Workload,
    T: Send + Sync + 'static,
    Answer: Send,
    F: for<'a> SendAsyncFn<'a, T, W::Step, Returned = Result<Answer, CallError>> + Send + Sync + 'static,
{
    type Answer = Answer;

    async fn call(&self, step: &W::Step) -> Result<Answer, CallError> {
        (self.call)(&self.state, step).await
    }
}

/// An async function of two references whose future can be sent: what `AsyncFn` cannot yet say.
pub trait SendAsyncFn<'a, T: 'a, U: 'a>: Fn(&'a T, &'a U) -> <Self as SendAsyncFn<'a, T, U>>::Future {
    /// What it comes to.
    type Returned;
    /// Its future.
    type Future: Future<Output = Self::Returned> + Send + 'a;
}

impl<'a, T: 'a, U: 'a, F, R> SendAsyncFn<'a, T, U> for F
where
    F: Fn(&'a T, &'a U) -> R,
    R: Future + Send + 'a,
{
    type Returned = R::Output;
    type Future = R;
}

/// A service as a system, measured.
pub(crate) struct MeasuredService<V>(pub(crate) V);

impl<W: Workload, V: Service<W>> System<W> for MeasuredService<V> {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &W::Step, meter: &mut Meter) {
        let start = meter.begin(W::operation(step));
        match &self.0.call(step).await {
            Ok(_) => meter.end(start, Outcome::Done),
            Err(error) => meter.end(start, error.outcome()),
        }
    }
}

/// A service with work planted before each answer: for a calibration, which needs a difference that is known.
#[cfg(feature = "program")]
pub(crate) struct SlowedService<V> {
    pub(crate) service: MeasuredService<V>,
    pub(crate) work: Slowdown,
}

#[cfg(feature = "program")]
impl<W: Workload, V: Service<W>> System<W> for SlowedService<V> {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &W::Step, meter: &mut Meter) {
        self.work.work();
        System::<W>::call(&self.service, &mut (), step, meter).await;
    }
}

impl CallError {
    fn outcome(&self) -> Outcome<'_> {
        match self {
            Self::Refused(_) => Outcome::Refused,
            Self::Failed(why) => Outcome::Failed(why as &dyn Display),
            Self::Unknown(why) => Outcome::Unknown(why as &dyn Display),
        }
    }
}

/// Says which object a step is about, by its number.
pub(crate) type KeyOf<W> = dyn Fn(&<W as Workload>::Step) -> u32 + Send + Sync;

/// How the answers of services are judged.
pub(crate) struct Judging<W: Workload, S: JudgedSpec> {
    pub(crate) spec: S,
    /// Which object a step is about, by its number.
    pub(crate) key: Arc<KeyOf<W>>,
    /// What the object with this number is called.
    pub(crate) name: Arc<dyn Fn(u32) -> String + Send + Sync>,
    pub(crate) writer: Option<HistoryWriter<S>>,
}

/// A service as a system, recorded and judged.
pub(crate) struct JudgedService<W: Workload, V, S: JudgedSpec> {
    pub(crate) service: MeasuredService<V>,
    pub(crate) judging: Judging<W, S>,
}

/// A service whose answers nothing judges. What it leaves is looked at all the same.
pub(crate) struct UnjudgedService<V>(pub(crate) MeasuredService<V>);

/// The specification of what nothing judges.
pub(crate) struct AnyAnswer;

impl SequentialSpec for AnyAnswer {
    type Call = Infallible;
    type Answer = Infallible;
    type State = ();

    fn initial(&self) {}

    fn step(&self, (): &(), call: &Infallible, _: Option<&Infallible>) -> Option<()> {
        match *call {}
    }
}

impl Judge for AnyAnswer {}

impl<W: Workload, V: Service<W>> System<W> for UnjudgedService<V> {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &W::Step, meter: &mut Meter) {
        System::<W>::call(&self.0, &mut (), step, meter).await;
    }
}

impl<W: Workload, V: Service<W>> Recorded<W> for UnjudgedService<V> {
    type Spec = AnyAnswer;

    fn spec(&self) -> &AnyAnswer {
        &AnyAnswer
    }

    async fn record(&self, (): &mut (), step: &W::Step, _: &mut Recorder<'_, AnyAnswer>) {
        // How it went is measured elsewhere; here it is to have happened.
        drop(self.0.0.call(step).await);
    }
}

impl<W: Workload, V: Service<W>> Settled<W> for UnjudgedService<V> {
    async fn settled(&self, _: &Recording<AnyAnswer>) -> Vec<Broken> {
        at_rest::<W, V>(&self.0.0).await
    }
}

/// After so long a service is not waited for that does not come to rest.
const REST: Duration = Duration::from_secs(10);

impl<W, V, S> System<W> for JudgedService<W, V, S>
where
    W: Workload,
    V: Service<W>,
    S: JudgedSpec,
{
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &W::Step, meter: &mut Meter) {
        System::<W>::call(&self.service, &mut (), step, meter).await;
    }
}

impl<W, V, S> Recorded<W> for JudgedService<W, V, S>
where
    W: Workload<Step: Clone + Debug + Eq + Hash>,
    V: Service<W>,
    S: JudgedSpec + SequentialSpec<Call = W::Step, Answer = V::Answer>,
{
    type Spec = S;

    fn spec(&self) -> &S {
        &self.judging.spec
    }

    fn history_writer(&self) -> Option<HistoryWriter<S>> {
        self.judging.writer
    }

    async fn record(&self, (): &mut (), step: &W::Step, log: &mut Recorder<'_, S>) {
        let ticket = log.invoke((self.judging.key)(step), step.clone());
        match self.service.0.call(step).await {
            Ok(answer) => log.ok(ticket, answer),
            Err(CallError::Refused(_)) => log.fail(ticket),
            // It may have happened in part.
            Err(CallError::Failed(_) | CallError::Unknown(_)) => log.info(ticket),
        }
    }

    fn name(&self, key: u32) -> String {
        (self.judging.name)(key)
    }
}

impl<W, V, S> Settled<W> for JudgedService<W, V, S>
where
    W: Workload<Step: Clone + Debug + Eq + Hash>,
    V: Service<W>,
    S: JudgedSpec + SequentialSpec<Call = W::Step, Answer = V::Answer>,
{
    async fn settled(&self, _: &Recording<S>) -> Vec<Broken> {
        at_rest::<W, V>(&self.service.0).await
    }
}

/// What a service says of itself once it is quiet.
async fn at_rest<W: Workload, V: Service<W>>(service: &V) -> Vec<Broken> {
    let settled = tokio::time::timeout(REST, service.settled()).await;
    let restless = |_| vec![Broken::new("quiet", format!("it was not quiet for {} s", REST.as_secs()))];
    settled.unwrap_or_else(restless)
}
