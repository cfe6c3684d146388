//! Keeps tickets under way: orders, answers what clients are asked, and orders the next one when a
//! ticket closes. Everything between is the engine's.

use super::{tell, town::Town};
use anyhow::Context as _;
use engine::{
    approval::Verdict,
    desk::Desk,
    runner::Runner,
    store::Known,
    ticket::{Command, Ticket},
};
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement,
};
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
    time,
};

/// How long nothing may close before the run counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nobody rings before open questions are looked at anyway.
const PATROL: Duration = Duration::from_secs(1);
/// With many tickets under way clients read their questions in batches, this far apart.
const BATCH: Duration = Duration::from_millis(2);
/// How often the run says how far it has come.
const WORD: Duration = Duration::from_secs(5);

/// What a run of tickets came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Driven {
    /// From the first order to the last closure, in seconds.
    pub(super) seconds: f64,
    /// From order to closure of each ticket, in milliseconds, in the order of closing.
    pub(super) took_ms: Vec<f64>,
    /// When each ticket closed, in seconds from the first order.
    pub(super) closed_at: Vec<f64>,
}

/// A question put to a client.
struct Question {
    known: Known,
    gate: String,
    digest: String,
}

/// Which questions are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// All of them.
    All,
    /// All but the last, so that tickets stay open.
    AllButValidation,
}

/// Desks with their runners at work, and the clients in front of them.
pub(super) struct Drive {
    desks: Vec<Desk>,
    town: Arc<Town>,
    stop: watch::Sender<bool>,
    hands: JoinSet<()>,
    eyes: DatabaseConnection,
    rung: Arc<Notify>,
}

impl Drive {
    /// Starts a runner at each desk. `url` is where open questions are read.
    pub(super) async fn start(desks: Vec<Desk>, town: Town, url: &str) -> anyhow::Result<Drive> {
        let (stop, told) = watch::channel(false);
        let rung = Arc::new(Notify::new());
        let mut hands = JoinSet::new();
        for (nth, desk) in desks.iter().enumerate() {
            let runner = Runner::new(desk.clone(), format!("bench-{nth}"));
            hands.spawn(runner.run(told.clone()));
            let (ear, until) = (desk.clone(), told.clone());
            hands.spawn(async move { ear.overhear(until).await });
            let (mut bell, rung) = (desk.bell.listen(), rung.clone());
            let mut told = told.clone();
            hands.spawn(async move {
                while !*told.borrow() {
                    tokio::select! {
                        heard = bell.changed() => if heard.is_err() { return },
                        _ = told.changed() => return,
                    }
                    rung.notify_one();
                }
            });
        }
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        // As the product asks: no word to the driver besides the question.
        options.test_before_acquire(false);
        Ok(Drive {
            desks,
            town: Arc::new(town),
            stop,
            hands,
            eyes: Database::connect(options).await?,
            rung,
        })
    }

    /// Takes tickets `from..from + tickets` from order to closure, `in_flight` at a time.
    pub(super) async fn carry(
        &self,
        from: usize,
        tickets: usize,
        in_flight: usize,
    ) -> anyhow::Result<Driven> {
        let (tell_closed, mut closed) = mpsc::unbounded_channel();
        let asked = self.answer(in_flight, Answer::All, move |ticket| {
            if ticket.ending.is_some() {
                // Nobody listens once the run is over.
                let _ = tell_closed.send(nth(ticket)?);
            }
            Ok(())
        });
        tokio::pin!(asked);
        let mut orders: JoinSet<anyhow::Result<()>> = JoinSet::new();
        let mut began = vec![None; tickets];
        let mut driven = Driven::default();
        let begun = Instant::now();
        let mut spoken = Instant::now();
        let mut next = 0;
        while driven.took_ms.len() < tickets {
            while next < tickets && next - driven.took_ms.len() < in_flight.max(1) {
                began[next] = Some(Instant::now());
                self.order(&mut orders, from + next, |_| Ok(()));
                next += 1;
            }
            tokio::select! {
                end = &mut asked => end?,
                Some(done) = orders.join_next(), if !orders.is_empty() => {
                    done.context("an order broke off")??;
                }
                it = time::timeout(PATIENCE, closed.recv()) => {
                    let it: usize = it
                        .with_context(|| format!(
                            "nothing closed for {} s, {} of {tickets} did",
                            PATIENCE.as_secs(), driven.took_ms.len(),
                        ))?
                        .context("nobody answers any more")?;
                    let start = it.checked_sub(from).and_then(|it| *began.get(it)?);
                    let start = start.context("a ticket of another run closed")?;
                    driven.took_ms.push(start.elapsed().as_secs_f64() * 1e3);
                    driven.closed_at.push(begun.elapsed().as_secs_f64());
                    if spoken.elapsed() > WORD {
                        spoken = Instant::now();
                        tell(&format!("  {} of {tickets} closed", driven.took_ms.len()));
                    }
                }
            }
        }
        driven.seconds = begun.elapsed().as_secs_f64();
        Ok(driven)
    }

