//! Hashes of a log's subtrees: from its tiles, and from its leaves where no tile is complete yet.
//!
//! Tiles are made when somebody first asks for what is in them, never by whoever appends. Several
//! processes may make the same at once: the first row stays, and all are equal.

use super::{
    Store, StoreError,
    codec::corrupt,
    entity::{log_head, record, tile},
};
use crate::journal::{
    Frontier, Hash,
    proof::Node,
    tiles::{Place, Tile, Tiler, WIDTH, complete, root_of},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict, Query, SelectStatement, UnionType},
};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

/// How many tiles of leaves are made at a time: 8,192 leaves, some milliseconds.
const BATCH: u64 = 32;
/// Bytes of a hash.
const BYTES: usize = 32;

/// The hashes that are known of a tile: all of it, or the roots that end with it.
enum Found {
    Whole(Vec<Hash>),
    Ends(Vec<Hash>),
}

/// What has to be read for some subtrees.
#[derive(Debug, Default)]
struct Wanted {
    whole: BTreeSet<Place>,
    ends: BTreeSet<Place>,
    leaves: Option<Range<u64>>,
}

impl Wanted {
    fn of(nodes: &[Node], size: u64) -> Wanted {
        let mut it = Wanted::default();
        for node in nodes {
            let (place, range) = node.within();
            if place.is_complete(size) {
                it.whole.insert(place);
            } else if let Some((place, _)) = node.ends_with() {
                it.ends.insert(place);
            } else {
                let first = place.index * WIDTH;
                let (from, to) = (first + range.start as u64, first + range.end as u64);
                let old = it.leaves.unwrap_or(from..to);
                it.leaves = Some(old.start.min(from)..old.end.max(to));
            }
        }
        it
    }
}

/// Where a log ends, and one of its leaves.
#[derive(FromQueryResult)]
struct AtRow {
    size: i64,
    frontier: String,
    leaf: String,
}

impl Store {
    /// The edge of a client's log; `None` for a client without one.
    pub(crate) async fn edge(&self, client: &str) -> Result<Option<Frontier>, StoreError> {
        let head = log_head::Entity::find_by_id(client.to_owned())
            .one(self.reading())
            .await?;
        head.map(|it| super::append::frontier(&it)).transpose()
    }

    /// The same with one leaf; `None` when there is no such leaf.
    pub(crate) async fn edge_and_leaf(
        &self,
        client: &str,
        seq: u64,
    ) -> Result<Option<(Frontier, String)>, StoreError> {
        use log_head::Column as H;
        use record::Column as R;
        use sea_orm::ExprTrait as _;
        let Ok(seq) = i64::try_from(seq) else {
            return Ok(None);
        };
        let (head, row) = (log_head::Entity, record::Entity);
        let query = Query::select()
            .columns([(head, H::Size), (head, H::Frontier)])
            .column((row, R::Leaf))
            .from(head)
            .inner_join(row, Expr::col((row, R::Client)).equals((head, H::Client)))
            .and_where(Expr::col((head, H::Client)).eq(client))
            .and_where(Expr::col((row, R::Seq)).eq(seq))
            .take();
        let Some(found) = self.reading().query_one(&query).await? else {
            return Ok(None);
        };
        let AtRow {
            size,
            frontier,
            leaf,
        } = AtRow::from_query_result(&found, "")?;
        let size = u64::try_from(size).map_err(|e| corrupt("log", e))?;
        let edge = Frontier::decode(size, &frontier).ok_or_else(|| corrupt("log", "frontier"))?;
        Ok(Some((edge, leaf)))
    }

    /// The roots of those subtrees of a client's log, which ends at `edge`.
    pub(crate) async fn subtrees(
        &self,
        client: &str,
        edge: &Frontier,
        nodes: impl Iterator<Item = Node>,
    ) -> Result<HashMap<Node, Hash>, StoreError> {
        let mut known: HashMap<Node, Hash> = edge.nodes().collect();
        let nodes: BTreeSet<Node> = nodes.filter(|it| !known.contains_key(it)).collect();
        let nodes: Vec<Node> = nodes.into_iter().collect();
        let wanted = Wanted::of(&nodes, edge.size);
        let mut found = self.found(client, &wanted).await?;
        let missing: BTreeSet<Place> = wanted.whole.union(&wanted.ends).copied().collect();
        let missing = missing.into_iter().filter(|it| !found.contains_key(it));
        let missing: BTreeSet<Place> = missing.collect();
        if !missing.is_empty() {
            found.extend(self.make(client, edge.size, &missing).await?);
        }
        let leaves = match &wanted.leaves {
            Some(it) => self.leaves(client, it.clone()).await?,
            None => Vec::new(),
        };
        let first = wanted.leaves.map_or(0, |it| it.start);
        for node in nodes {
            let hash = of_tile(node, &found).or_else(|| of_leaves(node, first, &leaves));
            let hash = hash.ok_or_else(|| corrupt("tile", format!("{client}: {node:?}")))?;
            known.insert(node, hash);
        }
        Ok(known)
    }

