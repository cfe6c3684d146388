//! A fresh database for one workload: a file, or a database on the named server, gone afterwards.

use super::Options;
use anyhow::Context as _;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// What is said where only PostgreSQL would do.
pub(super) const NO_SERVER: &str =
    "no PostgreSQL server is named: give --database or set GUICHET_TEST_POSTGRES";

static NTH: AtomicU32 = AtomicU32::new(0);

/// A fresh database.
pub(super) struct Place {
    /// Its address.
    pub(super) url: String,
    dir: tempfile::TempDir,
    server: Option<(String, String)>,
}

/// A directory of its own on the disk that is measured.
pub(super) fn directory(options: &Options) -> anyhow::Result<tempfile::TempDir> {
    let parent: PathBuf = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    tempfile::Builder::new()
        .prefix("guichet-bench-")
        .tempdir_in(&parent)
        .with_context(|| format!("a directory in {}", parent.display()))
}

impl Place {
    /// An SQLite file that does not exist yet.
    pub(super) fn file(options: &Options) -> anyhow::Result<Place> {
        let dir = directory(options)?;
        let url = format!("sqlite://{}", dir.path().join("guichet.db").display());
        Ok(Place {
            url,
            dir,
            server: None,
        })
    }

    /// A new database on the server.
    pub(super) async fn server(options: &Options) -> anyhow::Result<Place> {
        let server = options.postgres.clone().context(NO_SERVER)?;
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let name = format!("guichet_bench_{}_{nth}", std::process::id());
        let (base, _) = server
            .rsplit_once('/')
            .context("the address of a PostgreSQL database")?;
        let url = format!("{base}/{name}");
        admin(&server, &format!("CREATE DATABASE {name}")).await?;
        Ok(Place {
            url,
            dir: directory(options)?,
            server: Some((server, name)),
        })
    }

    /// The file, for a database that is one.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("guichet.db")
    }

    /// The directory beside it, for anchors.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Takes the database away.
    pub(super) async fn leave(self) -> anyhow::Result<()> {
        if let Some((server, name)) = &self.server {
            admin(server, &format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }
}

async fn admin(server: &str, sql: &str) -> anyhow::Result<()> {
    let db = Database::connect(server)
        .await
        .context("the PostgreSQL server")?;
    db.execute_unprepared(sql).await.context(sql.to_owned())?;
    db.close().await?;
    Ok(())
}
