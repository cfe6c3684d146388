//! `ticket_chain`: tickets through their whole life, many at once, on SQLite as it is shipped.

use super::{
    Line, Options,
    anchor::{Anchor, Pair, apart},
    drive::{Drive, Driven},
    flow::{self, Tally},
    place::Place,
    raw,
    stats::{mean, percentile, rate},
    tell,
    town::{self, Rules, Town},
};
use serde_json::json;

/// Tickets of a full run.
const TICKETS: usize = 10_000;

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(TICKETS);
    let mut line = Line::new("ticket_chain");
    let place = Place::file(options)?;
    tell(&format!("ticket_chain: {tickets} tickets, anchors first"));
    let before = Anchor::take(place.dir(), options).await?;
    let below = raw::floor(place.dir(), tickets, options.in_flight).await?;
    tell("ticket_chain: tickets");
    let tally = Tally::default();
    let desk = town::desk(&place, rules(options), &tally).await?;
    let town = Town::found(&desk, options.clients).await?;
    let drive = Drive::start(vec![desk], town, &place.url).await?;
    let rung = drive.rings();
    let driven = drive.carry(0, tickets, options.in_flight).await?;
    let rings = drive.rings() - rung;
    tell("ticket_chain: anchors again");
    let above = raw::floor(place.dir(), tickets, options.in_flight).await?;
    let after = Anchor::take(place.dir(), options).await?;
    describe(&mut line, options, tickets, &driven);
    let pair = Pair { before, after };
    line.anchors(&pair, place.dir());
    let per_s = rate(tickets, driven.seconds);
    line.figure("ratio", per_s / pair.commits_per_s());
    let floor = mean(below.tickets_per_s, above.tickets_per_s);
    line.figure("floor_tickets_per_s", floor);
    line.figure("floor_p50_ms", mean(below.p50_ms, above.p50_ms));
    line.figure("floor_steps_per_commit", below.steps_per_commit);
    line.figure("ratio_to_floor", per_s / floor);
    if apart(below.tickets_per_s, above.tickets_per_s) {
        line.set("disturbed", true);
    }
    life(&mut line, &drive, tickets, rings).await?;
    doubles(&mut line, &tally, options, tickets);
    drive.stop().await?;
    Ok(line.finish())
}

fn rules(options: &Options) -> Rules {
    Rules {
        effects: options.effects,
        passage: options.passage,
    }
}

/// What was done, and how fast.
fn describe(line: &mut Line, options: &Options, tickets: usize, driven: &Driven) {
    line.set("n", tickets);
    line.set("in_flight", options.in_flight);
    line.set("clients", options.clients);
    line.set("tasks", flow::TASKS);
    line.set("effects", options.effects);
    let mut asked = vec!["agreement", "validation"];
    if options.passage {
        asked.insert(1, "passage");
    }
    line.set("approvals", json!(asked));
    line.figure("seconds", driven.seconds);
    line.figure("tickets_per_s", rate(tickets, driven.seconds));
    line.figure("p50_ms", percentile(&driven.took_ms, 0.5));
    line.figure("p99_ms", percentile(&driven.took_ms, 0.99));
}

/// What a ticket's life consists of: commands, records and messages; and that all of them ended.
async fn life(line: &mut Line, drive: &Drive, tickets: usize, rings: u64) -> anyhow::Result<()> {
    let closed = "SELECT count(*) FROM ticket WHERE state = 'closed' AND ending = 'validated'";
    let closed = drive.count(closed).await?;
    anyhow::ensure!(
        closed >= rate(tickets, 1.0),
        "only {closed} of {tickets} tickets were validated"
    );
    let each = rate(tickets, 1.0);
    let of_tickets = "SELECT count(*) FROM record WHERE ticket IS NOT NULL";
    line.figure("records_per_ticket", drive.count(of_tickets).await? / each);
    let notices = drive.count("SELECT count(*) FROM notice").await?;
    line.figure("notices_per_ticket", notices / each);
    let commands = "SELECT count(*) FROM inbox";
    line.figure("inbox_per_ticket", drive.count(commands).await? / each);
    line.figure(
        "rings_per_ticket",
        rate(usize::try_from(rings)?, 1.0) / each,
    );
    Ok(())
}

/// How often a task was performed more than once.
fn doubles(line: &mut Line, tally: &Tally, options: &Options, tickets: usize) {
    let doubled = if options.effects {
        tally.doubled()
    } else {
        let once = (tickets * flow::TASKS) as u64;
        usize::try_from(tally.looked().saturating_sub(once)).unwrap_or(usize::MAX)
    };
    line.set("double_executions", doubled);
}
