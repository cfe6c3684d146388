//! Laws that hold whatever the procedure: the three of promises §1.2, on every line of the
//! catalogue and on random graphs, and effects under actions that lie (P3, P6).

mod dags;
mod effects;
mod lines;

use engine::{
    approval::Verdict,
    ticket::{Command, State, Status, Task, Ticket},
};
use std::collections::BTreeMap;
use tests::{World, play::by_hand};
use workflows::{Party, Work};

/// A size of a test: small at each change, larger at night by an environment variable.
pub fn size(variable: &str, small: u32) -> u32 {
    let asked = std::env::var(variable).ok();
    asked.map_or(small, |it| it.parse().expect("a size is a number"))
}

/// How many random cases.
pub fn cases(few: u32) -> u32 {
    size("GUICHET_CASES", few)
}

fn decider(party: Party) -> &'static str {
    match party {
        Party::Client => "paul",
        Party::Operations => "jules",
        Party::SecondOperator => "nora",
        Party::Support => "lea",
        Party::Manager => "hugo",
    }
}

/// Everybody does what is theirs until the ticket is closed; whoever has `bad` does it badly, once:
/// a gate is refused, a task by hand fails, what a machine could not do is given up.
async fn carry_badly(world: &World, ticket: &Ticket, bad: &str) -> Ticket {
    let mut ticket = world.settled(ticket).await;
    let mut begun = false;
    for _ in 0..300 {
        if ticket.state == State::Closed {
            return ticket;
        }
        ticket = one_step(world, &ticket, bad, &mut begun).await;
        ticket = world.settled(&ticket).await;
    }
    panic!("{} never closes: {:?}", ticket.reference, ticket.state);
}

async fn one_step(world: &World, ticket: &Ticket, bad: &str, done: &mut bool) -> Ticket {
    if matches!(ticket.state, State::Contested | State::Blocked) {
        assert!(ticket.unwinding.is_none(), "no undo may fail: {ticket:?}");
        let reason = "It cannot be made to work.".into();
        return world.act("jules", ticket, Command::GiveUp { reason }).await;
    }
    if ticket.state == State::Quoting {
        let (tokens, note) = (catalogue::Tokens(5), "five".into());
        return world
            .act("hugo", ticket, Command::Quote { tokens, note })
            .await;
    }
    if let Some(gate) = ticket.open_gates().next() {
        let no = gate.task == bad && !std::mem::replace(done, true);
        let verdict = if no {
            Verdict::Reject
        } else {
            Verdict::Approve
        };
        let command = World::decision(ticket, gate.purpose, verdict);
        return world.act(decider(gate.party), ticket, command).await;
    }
    if let Some((task, role)) = ticket.tasks.iter().find_map(by_hand) {
        let undoing = task.status == Status::UndoDue;
        let well = undoing || task.node.name != bad;
        return world.do_by_hand(ticket, task, role, well).await;
    }
    // Only an effect that nobody but a person can take back is left.
    let due = ticket.tasks.iter().find(|it| it.status == Status::UndoDue);
    let due = due.unwrap_or_else(|| panic!("{} stands still", ticket.reference));
    world
        .do_by_hand(ticket, due, workflows::Role::Operator, true)
        .await
}

/// Tasks in the order in which they were taken back, from the journal.
async fn taken_back(world: &World, ticket: &Ticket) -> Vec<String> {
    let all = world.desk.history(ticket).await.expect("the journal");
    let back = all.into_iter().filter(|it| {
        it.kind == "effect.undone"
            || (it.kind == "task.done-by-hand" && it.leaf["from"] == State::Undoing.word())
    });
    back.filter_map(|it| it.task).collect()
}

/// P6: what began and left something was taken back, in reverse order, once each, and nothing else
/// was; no undo failed.
async fn assert_unwound(world: &World, closed: &Ticket, about: &str) {
    let story = world.transcript(closed).await;
    let mut began: Vec<&Task> = closed.tasks.iter().filter(|it| it.touched()).collect();
    began.sort_by_key(|it| std::cmp::Reverse((it.begun, it.seq)));
    let expected: Vec<&str> = began.iter().map(|it| it.node.name.as_str()).collect();
    assert_eq!(
        taken_back(world, closed).await,
        expected,
        "{about}\n{story}"
    );
    for it in &closed.tasks {
        let back = it.status == Status::Undone;
        assert_eq!(back, it.touched(), "{about}: {}\n{story}", it.node.name);
    }
    let effects = world.systems.effects().into_iter();
    let mine = effects.filter(|it| it.ticket == closed.reference);
    let mut balance: BTreeMap<String, i32> = BTreeMap::new();
    for it in mine.filter(|it| !it.target.contains("monitor.synthetic")) {
        *balance.entry(it.target).or_default() += if it.undo { -1 } else { 1 };
    }
    assert!(balance.values().all(|it| *it == 0), "{about}: {balance:?}");
    let wrong = world.faults().await;
    assert!(wrong.is_empty(), "{about}: {wrong:?}\n{story}");
}

/// Names of the tasks that call an action which changes something.
fn acting(ticket: &Ticket) -> Vec<String> {
    let machine = |it: &&Task| matches!(it.node.work, Work::Action { .. });
    let all = ticket.tasks.iter().filter(machine);
    all.map(|it| it.node.name.clone()).collect()
}
