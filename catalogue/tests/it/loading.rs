//! A wrong file is refused with its name, its line, what is wrong and what would be right.

use catalogue::{Catalogue, LoadError};

const GOOD: &str = r#"code = "K14"
title.fr = "Titre"
title.en = "Title"
summary = { fr = "Résumé.", en = "Summary." }
pricing = { tranche = { tokens = 4, per = 5, field = "nodes" } }
environment = "client"
workflow = "some-flow"

[[field]]
name = "nodes"
label = { fr = "Nœuds", en = "Nodes" }
kind = { count = { min = 1, max = 50 } }

[[field]]
name = "spare"
label = { fr = "Réserve", en = "Spare" }
kind = { count = { min = 0, max = 5 } }
default = 0

[[rule]]
check = { le = { low = "spare", high = "nodes" } }
"#;

const PATH: &str = "changes/kubernetes/some-change.toml";

fn load(text: &str) -> Result<Catalogue, Vec<LoadError>> {
    Catalogue::parse([(PATH, text)]).map_err(|it| it.0)
}

/// The good file with `from` replaced is refused at `line`, in words that hold `wrong`.
#[track_caller]
fn refused(from: &str, to: &str, line: usize, wrong: &str) {
    assert!(GOOD.contains(from), "{from}");
    let errors = load(&GOOD.replacen(from, to, 1)).expect_err(to);
    let found = errors
        .iter()
        .any(|it| it.line == line && it.wrong.contains(wrong));
    assert!(found, "no `{wrong}` at line {line} in {errors:#?}");
    assert!(
        errors
            .iter()
            .all(|it| it.path == PATH && !it.right.is_empty()),
        "{errors:#?}"
    );
}

#[test]
fn a_good_27th_change_takes_one_file() {
    let catalogue = load(GOOD).unwrap();
    let entry = catalogue.get("K14").unwrap();
    assert_eq!(
        (entry.key.as_str(), entry.form.fields.len()),
        ("some-change", 2)
    );
}

#[test]
fn fields_keep_the_order_of_the_file() {
    let catalogue = load(GOOD).unwrap();
    let names: Vec<_> = catalogue
        .get("K14")
        .unwrap()
        .form
        .fields
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["nodes", "spare"]);
}

#[test]
fn errors_of_syntax_and_shape_name_their_line() {
    refused("environment = \"client\"", "environment = ", 6, "");
    refused(
        "environment = \"client\"",
        "environment = \"moon\"",
        6,
        "moon",
    );
    refused(
        "workflow = \"some-flow\"",
        "workflow = 3",
        7,
        "invalid type",
    );
    refused(
        "workflow = \"some-flow\"",
        "workflow = \"a\"\nprize = 3",
        8,
        "prize",
    );
    refused("min = 1, max = 50 }", "min = 1, maks = 50 }", 12, "maks");
    refused(
        "kind = { count = { min = 1",
        "kind = { counter = { min = 1",
        12,
        "counter",
    );
    refused("code = \"K14\"\n", "", 1, "code");
    refused(
        "workflow = \"some-flow\"",
        "workflow = \"a\"\nworkflow = \"b\"",
        8,
        "duplicate",
    );
    // An alias is no TOML: nothing can be expanded into something large.
    refused("workflow = \"some-flow\"", "workflow = *alias", 7, "");
}

