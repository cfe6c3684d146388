//! Whole sets of rows in one statement. A set travels as one JSON array, so that a statement has
//! one parameter and one text whatever the number of rows: it is prepared once per connection.

mod spelt;

pub(super) use spelt::Set;

use super::{Store, StoreError, Tx, codec, notify::Word};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    QueryResult, Statement,
};
use serde::Serialize;

type Columns<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;

/// Statements with their sets, stage after stage. Those of one stage touch different rows and do
/// not see each other's: PostgreSQL carries them out as one statement.
pub(super) struct Sheet {
    backend: DbBackend,
    stages: Vec<Vec<Line>>,
    /// The last one.
    stage: Vec<Line>,
    word: Option<Word>,
}

/// One statement with its set.
pub(super) struct Line {
    /// `?` or `$1` stands for the set, `{step}` for the step.
    pub(super) sql: String,
    pub(super) set: String,
    /// How many rows it has to change; fewer mean that somebody else was faster.
    pub(super) rows: Option<u64>,
    /// How far behind the rows have to be.
    pub(super) step: Option<i64>,
}

impl Line {
    /// With the step written out.
    fn sql(&self) -> String {
        match self.step {
            Some(step) => self.sql.replace("{step}", &step.to_string()),
            None => self.sql.clone(),
        }
    }
}

impl Sheet {
    pub(super) fn new(backend: DbBackend) -> Sheet {
        Sheet {
            backend,
            stages: Vec::new(),
            stage: Vec::new(),
            word: None,
        }
    }

    /// What follows stands on what was written before.
    pub(super) fn then(&mut self) {
        self.stages.push(std::mem::take(&mut self.stage));
    }

    /// Has PostgreSQL tell other replicas, if the commit that follows takes place.
    pub(super) fn tell(&mut self, word: Word) {
        self.word = Some(word);
    }

    pub(super) fn put(&mut self, line: Line) {
        self.stage.push(line);
    }

    /// All lines, in the order in which they are carried out.
    pub(super) fn lines(mut self) -> impl Iterator<Item = Line> {
        self.then();
        self.stages.into_iter().flatten()
    }

    /// Inserts rows.
    pub(super) fn insert<M>(&mut self, rows: Set<M>) -> Result<(), StoreError>
    where
        M: ModelTrait + Serialize,
    {
        // One that cannot be inserted is an error of its own.
        self.set(rows, source::<M::Entity>, false, None)
    }

    /// Replaces these columns of rows that exist. With a guard on what is stored each has to meet
    /// it; `{old}` and `{new}` stand for the two rows, `{step}` for the step.
    pub(super) fn replace<M>(
        &mut self,
        rows: Set<M>,
        moves: &[Columns<M>],
        guard: Option<&str>,
        step: Option<i64>,
    ) -> Result<(), StoreError>
    where
        M: ModelTrait + Serialize,
    {
        let conflict = conflict::<M::Entity>(moves, guard);
        self.set(rows, |it| source::<M::Entity>(it) + &conflict, true, step)
    }

    /// Runs a statement over rows that stand for themselves: in `sql`, `{rows}` is the set and
    /// `it.value` one of it. When `all` is true each has to find its row.
    pub(super) fn change<R: Serialize>(
        &mut self,
        sql: &str,
        rows: &[R],
        all: bool,
    ) -> Result<(), StoreError> {
        if !rows.is_empty() {
            self.put(Line {
                sql: over(self.backend, sql),
                set: codec::json(&rows)?,
                rows: all.then_some(rows.len() as u64),
                step: None,
            });
        }
        Ok(())
    }

    fn set<M>(
        &mut self,
        rows: Set<M>,
        sql: impl FnOnce(DbBackend) -> String,
        all: bool,
        step: Option<i64>,
    ) -> Result<(), StoreError>
    where
        M: ModelTrait + Serialize,
    {
        if let Some((text, rows)) = rows.end()? {
            self.put(Line {
                sql: sql(self.backend),
                set: text,
                rows: all.then_some(rows),
                step,
            });
        }
        Ok(())
    }
}

impl Store {
    /// Runs one statement over rows as [`Tx::found_in_set`] does, as a transaction of its own. Only
    /// on SQLite, where a connection that somebody left inside a transaction is never handed out:
    /// the statement is its own transaction there, which spares two ways to the thread that has the
    /// connection.
    pub(crate) async fn found_in_set_at_once<R: Serialize>(
        &self,
        sql: &str,
        rows: &[R],
    ) -> Result<Vec<QueryResult>, StoreError> {
        found(&self.base.write, sql, rows).await
    }
}

impl Tx {
    /// Inserts rows, in one statement.
    pub(crate) async fn insert_set<M>(&self, rows: &[M]) -> Result<(), StoreError>
    where
        M: ModelTrait + Serialize,
    {
        let backend = self.db().get_database_backend();
        let (mut sheet, mut set) = (Sheet::new(backend), Set::new(backend));
        set.extend(rows)?;
        sheet.insert(set)?;
        self.carry_out(sheet).await
    }

