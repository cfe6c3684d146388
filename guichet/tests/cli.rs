//! The command line, run as people run it.

mod counter;

use counter::{Counter, K06, PASSWORD, bare, run_with};
use engine::ambient::{Clock, System};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

#[test]
fn the_catalogue_lists_the_26_lines_of_the_contract_without_a_database() {
    let all = bare(&["catalogue", "list", "--json"]).json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 26);
    for it in all {
        assert!(it["code"].is_string() && it["title"].is_string(), "{it}");
        assert!(it["tokens"].is_u64() || it["tokens"].is_null(), "{it}");
        let class = it["class"].as_str().unwrap();
        assert_eq!(class == "simple", it["tokens"] == 1, "S4, S5: {it}");
        let pricing = it["pricing"].as_str().unwrap();
        assert!(
            ["fixed", "tranche", "quoted", "time_and_materials"].contains(&pricing),
            "{it}"
        );
        assert_eq!(
            it["tokens"].is_null(),
            ["quoted", "time_and_materials"].contains(&pricing)
        );
        assert!(
            it["workflow"].is_string() && it["shared"].is_boolean(),
            "{it}"
        );
        assert!(it["automated"].is_boolean(), "{it}");
    }
    let title = |code: &str| &all.iter().find(|it| it["code"] == code).unwrap()["title"];
    assert_eq!(title("K08"), "Changer la période de rétention des logs");
    let keys = bare(&["--json=code,tokens", "catalogue", "list", "rétention"]).json();
    assert_eq!(keys[0].as_object().unwrap().len(), 2);
}

#[test]
fn a_price_is_known_before_the_order_and_doubles_when_accelerated_s7_s13() {
    let price = bare(&[
        "price",
        "K02",
        "--set",
        "nodes=12",
        "--accelerated",
        "--json",
    ])
    .json();
    assert_eq!((&price["tokens"], &price["base"]), (&json!(24), &json!(12)));
    assert_eq!(
        (&price["surcharge"], &price["class"]),
        (&json!(12), &json!("complex"))
    );
    assert!(
        price["formula"].as_str().unwrap().contains('3'),
        "three started tranches: {price}"
    );
    assert_eq!(bare(&["price", "K06", "--json"]).json()["tokens"], 1);
    assert_eq!(
        bare(&["price", "C13", "--json"]).json()["tokens"],
        Value::Null
    );
}

#[test]
fn a_price_that_cannot_be_told_is_refused_with_its_clause_in_both_languages() {
    let quoted = ["price", "C13", "--accelerated"];
    bare(&quoted).ends(7, &["quota.not-for-quotes", "(S12)", "accéléré"]);
    bare(&[&["--lang", "en"][..], &quoted].concat()).ends(7, &["accelerated", "(S12)"]);
    bare(&["price", "K02", "--set", "nodes=0"]).ends(7, &["nodes", "form.range", "catalogue show"]);
    bare(&["price", "K02", "--set", "nodes=1", "--set", "x=1"]).ends(7, &["form.", "x"]);
    bare(&["price", "K02"]).ends(7, &["price.missing_field"]);
    bare(&["price", "Z99"]).ends(5, &["catalogue.unknown-line", "guichet catalogue list"]);
    bare(&["price", "K02", "--set", "nodes"]).ends(2, &["nom=valeur"]);
    let object: Value = serde_json::from_str(&bare(&["--json", "price", "Z99"]).err).unwrap();
    assert_eq!(
        (&object["code"], &object["exit"]),
        (&json!("catalogue.unknown-line"), &json!(5))
    );
}

