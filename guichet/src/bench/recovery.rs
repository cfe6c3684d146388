//! `recovery`: the program is killed in the middle of its work and started again.

use super::{
    Line, Options, blocking,
    child::{self, Role},
    flow::Tally,
    frame::Frame,
    stats::rate,
    tell,
    town::{self, Rules, Town},
};
use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    time,
};

/// Open tickets of a full run.
const TICKETS: usize = 10_000;
/// How long the second life may take to pick everything up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A claim: client, ticket, task and fence.
type Claim = (String, String, String, i64);

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let options = Options {
        tickets: Some(options.tickets.unwrap_or(TICKETS)),
        ..options.clone()
    };
    let tickets = options.tickets.unwrap_or(TICKETS);
    let mut frame = Frame::on_file("recovery", &options).await?;
    let url = frame.place.url.clone();
    let desk = town::desk(&url, Rules::default(), &Tally::default()).await?;
    Town::found(&desk, options.clients).await?;
    desk.store.connection().clone().close().await?;
    tell(&format!("recovery: {tickets} tickets, then the kill"));
    let said = first_life(&url, &options, tickets).await?;
    let path = frame.place.path();
    let (at, versions) = (path.clone(), said);
    let (lost, open, cut) = blocking(move || inspect(&at, &versions)).await?;
    tell(&format!("recovery: {} claims were cut off", cut.len()));
    let begun = Instant::now();
    let mut second = child::start(Role::Work, &url, &options)?;
    let seconds = taken_up(path, &cut, begun).await?;
    // Standard input ends with the handle: the process ends by itself.
    drop(second.stdin.take());
    second.wait().await?;
    frame.anchors(&options).await?;
    let line = &mut frame.line;
    line.set("n", tickets);
    line.set("open_tickets", open);
    line.set("claims_cut_off", cut.len());
    line.figure("seconds", seconds);
    line.set("lost_steps", lost);
    line.set(
        "seconds_are",
        "from the start of the second process until every claim that the kill cut off has ended \
         or been taken over",
    );
    frame.end().await
}

/// Lets a process order and work, and kills it once every order was acknowledged; returns the
/// latest version of each ticket that it said was durable.
async fn first_life(
    url: &str,
    options: &Options,
    tickets: usize,
) -> anyhow::Result<HashMap<(String, String), i64>> {
    let mut first = child::start(Role::Busy, url, options)?;
    let mut lines = BufReader::new(first.stdout.take().context("what it says")?).lines();
    let mut said: HashMap<(String, String), i64> = HashMap::new();
    while said.len() < tickets {
        let line = time::timeout(PATIENCE, lines.next_line())
            .await
            .context("the process is stuck")??
            .context("the process ended before it was killed")?;
        let mut words = line.split(' ');
        let (client, ticket) = (words.next(), words.next());
        let version: i64 = words.next().context("a version")?.parse()?;
        let key = client.zip(ticket).context("a ticket")?;
        let known = said.entry((key.0.into(), key.1.into())).or_default();
        *known = version.max(*known);
    }
    first.kill().await?;
    // Whatever it still said before it died counts as well.
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        if let [client, ticket, version] = words[..]
            && let Ok(version) = version.parse::<i64>()
        {
            let known = said.entry((client.into(), ticket.into())).or_default();
            *known = version.max(*known);
        }
    }
    Ok(said)
}

fn reading(path: &Path) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// How many acknowledged steps are not there, how many tickets are open, and which claims are held
/// by the dead.
fn inspect(
    path: &Path,
    said: &HashMap<(String, String), i64>,
) -> anyhow::Result<(usize, i64, HashSet<Claim>)> {
    // Opened for writing, as the next process would: the log of the dead one is read back.
    let db = Connection::open(path)?;
    let mut lost = 0;
    for ((client, ticket), version) in said {
        let there: Option<i64> = db
            .prepare_cached("SELECT version FROM ticket WHERE client = ? AND id = ?")?
            .query_row([client, ticket], |row| row.get(0))
            .ok();
        if there.is_none_or(|it| it < *version) {
            lost += 1;
        }
    }
    let open = "SELECT count(*) FROM ticket WHERE state <> 'closed'";
    let open = db.query_row(open, [], |row| row.get(0))?;
    Ok((lost, open, claims(&db)?))
}

fn claims(db: &Connection) -> anyhow::Result<HashSet<Claim>> {
    let mut query =
        db.prepare_cached("SELECT client, ticket, name, fence FROM task WHERE status = 'running'")?;
    let rows = query.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Seconds until none of those claims is held any more.
async fn taken_up(path: PathBuf, cut: &HashSet<Claim>, begun: Instant) -> anyhow::Result<f64> {
    let cut = cut.clone();
    blocking(move || {
        let db = reading(&path)?;
        loop {
            let held = claims(&db)?.intersection(&cut).count();
            if held == 0 && (!cut.is_empty() || moved(&db, &begun)?) {
                return Ok(begun.elapsed().as_secs_f64());
            }
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "{held} of {} claims are still held",
                rate(cut.len(), 1.0)
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    })
    .await
}

/// Where the kill cut nothing off, the first new claim shows that work goes on.
fn moved(db: &Connection, begun: &Instant) -> anyhow::Result<bool> {
    let due = "SELECT count(*) FROM task WHERE by_machine AND status = 'ready'";
    let due: i64 = db.query_row(due, [], |row| row.get(0))?;
    Ok(due == 0 || !claims(db)?.is_empty() || begun.elapsed() > PATIENCE)
}
