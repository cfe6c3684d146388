//! Ordering, deciding, following.

use crate::counter::{Counter, K06};
use engine::ambient::{Clock, System};
use serde_json::{Value, json};

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
    .ends(0, &["non faisable"]);
    it.run(&["ticket", "watch", &reference])
        .ends(0, &["non faisable"]);
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
