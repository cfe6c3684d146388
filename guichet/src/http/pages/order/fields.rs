//! The questions that every order asks besides those of its line.

use catalogue::Entry;
use engine::{query::Standing, quota, window::midnight};

use crate::{
    http::pages::{posted::Posted, shop},
    pages::{
        Ui,
        fields::{Choice, Field, Input, Line},
    },
};

/// Normal or accelerated, with both prices and the count of the year (S7, S13, S14).
pub(super) fn speed(ui: &Ui, entry: &Entry, standing: &Standing, posted: &Posted) -> Field {
    let fast = posted.get("order-speed") == Some("accelerated");
    let taken = standing.slots.len();
    let all = usize::from(quota::PER_YEAR);
    let hint = if taken >= all {
        let when = ui.day_text(midnight(standing.year.until));
        ui.say("speed-spent")
            .n("of", all)
            .with("when", when)
            .to_string()
    } else {
        ui.say("speed-left")
            .n("taken", taken)
            .n("of", all)
            .n("left", all - taken)
            .to_string()
    };
    let label = |key: &str, times| {
        ui.say(key)
            .with("price", shop::price(ui, entry, times))
            .to_string()
    };
    let radios = Input::Radios(vec![
        Choice {
            chosen: !fast,
            ..Choice::new("normal", label("speed-normal-price", 1))
        },
        Choice {
            chosen: fast,
            hint: Some(hint),
            ..Choice::new("accelerated", label("speed-accelerated-price", 2))
        },
    ]);
    Field::new(ui.words, "order-speed", ui.t("speed"), radios)
}

pub(super) fn start(ui: &Ui, posted: &Posted) -> Field {
    let value = posted.text("order-start");
    let line = Line {
        kind: "datetime-local",
        size: 20,
        ..Line::text(value)
    };
    Field::new(
        ui.words,
        "order-start",
        ui.t("order-start"),
        Input::Line(line),
    )
    .hint(ui.t("order-start-hint"))
    .optional()
}

pub(super) fn why(ui: &Ui, posted: &Posted) -> Field {
    let area = Input::Area {
        value: posted.text("order-why"),
        rows: 2,
        code: false,
    };
    Field::new(ui.words, "order-why", ui.t("order-why"), area).optional()
}
