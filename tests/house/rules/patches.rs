//! Patches that are kept in the project: each must still fit the sources that it changes.

use super::Complaint;
use super::source::Source;

/// What a patch expects to find and that is not there, at the line of its hunk. `text_of` gives a file's text.
pub fn misfits(patch: &Source, text_of: impl Fn(&str) -> Option<String>) -> Vec<Complaint> {
    let (mut found, mut text) = (Vec::new(), None);
    let mut hunk: Option<(usize, String)> = None;
    let ended = |hunk: &mut Option<(usize, String)>, text: &Option<String>, found: &mut Vec<Complaint>| {
        if let Some((line, expected)) = hunk.take()
            && !text.as_ref().is_some_and(|text| text.contains(&expected))
        {
            found.push((line, "what this hunk changes is not in the file any more".to_owned()));
        }
    };
    for (line, content) in (1..).zip(patch.text.lines()) {
        if let Some(file) = content.strip_prefix("--- a/") {
            ended(&mut hunk, &text, &mut found);
            text = text_of(file);
            if text.is_none() {
                found.push((line, format!("{file} is not there")));
            }
        } else if content.starts_with("@@ ") {
            ended(&mut hunk, &text, &mut found);
            hunk = text.is_some().then(|| (line, String::new()));
        } else if content.starts_with("diff ") {
            ended(&mut hunk, &text, &mut found);
        } else if let Some((_, expected)) = &mut hunk
            && let Some(kept) = content.strip_prefix([' ', '-'])
        {
            expected.push_str(kept);
            expected.push('\n');
        }
    }
    ended(&mut hunk, &text, &mut found);
    found
}
