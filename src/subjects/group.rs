//! Several servers that keep the same sessions, asked as one: which of them gets which request.
//!
//! | route | a request about a session | what names no session: creations, lists |
//! | --- | --- | --- |
//! | `any` | a server drawn for it | a server drawn for it |
//! | `sticky` | the server that a hash of the session's id gives | a server drawn for it |
//!
//! What is drawn comes from a stream of the seed that the client has for itself, so that a run can be repeated, and a client's
//! draws do not depend on what others ask meanwhile. The hash is of the id under which the clients know a session: sessions of the
//! scenario are known before they exist, and are created where they are asked of ever after. One that a client creates has no id
//! before it is answered; so the server that created it need not be the one that is asked of it, as behind a balancer that
//! hashes paths.

use std::sync::Arc;

use lockyard_bench::Random;
use lockyard_bench::record::Route;
use parking_lot::Mutex;
use rand::RngExt;

use crate::backend::chat::ContextId;
use crate::backend::remote::{Address, Remote};
use crate::backend::service::{Request, Serve, ServiceError};

/// The streams of the seed that clients draw servers from begin here; tasks and turns have those below.
const STREAMS: u64 = 1 << 40;

/// The servers of a group.
pub(super) struct RemoteGroup {
    servers: Vec<Remote>,
    route: Route,
}

impl RemoteGroup {
    /// The servers there, at one address at least. Connects when it is asked.
    pub(super) fn new(addresses: &[Address], route: Route) -> Self {
        let [first, others @ ..] = addresses else { unreachable!("a group has a server") };
        let first = Remote::new(first);
        let others: Vec<_> = others.iter().map(|address| first.beside(address)).collect();
        Self { servers: std::iter::once(first).chain(others).collect(), route }
    }

    /// The same servers and aliases, with connections of its own.
    pub(super) fn with_own_connections(&self) -> Self {
        let servers = self.servers.iter().map(Remote::with_own_connections).collect();
        Self { servers, route: self.route }
    }

    /// All of them, in the order given.
    pub(super) fn servers(&self) -> &[Remote] {
        &self.servers
    }

    /// From now on, requests to any of them for `alias` mean `id`.
    pub(super) fn alias(&self, alias: ContextId, id: ContextId) {
        self.servers[0].alias(alias, id);
    }

    /// What the servers call this session.
    pub(super) fn named(&self, id: ContextId) -> ContextId {
        self.servers[0].named(id)
    }

    /// The place of the server that a session belongs to, by the id under which clients know it: the one that it is made at and
    /// looked at between slices, and with `sticky` the only one that is asked of it.
    pub(super) fn home(&self, id: ContextId) -> usize {
        // Fibonacci hashing (D. E. Knuth, The Art of Computer Programming 3, 6.4) of both halves: ids may differ in a few bits only.
        let (high, low) = id.0.as_u64_pair();
        let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The upper bits are the mixed ones.
        ((u128::from(mixed) * self.servers.len() as u128) >> 64) as usize
    }

    /// The places of all servers that clients may ask of a session.
    pub(super) fn asked_of(&self, id: ContextId) -> Vec<usize> {
        match self.route {
            Route::Any => (0..self.servers.len()).collect(),
            Route::Sticky => vec![self.home(id)],
        }
    }
}

/// The group as one client asks it.
pub(super) struct GroupClient {
    group: Arc<RemoteGroup>,
    /// Of this client alone, so that the lock is always free.
    draws: Mutex<Random>,
}

impl GroupClient {
    /// For the client with this index.
    pub(super) fn new(group: &Arc<RemoteGroup>, seed: u64, task: usize) -> Self {
        Self { group: group.clone(), draws: Mutex::new(Random::stream(seed, STREAMS + task as u64)) }
    }

