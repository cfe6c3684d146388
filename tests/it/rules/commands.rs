//! R7–R9, R11: what people say arrives once, and is answered when it is safe.

use super::{kinds, running};
use chrono::Duration;
use engine::{
    approval::Verdict,
    store::{Known, Store},
    ticket::{Command, State, Ticket},
};
use serde_json::json;
use tests::{
    World, audit,
    play::{open_gate, order_of, refusal},
};
use tokio::task::JoinSet;
use workflows::Purpose;

const FILE: &str = "git/acme/shop/manifests/shop.yaml";

fn yes(ticket: &Ticket) -> Command {
    World::decision(ticket, Purpose::Agreement, Verdict::Approve)
}

/// R7: « signals are rows keyed by command id, never addressed to a run incarnation »: a yes that
/// was given to the first plan is the same yes when it is sent again, though there is a second
/// plan by now; it is neither lost nor counted for that one.
#[tokio::test]
async fn r07_a_decision_sent_again_after_a_new_plan_is_still_the_old_one() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let (caller, first) = (world.desk.caller(world.actor("paul")), yes(&ticket));
    let known = Known::from(&ticket);
    let said = world
        .desk
        .handle(&known, first.clone(), caller.clone())
        .await;
    assert_eq!(said.expect("accepted").state, State::Running);
    world.systems.meddle(FILE, json!("somebody else's"));
    let second = world.settled(&ticket).await;
    assert_eq!((second.state, second.round), (State::Agreeing, 2));
    let again = world.desk.handle(&known, first, caller).await;
    let again = again.expect("the same command is answered, not refused");
    assert_eq!(again, second, "and changes nothing");
    assert!(open_gate(&again, Purpose::Agreement).decisions.is_empty());
    world.carry(&second).await;
}

/// R8: « one inbox row per command; consumption is a conditional UPDATE ».
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r08_a_command_sent_twenty_times_at_once_is_one_command() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let before = world.number("SELECT count(*) FROM inbox").await;
    let (caller, known) = (world.desk.caller(world.actor("paul")), Known::from(&ticket));
    let mut race = JoinSet::new();
    for nth in 0..20 {
        let desk = if nth % 2 == 0 {
            world.desk.clone()
        } else {
            world.replica().await
        };
        let (known, command, caller) = (known.clone(), yes(&ticket), caller.clone());
        race.spawn(async move { desk.handle(&known, command, caller).await });
    }
    let answers = race.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let inbox = world.number("SELECT count(*) FROM inbox").await;
    assert_eq!(inbox - before, 1);
    assert_eq!(world.number("SELECT count(*) FROM decision").await, 1);
    let story = kinds(&world, &ticket).await;
    assert_eq!(story.iter().filter(|it| *it == "gate.decided").count(), 1);
    world.carry(&ticket).await;
}

/// R9: « answer 2xx only after commit returned »: whatever was answered is seen by a stranger at
/// once, and what the database refused was not answered.
#[tokio::test]
async fn r09_what_is_answered_is_committed() {
    let world = World::new().await;
    let stranger = Store::open(world.url()).await.expect("the database opens");
    let version = |id: engine::id::TicketId| {
        let db = stranger.connection().clone();
        async move {
            let sql = format!("SELECT version FROM ticket WHERE id = '{id}'");
            audit::number(&db, &sql).await
        }
    };
    let ticket = running(&world).await;
    assert_eq!(version(ticket.id).await, ticket.version);
    let reason = "Freeze.".to_owned();
    let still = world
        .act("jules", &ticket, Command::Suspend { reason })
        .await;
    assert_eq!(version(ticket.id).await, still.version);

    // From now on nothing can be written to the end.
    let (up, down) = broken_notices(&world);
    for sql in up {
        world.sql(sql).await.expect("the hook is set");
    }
    let bell = world.desk.bell.listen();
    let order = order_of(&world.entry("K11"), catalogue::Speed::Normal);
    let answer = world.send("camille", order).await;
    assert!(answer.is_err(), "{answer:?}");
    assert!(
        !bell.has_changed().expect("it hangs"),
        "nobody is told of it"
    );
    assert_eq!(world.number("SELECT count(*) FROM ticket").await, 1);
    for sql in down {
        world.sql(sql).await.expect("the hook is gone");
    }
    let resumed = world.act("jules", &still, Command::Resume).await;
    world.carry(&resumed).await;
}

/// Statements after which no message can be owed any more, and those that heal it.
fn broken_notices(world: &World) -> (Vec<&'static str>, Vec<&'static str>) {
    if world.url().starts_with("postgres") {
        let up = vec![
            "CREATE FUNCTION no_notice() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'no more'; END $$",
            "CREATE TRIGGER no_notice BEFORE INSERT ON notice
             FOR EACH ROW EXECUTE FUNCTION no_notice()",
        ];
        return (up, vec!["DROP TRIGGER no_notice ON notice"]);
    }
    let up = "CREATE TRIGGER no_notice BEFORE INSERT ON notice
              BEGIN SELECT RAISE(ABORT, 'no more'); END";
    (vec![up], vec!["DROP TRIGGER no_notice"])
}

/// R11: « expiry compared in the same statement »: the last instant counts, the next does not, and
/// nobody has to come by first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r11_the_last_instant_before_an_expiry_counts_and_the_expiry_does_not() {
    for (early, passes) in [(Duration::microseconds(1), true), (Duration::zero(), false)] {
        let world = World::new().await;
        let ticket = world.settled(&world.order("C01").await).await;
        let until = open_gate(&ticket, Purpose::Agreement).expires_at;
        world.advance(until.expect("it expires") - world.now() - early);
        let mut race = JoinSet::new();
        for login in ["paul", "ines", "paul", "ines"] {
            let (desk, known) = (world.desk.clone(), Known::from(&ticket));
            let (command, caller) = (yes(&ticket), world.desk.caller(world.actor(login)));
            race.spawn(async move { desk.handle(&known, command, caller).await });
        }
        let answers = race.join_all().await;
        let ok = answers.iter().filter(|it| it.is_ok()).count();
        assert_eq!(ok, usize::from(passes), "{answers:?}");
        if passes {
            world.carry(&ticket).await;
        } else {
            for it in answers {
                assert_eq!(refusal(it).code(), "gate.expired");
            }
        }
    }
}
