//! What persons and machines do in a story, in few words.

use crate::{World, answers::answers};
use catalogue::{Entry, Speed, Tokens};
use chrono::Duration;
use engine::{
    approval::{Gate, Verdict},
    desk::DeskError,
    runner::Runner,
    store::Known,
    ticket::{Command, Order, Refusal, Start, State, Status, Study, Task, Ticket},
};
use serde_json::{Map, Value};
use workflows::{Party, Purpose, Role, Work};

/// How often a world may move before it should have come to rest.
const RESTLESS: usize = 500;
/// How many times ten milliseconds a ticket may stand still before it is said to.
const PATIENCE: usize = 500;

/// An order for the line, with plausible answers.
#[must_use]
pub fn order_of(entry: &Entry, speed: Speed) -> Order {
    Order {
        answers: answers(&entry.code),
        entry: entry.clone(),
        speed,
        start: Start::Asap,
        why: None,
        on_behalf_of: None,
    }
}

/// The refusal, for a command that had to be refused.
///
/// # Panics
/// When it was accepted, or the database failed.
#[must_use]
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, DeskError>) -> Refusal {
    match answer {
        Err(DeskError::Refused(refusal)) => refusal,
        other => panic!("should have been refused: {other:?}"),
    }
}

impl World {
    /// The line of that code.
    #[must_use]
    pub fn entry(&self, code: &str) -> Entry {
        let found = self.desk.catalogue.get(code);
        found.unwrap_or_else(|| panic!("no line {code}")).clone()
    }

    /// Sends an order in the name of a person of ACME.
    ///
    /// # Errors
    /// As the desk says.
    pub async fn send(&self, login: &str, order: Order) -> Result<Ticket, DeskError> {
        let caller = self.desk.caller(self.actor(login));
        let command = Command::Order(Box::new(order));
        self.desk.create("ACME", "ACME-K8S", command, caller).await
    }

    /// Camille orders the line with plausible answers.
    pub async fn order(&self, code: &str) -> Ticket {
        self.order_at(code, Speed::Normal).await
    }

    /// Camille orders the line at that speed.
    pub async fn order_at(&self, code: &str, speed: Speed) -> Ticket {
        let order = order_of(&self.entry(code), speed);
        let done = self.send("camille", order).await;
        done.unwrap_or_else(|e| panic!("{code} cannot be ordered: {e:?}"))
    }

    /// Camille orders the line with some answers of her own.
    pub async fn order_with(&self, code: &str, own: Value) -> Ticket {
        let mut order = order_of(&self.entry(code), Speed::Normal);
        let own: Map<String, Value> = own.as_object().cloned().expect("answers are an object");
        order.answers.extend(own);
        let done = self.send("camille", order).await;
        done.unwrap_or_else(|e| panic!("{code} cannot be ordered: {e:?}"))
    }

    /// Camille opens a study.
    pub async fn open_study(&self) -> Ticket {
        let study = Study {
            title: "Move the shop to another region".into(),
            need: "The shop must run in Lyon before the spring.".into(),
            on_behalf_of: None,
        };
        let caller = self.desk.caller(self.actor("camille"));
        let command = Command::OpenStudy(study);
        let made = self.desk.create("ACME", "ACME-K8S", command, caller).await;
        made.expect("a study can be opened")
    }

    /// A person asks something of a ticket.
    ///
    /// # Errors
    /// As the desk says.
    pub async fn ask(
        &self,
        login: &str,
        ticket: &Ticket,
        command: Command,
    ) -> Result<Ticket, DeskError> {
        let caller = self.desk.caller(self.actor(login));
        self.desk
            .handle(&Known::from(ticket), command, caller)
            .await
    }

    /// A person does something that must be accepted.
    pub async fn act(&self, login: &str, ticket: &Ticket, command: Command) -> Ticket {
        let kind = command.kind();
        let done = self.ask(login, ticket, command).await;
        done.unwrap_or_else(|e| panic!("{login}, {kind}: {e:?}"))
    }

    /// The ticket as it stands now.
    pub async fn reload(&self, ticket: &Ticket) -> Ticket {
        let found = self.desk.ticket_at(&Known::from(ticket)).await;
        found
            .expect("the database answers")
            .expect("the ticket exists")
    }

