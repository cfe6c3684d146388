//! Rows of several tables in one statement: each travels as JSON behind the name of what it is.
//! Each question costs a way to the database and back, and clients are locked meanwhile: what a
//! decision looks at is asked for at once.

use super::{StoreError, codec};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DbBackend, EntityName, EntityTrait, Iterable,
    ModelTrait, Statement, Value,
};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// Questions that are asked together.
pub(super) struct Gather {
    backend: DbBackend,
    lists: Vec<String>,
    parts: Vec<String>,
    values: Vec<Value>,
}

/// The answers, by what they are.
pub(super) struct Gathered(HashMap<String, Vec<String>>);

impl Gather {
    pub(super) fn new(backend: DbBackend) -> Gather {
        Gather {
            backend,
            lists: Vec::new(),
            parts: Vec::new(),
            values: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// A list that conditions may refer to by its name; a row is an array as long as the columns.
    pub(super) fn list<R: Serialize>(
        &mut self,
        name: &str,
        columns: &[&str],
        rows: &[R],
    ) -> Result<(), StoreError> {
        self.values.push(codec::json(&rows)?.into());
        let nth = self.values.len();
        let each = match self.backend {
            DbBackend::Postgres => format!("json_array_elements(${nth}::json) it(value)"),
            _ => format!("jsonb_each(?{nth}) it"),
        };
        let values: Vec<String> = (0..columns.len())
            .map(|n| format!("it.value->>{n}"))
            .collect();
        self.lists.push(format!(
            "{name}({}) AS MATERIALIZED (SELECT {} FROM {each})",
            columns.join(","),
            values.join(",")
        ));
        Ok(())
    }

    /// A list that follows from others.
    pub(super) fn derived(&mut self, name: &str, columns: &[&str], select: &str) {
        let columns = columns.join(",");
        let list = format!("{name}({columns}) AS MATERIALIZED ({select})");
        self.lists.push(list);
    }

    /// Rows of that table out of what follows FROM, in which it goes by its own name. Lists come
    /// first and tables follow by CROSS JOIN: SQLite, which knows no sizes, keeps to that order.
    pub(super) fn rows<E: EntityTrait>(&mut self, from: &str) {
        let table = E::default();
        let table = table.table_name();
        let row = match self.backend {
            DbBackend::Postgres => format!("row_to_json({table}.*)"),
            _ => {
                let fields: Vec<String> = E::Column::iter().map(|it| field(table, it)).collect();
                format!("json_object({})", fields.join(","))
            }
        };
        self.part(table, &row, from);
    }

    /// Values out of what follows FROM, as an array.
    pub(super) fn values(&mut self, what: &str, values: &str, from: &str) {
        let array = match self.backend {
            DbBackend::Postgres => "json_build_array",
            _ => "json_array",
        };
        self.part(what, &format!("{array}({values})"), from);
    }

    fn part(&mut self, what: &str, row: &str, from: &str) {
        let text = match self.backend {
            DbBackend::Postgres => "::text",
            _ => "",
        };
        self.parts
            .push(format!("SELECT '{what}', {row}{text} FROM {from}"));
    }

    /// All questions in one.
    pub(super) fn statement(self) -> Statement {
        let mut sql = self.parts.join(" UNION ALL ");
        if !self.lists.is_empty() {
            sql = format!("WITH {} {sql}", self.lists.join(", "));
        }
        Statement::from_sql_and_values(self.backend, sql, self.values)
    }

    /// Asks; nothing at all when nothing is asked for.
    pub(super) async fn read(self, db: &impl ConnectionTrait) -> Result<Gathered, StoreError> {
        let mut found: HashMap<String, Vec<String>> = HashMap::new();
        if self.is_empty() {
            return Ok(Gathered(found));
        }
        for row in db.query_all_raw(self.statement()).await? {
            let (what, row) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            found.entry(what).or_default().push(row);
        }
        Ok(Gathered(found))
    }
}

impl Gathered {
    /// Rows of a table.
    pub(super) fn models<M: ModelTrait + DeserializeOwned>(
        &mut self,
    ) -> Result<Vec<M>, StoreError> {
        let table = M::Entity::default();
        self.values(table.table_name())
    }

    /// Arrays of values.
    pub(super) fn values<T: DeserializeOwned>(&mut self, what: &str) -> Result<Vec<T>, StoreError> {
        let rows = self.0.remove(what).unwrap_or_default();
        rows.iter()
            .map(|it| serde_json::from_str(it).map_err(|e| codec::corrupt("row", e)))
            .collect()
    }
}

/// `'name', value`, for SQLite, which has no truth values of its own.
fn field<C: ColumnTrait>(table: &str, column: C) -> String {
    let name = column.as_str();
    match column.def().get_column_type() {
        ColumnType::Boolean => {
            format!("'{name}', json(iif({table}.{name}, 'true', 'false'))")
        }
        _ => format!("'{name}', {table}.{name}"),
    }
}
