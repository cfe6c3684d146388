//! `claim`, `ledger_hot`, `quota_race`, `audit_append`: many at once on the same few rows.

use super::{
    Line, Options,
    anchor::apart,
    blocking,
    flow::Tally,
    frame::Frame,
    place::Place,
    postgres, raw,
    stats::{mean, percentile, rate},
    tell,
    town::{self, Rules, Town},
};
use anyhow::Context as _;
use catalogue::Speed;
use engine::{
    ambient::{Clock as _, Scripted},
    desk::{Desk, DeskError},
    people::Actor,
    store::Known,
    ticket::{Command, Refusal, Ticket},
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::task::JoinSet;

/// Clients that a load is spread over.
const SPREAD: usize = 100;
/// Callers at once, where the number is not what is measured.
const CALLERS: usize = 8;
/// Accelerated requests at once.
const RACERS: usize = 64;

/// What many callers came to.
struct Load {
    per_s: f64,
    p50_ms: f64,
}

/// Calls `one` for `0..many`, `callers` at a time.
async fn load<F, W>(many: usize, callers: usize, one: F) -> anyhow::Result<Load>
where
    F: Fn(usize) -> W + Clone + Send + 'static,
    W: Future<Output = anyhow::Result<()>> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut hands = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..callers.max(1) {
        let (next, one) = (next.clone(), one.clone());
        hands.spawn(async move {
            let mut took = Vec::new();
            loop {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= many {
                    return anyhow::Ok(took);
                }
                let begun = Instant::now();
                one(nth).await?;
                took.push(begun.elapsed().as_secs_f64() * 1e3);
            }
        });
    }
    let mut took = Vec::new();
    while let Some(done) = hands.join_next().await {
        took.extend(done.context("a caller broke off")??);
    }
    Ok(Load {
        per_s: rate(many, begun.elapsed().as_secs_f64()),
        p50_ms: percentile(&took, 0.5),
    })
}

/// A town of that many clients and its desk, without any runner.
async fn found(place: &Place, clients: usize) -> anyhow::Result<(Desk, Arc<Town>)> {
    let desk = town::desk(&place.url, Rules::default(), &Tally::default()).await?;
    let town = Arc::new(Town::found(&desk, clients).await?);
    Ok((desk, town))
}

/// Orders `many` tickets, and returns them.
async fn ordered(
    desk: &Desk,
    town: &Arc<Town>,
    from: usize,
    many: usize,
) -> anyhow::Result<Vec<Ticket>> {
    let mut hands: JoinSet<Result<Ticket, DeskError>> = JoinSet::new();
    let mut all = Vec::with_capacity(many);
    for nth in 0..many {
        while hands.len() >= RACERS {
            all.push(hands.join_next().await.context("an order")???);
        }
        let (desk, town) = (desk.clone(), town.clone());
        hands.spawn(async move { town.ask(&desk, from + nth).await });
    }
    while let Some(done) = hands.join_next().await {
        all.push(done??);
    }
    Ok(all)
}

async fn claim(desk: Desk, ticket: Known) -> Result<Ticket, DeskError> {
    let command = Command::Claim {
        task: "plan".into(),
        owner: "bench".into(),
        lease: chrono::Duration::seconds(600),
        heir_of: None,
    };
    let caller = desk.caller(Actor::Engine("runner"));
    desk.handle(&ticket, command, caller).await
}

/// Claims the waiting task of each ticket, every one of them twice, by that many callers; each must
/// be had once.
async fn claims(desk: &Desk, tickets: &[Ticket], callers: usize) -> anyhow::Result<Load> {
    let known: Arc<Vec<Known>> = Arc::new(tickets.iter().map(Known::from).collect());
    let had = Arc::new(AtomicUsize::new(0));
    let (desk, counted) = (desk.clone(), had.clone());
    let many = known.len();
    let one = move |nth: usize| {
        let (desk, at, had) = (desk.clone(), known[nth / 2].clone(), counted.clone());
        async move {
            match claim(desk, at).await {
                Ok(_) => had.fetch_add(1, Ordering::Relaxed),
                Err(DeskError::Refused(_)) => 0,
                Err(error) => return Err(error.into()),
            };
            Ok(())
        }
    };
    let begun = Instant::now();
    let load = load(many * 2, callers, one).await?;
    let had = had.load(Ordering::Relaxed);
    anyhow::ensure!(had == many, "{had} claims of {many} tasks");
    Ok(Load {
        per_s: rate(many, begun.elapsed().as_secs_f64()),
        ..load
    })
}

