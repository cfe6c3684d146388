//! `mail_outbox`: letters that are owed, through the mailer to a server, against a client that only
//! speaks the protocol.

mod sink;

use super::{
    Line, Options,
    chain::start,
    flow::Tally,
    frame::Frame,
    stats::{mean, rate},
    tell,
    town::{self, Rules},
};
use crate::{
    mail::{
        smtp::{Security, Settings, Smtp},
        view::Sender,
    },
    post::Post,
};
use anyhow::Context as _;
use sink::{Sink, plain};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::watch, time};

/// Letters of a full run.
const LETTERS: usize = 5000;
/// Connections of either client.
const CONNECTIONS: usize = 4;
/// How long no letter may arrive before the run counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let letters = options.tickets.unwrap_or(LETTERS);
    let mut frame = Frame::on_file("mail_outbox", options).await?;
    let drive = start(&frame.place, options, 1, &Tally::default()).await?;
    // A receipt to who ordered and a question to who agrees: two letters each.
    drive.open(letters.div_ceil(2), options.in_flight).await?;
    let owed = drive.count("SELECT count(*) FROM notice").await?;
    drive.stop().await?;
    let sink = Sink::open().await?;
    let below = plain(&sink, letters, CONNECTIONS).await?;
    tell(&format!("mail_outbox: {owed} letters"));
    let had = sink.received();
    let desk = town::desk(&frame.place.url, Rules::default(), &Tally::default()).await?;
    let mut settings = Settings::new("127.0.0.1", sink.port(), "bench.example");
    settings.security = Security::Plain;
    settings.connections = CONNECTIONS;
    let smtp = Arc::new(Smtp::new(settings).context("mail")?);
    let base = "https://bench.example".to_owned();
    let post = Post::new(desk.clone(), smtp, sender(), base);
    let (stop, told) = watch::channel(false);
    let begun = Instant::now();
    let mailer = tokio::spawn(post.run(told));
    let (mut seen, mut moved) = (had, Instant::now());
    while rate(sink.received() - had, 1.0) < owed {
        time::sleep(Duration::from_millis(2)).await;
        if sink.received() > seen {
            (seen, moved) = (sink.received(), Instant::now());
        }
        anyhow::ensure!(
            moved.elapsed() < PATIENCE,
            "{} of {owed} letters arrived",
            sink.received() - had
        );
    }
    let seconds = begun.elapsed().as_secs_f64();
    stop.send_replace(true);
    mailer.await?;
    let arrived = sink.received() - had;
    let double = sink.doubled();
    desk.store.connection().clone().close().await?;
    let above = plain(&sink, letters, CONNECTIONS).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", arrived);
    line.set("connections", CONNECTIONS);
    line.figure("letters_per_s", rate(arrived, seconds));
    let plain = mean(below, above);
    line.figure("plain_client_per_s", plain);
    line.figure("ratio", rate(arrived, seconds) / plain);
    line.figure("lost", owed - rate(arrived, 1.0));
    line.set("double", double);
    frame.end().await
}

fn sender() -> Sender {
    Sender {
        provider: "Bench".into(),
        address: "guichet@bench.example".into(),
        domain: "bench.example".into(),
        support_phone: "+33 1 00 00 00 00".into(),
        support_mail: "support@bench.example".into(),
        inbound: false,
    }
}