    /// Runs one statement over rows, as [`Sheet::change`] does; a row that finds nothing is passed
    /// over.
    pub(crate) async fn change_set<R: Serialize>(
        &self,
        sql: &str,
        rows: &[R],
    ) -> Result<(), StoreError> {
        let mut sheet = Sheet::new(self.db().get_database_backend());
        sheet.change(sql, rows, false)?;
        self.carry_out(sheet).await
    }

    /// The same, for a statement that says which rows it found.
    pub(crate) async fn found_in_set<R: Serialize>(
        &self,
        sql: &str,
        rows: &[R],
    ) -> Result<Vec<QueryResult>, StoreError> {
        found(self.db(), sql, rows).await
    }

    pub(super) async fn carry_out(&self, mut sheet: Sheet) -> Result<(), StoreError> {
        if sheet.backend == DbBackend::Postgres {
            sheet.then();
            let mut word = sheet.word;
            for stage in sheet.stages.into_iter().filter(|it| !it.is_empty()) {
                self.at_once(stage, word.take()).await?;
            }
            return Ok(());
        }
        for line in sheet.lines() {
            let (sql, set) = (line.sql(), [line.set.into()]);
            let one = Statement::from_sql_and_values(DbBackend::Sqlite, sql, set);
            let done = self.db().execute_raw(one).await?;
            if let Some(rows) = line.rows
                && done.rows_affected() != rows
            {
                return Err(StoreError::Conflict);
            }
        }
        Ok(())
    }

    /// One statement for a whole stage, which counts what each part of it changed.
    async fn at_once(&self, stage: Vec<Line>, word: Option<Word>) -> Result<(), StoreError> {
        let (mut parts, mut counts) = (Vec::new(), Vec::new());
        let (mut sets, mut expected) = (Vec::new(), Vec::new());
        for (n, line) in stage.into_iter().enumerate() {
            let sql = line.sql().replace("$1", &format!("${}", n + 1));
            parts.push(format!("w{n} AS ({sql} RETURNING 1)"));
            counts.push(format!("(SELECT count(*) FROM w{n})"));
            sets.push(line.set.into());
            expected.push(line.rows);
        }
        if let Some(word) = word {
            let nth = sets.len();
            counts.push(format!("pg_notify(${}, ${})::text", nth + 1, nth + 2));
            sets.extend([word.channel.into(), word.text.into()]);
        }
        let sql = format!("WITH {} SELECT {}", parts.join(", "), counts.join(", "));
        let one = Statement::from_sql_and_values(DbBackend::Postgres, sql, sets);
        let row = self.db().query_one_raw(one).await?;
        let row = row.ok_or_else(|| codec::corrupt("answer", "no row"))?;
        for (n, expected) in expected.into_iter().enumerate() {
            let changed: i64 = row.try_get_by_index(n)?;
            if expected.is_some_and(|it| i64::try_from(it) != Ok(changed)) {
                return Err(StoreError::Conflict);
            }
        }
        Ok(())
    }
}

/// Rows that one statement finds by the set in the place of `{rows}`.
pub(super) async fn found<R: Serialize>(
    db: &impl ConnectionTrait,
    sql: &str,
    rows: &[R],
) -> Result<Vec<QueryResult>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let backend = db.get_database_backend();
    let set = [codec::json(&rows)?.into()];
    let one = Statement::from_sql_and_values(backend, over(backend, sql), set);
    Ok(db.query_all_raw(one).await?)
}

/// The statement with its set in the place of `{rows}`.
fn over(backend: DbBackend, sql: &str) -> String {
    let set = match backend {
        DbBackend::Postgres => "json_array_elements($1::json) it(value)",
        _ => "jsonb_each(?) it",
    };
    sql.replace("{rows}", set)
}

/// Rows of that table out of the set.
fn source<E: EntityTrait>(backend: DbBackend) -> String {
    let table = E::default();
    let table = table.table_name();
    let names: Vec<String> = E::Column::iter().map(|it| it.as_str().to_owned()).collect();
    let columns = names.join(",");
    if backend == DbBackend::Postgres {
        // The row of the table, not the type of that name: one of ours is called like a type.
        let row = format!("(SELECT it FROM {table} it LIMIT 0)");
        return format!(
            "INSERT INTO {table}({columns}) \
             SELECT {columns} FROM json_populate_recordset({row}, $1::json)"
        );
    }
    let values: Vec<String> = (0..names.len()).map(|n| format!("value->>{n}")).collect();
    let values = values.join(",");
    format!("INSERT INTO {table}({columns}) SELECT {values} FROM jsonb_each(?) WHERE true")
}

fn conflict<E: EntityTrait>(moves: &[E::Column], guard: Option<&str>) -> String {
    let table = E::default();
    let table = table.table_name();
    let keys = E::PrimaryKey::iter().map(|it| it.into_column().as_str().to_owned());
    let keys = keys.collect::<Vec<_>>().join(",");
    let set = moves.iter().map(|it| it.as_str());
    let set = set.map(|it| format!("{it} = excluded.{it}"));
    let set = set.collect::<Vec<_>>().join(",");
    let guard = guard.map_or_else(String::new, |it| {
        let it = it.replace("{old}", table).replace("{new}", "excluded");
        format!(" WHERE {it}")
    });
    format!(" ON CONFLICT({keys}) DO UPDATE SET {set}{guard}")
}