#[test]
fn rules_and_drawings_need_no_database_either() {
    bare(&["catalogue", "lint"]).ends(0, &["26"]);
    bare(&["catalogue", "graph", "K13"]).ends(0, &["○"]);
    bare(&["catalogue", "graph", "K13", "--mermaid"]).ends(0, &["flowchart"]);
    bare(&["catalogue", "graph", "K13", "--svg"]).ends(0, &["<svg"]);
    bare(&["catalogue", "graph", "nothing"]).ends(5, &["nothing"]);
    bare(&["help", "exit-codes"]).ends(0, &["124", "130"]);
    for shell in ["bash", "zsh", "fish"] {
        bare(&["completion", shell]).ends(0, &["guichet"]);
    }
    bare(&["nonsense"]).ends(2, &["nonsense"]);
    bare(&["--help"]).ends(0, &["Ce qui peut être commandé"]);
    bare(&["--lang", "en", "--help"]).ends(0, &["What can be ordered"]);
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_looking() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    bare(&["--data", path, "ticket", "list"]).ends(1, &["guichet db migrate"]);
    bare(&["--data", path, "db", "status"]).ends(5, &[]);
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let it = Counter::open();
    let before = it.records();
    let dry = it
        .by(
            "camille",
            &[&["--json"][..], &K06, &["--accelerated", "-n"]].concat(),
        )
        .json();
    assert_eq!((&dry["tokens"], &dry["available"]), (&json!(2), &json!(20)));
    assert_eq!(
        (&dry["available_after"], &dry["accelerated_used_after"]),
        (&json!(18), &json!(1))
    );
    it.by("camille", &[&K06[..], &["-n"]].concat())
        .ends(0, &["rien n’est déposé", "sans -n"]);
    it.by("camille", &["ticket", "new", "K06", "-n"])
        .ends(7, &["cluster", "form.missing"]);
    assert_eq!(it.records(), before, "the journal is untouched");
    assert_eq!(it.json(&["ticket", "list", "--all"]), json!([]));
    let reference = it.order();
    assert_eq!(it.records(), before + 1);
    let left = it.json(&["contract", "show", "ACME-K8S"]);
    assert_eq!(
        (&left["tokens"]["available"], &left["tokens"]["held"]),
        (&json!(19), &json!(1))
    );
    assert_eq!(
        it.json(&["ticket", "show", &reference])["price"]["tokens"],
        1
    );
}

#[test]
fn what_the_contract_does_not_allow_is_refused_before_anything_is_written() {
    let it = Counter::open();
    let before = it.records();
    let new = |login: &str, args: &[&str]| it.by(login, &[&["ticket", "new"], args].concat());
    let redeploy = [
        "K02",
        "--set",
        "cluster=prod-paris",
        "--set",
        "pool=a",
        "--set",
        "flavor=m5",
    ];
    new("camille", &[&redeploy[..], &["--set", "nodes=30"]].concat())
        .ends(7, &["tokens.short", "(S11)", "guichet contract show"]);
    new(
        "camille",
        &["K06", "--set", "cluster=elsewhere", "--set", "action=wake"],
    )
    .ends(7, &["cluster"]);
    new(
        "camille",
        &[
            "K06",
            "--set",
            "cluster=prod-paris",
            "--set",
            "action=wake",
            "--at",
            "hier",
        ],
    )
    .ends(2, &["hier"]);
    new("camille", &["Q42"]).ends(5, &["catalogue.unknown-line"]);
    new("paul", &K06[2..]).ends(4, &["person.not-entitled", "(S35)"]);
    new("theo", &["C01", "--contract", "ACME-K8S"]).ends(5, &["ACME-K8S"]);
    it.run(&K06).ends(4, &["person.missing", "--as"]);
    it.by("nobody", &K06).ends(4, &["person.unknown"]);
    assert_eq!(it.records(), before);
}

#[test]
fn what_belongs_to_another_client_does_not_exist() {
    let it = Counter::open();
    let reference = it.order();
    for args in [
        &["ticket", "show"][..],
        &["ticket", "plan"],
        &["ticket", "log"],
    ] {
        let foreign = it.by("theo", &[args, &[&reference]].concat());
        let unknown = it.by("theo", &[args, &["ACME-2026-9999"]].concat());
        foreign.ends(5, &[]);
        assert_eq!(
            foreign.err.replace(&reference, "ACME-2026-9999"),
            unknown.err
        );
    }
    it.by("theo", &["contract", "show", "ACME-K8S"])
        .ends(5, &[]);
    it.by("theo", &["audit", "search", "--client", "ACME"])
        .ends(5, &[]);
    assert_eq!(
        it.by("theo", &["--json", "ticket", "list"]).json(),
        json!([])
    );
    let records = it.by("theo", &["--json", "audit", "search"]).json();
    assert!(
        records
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["client"] == "BMART"),
        "{records}"
    );
}

