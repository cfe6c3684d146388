//! Ordering: the form with its prices, then everything once more before it is sent.

use askama::Template;

use super::{
    Ui,
    catalogue::Line,
    fields::{Faults, Field},
    ui::Fact,
};

/// The order form of one catalogue line.
#[derive(Template)]
#[template(path = "pages/order.html")]
pub struct OrderPage {
    /// Voice.
    pub ui: Ui,
    /// The line ordered.
    pub line: Line,
    /// The questions of the line, then normal or accelerated, with both prices printed.
    pub fields: Vec<Field>,
    /// What is wrong with the answers.
    pub faults: Faults,
    /// Price, balance and slots, as far as they are known before the answers.
    pub price: Vec<Fact>,
    /// One-time key of the order.
    pub key: String,
}

/// Everything once more before it is sent.
#[derive(Template)]
#[template(path = "pages/check.html")]
pub struct CheckPage {
    /// Voice.
    pub ui: Ui,
    /// The line ordered.
    pub line: Line,
    /// The answers as they were understood.
    pub answers: Vec<Fact>,
    /// Price, slot, who agrees, rights.
    pub terms: Vec<Fact>,
    /// The answers as they were posted, to be posted again.
    pub posted: Vec<(String, String)>,
    /// One-time key of the order.
    pub key: String,
    /// What must be read before ordering, such as costs that tokens do not cover (S64).
    pub cautions: Vec<String>,
}

/// The form of an off-catalogue request (S19).
#[derive(Template)]
#[template(path = "pages/study_new.html")]
pub struct StudyNewPage {
    /// Voice.
    pub ui: Ui,
    /// The questions.
    pub fields: Vec<Field>,
    /// What is wrong with the answers.
    pub faults: Faults,
    /// One-time key of the request.
    pub key: String,
}