    /// Which server is asked about this session, or something that names none.
    fn server(&self, session: Option<ContextId>) -> &Remote {
        let RemoteGroup { servers, route } = &*self.group;
        let nth = match (session, route) {
            // One server is asked without a draw: it costs what it did before there were groups.
            _ if servers.len() == 1 => 0,
            (Some(id), Route::Sticky) => self.group.home(id),
            _ => self.draws.lock().random_range(0..servers.len()),
        };
        &servers[nth]
    }
}

impl<R: Request> Serve<R> for GroupClient
where
    Remote: Serve<R>,
{
    async fn serve(&self, request: R) -> Result<R::Answer, ServiceError> {
        self.server(request.session()).serve(request).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use crate::backend::service::{CreateContext, request};

    use super::*;

    fn group(servers: u16, route: Route) -> Arc<RemoteGroup> {
        let address = |port| Address::parse(&format!("http://127.0.0.1:{port}"), None).expect("an address");
        let addresses: Vec<_> = (1..=servers).map(address).collect();
        Arc::new(RemoteGroup::new(&addresses, route))
    }

    fn ids() -> impl Iterator<Item = ContextId> {
        (0..200).map(|nth| ContextId(Uuid::from_u128(nth)))
    }

    /// Which servers a client asks, by their ports, about each of these in turn.
    fn asked(client: &GroupClient, of: impl Iterator<Item = Option<ContextId>>) -> Vec<String> {
        of.map(|session| client.server(session).address().to_string()).collect()
    }

    #[test]
    fn any_server_is_drawn_by_the_clients_own_stream() {
        let group = group(3, Route::Any);
        let of = |seed, task| {
            let client = GroupClient::new(&group, seed, task);
            asked(&client, std::iter::repeat_n(ids().next(), 200))
        };
        assert_eq!(of(42, 0), of(42, 0), "a run can be repeated");
        assert_ne!(of(42, 0), of(42, 1), "each client draws for itself");
        assert_ne!(of(42, 0), of(43, 0), "and by the seed");
        assert_eq!(of(42, 0).into_iter().collect::<BTreeSet<_>>().len(), 3, "all are asked of one session");
        assert_eq!(group.asked_of(ids().next().expect("200")), [0, 1, 2]);
    }

    #[test]
    fn a_sticky_session_has_one_server_for_all_clients_and_sessions_are_spread() {
        let group = group(3, Route::Sticky);
        let client = |task| GroupClient::new(&group, 42, task);
        let of = |task| asked(&client(task), ids().map(Some));
        assert_eq!(of(0), of(1));
        for server in group.servers() {
            let its = of(0).iter().filter(|it| **it == server.address().to_string()).count();
            assert!(its > 40, "{its} of 200 at {}", server.address());
        }
        for id in ids() {
            let home = group.home(id);
            assert_eq!(group.asked_of(id), [home]);
            assert_eq!(
                client(7).server(Some(id)).address().to_string(),
                group.servers()[home].address().to_string()
            );
        }
        let lists: BTreeSet<_> = asked(&client(0), std::iter::repeat_n(None, 200)).into_iter().collect();
        assert_eq!(lists.len(), 3, "what names no session goes to any");
    }

    #[test]
    fn an_alias_is_one_for_all_servers_and_connections() {
        let (group, mut ids) = (group(2, Route::Any), ids());
        let (alias, id) = (ids.next().expect("200"), ids.next().expect("200"));
        let own = group.with_own_connections();
        group.alias(alias, id);
        assert!(own.servers().iter().all(|server| server.named(alias) == id));
    }

    #[test]
    fn a_request_names_its_session_or_none() {
        let id = ids().nth(5);
        let list = request::ListContexts { after: id, limit: 5 };
        let body = CreateContext { model_id: String::new(), mode: String::new(), system_prompt_id: None };
        assert_eq!(list.session(), None, "a cursor is no session that is asked about");
        assert_eq!(request::CreateContext { body, key: None }.session(), None);
        let state = id.map(|id| request::GetContextState { id });
        assert_eq!(state.and_then(|it| it.session()), id);
    }
}
