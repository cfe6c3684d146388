//! `ticket_costs`: what a ticket costs in syncs, commits and bytes, which no busy machine changes.

use super::{
    Line, Options, chain::start, flow::Tally, frame::Frame, machine, place::Place, stats::rate,
    tell, trace::Trace,
};
use anyhow::Context as _;

/// Tickets carried many at once.
const TICKETS: usize = 1000;

/// What one stretch of tickets cost, each.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    records: f64,
    /// Syncs of log and file; nothing where strace cannot look.
    syncs: Option<(f64, f64)>,
    kib: f64,
}

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(TICKETS);
    let mut frame = Frame::on_file("ticket_costs", options).await?;
    let (tally, some) = (Tally::default(), (tickets / 10).max(1));
    let drive = start(&frame.place, options, 1, &tally).await?;
    let mut costs = Vec::new();
    let mut blind = None;
    let mut from = 0;
    for (many, in_flight) in [(some, 1), (tickets, options.in_flight)] {
        let trace = match Trace::begin(frame.dir()).await {
            Ok(trace) => Some(trace),
            Err(why) => {
                blind = Some(format!("{why:#}"));
                None
            }
        };
        let records = "SELECT count(*) FROM record";
        let (had, wrote) = (drive.count(records).await?, machine::written());
        drive.carry(from, many, in_flight).await?;
        from += many;
        let each = rate(many, 1.0);
        let written = machine::written().zip(wrote).map(|(now, then)| now - then);
        let syncs = match trace {
            Some(trace) => Some(trace.end().await?),
            None => None,
        };
        costs.push(Cost {
            records: (drive.count(records).await? - had) / each,
            syncs: syncs.map(|it| (rate(it.log, each), rate(it.file, each))),
            kib: written.unwrap_or(f64::NAN) / 1024.0 / each,
        });
    }
    drive.stop().await?;
    let server = match &options.postgres {
        Some(_) => Some(on_server(options, some).await?),
        None => None,
    };
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", tickets);
    line.set("n_idle", some);
    line.set("in_flight", options.in_flight);
    for (word, it) in ["idle", "loaded"].into_iter().zip(&costs) {
        if let Some((log, file)) = it.syncs {
            line.figure(&format!("syncs_{word}"), log + file);
            line.figure(&format!("commits_{word}"), log);
            line.figure(&format!("syncs_per_step_{word}"), log / it.records);
        }
        line.figure(&format!("records_{word}"), it.records);
        line.figure(&format!("kb_{word}"), it.kib);
    }
    if let Some(why) = blind {
        line.set("syncs_blocked", why);
    }
    match server {
        Some((commits, kib)) => {
            line.figure("pg_commits_idle", commits);
            line.figure("pg_wal_kb_idle", kib);
        }
        None => line.set("pg_blocked", super::place::NO_SERVER),
    }
    frame.end().await
}

/// Commits that write, and the log they write, for each of some tickets one by one.
async fn on_server(options: &Options, tickets: usize) -> anyhow::Result<(f64, f64)> {
    tell("ticket_costs: on PostgreSQL");
    const COMMITS: &str = "SELECT pg_current_xact_id()::text::bigint";
    const BYTES: &str = "SELECT (pg_current_wal_lsn() - '0/0')::bigint";
    let place = Place::server(options).await?;
    let tally = Tally::default();
    let drive = start(&place, options, 1, &tally).await?;
    let (commits, bytes) = (drive.count(COMMITS).await?, drive.count(BYTES).await?);
    drive.carry(0, tickets, 1).await.context("on PostgreSQL")?;
    // The asking itself took a number.
    let commits = drive.count(COMMITS).await? - commits - 1.0;
    let bytes = drive.count(BYTES).await? - bytes;
    drive.stop().await?;
    place.leave().await?;
    let each = rate(tickets, 1.0);
    Ok((commits / each, bytes / 1024.0 / each))
}
