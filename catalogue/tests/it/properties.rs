//! What must hold for any input at all.

use crate::{catalogue, entry, forms::Acme};
use catalogue::{Answers, Speed, price};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Values of every JSON type, with words that some kinds like and some that none should.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|it| json!(it)),
        any::<String>().prop_map(Value::from),
        "[a-z_]{1,6}(=|!=|=~|!~)\"?[ -~é]{0,12}\"?".prop_map(Value::from),
        "[a-z./:=@-]{0,20}(\n[a-z=, ]{0,9})?".prop_map(Value::from),
        prop::sample::select(vec![
            "prod-paris",
            "3",
            "30d",
            "on",
            "create",
            "10.0.0.1",
            "[[",
            "{\""
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,5}", inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any JSON in any field of any line is answered, never with a panic; each fault stands on
    /// something that was given or is missing, and says so in both languages.
    #[test]
    fn any_input_is_accepted_or_refused_with_pointers(
        values in prop::collection::vec(any_json(), 16),
    ) {
        for entry in catalogue().iter() {
            let names = entry.form.fields.iter().map(|it| it.name.clone());
            let raw: Map<String, Value> = names.zip(values.iter().cloned()).collect();
            match entry.form.accept(&raw, &Acme) {
                Ok(answers) => {
                    let again = entry.form.accept(answers.as_map(), &Acme);
                    prop_assert_eq!(again, Ok(answers));
                }
                Err(faults) => for fault in faults {
                    let name = fault.pointer.split('/').nth(1).unwrap_or_default();
                    prop_assert!(name.is_empty() || entry.form.field(name).is_some());
                    prop_assert!(!fault.message.fr.is_empty() && !fault.message.en.is_empty());
                    prop_assert!(!fault.message.fr.contains(char::is_control));
                },
            }
            let _ = entry.form.accept_partial(&raw);
        }
    }

    /// Matchers that were accepted are stored in a spelling that reads back as itself.
    #[test]
    fn an_accepted_matcher_is_stable(value in "[ -~é\\\\\"]{0,16}", operator in "=|!=|=~|!~") {
        let written = value.replace('\\', "\\\\").replace('"', "\\\"");
        let raw = json!({
            "cluster": "prod-paris", "receiver": "acme", "url": "https://acme.fr/",
            "matchers": [format!("a{operator}\"{written}\""), "b=\"c\""],
            "test_labels": { "b": "c" },
        });
        let form = entry("K13").form;
        let Value::Object(raw) = raw else { unreachable!() };
        if let Ok(answers) = form.accept(&raw, &Acme) {
            let stored = &answers.get("matchers").unwrap()[0];
            prop_assert_eq!(stored, &json!(format!("a{operator}\"{written}\"")));
            prop_assert_eq!(form.accept(answers.as_map(), &Acme), Ok(answers));
        }
    }

    /// A10 and S13: never less than the nodes need, never a whole tranche more; twice when fast.
    #[test]
    fn a_tranche_price_covers_its_nodes_and_no_more(nodes in 1_u64..1_000_000) {
        let entry = entry("K02");
        let answers: Answers = serde_json::from_value(json!({ "nodes": nodes })).unwrap();
        let normal = price(&entry, &answers, Speed::Normal).unwrap();
        let tranches = u64::from(normal.total().0) / 4;
        prop_assert_eq!(u64::from(normal.total().0) % 4, 0);
        prop_assert!(tranches * 5 >= nodes && (tranches - 1) * 5 < nodes);
        let fast = price(&entry, &answers, Speed::Accelerated).unwrap();
        prop_assert_eq!(fast.total().0, 2 * normal.total().0);
    }
}
