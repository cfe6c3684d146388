//! What a change would cost. Needs no database: the price is known before the order (S7).

use super::{catalogue::pricing, word};
use catalogue::{Entry, Lang, Speed, price};
use engine::ticket::Refusal;
use serde::Serialize;
use serde_json::{Map, Value};

/// A price, with how it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Catalogue line.
    pub code: String,
    /// What would be held at the order; none for a line priced by a quote (S31).
    pub tokens: Option<u32>,
    /// Price at normal speed.
    pub base: Option<u32>,
    /// What acceleration adds (S13).
    pub surcharge: Option<u32>,
    /// The calculation in words.
    pub formula: String,
    /// `simple` or `complex`.
    pub class: String,
    /// How it is priced.
    pub pricing: &'static str,
    /// Whether it is accelerated.
    pub accelerated: bool,
}

impl Quote {
    /// The price of `entry` for answers that may still be incomplete.
    ///
    /// # Errors
    /// Faults of what is given, or a quoted line that was to be accelerated (S12).
    pub fn of(
        entry: &Entry,
        raw: &Map<String, Value>,
        speed: Speed,
        lang: Lang,
    ) -> Result<Quote, Refusal> {
        let answers = entry.form.accept_partial(raw).map_err(Refusal::Form)?;
        let accelerated = speed == Speed::Accelerated;
        let quote = |tokens, base, surcharge, formula: &str| Quote {
            code: entry.code.clone(),
            tokens,
            base,
            surcharge,
            formula: formula.to_owned(),
            class: word(&entry.class()),
            pricing: pricing(entry),
            accelerated,
        };
        match price(entry, &answers, speed) {
            Ok(it) => {
                let (total, base, more) = (it.total().0, it.base.0, it.surcharge.0);
                Ok(quote(
                    Some(total),
                    Some(base),
                    Some(more),
                    it.formula.get(lang),
                ))
            }
            Err(catalogue::PriceRefusal::AcceleratedQuote) => Err(Refusal::AccelerationOfQuote),
            Err(why @ catalogue::PriceRefusal::Quoted) => {
                Ok(quote(None, None, None, why.text().get(lang)))
            }
            Err(why) => Err(Refusal::Form(vec![catalogue::Fault {
                pointer: match &why {
                    catalogue::PriceRefusal::MissingField(field) => format!("/{field}"),
                    _ => String::new(),
                },
                code: why.code().to_owned(),
                message: why.text(),
                clause: why.clause().map(str::to_owned),
            }])),
        }
    }
}
