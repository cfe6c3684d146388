//! Rows as JSON, spelt out as they come: an array of rows. PostgreSQL gets each as an object;
//! SQLite gets the values alone, in the order of the columns: shorter, and found faster.

use crate::store::{StoreError, codec};
use sea_orm::{DbBackend, ModelTrait};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::{io, marker::PhantomData};

/// Rows of one table on their way to it.
pub(in crate::store) struct Set<M> {
    text: Vec<u8>,
    rows: u64,
    named: bool,
    of: PhantomData<fn(M)>,
}

impl<M: ModelTrait + Serialize> Set<M> {
    pub(in crate::store) fn new(backend: DbBackend) -> Set<M> {
        Set {
            text: Vec::new(),
            rows: 0,
            named: backend == DbBackend::Postgres,
            of: PhantomData,
        }
    }

    pub(in crate::store) fn push(&mut self, row: &M) -> Result<(), StoreError> {
        self.text.push(if self.rows == 0 { b'[' } else { b',' });
        let spelt = if self.named {
            row.serialize(&mut Serializer::new(&mut self.text))
        } else {
            let values = Values::default();
            row.serialize(&mut Serializer::with_formatter(&mut self.text, values))
        };
        spelt.map_err(|e| codec::corrupt("row", e))?;
        self.rows += 1;
        Ok(())
    }

    pub(in crate::store) fn extend<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a M>,
    ) -> Result<(), StoreError>
    where
        M: 'a,
    {
        rows.into_iter().try_for_each(|it| self.push(it))
    }

    /// Leaves an empty one behind.
    pub(in crate::store) fn take(&mut self) -> Set<M> {
        Set {
            text: std::mem::take(&mut self.text),
            rows: std::mem::take(&mut self.rows),
            ..*self
        }
    }

    /// The text and the number of rows; nothing when there are none.
    pub(super) fn end(mut self) -> Result<Option<(String, u64)>, StoreError> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.text.push(b']');
        let text = String::from_utf8(self.text).map_err(|e| codec::corrupt("row", e))?;
        Ok(Some((text, self.rows)))
    }
}

/// Writes an object as the array of its values. Rows are flat: no value is an object itself.
#[derive(Default)]
struct Values {
    /// Inside a key, of which nothing is written.
    mute: bool,
}

impl Formatter for Values {
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        CompactFormatter.begin_array(writer)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        CompactFormatter.end_array(writer)
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.mute = true;
        CompactFormatter.begin_array_value(writer, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.mute = false;
        Ok(())
    }
    fn begin_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.mute {
            true => Ok(()),
            false => CompactFormatter.begin_string(writer),
        }
    }
    fn end_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.mute {
            true => Ok(()),
            false => CompactFormatter.end_string(writer),
        }
    }
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        match self.mute {
            true => Ok(()),
            false => CompactFormatter.write_string_fragment(writer, fragment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entity::resource_lock::Model;

    fn spelt(backend: DbBackend) -> String {
        let mut set = Set::new(backend);
        for resource in ["a \"b\"", "c"] {
            let row = Model {
                client: "ACME".into(),
                resource: resource.into(),
                ticket: "t".into(),
                at: 7,
            };
            set.push(&row).expect("a row");
        }
        set.end().expect("text").expect("rows").0
    }

    #[test]
    fn sqlite_gets_values_in_the_order_of_the_columns() {
        let rows = r#"[["ACME","a \"b\"","t",7],["ACME","c","t",7]]"#;
        assert_eq!(spelt(DbBackend::Sqlite), rows);
    }

    #[test]
    fn postgresql_gets_named_values() {
        let first = r#"{"client":"ACME","resource":"a \"b\"","ticket":"t","at":7}"#;
        let second = r#"{"client":"ACME","resource":"c","ticket":"t","at":7}"#;
        let rows = format!("[{first},{second}]");
        assert_eq!(spelt(DbBackend::Postgres), rows);
    }
}
