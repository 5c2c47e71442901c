//! What failed, before anything else: each told once, with its cause over what is drawn of it. Of several there is a list that leads
//! to them.

use maud::{Markup, PreEscaped, html};

use super::super::failures::Failure;
use super::super::format;
use crate::record::Finding;

pub(super) const ID: &str = "failures";

/// So many are shown at once; the others are folded.
const SHOWN: usize = 3;

/// What is alike but for what was seen.
type Alike<'a> = (usize, &'a [Failure<'a>]);

/// Everything that failed; nothing where nothing did.
pub(super) fn section(failures: &[Failure<'_>]) -> Markup {
    let all: Vec<Alike<'_>> = (1..).zip(failures.chunk_by(|one, next| one.what == next.what)).collect();
    // Of one alone there is no list that could say it all.
    let told: Vec<_> = all.iter().filter(|it| all.len() == 1 || is_told(it)).collect();
    html! {
        @if !all.is_empty() {
            section.failures id=(ID) aria-labelledby="failures-title" {
                h2 #failures-title { (format::counted(failures.len() as u64, "failure")) }
                @if all.len() > 1 { ol { @for it in &all { (entry(it)) } } }
                @for it in told.iter().take(SHOWN) { (article(it)) }
                @if told.len() > SHOWN {
                    details {
                        summary { (told.len() - SHOWN) " more in full" }
                        @for it in &told[SHOWN..] { (article(it)) }
                    }
                }
            }
        }
    }
}

/// The link to what is said of a failure, in whatever words.
pub(super) fn link(words: &str) -> Markup {
    html! { a href=(format!("#{ID}")) { (words) } }
}

/// Whether there is more to it than its entry in the list says.
fn is_told((_, alike): &Alike<'_>) -> bool {
    alike.iter().any(|it| !it.drawings.is_empty())
}

fn id(nth: usize) -> String {
    format!("failure-{nth}")
}

fn entry(it: &Alike<'_>) -> Markup {
    let (nth, alike) = *it;
    let what = &alike[0].what;
    html! {
        @if is_told(it) {
            li { a href=(format!("#{}", id(nth))) { (what) } @if alike.len() > 1 { " (" (alike.len()) ")" } }
        } @else {
            li id=(id(nth)) tabindex="-1" { (what) }
        }
    }
}

fn article(&(nth, alike): &Alike<'_>) -> Markup {
    html! {
        article id=(id(nth)) tabindex="-1" {
            h3 { (alike[0].what) }
            @for it in alike {
                // What a drawing shows is escaped by it.
                @for drawing in &it.drawings { (PreEscaped(drawing.to_html())) }
                @if let Some(finding) = it.finding { (tasks(finding)) }
                @if let places @ [_, ..] = it.places() {
                    ul.notes { @for place in places { li { code { (place) } } } }
                }
            }
        }
    }
}

/// Who took part, where no graph says so: records of schema 1 have the tasks of a cycle without its edges.
fn tasks(it: &Finding) -> Markup {
    let label = if it.kind.is_cycle() { "Each task waits for the next: " } else { "Tasks: " };
    html! {
        @if it.edges.is_empty() && it.tasks.len() > 1 { p.muted { (label) (it.tasks.join(", ")) "." } }
    }
}
