//! P31: alterations that nobody thought of, drawn by dice from all rows and columns that are
//! vouched for. `GUICHET_TAMPERS` says how many.

use super::{alter, found, guards, report, switch, town};
use sea_orm::{ConnectionTrait, QueryResult};
use tests::{World, audit::rows, dice::Dice};

/// What the verification vouches for in a table.
struct Vouched {
    table: &'static str,
    key: &'static [&'static str],
    numbers: &'static [&'static str],
    words: &'static [&'static str],
    /// Whether the lack of a row is found, or is nobody's loss.
    missed: bool,
}

/// Left out is what only repeats the journal for speed or for people, such as when a row was
/// written, and what may be erased, an opening.
const VOUCHED: [Vouched; 11] = [
    Vouched {
        table: "record",
        key: &["client", "seq"],
        numbers: &["seq", "at"],
        words: &[
            "client",
            "kind",
            "ticket",
            "task",
            "person",
            "leaf",
            "leaf_hash",
        ],
        missed: true,
    },
    Vouched {
        table: "opening",
        key: &["client", "seq", "field"],
        numbers: &[],
        words: &["field", "salt", "value"],
        missed: false,
    },
    Vouched {
        table: "log_head",
        key: &["client"],
        numbers: &["size"],
        words: &["client", "frontier"],
        missed: true,
    },
    Vouched {
        table: "tile",
        key: &["client", "level", "idx"],
        numbers: &["level", "idx"],
        words: &["client"],
        missed: false,
    },
    Vouched {
        table: "hold",
        key: &["client", "id"],
        numbers: &["tokens"],
        words: &["client", "ticket", "lot"],
        missed: true,
    },
    Vouched {
        table: "settlement",
        key: &["client", "hold"],
        numbers: &["captured", "released"],
        words: &["client", "hold"],
        missed: true,
    },
    Vouched {
        table: "posting",
        key: &["client", "record", "n"],
        numbers: &["record", "n", "tokens"],
        words: &["client", "contract", "ticket", "lot", "debit", "credit"],
        missed: true,
    },
    Vouched {
        table: "decision",
        key: &["client", "gate", "person"],
        numbers: &[],
        words: &["client", "gate", "person", "digest", "verdict", "via"],
        missed: true,
    },
    Vouched {
        table: "lot",
        key: &["client", "id"],
        numbers: &["granted", "held", "spent", "expired"],
        words: &["client", "id", "contract"],
        missed: true,
    },
    Vouched {
        table: "slot",
        key: &["client", "contract", "year_from", "ordinal"],
        numbers: &["ordinal"],
        words: &["client", "year_from", "ticket"],
        missed: true,
    },
    Vouched {
        table: "ticket",
        key: &["client", "id"],
        numbers: &["version"],
        words: &["client", "id", "reference", "state"],
        missed: true,
    },
];

/// How many alterations.
fn tampers() -> usize {
    let given = std::env::var("GUICHET_TAMPERS").ok();
    given.map_or(100, |it| it.parse().expect("a number"))
}

