//! A list of all sessions loads each of them to say what it is: those in the cache because they are used have to
//! go for those that are looked at once. Fixed: the list is made from the store's index, and loads nothing.

use std::num::NonZeroUsize;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};
use crate::backend::session::{ChatSessionManager, Durability, SessionError};
use lockyard_explore::Violated;

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::{Detection, Pitfall, Trial, Variant};
use crate::checks::sessions::{context, id};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "scan-flushes-cache",
    class: "cache policy",
    about: "a list loads every session through the cache, and evicts those in use",
    met: "what the cache of T. Johnson and D. Shasha, \"2Q\", VLDB 1994, was made to resist: a sequential scan",
    trials: &[Trial::Contract(|variant| Detection::unless("hit ratio", used_stay_after_a_list(variant)))],
};

type Manager = ChatSessionManager<Host>;

async fn list(manager: &Manager, variant: Variant) -> Result<Vec<ContextSummary>, SessionError> {
    let after: Option<ContextId> = None;
    let mut listed =
        manager.list(after, 100).await.map_err(|source| SessionError::Store { id: id(0), source })?;
    if variant == Variant::Wrong {
        for summary in &mut listed {
            *summary = manager.read(summary.id, |context| ContextSummary::from(context)).await?;
        }
    }
    Ok(listed)
}

/// Four sessions are in use, in a cache for four, when a client lists all twenty.
fn used_stay_after_a_list(variant: Variant) -> Result<(), Violated> {
    const USED: u32 = 4;
    let check = async move {
        let room = NonZeroUsize::new(USED as usize).expect("four are some");
        let store = Host::new((0..20).map(context).collect());
        let manager = Manager::new(store, room, Durability::WriteThrough);
        let use_them = async || {
            for key in 0..USED {
                let _seen = manager.read(id(key), ChatContext::version).await;
            }
            manager.traffic().await.misses
        };
        let before = use_them().await;
        let listed = list(&manager, variant).await.map_err(|error| error.to_string())?;
        let between = manager.traffic().await.misses;
        let missed = use_them().await - between;
        match (missed, listed.len()) {
            (0, 20) if before == u64::from(USED) => Ok(()),
            (missed, listed) => Err(format!(
                "after a list of {listed} sessions {missed} of {USED} in use had to be loaded again"
            )),
        }
    };
    PitfallProgram::new().finally(check).play()
}
