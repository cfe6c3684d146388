//! A step of the schema that moves rows loses none and changes none, there and back.

use migrations::Migrator;
use sea_orm::{DatabaseConnection, FromQueryResult, JsonValue, Statement};
use sea_orm_migration::MigratorTrait;
use tests::World;

const MOVED: [&str; 13] = [
    "client",
    "ticket",
    "ticket_order",
    "task",
    "gate",
    "gate_barred",
    "decision",
    "inbox",
    "hold",
    "settlement",
    "posting",
    "record",
    "notice",
];

async fn all(db: &DatabaseConnection) -> Vec<(&'static str, Vec<String>)> {
    let mut tables = Vec::new();
    for table in MOVED {
        let sql = format!("SELECT * FROM {table}");
        let asked = Statement::from_string(db.get_database_backend(), sql);
        let rows = JsonValue::find_by_statement(asked).all(db).await;
        let spelt = |mut row: JsonValue| {
            // Databases space out what they put together themselves.
            if let Some(graph) = row["graph"].as_str() {
                row["graph"] = serde_json::from_str(graph).expect("nodes");
            }
            row.to_string()
        };
        let rows = rows.expect("the rows of a table").into_iter().map(spelt);
        let mut rows: Vec<String> = rows.collect();
        rows.sort_unstable();
        tables.push((table, rows));
    }
    tables
}

#[tokio::test]
async fn the_last_steps_of_the_schema_keep_every_row_there_and_back() {
    let world = World::new().await;
    world.carry(&world.order("C01").await).await;
    world.order("C01").await;
    let db = world.desk.store.connection();
    let before = all(db).await;
    let empty: Vec<_> = before.iter().filter(|it| it.1.is_empty()).collect();
    assert!(empty.is_empty(), "nothing would be seen of {empty:?}");
    Migrator::down(db, Some(2)).await.expect("back");
    let nodes = "SELECT count(*) FROM task WHERE node LIKE '%' || name || '%'";
    let nodes = world.number(nodes).await;
    assert_eq!(nodes, world.number("SELECT count(*) FROM task").await);
    Migrator::up(db, None).await.expect("there");
    // A session of PostgreSQL that saw a table with other columns refuses to look at it again.
    let other = world.replica().await;
    for (before, after) in before.iter().zip(all(other.store.connection()).await) {
        assert!(*before == after, "{}", before.0);
    }
    assert_eq!(world.faults().await, Vec::<String>::new());
}
