//! What may be asked, and at what price (S1).

use askama::Template;

use super::{Ui, parts::Class, ui::Fact};

/// The catalogue, searched or whole.
#[derive(Template)]
#[template(path = "pages/catalogue.html")]
pub struct CataloguePage {
    /// Voice.
    pub ui: Ui,
    /// Words looked for.
    pub q: String,
    /// Only simple changes.
    pub simple: bool,
    /// Sections in the order of the contract.
    pub sections: Vec<Section>,
}

impl CataloguePage {
    fn count(&self) -> usize {
        self.sections.iter().map(|it| it.lines.len()).sum()
    }
}

/// Lines of one service.
#[derive(Clone, Debug)]
pub struct Section {
    /// Name of the service.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of the catalogue.
#[derive(Clone, Debug)]
pub struct Line {
    /// Code, e.g. `K06`.
    pub code: String,
    /// What it does.
    pub title: String,
    /// Price as printed: tokens, per size, or on quote.
    pub price: String,
    /// Kind of change.
    pub class: Class,
    /// Whether machines carry it out, or operators by hand.
    pub automated: bool,
    /// Why the reader's contract does not allow it, if it does not.
    pub closed: Option<String>,
}

/// One line in full.
#[derive(Template)]
#[template(path = "pages/item.html")]
pub struct ItemPage {
    /// Voice.
    pub ui: Ui,
    /// The line.
    pub line: Line,
    /// What will be done, in a sentence or two.
    pub what: Option<String>,
    /// Price, surcharge, delays, service, environment.
    pub facts: Vec<Fact>,
    /// What to know before ordering, with the clause it rests on.
    pub notes: Vec<Note>,
    /// The tasks in order, which is what the picture shows.
    pub tasks: Vec<Stage>,
    /// The tasks as an SVG picture.
    pub picture: Option<String>,
    /// Whether the reader may order at all.
    pub orders: bool,
}

/// Something to know, and where the contract says so.
#[derive(Clone, Debug)]
pub struct Note {
    /// What to know.
    pub text: String,
    /// Clause, e.g. `§ 1.10.1.2`.
    pub clause: Option<String>,
}

/// One planned task.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name, where the picture leads.
    pub name: String,
    /// What it does.
    pub title: String,
    /// Who does it.
    pub who: String,
}