    /// Lets runner and clock work until nothing moves, waiting out the pauses between tries.
    pub async fn settle(&self) {
        for _ in 0..RESTLESS {
            let ran = self.runner.round().await.expect("the database answers");
            let mut scheduler = self.scheduler.lock().await;
            let woke = scheduler.round().await.expect("the database answers");
            drop(scheduler);
            if ran + woke == 0 && !self.wait_for_the_next_try().await {
                return;
            }
        }
        panic!("the world does not come to rest");
    }

    async fn wait_for_the_next_try(&self) -> bool {
        let now = self.now().timestamp_micros();
        let soon = now + 60_000_000;
        let sql = format!(
            "SELECT COALESCE(MIN(run_at), 0) FROM task WHERE by_machine
             AND status IN ('ready', 'undo_due') AND run_at > {now} AND run_at < {soon}"
        );
        let next = self.number(&sql).await;
        if next > 0 {
            self.advance(Duration::microseconds(next - now));
        }
        next > 0
    }

    /// One round of a runner that dies at its `nth` commit, or earlier where it hangs inside a
    /// call, and whether it came to that commit.
    pub async fn dying_round(&self, nth: u64) -> bool {
        let mut bell = self.desk.bell.listen();
        let mut hung = self.systems.hung();
        let last = *bell.borrow_and_update() + nth;
        let runner = Runner::new(self.desk.clone(), "mortal");
        let mut work = tokio::spawn(async move { runner.round().await.map(drop) });
        tokio::select! {
            biased;
            _ = bell.wait_for(|it| *it >= last) => {}
            _ = hung.changed() => {}
            done = &mut work => done.expect("a round ends").expect("the database answers"),
        }
        let died = *bell.borrow() >= last;
        work.abort();
        self.let_commits_end().await;
        died
    }

    /// What a dead runner had sent is carried out all the same: this waits for it.
    pub async fn let_commits_end(&self) {
        self.desk.store.quiet().await;
    }

    /// One round of a runner that hangs inside a call, and dies there.
    pub async fn hanging_round(&self) {
        let mut hung = self.systems.hung();
        let runner = Runner::new(self.desk.clone(), "mortal");
        let work = tokio::spawn(async move {
            while runner.round().await.expect("the database answers") > 0 {}
        });
        let patience = std::time::Duration::from_secs(20);
        let heard = tokio::time::timeout(patience, hung.changed()).await;
        heard
            .expect("somebody hangs")
            .expect("the systems are there");
        work.abort();
        self.let_commits_end().await;
    }

    /// Rounds of a runner until nothing is due, or until it hangs inside a call and dies there.
    pub async fn round_that_may_hang(&self) {
        let mut hung = self.systems.hung();
        let runner = Runner::new(self.desk.clone(), "mortal");
        let mut work = tokio::spawn(async move {
            while runner.round().await.expect("the database answers") > 0 {}
        });
        tokio::select! {
            heard = hung.changed() => heard.expect("the systems are there"),
            done = &mut work => done.expect("a round ends"),
        }
        work.abort();
        self.let_commits_end().await;
    }

    /// Long enough for every lease to have run out.
    pub fn outlast_the_lease(&self) {
        self.advance(Duration::seconds(20));
    }

    /// Settles, and gives the ticket as it stands then.
    pub async fn settled(&self, ticket: &Ticket) -> Ticket {
        self.settle().await;
        self.reload(ticket).await
    }

    /// The decision of a person on the open gate of that purpose.
    #[must_use]
    pub fn decision(ticket: &Ticket, purpose: Purpose, verdict: Verdict) -> Command {
        let gate = open_gate(ticket, purpose);
        Command::Decide {
            gate: gate.id,
            verdict,
            digest: gate.digest.clone(),
            comment: (verdict == Verdict::Reject).then(|| "Not like this.".into()),
        }
    }

    /// A person decides the open gate of that purpose.
    pub async fn decide_as(
        &self,
        login: &str,
        ticket: &Ticket,
        purpose: Purpose,
        verdict: Verdict,
    ) -> Ticket {
        let ticket = self.settled(ticket).await;
        self.act(login, &ticket, World::decision(&ticket, purpose, verdict))
            .await
    }

    /// A person approves the open gate of that purpose.
    pub async fn approve(&self, login: &str, ticket: &Ticket, purpose: Purpose) -> Ticket {
        self.decide_as(login, ticket, purpose, Verdict::Approve)
            .await
    }

