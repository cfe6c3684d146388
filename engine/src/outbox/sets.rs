//! Statements about many rows, each with values of its own.

use sea_orm::{DbBackend, Statement, Value};
use std::fmt::Write as _;

/// A statement as it grows. Only fixed words are ever written into it; values are bound.
pub(crate) struct Sql {
    kind: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// A statement that begins with these words.
    pub(crate) fn new(kind: DbBackend, words: &'static str) -> Sql {
        Sql {
            kind,
            text: words.to_owned(),
            values: Vec::new(),
        }
    }

    /// More words.
    pub(crate) fn then(&mut self, words: &'static str) -> &mut Sql {
        self.text.push_str(words);
        self
    }

    /// A value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Sql {
        self.values.push(value.into());
        match self.kind {
            // Writing into a string cannot fail.
            DbBackend::Postgres => drop(write!(self.text, "${}", self.values.len())),
            _ => self.text.push('?'),
        }
        self
    }

    /// `VALUES (…), (…)`, as many as the next power of two, so that few statements serve all: the
    /// last row is repeated, which must not change what the statement does.
    pub(crate) fn rows<const N: usize>(&mut self, mut rows: Vec<[Value; N]>) -> &mut Sql {
        if let Some(last) = rows.last().cloned() {
            rows.resize(rows.len().next_power_of_two(), last);
        }
        let mut lead = "VALUES (";
        for row in rows {
            for value in row {
                self.text.push_str(lead);
                self.bind(value);
                lead = ", ";
            }
            lead = "), (";
        }
        self.then(")")
    }

    /// The whole.
    pub(crate) fn end(&mut self) -> Statement {
        let values = std::mem::take(&mut self.values);
        Statement::from_sql_and_values(self.kind, std::mem::take(&mut self.text), values)
    }
}