    /// The tiles that there are of those, in one question.
    async fn found(
        &self,
        client: &str,
        wanted: &Wanted,
    ) -> Result<HashMap<Place, Vec<Found>>, StoreError> {
        let whole = wanted.whole.iter().map(|it| (it, tile::Column::Hashes));
        let ends = wanted.ends.iter().map(|it| (it, tile::Column::Ends));
        let mut all: Option<SelectStatement> = None;
        for (place, column) in whole.chain(ends) {
            let one = one(client, *place, column)?;
            match &mut all {
                None => all = Some(one),
                Some(it) => {
                    it.union(UnionType::All, one);
                }
            }
        }
        let mut found: HashMap<Place, Vec<Found>> = HashMap::new();
        let Some(all) = all else {
            return Ok(found);
        };
        for row in self.reading().query_all(&all).await? {
            let place = Place {
                level: narrow(row.try_get_by_index::<i32>(0)?)?,
                index: narrow(row.try_get_by_index::<i64>(1)?)?,
            };
            let hashes = hashes(&row.try_get_by_index::<Vec<u8>>(2)?)?;
            let it = match hashes.len() as u64 {
                WIDTH => Found::Whole(hashes),
                _ => Found::Ends(hashes),
            };
            found.entry(place).or_default().push(it);
        }
        Ok(found)
    }

    /// Makes the tiles of a log that are not there yet, keeps them, and returns those that are
    /// missing. That they cannot be kept, on a full disk for one, does not stand in the way.
    async fn make(
        &self,
        client: &str,
        size: u64,
        missing: &BTreeSet<Place>,
    ) -> Result<HashMap<Place, Vec<Found>>, StoreError> {
        let made = made(self.reading(), client).await?;
        // Somebody took one away: then all are made again.
        let gap = missing.iter().any(|it| it.leaves().end <= made * WIDTH);
        let roots = match gap {
            true => None,
            false => self.roots(client, made).await?,
        };
        let (mut next, mut tiler) = match roots {
            Some(roots) => (made, Tiler::resumed(made, &roots)),
            None => (0, Tiler::default()),
        };
        let (until, mut keeping) = (complete(size, 0), true);
        let mut found: HashMap<Place, Vec<Found>> = HashMap::new();
        while next < until {
            let to = until.min(next + BATCH);
            let mut tiles = Vec::new();
            for leaf in self.leaves(client, next * WIDTH..to * WIDTH).await? {
                tiler.append(leaf, &mut tiles);
            }
            next = to;
            if keeping && let Err(error) = self.keep(client, &tiles).await {
                tracing::warn!(client, %error, "tiles of the journal could not be kept");
                keeping = false;
            }
            let asked = tiles.into_iter().filter(|it| missing.contains(&it.place));
            for tile in asked {
                let both = vec![Found::Whole(tile.hashes), Found::Ends(tile.ends)];
                found.insert(tile.place, both);
            }
        }
        Ok(found)
    }

    /// The roots it takes to go on after that many tiles; `None` when one of them is not there.
    async fn roots(&self, client: &str, tiles: u64) -> Result<Option<Vec<Vec<Hash>>>, StoreError> {
        let mut all = Vec::new();
        for (level, range) in (0_i32..).zip(Tiler::needed(tiles)) {
            let rows: Vec<Vec<u8>> = tile::Entity::find()
                .select_only()
                .column(tile::Column::Ends)
                .filter(tile::Column::Client.eq(client))
                .filter(tile::Column::Level.eq(level))
                .filter(tile::Column::Idx.gte(narrow::<_, i64>(range.start)?))
                .filter(tile::Column::Idx.lt(narrow::<_, i64>(range.end)?))
                .order_by_asc(tile::Column::Idx)
                .into_tuple()
                .all(self.reading())
                .await?;
            if rows.len() as u64 != range.end - range.start {
                return Ok(None);
            }
            let roots = rows.iter().map(|it| Ok(hashes(it)?[0]));
            all.push(roots.collect::<Result<_, StoreError>>()?);
        }
        Ok(Some(all))
    }

