//! S7, S12, S13, A10: what a request costs.

use crate::{catalogue, entry, map};
use catalogue::{Answers, Entry, Price, PriceRefusal, Pricing, Speed, Tokens, price};
use serde_json::json;

fn nodes(count: u64) -> Answers {
    serde_json::from_value(json!({ "nodes": count })).unwrap()
}

fn k02(count: u64, speed: Speed) -> Price {
    price(&entry("K02"), &nodes(count), speed).unwrap()
}

#[test]
fn a_started_tranche_of_five_nodes_costs_four_tokens() {
    for (count, tokens) in [
        (1, 4),
        (4, 4),
        (5, 4),
        (6, 8),
        (10, 8),
        (11, 12),
        (12, 12),
        (50, 40),
    ] {
        assert_eq!(
            k02(count, Speed::Normal).total(),
            Tokens(tokens),
            "{count} nodes"
        );
    }
}

#[test]
fn an_accelerated_price_is_exactly_double_and_shown_as_base_and_surcharge() {
    for entry in catalogue().iter().filter(|it| !it.is_quoted()) {
        let normal = price(entry, &nodes(7), Speed::Normal).unwrap();
        let fast = price(entry, &nodes(7), Speed::Accelerated).unwrap();
        assert_eq!((normal.base, normal.surcharge), (fast.base, Tokens::ZERO));
        assert_eq!(fast.surcharge, fast.base);
        assert_eq!(fast.total().0, 2 * normal.total().0, "{}", entry.code);
        assert!(fast.formula.fr.contains("prix doublé"));
    }
}

#[test]
fn twelve_nodes_accelerated_cost_24_with_only_that_field_given() {
    let entry = entry("K02");
    let answers = entry
        .form
        .accept_partial(&map(json!({ "nodes": "12" })))
        .unwrap();
    let price = price(&entry, &answers, Speed::Accelerated).unwrap();
    assert_eq!(
        (price.base, price.surcharge, price.total()),
        (Tokens(12), Tokens(12), Tokens(24))
    );
    assert_eq!(
        price.formula.fr,
        "4\u{a0}tokens × 3 tranches entamées de 5 (pour 12) + 12\u{a0}tokens (accéléré, prix \
         doublé)"
    );
}

#[test]
fn a_quoted_line_has_no_price_and_no_acceleration() {
    for code in ["C11", "C12", "C13"] {
        let of = |speed| price(&entry(code), &Answers::default(), speed).unwrap_err();
        assert_eq!(of(Speed::Normal), PriceRefusal::Quoted);
        let refused = of(Speed::Accelerated);
        assert_eq!(refused, PriceRefusal::AcceleratedQuote);
        assert_eq!(
            (refused.code(), refused.clause()),
            ("price.accelerated_quote", Some("S12"))
        );
        assert!(!refused.text().fr.is_empty() && !refused.text().en.is_empty());
    }
}

#[test]
fn a_price_by_tranche_needs_its_quantity() {
    let missing = PriceRefusal::MissingField("nodes".into());
    let entry = entry("K02");
    assert_eq!(
        price(&entry, &Answers::default(), Speed::Normal).unwrap_err(),
        missing
    );
    // No node at all is no started tranche, and never a change for nothing.
    assert_eq!(
        price(&entry, &nodes(0), Speed::Normal).unwrap_err(),
        missing
    );
}

#[test]
fn a_price_that_does_not_fit_is_refused_rather_than_truncated() {
    let fixed = |tokens| Entry {
        pricing: Pricing::Fixed {
            tokens: Tokens(tokens),
        },
        ..entry("K01")
    };
    let none = Answers::default();
    assert!(price(&fixed(u32::MAX), &none, Speed::Normal).is_ok());
    let refused = price(&fixed(u32::MAX), &none, Speed::Accelerated).unwrap_err();
    assert_eq!(refused, PriceRefusal::TooLarge);
    let refused = price(&entry("K02"), &nodes(u64::MAX), Speed::Normal).unwrap_err();
    assert_eq!(refused, PriceRefusal::TooLarge);
}

#[test]
fn tokens_are_written_as_a_number_and_said_with_their_unit() {
    assert_eq!(Tokens(12).to_string(), "12");
    assert_eq!(
        (Tokens(1).phrase(), Tokens(2).phrase()),
        ("1\u{a0}token".into(), "2\u{a0}tokens".into())
    );
    assert!(Tokens(2) < Tokens(10));
}
