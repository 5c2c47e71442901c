//! Ablations and sweeps in every format: the sentence, the table, the law, and what is called extrapolated.

use crate::effect::main_effect;
use crate::in_full;
use crate::sample::sample;
use lockyard_bench::record::{
    Ablation, Change, EffectKind, Extrapolated, Finding, FindingKind, Fit, Record, Scaling, ScalingPoint,
    Severity, Throughput,
};
use lockyard_bench::report::{failures, page, summary};

/// What the dto gives along with the save.
fn interaction(ratio: f64) -> Ablation {
    let with = Change { factor: "save".into(), old: "under-lock".into(), new: "after-unlock".into() };
    let dto = main_effect("dto", "cloned", "borrowed", ratio);
    Ablation { kind: EffectKind::Interaction, with: Some(with), ..dto }
}

fn ablated(interactions: &[f64]) -> Record {
    let mut record = sample();
    record.ablations = vec![
        main_effect("dto", "cloned", "borrowed", 1.47),
        main_effect("session", "tokio-mutex", "tokio-rwlock", 1.05),
    ];
    record.ablations.extend(interactions.iter().map(|ratio| interaction(*ratio)));
    record
}

/// Sizes 1, 4 and 16 of a strategy.
fn scaling(strategy: &str) -> Scaling {
    let cell = sample().cells[0].clone();
    let point = |(tasks, ops_per_s): (u32, f64)| {
        let mut point = cell.point.clone();
        point.tasks = tasks;
        let throughput = Throughput { ops_per_s, ci: [ops_per_s * 0.9, ops_per_s * 1.1] };
        let (reads_per_s, writes_per_s) = (Some(ops_per_s), None);
        let latency_ns = cell.latency_ns.clone();
        ScalingPoint { point, throughput, reads_per_s, writes_per_s, latency_ns, findings: vec![] }
    };
    Scaling {
        scenario: "polling".into(),
        strategy: strategy.into(),
        along: "tasks".into(),
        points: [(1, 100e3), (4, 250e3), (16, 300e3)].map(point).into(),
        fit: None,
        note: Some("3 sizes were measured, and a fit needs 4".into()),
    }
}

fn lawful(strategy: &str, peak: Option<f64>) -> Scaling {
    let fit = Fit {
        lambda: 100e3,
        lambda_ci: Some([95e3, 105e3]),
        sigma: 0.12,
        sigma_ci: Some([0.08, 0.16]),
        kappa: 0.000_4,
        kappa_ci: Some([0.000_1, 0.000_7]),
        confidence: Some(0.99),
        residual: Some(0.013),
        peak,
        extrapolated: Some(Extrapolated { size: 32, ops_per_s: 640e3, ci: [500e3, 800e3] }),
    };
    Scaling { fit: Some(fit), note: None, ..scaling(strategy) }
}

fn swept(scaling: Vec<Scaling>) -> Record {
    Record { scaling, ..sample() }
}

/// In every format, with lines joined where a format breaks them.
fn everywhere(record: &Record, words: &[&str]) {
    for rendered in [page(record), summary(record), in_full(record)] {
        let rendered = rendered.replace('\n', " ");
        for words in words {
            assert!(rendered.contains(words), "{words:?} is not in\n{rendered}");
        }
    }
}

#[test]
fn a_sentence_says_what_each_change_gave() {
    let sentence = "Main effects: borrowing the DTO ×1.47 [1.45, 1.49] and “tokio-rwlock” instead of “tokio-mutex” \
                    ×1.05 [1.03, 1.07].";
    let altogether = "Overall: “after” has ×1.58 [1.56, 1.60] of the throughput of “before”.";
    everywhere(
        &ablated(&[]),
        &[sentence, altogether, "Ablation: the effect of each change from before to after under polling"],
    );
}

#[test]
fn an_interaction_is_reported_only_where_its_interval_excludes_one() {
    let clear = "Interaction: with saving after the unlock, borrowing the DTO has ×1.20 [1.18, 1.22] times its effect";
    let none = "No interaction is significant.";
    everywhere(&ablated(&[1.2]), &[clear]);
    everywhere(&ablated(&[0.8]), &["has ×0.80 [0.78, 0.82] times its effect without"]);
    everywhere(&ablated(&[1.0]), &[none]);
    for record in [ablated(&[1.0]), ablated(&[1.01])] {
        assert!(!page(&record).contains("Interaction:") && !summary(&record).contains(", with save"));
    }
    assert!(!page(&ablated(&[1.2])).contains(none) && !page(&ablated(&[])).contains(none));
}

#[test]
fn a_law_is_reported_with_its_intervals_and_what_is_extrapolated() {
    let law = "“after”: λ 100 k [95.0 k, 105 k], σ 0.120 [0.080, 0.160], κ 4.0e-4 [1.0e-4, 7.0e-4], residual \
               1.3 %; ";
    let beyond = "extrapolated to 32 tasks: 640 k [500 k, 800 k].";
    everywhere(&swept(vec![lawful("after", None)]), &[law, "no significant peak", beyond]);
    everywhere(&swept(vec![lawful("after", Some(11.4))]), &["peak at 11.4 tasks"]);
    everywhere(&swept(vec![lawful("after", Some(46.9))]), &["extrapolated peak at 47 tasks"]);
}

#[test]
fn what_is_too_uncertain_to_extrapolate_is_not() {
    let mut vague = lawful("after", None);
    vague.fit.as_mut().unwrap().extrapolated = None;
    let record = swept(vec![vague]);
    everywhere(&record, &["no significant peak; too uncertain to extrapolate."]);
    assert_eq!(page(&record).matches("class=\"dashed\"").count(), 0, "nothing is drawn past the points");
}