    async fn keep(&self, client: &str, tiles: &[Tile]) -> Result<(), StoreError> {
        let rows: Vec<_> = tiles
            .iter()
            .map(|it| Ok(row(client, it)?.into_active_model()))
            .collect::<Result<_, StoreError>>()?;
        let store = self.clone();
        self.unit(async move {
            let tx = store.begin_apart().await?;
            tile::Entity::insert_many(rows)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(tx.db())
                .await?;
            tx.end().await
        })
        .await
    }

    /// The hashes of those leaves.
    async fn leaves(&self, client: &str, range: Range<u64>) -> Result<Vec<Hash>, StoreError> {
        let rows: Vec<String> = record::Entity::find()
            .select_only()
            .column(record::Column::LeafHash)
            .filter(record::Column::Client.eq(client))
            .filter(record::Column::Seq.gte(narrow::<_, i64>(range.start)?))
            .filter(record::Column::Seq.lt(narrow::<_, i64>(range.end)?))
            .order_by_asc(record::Column::Seq)
            .into_tuple()
            .all(self.reading())
            .await?;
        if rows.len() as u64 != range.end - range.start {
            return Err(corrupt("log", format!("{client}: not all of {range:?}")));
        }
        let one = |it: &String| {
            let bytes = hex::decode(it).map_err(|e| corrupt("leaf hash", e))?;
            bytes.try_into().map_err(|_| corrupt("leaf hash", it))
        };
        rows.iter().map(one).collect()
    }
}

/// How many tiles of leaves there are: they are made one after the other.
pub(crate) async fn made(db: &impl ConnectionTrait, client: &str) -> Result<u64, StoreError> {
    let last = tile::Entity::find()
        .select_only()
        .column(tile::Column::Idx)
        .filter(tile::Column::Client.eq(client))
        .filter(tile::Column::Level.eq(0))
        .order_by_desc(tile::Column::Idx)
        .limit(1)
        .into_tuple::<i64>()
        .one(db)
        .await?;
    match last {
        Some(it) => Ok(narrow::<_, u64>(it)?.saturating_add(1)),
        None => Ok(0),
    }
}

/// One column of one tile.
fn one(client: &str, place: Place, column: tile::Column) -> Result<SelectStatement, StoreError> {
    Ok(tile::Entity::find()
        .select_only()
        .columns([tile::Column::Level, tile::Column::Idx, column])
        .filter(tile::Column::Client.eq(client))
        .filter(tile::Column::Level.eq(i32::from(place.level)))
        .filter(tile::Column::Idx.eq(narrow::<_, i64>(place.index)?))
        .into_query())
}

/// A tile as it is stored.
pub(crate) fn row(client: &str, tile: &Tile) -> Result<tile::Model, StoreError> {
    Ok(tile::Model {
        client: client.to_owned(),
        level: i32::from(tile.place.level),
        idx: narrow(tile.place.index)?,
        ends: tile.ends.concat(),
        hashes: tile.hashes.concat(),
    })
}

fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, StoreError> {
    let (all, []) = bytes.as_chunks::<BYTES>() else {
        return Err(corrupt("tile", "half a hash"));
    };
    Ok(all.to_vec())
}

fn narrow<A, B: TryFrom<A>>(it: A) -> Result<B, StoreError>
where
    B::Error: ToString,
{
    B::try_from(it).map_err(|e| corrupt("tile", e))
}

fn of_tile(node: Node, found: &HashMap<Place, Vec<Found>>) -> Option<Hash> {
    let (place, range) = node.within();
    let whole = found
        .get(&place)
        .into_iter()
        .flatten()
        .find_map(|it| match it {
            Found::Whole(all) => root_of(all.get(range.clone())?),
            Found::Ends(_) => None,
        });
    whole.or_else(|| {
        let (place, nth) = node.ends_with()?;
        found.get(&place)?.iter().find_map(|it| match it {
            Found::Ends(all) => all.get(nth).copied(),
            Found::Whole(_) => None,
        })
    })
}

fn of_leaves(node: Node, first: u64, leaves: &[Hash]) -> Option<Hash> {
    let from = (node.index << node.height).checked_sub(first)?;
    let from = usize::try_from(from).ok()?;
    root_of(leaves.get(from..from.checked_add(1 << node.height)?)?)
}
