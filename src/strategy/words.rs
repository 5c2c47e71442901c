//! What a strategy is, in words, and which other one differs from it in its lock alone.

use crate::backend::service::DtoPolicy;

use super::factors::{Factors, SaveKind, StatePolicy};
use super::known::presets;
use super::named::Strategy;
use super::presets::{LOCK_REFERENCE, PRESETS};

impl Strategy {
    /// What it is, in a sentence or less: a preset's own words, or words made of its factors.
    ///
    /// ```
    /// use lockyard::strategy::Strategy;
    ///
    /// let given = "session=tokio-rwlock,cache=clock,dto=borrowed,save=after-unlock";
    /// assert_eq!(
    ///     Strategy::parse(given)?.about(),
    ///     "a tokio-rwlock around each session, cache clock, answers built in place, saving after the unlock",
    /// );
    /// # Ok::<(), lockyard::strategy::StrategyError>(())
    /// ```
    #[must_use]
    pub fn about(&self) -> String {
        let preset = presets().find(|preset| preset.name == self.name());
        preset.map_or_else(|| made_of(self.factors()), |preset| preset.about.to_owned())
    }

    /// The preset from which it differs in its session's lock alone; `None` if it is that preset, or differs in more.
    ///
    /// ```
    /// use lockyard::strategy::Strategy;
    ///
    /// assert_eq!(Strategy::parse("arc-swap")?.compared_with(), Some("tokio-mutex"));
    /// assert_eq!(Strategy::parse("tokio-mutex")?.compared_with(), None);
    /// assert_eq!(Strategy::parse("best")?.compared_with(), None, "another cache, too");
    /// # Ok::<(), lockyard::strategy::StrategyError>(())
    /// ```
    #[must_use]
    pub fn compared_with(&self) -> Option<&'static str> {
        let reference = PRESETS.iter().find(|preset| preset.name == LOCK_REFERENCE)?.factors;
        let factors = self.factors();
        let is_equal = Factors { session: reference.session, ..factors } == reference;
        (is_equal && factors.session != reference.session).then_some(LOCK_REFERENCE)
    }
}

fn made_of(factors: Factors) -> String {
    let Factors { session, cache, dto, save, state } = factors;
    let article = if session.name().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let dto = match dto {
        DtoPolicy::Borrowed => "answers built in place",
        DtoPolicy::Cloned => "answers built from deep copies",
    };
    let save = match save {
        SaveKind::AfterUnlock => "saving after the unlock",
        SaveKind::UnderLock => "saving under the lock",
    };
    let state = match state {
        StatePolicy::Locked => "",
        StatePolicy::Published => ", the state in an atomic word",
    };
    format!("{article} {session} around each session, cache {cache}, {dto}, {save}{state}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_says_what_it_is() {
        for preset in &PRESETS {
            assert_eq!(Strategy::parse(preset.name).expect("a preset").about(), preset.about);
        }
    }

    #[test]
    fn every_factor_has_its_words() {
        let given = "session=tokio-mutex,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock";
        let about = Strategy::parse(given).expect("it is built").about();
        let expected = "a tokio-mutex around each session, cache mutex-lru(tokio-mutex), answers built from deep copies, \
                        saving under the lock";
        assert_eq!(about, expected);
        let best = PRESETS.iter().find(|preset| preset.name == "best").expect("a preset").factors;
        assert!(made_of(best).ends_with("saving after the unlock, the state in an atomic word"));
        let swapped = Factors { session: super::super::kinds::LockKind::ArcSwap, ..best };
        assert!(made_of(swapped).starts_with("an arc-swap around"));
    }

    #[test]
    fn each_lock_is_held_against_the_same_one() {
        let equal = PRESETS.iter().filter(|preset| {
            Strategy::parse(preset.name).expect("a preset").compared_with() == Some(LOCK_REFERENCE)
        });
        let names: Vec<_> = equal.map(|preset| preset.name).collect();
        let locks = super::super::kinds::LockKind::ALL.map(super::super::kinds::LockKind::name);
        let others: Vec<_> = locks.into_iter().filter(|name| *name != LOCK_REFERENCE).collect();
        assert_eq!(names, others);
    }
}
