//! Messages owed: taken by many, each held by one, and none that stands in the way of others (R3,
//! R4, R5, P13).

use chrono::Duration;
use engine::outbox::{Delivered, Due, Key, LEASE, Message, Step};
use std::collections::BTreeSet;
use tests::World;
use tokio::task::JoinSet;

/// Orders ten changes and lets their plans be asked about.
async fn ten_asked(world: &World) -> usize {
    for nth in 0..10 {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        world.settled(&world.order_with("C01", own).await).await;
    }
    messages(world).await.len()
}

async fn messages(world: &World) -> Vec<Message> {
    let all = world.desk.messages(None, None, 1_000).await;
    all.expect("messages")
}

async fn of(world: &World, due: &Due) -> Message {
    let all = messages(world).await;
    let found = all.into_iter().find(|it| it.key == due.key);
    found.expect("the message is kept")
}

async fn take(world: &World, most: u64) -> Vec<Due> {
    let taken = world.desk.take_notices(most).await;
    taken.expect("the outbox answers")
}

async fn noted(world: &World, all: &[(&Due, Step)]) -> BTreeSet<Key> {
    let held = world.desk.note_deliveries(all).await;
    held.expect("noted")
}

async fn ended(world: &World, due: &Due, end: Delivered) -> Message {
    let noted = world.desk.notice_ended(due, end).await;
    noted.expect("noted");
    of(world, due).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mailers_of_several_replicas_take_each_message_once() {
    let world = World::new().await;
    let owed = ten_asked(&world).await;
    let mut race = JoinSet::new();
    for _ in 0..4 {
        let desk = world.replica().await;
        race.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let taken = desk.take_notices(3).await.expect("the outbox answers");
                if taken.is_empty() {
                    return mine;
                }
                let ends: Vec<_> = taken
                    .iter()
                    .map(|it| (it, Step::Ends(Delivered::Sent("250".into()))))
                    .collect();
                desk.note_deliveries(&ends).await.expect("noted");
                mine.extend(taken.into_iter().map(|it| it.key));
            }
        });
    }
    let all: Vec<_> = race.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), owed);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), owed);
    assert!(messages(&world).await.iter().all(|it| it.state == "sent"));
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_it_is_prolonged_and_not_longer() {
    let world = World::new().await;
    ten_asked(&world).await;
    let taken = take(&world, 100).await;
    let held: Vec<_> = taken[1..]
        .iter()
        .map(|it| (it.key.clone(), it.fence))
        .collect();
    world.advance(LEASE - Duration::seconds(1));
    let still = world.desk.hold_notices(&held).await.expect("prolonged");
    assert_eq!(still.len(), held.len());
    world.advance(Duration::seconds(2));
    let again = take(&world, 100).await;
    assert_eq!(again.len(), 1, "only the one that was not prolonged");
    assert_eq!(again[0].key, taken[0].key);
    assert!(again[0].fence > taken[0].fence && !again[0].doubted);
    // Who lost it can neither prolong it nor say how it ended.
    let lost = [(taken[0].key.clone(), taken[0].fence)];
    let still = world.desk.hold_notices(&lost).await.expect("answered");
    assert!(still.is_empty());
    let late = ended(&world, &taken[0], Delivered::Never("late".into())).await;
    assert_eq!(late.state, "sending");
}

/// P13: what a dead mailer had taken and not begun never left; only what it had begun is in doubt.
#[tokio::test]
async fn a_mailer_that_dies_leaves_in_doubt_what_it_had_begun_and_nothing_else() {
    let world = World::new().await;
    let owed = ten_asked(&world).await;
    let taken = take(&world, 100).await;
    let begins = [(&taken[0], Step::Begins), (&taken[1], Step::Begins)];
    assert_eq!(noted(&world, &begins).await.len(), 2);
    let ends = [
        (&taken[0], Step::Ends(Delivered::Sent("250".into()))),
        (&taken[2], Step::Begins),
    ];
    noted(&world, &ends).await;
    let tries = async |due| of(&world, due).await.attempts;
    assert_eq!((tries(&taken[1]).await, tries(&taken[3]).await), (1, 0));
    world.desk.inherit_notices().await.expect("inherited");
    let heirs = take(&world, 100).await;
    assert_eq!(heirs.len(), owed - 3, "all but one sent and two begun");
    assert!(heirs.iter().all(|it| it.attempt == 1 && !it.doubted));
    for due in &heirs {
        ended(&world, due, Delivered::Sent("250".into())).await;
    }
    world.advance(LEASE + Duration::seconds(1));
    let doubted = take(&world, 100).await;
    let keys: Vec<_> = doubted.iter().map(|it| &it.key).collect();
    assert_eq!(keys, [&taken[1].key, &taken[2].key]);
    assert!(doubted.iter().all(|it| it.attempt == 2 && it.doubted));
    // Taken and not begun again, they are as free as all others when that mailer dies too.
    world.desk.inherit_notices().await.expect("inherited");
    assert!(take(&world, 100).await.iter().all(|it| it.doubted));
    // The dead one may have been only slow: what it says now changes nothing.
    let late = [(&taken[1], Step::Begins), (&taken[3], Step::Begins)];
    assert!(noted(&world, &late).await.is_empty());
}

