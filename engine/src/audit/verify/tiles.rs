//! Tiles against the leaves that they stand over. They are kept for speed and prove nothing by
//! themselves; but since they never change, a wrong one was put there by somebody.

use super::Book;
use crate::{
    journal::{
        Hash,
        tiles::{Tile, Tiler, WIDTH},
    },
    store::{StoreError, entity::tile, tiles},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter,
};

/// Whether there is a place for them: copies of older databases have none.
pub(super) async fn are_kept(db: &DatabaseTransaction) -> Result<bool, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relname = 'tile' AND n.nspname = current_schema()"
        }
        _ => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'tile'",
    };
    Ok(super::number(db, sql).await? > 0)
}

/// The tiles that follow from the leaves so far.
#[derive(Default)]
pub(super) struct Tiles {
    tiler: Tiler,
    made: Vec<Tile>,
    /// How many leaves those that are kept stand over: they are made one after the other.
    kept: u64,
    /// How many have to be there.
    due: u64,
}

impl Tiles {
    /// Those of one client's log; `None` where there is no place for any.
    pub(super) async fn begin(
        db: &DatabaseTransaction,
        client: &str,
    ) -> Result<Option<Tiles>, StoreError> {
        if !are_kept(db).await? {
            return Ok(None);
        }
        let tiles = tiles::made(db, client).await?;
        Ok(Some(Tiles {
            kept: tiles.saturating_mul(WIDTH),
            ..Tiles::default()
        }))
    }

    pub(super) fn leaf(&mut self, hash: Hash) {
        self.tiler.append(hash, &mut self.made);
    }

    /// Compares what the leaves so far have completed.
    pub(super) async fn compare(
        &mut self,
        db: &DatabaseTransaction,
        client: &str,
        book: &mut Book,
    ) -> Result<(), StoreError> {
        let kept = self.kept;
        let made = std::mem::take(&mut self.made);
        for it in made.iter().filter(|it| it.place.leaves().end <= kept) {
            let wanted = tiles::row(client, it)?;
            let key = (wanted.client.clone(), wanted.level, wanted.idx);
            let found = tile::Entity::find_by_id(key).one(db).await?;
            let name = format!("{}/{}", wanted.level, wanted.idx);
            match found {
                Some(found) => {
                    self.due += 1;
                    book.saw("tiles", 1);
                    if found != wanted {
                        book.note(
                            "tiles",
                            client,
                            format!("la tuile {name} n’est pas celle de ses feuilles"),
                            format!("tile {name} is not that of its leaves"),
                        );
                    }
                }
                None => book.note(
                    "tiles",
                    client,
                    format!("la tuile {name} manque, et d’autres la suivent"),
                    format!("tile {name} is missing, and others come after it"),
                ),
            }
        }
        Ok(())
    }

    /// Nothing stands there for which there are no leaves.
    pub(super) async fn end(
        self,
        db: &DatabaseTransaction,
        client: &str,
        book: &mut Book,
    ) -> Result<(), StoreError> {
        let all = tile::Entity::find()
            .filter(tile::Column::Client.eq(client))
            .count(db)
            .await?;
        let due = self.due;
        if all != due {
            book.note(
                "tiles",
                client,
                format!("{all} tuiles, dont {due} ont des feuilles"),
                format!("{all} tiles, of which {due} have leaves"),
            );
        }
        Ok(())
    }
}
