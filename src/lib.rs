//! **Which lock should guard my sessions, is the code around it correct, and what will it cost me?**
//!
//! Lockyard contains one realistic system as a whole, a chat-session backend, which puts the locks around its sessions and
//! its cache behind one trait, and the instruments that measure it. This page is an overview and a tour of five minutes.
//!
//! # Overview
//!
//! The instruments are crates of their own, which know nothing of chat, and are re-exported here under short names:
//!
//! | instrument | what it is |
//! | --- | --- |
//! | [`lock`] | **what varies**: one trait for every kind of lock; what protocols are made of, so that loom can replace it |
//! | [`track`] | deadlocks, inversions and starvation seen as they happen, over any lock |
//! | [`explore`] | every interleaving of small programs, on an executor that decides which task is polled next |
//! | [`history`] | histories checked for linearizability: could the answers have come from one operation at a time? |
//! | [`evidence`] | what was found, as data |
//! | `bench` | systems under workloads in slices that alternate; verdicts, the record of a run, the regression gate between two, reports |
//!
//! The system under test is a chat-session backend, the program brings it and the instruments together:
//!
//! | module | what it is |
//! | --- | --- |
//! | [`backend::chat`] | the conversation: plain data, pure functions, a state machine |
//! | [`backend::session`] | the session manager: a cache over a store, one live copy, ordered saves |
//! | [`backend::store`] | where contexts are kept: in memory, or in a file |
//! | [`backend::shared`] | sessions that several servers share over a database, and what guards them there |
//! | `backend::postgres` | that database, where it is PostgreSQL |
//! | [`backend::service`] | the endpoints, and the chat turn |
//! | `backend::http`, `backend::remote` | the endpoints over HTTP, and a server elsewhere as a service |
//! | [`checks`] | what is checked of the backend: models, invariants, a specification; pitfalls that prove the checks can fail |
//! | `cluster` | servers that share their sessions over PostgreSQL, by the names of their guards |
//! | `strategy` | names become types: which lock, which cache, which policies |
//! | `workload` | scenarios: which requests, to which session, when |
//! | `subjects` | chat systems as `bench` measures and judges them: strategies, servers, the limit, pitfalls |
//! | `cli` | the program, one file per verb |
//!
//! Without default features there are the instruments other than `bench`, the backend without HTTP and redb, and `checks`
//! without its runs over strategies; of these only [`track`] and the runs of [`checks::pitfalls`] name a runtime.
//!
//! # The tour
//!
//! A lock is chosen by type. Acquiring is a future, for the locks that block a thread as well:
//!
//! ```
//! use lockyard_lock::{LockClass, LockFamily, ParkingLotRwLock, SharedLock, TokioRwLock};
//!
//! static COUNTER: LockClass = LockClass::new("counter");
//!
//! async fn count<F: LockFamily>() -> u32 {
//!     let counter: F::Lock<u32> = SharedLock::new(&COUNTER, 0);
//!     for _ in 0..3 {
//!         *counter.write().await += 1;
//!     }
//!     *counter.read().await
//! }
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! assert_eq!(runtime.block_on(count::<TokioRwLock>()), 3);
//! assert_eq!(runtime.block_on(count::<ParkingLotRwLock>()), 3);
//! ```
//!
//! A conversation is plain data. Its version rises with every accepted change; a refused call changes nothing:
//!
//! ```
//! use lockyard::backend::chat::{ChatContext, ContextConfig, ContextId, NewMessage, Role, StateKind, Timestamp};
//!
//! let id: ContextId = "00000000-0000-0000-0000-000000000001".parse()?;
//! let mut context = ChatContext::new(id, ContextConfig::new("some-model", "chat"), Timestamp(0))?;
//! context.begin_turn(NewMessage::text(Role::User, "Which lock?"))?;
//! assert!(context.begin_turn(NewMessage::text(Role::User, "Hello?")).is_err());
//! context.request_model()?;
//! context.full_response("Measure it.")?;
//! context.finish_response(vec![])?;
//! assert_eq!(context.state_kind(), StateKind::Idle);
//! # Ok::<(), lockyard::backend::chat::ChatError>(())
//! ```
//!
//! A whole backend is assembled from a strategy's name, and called through one trait:
//!
//! ```
//! # #[cfg(feature = "bench")] {
//! use lockyard::backend::chat::{NewMessage, Role};
//! use lockyard::backend::service::{Backend, ChatService, CreateContext, Prompts, Simulator, SimulatorConfig};
//! use lockyard::backend::session::{Durability, Env, SessionLimits};
//! use lockyard::backend::store::MemoryStore;
//! use lockyard::strategy::{Assembly, IdSource, Setup, Strategy, TokioClock, assemble};
//!
//! struct SayHello(tokio::runtime::Handle);
//!
//! impl Assembly for SayHello {
//!     type Output = usize;
//!
//!     fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> usize {
//!         self.0.block_on(async {
//!             let new = CreateContext { model_id: "m".into(), mode: "chat".into(), system_prompt_id: None };
//!             let id = backend.create_context(new).await.unwrap();
//!             let hello = NewMessage::text(Role::User, "Hello");
//!             backend.send_message_action(id, hello).await.unwrap();
//!             backend.get_context(id).await.unwrap().branches[0].message_count
//!         })
//!     }
//! }
//!
//! let runtime = tokio::runtime::Runtime::new().unwrap();
//! for strategy in ["before", "naive", "after", "std-rwlock"] {
//!     let setup = Setup {
//!         store: MemoryStore::default(),
//!         capacity: 10.try_into().unwrap(),
//!         durability: Durability::WriteThrough,
//!         limits: SessionLimits::default(),
//!         model: SimulatorConfig::default(),
//!         prompts: Prompts::default(),
//!         ids: IdSource::Unique,
//!         runtime: runtime.handle().clone(),
//!     };
//!     let strategy = Strategy::parse(strategy).unwrap();
//!     let messages = assemble(strategy.factors(), setup, SayHello(runtime.handle().clone())).unwrap();
//!     assert_eq!(messages, 2, "what the user said, and what the model answered");
//! }
//! # }
//! ```
//!
//! To measure them, see the program: `lockyard --help`.
//!
//! # What a version promises
//!
//! The instruments are re-exported, so a breaking change of one of them is one of this crate:
//!
//! | re-exported | because |
//! | --- | --- |
//! | [`evidence`] | the models and pitfalls of [`checks`] answer with its types |
//! | [`explore`] | programs over [`checks`] are built from its locks and explored by its settings |
//! | [`history`] | the specification of sessions is one of its specifications |
//! | [`lock`] | [`backend::session::Env`] names families of its locks |
//! | [`track`] | tracked strategies are handed a tracker |
//! | `bench` | strategies and servers are its subjects, scenarios its workloads |

pub use lockyard_evidence as evidence;
pub use lockyard_explore as explore;
pub use lockyard_history as history;
pub use lockyard_lock as lock;
pub use lockyard_track as track;

pub mod backend;
#[cfg(feature = "bench")]
pub use lockyard_bench as bench;

pub mod checks;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(all(feature = "bench", feature = "postgres", target_os = "linux"))]
pub mod cluster;
#[cfg(feature = "bench")]
pub mod strategy;
#[cfg(feature = "bench")]
pub mod subjects;
#[cfg(any(feature = "bench", feature = "http"))]
mod unknown;
#[cfg(feature = "bench")]
pub mod workload;
