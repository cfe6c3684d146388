//! Accounts, statements, the program at work, and the width of what it prints.

use crate::counter::{Counter, K06, PASSWORD, run_with};
use engine::audit::proof::{Consistency, Inclusion};
use serde_json::json;
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

#[test]
fn no_line_exceeds_a_hundred_columns() {
    let it = Counter::open();
    let why = "a".repeat(60) + " " + &"b".repeat(90);
    let long = it
        .by(
            "camille",
            &[&["--json"][..], &K06, &["--why", &why]].concat(),
        )
        .json();
    let reference = long["reference"].as_str().unwrap().to_owned();
    let runs: [&[&str]; 16] = [
        &["catalogue", "list"],
        &["catalogue", "show", "K13"],
        &["catalogue", "show", "C12", "--lang", "en"],
        &["catalogue", "graph", "C06"],
        &["ticket", "list"],
        &["ticket", "show", &reference],
        &["ticket", "graph", &reference],
        &["ticket", "plan", &reference],
        &["ticket", "log", &reference],
        &["contract", "list"],
        &["contract", "statement", "ACME-K8S"],
        &["audit", "search"],
        &["journal", "proof", "0", "--client", "ACME"],
        &["journal", "consistency", "1", "--client", "ACME"],
        &["mail", "list"],
        &["person", "list"],
    ];
    for args in runs {
        let run = it.run(args);
        assert!(run.code == 0 && !run.out.is_empty(), "{args:?} {run:?}");
        let wide: Vec<&str> = run
            .out
            .lines()
            .filter(|it| it.chars().count() > 100)
            .collect();
        assert!(wide.is_empty(), "{args:?}: {wide:#?}");
    }
}

#[test]
fn a_record_is_proved_to_whoever_asks_for_their_own_journal_p31() {
    let it = Counter::open();
    it.order();
    let proof = ["journal", "proof", "0"];
    let own = it.by("paul", &[&["--json"], &proof[..]].concat()).json();
    let held: Inclusion = serde_json::from_value(own.clone()).unwrap();
    assert!(held.holds() && held.client == "ACME", "{own}");
    let named = it.json(&[&proof[..], &["--client", "ACME"]].concat());
    assert_eq!(named, own);
    let short = it.json(&[&proof[..], &["--client", "ACME", "--size", "1"]].concat());
    assert_eq!((&short["size"], &short["path"]), (&json!(1), &json!([])));
    let grown = ["--json", "journal", "consistency", "1"];
    let grown: Consistency = serde_json::from_value(it.by("paul", &grown).json()).unwrap();
    assert!(grown.holds());
    assert_eq!(
        (grown.from_root, grown.root),
        (held.leaf_hash.clone(), held.root.clone())
    );

    it.by("paul", &proof)
        .ends(0, &["ACME 0 est parmi les", &held.root]);
    it.run(&proof).ends(2, &["--client"]);
    it.by("paul", &["journal", "proof", "9999"])
        .ends(5, &["9999"]);
    it.by("theo", &[&proof[..], &["--client", "ACME"]].concat())
        .ends(5, &["ACME"]);
    let help = it.run(&["--lang", "fr", "help", "journal", "proof"]);
    help.ends(0, &["Prouver", "guichet journal proof 4711 --client ACME"]);
}

#[test]
fn a_statement_adds_up_and_a_grant_is_the_manager_s_s11() {
    let it = Counter::open();
    let grant = ["contract", "grant", "ACME-K8S", "--tokens", "5"];
    it.by("paul", &grant).ends(4, &["person.not-entitled"]);
    it.by("hugo", &["contract", "grant", "ACME-K8S", "--tokens", "0"])
        .ends(7, &["number"]);
    it.by("hugo", &[&grant[..], &["--expires", "2099-01-01"]].concat())
        .ends(0, &["25"]);
    it.order();
    let sums = it.json(&["contract", "statement", "ACME-K8S"]);
    let lines = sums["lines"].as_array().unwrap();
    assert_eq!(
        (lines.len(), &sums["granted"], &sums["available"]),
        (3, &json!(25), &json!(24))
    );
    assert_eq!(sums["held"], 1);
}

#[test]
fn a_password_is_read_from_a_file_or_from_standard_input_and_never_too_short() {
    let it = Counter::open();
    let add = |login: &str, input: &str| {
        let mut command = it.program();
        let mail = format!("{login}@example.org");
        command.args(["person", "add", login, "--name", "X Y", "--mail", &mail]);
        command.args(["--right", "audit", "--password-file", "-"]);
        run_with(command, input)
    };
    add("short", "hunter2").ends(2, &["12"]);
    add("fine", PASSWORD).ends(0, &["fine"]);
    add("a b", PASSWORD).ends(2, &[]);
    let known = it.json(&["person", "list"]).to_string();
    assert!(known.contains("fine") && !known.contains("short"));
    assert!(
        !known.contains(PASSWORD) && !known.contains("argon2"),
        "{known}"
    );
}

#[test]
fn serve_answers_and_stops_in_order_when_told() {
    let it = Counter::open();
    let mut command = it.program();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let address = first.trim().rsplit("http://").next().unwrap();
    let stream = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut &stream, b"GET /readyz HTTP/1.0\r\n\r\n").unwrap();
    let mut status = String::new();
    BufReader::new(&stream).read_line(&mut status).unwrap();
    assert!(status.contains(" 200 "), "{status}");
    let told = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn doctor_names_what_is_wrong() {
    let it = Counter::open();
    let config = it.path().join("guichet.toml");
    std::fs::write(&config, "[mail]\ntransport = \"outbox\"\n").unwrap();
    let path = config.to_str().unwrap();
    it.run(&["--config", path, "doctor"]).ends(0, &["✓"]);
    std::fs::write(&config, "[mail]\ntransprot = \"outbox\"\n").unwrap();
    it.run(&["--config", path, "doctor"])
        .ends(9, &["transprot", "line 2"]);
    it.run(&["--config", path, "ticket", "list"])
        .ends(2, &["configuration", "line 2"]);
}

#[test]
fn a_second_program_at_work_on_one_sqlite_file_is_refused_with_what_to_do() {
    let it = Counter::open();
    let lock = std::fs::File::create(it.path().join("guichet.db.lock")).unwrap();
    lock.try_lock().unwrap();
    let run = it.run(&["serve", "--listen", "127.0.0.1:0"]);
    run.ends(1, &["database.taken", "PostgreSQL"]);
}
