//! `serve`, `demo`, `db …` and `doctor`: the program at work, and what it needs for that.

use super::{
    args::{Db, Global, Role, Serve},
    end::{FAILED, INTERRUPTED, OK, Stop, UNVERIFIED},
    here, open,
    parting::{self, Signals},
    print::{Printer, facts, line, table},
};
use crate::{
    app::{self, Part},
    config::{Config, Overrides, Transport},
    http::server::{Limits, Server},
};
use adapters::systems::{Systems, SystemsConfig};
use catalogue::Lang;
use engine::store::Store;
use migrations::Migrator;
use sea_orm_migration::{MigrationStatus, MigratorTrait};
use serde_json::json;
use std::{collections::BTreeSet, fs, sync::Arc};
use tokio::{net::TcpListener, sync::watch};

/// Opens the database that the configuration names; makes its directory.
async fn store(config: &Config) -> Result<Store, Stop> {
    if let Some(parent) = here::database_file(config).and_then(|it| it.parent().map(Into::into)) {
        let parent: std::path::PathBuf = parent;
        fs::create_dir_all(&parent)?;
    }
    Ok(Store::open(&config.database_url).await?)
}

/// Runs `db …`.
///
/// # Errors
/// The database cannot be reached, or a step failed.
pub async fn db(global: &Global, verb: &Db, out: &Printer) -> Result<u8, Stop> {
    let config = here::config(global)?;
    if let Db::Status = verb
        && let Some(file) = here::database_file(&config).filter(|it| !it.exists())
    {
        return Err(Stop::missing(&file.display().to_string()).hint("guichet db migrate"));
    }
    let store = store(&config).await?;
    if let Db::Migrate = verb {
        app::migrate(&store).await?;
    }
    let steps = Migrator::get_migration_with_status(store.connection())
        .await
        .map_err(anyhow::Error::from)?;
    let applied = |it: MigrationStatus| it == MigrationStatus::Applied;
    let rows: Vec<_> = steps
        .iter()
        .map(|it| json!({"name": it.name(), "applied": applied(it.status())}))
        .collect();
    let pending = steps.iter().filter(|it| !applied(it.status())).count();
    out.show(&json!({"steps": rows, "pending": pending}), || {
        let head = [out.pick("ÉTAPE", "STEP"), out.pick("ÉTAT", "STATE")];
        let said = |done| match done {
            true => out.pick("appliquée", "applied"),
            false => out.pick("à appliquer", "to be applied"),
        };
        let lines: Vec<Vec<String>> = steps
            .iter()
            .map(|it| vec![it.name().to_owned(), said(applied(it.status())).to_owned()])
            .collect();
        table(&head, &lines)
    })?;
    Ok(if pending == 0 { OK } else { UNVERIFIED })
}

fn part(role: Role) -> Part {
    match role {
        Role::Web => Part::Web,
        Role::Worker => Part::Worker,
        Role::Scheduler => Part::Scheduler,
        Role::Mailer => Part::Mailer,
    }
}

fn taken() -> Stop {
    Stop::new(
        FAILED,
        "database.taken",
        "Un autre Guichet travaille déjà sur cette base SQLite. Arrêtez-le, ou prenez PostgreSQL \
         pour faire travailler plusieurs processus.",
        "Another Guichet already works on this SQLite database. Stop it, or take PostgreSQL to \
         have several processes work.",
    )
}

/// Runs `serve` until it is told to stop.
///
/// # Errors
/// The configuration is unsafe, the schema is not up to date, or the address is taken.
pub async fn serve(global: &Global, asked: &Serve, out: &Printer) -> Result<u8, Stop> {
    let over = Overrides {
        database_url: global.database.clone(),
        listen: asked.listen.clone(),
        base_url: asked.base_url.clone(),
        systems: asked.systems.clone(),
        data: global.data.clone(),
    };
    let config = Config::load(global.config.as_deref(), &over)?;
    let _alone = match here::database_file(&config) {
        Some(file) => Some(app::alone(&file)?.ok_or_else(taken)?),
        None => None,
    };
    let app = open::open(&config).await?;
    let parts: BTreeSet<Part> = asked.role.iter().map(|it| part(*it)).collect();
    let mut signals = Signals::listen()?;
    let (tell, stop) = watch::channel(false);
    let mut hands = app.work(&parts, &stop);
    if parts.contains(&Part::Web) {
        let listener = TcpListener::bind(config.listen).await.map_err(|why| {
            let at = config.listen;
            Stop::new(
                FAILED,
                "listen",
                format!("L’adresse {at} ne peut pas être ouverte\u{a0}: {why}"),
                format!("The address {at} cannot be opened: {why}"),
            )
        })?;
        let at = listener.local_addr()?;
        let server = Server::new(app.web(), Limits::default());
        hands.spawn(server.run(listener, stop.clone()));
        eprintln!(
            "{} http://{at}",
            out.pick("Guichet répond sur", "Guichet answers on")
        );
    }
    let interrupted = signals.next().await;
    tell.send_replace(true);
    parting::until_over(&mut hands, &mut signals).await;
    Ok(if interrupted { INTERRUPTED } else { OK })
}

