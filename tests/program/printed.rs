//! What is printed for a person: in the width and the colours that there are; and what a shell completes.

use assert_cmd::Command;

/// A record that is there.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/2026-11-30/run.json");

/// What the program prints on stdout, with this environment and none of a terminal's beside.
fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied());
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn report(more: &[&str], environment: &[(&str, &str)]) -> String {
    printed(&[&["report", RECORD], more].concat(), environment)
}

#[test]
fn every_table_is_printed_on_request() {
    let (first, all) = (report(&[], &[]), report(&["--all"], &[]));
    // Of several findings the first screen has one.
    let screen = first.split("\nwarning: ").next().unwrap();
    assert!(all.starts_with(screen.trim_end()), "the first screen comes first: {all}");
    for part in ["p50 / p99 (samples)", "What each strategy is:"] {
        assert!(!first.contains(part) && all.contains(part), "{part}");
    }
}

#[test]
fn lines_keep_to_the_columns_that_there_are() {
    let widest = |columns: Option<&str>| {
        let environment: Vec<_> = columns.map(|columns| ("COLUMNS", columns)).into_iter().collect();
        report(&[], &environment).lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(widest(Some("40")) <= 40);
    assert!((81..=160).contains(&widest(Some("160"))), "{}", widest(Some("160")));
    for unknown in [None, Some("nonsense"), Some("")] {
        assert!((70..=80).contains(&widest(unknown)), "{unknown:?}: {}", widest(unknown));
    }
}

#[test]
fn colours_are_for_a_terminal_or_whoever_asks_and_may_be_forbidden() {
    let has_colours = |environment: &[(&str, &str)]| report(&[], environment).contains('\u{1b}');
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(!has_colours(&[]), "stdout is no terminal");
    assert!(has_colours(&[forced]));
    assert!(!has_colours(&[forced, ("NO_COLOR", "1")]));
}

#[test]
fn shells_complete_what_can_be_named() {
    // The others complete options and no values.
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell], &[]);
        // A strategy, a scenario, a pitfall, a model and its mutant.
        for name in
            ["parking-lot-rwlock", "hot-context", "two-sessions", "appends-cold-2x2", "turns/careless-turn"]
        {
            assert!(script.contains(name), "{name} is not completed in {shell}");
        }
    }
    let help = printed(&["load", "--help"], &[]);
    assert!(!help.contains("[possible values: before"), "names are listed by the verb list: {help}");
}
