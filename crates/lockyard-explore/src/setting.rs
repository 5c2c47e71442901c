//! What a run is set in: which lock follows which rules, and what may go wrong how often.

use std::time::Duration;

use lockyard_lock::LockClass;

use super::lock_state::LockModel;

/// What a run is set in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The rules of every lock whose class is not named in `classes`.
    pub lock: LockModel,
    /// The rules of the locks of a class.
    pub classes: Vec<(&'static LockClass, LockModel)>,
    /// How often a task may be cancelled: dropped where it stands.
    pub cancels: u32,
    /// How often a task may be left: not polled any more, and not dropped either.
    pub stalls: u32,
    /// How often a [call of something outside](super::Shared::call) may fail, before or after it has taken effect, or be slow to answer.
    pub faults: u32,
    /// How often background tasks that sleep are woken, together.
    pub ticks: u32,
    /// How often [timers](super::guest::Timer) may fire while a task could go on without the clock.
    pub early_timers: u32,
    /// By how much the virtual clock may be put forward then: a timeout of 30 s does not come before an answer that is
    /// on its way.
    pub early_by: Duration,
}

impl Default for Setting {
    /// Unfair locks, and nothing goes wrong.
    fn default() -> Self {
        Self {
            lock: LockModel::UNFAIR,
            classes: Vec::new(),
            cancels: 0,
            stalls: 0,
            faults: 0,
            ticks: 0,
            early_timers: 0,
            early_by: Duration::from_secs(1),
        }
    }
}

impl Setting {
    /// The rules of the locks of this class.
    pub(super) fn model_of(&self, class: &'static LockClass) -> LockModel {
        let named = self.classes.iter().find(|(named, _)| std::ptr::eq(*named, class));
        named.map_or(self.lock, |(_, model)| *model)
    }

    /// The same, with other rules for the locks of this class.
    #[must_use]
    pub fn with_lock(mut self, class: &'static LockClass, model: LockModel) -> Self {
        self.classes.retain(|(named, _)| !std::ptr::eq(*named, class));
        self.classes.push((class, model));
        self
    }
}
