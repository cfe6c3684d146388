//! What was published of the journal: where every client's log ended, kept in a file outside the
//! database. A database that does not hold what was published is an old copy or another one, and
//! nobody goes on with it by mistake (P32).

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use engine::{
    audit::source::{Head, Source, Standing},
    desk::Desk,
    store::StoreError,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{sync::watch, time};

/// How the file is written; a program that does not know the number does not touch it.
const FORMAT: u32 = 1;
/// How long after a record its head is published at the latest.
const SOON: Duration = Duration::from_secs(2);

/// A head and since when it is out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Out {
    /// When it was published.
    pub at: DateTime<Utc>,
    /// The head.
    #[serde(flatten)]
    pub head: Head,
}

/// A published head that was given up on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// When.
    pub at: DateTime<Utc>,
    /// What had been published.
    pub published: Out,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// `FORMAT`.
    pub format: u32,
    /// Which program wrote it.
    pub program: String,
    /// Heads, one a client.
    pub heads: Vec<Out>,
    /// Heads given up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<GivenUp>,
}

/// A published head that the database does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What was published.
    pub published: Out,
    /// How the database stands to it.
    pub found: Standing,
}

/// Why heads cannot be compared or published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file cannot be used.
    #[error("{path}: {why:#}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: anyhow::Error,
    },
    /// The database does not hold what was published.
    #[error("the database does not hold what was published: {}", named(.0))]
    Lost(Vec<Lost>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn named(all: &[Lost]) -> String {
    let one = |it: &Lost| {
        format!(
            "{} ({} records)",
            it.published.head.client, it.published.head.size
        )
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Reads the file; `None` when nothing was published yet.
///
/// # Errors
/// It cannot be read, or says what no journal can say: it is never taken for empty.
pub fn read(path: &Path) -> Result<Option<Published>, PublishError> {
    let text = match fs::read(path) {
        Ok(it) => it,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error.into())),
    };
    let found: Published = serde_json::from_slice(&text)
        .context("not a file of heads")
        .map_err(at(path))?;
    if found.format != FORMAT {
        return Err(at(path)(anyhow::anyhow!(
            "written by a newer program, {}",
            found.program
        )));
    }
    if let Some(it) = found.heads.iter().find(|it| it.head.edge().is_none()) {
        let client = &it.head.client;
        return Err(at(path)(anyhow::anyhow!("the head of {client} is damaged")));
    }
    Ok(Some(found))
}

fn at(path: &Path) -> impl Fn(anyhow::Error) -> PublishError {
    |why| PublishError::File {
        path: path.to_owned(),
        why,
    }
}

/// Published heads that the database does not hold; none when all is well.
///
/// # Errors
/// File or database cannot be read.
pub async fn lost(published: &Published, source: &Source) -> Result<Vec<Lost>, StoreError> {
    let mut all = Vec::new();
    for it in &published.heads {
        let found = source.standing(&it.head).await?;
        if !matches!(found, Standing::Holds(_)) {
            all.push(Lost {
                published: it.clone(),
                found,
            });
        }
    }
    Ok(all)
}

/// Refuses a database that does not hold what was published.
///
/// # Errors
/// [`PublishError::Lost`], or file or database cannot be read.
pub async fn check(path: &Path, source: &Source) -> Result<(), PublishError> {
    let Some(published) = read(path)? else {
        return Ok(());
    };
    match lost(&published, source).await? {
        all if all.is_empty() => Ok(()),
        all => Err(PublishError::Lost(all)),
    }
}

/// Publishes where every log ends now, provided each goes on from what was published. Writes
/// only what is new; several processes take turns. Returns what is published now.
///
/// # Errors
/// As [`check`], with nothing written; or the file cannot be written.
pub async fn publish(
    path: &Path,
    source: &Source,
    now: DateTime<Utc>,
) -> Result<Published, PublishError> {
    let _turn = turn(path).await?;
    let before = read(path)?;
    let after = next(before.as_ref(), source, now).await?;
    if before.as_ref() != Some(&after) {
        write(path, &after)?;
    }
    Ok(after)
}

/// Gives up the published heads that the database does not hold, and publishes what it holds.
/// Returns what was given up.
///
/// # Errors
/// File or database cannot be read or written.
pub async fn give_up(
    path: &Path,
    source: &Source,
    now: DateTime<Utc>,
) -> Result<Vec<Lost>, PublishError> {
    let _turn = turn(path).await?;
    let Some(mut before) = read(path)? else {
        return Ok(Vec::new());
    };
    let gone = lost(&before, source).await?;
    before
        .heads
        .retain(|it| !gone.iter().any(|gone| gone.published == *it));
    before.given_up.extend(gone.iter().map(|it| GivenUp {
        at: now,
        published: it.published.clone(),
    }));
    let after = next(Some(&before), source, now).await?;
    write(path, &after)?;
    Ok(gone)
}

async fn next(
    before: Option<&Published>,
    source: &Source,
    now: DateTime<Utc>,
) -> Result<Published, PublishError> {
    let mut after = Published {
        format: FORMAT,
        program: concat!("guichet ", env!("CARGO_PKG_VERSION")).into(),
        heads: before.map(|it| it.heads.clone()).unwrap_or_default(),
        given_up: before.map(|it| it.given_up.clone()).unwrap_or_default(),
    };
    // Read after the file was: a database that is whole cannot look older than what it published.
    let now_there = source.heads().await?;
    let mut gone = Vec::new();
    for it in &mut after.heads {
        if now_there.contains(&it.head) {
            continue;
        }
        match source.standing(&it.head).await? {
            Standing::Holds(head) => *it = Out { at: now, head },
            found => gone.push(Lost {
                published: it.clone(),
                found,
            }),
        }
    }
    if !gone.is_empty() {
        return Err(PublishError::Lost(gone));
    }
    for head in now_there {
        let known = after.heads.iter().any(|it| it.head.client == head.client);
        if !known && head.size > 0 {
            after.heads.push(Out { at: now, head });
        }
    }
    Ok(after)
}

/// Waits for its turn to read and write the file.
async fn turn(path: &Path) -> Result<File, PublishError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let dir = path.parent().map(Path::to_owned);
    let locked = tokio::task::spawn_blocking(move || {
        if let Some(dir) = dir.filter(|it| !it.as_os_str().is_empty()) {
            fs::create_dir_all(dir)?;
        }
        let file = File::create(PathBuf::from(name))?;
        file.lock()?;
        Ok::<_, io::Error>(file)
    });
    let locked = locked.await.context("a lock").map_err(at(path))?;
    locked.map_err(|it| at(path)(it.into()))
}

/// All or nothing, and on disk when it returns.
fn write(path: &Path, it: &Published) -> Result<(), PublishError> {
    let dir = path
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        serde_json::to_writer_pretty(&mut file, it)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(dir)?.sync_all()?;
        Ok(())
    };
    write().map_err(at(path))
}

/// Publishes soon after every record, until told to stop; then once more.
pub async fn run(path: PathBuf, desk: Desk, mut stop: watch::Receiver<bool>) {
    let source = Source::of(&desk.store);
    let mut failed = String::new();
    loop {
        let last = *stop.borrow();
        match publish(&path, &source, desk.clock.now()).await {
            Ok(_) => failed.clear(),
            Err(error) => {
                let words = error.to_string();
                // The same fault is told once, not every other second.
                if words != failed {
                    tracing::error!(%error, "the journal's heads are not published");
                    failed = words;
                }
            }
        }
        if last {
            return;
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = time::sleep(SOON) => {}
        }
    }
}

/// A moment as the file and people write it.
#[must_use]
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
