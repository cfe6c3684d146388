//! P13: the mail server is away for an hour, or hangs up after the text: no letter is lost, and
//! none comes twice but where nobody can know whether it came.

use chrono::Duration;
use engine::outbox::Delivered;
use std::collections::BTreeMap;
use tests::World;

/// What the server did with each letter: how often it took it, by where the letter is kept.
type Taken = BTreeMap<(String, i64, i32), u32>;

/// Delivers everything that is due now; the server answers as told.
async fn deliver(world: &World, taken: &mut Taken, answer: impl Fn(u32) -> Delivered) {
    while let Some(due) = world.desk.take_notice().await.expect("it answers") {
        let key = (due.key.client.clone(), due.key.record, due.key.n);
        let before = taken.get(&key).copied().unwrap_or(0);
        let end = answer(before);
        if !matches!(end, Delivered::Later(_)) {
            *taken.entry(key).or_default() += 1;
        }
        world.desk.notice_ended(&due, end).await.expect("noted");
    }
}

async fn letters(world: &World, state: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM notice WHERE state = '{state}'");
    world.number(&sql).await
}

#[tokio::test]
async fn an_hour_without_a_mail_server_loses_no_letter() {
    let world = World::new().await;
    for nth in 0..5 {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        world.order_with("C01", own).await;
    }
    world.settle().await;
    let owed = letters(&world, "pending").await;
    assert!(owed > 10, "{owed}");
    let mut taken = Taken::new();
    for _ in 0..60 {
        deliver(&world, &mut taken, |_| Delivered::Later("421 away".into())).await;
        world.advance(Duration::minutes(1));
    }
    assert!(taken.is_empty());
    assert_eq!(letters(&world, "dead").await, 0, "an hour is not for ever");
    for _ in 0..60 {
        deliver(&world, &mut taken, |_| Delivered::Sent("250 ok".into())).await;
        world.advance(Duration::minutes(1));
    }
    assert_eq!(letters(&world, "sent").await, owed);
    assert_eq!(i64::try_from(taken.len()), Ok(owed));
    assert!(taken.values().all(|it| *it == 1), "{taken:?}");
}

#[tokio::test]
async fn a_letter_whose_answer_was_lost_is_sent_once_more_and_no_more() {
    let world = World::new().await;
    world.settled(&world.order("C01").await).await;
    let owed = letters(&world, "pending").await;
    let mut taken = Taken::new();
    for _ in 0..60 {
        // The server took it both times; the first time nobody heard so.
        deliver(&world, &mut taken, |before| match before {
            0 => Delivered::Unknown("reset".into()),
            _ => Delivered::Sent("250 ok".into()),
        })
        .await;
        world.advance(Duration::minutes(1));
    }
    assert_eq!(letters(&world, "sent").await, owed);
    assert!(taken.values().all(|it| *it == 2), "{taken:?}");
}
