//! `lockyard calibrate` from outside: everything it finds out is there, and nothing is measured of what makes no sense.

use assert_cmd::Command;
use serde_json::Value;

fn calibrate(flags: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    let output = command.arg("calibrate").args(flags).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn one_trial_reports_limits_harness_memory_and_two_verdicts() {
    let short = ["--trials", "1", "--verdict", "200ms", "--format", "json"];
    let (code, out, err) = calibrate(&short);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("trial 1 of 1: itself ×"), "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    for limit in ["no_shared_write_ops_per_s", "shared_rmw_per_s"] {
        assert!(found["limits"][limit].as_f64().unwrap() > 0.0, "{out}");
    }
    for cost in ["bare", "sampled", "full"] {
        let (ns, ci) = (found["harness_ns"][cost]["ns"].as_f64().unwrap(), &found["harness_ns"][cost]["ci"]);
        assert!(ci[0].as_f64().unwrap() <= ns && ns <= ci[1].as_f64().unwrap(), "{out}");
    }
    let points = found["slowdown"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 3, "{out}");
    assert!(points.iter().all(|it| it["ratio"].as_f64().unwrap() > 0.0), "{out}");
    let trials = found["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 1);
    for candidate in ["same", "slowed"] {
        let (ratio, ci) = (trials[0][candidate]["ratio"].as_f64().unwrap(), &trials[0][candidate]["ci"]);
        let [low, high] = [0, 1].map(|end: usize| ci[end].as_f64().unwrap());
        assert!(0.0 < low && low <= ratio && ratio <= high, "{out}");
    }
    let presets = lockyard::strategy::PRESETS.map(|preset| Value::from(preset.name));
    let strategies = found["memory"].as_array().unwrap().iter().map(|it| it["strategy"].clone());
    assert!(strategies.eq(presets), "each preset once: {out}");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_measured() {
    for (flags, what) in [
        (["--trials", "0"], "0 is not in 1..=10000"),
        (["--verdict", "0s"], "--verdict"),
        (["--planted", "some"], "--planted"),
        (["--scenario", "poling"], "polling"),
    ] {
        let (code, out, err) = calibrate(&flags);
        assert!(code == 2 && out.is_empty() && err.contains(what), "{flags:?}: {code} {err}");
    }
}
