//! Names on the command line: which there are, which was meant, and which cannot be given.

use anyhow::{Context, bail, ensure};

/// The thing of this name, of `kind`; or what is wrong with the name, and which there are.
pub(super) fn find<'a, T>(
    kind: &str,
    given: &str,
    things: &'a [T],
    name: impl Fn(&T) -> &str,
) -> anyhow::Result<&'a T> {
    things.iter().find(|thing| name(thing) == given).with_context(|| {
        let names: Vec<_> = things.iter().map(&name).collect();
        // Jaro-Winkler, because a shared beginning counts: what is typed wrong is mostly cut short or ends wrong.
        let alike = |known: &str| strsim::jaro_winkler(&given.to_lowercase(), known);
        let nearest = names.iter().max_by(|a, b| alike(a).total_cmp(&alike(b))).filter(|it| alike(it) > 0.7);
        let meant = nearest.map_or_else(|| ".".to_owned(), |nearest| format!(", did you mean `{nearest}`?"));
        format!("unknown {kind} `{given}`{meant} There are: {}", names.join(", "))
    })
}

/// Refuses names that could not be told apart, or not be written on a command line.
pub(super) fn check<'a>(
    kind: &str,
    names: &(impl Iterator<Item = &'a str> + Clone),
    verbs: &[String],
) -> anyhow::Result<()> {
    for (nth, name) in names.clone().enumerate() {
        ensure!(!name.is_empty(), "a {kind} has no name: give it one");
        ensure!(
            names.clone().take(nth).all(|earlier| earlier != name),
            "two {kind}s are called {name:?}: give each a name of its own"
        );
        if verbs.iter().any(|verb| verb == name) {
            bail!("a {kind} is called {name:?}, which is a verb of this program: give it another name");
        }
        let odd = name.starts_with('-') || name.contains("..") || name.ends_with("@other");
        let odd = odd || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',');
        ensure!(
            !odd,
            "a {kind} is called {name:?}, which could not be written on a command line: leave out blanks, commas, `..`, \
             `@other` at the end, and `-` at the beginning"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_typed_wrong_is_said_with_those_there_are() {
        let found = |given| find("system", given, &["mutex", "rwlock"], |name| name).copied();
        assert_eq!(found("rwlock").ok(), Some("rwlock"));
        let wrong = |given| found(given).expect_err(given).to_string();
        assert_eq!(wrong("mutx"), "unknown system `mutx`, did you mean `mutex`? There are: mutex, rwlock");
        assert_eq!(wrong("zzz"), "unknown system `zzz`. There are: mutex, rwlock");
    }

    #[test]
    fn names_that_mean_two_things_are_refused() {
        let refused = |names: &[&str]| check("system", &names.iter().copied(), &["compare".to_owned()]);
        assert!(refused(&["mutex", "rw-lock", "a@1"]).is_ok());
        for (names, said) in [
            (&["a", "b", "a"][..], "two systems are called \"a\""),
            (&["compare"], "a verb of this program"),
            (&[""], "has no name"),
            (&["a b"], "command line"),
            (&["-x"], "command line"),
            (&["a..b"], "command line"),
            (&["x@other"], "command line"),
        ] {
            let error = refused(names).expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
