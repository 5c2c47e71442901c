//! The comparison of the explorer's two searches.

use lockyard::explore::{Explorer, Program, Reduction, Setting};

/// Plain and reduced search come to the same verdict and to the same final states; the numbers of schedules of both.
pub fn both_searches_agree(setting: &Setting, program: &dyn Fn(&mut Program)) -> (u64, u64) {
    let search = |reduction| {
        let explorer = Explorer {
            setting: setting.clone(),
            reduction,
            keep_going: true,
            outcomes: true,
            ..Explorer::default()
        };
        explorer.search(program)
    };
    let (plain, reduced) = (search(Reduction::None), search(Reduction::SleepSets));
    assert!(plain.exhaustive() && reduced.exhaustive());
    assert_eq!(plain.failed > 0, reduced.failed > 0, "{setting:?}");
    assert_eq!(plain.outcomes, reduced.outcomes, "{setting:?}");
    assert!(reduced.complete <= plain.complete);
    (plain.complete, reduced.schedules())
}