/// `claim`: one, eight and thirty-two claimants on PostgreSQL, each task wanted twice.
pub(super) async fn claim_many(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(3000);
    let place = Place::server(options).await?;
    let mut frame = Frame::begin("claim", place, options).await?;
    let before = postgres::Anchor::take(options).await?;
    let (desk, town) = found(&frame.place, SPREAD.min(tickets)).await?;
    let all = ordered(&desk, &town, 0, tickets * 3).await?;
    let mut figures = Vec::new();
    for (nth, callers) in [1, 8, 32].into_iter().enumerate() {
        tell(&format!("claim: {callers} claimants"));
        let some = &all[nth * tickets..(nth + 1) * tickets];
        figures.push((callers, claims(&desk, some, callers).await?));
    }
    let after = postgres::Anchor::take(options).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", tickets);
    line.set("each_once", true);
    line.set("claims_are", "one command each, journal record included");
    let raw = postgres::note(line, &before, &after);
    let mut best = 0.0_f64;
    for (callers, it) in &figures {
        line.figure(&format!("c{callers}_claims_per_s"), it.per_s);
        line.figure(&format!("c{callers}_p50_ms"), it.p50_ms);
        best = best.max(it.per_s);
    }
    line.figure("ratio", best / raw);
    desk.store.connection().clone().close().await?;
    frame.end().await
}

/// `ledger_hot`: tokens held for one client only against the same spread over many.
pub(super) async fn ledger_hot(options: &Options) -> anyhow::Result<Line> {
    let orders = options.tickets.unwrap_or(3000);
    let place = match &options.postgres {
        Some(_) => Place::server(options).await?,
        None => Place::file(options)?,
    };
    let mut frame = Frame::begin("ledger_hot", place, options).await?;
    let (desk, town) = found(&frame.place, SPREAD.min(orders)).await?;
    let debit = |hot: bool, from: usize| {
        let (desk, town) = (desk.clone(), town.clone());
        move |nth: usize| {
            let (desk, town) = (desk.clone(), town.clone());
            async move {
                let client = if hot { 0 } else { nth };
                town.ask_for(&desk, client, from + nth, Speed::Normal)
                    .await?;
                Ok(())
            }
        }
    };
    // Twice, in turns, so that neither always comes first.
    let spread = load(orders, CALLERS, debit(false, 0)).await?;
    let hot = load(orders, CALLERS, debit(true, orders)).await?;
    let hot_again = load(orders, CALLERS, debit(true, 2 * orders)).await?;
    let spread_again = load(orders, CALLERS, debit(false, 3 * orders)).await?;
    let balanced = balanced(&desk, &town, orders * 4).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", orders);
    line.set("callers", CALLERS);
    line.set("on", database(options));
    let hot_per_s = mean(hot.per_s, hot_again.per_s);
    let spread_per_s = mean(spread.per_s, spread_again.per_s);
    line.figure("hot_per_s", hot_per_s);
    line.figure("spread_per_s", spread_per_s);
    line.figure("hot_p50_ms", hot.p50_ms);
    line.figure("spread_p50_ms", spread.p50_ms);
    line.figure("ratio", hot_per_s / spread_per_s);
    line.set("balanced", balanced);
    line.set("debits_are", "whole orders, each of which holds one token");
    if apart(spread.per_s, spread_again.per_s) {
        line.set("disturbed", true);
    }
    desk.store.connection().clone().close().await?;
    frame.end().await
}

fn database(options: &Options) -> &'static str {
    if options.postgres.is_some() {
        "postgres"
    } else {
        "sqlite"
    }
}

/// Whether what all lots say is held is what was ordered.
async fn balanced(desk: &Desk, town: &Town, orders: usize) -> anyhow::Result<bool> {
    let mut held = 0;
    for client in &town.clients {
        for contract in desk.contracts(Some(&client.code)).await? {
            let standing = desk.standing(&contract).await?;
            held += standing
                .lots
                .iter()
                .map(|it| it.held.0 as usize)
                .sum::<usize>();
        }
    }
    Ok(held == orders)
}

