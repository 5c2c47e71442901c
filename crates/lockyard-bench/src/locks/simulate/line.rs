//! The cache line that the lock's word is in. Only one core can change it at a time, and it has to be there for that: this is
//! why readers of one lock wait for each other though none excludes the other.

/// Where the line is, and until when.
#[derive(Debug)]
pub(super) struct Line {
    transfer_ns: f64,
    owner: Option<usize>,
    free_at: f64,
    version: u64,
    /// Which version each core has seen last.
    seen: Vec<u64>,
}

impl Line {
    pub(super) fn new(transfer_ns: f64, cores: usize) -> Self {
        Self { transfer_ns, owner: None, free_at: 0.0, version: 0, seen: vec![0; cores] }
    }

    /// A core changes the line as a part of what takes it `cost`; when that is done. Only moving the line keeps other cores from
    /// it: what else it costs, each core does by itself.
    ///
    /// Those who spin on it have copies, which have to be given up one after another: half of them on average before the change
    /// goes on (S. Boyd-Wickizer, M. F. Kaashoek, R. Morris and N. Zeldovich, "Non-scalable locks are dangerous", 2012).
    pub(super) fn change(&mut self, core: usize, now: f64, cost: f64, spinning: usize) -> f64 {
        let moved = self.owner.is_some_and(|owner| owner != core) || spinning > 0;
        self.taken_by(core);
        if !moved {
            return now + cost;
        }
        self.free_at = now.max(self.free_at) + self.transfer_ns * by_spinning(spinning);
        self.free_at + cost
    }

    /// A core has the line after a hand-over, whose time holds that of the line.
    pub(super) fn taken_by(&mut self, core: usize) {
        self.owner = Some(core);
        self.version += 1;
        self.seen[core] = self.version;
    }

    /// A core reads the line without changing it; when that is done. Any number may do so at once.
    pub(super) fn look(&mut self, core: usize, now: f64, cost: f64) -> f64 {
        let moved = std::mem::replace(&mut self.seen[core], self.version) != self.version;
        now + cost + if moved { self.transfer_ns } else { 0.0 }
    }
}

/// By how much longer it takes when so many spin on the line; 1 when it is one or none.
pub(super) fn by_spinning(spinning: usize) -> f64 {
    f64::midpoint(spinning.max(1) as f64, 1.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_changed_where_it_is_and_by_one_core_at_a_time() {
        let mut line = Line::new(100.0, 2);
        // Nobody had it, so it comes from memory like everything else the first time.
        assert_eq!(line.change(0, 0.0, 5.0, 0), 5.0);
        assert_eq!(line.change(0, 10.0, 5.0, 0), 15.0);
        assert_eq!(line.change(1, 12.0, 5.0, 0), 12.0 + 105.0);
        assert_eq!(line.change(0, 12.0, 5.0, 0), 112.0 + 105.0);
    }

    #[test]
    fn those_who_spin_on_it_make_each_change_dearer() {
        let at = |spinning| Line::new(100.0, 2).change(0, 0.0, 5.0, spinning);
        assert_eq!([at(0), at(1), at(3)], [5.0, 105.0, 205.0]);
    }

    #[test]
    fn readers_of_a_snapshot_fetch_the_line_once_after_each_change() {
        let mut line = Line::new(100.0, 2);
        assert_eq!([line.look(1, 0.0, 5.0), line.look(1, 0.0, 5.0)], [5.0, 5.0]);
        line.change(0, 0.0, 5.0, 0);
        assert_eq!([line.look(1, 0.0, 5.0), line.look(1, 0.0, 5.0)], [105.0, 5.0]);
    }
}
