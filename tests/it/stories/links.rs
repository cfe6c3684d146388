//! Promises §6: a personal link is a secret of which only the digest is kept.

use engine::outbox::{Delivered, token_digest};
use tests::{World, audit};
use workflows::Purpose;

/// Every text of every table, to look for secrets in.
async fn everything(world: &World) -> String {
    let db = world.desk.store.connection();
    let mut all = String::new();
    for (table, columns) in [
        (
            "link",
            "token_sha256 || gate || person || COALESCE(code_sha256, '')",
        ),
        ("notice", "occasion || facts || COALESCE(answer, '')"),
        ("record", "leaf"),
        ("opening", "field || salt || value"),
        ("ticket", "head"),
        ("ticket_order", "body || graph"),
        ("task", "body"),
    ] {
        for row in audit::rows(db, &format!("SELECT {columns} FROM {table}")).await {
            all += &row.try_get_by_index::<String>(0).expect("text");
        }
    }
    all
}

#[tokio::test]
async fn only_the_digest_of_a_link_is_kept_and_it_opens_one_persons_question() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let mut links = Vec::new();
    while let Some(due) = world.desk.take_notice().await.expect("the outbox") {
        if let Some(link) = &due.link {
            links.push((due.to.login.clone(), link.token.clone()));
        }
        let sent = Delivered::Sent("250 OK".into());
        world.desk.notice_ended(&due, sent).await.expect("noted");
    }
    let to: Vec<&str> = links.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(
        to,
        ["ines", "paul"],
        "everybody who may agree, and not who asked"
    );
    let kept = everything(&world).await;
    for (login, token) in &links {
        assert!(
            !kept.contains(token.as_str()),
            "the token itself is nowhere"
        );
        assert!(kept.contains(&token_digest(token).expect("our form")));
        let link = world.desk.link(token).await.expect("it").expect("it opens");
        assert_eq!(&link.person.login, login);
        assert_eq!(link.ticket.id, ticket.id);
        assert_eq!(link.gate.purpose, Purpose::Agreement);
    }
}

/// P21: opening a link, however often, decides nothing.
#[tokio::test]
async fn opening_a_link_changes_nothing() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let mut token = None;
    while let Some(due) = world.desk.take_notice().await.expect("the outbox") {
        token = token.or(due.link.as_ref().map(|it| it.token.clone()));
        world
            .desk
            .notice_ended(&due, Delivered::Sent("250".into()))
            .await
            .expect("noted");
    }
    let token = token.expect("a link");
    let before = audit::row_counts(world.desk.store.connection()).await;
    for _ in 0..20 {
        assert!(world.desk.link(&token).await.expect("it").is_some());
    }
    assert_eq!(
        audit::row_counts(world.desk.store.connection()).await,
        before
    );
    assert_eq!(world.reload(&ticket).await, ticket);
}

/// One altered character is a link that does not exist, found out without asking the database.
#[tokio::test]
async fn a_mistyped_or_guessed_link_opens_nothing() {
    let world = World::new().await;
    world.settled(&world.order("C01").await).await;
    let mut token = None;
    while let Some(due) = world.desk.take_notice().await.expect("the outbox") {
        token = token.or(due.link.as_ref().map(|it| it.token.clone()));
        world
            .desk
            .notice_ended(&due, Delivered::Sent("250".into()))
            .await
            .expect("noted");
    }
    let token = token.expect("a link");
    for at in 0..token.len() {
        let mut other: Vec<char> = token.chars().collect();
        other[at] = if other[at] == 'x' { 'y' } else { 'x' };
        let other: String = other.into_iter().collect();
        let found = world.desk.link(&other).await.expect("it");
        assert!(found.is_none(), "{other}");
    }
    for other in [
        "",
        "gch1_",
        "gch1__",
        "../../etc/passwd",
        "gch1_%00_00000000",
    ] {
        assert!(world.desk.link(other).await.expect("it").is_none());
    }
}

/// A message whose deliverer died is delivered by the next one; an answer that came too late
/// changes nothing; a bad recipient never blocks the others.
#[tokio::test]
async fn messages_are_taken_over_retried_and_given_up_one_by_one() {
    let world = World::new().await;
    world.settled(&world.order("C01").await).await;
    let lost = world
        .desk
        .take_notice()
        .await
        .expect("it")
        .expect("a message");
    world.advance(chrono::Duration::seconds(61));
    let again = loop {
        let due = world
            .desk
            .take_notice()
            .await
            .expect("it")
            .expect("still a message");
        if due.key == lost.key {
            break due;
        }
        world
            .desk
            .notice_ended(&due, Delivered::Sent("250".into()))
            .await
            .expect("noted");
    };
    assert!(again.fence > lost.fence);
    let late = Delivered::Sent("too late".into());
    world.desk.notice_ended(&lost, late).await.expect("ignored");
    world
        .desk
        .notice_ended(&again, Delivered::Never("550".into()))
        .await
        .expect("noted");
    while let Some(due) = world.desk.take_notice().await.expect("the outbox") {
        world
            .desk
            .notice_ended(&due, Delivered::Sent("250".into()))
            .await
            .expect("noted");
    }
    let all = world
        .desk
        .messages(None, None, 100)
        .await
        .expect("messages");
    let states = |state: &str| all.iter().filter(|it| it.state == state).count();
    assert_eq!((states("dead"), states("sent")), (1, all.len() - 1));
    assert_eq!(
        all.iter()
            .find(|it| it.key == lost.key)
            .map(|it| it.state.as_str()),
        Some("dead")
    );
}

/// Sends everything owed and gives Paul's links, in order.
async fn links_of_paul(world: &World) -> Vec<String> {
    let mut links = Vec::new();
    while let Some(due) = world.desk.take_notice().await.expect("the outbox") {
        if let Some(link) = due.link.as_ref().filter(|_| due.to.login == "paul") {
            links.push(link.token.clone());
        }
        world
            .desk
            .notice_ended(&due, Delivered::Sent("250".into()))
            .await
            .expect("noted");
    }
    links
}

/// Promises §6.2: a new mail supersedes the old link; only those concerned can ask for one.
#[tokio::test]
async fn a_newer_link_replaces_the_older_one() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let first = links_of_paul(&world).await.pop().expect("a link");
    let gate = tests::play::open_gate(&ticket, Purpose::Agreement).id;
    world.advance(chrono::Duration::minutes(1));
    let remind = || engine::ticket::Command::Remind { gate };
    let asker = tests::play::refusal(world.ask("camille", &ticket, remind()).await);
    assert_eq!(
        asker.code(),
        "gate.own-request",
        "the requester does not mail the approvers"
    );
    let stranger = tests::play::refusal(world.ask("luc", &ticket, remind()).await);
    assert_eq!(stranger.code(), "not-found");
    world.act("paul", &ticket, remind()).await;
    let second = links_of_paul(&world).await.pop().expect("a newer link");
    assert_ne!(first, second);
    let works = async |token: &str| {
        let link = world
            .desk
            .link(token)
            .await
            .expect("it")
            .expect("it is known");
        link.expires_at > world.now()
    };
    assert!(!works(&first).await && works(&second).await);
    world.advance(chrono::Duration::days(14));
    assert!(
        !works(&second).await,
        "a link lives as long as the contract says"
    );
}
