//! `ticket_chain`, `ticket_idle`, `ticket_chain_pg`, `growth`: tickets through their whole life.

use super::{
    Line, Options,
    anchor::apart,
    drive::{Drive, Driven},
    flow::{self, Tally},
    frame::Frame,
    place::Place,
    postgres, raw,
    stats::{mean, percentile, rate},
    tell,
    town::{self, Rules, Town},
};
use serde_json::json;

/// Tickets of a full run.
const TICKETS: usize = 10_000;
/// Tickets carried one by one.
const IDLE: usize = 200;
/// Tickets over which growth shows.
const GROWTH: usize = 100_000;
/// Commits that the smallest engine needs for one ticket.
const STEPS: f64 = 7.0;

/// `ticket_chain`: many at once, on SQLite as it is shipped.
pub(super) async fn many(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(TICKETS);
    let mut frame = Frame::on_file("ticket_chain", options).await?;
    let below = raw::floor(frame.dir(), tickets, options.in_flight).await?;
    let run = carried(&frame.place, options, 1, tickets, options.in_flight).await?;
    let above = raw::floor(frame.dir(), tickets, options.in_flight).await?;
    let pair = frame.anchors(options).await?;
    let line = &mut frame.line;
    run.describe(line, options);
    line.figure("ratio", run.per_s() / pair.commits_per_s());
    let floor = mean(below.tickets_per_s, above.tickets_per_s);
    line.figure("floor_tickets_per_s", floor);
    line.figure("floor_p50_ms", mean(below.p50_ms, above.p50_ms));
    line.figure("floor_steps_per_commit", below.steps_per_commit);
    line.figure("ratio_to_floor", run.per_s() / floor);
    if apart(below.tickets_per_s, above.tickets_per_s) {
        line.set("disturbed", true);
    }
    frame.end().await
}

/// `ticket_idle`: one after the other; what counts is how long one takes.
pub(super) async fn idle(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(IDLE);
    let mut frame = Frame::on_file("ticket_idle", options).await?;
    let run = carried(&frame.place, options, 1, tickets, 1).await?;
    let floor = raw::floor(frame.dir(), tickets, 1).await?;
    let pair = frame.anchors(options).await?;
    let line = &mut frame.line;
    run.describe(line, options);
    line.set("in_flight", 1);
    let raw = mean(pair.before.one.p50_ms, pair.after.one.p50_ms);
    let p50 = percentile(&run.driven.took_ms, 0.5);
    line.figure("ratio", p50 / (STEPS * raw));
    line.figure("floor_p50_ms", floor.p50_ms);
    frame.end().await
}

/// `ticket_chain_pg`: many at once on PostgreSQL, by one replica and by three.
pub(super) async fn replicas(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(TICKETS);
    let place = Place::server(options).await?;
    let mut frame = Frame::begin("ticket_chain_pg", place, options).await?;
    let before = postgres::Anchor::take(options).await?;
    let one = carried(&frame.place, options, 1, tickets, options.in_flight).await?;
    let other = Place::server(options).await?;
    let three = carried(&other, options, 3, tickets, options.in_flight).await?;
    other.leave().await?;
    let after = postgres::Anchor::take(options).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    one.describe(line, options);
    let raw = postgres::note(line, &before, &after);
    line.figure("ratio", one.per_s() / raw);
    line.figure("replicas3_tickets_per_s", three.per_s());
    line.figure("replicas3_p50_ms", percentile(&three.driven.took_ms, 0.5));
    line.figure("replicas3_p99_ms", percentile(&three.driven.took_ms, 0.99));
    line.figure("replicas3_ratio", three.per_s() / one.per_s());
    line.set(
        "replicas_are",
        "desks of one process, each with its own pool and bell",
    );
    line.set("double_executions", one.doubled + three.doubled);
    frame.end().await
}

/// `growth`: whether the ten-thousands that come late go as fast as the early ones.
pub(super) async fn growth(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(GROWTH);
    let mut frame = Frame::on_file("growth", options).await?;
    let run = carried(&frame.place, options, 1, tickets, options.in_flight).await?;
    let server = match &options.postgres {
        Some(_) => {
            tell("growth: on PostgreSQL");
            let place = Place::server(options).await?;
            let run = carried(&place, options, 1, tickets, options.in_flight).await?;
            place.leave().await?;
            Some(run)
        }
        None => None,
    };
    frame.anchors(options).await?;
    let line = &mut frame.line;
    run.describe(line, options);
    tenths(line, "", &run.driven);
    match server {
        Some(run) => tenths(line, "pg_", &run.driven),
        None => line.set("pg_blocked", super::place::NO_SERVER),
    }
    frame.end().await
}