#[tokio::test]
async fn a_message_that_begins_is_held_for_a_whole_lease() {
    let world = World::new().await;
    ten_asked(&world).await;
    let taken = take(&world, 2).await;
    world.advance(LEASE - Duration::seconds(1));
    noted(&world, &[(&taken[0], Step::Begins)]).await;
    world.advance(LEASE - Duration::seconds(1));
    let others = take(&world, 100).await;
    assert!(others.iter().any(|it| it.key == taken[1].key));
    assert!(others.iter().all(|it| it.key != taken[0].key));
    // Begun and then not let go after all: nothing of it is left.
    let back = ended(&world, &taken[0], Delivered::Back).await;
    assert_eq!((back.attempts, back.answer), (0, None));
}

/// P16: neither a lease nor a pause outlives the clock that gave it by days.
#[tokio::test]
async fn a_clock_set_back_keeps_no_message_waiting() {
    let world = World::new().await;
    let owed = ten_asked(&world).await;
    let taken = take(&world, 100).await;
    for due in &taken[..5] {
        ended(&world, due, Delivered::Later("451".into())).await;
    }
    world.advance(Duration::days(-3));
    assert_eq!(take(&world, 100).await.len(), owed);
    assert!(
        take(&world, 100).await.is_empty(),
        "and they are held again"
    );
}

#[tokio::test]
async fn what_was_not_tried_is_due_at_once_and_counts_as_no_try() {
    let world = World::new().await;
    ten_asked(&world).await;
    let taken = take(&world, 5).await;
    for due in &taken {
        let back = ended(&world, due, Delivered::Back).await;
        assert_eq!((back.state.as_str(), back.attempts), ("pending", 0));
    }
    let again: BTreeSet<_> = take(&world, 5).await.into_iter().map(|it| it.key).collect();
    assert_eq!(again, taken.into_iter().map(|it| it.key).collect());
}

/// P13: a mail server that is away for days loses nothing; after five of them a person looks.
#[tokio::test]
async fn a_message_is_tried_for_five_days() {
    let world = World::new().await;
    world.settled(&world.order("C01").await).await;
    let mut due = take(&world, 1).await.remove(0);
    let begun = world.now();
    let mut tries = 1;
    loop {
        let later = ended(&world, &due, Delivered::Later("451".into())).await;
        if later.state == "dead" {
            break;
        }
        assert_eq!(later.state, "pending");
        world.advance(Duration::hours(1));
        due = take(&world, 100)
            .await
            .into_iter()
            .find(|it| it.key == due.key)
            .expect("due again within the hour");
        tries += 1;
    }
    assert!(world.now() - begun >= Duration::days(5));
    assert_eq!(of(&world, &due).await.attempts, tries);
}

#[tokio::test]
async fn a_message_in_doubt_is_sent_once_more_even_after_other_trouble() {
    let world = World::new().await;
    world.settled(&world.order("C01").await).await;
    let first = take(&world, 1).await.remove(0);
    assert!(!first.doubted);
    let ends = [
        (Delivered::Later("451".into()), "pending", false),
        (Delivered::Unknown("cut".into()), "pending", true),
        (Delivered::Later("451".into()), "pending", true),
        (Delivered::Unknown("cut".into()), "unknown", true),
    ];
    let mut due = first.clone();
    for (end, state, doubted) in ends {
        assert_eq!(ended(&world, &due, end).await.state, state);
        world.advance(Duration::hours(1));
        let again = take(&world, 100).await;
        match again.into_iter().find(|it| it.key == first.key) {
            Some(it) => {
                assert_eq!(it.doubted, doubted);
                due = it;
            }
            None => assert_eq!(state, "unknown"),
        }
    }
}

/// R12: one message that cannot be read stops nobody's mail.
#[tokio::test]
async fn a_message_that_cannot_be_read_is_given_up_and_the_others_go() {
    let world = World::new().await;
    let owed = ten_asked(&world).await;
    let first = &messages(&world).await[0];
    let (client, record, n) = (&first.key.client, first.key.record, first.key.n);
    let damage = format!(
        "UPDATE notice SET facts = '{{', next_at = 0
         WHERE client = '{client}' AND record = {record} AND n = {n}"
    );
    world.sql(&damage).await.expect("damaged");
    assert!(take(&world, 1).await.len() == 1, "the next one is taken");
    assert_eq!(take(&world, 100).await.len(), owed - 2);
    let all = messages(&world).await;
    let bad = all.iter().find(|it| it.key == first.key).expect("kept");
    assert_eq!(bad.state, "dead");
    assert!(bad.answer.as_deref().unwrap_or_default().contains("facts"));
}
