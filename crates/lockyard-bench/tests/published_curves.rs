//! The published curves of `docs/curves`, and what the simulation of locks makes of them: the verdicts that the program knows and
//! the tables of `docs/LOCKS_SIMULATED.md` are those of the curves as they stand.
//!
//! With `LOCKYARD_WRITE_VERDICTS` set, both are written again.

use std::fs;
use std::path::{Path, PathBuf};

use lockyard_bench::locks::simulate::{PublishedCurve, table, validate, validation};
use lockyard_bench::record::CurveValidation;

const BEGIN: &str = "<!-- verdicts -->\n";
const END: &str = "<!-- end of verdicts -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn curves() -> Vec<PublishedCurve> {
    let files = fs::read_dir(root().join("docs/curves")).expect("docs/curves is there");
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let curve =
            PublishedCurve::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(Some(curve.name.as_str()), file.file_stem().and_then(|name| name.to_str()));
        curve
    };
    files.iter().map(read).collect()
}

#[test]
fn every_curve_has_a_source_and_is_normalised_to_one_thread() {
    let curves = curves();
    assert!(curves.len() >= 7, "{} curves", curves.len());
    for lock in curves.iter().flat_map(|curve| &curve.locks) {
        assert!(
            lock.points.len() >= 3 && lock.points[0].0 == 1 && (lock.points[0].2 - 1.0).abs() < 1e-9,
            "{}",
            lock.name
        );
    }
}

#[test]
fn the_verdicts_are_those_of_the_curves() {
    let found: Vec<(PublishedCurve, CurveValidation)> = curves()
        .into_iter()
        .map(|curve| {
            let found = validate(&curve);
            (curve, found)
        })
        .collect();
    let verdicts: Vec<_> = found.iter().map(|it| it.1.clone()).collect();
    let document = root().join("docs/LOCKS_SIMULATED.md");
    let text = fs::read_to_string(&document).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the verdicts begin");
    let (tables, after) = rest.split_once(END).expect("the verdicts end");
    let right = format!("\n{}\n", table(&found));
    if std::env::var_os("LOCKYARD_WRITE_VERDICTS").is_some() {
        let json = serde_json::to_string_pretty(&verdicts).unwrap() + "\n";
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/locks/simulate/validation.json");
        fs::write(program, json).unwrap();
        fs::write(document, format!("{before}{BEGIN}{right}{END}{after}")).unwrap();
        return;
    }
    let again = "run `LOCKYARD_WRITE_VERDICTS=1 cargo test -p lockyard-bench --test published_curves`";
    assert!(verdicts == validation(), "the program's verdicts are not those of docs/curves: {again}");
    assert_eq!(tables, right, "{again}");
}
