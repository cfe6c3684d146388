//! P31: tiles are kept for speed and prove nothing; a wrong one is found all the same.

use super::{alter, found, guards, report, switch};
use tests::World;

/// How the tiles of a log of two and a bit are altered.
const TILES: [&str; 6] = [
    "UPDATE tile SET ends = substr(hashes, 1, 32) WHERE idx = 0",
    "UPDATE tile SET hashes = (SELECT t.hashes FROM tile t WHERE t.idx = 0) WHERE idx = 1",
    "DELETE FROM tile WHERE idx = 0",
    "UPDATE tile SET idx = idx + 1 WHERE idx = 1",
    "INSERT INTO tile SELECT client, 1, idx, ends, hashes FROM tile WHERE idx = 0",
    "UPDATE tile SET client = 'MARTIN' WHERE idx = 1",
];

#[tokio::test]
async fn a_tile_that_is_not_that_of_its_leaves_is_found_and_proves_nothing_p31() {
    let world = World::new().await;
    while world
        .number("SELECT max(seq) FROM record WHERE client = 'ACME'")
        .await
        < 513
    {
        world.grant(&world.acme, 1, None).await;
    }
    let proof = |seq| world.desk.inclusion("ACME", seq, None);
    let before = proof(3).await.expect("an answer").expect("a proof");
    assert!(report(&world).await.is_sound(), "no false alarm");
    let kept = guards(&world).await;
    switch(&world, false, &kept).await;
    alter(&world, "CREATE TABLE kept_tile AS SELECT * FROM tile").await;
    for sql in TILES {
        assert!(alter(&world, sql).await > 0, "nothing altered: {sql}");
        assert!(found(&world, "tiles").await > 0, "missed: {sql}");
        for seq in [3, 300] {
            // A wrong tile may keep a proof from being given; it never makes a wrong one.
            let given = proof(seq).await.ok().flatten();
            assert!(given.is_none_or(|it| it.root == before.root && it.holds()));
        }
        alter(&world, "DELETE FROM tile").await;
        alter(&world, "INSERT INTO tile SELECT * FROM kept_tile").await;
        assert_eq!(found(&world, "").await, 0, "a false alarm after {sql}");
    }
    switch(&world, true, &kept).await;
    assert!(report(&world).await.is_sound());
}
