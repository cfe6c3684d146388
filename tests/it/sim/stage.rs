//! The stage on which a schedule is played, and what is looked at after each step.

use super::{Law, people, step::Step};
use catalogue::Speed;
use chrono::Duration;
use engine::{
    desk::{Caller, Desk, DeskError},
    people::Actor,
    runner::Runner,
    store::Known,
    ticket::{Command, State, Ticket, command::Outcome},
};
use std::{collections::BTreeMap, future::Future, pin::pin, task::Poll};
use tests::{World, play::order_of, world::Setup};
use workflows::{Fault, FaultClass};

/// Most tickets of one schedule.
const MOST: usize = 6;

/// A world, what was seen of it so far, and what was said last.
pub struct Stage {
    /// The world.
    pub world: World,
    /// Tickets as they stood after the last step.
    pub tickets: Vec<Ticket>,
    other: Desk,
    said: Option<(Known, Command, Caller)>,
    fences: BTreeMap<(String, String), i64>,
    behind: Duration,
}

impl Stage {
    /// A world with tokens enough, and a second process on the same database.
    pub async fn new() -> Stage {
        let setup = Setup {
            tokens: 200,
            ..Setup::default()
        };
        let world = World::with(setup).await;
        Stage {
            other: world.replica().await,
            world,
            tickets: Vec::new(),
            said: None,
            fences: BTreeMap::new(),
            behind: Duration::zero(),
        }
    }

    /// Plays the steps; says after which one something no longer held.
    pub async fn run(&mut self, schedule: &[Step], law: Law) -> Result<(), String> {
        for (nth, step) in schedule.iter().enumerate() {
            let done = self.one(step).await;
            let held = match done {
                Ok(()) => self.check(law).await,
                wrong => wrong,
            };
            held.map_err(|e| format!("after step {nth}, {step:?}: {e}"))?;
        }
        Ok(())
    }

    fn pick(&self, at: u8) -> Option<Ticket> {
        let all = self.tickets.len();
        (all > 0).then(|| self.tickets[usize::from(at) % all].clone())
    }

