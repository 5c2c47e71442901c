//! The options of a command that change what is measured, as opposed to for how long, how often and where to.
//!
//! They are read from the command line in the record: a setting that no field of a cell shows, such as the skew of the
//! keys, is not forgotten for that.

use std::collections::BTreeMap;
use std::fmt;

use crate::record::Record;

/// Changes a setting of the scenarios: given any number of times, the last of each setting counts.
const SET: &str = "--set";

/// Options that change numbers, each with the value that is the same as leaving it out.
const USUAL: [(&str, &str); 3] = [("--latency", "sampled"), ("--cancel", "0"), ("--route", "any")];

/// What a command says that changes numbers. Equal if it comes to the same, in whatever order it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RunOptions(BTreeMap<String, String>);

impl RunOptions {
    /// Those of a run that is over: those of its command, and those that its plan had.
    pub(super) fn of_record(record: &Record) -> Self {
        let mut command = record.command.clone();
        if let Some(plan) = &record.plan {
            command.extend(plan.settings.iter().map(|setting| format!(" --set '{setting}'")));
            let route = plan.servers.as_ref().map(|servers| format!(" --route {}", servers.route.as_str()));
            command.extend(route);
        }
        Self::of_command(&command)
    }

    pub(super) fn of_command(command: &str) -> Self {
        let mut options = BTreeMap::new();
        let mut words = words(command).into_iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let usual = USUAL.iter().find(|(known, _)| *known == name);
            if name != SET && usual.is_none() {
                continue;
            }
            let Some(value) = attached.or_else(|| words.next()) else { break };
            if let Some((name, usual)) = usual {
                options.insert((*name).to_owned(), value);
                options.retain(|known, value| known != name || normal(value) != *usual);
            } else {
                let (setting, value) = value.split_once('=').unwrap_or((&value, ""));
                options.insert(format!("{SET} {}", setting.trim()), value.trim().to_owned());
            }
        }
        Self(options.into_iter().map(|(name, value)| (name, normal(&value).to_owned())).collect())
    }
}

/// As it would be written again; "none" if there is nothing that differs from the usual.
impl fmt::Display for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let written = self.0.iter().map(|(name, value)| {
            let between = if name.starts_with(SET) { '=' } else { ' ' };
            format!("{name}{between}{value}")
        });
        f.write_str(&written.collect::<Vec<_>>().join(" "))
    }
}

/// A number of per cent without its sign, which may be left out.
fn normal(value: &str) -> &str {
    value.strip_suffix('%').unwrap_or(value).trim_end()
}

/// The words of a command as a shell reads them, as far as records quote them: within single quotes, and with a
/// backslash before a quote.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut is_word, mut is_quoted) = (String::new(), false, false);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => (is_quoted, is_word) = (!is_quoted, true),
            '\\' if !is_quoted => {
                word.extend(letters.next());
                is_word = true;
            }
            _ if letter.is_whitespace() && !is_quoted => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(command: &str) -> String {
        RunOptions::of_command(command).to_string()
    }

    #[test]
    fn what_changes_numbers_is_told_from_the_rest_of_a_command() {
        assert_eq!(
            written(
                "lockyard compare --set tasks=4 --seed 1 --set=zipf=0 --set tasks=8 --duration 9s --cancel=5%"
            ),
            "--cancel 5 --set tasks=8 --set zipf=0"
        );
        assert_eq!(written("lockyard compare --quick --no-verify --processes 5 --out a"), "none");
        assert_eq!(written(""), "none");
        assert_eq!(written("lockyard compare --set"), "none");
    }

    #[test]
    fn what_comes_to_the_same_is_the_same() {
        for (one, other) in [
            ("--set a=1 --set b=2", "--set=b=2 --set a=3 --set a=1"),
            ("--set 'a = 1'", "--set a=1"),
            ("--cancel 5", "--cancel=5%"),
            ("--latency sampled", ""),
            ("--latency full --latency sampled", ""),
            ("--cancel 0%", ""),
            ("--route any", ""),
        ] {
            assert_eq!(RunOptions::of_command(one), RunOptions::of_command(other), "{one} and {other}");
        }
        for (one, other) in [
            ("--latency full", ""),
            ("--cancel 5", "--cancel 6"),
            ("--set a=1", "--set a=2"),
            ("--route sticky", ""),
        ] {
            assert_ne!(RunOptions::of_command(one), RunOptions::of_command(other), "{one} and {other}");
        }
    }

    #[test]
    fn quoted_words_are_one() {
        assert_eq!(words(r"a 'b c' d\'e '' 'it'\''s'"), ["a", "b c", "d'e", "", "it's"]);
    }
}
