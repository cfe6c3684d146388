//! `memory`: what the served program keeps resident, with nothing to do and with many open tickets.

use super::{
    Line, Options,
    chain::start,
    child,
    flow::Tally,
    frame::Frame,
    machine,
    place::Place,
    tell,
    town::{self, Rules},
};
use anyhow::Context as _;
use std::time::Duration;
use tokio::{process::Child, time};

/// Open tickets of a full run.
const TICKETS: usize = 100_000;
/// How far apart memory is looked at, and how often it must say the same.
const LOOK: Duration = Duration::from_millis(500);
const SAME: usize = 6;

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(TICKETS);
    let mut frame = Frame::on_file("memory", options).await?;
    tell("memory: with nothing to do");
    let empty = Place::file(options)?;
    let desk = town::desk(&empty.url, Rules::default(), &Tally::default()).await?;
    desk.store.connection().clone().close().await?;
    let idle = settled(child::serve(&empty.url).await?).await?;
    let url = frame.place.url.clone();
    let drive = start(&frame.place, options, 1, &Tally::default()).await?;
    drive.open(tickets, options.in_flight).await?;
    drive.stop().await?;
    tell(&format!("memory: with {tickets} open tickets"));
    let open = settled(child::serve(&url).await?).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", tickets);
    line.figure("idle_rss_mb", idle);
    line.figure("open_rss_mb", open);
    frame.end().await
}

/// Resident memory once it no longer grows, in MiB; the process ends.
async fn settled(mut child: Child) -> anyhow::Result<f64> {
    let id = child.id().context("the process is gone")?;
    let (mut most, mut same) = (0.0_f64, 0);
    while same < SAME {
        time::sleep(LOOK).await;
        let now = machine::resident_of(id).context("the process is gone")?;
        same = if now > most * 1.01 { 0 } else { same + 1 };
        most = most.max(now);
    }
    child.kill().await?;
    Ok(most)
}
