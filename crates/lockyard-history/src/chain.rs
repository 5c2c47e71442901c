//! What is left of a list while a search takes from it and puts back, millions of times.

/// The numbers below a limit in their order, each of which can be taken out and put back, last out first in, in no time:
/// a doubly linked list whose ends meet in one more number.
pub(super) struct Chain {
    next: Vec<usize>,
    previous: Vec<usize>,
}

impl Chain {
    pub(super) fn new(length: usize) -> Self {
        let next = (1..=length).chain([0]).collect();
        let previous = std::iter::once(length).chain(0..length).collect();
        Self { next, previous }
    }

    pub(super) fn first(&self) -> Option<usize> {
        self.after(self.next.len() - 1)
    }

    pub(super) fn after(&self, at: usize) -> Option<usize> {
        Some(self.next[at]).filter(|&next| next + 1 < self.next.len())
    }

    pub(super) fn remove(&mut self, at: usize) {
        let (previous, next) = (self.previous[at], self.next[at]);
        // The entry keeps its own neighbours: they are what `restore` goes by (D. E. Knuth, "Dancing links", 2000).
        self.next[previous] = next;
        self.previous[next] = previous;
    }

    pub(super) fn restore(&mut self, at: usize) {
        let (previous, next) = (self.previous[at], self.next[at]);
        // Its neighbours are those of the moment it was taken out. They are in the list only if all that was taken
        // out since is back; in any other order this would link entries that are gone.
        self.next[previous] = at;
        self.previous[next] = at;
    }
}