/// How fast the second tenth of the tickets and the last one closed.
fn tenths(line: &mut Line, on: &str, driven: &Driven) {
    let tickets = driven.closed_at.len();
    let tenth = (tickets / 10).max(1);
    let early = window(driven, tenth, 2 * tenth);
    let late = window(driven, tickets - tenth, tickets);
    line.figure(&format!("{on}early_tickets_per_s"), early);
    line.figure(&format!("{on}late_tickets_per_s"), late);
    line.figure(&format!("{on}ratio"), late / early);
}

/// Tickets a second among those that closed from the `from`-th to the `to`-th.
fn window(driven: &Driven, from: usize, to: usize) -> f64 {
    let at = |nth: usize| match nth.checked_sub(1) {
        Some(before) => driven.closed_at.get(before).copied().unwrap_or(f64::NAN),
        None => 0.0,
    };
    rate(to - from, at(to) - at(from))
}

/// A finished run of tickets.
pub(super) struct Run {
    /// When each closed.
    pub(super) driven: Driven,
    tickets: usize,
    /// Records a ticket left.
    pub(super) records: f64,
    notices: f64,
    inbox: f64,
    rings: f64,
    /// Tasks that were performed more than once.
    doubled: usize,
}

/// Founds a town on that database and carries tickets from order to closure.
pub(super) async fn carried(
    place: &Place,
    options: &Options,
    desks: usize,
    tickets: usize,
    in_flight: usize,
) -> anyhow::Result<Run> {
    let tally = Tally::default();
    let drive = start(place, options, desks, &tally).await?;
    let rung = drive.rings();
    let driven = drive.carry(0, tickets, in_flight).await?;
    let rings = drive.rings() - rung;
    let run = Run::look(driven, &drive, options, &tally, rings).await?;
    drive.stop().await?;
    Ok(run)
}

/// Desks with a runner each, and the town in front of them.
pub(super) async fn start(
    place: &Place,
    options: &Options,
    desks: usize,
    tally: &Tally,
) -> anyhow::Result<Drive> {
    let rules = Rules {
        effects: options.effects,
        passage: options.passage,
    };
    let mut all = Vec::new();
    for _ in 0..desks.max(1) {
        all.push(town::desk(&place.url, rules, tally).await?);
    }
    let town = Town::found(&all[0], options.clients).await?;
    Drive::start(all, town, &place.url).await
}

impl Run {
    /// What a ticket's life consisted of; and that all of them ended as they should.
    async fn look(
        driven: Driven,
        drive: &Drive,
        options: &Options,
        tally: &Tally,
        rings: u64,
    ) -> anyhow::Result<Run> {
        let tickets = driven.took_ms.len();
        let closed = "SELECT count(*) FROM ticket WHERE state = 'closed' AND ending = 'validated'";
        let closed = drive.count(closed).await?;
        let each = rate(tickets, 1.0);
        anyhow::ensure!(
            closed >= each,
            "only {closed} of {tickets} tickets were validated"
        );
        let of_tickets = "SELECT count(*) FROM record WHERE ticket IS NOT NULL";
        let doubled = if options.effects {
            tally.doubled()
        } else {
            let once = (tickets * flow::TASKS) as u64;
            usize::try_from(tally.looked().saturating_sub(once))?
        };
        Ok(Run {
            driven,
            tickets,
            records: drive.count(of_tickets).await? / each,
            notices: drive.count("SELECT count(*) FROM notice").await? / each,
            inbox: drive.count("SELECT count(*) FROM inbox").await? / each,
            rings: rate(usize::try_from(rings)?, 1.0) / each,
            doubled,
        })
    }

    /// Tickets a second.
    pub(super) fn per_s(&self) -> f64 {
        rate(self.tickets, self.driven.seconds)
    }

    /// What was done, and how fast.
    fn describe(&self, line: &mut Line, options: &Options) {
        line.set("n", self.tickets);
        line.set("in_flight", options.in_flight);
        line.set("clients", options.clients);
        line.set("tasks", flow::TASKS);
        line.set("effects", options.effects);
        let mut asked = vec!["agreement", "validation"];
        if options.passage {
            asked.insert(1, "passage");
        }
        line.set("approvals", json!(asked));
        line.figure("seconds", self.driven.seconds);
        line.figure("tickets_per_s", self.per_s());
        line.figure("p50_ms", percentile(&self.driven.took_ms, 0.5));
        line.figure("p99_ms", percentile(&self.driven.took_ms, 0.99));
        line.figure("records_per_ticket", self.records);
        line.figure("notices_per_ticket", self.notices);
        line.figure("inbox_per_ticket", self.inbox);
        line.figure("rings_per_ticket", self.rings);
        line.set("double_executions", self.doubled);
    }
}