/// One thing looked at.
struct Found {
    name: &'static str,
    ok: bool,
    what: String,
}

/// Runs `doctor`: looks, changes nothing.
///
/// # Errors
/// Standard output failed.
pub async fn doctor(global: &Global, out: &Printer) -> Result<u8, Stop> {
    let mut found = Vec::new();
    let mut note = |name, result: Result<String, String>| {
        let ok = result.is_ok();
        found.push(Found {
            name,
            ok,
            what: result.unwrap_or_else(|it| it),
        });
    };
    let rules = app::rules(Arc::new(Systems::default()));
    note(
        "rules",
        match &rules {
            Ok((catalogue, workflows, registry)) => {
                let (lines, flows) = (catalogue.iter().count(), workflows.iter().count());
                let actions = registry.names().count();
                Ok(match out.lang {
                    Lang::Fr => format!("{lines} lignes, {flows} procédures, {actions} actions"),
                    Lang::En => format!("{lines} lines, {flows} workflows, {actions} actions"),
                })
            }
            Err(why) => Err(format!("{why:#}")),
        },
    );
    match here::config(global) {
        Err(why) => note("configuration", Err(why.text.get(out.lang).to_owned())),
        Ok(config) => {
            note(
                "configuration",
                Ok(format!("{}, {}", config.listen, config.base_url)),
            );
            note("database", look_at_database(&config, out).await);
            if let Some(file) = &config.systems {
                note("systems", look_at_systems(file));
            }
            note("mail", look_at_mail(&config, out).await);
        }
    }
    let ok = found.iter().all(|it| it.ok);
    let checks: Vec<_> = found
        .iter()
        .map(|it| json!({"name": it.name, "ok": it.ok, "detail": it.what}))
        .collect();
    out.show(&json!({"ok": ok, "checks": checks}), || {
        let pairs: Vec<(&str, String)> = found
            .iter()
            .map(|it| {
                (
                    it.name,
                    format!("{} {}", if it.ok { '✓' } else { '✕' }, it.what),
                )
            })
            .collect();
        facts(&pairs)
    })?;
    Ok(if ok { OK } else { UNVERIFIED })
}

async fn look_at_database(config: &Config, out: &Printer) -> Result<String, String> {
    if let Some(file) = here::database_file(config).filter(|it| !it.exists()) {
        return Err(format!("{}: guichet db migrate", file.display()));
    }
    let store = Store::open(&config.database_url)
        .await
        .map_err(|it| it.to_string())?;
    let pending = Migrator::get_pending_migrations(store.connection()).await;
    match pending.map_err(|it| it.to_string())?.len() {
        0 => Ok(out.pick("schéma à jour", "schema up to date").into()),
        n => {
            let words = out.pick("étapes de schéma à appliquer", "schema steps to apply");
            Err(format!("{n} {words} (guichet db migrate)"))
        }
    }
}

fn look_at_systems(file: &std::path::Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|it| format!("{}: {it}", file.display()))?;
    let config: SystemsConfig =
        toml::from_str(&text).map_err(|it| format!("{}: {it}", file.display()))?;
    let systems = Systems::connect(&config).map_err(|it| it.to_string())?;
    Ok(systems.names().collect::<Vec<_>>().join(", "))
}

async fn look_at_mail(config: &Config, out: &Printer) -> Result<String, String> {
    let mail = &config.mail;
    if mail.transport == Transport::Outbox {
        return Ok(out.pick("courriels gardés", "letters are kept").into());
    }
    let place = (mail.host.as_str(), mail.port);
    let wait = std::time::Duration::from_secs(5);
    let named = format!("{}:{}", mail.host, mail.port);
    match tokio::time::timeout(wait, tokio::net::TcpStream::connect(place)).await {
        Ok(Ok(_)) => Ok(named),
        Ok(Err(why)) => Err(format!("{named}: {why}")),
        Err(_) => Err(format!(
            "{named}: {}",
            out.pick("pas de réponse en 5 s", "no answer in 5 s")
        )),
    }
}

/// Prints the completions of a shell.
///
/// # Errors
/// Standard output failed.
pub fn completion(shell: clap_complete::Shell, mut command: clap::Command) -> Result<u8, Stop> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command, "guichet", &mut bytes);
    line(&String::from_utf8_lossy(&bytes))?;
    Ok(OK)
}

/// Prints what every exit code means.
///
/// # Errors
/// Standard output failed.
pub fn exit_codes(out: &Printer) -> Result<u8, Stop> {
    let codes = super::end::codes();
    let value: Vec<_> = codes
        .iter()
        .map(|(code, it)| json!({"code": code, "meaning": it.get(out.lang)}))
        .collect();
    out.show(&value, || {
        let head = match out.lang {
            Lang::Fr => ["CODE", "SENS"],
            Lang::En => ["CODE", "MEANING"],
        };
        let rows: Vec<Vec<String>> = codes
            .iter()
            .map(|(code, it)| vec![code.to_string(), it.get(out.lang).to_owned()])
            .collect();
        table(&head, &rows)
    })?;
    Ok(OK)
}
