//! Prices in tokens, known before the order and frozen with it (S7).

use crate::{Answers, Entry, Pricing, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A number of tokens, the contract's unit of work (S11). Never money, never a secret.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tokens(pub u32);

impl Tokens {
    /// No token.
    pub const ZERO: Tokens = Tokens(0);

    /// The sum, or nothing when it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Tokens) -> Option<Tokens> {
        self.0.checked_add(other.0).map(Tokens)
    }
    /// `times` as many, or nothing when it does not fit.
    #[must_use]
    pub fn checked_mul(self, times: u64) -> Option<Tokens> {
        u64::from(self.0)
            .checked_mul(times)
            .and_then(|it| u32::try_from(it).ok())
            .map(Tokens)
    }
    /// The number with its unit: the contract's word *token*, in both languages.
    #[must_use]
    pub fn phrase(self) -> String {
        // French counts 0 and 1 as singular, English only 1; nobody sees 0 in a sentence.
        if self.0 < 2 {
            format!("{self}\u{a0}token")
        } else {
            format!("{self}\u{a0}tokens")
        }
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How soon the client wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// In the usual order.
    #[default]
    Normal,
    /// An exceptional accelerated delivery, at twice the price, six a year (S13, S14).
    Accelerated,
}

/// The price of one request, with how it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Price at normal speed.
    pub base: Tokens,
    /// What acceleration adds: as much again, or nothing (S13).
    pub surcharge: Tokens,
    /// The calculation in words.
    pub formula: Text,
}

impl Price {
    /// What is held at the order and captured at validation.
    #[must_use]
    pub fn total(&self) -> Tokens {
        Tokens(self.base.0.saturating_add(self.surcharge.0))
    }
}

/// Why no price can be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceRefusal {
    /// The line is priced by a quote.
    #[error("this change is priced by a quote")]
    Quoted,
    /// A quoted line cannot be accelerated: its price is not known beforehand (S12, A6).
    #[error("a change priced by a quote cannot be accelerated")]
    AcceleratedQuote,
    /// The price depends on a quantity that was not given.
    #[error("the price depends on `{0}`, which is not given")]
    MissingField(String),
    /// The price does not fit a number of tokens.
    #[error("the price is too large")]
    TooLarge,
}

impl PriceRefusal {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PriceRefusal::Quoted => "price.quoted",
            PriceRefusal::AcceleratedQuote => "price.accelerated_quote",
            PriceRefusal::MissingField(_) => "price.missing_field",
            PriceRefusal::TooLarge => "price.too_large",
        }
    }
    /// Clause of the contract that it rests on.
    #[must_use]
    pub fn clause(&self) -> Option<&'static str> {
        match self {
            PriceRefusal::Quoted => Some("S31"),
            PriceRefusal::AcceleratedQuote => Some("S12"),
            PriceRefusal::MissingField(_) => Some("S7"),
            PriceRefusal::TooLarge => None,
        }
    }
    /// What to tell the person who asked.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            PriceRefusal::Quoted => Text::new(
                "Ce changement est chiffré sur devis\u{a0}: son prix vous sera proposé avant \
                 toute réalisation.",
                "This change is priced by a quote: its price is put to you before any work.",
            ),
            PriceRefusal::AcceleratedQuote => Text::new(
                "Seul un changement standard, au prix connu d’avance, peut être accéléré\u{a0}: \
                 pas un changement sur devis.",
                "Only a standard change, whose price is known beforehand, can be accelerated: \
                 not a change priced by a quote.",
            ),
            PriceRefusal::MissingField(field) => Text::new(
                format!(
                    "Le prix dépend du champ «\u{a0}{field}\u{a0}»\u{a0}: indiquez un nombre \
                     d’au moins 1."
                ),
                format!("The price depends on the field “{field}”: give a number of at least 1."),
            ),
            PriceRefusal::TooLarge => Text::new(
                "Le prix dépasse ce qu’un compte de tokens peut contenir.",
                "The price exceeds what a token account can hold.",
            ),
        }
    }
}

/// Prices a request. `answers` may be partial: only the field that the price depends on is read.
///
/// # Errors
/// A quoted line has no price here; it cannot be accelerated either (S12, A6); a tranche price
/// needs its quantity; a price that does not fit is refused rather than truncated.
pub fn price(entry: &Entry, answers: &Answers, speed: Speed) -> Result<Price, PriceRefusal> {
    let (base, mut formula) = match &entry.pricing {
        Pricing::Quoted | Pricing::TimeAndMaterials => {
            return Err(match speed {
                Speed::Normal => PriceRefusal::Quoted,
                Speed::Accelerated => PriceRefusal::AcceleratedQuote,
            });
        }
        Pricing::Fixed { tokens } => (*tokens, Text::new(tokens.phrase(), tokens.phrase())),
        Pricing::Tranche { tokens, per, field } => {
            let quantity = answers
                .get(field)
                .and_then(Value::as_u64)
                .filter(|it| *it > 0)
                .ok_or_else(|| PriceRefusal::MissingField(field.clone()))?;
            let tranches = quantity.div_ceil(u64::from(*per).max(1));
            let base = tokens.checked_mul(tranches).ok_or(PriceRefusal::TooLarge)?;
            (base, tranche_formula(*tokens, tranches, *per, quantity))
        }
    };
    let surcharge = match speed {
        Speed::Normal => Tokens::ZERO,
        Speed::Accelerated => {
            formula
                .fr
                .push_str(&format!(" + {} (accéléré, prix doublé)", base.phrase()));
            formula.en.push_str(&format!(
                " + {} (accelerated, price doubled)",
                base.phrase()
            ));
            base
        }
    };
    base.checked_add(surcharge).ok_or(PriceRefusal::TooLarge)?;
    Ok(Price {
        base,
        surcharge,
        formula,
    })
}

fn tranche_formula(tokens: Tokens, tranches: u64, per: u32, quantity: u64) -> Text {
    let (fr, en) = if tranches < 2 {
        ("tranche entamée", "started tranche")
    } else {
        ("tranches entamées", "started tranches")
    };
    let each = tokens.phrase();
    Text::new(
        format!("{each} × {tranches} {fr} de {per} (pour {quantity})"),
        format!("{each} × {tranches} {en} of {per} (for {quantity})"),
    )
}