#[test]
fn rules_and_prices_that_cannot_work_name_their_line() {
    refused(
        "low = \"spare\"",
        "low = \"spar\"",
        20,
        "`spar`, which is not a field",
    );
    refused(
        "field = \"nodes\" } }\nenv",
        "field = \"nod\" } }\nenv",
        5,
        "not a quantity",
    );
    refused(
        "min = 1, max = 50",
        "min = 0, max = 50",
        5,
        "not a quantity",
    );
    refused("per = 5", "per = 0", 5, "tranche of 0");
    refused(
        "{ tranche = { tokens = 4, per = 5, field = \"nodes\" } }",
        "{ fixed = { tokens = 0 } }",
        5,
        "0 tokens",
    );
    refused("default = 0", "default = 9", 14, "default of `spare`");
    refused("default = 0", "default = \"0\"", 14, "default of `spare`");
    refused("min = 1, max = 50", "min = 51, max = 50", 9, "above max");
    refused("name = \"spare\"", "name = \"nodes\"", 14, "declared twice");
    refused(
        "name = \"spare\"",
        "name = \"Spare!\"",
        14,
        "not a field name",
    );
    refused(
        "default = 0",
        "shown_when = [\"later\", 1]",
        14,
        "`later`, which is not declared",
    );
    refused(
        "default = 0",
        "shown_when = [\"nodes\", 99]",
        14,
        "which it never is",
    );
    refused(
        "{ le = { low = \"spare\", high = \"nodes\" } }",
        "{ needs_flag = { flag = \"nodes\" } }",
        20,
        "does not fit",
    );
    refused(
        "{ count = { min = 0, max = 5 } }\ndefault = 0",
        "{ name = { pattern = \"^(\" } }",
        14,
        "does not compile",
    );
    refused(
        "{ count = { min = 0, max = 5 } }\ndefault = 0",
        "{ name = { pattern = \"abc\" } }",
        14,
        "merely contains",
    );
}

#[test]
fn words_are_needed_in_both_languages_and_a_code_in_its_directory() {
    refused("en = \"Title\"", "en = \" \"", 2, "lacks a language");
    refused(
        "code = \"K14\"",
        "code = \"C14\"",
        1,
        "not a code of this directory",
    );
    refused(
        "code = \"K14\"",
        "code = \"K1\"",
        1,
        "not a code of this directory",
    );
}

#[test]
fn all_faults_of_all_files_are_told_at_once() {
    let bad = GOOD
        .replacen("per = 5", "per = 0", 1)
        .replacen("default = 0", "default = 9", 1);
    let other = "changes/kubernetes/other.toml";
    let errors = Catalogue::parse([(PATH, bad.as_str()), (other, "code = 3")]).unwrap_err();
    let told: Vec<_> = errors
        .0
        .iter()
        .map(|it| (it.path.as_str(), it.line))
        .collect();
    assert_eq!(told, [(PATH, 5), (PATH, 14), (other, 1)]);
    let shown = errors.to_string();
    assert!(
        shown.lines().count() == 3 && shown.starts_with(&format!("{PATH}:5: ")),
        "{shown}"
    );
}

#[test]
fn a_code_names_one_change_only() {
    let errors =
        Catalogue::parse([(PATH, GOOD), ("changes/kubernetes/again.toml", GOOD)]).unwrap_err();
    assert_eq!(errors.0.len(), 1);
    assert!(errors.0[0].wrong.contains(PATH), "{errors}");
    // The same key in another family would make `get` ambiguous.
    let twin = GOOD.replacen("K14", "C14", 1);
    let pair = [
        (PATH, GOOD),
        ("changes/containers/some-change.toml", twin.as_str()),
    ];
    assert!(Catalogue::parse(pair).is_err());
}

#[test]
fn an_oversized_file_is_refused_before_it_is_parsed() {
    let large = format!("{GOOD}#{}\n", "x".repeat(256 * 1024));
    let errors = load(&large).unwrap_err();
    assert!(
        errors.len() == 1 && errors[0].wrong.contains("bytes"),
        "{errors:#?}"
    );
}

#[test]
fn deep_nesting_is_refused_without_exhausting_the_stack() {
    let deep = format!("given = {}{}\n", "[".repeat(50_000), "]".repeat(50_000));
    assert!(load(&deep).is_err());
}

#[test]
fn a_path_says_family_and_key() {
    for path in [
        "some.toml",
        "changes/moon/some.toml",
        "changes/kubernetes/Some Change.toml",
    ] {
        let errors = Catalogue::parse([(path, GOOD)]).unwrap_err();
        assert!(errors.0[0].wrong.contains("path"), "{errors}");
    }
}
