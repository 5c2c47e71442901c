//! The models of the sessions: each holds, explores what it must, and has a twin that fails.

use lockyard::explore::{Explorer, Limits};
use lockyard::suite::{MODELS, Over};

#[test]
fn quick_models_hold_and_their_twins_do_not() {
    for model in MODELS.iter().filter(|model| model.quick) {
        let limits = Limits { schedules: Some(20_000), ..Limits::default() };
        let explorer = Explorer { limits: limits.clone(), ..Explorer::new(model.setting(&Over::UNFAIR)) };
        let report = explorer.search(&*model.build(&Over::UNFAIR));
        println!("{}: {} complete, {} pruned, {:?}, longest {}, {:?} {:?}", model.name, report.complete, report.pruned, report.took, report.longest, report.bound, report.coarse.len());
        assert_eq!(report.failure.as_ref().map(|it| &it.message), None, "{}: {}", model.name, report.failure.as_ref().unwrap().schedule);
        let (setting, twin) = model.twin();
        let report = Explorer { limits, ..Explorer::new(setting) }.search(&*twin);
        println!("  twin: {:?}", report.failure.as_ref().map(|it| it.message.lines().next().unwrap_or_default().to_owned()));
    }
}