#[test]
fn a_study_goes_from_call_to_estimate_and_nobody_agrees_to_their_own_s9_s20_s25() {
    let it = Counter::open();
    let need = ["study", "new", "Bus de messages", "--need", "Un bus managé"];
    let made = it.by("camille", &[&["--json"][..], &need].concat()).json();
    let reference = made["reference"].as_str().unwrap().to_owned();
    let on = |login: &str, verb: &str, args: &[&str]| {
        it.by(login, &[&["study", verb, &reference], args].concat())
    };
    let slot = (System.now().date_naive() + chrono::Days::new(3)).to_string() + "T10:00";
    on("camille", "propose", &[&slot]).ends(4, &["person.not-entitled"]);
    on("lea", "propose", &[&slot]).ends(0, &[]);
    on("camille", "choose", &["2020-01-01T10:00"]).ends(7, &["number.out-of-range"]);
    on("camille", "choose", &[&slot]).ends(0, &[]);
    on(
        "lea",
        "minutes",
        &["--text", "Un bus par cluster", "--with", "Camille"],
    )
    .ends(0, &[]);
    let days = ["--effort-days", "3", "--lead-days", "10"];
    on("lea", "estimate", &[&["--tokens", "6"], &days[..]].concat()).ends(0, &["approve"]);
    it.by("paul", &["inbox", "--check"])
        .ends(8, &[&reference, "estimate"]);
    it.by("camille", &["ticket", "approve", &reference])
        .ends(7, &["gate.own-request", "(S9)"]);
    it.by("paul", &["ticket", "reject", &reference])
        .ends(7, &["gate.reason-missing"]);
    it.by(
        "paul",
        &["ticket", "approve", &reference, "--digest", "sha256:0"],
    )
    .ends(6, &["gate.plan-changed", "guichet ticket plan"]);
    it.by("paul", &["ticket", "approve", &reference])
        .ends(0, &[]);
    it.by("paul", &["ticket", "approve", &reference])
        .ends(6, &["guichet ticket show"]);
    it.by("paul", &["inbox", "--check"]).ends(0, &["Rien"]);
    let left = it.json(&["contract", "show", "ACME-K8S"]);
    assert_eq!(left["tokens"]["held"], 6, "held only once agreed");
    on(
        "hugo",
        "conclude",
        &["--infeasible", "--why", "Pas sur cette offre"],
    )
    .ends(0, &["infeasible"]);
    it.run(&["ticket", "watch", &reference])
        .ends(0, &["infeasible"]);
    let left = it.json(&["contract", "show", "ACME-K8S"]);
    assert_eq!(left["tokens"]["spent"], 6, "the study is due (S27)");
}

#[test]
fn watching_says_one_line_per_change_and_ends_with_the_ticket() {
    let it = Counter::open();
    let reference = it.order();
    it.run(&["ticket", "watch", &reference, "--timeout", "0"])
        .ends(124, &[&reference]);
    it.by(
        "camille",
        &["ticket", "cancel", &reference, "--why", "finalement non"],
    )
    .ends(0, &[]);
    let end = it.run(&["--json", "ticket", "watch", &reference]);
    let last: Value = serde_json::from_str(end.out.lines().last().unwrap()).unwrap();
    assert_eq!((end.code, &last["ending"]), (0, &json!("cancelled")));
    it.by(
        "camille",
        &["ticket", "cancel", &reference, "--why", "encore"],
    )
    .ends(6, &["ticket.out-of-order"]);
    let left = it.json(&["contract", "show", "ACME-K8S"]);
    assert_eq!(left["tokens"]["available"], 20, "what was held is released");
}

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
    let runs: [&[&str]; 14] = [
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
