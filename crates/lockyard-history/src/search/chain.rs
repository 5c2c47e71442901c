//! What is left of lists while a search takes from them and puts back, millions of times.

/// Numbers in one or more lists, each of which can be taken out and put back, last out first in, in no time: doubly linked
/// lists, each of whose ends meet in one more number.
pub(super) struct Chains {
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Numbers from here on are the ends of the lists.
    ends: usize,
}

impl Chains {
    /// One list of the numbers below this.
    pub(super) fn one(length: usize) -> Self {
        Self::new(length, &[(0..length).collect()])
    }

    /// These lists of numbers below a limit. No number may be in two of them.
    pub(super) fn new(limit: usize, lists: &[Vec<usize>]) -> Self {
        let ends = limit;
        let (mut next, mut previous) = (vec![0; limit + lists.len()], vec![0; limit + lists.len()]);
        for (list, numbers) in lists.iter().enumerate() {
            let mut last = ends + list;
            for &number in numbers.iter().chain([&(ends + list)]) {
                next[last] = number as u32;
                previous[number] = last as u32;
                last = number;
            }
        }
        Self { next, previous, ends }
    }

    /// The first of a list.
    pub(super) fn first(&self, list: usize) -> Option<usize> {
        self.after(self.ends + list)
    }

    pub(super) fn after(&self, at: usize) -> Option<usize> {
        Some(self.next[at] as usize).filter(|&next| next < self.ends)
    }

    pub(super) fn remove(&mut self, at: usize) {
        let (previous, next) = (self.previous[at], self.next[at]);
        // The entry keeps its own neighbours: they are what `restore` goes by (D. E. Knuth, "Dancing links", 2000).
        self.next[previous as usize] = next;
        self.previous[next as usize] = previous;
    }

    pub(super) fn restore(&mut self, at: usize) {
        let (previous, next) = (self.previous[at], self.next[at]);
        // Its neighbours are those of the moment it was taken out. They are in the list only if all that was taken
        // out since is back; in any other order this would link entries that are gone.
        self.next[previous as usize] = at as u32;
        self.previous[next as usize] = at as u32;
    }
}