/// `quota_race`: many accelerated requests at once, before and after the year's boundary; six each.
pub(super) async fn quota_race(options: &Options) -> anyhow::Result<Line> {
    let place = match &options.postgres {
        Some(_) => Place::server(options).await?,
        None => Place::file(options)?,
    };
    let mut frame = Frame::begin("quota_race", place, options).await?;
    let years = options.tickets.unwrap_or(8).max(2);
    let (mut desk, town) = found(&frame.place, SPREAD.min(years * 4)).await?;
    let spread = {
        let (desk, town) = (desk.clone(), town.clone());
        load(RACERS * 4, RACERS, move |nth| {
            let (desk, town) = (desk.clone(), town.clone());
            async move {
                town.ask(&desk, nth).await?;
                Ok(())
            }
        })
    };
    let spread = spread.await?;
    let clock = Scripted::at(town::new_year(0)?);
    desk.clock = Arc::new(clock.clone());
    let (mut accepted, mut seconds) = (Vec::new(), 0.0);
    for nth in 0..years {
        // In turns the last minute of a contract year and the first of the next.
        let boundary = town::new_year(i32::try_from(nth / 2)?)?;
        let minute = chrono::Duration::minutes(if nth % 2 == 0 { -1 } else { 1 });
        clock.advance(boundary + minute - clock.now());
        let begun = Instant::now();
        accepted.push(race(&desk, &town, 1000 + nth * RACERS).await?);
        seconds += begun.elapsed().as_secs_f64();
    }
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", years * RACERS);
    line.set("on", database(options));
    // Six of the first year, then six in the first minute of each: none is left for its last.
    let right = accepted.chunks(2).enumerate().all(|(pair, it)| {
        let first = if pair == 0 { 6 } else { 0 };
        it.first() == Some(&first) && it.get(1).is_none_or(|it| *it == 6)
    });
    line.set("accepted", accepted);
    line.set("six_each", right);
    line.figure("wrong_years", f64::from(u8::from(!right)));
    let per_s = rate(years * RACERS, seconds);
    line.figure("requests_per_s", per_s);
    line.figure("spread_per_s", spread.per_s);
    line.figure("ratio", per_s / spread.per_s);
    desk.store.connection().clone().close().await?;
    frame.end().await
}

/// Everybody at once asks the first client's contract for an accelerated change.
async fn race(desk: &Desk, town: &Arc<Town>, from: usize) -> anyhow::Result<usize> {
    let mut hands = JoinSet::new();
    for nth in 0..RACERS {
        let (desk, town) = (desk.clone(), town.clone());
        hands.spawn(async move { town.ask_for(&desk, 0, from + nth, Speed::Accelerated).await });
    }
    let mut accepted = 0;
    while let Some(done) = hands.join_next().await {
        match done? {
            Ok(_) => accepted += 1,
            Err(DeskError::Refused(Refusal::QuotaSpent { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(accepted)
}

/// `audit_append`: records a second, through the lightest command there is.
pub(super) async fn append(options: &Options) -> anyhow::Result<Line> {
    let many = options.tickets.unwrap_or(5000);
    let mut frame = Frame::on_file("audit_append", options).await?;
    let below = links(&frame, options).await?;
    let (desk, town) = found(&frame.place, options.clients).await?;
    let all = ordered(&desk, &town, 0, many).await?;
    tell("audit_append: records");
    let known: Arc<Vec<Known>> = Arc::new(all.iter().map(Known::from).collect());
    let load = {
        let desk = desk.clone();
        load(many, options.in_flight, move |nth| {
            let (desk, at) = (desk.clone(), known[nth].clone());
            async move {
                claim(desk, at).await?;
                Ok(())
            }
        })
    };
    let load = load.await?;
    let above = links(&frame, options).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", many);
    line.figure("records_per_s", load.per_s);
    line.figure("p50_ms", load.p50_ms);
    let floor = mean(below, above);
    line.figure("raw_links_per_s", floor);
    line.figure("ratio", load.per_s / floor);
    line.set(
        "records_are",
        "those of claims: nothing is noted but with what it is about",
    );
    desk.store.connection().clone().close().await?;
    frame.end().await
}

async fn links(frame: &Frame, options: &Options) -> anyhow::Result<f64> {
    let (dir, seconds) = (frame.dir().to_owned(), options.anchor_seconds);
    blocking(move || raw::links(&dir, 100, seconds)).await
}
