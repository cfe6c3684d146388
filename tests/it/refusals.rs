//! Issue 2 §7: bad input is refused whole, before anything is touched, with code and remedy.

mod database;
mod gates;
mod quorum;

use catalogue::{Lang, Speed, Tokens};
use chrono::Duration;
use engine::{
    contract::Terms,
    desk::DeskError,
    id::CommandId,
    people::Right,
    ticket::{Command, Order, Refusal, RefusalKind, Start, Study, Ticket},
};
use serde_json::{Value, json};
use tests::{
    World, audit,
    play::{order_of, refusal},
    world::Setup,
};

/// Refused with that code, in both languages, and nothing at all was written.
pub(crate) async fn refused_whole<T: std::fmt::Debug>(
    world: &World,
    code: &str,
    attempt: impl Future<Output = Result<T, DeskError>>,
) -> Refusal {
    let db = world.desk.store.connection();
    let before = audit::row_counts(db).await;
    let refused = refusal(attempt.await);
    assert_eq!(refused.code(), code);
    let (fr, en) = (refused.sentence().fr, refused.sentence().en);
    assert!(
        fr.len() > 20 && en.len() > 20 && fr != en,
        "{code}: {fr} / {en}"
    );
    assert!(
        fr.ends_with('.') && en.ends_with('.'),
        "{code}: {fr} / {en}"
    );
    assert_eq!(refused.sentence().get(Lang::Fr), fr);
    let loose = ["« ", " »", " :", " ;", " ?", " !", "'"];
    assert!(
        !loose.iter().any(|it| fr.contains(it)),
        "French typography: {fr}"
    );
    assert_eq!(audit::row_counts(db).await, before, "{code}");
    refused
}

fn with(world: &World, code: &str, own: Value) -> Order {
    let mut order = order_of(&world.entry(code), Speed::Normal);
    order
        .answers
        .extend(own.as_object().cloned().expect("answers are an object"));
    order
}

async fn form_refused(code: &str, own: Value, pointers: &[&str]) {
    let world = World::new().await;
    let order = with(&world, code, own);
    let refused = refused_whole(&world, "form.invalid", world.send("camille", order)).await;
    let Refusal::Form(faults) = &refused else {
        panic!("{refused:?}");
    };
    let found: Vec<String> = faults.iter().map(|it| it.pointer.clone()).collect();
    assert_eq!(found, pointers, "{faults:?}");
    assert_eq!(refused.kind(), RefusalKind::Invalid);
}

#[tokio::test]
async fn an_unknown_line_does_not_exist() {
    let world = World::new().await;
    assert!(world.desk.catalogue.get("K99").is_none());
    let refused = Refusal::UnknownLine("K99".into());
    assert_eq!(
        (refused.code(), refused.clause()),
        ("catalogue.unknown-line", Some("§3.1 (S2)"))
    );
    assert!(refused.sentence().en.contains("K99"));
}

#[tokio::test]
async fn a_form_with_faults_is_refused_with_all_of_them() {
    form_refused("K01", json!({ "pool": null }), &["/pool"]).await;
    form_refused(
        "K01",
        json!({ "max": 100_000, "min": -1 }),
        &["/min", "/max"],
    )
    .await;
    form_refused("K01", json!({ "min": 9, "max": 2 }), &["/min"]).await;
    form_refused("K06", json!({ "action": "explode" }), &["/action"]).await;
    form_refused("K06", json!({ "cluster": "prod-lyon" }), &["/cluster"]).await;
    form_refused(
        "C01",
        json!({ "path": "manifests/../etc/shadow" }),
        &["/path"],
    )
    .await;
    form_refused(
        "C01",
        json!({ "content": "x".repeat(70_000) }),
        &["/content"],
    )
    .await;
    form_refused("K06", json!({ "surprise": "me" }), &["/surprise"]).await;
    form_refused(
        "C12",
        json!({ "dashboard": "a\r\nBcc: all@example.org" }),
        &["/dashboard"],
    )
    .await;
}

#[tokio::test]
async fn parameters_that_the_action_refuses_are_refused_before_anything_is_reserved() {
    let world = World::new().await;
    let order = with(
        &world,
        "C01",
        json!({ "repo": "acme/forbidden-by-the-action" }),
    );
    refused_whole(&world, "action.parameters", world.send("camille", order)).await;
}

