//! Groups of servers, measured and judged as one: `--url NAME=URL,URL`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::atomic::Ordering::SeqCst;

use crate::runs::{SMALL, findings, load, lockyard, record, sessions, text};
use crate::support::program::Program;
use crate::support::proxy::{self, Fate};
use serde_json::json;

/// One server under two addresses: its own, and that of a proxy before it.
fn two_ways(program: &Program) -> (String, std::sync::Arc<proxy::Seen>) {
    let (address, seen) = proxy::between(program.address, |_| Fate::Served);
    (format!("http://{},http://{address}", program.address), seen)
}

#[test]
fn a_group_is_measured_and_judged_as_one_and_said_in_the_record_and_the_report() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    for (route, words) in [
        ("any", "2 servers, each request to any of them"),
        ("sticky", "2 servers, sticky, by what is asked about"),
    ] {
        let (urls, seen) = two_ways(&program);
        let url = format!("lease={urls}");
        let args = ["--url", &url, "--route", route, "--duration", "500ms"];
        let (cell, output) = load(&args, place.path(), 0);
        assert_eq!((&cell["strategy"], &cell["errors"]), (&"lease".into(), &0.into()), "{cell}");
        assert_eq!(cell["verification"]["linearizable"], true, "{cell}");
        let (asked, all) = (seen.requests.load(SeqCst) as u64, cell["operations"].as_u64().unwrap());
        assert!(asked > all / 5, "the second address was asked, too: {asked} of {all}");
        let record = record(place.path());
        let addresses: Vec<_> = urls.split(',').collect();
        assert_eq!(record["strategies"][0]["servers"], json!({ "addresses": addresses, "route": route }));
        let page = std::fs::read_to_string(place.path().join("index.html")).unwrap();
        let summary = std::fs::read_to_string(place.path().join("summary.md")).unwrap();
        for said in [text(&output.stdout).replace('\n', " "), text(&output.stderr), page, summary] {
            assert!(said.contains(words) && addresses.iter().all(|it| said.contains(it)), "{said}");
        }
        assert_eq!(sessions(&program), 0, "what was made is deleted");
    }
}

/// Each has a store of its own, so that what one has made the other does not know: no group that is right could answer so.
#[test]
fn two_servers_that_share_nothing_are_found_out() {
    let place = tempfile::tempdir().unwrap();
    let islands = [Program::serve(&[]), Program::serve(&[])];
    let url = format!("islands=http://{},http://{}", islands[0].address, islands[1].address);
    let (cell, output) = load(&["--url", &url, "--duration", "500ms"], place.path(), 4);
    assert_eq!(cell["verification"]["linearizable"], false, "{cell}");
    let findings = findings(&cell);
    assert!(findings.contains_key("not linearizable") && findings.contains_key("errors"), "{findings:?}");
    assert!(text(&output.stdout).contains("not linearizable"), "{}", text(&output.stdout));
    assert_eq!(islands.each_ref().map(sessions), [0, 0], "what was made is deleted wherever it is");
}

/// The same two, each asked of its own sessions alone, are as right as one server: what sticky routes are for.
#[test]
fn servers_that_share_nothing_are_right_about_the_sessions_that_only_they_are_asked_of() {
    let place = tempfile::tempdir().unwrap();
    let islands = [Program::serve(&[]), Program::serve(&[])];
    let url = format!("shards=http://{},http://{}", islands[0].address, islands[1].address);
    let (cell, _) = load(&["--url", &url, "--route", "sticky", "--duration", "300ms"], place.path(), 0);
    assert_eq!((&cell["verification"]["linearizable"], &cell["errors"]), (&true.into(), &0.into()), "{cell}");
    assert_eq!(islands.each_ref().map(sessions), [0, 0]);
}

