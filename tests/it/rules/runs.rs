//! R12–R15: one run does not disturb another, nor its own past.

use super::{claim, deposit, running, running_as, two_running};
use catalogue::Speed;
use chrono::Duration;
use engine::{
    runner::Runner,
    ticket::{Command, Ending, State, Status},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};
use tests::{How, World, play::order_of, play::refusal, world::Setup};
use workflows::workflow::Workflows;

/// R12: « per-run isolation »: a run that cannot even be read keeps nobody else from working, from
/// being woken, or from getting letters.
#[tokio::test]
async fn r12_a_run_that_cannot_be_read_stops_no_other() {
    let world = World::new().await;
    let [poison, other] = two_running(&world).await;
    let head = "SELECT head FROM ticket";
    let rows = tests::audit::rows(world.desk.store.connection(), head).await;
    assert_eq!(rows.len(), 2);
    let broken = format!(
        "UPDATE ticket SET head = '?' || head, version = version + 1 WHERE id = '{}'",
        poison.id
    );
    world.sql(&broken).await.expect("broken");
    // Something new about the client: whoever remembers its tickets reads those that moved again.
    world.grant(&world.acme, 1, None).await;
    assert!(world.desk.ticket_at(&(&poison).into()).await.is_err());
    let delivered = world.settled(&other).await;
    assert_eq!(delivered.state, State::Delivered);
    world.advance(Duration::days(3));
    world.settle().await;
    let reminded = world.reload(&delivered).await;
    let gate = reminded.open_gates().next().expect("a question");
    assert_eq!(gate.reminders, 1, "the clock goes on");
    let mut told = 0;
    for _ in 0..200 {
        match world.desk.take_notice().await {
            Ok(Some(due)) => {
                assert_eq!(due.ticket.id, other.id);
                told += 1;
                let sent = engine::outbox::Delivered::Sent("250 ok".into());
                world.desk.notice_ended(&due, sent).await.expect("noted");
            }
            Ok(None) => break,
            Err(error) => {
                assert!(error.to_string().contains("cannot be read"), "{error}");
                world.advance(Duration::seconds(1));
            }
        }
    }
    assert!(told > 0, "letters about the other ticket are sent");
    let owed = format!(
        "SELECT count(*) FROM notice WHERE ticket = '{}' AND state = 'pending' AND next_at <= {}",
        other.id,
        world.now().timestamp_micros()
    );
    assert_eq!(world.number(&owed).await, 0, "all of them");
    let healed = broken
        .replace("'?' || head", "substr(head, 2)")
        .replace("version + 1", "version - 1");
    world.sql(&healed).await.expect("healed");
    world.carry(&poison).await;
    world.carry(&reminded).await;
}

/// R12: « definition version pinned in the run » (P18): what was ordered under one version of a
/// procedure ends under it, though the program knows only the next one.
#[tokio::test]
async fn r12_a_run_keeps_the_procedure_it_was_ordered_under() {
    let file = |version: u32, last: &str| {
        format!(
            "title = {{ fr = \"Essai\", en = \"Trial\" }}\nversion = {version}\n\
             validated_by = \"A. Roy\"\n\
             [task.first]\ntitle = {{ fr = \"Un\", en = \"One\" }}\naction = \"kube.apply\"\n\
             with = {{ manifest = \"one\" }}\n\
             [task.{last}]\ntitle = {{ fr = \"Deux\", en = \"Two\" }}\naction = \"kube.apply\"\n\
             after = [\"first\"]\nwith = {{ manifest = \"{last}\" }}\n"
        )
    };
    let mut world = World::new().await;
    let (old, new) = (file(1, "second"), file(2, "replaced"));
    let load = |text: &str| Arc::new(Workflows::load([("trial", text)]).expect("sound"));
    world.desk.workflows = load(&old);
    let mut order = order_of(&world.entry("K06"), Speed::Normal);
    order.entry.workflow = "trial".into();
    let ticket = world.send("camille", order.clone()).await.expect("ordered");
    world
        .systems
        .plant_on("", "first", "apply", 1, How::HangAfter);
    let agreed = world.settled(&ticket).await;
    let agreed = world
        .approve("jules", &agreed, workflows::Purpose::Operations)
        .await;
    let yes = World::decision(
        &agreed,
        workflows::Purpose::Agreement,
        engine::approval::Verdict::Approve,
    );
    world.act("paul", &agreed, yes).await;
    world.hanging_round().await;

    // The next release: another procedure of that name; the old one is nowhere any more.
    let mut desk = world.replica().await;
    desk.workflows = load(&new);
    world.runner = Runner::new(desk.clone(), "next-release");
    world.scheduler = tokio::sync::Mutex::new(engine::scheduler::Scheduler::new(desk.clone()));
    world.desk = desk;
    world.outlast_the_lease();
    let closed = world.carry(&ticket).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(closed.ordered.workflow_version, 1);
    let did: Vec<_> = world
        .systems
        .effects()
        .into_iter()
        .map(|it| it.task)
        .collect();
    assert_eq!(did, ["first", "second"]);
    // What is ordered now runs under the new one.
    let fresh = world.send("camille", order).await.expect("ordered");
    assert_eq!(fresh.ordered.workflow_version, 2);
    let fresh = world.carry(&fresh).await;
    assert!(fresh.task("replaced").is_some() && fresh.task("second").is_none());
}

