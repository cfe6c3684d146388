//! Processes of their own: one to be looked at, one to be killed.

use super::{
    Options,
    drive::Drive,
    flow::Tally,
    tell,
    town::{self, Rules, Town},
};
use anyhow::Context as _;
use engine::{runner::Runner, ticket::Ticket};
use std::{
    io::{Read as _, Write as _},
    process::Stdio,
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    sync::watch,
    time,
};

/// What a process of its own does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Orders tickets and lets them be worked on; says each step that was acknowledged.
    Busy,
    /// Works on what is there.
    Work,
}

/// Is that process, until its standard input ends.
///
/// # Errors
/// The database cannot be used.
pub async fn be(role: Role, url: &str, options: &Options) -> anyhow::Result<()> {
    let desk = town::desk(url, Rules::default(), &Tally::default()).await?;
    let town = Town::recall(&desk, options.clients).await?;
    match role {
        Role::Busy => {
            let drive = Drive::start(vec![desk], town, url).await?;
            let tickets = options.tickets.unwrap_or(1);
            let said = |it: &Ticket| say(&format!("{} {} {}", it.client, it.id, it.version));
            drive.deliver(tickets, options.in_flight, said).await
        }
        Role::Work => {
            let (stop, told) = watch::channel(false);
            let runner = Runner::new(desk, "again").alone();
            let runner = tokio::spawn(runner.run(told));
            say("ready")?;
            tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
            stop.send_replace(true);
            runner.await?;
            Ok(())
        }
    }
}

/// One line on standard output, at once.
fn say(what: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what}")?;
    out.flush()?;
    Ok(())
}

/// Starts such a process.
pub(super) fn start(role: Role, url: &str, options: &Options) -> anyhow::Result<Child> {
    let role = match role {
        Role::Busy => "busy",
        Role::Work => "work",
    };
    let program = std::env::current_exe().context("this program's own file")?;
    let mut command = Command::new(program);
    command
        .args(["bench", "recovery", "--child", role, "--database", url])
        .args(["--clients", &options.clients.to_string()])
        .args(["--in-flight", &options.in_flight.to_string()])
        .env_remove("GUICHET_DATA")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if let Some(many) = options.tickets {
        command.args(["--tickets", &many.to_string()]);
    }
    command.spawn().context("a process of its own")
}

/// Starts `guichet serve` on that database and waits until it answers.
pub(super) async fn serve(url: &str) -> anyhow::Result<Child> {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let program = std::env::current_exe().context("this program's own file")?;
    let mut child = Command::new(program)
        .args([
            "serve",
            "--database",
            url,
            "--listen",
            "127.0.0.1:0",
            "--lang",
            "en",
        ])
        .args(["--base-url", "http://127.0.0.1:8080"])
        .env_remove("GUICHET_DATA")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let said = child.stderr.take().context("what it says")?;
    let mut lines = BufReader::new(said).lines();
    let answered = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("answers on") {
                return Ok(());
            }
            tell(&line);
        }
        anyhow::bail!("guichet serve does not start")
    };
    time::timeout(Duration::from_secs(30), answered)
        .await
        .context("guichet serve does not answer")??;
    // What it says from now on is not waited for, but must not fill the pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(child)
}