#[test]
fn a_server_of_a_group_that_goes_away_is_said_by_its_address_and_the_run_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let (address, gone) = {
        // A second way to the same store that can be lost without it.
        let gone = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let flag = gone.clone();
        let fate = move |_: &str| if flag.load(SeqCst) { Fate::LostOnTheWay } else { Fate::Served };
        (proxy::between(program.address, fate).0, gone)
    };
    let url = format!("group=http://{},http://{address}", program.address);
    let args = ["load", "--url", &url, "--duration", "10s", "--out", place.path().to_str().unwrap()];
    let mut child = lockyard(&[&args[..], &SMALL].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    // Not the first, which is said before anything is measured.
    while !line.contains("% done") || line.contains(" 0 % done") {
        line.clear();
        assert!(words.read_line(&mut line).unwrap() > 0, "it ended before it was to");
    }
    gone.store(true, SeqCst);
    let mut rest = String::new();
    words.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{rest}");
    let record = record(place.path());
    let cell = &record["cells"][0];
    assert!(cell["operations"].as_u64().unwrap() > 0 && cell["rounds"].as_u64().unwrap() < 20, "{cell}");
    let finding = findings(cell)["server lost"];
    let said = finding["message"].as_str().unwrap();
    assert_eq!(finding["places"][0], format!("http://{address}"));
    assert!(said.contains(&format!("http://{address}, one of the 2 servers of its group")), "{said}");
    assert!(rest.contains("the server has gone") && rest.contains(&address.to_string()), "{rest}");
    assert_eq!(sessions(&program), 0, "the server that is left is left as it was");
}

/// As little of a server as is asked before a group is measured, of another version.
fn of_another_version() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                    let body = if line.contains("openapi") {
                        r#"{"info":{"title":"lockyard","version":"0.0.1-other"}}"#
                    } else {
                        r#"{"contexts":[]}"#
                    };
                    while line != "\r\n" {
                        line.clear();
                        if reader.read_line(&mut line).unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    line.clear();
                    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[test]
fn what_is_no_group_is_refused_before_anything_is_measured() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let url = format!("http://{}", program.address);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (silent, other) = (format!("{url},http://{free}"), format!("{url},http://{}", of_another_version()));
    let [empty, twice] = [format!("a={url},"), format!("a={url},{url}/")];
    let port = program.address.port();
    let upper = format!("http://LOCALHOST:{port},http://localhost:{port}");
    let out = place.path().join("out");
    for (args, words) in [
        (vec!["load", "--url", &empty], vec!["address 2 is empty"]),
        (vec!["compare", "--url", &empty], vec!["address 2 is empty"]),
        (vec!["load", "--url", &twice], vec![url.as_str(), "given twice in one group"]),
        (vec!["load", "--url", &upper], vec!["given twice in one group"]),
        (vec!["load", "--url", &format!("={url}")], vec!["name before `=` is empty"]),
        (vec!["load", "--url", &silent], vec!["refused", "lockyard serve", &format!("http://{free}")]),
        (
            vec!["compare", "--url", &format!("a={silent}")],
            vec!["a cannot be measured", &format!("http://{free}")],
        ),
        (vec!["load", "--url", &other], vec!["not of one version", "lockyard 0.0.1-other"]),
        (vec!["load", "--url", &url, "--route", "sticky"], vec!["--route sticky", "one server"]),
        (vec!["load", "--route", "sticky"], vec!["--url"]),
        (vec!["load", "--url", &silent, "--route", "near"], vec!["any", "sticky"]),
    ] {
        let output = lockyard(&[&args[..], &["--out", out.to_str().unwrap()]].concat()).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
        assert!(!out.join("run.json").exists(), "{args:?}");
    }
    assert_eq!(sessions(&program), 0);
}

/// Does a second server help? The first is asked by both subjects, which is said.
#[test]
fn groups_that_share_a_server_are_compared_and_told_so() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let (urls, _) = two_ways(&program);
    let (one, two) = (format!("one=http://{}", program.address), format!("two={urls}"));
    let out = place.path().to_str().unwrap();
    let args = [
        "compare",
        "--url",
        &one,
        "--url",
        &two,
        "--scenario",
        "polling",
        "--duration",
        "200ms",
        "--out",
        out,
    ];
    let output = lockyard(&[&args[..], &SMALL].concat()).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains(&format!("http://{} is a server of “one” and of “two”", program.address)),
        "{said}"
    );
    let record = record(place.path());
    let counts =
        [0, 1].map(|nth| record["strategies"][nth]["servers"]["addresses"].as_array().unwrap().len());
    assert_eq!(counts, [1, 2]);
    assert_eq!(record["comparisons"][0]["candidate"], "two");
    assert_eq!(sessions(&program), 0);
}