/// R12: « `abandoned` state with reason »: nothing is given up without one.
#[tokio::test]
async fn r12_nothing_is_given_up_without_a_reason() {
    let world = World::new().await;
    let denied = How::Fail(workflows::FaultClass::Denied);
    world.systems.plant("git.change", "plan", 1, denied);
    let ticket = world.settled(&world.order("C01").await).await;
    assert_eq!(ticket.state, State::Blocked);
    for reason in ["", "  \n"] {
        let reason = reason.to_owned();
        let answer = world
            .ask("jules", &ticket, Command::GiveUp { reason })
            .await;
        assert_eq!(refusal(answer).code(), "text.invalid");
    }
    let reason = "No such repository.".to_owned();
    let closed = world
        .act("jules", &ticket, Command::GiveUp { reason })
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert_eq!(closed.cause.as_deref(), Some("No such repository."));
}

/// R13: « effect carries expected generation of the target, adapter refuses older »: somebody
/// changed the target since the plan; their change is not overwritten but planned upon.
#[tokio::test]
async fn r13_an_older_plan_never_overwrites_a_newer_target() {
    let world = World::new().await;
    world.systems.plant("git.change", "apply", 1, How::Moved);
    let again = world.agree_once(&world.order("C01").await).await;
    assert_eq!((again.state, again.round), (State::Agreeing, 2));
    let theirs = json!("somebody else's");
    let targets = world.systems.targets();
    assert_eq!(targets.values().collect::<Vec<_>>(), [&theirs]);
    let plan = &deposit(&again).planned.as_ref().expect("planned anew").plan;
    assert_eq!(plan.before, theirs, "the new plan begins with it");
    world.carry(&again).await;
}

/// R14: « ids never reused; purge in one transaction, children first »: neither a reference nor the
/// key of an effect ever comes back, whatever became of its ticket.
#[tokio::test]
async fn r14_neither_references_nor_effect_keys_come_back() {
    let world = World::new().await;
    let (mut references, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for nth in 0..6 {
        let ticket = running(&world).await;
        assert!(
            references.insert(ticket.reference.clone()),
            "{references:?}"
        );
        let reason = "Next.".to_owned();
        let closed = match nth % 3 {
            0 => world.carry(&ticket).await,
            1 => {
                world
                    .act("camille", &ticket, Command::Cancel { reason })
                    .await
            }
            _ => {
                world.systems.plant("git.change", "verify", 1, How::Lie);
                world.settled(&ticket).await
            }
        };
        assert_eq!(closed.state, State::Closed);
    }
    for call in world
        .systems
        .calls()
        .iter()
        .filter(|it| it.method == "apply")
    {
        assert!(keys.insert((call.idem, call.ticket.clone())));
    }
    let alone: BTreeSet<_> = keys.iter().map(|it| it.0).collect();
    assert_eq!(alone.len(), keys.len(), "one key, one ticket");
    let gone = world.sql("DELETE FROM record").await;
    assert!(
        gone.is_err(),
        "what happened cannot be purged from under its names"
    );
}

/// R15: « no head-of-line lock without lease »: seventy stopped tickets, each with a task that
/// would be due, do not stand in the way of the one that is not stopped.
#[tokio::test]
async fn r15_stopped_tickets_do_not_stand_in_the_way() {
    let setup = Setup {
        tokens: 500,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let mut stopped = Vec::new();
    for nth in 0..70 {
        let ticket = running_as(&world, &format!("manifests/{nth}.yaml")).await;
        let reason = "Freeze.".to_owned();
        stopped.push(
            world
                .act("jules", &ticket, Command::Suspend { reason })
                .await,
        );
    }
    let live = running_as(&world, "manifests/live.yaml").await;
    let after = world.settled(&live).await;
    assert_eq!(after.state, State::Delivered, "it was not performed");
    world.carry(&after).await;
    for ticket in stopped {
        let reason = "Over.".to_owned();
        world
            .act("camille", &ticket, Command::Cancel { reason })
            .await;
    }
}

/// R15: a task whose holder died blocks the next one of its target as long as its lease, no longer.
#[tokio::test]
async fn r15_a_dead_holder_blocks_the_queue_for_a_lease_at_most() {
    let world = World::new().await;
    let (first, second) = (running(&world).await, world.order("C01").await);
    claim(&world, &first, "dead").await.expect("a claim");
    let waiting = world.agree(&second).await;
    assert_eq!(waiting.state, State::Scheduled, "its file is taken");
    world.outlast_the_lease();
    let first = world.settled(&first).await;
    assert_eq!(first.state, State::Delivered);
    let second = world.reload(&waiting).await;
    assert_ne!(second.state, State::Scheduled);
    assert_ne!(deposit(&second).status, Status::Running);
    world.carry(&second).await;
    world.carry(&first).await;
}
