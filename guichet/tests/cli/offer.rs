//! What needs no database: lines, prices, drawings, help.

use crate::counter::{bare, program, run_with};
use serde_json::{Value, json};

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
fn the_demonstration_does_not_take_a_database_that_may_be_somebodys() {
    for named in [
        ["--database", "sqlite:///nowhere.db"],
        ["--data", "nowhere"],
    ] {
        bare(&[&named[..], &["demo", "--auto"]].concat()).ends(2, &["--keep"]);
        bare(&[&named[..], &["--lang", "en", "demo", "--auto"]].concat())
            .ends(2, &["never in a database that exists"]);
    }
    let mut also_set = program();
    also_set.env("GUICHET_DATABASE_URL", "sqlite:///nowhere.db");
    also_set.args(["--database", "sqlite:///nowhere.db", "demo", "--auto"]);
    run_with(also_set, "").ends(2, &["--keep"]);
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