/// S57, S55.
#[tokio::test]
async fn a_line_outside_the_contract_is_refused_with_its_clause() {
    let world = World::new().await;
    let send = |code: &str| {
        let order = Command::Order(Box::new(order_of(&world.entry(code), Speed::Normal)));
        let caller = world.desk.caller(world.actor("marie"));
        world.desk.create("MARTIN", "MARTIN-S", order, caller)
    };
    let refused = refused_whole(&world, "contract.not-subscribed", send("C01")).await;
    assert_eq!(refused.clause(), Some("§2.2, §3.2 (S57)"));
    let refused = refused_whole(&world, "contract.not-on-shared", send("K09")).await;
    assert_eq!(refused.clause(), Some("§1.13 (S55)"));
    assert_eq!(refused.kind(), RefusalKind::Rule);
    assert!(send("K06").await.is_ok(), "K06 may be ordered on Shared");
}

#[tokio::test]
async fn a_contract_that_has_not_begun_or_has_ended_orders_nothing() {
    for begins in ["2026-02-28T22:59:59Z", "2029-02-28T23:00:00Z"] {
        let begins = begins.parse().expect("an instant");
        let world = World::with(Setup {
            begins,
            ..Setup::default()
        })
        .await;
        let order = order_of(&world.entry("K06"), Speed::Normal);
        refused_whole(
            &world,
            "contract.outside-dates",
            world.send("camille", order),
        )
        .await;
    }
    for begins in ["2026-02-28T23:00:00Z", "2029-02-28T22:59:59Z"] {
        let begins = begins.parse().expect("an instant");
        let world = World::with(Setup {
            begins,
            ..Setup::default()
        })
        .await;
        world.order("K06").await;
    }
}

/// S11.
#[tokio::test]
async fn an_order_beyond_the_tokens_left_is_refused() {
    let world = World::with(Setup {
        tokens: 2,
        ..Setup::default()
    })
    .await;
    let order = order_of(&world.entry("K11"), Speed::Normal);
    let refused = refused_whole(&world, "tokens.short", world.send("camille", order)).await;
    assert_eq!(
        refused,
        Refusal::NotEnoughTokens {
            needed: Tokens(3),
            available: Tokens(2)
        }
    );
    let order = order_of(&world.entry("C01"), Speed::Accelerated);
    refused_whole(&world, "tokens.short", world.send("camille", order)).await;
    world.order("C01").await;
}

/// S14: « maximum de 6 par an ».
#[tokio::test]
async fn a_seventh_acceleration_is_refused_until_the_next_contract_year() {
    let world = World::with(Setup {
        tokens: 500,
        ..Setup::default()
    })
    .await;
    for nth in 1..=6 {
        let ticket = world.order_at("C01", Speed::Accelerated).await;
        assert_eq!(ticket.slot.map(|it| it.1), Some(nth));
    }
    let order = order_of(&world.entry("C01"), Speed::Accelerated);
    let refused = refused_whole(&world, "quota.spent", world.send("camille", order)).await;
    assert_eq!(refused.clause(), Some("§4 Changement Accéléré (S14)"));
    let resets = "2027-03-01".parse().expect("a day");
    assert_eq!(refused, Refusal::QuotaSpent { resets });
    assert!(
        refused.sentence().fr.contains("2027"),
        "{}",
        refused.sentence().fr
    );
    world.order("C01").await;
    let turn: chrono::DateTime<chrono::Utc> = "2027-02-28T23:00:00Z".parse().expect("it");
    world.advance(turn - world.now());
    assert_eq!(
        world
            .order_at("C01", Speed::Accelerated)
            .await
            .slot
            .map(|it| it.1),
        Some(1)
    );
}

/// S12, A6.
#[tokio::test]
async fn a_quoted_line_is_never_accelerated() {
    let world = World::new().await;
    for code in ["C11", "C12", "C13"] {
        let order = order_of(&world.entry(code), Speed::Accelerated);
        refused_whole(&world, "quota.not-for-quotes", world.send("camille", order)).await;
    }
}

#[tokio::test]
async fn a_start_in_the_past_or_too_far_ahead_is_refused() {
    let world = World::new().await;
    for at in [Duration::hours(-1), Duration::days(400)] {
        let mut order = order_of(&world.entry("K06"), Speed::Normal);
        order.start = Start::At(world.now() + at);
        refused_whole(&world, "window.bad-start", world.send("camille", order)).await;
    }
}

