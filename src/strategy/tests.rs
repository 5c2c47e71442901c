//! What can be written as a strategy, and how anything else is refused.

use crate::backend::service::DtoPolicy;

use super::kinds::CacheKind::MutexLru;
use super::{Factors, LockKind, PRESETS, SaveKind, StatePolicy, Strategy, StrategyError, combinations};

fn refusal(given: &str) -> String {
    Strategy::parse(given).expect_err(given).to_string()
}

#[test]
fn every_preset_is_found_by_its_name_and_reads_back_what_it_prints() {
    for preset in PRESETS {
        let by_name = Strategy::parse(preset.name).unwrap();
        assert_eq!((by_name.name(), by_name.factors()), (preset.name, preset.factors));
        let written_out = Strategy::parse(&preset.factors.to_string()).unwrap();
        assert_eq!(written_out.factors(), preset.factors);
    }
}

#[test]
fn every_combination_that_is_built_can_be_written_with_either_dto() {
    for (combination, dto) in
        combinations().flat_map(|built| [(built.clone(), "cloned"), (built, "borrowed")])
    {
        let given = format!("{combination},dto={dto}");
        let strategy = Strategy::parse(&given).unwrap();
        assert_eq!(strategy.name(), given, "the name is what was given");
        assert_eq!(strategy.factors().to_string().parse(), Ok(strategy.factors()));
    }
}

#[test]
fn each_preset_has_a_name_of_its_own() {
    for (at, preset) in PRESETS.iter().enumerate() {
        assert!(PRESETS[..at].iter().all(|other| other.name != preset.name), "{}", preset.name);
        assert!(!preset.about.is_empty());
    }
}

#[test]
fn each_lock_has_a_preset_in_which_all_else_is_the_same() {
    for lock in LockKind::ALL {
        let expected = Factors {
            session: lock,
            cache: MutexLru(LockKind::ParkingLotMutex),
            dto: DtoPolicy::Borrowed,
            save: SaveKind::AfterUnlock,
            state: StatePolicy::Locked,
        };
        assert_eq!(Strategy::parse(lock.name()).unwrap().factors(), expected);
    }
}

#[test]
fn factors_come_in_any_order_and_with_spaces() {
    let given = " save = after-unlock, dto=borrowed ,cache= mutex-lru(tokio-mutex) , session=tokio-rwlock";
    let after = Strategy::parse("after").unwrap();
    assert_eq!(Strategy::parse(given).unwrap().factors(), after.factors());
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_and_all_there_are() {
    let rest = "dto=borrowed,save=after-unlock";
    let cases = [
        ("afer".to_owned(), "strategy", "after", "before, naive, after"),
        ("tokio-rwlok".to_owned(), "strategy", "tokio-rwlock", "tokio-mutex, tokio-rwlock"),
        (
            format!("session=tokio-mutx,cache=mutex-lru(tokio-mutex),{rest}"),
            "lock",
            "tokio-mutex",
            "parking-lot-rwlock",
        ),
        (
            format!("session=std-mutex,cache=mutex-lru(std-mutx),{rest}"),
            "cache",
            "mutex-lru(std-mutex)",
            "mutex-lru(",
        ),
        ("dto=borowed".to_owned(), "dto policy", "borrowed", "borrowed, cloned"),
        ("save=after".to_owned(), "save policy", "after-unlock", "after-unlock, under-lock"),
        ("sesion=std-mutex".to_owned(), "factor", "session", "session, cache, dto, save"),
    ];
    for (given, what, nearest, known) in cases {
        let message = refusal(&given);
        assert!(message.contains(&format!("unknown {what} `")), "{message}");
        assert!(message.contains(&format!("did you mean `{nearest}`?")), "{message}");
        assert!(message.contains(known), "{message}");
    }
}

#[test]
fn a_name_like_no_other_gets_the_list_alone() {
    let message = refusal("zzz");
    assert!(!message.contains("did you mean"), "{message}");
    assert!(PRESETS.iter().all(|preset| message.contains(preset.name)), "{message}");
}

#[test]
fn missing_factors_are_named() {
    let message = refusal("session=std-mutex,dto=cloned");
    assert!(message.contains("does not say: cache, save;"), "{message}");
}

#[test]
fn a_factor_given_twice_is_refused_even_if_it_is_the_same() {
    for twice in ["session=std-mutex", "cache=mutex-lru(std-mutex)", "dto=cloned", "save=under-lock"] {
        let given = format!("{twice},{twice}");
        let factor = twice.split_once('=').unwrap().0.to_owned();
        assert_eq!(Strategy::parse(&given), Err(StrategyError::Repeated { factor }));
    }
}

#[test]
fn a_part_that_chooses_nothing_is_quoted() {
    let message = refusal("session=std-mutex,cloned");
    assert!(message.contains("`cloned` is no factor=value"), "{message}");
    assert!(matches!(Strategy::parse("dto=cloned,"), Err(StrategyError::NotAFactor { .. })));
}