#[test]
fn where_there_is_no_law_the_reason_is_reported_once() {
    let record = swept(vec![scaling("before"), scaling("after")]);
    let reason = "“before” and “after”: no USL fit: 3 sizes were measured, and a fit needs 4. Nothing is extrapolated.";
    everywhere(&record, &[reason]);
    assert_eq!(page(&record).matches("class=\"dashed\"").count(), 0, "nothing is drawn past the points");
}

#[test]
fn the_page_draws_a_sweep_with_the_numbers_behind_it() {
    let (bare, page) = (page(&sample()), page(&swept(vec![lawful("before", None), scaling("after")])));
    assert_eq!(page.matches("<figure>").count(), bare.matches("<figure>").count() + 1, "one chart a sweep");
    assert_eq!(page.matches("class=\"dashed\"").count(), 1, "one law");
    assert!(page.contains("2 workers, 16 tasks, 0 ms save<td>300 k [270 k, 330 k]<"));
    assert!(page.contains("Highest: “before”, 300 k [270 k, 330 k] operations a second, at tasks=16."));
    assert!(!page.contains("NaN"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

#[test]
fn of_many_strategies_all_are_drawn_and_few_have_a_colour() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let record = swept(names.map(scaling).into());
    let page = page(&record);
    let section = page.split("id=\"scaling\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(section.matches("class=\"dots\"").count(), names.len());
    assert!(page.matches("var(--c").count() < 2 * names.len(), "the others are grey");
    let rendered = in_full(&record);
    for name in names {
        assert!(
            rendered.lines().any(|line| line.starts_with(&format!("{name} ")) && line.contains("250 k")),
            "{rendered}"
        );
    }
}

#[test]
fn sweeps_of_odd_numbers_make_pages_too() {
    let mut nothing = scaling("nothing");
    nothing.points.clear();
    let mut still = scaling("still");
    for point in &mut still.points {
        point.throughput = Throughput { ops_per_s: 0.0, ci: [0.0, 0.0] };
    }
    let mut saves = scaling("saves");
    saves.along = "save_ms".into();
    let hostile = scaling("</script><script>alert(1)</script>\u{1b}[31m|x");
    for scaling in [nothing, still, saves, hostile] {
        let record = swept(vec![scaling]);
        let page = page(&record);
        assert!(!page.contains("NaN") && page.matches("<script>").count() == 2, "{page}");
        assert!(!in_full(&record).contains('\u{1b}'));
        assert!(!summary(&record).contains("<script"));
    }
}

#[test]
fn what_failed_at_a_point_of_a_sweep_fails_the_run() {
    let mut failing = scaling("after");
    failing.points[1].findings.push(Finding {
        kind: FindingKind::Stuck,
        rule: None,
        severity: Severity::Error,
        message: "nothing moved".into(),
        places: vec!["get_context".into()],
        tasks: vec![],
        edges: Vec::new(),
    });
    let record = swept(vec![failing]);
    let expected = "stuck in “after” under polling with tasks=4: nothing moved (get_context)";
    assert_eq!(failures(&record), [expected]);
    assert!(record.findings().any(|it| it.severity == Severity::Error));
}

#[test]
fn what_makes_points_hard_to_believe_is_said_once_for_a_strategy() {
    let mut swept_by = scaling("after");
    let warning = Finding {
        kind: FindingKind::FewWrites,
        rule: None,
        severity: Severity::Warning,
        message: "1 writer did 12 operations".into(),
        places: vec![],
        tasks: vec![],
        edges: Vec::new(),
    };
    swept_by.points[1].findings.push(warning.clone());
    let once = "warning: few writes in “after” at tasks=4: 1 writer did 12 operations";
    everywhere(&swept(vec![swept_by.clone()]), &[once]);
    swept_by.points[2].findings.push(warning);
    let twice = "warning: few writes in “after” at tasks=4 and 16: the first: 1 writer did 12 operations";
    everywhere(&swept(vec![swept_by]), &[twice]);
}

/// Records from before these fields existed have the same version, and are read.
#[test]
fn earlier_records_are_read() {
    let mut record =
        serde_json::to_value(Record { scaling: vec![lawful("after", None)], ..ablated(&[]) }).unwrap();
    let remove = |place: &mut serde_json::Value, fields: &[&str]| {
        for field in fields {
            assert!(place.as_object_mut().unwrap().remove(*field).is_some(), "{field}");
        }
    };
    remove(&mut record["ablations"][0], &["kind", "with"]);
    remove(&mut record["scaling"][0], &["note"]);
    remove(&mut record["scaling"][0]["points"][0], &["findings"]);
    remove(
        &mut record["scaling"][0]["fit"],
        &["lambda_ci", "sigma_ci", "kappa_ci", "confidence", "residual", "extrapolated"],
    );
    let read: Record = serde_json::from_value(record).unwrap();
    assert_eq!(read.ablations[0].kind, EffectKind::Main);
    assert!(page(&read).contains("λ 100 k, σ 0.120, κ 4.0e-4; no significant peak."));
}

#[test]
fn the_schema_wants_the_new_fields_of_what_is_written_now() {
    let schema = serde_json::to_value(lockyard_bench::record::json_schema()).unwrap();
    let record = Record { scaling: vec![lawful("after", None)], ..ablated(&[1.2]) };
    let whole = serde_json::to_value(&record).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &whole) {
        panic!("{error} at {}", error.instance_path());
    }
    for (place, field) in [
        ("/ablations/0", "kind"),
        ("/ablations/0", "with"),
        ("/scaling/0", "note"),
        ("/scaling/0/fit", "sigma_ci"),
        ("/scaling/0/points/0", "findings"),
    ] {
        let mut record = whole.clone();
        record.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(field).expect(field);
        assert!(!jsonschema::is_valid(&schema, &record), "{place}/{field} may be missing");
    }
}
