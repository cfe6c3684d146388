//! What people say in a schedule, chosen among what makes sense at that moment.

use super::step::Deed;
use catalogue::Tokens;
use engine::{
    approval::{Gate, Verdict},
    ticket::{Command, State, Ticket},
};
use tests::{World, play::by_hand};
use workflows::{Party, Role};

/// An answer to a question of the ticket.
pub fn answer(gate: &Gate, yes: bool) -> (&'static str, Command) {
    let login = match gate.party {
        Party::Client => "paul",
        Party::Operations => "jules",
        Party::SecondOperator => "nora",
        Party::Support => "lea",
        Party::Manager => "hugo",
    };
    let verdict = if yes {
        Verdict::Approve
    } else {
        Verdict::Reject
    };
    let command = Command::Decide {
        gate: gate.id,
        verdict,
        digest: gate.digest.clone(),
        comment: (!yes).then(|| "Not like this.".into()),
    };
    (login, command)
}

/// What that deed is on that ticket; it may well be refused.
pub fn deed(ticket: &Ticket, deed: Deed) -> (&'static str, Command) {
    let why = || "Because.".to_owned();
    let stuck = || {
        let found = ticket.standstill.as_ref().map(|it| it.task.clone());
        found.unwrap_or_else(|| "plan".into())
    };
    match deed {
        Deed::Cancel => ("camille", Command::Cancel { reason: why() }),
        Deed::Suspend => ("jules", Command::Suspend { reason: why() }),
        Deed::Resume => ("jules", Command::Resume),
        Deed::Retry => ("jules", Command::Retry { task: stuck() }),
        Deed::Skip => {
            let (task, proof) = (stuck(), why());
            ("jules", Command::Skip { task, proof })
        }
        Deed::TakeOver => {
            let (task, reason) = (stuck(), why());
            ("jules", Command::TakeOver { task, reason })
        }
        Deed::GiveUp => ("jules", Command::GiveUp { reason: why() }),
        Deed::ByHand(well) => done_by_hand(ticket, well),
    }
}

fn done_by_hand(ticket: &Ticket, well: bool) -> (&'static str, Command) {
    let manual = ticket.tasks.iter().find_map(by_hand);
    let undo = |it: &&engine::ticket::Task| {
        it.status == engine::ticket::Status::UndoDue && engine::run::undone_by_hand(it)
    };
    let back = ticket.tasks.iter().find(undo);
    let (task, role) = match (manual, back) {
        (Some((task, role)), _) => (task.node.name.clone(), role),
        (None, Some(task)) => (task.node.name.clone(), Role::Operator),
        (None, None) => ("plan".into(), Role::Operator),
    };
    let login = match role {
        Role::Operator => "jules",
        Role::Support => "lea",
        Role::Manager => "hugo",
    };
    let command = Command::Complete {
        task,
        well,
        evidence: "Done by hand.".into(),
        spent: Tokens(0),
    };
    (login, command)
}

/// What somebody has to say so that the ticket comes to its end; `None` when only machines have.
pub fn onward(ticket: &Ticket, patience: u32) -> Option<(&'static str, Command)> {
    let unwinding = ticket.unwinding.is_some();
    match ticket.state {
        State::Suspended => Some(deed(ticket, Deed::Resume)),
        State::Blocked if unwinding => Some(deed(ticket, Deed::Skip)),
        State::Blocked if patience > 20 => Some(deed(ticket, Deed::Retry)),
        State::Blocked | State::Contested => Some(deed(ticket, Deed::GiveUp)),
        _ => {
            if let Some(gate) = ticket.open_gates().next() {
                return Some(answer(gate, true));
            }
            let (login, command) = done_by_hand(ticket, true);
            let real = !matches!(&command, Command::Complete { task, .. } if task == "plan");
            real.then_some((login, command))
        }
    }
}

/// Whether the world has lines that machines carry out.
pub fn lines(world: &World) -> Vec<String> {
    let all = ["C01", "K05", "K06", "K11", "K13", "K01", "C02"];
    let known = all
        .iter()
        .filter(|it| world.desk.catalogue.get(it).is_some());
    known.map(|it| (*it).to_owned()).collect()
}
