//! Runs drawn as HTML: everything is there without the script, and nothing of the data is markup.
#![cfg(feature = "page")]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockyard_evidence::{
    Action, Counterexample, Drawing, PageVerdict, SCRIPT, STYLE, VerdictPage, Violation,
};
use sha2::{Digest, Sha256};
use support::{deadlock, edge, step, three_tasks};

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&";

#[test]
fn without_its_script_the_page_shows_every_step_and_offers_nothing_that_would_not_work() {
    let how = three_tasks();
    let page = how.to_html("a model");
    assert_eq!(page.matches("<td class=\"acts").count(), how.steps.len(), "folded ones too");
    let hidden: Vec<_> = page.split(" hidden>").collect();
    for before in &hidden[..hidden.len() - 1] {
        let tag = &before[before.rfind('<').unwrap()..];
        let is_control =
            ["<div class=\"stepper\"", "<tbody class=\"fold\"", "<button type=\"button\" class=\"copy\""];
        assert!(is_control.iter().any(|it| tag.starts_with(it)), "{tag}");
    }
    assert!(page.contains(">steps 5–6, 19 times more (steps 7–44)</button>"), "{page}");
    assert!(page.contains("store: version 2 → 1 <strong>fails here</strong></td>"), "{page}");
    assert!(page.contains(&format!("<code>{}</code>", how.replay)));
}

