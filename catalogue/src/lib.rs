//! What may be asked, and its price. Pure: no time, no I/O, no tickets.
//!
//! Each line of the contract's catalogue is one TOML file under `changes/`, embedded in the
//! program. [`Catalogue::embedded`] reads them all and refuses the whole catalogue when one file is
//! wrong, naming file and line. A [`Form`] turns what a person typed into [`Answers`], or into all
//! the [`Fault`]s at once; [`price()`] tells what it costs.

pub mod entry;
pub mod form;
pub mod load;
pub mod price;
pub mod search;
pub mod text;

pub use entry::{Class, Entry, Environment, Family, Offer, Pricing, Shared};
pub use form::{
    Answers, Check, Choice, Fault, Field, Form, Inventory, Kind, LabelStyle, Rule, duration_hours,
};
pub use load::{LoadError, LoadErrors};
pub use price::{Price, PriceRefusal, Speed, Tokens, price};
pub use text::{Lang, Text};

/// Every line that may be ordered, in the order of their codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// The catalogue that this program was built with.
    ///
    /// # Errors
    /// Every fault of every file; a catalogue with one wrong line is not served at all.
    pub fn embedded() -> Result<Catalogue, LoadErrors> {
        load::embedded().map(|entries| Catalogue { entries })
    }
    /// A catalogue from `(path, text)` pairs; a path ends in `<family>/<key>.toml`.
    ///
    /// # Errors
    /// Every fault of every file, with its line.
    pub fn parse<P: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Result<Catalogue, LoadErrors> {
        load::parse(files).map(|entries| Catalogue { entries })
    }
    /// The line with this code or key; capitals do not matter.
    #[must_use]
    pub fn get(&self, code_or_key: &str) -> Option<&Entry> {
        self.entries.iter().find(|it| {
            it.code.eq_ignore_ascii_case(code_or_key) || it.key.eq_ignore_ascii_case(code_or_key)
        })
    }
    /// All lines in the order of their codes, Kubernetes first as in the contract.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
    /// The lines that hold every word of `query` in their code, title, synonyms or summary, best
    /// first; without accents or capitals. An empty query finds everything.
    #[must_use]
    pub fn search(&self, query: &str) -> Vec<&Entry> {
        let folded = search::fold(query);
        let words: Vec<&str> = folded.split_whitespace().collect();
        let mut found: Vec<_> = self
            .entries
            .iter()
            .filter_map(|it| search::rank(it, &words).map(|rank| (rank, it)))
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, it)| it).collect()
    }
}