    async fn one(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Order(line) => self.order(*line).await,
            Step::Work => self.work(false).await,
            Step::WorkTwice => self.work(true).await,
            Step::Look => {
                let woken = self.world.scheduler.lock().await.round().await;
                woken.map(drop).map_err(|e| e.to_string())
            }
            Step::DieAfter(commits) => {
                self.world.dying_round(u64::from(*commits)).await;
                Ok(())
            }
            Step::DieInside => {
                self.world.round_that_may_hang().await;
                Ok(())
            }
            Step::Wait(seconds) => {
                let by = Duration::seconds(*seconds);
                self.world.advance(by);
                self.behind = (self.behind - by).max(Duration::zero());
                Ok(())
            }
            Step::Answer(at, yes) => match self.pick(*at) {
                Some(ticket) => match ticket.open_gates().next() {
                    Some(gate) => self.say(&ticket, people::answer(gate, *yes)).await,
                    None => Ok(()),
                },
                None => Ok(()),
            },
            Step::Act(at, deed) => match self.pick(*at) {
                Some(ticket) => self.say(&ticket, people::deed(&ticket, *deed)).await,
                None => Ok(()),
            },
            Step::Again => self.again().await,
            Step::Stale(at) => self.stale(*at).await,
            Step::GoAway(at, polls) => self.go_away(*at, usize::from(*polls)).await,
            Step::Plant(method, how) => {
                self.world.systems.plant("", method, 1, *how);
                Ok(())
            }
            Step::Meddle(at) => {
                let targets: Vec<String> = self.world.systems.targets().into_keys().collect();
                if let Some(target) = targets.get(usize::from(*at) % targets.len().max(1)) {
                    self.world.systems.meddle(target, "a stranger's".into());
                }
                Ok(())
            }
            Step::Mend => {
                self.world.systems.mend();
                Ok(())
            }
        }
    }

    async fn order(&mut self, line: u8) -> Result<(), String> {
        let lines = people::lines(&self.world);
        if self.tickets.len() == MOST {
            return Ok(());
        }
        let code = &lines[usize::from(line) % lines.len()];
        let order = order_of(&self.world.entry(code), Speed::Normal);
        let made = self.world.send("camille", order).await;
        self.tickets.push(made.map_err(|e| e.to_string())?);
        Ok(())
    }

    /// A round that may hang inside a call: then that runner is dead.
    async fn work(&self, twice: bool) -> Result<(), String> {
        let mut hung = self.world.systems.hung();
        let first = Runner::new(self.world.desk.clone(), "first");
        let second = Runner::new(self.other.clone(), "second");
        let both = async {
            if twice {
                let (a, b) = tokio::join!(first.round(), second.round());
                a.and(b)
            } else {
                first.round().await
            }
        };
        let done = tokio::select! {
            done = both => done.map(drop).map_err(|e| e.to_string()),
            _ = hung.changed() => Ok(()),
        };
        self.world.let_commits_end().await;
        self.other.store.quiet().await;
        done
    }

    async fn say(&mut self, at: &Ticket, what: (&str, Command)) -> Result<(), String> {
        let (login, command) = what;
        let caller = self.world.desk.caller(self.world.actor(login));
        let known = Known::from(at);
        self.said = Some((known.clone(), command.clone(), caller.clone()));
        let answer = self.world.desk.handle(&known, command, caller).await;
        match answer {
            Ok(ticket) if ticket.version <= at.version => {
                Err(format!("{} was answered and did not move", at.reference))
            }
            Ok(_) | Err(DeskError::Refused(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The same command under the same name: whatever it did, it does nothing more.
    async fn again(&mut self) -> Result<(), String> {
        let Some((known, command, caller)) = self.said.clone() else {
            return Ok(());
        };
        let name = caller.command.to_string();
        let sql = format!("SELECT count(*) FROM inbox WHERE command = '{name}'");
        let applied = self.world.number(&sql).await > 0;
        let before = self.version(&known).await;
        let answer = self.other.handle(&known, command, caller).await;
        if let Err(DeskError::Store(error)) = &answer {
            return Err(error.to_string());
        }
        let moved = self.version(&known).await != before;
        if applied && (moved || answer.is_err()) {
            return Err(format!("said twice, done twice: moved {moved}, {answer:?}"));
        }
        Ok(())
    }

    async fn version(&self, at: &Known) -> i64 {
        let found = self.world.desk.ticket_at(at).await;
        found.expect("it answers").expect("it exists").version
    }

    async fn stale(&self, at: u8) -> Result<(), String> {
        let Some(ticket) = self.pick(at) else {
            return Ok(());
        };
        for task in ticket.tasks.iter().filter(|it| it.fence > 0) {
            let report = Command::Report {
                task: task.node.name.clone(),
                fence: task.fence - 1,
                outcome: Outcome::Failed {
                    fault: Fault::new(FaultClass::Rejected, "late"),
                    proofs: Vec::new(),
                },
                evidence: Vec::new(),
            };
            let caller = self.world.desk.caller(Actor::Engine("runner"));
            let known = Known::from(&ticket);
            let answer = self.world.desk.handle(&known, report, caller).await;
            if !matches!(answer, Err(DeskError::Refused(_))) {
                return Err(format!("a stale report was taken: {answer:?}"));
            }
        }
        Ok(())
    }

    /// Somebody presses and closes the browser. The press counts once or not at all.
    async fn go_away(&mut self, at: u8, polls: usize) -> Result<(), String> {
        let Some(ticket) = self.pick(at) else {
            return Ok(());
        };
        let Some(gate) = ticket.open_gates().next() else {
            return Ok(());
        };
        let (login, command) = people::answer(gate, true);
        let caller = self.world.desk.caller(self.world.actor(login));
        let known = Known::from(&ticket);
        self.said = Some((known.clone(), command.clone(), caller.clone()));
        let asked = self.world.desk.handle(&known, command, caller);
        let answered = polled(asked, polls).await;
        self.world.let_commits_end().await;
        match answered {
            Some(Ok(seen)) if self.version(&known).await < seen.version => {
                Err("what was answered is not there".into())
            }
            Some(Err(DeskError::Store(error))) => Err(error.to_string()),
            _ => Ok(()),
        }
    }

    /// What must hold after each step.
    async fn check(&mut self, law: Law) -> Result<(), String> {
        for nth in 0..self.tickets.len() {
            let (old, new) = (
                self.tickets[nth].version,
                self.world.reload(&self.tickets[nth]).await,
            );
            if new.version < old {
                return Err(format!("{} went back", new.reference));
            }
            for task in &new.tasks {
                let key = (new.reference.clone(), task.node.name.clone());
                let fence = self.fences.entry(key).or_insert(0);
                if task.fence < *fence {
                    return Err(format!("fence of {} went back", task.node.name));
                }
                *fence = task.fence;
            }
            self.tickets[nth] = new;
        }
        let wrong = self.world.faults().await;
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        law(self)
    }

    /// P7: once misfortunes end, every ticket can be brought to its end.
    pub async fn finish(&mut self) -> Result<(), String> {
        self.world.systems.mend();
        self.world.advance(self.behind);
        for patience in (0..40).rev() {
            self.world.outlast_the_lease();
            self.world.settle().await;
            self.check(super::nothing_more).await?;
            let open = |it: &&Ticket| it.state != State::Closed;
            let open: Vec<Ticket> = self.tickets.iter().filter(open).cloned().collect();
            if open.is_empty() {
                return Ok(());
            }
            for ticket in open {
                if let Some(what) = people::onward(&ticket, patience) {
                    self.say(&ticket, what).await?;
                }
            }
        }
        let open = self.tickets.iter().find(|it| it.state != State::Closed);
        let open = open.expect("one is left");
        let story = self.world.transcript(open).await;
        Err(format!("{} never ends:\n{story}", open.reference))
    }
}

/// Polls a future so many times and drops it, wherever it then is.
pub async fn polled<F: Future>(future: F, most: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = most;
    std::future::poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}
