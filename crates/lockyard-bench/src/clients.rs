//! Which clients of a workload this machine has, where several share the load.
//!
//! Every client keeps its index among all of them: its requests, what it makes and the names that it gives are those that it
//! would have if one machine had all clients.

use crate::workload::{Arrival, Group, WorkloadShape};

/// One of how many slices of the clients; all of them, unless a plan says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientSlice {
    /// From 0 on.
    nth: u32,
    of: u32,
}

impl ClientSlice {
    /// Every client.
    pub(crate) const ALL: Self = Self { nth: 0, of: 1 };

    /// The slice with this number, counted from 1.
    pub(crate) fn new(slice: u32, of: u32) -> Self {
        Self { nth: slice.saturating_sub(1), of: of.max(1) }
    }

    fn has(self, client: u32) -> bool {
        client % self.of == self.nth
    }

    /// The indices of its clients among all of the workload's.
    pub(crate) fn clients(self, shape: &WorkloadShape) -> Vec<usize> {
        (0..shape.tasks()).filter(|client| self.has(*client)).map(|client| client as usize).collect()
    }

    /// The workload's shape with these clients alone. In an open loop they ask as often as their part of all clients would.
    pub(crate) fn shape(self, shape: &WorkloadShape) -> WorkloadShape {
        let mut first = 0;
        let groups = shape.groups.iter().map(|group| {
            let all = first..first + group.tasks;
            first = all.end;
            Group { tasks: all.filter(|client| self.has(*client)).count() as u32 }
        });
        let groups: Vec<_> = groups.collect();
        let clients: u32 = groups.iter().map(|group| group.tasks).sum();
        let arrival = match shape.arrival {
            Arrival::Closed => Arrival::Closed,
            Arrival::Open { per_second } => {
                Arrival::Open { per_second: per_second * f64::from(clients) / f64::from(shape.tasks()) }
            }
        };
        WorkloadShape { groups, arrival, ..shape.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(groups: &[u32], arrival: Arrival) -> WorkloadShape {
        let groups = groups.iter().map(|tasks| Group { tasks: *tasks }).collect();
        WorkloadShape { groups, arrival, ..WorkloadShape::closed(2, 1) }
    }

    #[test]
    fn slices_have_each_client_once() {
        let shape = shape(&[16, 1], Arrival::Closed);
        let slices = [1, 2, 3].map(|slice| ClientSlice::new(slice, 3));
        let mut all = slices.iter().flat_map(|it| it.clients(&shape)).collect::<Vec<_>>();
        all.sort_unstable();
        assert_eq!(all, (0..17).collect::<Vec<_>>());
        for slice in slices {
            assert_eq!(slice.shape(&shape).tasks() as usize, slice.clients(&shape).len());
        }
        let groups =
            |slice: ClientSlice| slice.shape(&shape).groups.iter().map(|it| it.tasks).collect::<Vec<_>>();
        assert_eq!(slices.map(groups), [vec![6, 0], vec![5, 1], vec![5, 0]], "the writer is client 16");
        assert_eq!(ClientSlice::ALL.shape(&shape), shape);
    }

    #[test]
    fn an_open_loop_is_cut_as_its_clients_are() {
        let shape = shape(&[4], Arrival::Open { per_second: 100.0 });
        assert_eq!(ClientSlice::new(1, 2).shape(&shape).arrival, Arrival::Open { per_second: 50.0 });
        assert_eq!(ClientSlice::new(4, 4).shape(&shape).arrival, Arrival::Open { per_second: 25.0 });
    }
}