/// Names and subjects become mail headers: no line break ever gets there.
#[tokio::test]
async fn titles_with_line_breaks_and_oversized_texts_are_refused() {
    let world = World::new().await;
    let open = |title: &str, need: &str| {
        let study = Study {
            title: title.into(),
            need: need.into(),
            on_behalf_of: None,
        };
        let caller = world.desk.caller(world.actor("camille"));
        world
            .desk
            .create("ACME", "ACME-K8S", Command::OpenStudy(study), caller)
    };
    let need = "We need it.";
    for title in [
        "",
        "  ",
        "a\r\nBcc: x@example.org",
        "a\nb",
        "a\u{0}b",
        "a\u{1b}[31m",
        "a\tb",
    ] {
        refused_whole(&world, "text.invalid", open(title, need)).await;
    }
    refused_whole(&world, "text.invalid", open(&"x".repeat(201), need)).await;
    refused_whole(&world, "text.invalid", open("Fine", &"x".repeat(4_001))).await;
    let mut order = order_of(&world.entry("K06"), Speed::Normal);
    order.why = Some("x".repeat(4_001));
    refused_whole(&world, "text.invalid", world.send("camille", order)).await;
}

/// S35: who may ask.
#[tokio::test]
async fn only_entitled_persons_of_the_client_order() {
    let world = World::new().await;
    for login in ["paul", "lea", "jules", "marie"] {
        let order = order_of(&world.entry("K06"), Speed::Normal);
        refused_whole(&world, "person.not-entitled", world.send(login, order)).await;
    }
    let mut order = order_of(&world.entry("K06"), Speed::Normal);
    order.on_behalf_of = Some(world.person("camille").id);
    let ticket = world
        .send("lea", order.clone())
        .await
        .expect("support files for Camille");
    assert_eq!(ticket.requester, world.person("camille").id);
    order.on_behalf_of = Some(world.person("paul").id);
    refused_whole(
        &world,
        "person.not-entitled",
        world.send("lea", order.clone()),
    )
    .await;
    order.on_behalf_of = Some(world.person("marie").id);
    refused_whole(&world, "not-found", world.send("lea", order)).await;
}

/// P23: no silent exemption where there is nobody else.
#[tokio::test]
async fn an_order_that_nobody_else_could_agree_to_is_refused() {
    let mut world = World::new().await;
    for login in ["paul", "ines"] {
        let off = format!("UPDATE person SET active = FALSE WHERE login = '{login}'");
        world.sql(&off).await.expect("direct access");
    }
    let order = order_of(&world.entry("K06"), Speed::Normal);
    let refused = refused_whole(&world, "gate.nobody", world.send("camille", order)).await;
    assert_eq!(refused.clause(), Some("§1.2 (S35)"));
    let rights = [Right::Commit, Right::Validate];
    world
        .add_person("zoe", "Zoé Weber", Some("ACME"), &rights)
        .await;
    world.order("K06").await;
}

#[tokio::test]
async fn one_key_with_another_content_is_refused() {
    let world = World::new().await;
    let caller = world.desk.caller(world.actor("camille"));
    let send = |code: &str| {
        let order = Command::Order(Box::new(order_of(&world.entry(code), Speed::Normal)));
        world.desk.create("ACME", "ACME-K8S", order, caller.clone())
    };
    let first: Ticket = send("K06").await.expect("ordered");
    refused_whole(&world, "idempotency.key-reused", send("C01")).await;
    let again = send("K06").await.expect("the same answer");
    assert_eq!((again.id, again.version), (first.id, first.version));
    let other = engine::desk::Caller {
        command: CommandId(uuid::Uuid::nil()),
        ..caller.clone()
    };
    let order = Command::Order(Box::new(order_of(&world.entry("K06"), Speed::Normal)));
    let second = world
        .desk
        .create("ACME", "ACME-K8S", order, other)
        .await
        .expect("ordered");
    assert_ne!(second.id, first.id);
}

/// Lines "by contract" on Shared open only where the contract says so (A27).
#[tokio::test]
async fn what_the_text_leaves_open_is_a_parameter_of_the_contract() {
    let terms = Terms {
        shared_checks: true,
        ..Terms::default()
    };
    assert!(terms.shared_checks && !Terms::default().shared_checks);
    let world = World::new().await;
    let line = world.entry("C07");
    assert!(line.orderable_on(catalogue::Offer::Shared, terms.shared_checks));
    assert!(!line.orderable_on(catalogue::Offer::Shared, Terms::default().shared_checks));
}
