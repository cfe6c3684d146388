//! The command line: data on standard output, talk on standard error, and an exit code that says
//! how it ended.

mod act;
pub mod args;
mod bench;
mod contract;
mod db;
pub mod end;
mod here;
mod journal;
mod look;
mod offer;
mod open;
mod parting;
mod people;
mod print;
mod proof;
mod run;
mod start;
mod study;
mod ticket;
mod watch;
mod words;

use crate::telemetry;
use args::{Cli, Global, Ticket, Verb};
use clap::CommandFactory;
use end::{FAILED, INTERRUPTED, OK, Stop, USAGE};
use here::Here;
use print::Printer;
use std::{ffi::OsString, process::ExitCode};

/// Runs the program as its arguments ask.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let lang = words::wanted(&args);
    let command = words::translated(Cli::command(), lang);
    let parsed = command
        .try_get_matches_from(&args)
        .and_then(|it| Cli::read(&it));
    let cli = match parsed {
        Ok(it) => it,
        Err(error) => {
            // Help and version are answers, not faults; clap says so itself.
            let asked = !error.use_stderr();
            return match error.print() {
                Ok(()) if asked => ExitCode::from(OK),
                Ok(()) => ExitCode::from(USAGE),
                Err(_) => ExitCode::from(FAILED),
            };
        }
    };
    if !matches!(cli.verb, Verb::Serve(_)) {
        // The server's log is as its configuration says, which is not read yet.
        telemetry::quiet();
    }
    let out = Printer {
        json: cli.global.json.as_deref().map(keys),
        lang,
    };
    match run(cli, &out) {
        Ok(code) => code,
        Err(stop) => {
            stop.print(out.lang, out.json.is_some());
            ExitCode::from(stop.exit)
        }
    }
}

fn keys(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

fn locale() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    set("LC_ALL")
        .or_else(|| set("LC_MESSAGES"))
        .or_else(|| set("LANG"))
}

fn run(cli: Cli, out: &Printer) -> Result<ExitCode, Stop> {
    let code = match &cli.verb {
        Verb::Catalogue(verb) => offer::catalogue(verb, out)?,
        Verb::Price(asked) => offer::price(asked, out)?,
        Verb::Completion { shell } => {
            run::completion(*shell, words::translated(Cli::command(), out.lang))?
        }
        Verb::Help { topic } => help(topic, out)?,
        _ => return in_runtime(cli, out),
    };
    Ok(ExitCode::from(code))
}

fn help(topic: &[String], out: &Printer) -> Result<u8, Stop> {
    if topic.first().is_some_and(|it| it == "exit-codes") {
        return run::exit_codes(out);
    }
    let mut command = words::translated(Cli::command(), out.lang);
    command.build();
    let mut found = &mut command;
    for word in topic {
        found = found
            .find_subcommand_mut(word)
            .ok_or_else(|| Stop::missing(word).hint("guichet --help"))?;
    }
    print::line(&found.render_long_help().to_string())?;
    Ok(OK)
}

fn in_runtime(cli: Cli, out: &Printer) -> Result<ExitCode, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let serving = matches!(cli.verb, Verb::Serve(_) | Verb::Demo(_));
    runtime.block_on(async {
        let work = dispatch(cli, out);
        if serving {
            // These end their work in order when a signal comes.
            return work.await;
        }
        tokio::select! {
            end = work => end,
            _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(INTERRUPTED)),
        }
    })
}

async fn dispatch(cli: Cli, out: &Printer) -> Result<ExitCode, Stop> {
    let Cli { global, verb } = cli;
    let code = match verb {
        Verb::Demo(asked) => return demo(&global, asked, out).await,
        Verb::Serve(asked) => run::serve(&global, &asked, out).await?,
        Verb::Db(verb) => db::db(&global, &verb, out).await?,
        Verb::Doctor => run::doctor(&global, out).await?,
        Verb::Bench(asked) => bench::bench(&global, &asked, out).await?,
        verb => on_database(&global, verb, out).await?,
    };
    Ok(ExitCode::from(code))
}

async fn on_database(global: &Global, verb: Verb, out: &Printer) -> Result<u8, Stop> {
    let here = Here::open(global, out).await?;
    if verb.writes() {
        here.is_current().await?;
    }
    match &verb {
        Verb::Inbox { check } => ticket::inbox(&here, *check).await,
        Verb::Ticket(verb) => on_ticket(&here, verb).await,
        Verb::Study(verb) => study::study(&here, verb).await,
        Verb::Contract(verb) => contract::contract(&here, verb).await,
        Verb::Client(verb) => contract::client(&here, verb).await,
        Verb::Audit(verb) => journal::audit(&here, verb).await,
        Verb::Journal(verb) => db::journal(&here, verb).await,
        Verb::Mail(verb) => journal::mail(&here, verb).await,
        Verb::Person(verb) => people::person(&here, verb).await,
        Verb::Demo(_)
        | Verb::Serve(_)
        | Verb::Db(_)
        | Verb::Catalogue(_)
        | Verb::Price(_)
        | Verb::Doctor
        | Verb::Bench(_)
        | Verb::Completion { .. }
        | Verb::Help { .. } => Ok(OK),
    }
}

async fn on_ticket(here: &Here, verb: &Ticket) -> Result<u8, Stop> {
    match verb {
        Ticket::New(it) => ticket::new(here, it).await,
        Ticket::List(it) => ticket::list(here, it).await,
        Ticket::Show(it) => {
            let found = here.ticket(&it.reference).await?;
            look::show(here, &found, false).await.map(|()| OK)
        }
        Ticket::Watch(it) => watch::watch(here, it).await,
        Ticket::Graph {
            reference,
            svg,
            mermaid,
        } => look::graph(here, reference, *svg, *mermaid).await,
        Ticket::Plan(it) => look::plan(here, &it.reference).await,
        Ticket::Log { reference, task } => look::log(here, reference, task.as_deref()).await,
        verb => act::act(here, verb).await,
    }
}

async fn demo(global: &Global, asked: args::Demo, out: &Printer) -> Result<ExitCode, Stop> {
    if global.names_data {
        return Err(Stop::usage(
            "La démonstration garde ses données dans un répertoire à elle, jamais dans une base \
             qui existe.",
            "The demonstration keeps its data in a directory of its own, never in a database that \
             exists.",
        )
        .hint("guichet demo --keep DIR"));
    }
    let options = crate::demo::DemoOptions {
        auto: asked.auto,
        port: asked.port,
        keep: asked.keep,
        json: out.json.is_some(),
        lang: out.lang,
    };
    Ok(crate::demo::run(options).await?)
}