    /// Takes a ticket that was ordered before to its closure; `false` when that takes longer.
    pub(super) async fn finish(&self, at: &Known, patience: Duration) -> anyhow::Result<bool> {
        let (tell_closed, mut closed) = mpsc::unbounded_channel();
        let heard = move |ticket: &Ticket| {
            if ticket.ending.is_some() {
                // Nobody listens once the run is over.
                let _ = tell_closed.send(());
            }
            Ok(())
        };
        tokio::select! {
            end = self.answer(1, Answer::All, heard) => end?,
            _ = closed.recv() => return Ok(true),
            () = time::sleep(patience) => {}
        }
        let ticket = self.desks[0].ticket_at(at).await?;
        Ok(ticket.is_some_and(|it| it.ending.is_some()))
    }

    /// Orders tickets `0..tickets`, `in_flight` at a time, and waits until each has been put to its
    /// client; nobody answers.
    pub(super) async fn open(&self, tickets: usize, in_flight: usize) -> anyhow::Result<()> {
        let mut orders: JoinSet<anyhow::Result<()>> = JoinSet::new();
        let mut spoken = Instant::now();
        for nth in 0..tickets {
            while orders.len() >= in_flight.max(1) {
                let done = orders.join_next().await.context("an order")?;
                done.context("an order broke off")??;
            }
            self.order(&mut orders, nth, |_| Ok(()));
            if spoken.elapsed() > WORD {
                spoken = Instant::now();
                tell(&format!("  {nth} of {tickets} ordered"));
            }
        }
        while let Some(done) = orders.join_next().await {
            done.context("an order broke off")??;
        }
        let waiting = "SELECT count(*) FROM gate WHERE state = 'open'";
        let (mut had, mut moved) = (-1.0, Instant::now());
        loop {
            let open = self.count(waiting).await?;
            if open >= super::stats::rate(tickets, 1.0) {
                return Ok(());
            }
            if open > had {
                (had, moved) = (open, Instant::now());
            }
            anyhow::ensure!(
                moved.elapsed() < PATIENCE,
                "only {open} were put to a client"
            );
            time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Orders tickets and answers all but the last question, for as long as the process lives;
    /// every ticket is `said` as it stands whenever the desk has acknowledged a step of it.
    pub(super) async fn deliver(
        &self,
        tickets: usize,
        in_flight: usize,
        said: impl Fn(&Ticket) -> anyhow::Result<()> + Clone + Send + 'static,
    ) -> anyhow::Result<()> {
        let answers = self.answer(in_flight, Answer::AllButValidation, said.clone());
        tokio::pin!(answers);
        let mut orders: JoinSet<anyhow::Result<()>> = JoinSet::new();
        let mut next = 0;
        loop {
            while next < tickets && orders.len() < in_flight.max(1) {
                self.order(&mut orders, next, said.clone());
                next += 1;
            }
            tokio::select! {
                end = &mut answers => return end,
                Some(done) = orders.join_next(), if !orders.is_empty() => {
                    done.context("an order broke off")??;
                }
            }
        }
    }

    fn order(
        &self,
        orders: &mut JoinSet<anyhow::Result<()>>,
        nth: usize,
        said: impl Fn(&Ticket) -> anyhow::Result<()> + Send + 'static,
    ) {
        let desk = self.desks[nth % self.desks.len()].clone();
        let town = self.town.clone();
        orders.spawn(async move {
            let ticket = town.ask(&desk, nth).await?;
            said(&ticket)
        });
    }

    /// Reads what clients are asked when the bell has rung, and answers yes.
    async fn answer(
        &self,
        in_flight: usize,
        which: Answer,
        heard: impl Fn(&Ticket) -> anyhow::Result<()> + Clone + Send + 'static,
    ) -> anyhow::Result<()> {
        let mut known = HashSet::new();
        let mut answers: JoinSet<anyhow::Result<()>> = JoinSet::new();
        let mut turn = 0;
        loop {
            tokio::select! {
                () = self.rung.notified() => {}
                () = time::sleep(PATROL) => {}
            }
            while let Some(done) = answers.try_join_next() {
                done.context("an answer broke off")??;
            }
            let open = self.questions(which).await?;
            let still: HashSet<&str> = open.iter().map(|it| it.gate.as_str()).collect();
            known.retain(|it: &String| still.contains(it.as_str()));
            for question in open {
                if !known.insert(question.gate.clone()) {
                    continue;
                }
                turn += 1;
                let desk = self.desks[turn % self.desks.len()].clone();
                let (town, heard) = (self.town.clone(), heard.clone());
                answers.spawn(async move {
                    let ticket = yes(&desk, &town, question).await?;
                    heard(&ticket)
                });
            }
            if in_flight > 1 {
                time::sleep(BATCH).await;
            }
        }
    }

    /// Everything that clients are asked at this moment: at most as many as are under way.
    async fn questions(&self, which: Answer) -> anyhow::Result<Vec<Question>> {
        const OPEN: &str = "SELECT client, ticket, id, digest FROM gate
             WHERE state = 'open' AND party = 'client'";
        let open = match which {
            Answer::All => OPEN.to_owned(),
            Answer::AllButValidation => format!("{OPEN} AND purpose <> 'validation'"),
        };
        let sql = Statement::from_string(self.eyes.get_database_backend(), open);
        let rows = self.eyes.query_all_raw(sql).await?;
        rows.iter()
            .map(|row| {
                let ticket: String = row.try_get("", "ticket")?;
                Ok(Question {
                    known: Known {
                        client: row.try_get("", "client")?,
                        id: ticket.parse()?,
                    },
                    gate: row.try_get("", "id")?,
                    digest: row.try_get("", "digest")?,
                })
            })
            .collect()
    }

    /// A count of the database, by query.
    pub(super) async fn count(&self, sql: &str) -> anyhow::Result<f64> {
        let sql = Statement::from_string(self.eyes.get_database_backend(), sql);
        let row = self.eyes.query_one_raw(sql).await?.context("a count")?;
        let count: i64 = row.try_get_by_index(0)?;
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        Ok(count as f64)
    }

    /// How often the desks' bells rang so far.
    pub(super) fn rings(&self) -> u64 {
        self.desks.iter().map(|it| *it.bell.listen().borrow()).sum()
    }

    /// Stops the runners and lets go of the database.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        while let Some(done) = self.hands.join_next().await {
            done.context("a runner broke off")?;
        }
        self.eyes.close().await?;
        for desk in self.desks {
            desk.store.connection().clone().close().await?;
        }
        Ok(())
    }
}

async fn yes(desk: &Desk, town: &Town, question: Question) -> anyhow::Result<Ticket> {
    let client = town
        .client(&question.known.client)
        .context("a client that nobody knows")?;
    let decision = Command::Decide {
        gate: question.gate.parse()?,
        verdict: Verdict::Approve,
        digest: question.digest,
        comment: None,
    };
    let caller = desk.caller(client.decides.clone());
    Ok(desk.handle(&question.known, decision, caller).await?)
}

/// Which of the run's tickets it is: its name says so.
fn nth(ticket: &Ticket) -> anyhow::Result<usize> {
    let name = ticket.ordered.answers["name"].as_str();
    let digits = name.and_then(|it| it.strip_prefix('t'));
    Ok(digits.context("a ticket without its name")?.parse()?)
}