/// The text with one character changed, never by its case alone, which hex does not tell apart.
fn slip(text: &str, dice: &mut Dice) -> String {
    let mut all: Vec<char> = text.chars().collect();
    let Some(it) = all.len().checked_sub(1).map(|last| dice.between(0, last)) else {
        return "7".into();
    };
    all[it] = if all[it] == '7' { '3' } else { '7' };
    all.into_iter().collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Vouched {
    /// Two of its rows, each by a condition that only it fulfils; the same one when there is one.
    async fn two(&self, world: &World, dice: &mut Dice) -> [String; 2] {
        let text: Vec<String> = self
            .key
            .iter()
            .map(|it| format!("CAST({it} AS TEXT) AS {it}"))
            .collect();
        let (text, table, order) = (text.join(", "), self.table, self.key.join(", "));
        let sql = format!("SELECT {text} FROM {table} ORDER BY {order}");
        let all = rows(world.desk.store.connection(), &sql).await;
        let one = |row: &QueryResult| {
            let is = |it: &&str| {
                let value: String = row.try_get("", it).expect("a key");
                format!("CAST({it} AS TEXT) = {}", quoted(&value))
            };
            let all: Vec<String> = self.key.iter().map(is).collect();
            all.join(" AND ")
        };
        let mut draw = || one(&all[dice.below(all.len())]);
        [draw(), draw()]
    }

    /// One alteration, as SQL; `None` when the dice would change nothing.
    async fn drawn(&self, world: &World, dice: &mut Dice) -> Option<String> {
        let (table, [here, there]) = (self.table, self.two(world, dice).await);
        let at = dice.below(self.numbers.len() + self.words.len());
        let (number, column) = match self.numbers.get(at) {
            Some(it) => (true, *it),
            None => (false, self.words[at - self.numbers.len()]),
        };
        let value = |place: String| {
            let sql = format!("SELECT CAST({column} AS TEXT) AS v FROM {table} WHERE {place}");
            async move {
                let found = rows(world.desk.store.connection(), &sql).await;
                found[0].try_get::<Option<String>>("", "v").expect("text")
            }
        };
        let set = |to: &str, place: &str| {
            let to = if number { to.to_owned() } else { quoted(to) };
            format!("UPDATE {table} SET {column} = {to} WHERE {place}")
        };
        match dice.below(10) {
            0 if self.missed => Some(format!("DELETE FROM {table} WHERE {here}")),
            1 if self.missed => {
                let client = here.split(" AND ").next()?;
                Some(format!("DELETE FROM {table} WHERE {client}"))
            }
            2 | 3 => {
                let (mine, other) = (value(here.clone()).await, value(there).await?);
                (mine.as_ref() != Some(&other)).then(|| set(&other, &here))
            }
            _ if number => {
                let by = dice.between(1, 1_000);
                let sign = if dice.percent(50) { '+' } else { '-' };
                Some(set(&format!("{column} {sign} {by}"), &here))
            }
            _ => {
                let mine = value(here.clone()).await.unwrap_or_default();
                Some(set(&slip(&mine, dice), &here))
            }
        }
    }
}

#[tokio::test]
async fn whatever_is_altered_by_chance_is_found_out_p31() {
    let world = town().await;
    let size = "SELECT max(seq) FROM record WHERE client = 'ACME'";
    while world.number(size).await < 530 {
        world.grant(&world.acme, 1, None).await;
    }
    // Whoever asks for a proof has the tiles made.
    let proof = world.desk.inclusion("ACME", 3, None).await;
    assert!(proof.expect("an answer").is_some());
    assert!(report(&world).await.is_sound(), "no false alarm");
    let kept = guards(&world).await;
    switch(&world, false, &kept).await;
    for it in &VOUCHED {
        let table = it.table;
        let sql = format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}");
        alter(&world, &sql).await;
    }
    let mut dice = Dice::thrown("tampers");
    let (mut made, mut missed) = (0, Vec::new());
    while made < tampers() {
        let it = &VOUCHED[dice.below(VOUCHED.len())];
        let Some(sql) = it.drawn(&world, &mut dice).await else {
            continue;
        };
        // What the schema itself refuses is no alteration.
        let db = world.desk.store.connection();
        if db.execute_unprepared(&sql).await.is_err() {
            continue;
        }
        made += 1;
        if found(&world, "").await == 0 {
            missed.push(sql);
        }
        let table = it.table;
        alter(&world, &format!("DELETE FROM {table}")).await;
        let back = format!("INSERT INTO {table} SELECT * FROM kept_{table}");
        alter(&world, &back).await;
    }
    for it in &VOUCHED {
        alter(&world, &format!("DROP TABLE kept_{}", it.table)).await;
    }
    switch(&world, true, &kept).await;
    assert!(report(&world).await.is_sound(), "a false alarm");
    assert!(missed.is_empty(), "{} of {made}: {missed:#?}", missed.len());
}