#[test]
fn a_page_says_what_was_judged_and_what_came_of_it_before_it_draws() {
    let page = deadlock().to_html("transfers");
    let parts = [
        "<h1>transfers: deadlock</h1>",
        "<p class=\"meta\">5 steps of 2 tasks</p>",
        "Replay: <code>lockyard verify --pitfall two-sessions --replay 0.1</code>",
        "<section class=\"card bad\"><h2>Verdict</h2><p class=\"headline\">Deadlock</p>",
        "<p>Two accounts are locked in the order of the request.</p>",
        "<svg",
        "<table class=\"trace\">",
    ];
    let places: Vec<_> =
        parts.iter().map(|it| page.find(it).unwrap_or_else(|| panic!("{it}: {page}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(page.matches("Replay: ").count(), 1, "the command stands in the header, and not again below");
}

#[test]
fn what_is_right_or_unknown_has_a_page_that_says_so_and_draws_nothing() {
    for (verdict, class) in [(PageVerdict::Right, "card good"), (PageVerdict::Unknown, "card")] {
        let page = VerdictPage {
            title: HOSTILE.to_owned(),
            facts: vec![HOSTILE.to_owned(), "2 operations".to_owned()],
            verdict,
            headline: HOSTILE.to_owned(),
            drawing: Drawing { cause: vec!["An order explains it.".into()], ..Drawing::default() },
        };
        let page = page.to_html();
        assert!(
            page.contains(&format!("<section class=\"{class}\">"))
                && page.contains("<p>An order explains it.</p>")
        );
        assert!(!page.contains("class=\"drawing\"") && !page.contains("What happened"), "{page}");
        assert!(!page.contains("<img") && page.matches("</script").count() == 1, "{page}");
        assert!(page.contains(" · 2 operations</p>"), "{page}");
    }
}

#[test]
fn the_page_is_one_file_that_loads_nothing() {
    let page = deadlock().to_html("a model");
    for word in ["://", "url(", " src=", "@import", "<link", "<iframe"] {
        assert!(!page.contains(word), "the page has {word:?}");
    }
    assert!(page.contains("default-src 'none'") && STYLE.contains("prefers-color-scheme: dark"));
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    assert!(page.contains(STYLE) && page.contains(SCRIPT.text));
}

#[test]
fn the_table_says_who_holds_and_waits_for_what() {
    let html = deadlock().trace().to_html();
    for part in [
        "<th scope=\"col\">task 0: &lt;mover&gt;</th><th scope=\"col\">task 1: other</th><th scope=\"col\">source</th>",
        "<tr><th scope=\"row\">2</th><td class=\"holds open\" data-locks=\"holds a\">holds a</td><td class=\"acts holds\" \
         data-locks=\"holds b\">lock b (write)</td>",
        "<tr class=\"wrong\"><th scope=\"row\">4</th><td class=\"holds waits open\" data-locks=\"holds a, waits for b\">",
        "data-locks=\"holds b, waits for a\">queue for a (write) <strong>closes the cycle</strong></td>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn the_graph_has_a_node_for_each_task_and_an_arrow_for_each_edge_up_to_many() {
    for tasks in 1..=6 {
        let edges: Vec<_> =
            (0..tasks).map(|task| edge(&format!("task {task}"), Some("a (write)"), "b (read)")).collect();
        let html = Drawing { edges: edges.into(), ..Drawing::default() }.to_html();
        assert_eq!(html.matches("<rect").count(), tasks);
        assert_eq!(
            (html.matches("class=\"edge\"").count(), html.matches("class=\"tip\"").count()),
            (tasks, tasks)
        );
        assert_eq!(html.matches("<li>").count(), tasks, "and a sentence");
        assert_eq!(html.matches(">at mutex_lru.rs:33</text>").count(), tasks, "{html}");
        for line in [">held as a (write)</text>", ">locked at manager.rs:161</text>"] {
            assert_eq!(html.matches(line).count(), tasks, "{line}: {html}");
        }
    }
}

#[test]
fn the_graph_can_be_read_without_being_seen() {
    let edges = [edge("reader", Some("s (read)"), "s (read)"), edge("writer", None, "s (write)")];
    let html = Drawing { edges: (&edges[..]).into(), ..Drawing::default() }.to_html();
    let (waits, locked) =
        ("at src/backend/session/cache/mutex_lru.rs:33:16", "at src/backend/session/manager.rs:161:25");
    let first = format!("reader waits for s (read) {waits}, queued behind writer");
    let second = format!("writer waits for s (write) {waits}, held by reader as s (read), locked {locked}");
    assert!(html.contains(&format!("role=\"img\" aria-label=\"Wait cycle: {first}; {second}\"")), "{html}");
    assert!(html.contains(&format!("<li>{first}</li><li>{second}</li>")), "{html}");
    assert!(html.contains("queued ahead of it</text>"), "{html}");
}

#[test]
fn nothing_of_the_data_is_markup() {
    let mut how = Counterexample {
        message: HOSTILE.to_owned(),
        about: Some(format!("{HOSTILE}\n{HOSTILE}")),
        tasks: vec![HOSTILE.to_owned()],
        steps: vec![step(1, 0, Action::Lock, HOSTILE, &[HOSTILE], &[HOSTILE])],
        edges: vec![edge(HOSTILE, Some(HOSTILE), HOSTILE)],
        fatal: Some(0),
        replay: HOSTILE.to_owned(),
    };
    how.steps[0].value = Some(HOSTILE.to_owned());
    how.steps[0].place = Some(HOSTILE.to_owned());
    (how.edges[0].locked_at, how.edges[0].place) = (Some(HOSTILE.to_owned()), Some(HOSTILE.to_owned()));
    let page = how.to_html(HOSTILE);
    assert!(!page.contains("<img"), "{page}");
    assert_eq!(page.matches("</script").count(), 1);
    // A quote of the data would end an attribute: none is left, also where a name was elided.
    let drawing = how.drawing().to_html();
    assert!(drawing.contains("alert(1)&gt;&quot;&#39;&amp;"), "{drawing}");
    assert!(!drawing.contains("alert(1)>") && !drawing.contains('\''), "{drawing}");
}

#[test]
fn a_violation_is_drawn_by_the_same_parts() {
    let violation = Violation { key: "x".to_owned(), ..Violation::default() };
    let html = violation.drawing().to_html();
    assert_eq!(
        html,
        "<div class=\"drawing\"><p>No linearization of these 0 operations of x exists.</p></div>"
    );
}

/// A browser runs a script only if it is the one whose hash the policy names.
#[test]
fn the_hash_is_that_of_the_script() {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.text));
    assert_eq!(SCRIPT.sha256, hash, "it has changed: this is the hash to write down");
    let page = Counterexample::default().to_html("a page");
    assert!(page.contains(&format!("script-src 'sha256-{hash}';")), "{page}");
}
