//! Where the database of a world is: a file, or a database of the PostgreSQL named in the
//! environment.

use sea_orm::{ConnectionTrait, Database};
use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

static NTH: AtomicU32 = AtomicU32::new(0);

/// Address of a database, the server it is to be dropped from, the folder it is in.
pub(crate) type Place = (String, Option<(String, String)>, Option<tempfile::TempDir>);

/// A fresh database: a file, or a database of the PostgreSQL named in the environment.
pub(crate) async fn database(folder: Option<&Path>) -> Place {
    let nth = NTH.fetch_add(1, Ordering::Relaxed);
    if let Ok(server) = std::env::var("GUICHET_TEST_POSTGRES") {
        let template = TEMPLATE.get_or_init(|| schema_once(&server)).await;
        let name = format!("guichet_test_{}_{nth}", std::process::id());
        make(&server, &name, Some(template)).await;
        return (beside(&server, &name), Some((server, name)), None);
    }
    let dir = match folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let dir = dir.expect("a folder for the database");
    let url = format!("sqlite://{}", dir.path().join("guichet.db").display());
    (url, None, Some(dir))
}

/// A database that already has the schema, to copy from: a copy is made faster than a schema.
static TEMPLATE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();

async fn schema_once(server: &str) -> String {
    let name = format!("guichet_template_{}", std::process::id());
    make(server, &name, None).await;
    let db = Database::connect(beside(server, &name))
        .await
        .expect("the new database answers");
    migrations::bring_up(&db).await.expect("the schema");
    db.close()
        .await
        .expect("a copy is only made of what nobody uses");
    name
}

/// The address of another database of the same server.
fn beside(server: &str, name: &str) -> String {
    let (base, _) = server
        .rsplit_once('/')
        .expect("an address with a database name");
    format!("{base}/{name}")
}

async fn make(server: &str, name: &str, template: Option<&String>) {
    let admin = Database::connect(server)
        .await
        .expect("the test server answers");
    let like = template.map_or_else(String::new, |it| format!(" TEMPLATE {it}"));
    for sql in [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name}{like}"),
    ] {
        admin
            .execute_unprepared(&sql)
            .await
            .expect("databases come and go");
    }
    admin.close().await.expect("the connection ends");
}