    /// Everybody says yes until the plan is agreed; then machines work until they have to stop.
    pub async fn agree(&self, ticket: &Ticket) -> Ticket {
        let mut ticket = self.settled(ticket).await;
        while ticket.state == State::Agreeing {
            let purpose = ticket.open_gates().next().expect("an open gate").purpose;
            let login = if purpose == Purpose::Operations {
                "jules"
            } else {
                "paul"
            };
            ticket = self.approve(login, &ticket, purpose).await;
        }
        self.settled(&ticket).await
    }

    /// Everybody says yes once; then machines work until they have to stop.
    pub async fn agree_once(&self, ticket: &Ticket) -> Ticket {
        let mut ticket = self.settled(ticket).await;
        let round = ticket.round;
        while ticket.state == State::Agreeing && ticket.round == round {
            let gate = ticket.open_gates().next().expect("an open gate");
            let yes = World::decision(&ticket, gate.purpose, Verdict::Approve);
            ticket = self.act(decider(gate), &ticket, yes).await;
        }
        self.settled(&ticket).await
    }

    /// Everybody does what is theirs, and well, until the ticket is closed. Whoever holds a task
    /// when the world is at rest is dead: that lease is waited out.
    pub async fn carry(&self, ticket: &Ticket) -> Ticket {
        let mut ticket = self.settled(ticket).await;
        for _ in 0..RESTLESS {
            if ticket.state == State::Closed {
                return ticket;
            }
            if let Some(moved) = self.next_step(&ticket).await {
                ticket = moved;
            } else if ticket
                .tasks
                .iter()
                .any(|it| it.lease_until >= Some(self.now()))
            {
                self.outlast_the_lease();
            } else if !self.moves_on(&ticket).await {
                let (name, story) = (&ticket.reference, self.transcript(&ticket).await);
                panic!("{name} stands still:\n{story}");
            }
            ticket = self.settled(&ticket).await;
        }
        panic!("{} never closes: {:?}", ticket.reference, ticket.state);
    }

    /// Whether a commit that was still on its way moves the ticket before patience runs out.
    async fn moves_on(&self, ticket: &Ticket) -> bool {
        for _ in 0..PATIENCE {
            if self.settled(ticket).await.version != ticket.version {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        false
    }

    /// What somebody has to do next; `None` when nobody has.
    async fn next_step(&self, ticket: &Ticket) -> Option<Ticket> {
        if ticket.state == State::Quoting {
            let quote = Command::Quote {
                tokens: Tokens(5),
                note: "five tokens".into(),
            };
            return Some(self.act("hugo", ticket, quote).await);
        }
        if let Some(gate) = ticket.open_gates().next() {
            let login = decider(gate);
            let yes = World::decision(ticket, gate.purpose, Verdict::Approve);
            return Some(self.act(login, ticket, yes).await);
        }
        let (task, role) = ticket.tasks.iter().find_map(by_hand)?;
        Some(self.do_by_hand(ticket, task, role, true).await)
    }

    /// Whoever has that role does the task.
    pub async fn do_by_hand(&self, at: &Ticket, task: &Task, role: Role, well: bool) -> Ticket {
        let login = match role {
            Role::Operator => "jules",
            Role::Support => "lea",
            Role::Manager => "hugo",
        };
        let done = Command::Complete {
            task: task.node.name.clone(),
            well,
            evidence: format!("Did {} by hand.", task.node.name),
            spent: Tokens(0),
        };
        self.act(login, at, done).await
    }
}

/// The open gate of that purpose.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn open_gate(ticket: &Ticket, purpose: Purpose) -> &Gate {
    let found = ticket.open_gates().find(|it| it.purpose == purpose);
    found.unwrap_or_else(|| panic!("no open {purpose:?} on {:?}", ticket.state))
}

fn decider(gate: &Gate) -> &'static str {
    match gate.party {
        Party::Client => "paul",
        Party::Operations => "jules",
        Party::SecondOperator => "nora",
        Party::Support => "lea",
        Party::Manager => "hugo",
    }
}

/// A task that waits for a person's hands, and whose.
#[must_use]
pub fn by_hand(task: &Task) -> Option<(&Task, Role)> {
    let waits = matches!(task.status, Status::Ready | Status::UndoDue);
    match &task.node.work {
        Work::Manual { role, .. } if waits => Some((task, *role)),
        _ => None,
    }
}
