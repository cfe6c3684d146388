//! `serve` and `doctor`: the program at work, and what it needs for that.

use super::{
    args::{Global, Role, Serve},
    end::{FAILED, INTERRUPTED, OK, Stop, UNVERIFIED},
    here, open,
    parting::{self, Signals},
    print::{Printer, facts, line, table},
    start,
};
use crate::{
    app::{self, Part},
    config::{Config, Overrides, Transport},
    http::server::{Limits, Server},
    metrics::{self, Door, Metrics},
    telemetry::Telemetry,
};
use adapters::{
    systems::{Systems, SystemsConfig},
    wire::Secret,
};
use catalogue::Lang;
use engine::{audit::source::Source, store::Store};
use serde_json::json;
use std::{collections::BTreeSet, fs, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

fn part(role: Role) -> Part {
    match role {
        Role::Web => Part::Web,
        Role::Worker => Part::Worker,
        Role::Scheduler => Part::Scheduler,
        Role::Mailer => Part::Mailer,
    }
}

/// That another process works on the SQLite file.
pub fn taken() -> Stop {
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
        heads: global.heads.clone(),
        data: global.data.clone(),
    };
    let config = Config::load(global.config.as_deref(), &over)?;
    let telemetry = Telemetry::start(&config).map_err(anyhow::Error::from)?;
    let code = work(&config, asked, out).await;
    telemetry.end().await;
    code
}

/// Works until it is told to stop.
async fn work(config: &Config, asked: &Serve, out: &Printer) -> Result<u8, Stop> {
    let alone = match here::database_file(config) {
        Some(file) => Some(app::alone(&file)?.ok_or_else(taken)?),
        None => None,
    };
    let metrics = config.metrics.listen.map(|_| {
        let version = env!("CARGO_PKG_VERSION");
        Arc::new(Metrics::new(version, config.metrics.ledger))
    });
    let mut app = open::open(config, metrics.as_ref()).await?;
    start::heads(config, &app.desk).await?;
    app.heads.clone_from(&config.heads);
    app.alone = alone.is_some();
    let parts: BTreeSet<Part> = asked.role.iter().map(|it| part(*it)).collect();
    let mut signals = Signals::listen()?;
    let (tell, stop) = watch::channel(false);
    let mut hands = app.work(&parts, &stop);
    if let (Some(metrics), Some(at)) = (metrics, config.metrics.listen) {
        let token = config.metrics.token.as_deref().map(Secret::load);
        let hours = Duration::from_secs(3600) * u32::from(config.metrics.verify_hours);
        if !hours.is_zero() {
            let (metrics, desk) = (metrics.clone(), app.desk.clone());
            hands.spawn(metrics::watch_over(metrics, desk, hours, stop.clone()));
        }
        let door = Door {
            metrics,
            desk: app.desk.clone(),
            token: token.transpose().map_err(anyhow::Error::from)?,
        };
        let listener = listen(at).await?;
        let at = listener.local_addr()?;
        let server = Server::of(metrics::routes(door), Limits::default());
        hands.spawn(server.run(listener, stop.clone()));
        eprintln!(
            "{} http://{at}/metrics",
            out.pick("Mesures sur", "Figures on")
        );
    }
    if parts.contains(&Part::Web) {
        let listener = listen(config.listen).await?;
        let at = listener.local_addr()?;
        let server = Server::new(app.web(), config.limits.limits());
        hands.spawn(server.run(listener, stop.clone()));
        eprintln!(
            "{} http://{at}",
            out.pick("Guichet répond sur", "Guichet answers on")
        );
    }
    if config.heads.is_none() {
        eprintln!(
            "{}",
            out.pick(
                "Les têtes du journal ne sont publiées nulle part\u{a0}: nommez un fichier \
                 (heads, GUICHET_HEADS).",
                "The journal’s heads are published nowhere: name a file (heads, GUICHET_HEADS).",
            )
        );
    }
    let interrupted = signals.next().await;
    tell.send_replace(true);
    parting::until_over(&mut hands, &mut signals).await;
    Ok(if interrupted { INTERRUPTED } else { OK })
}

async fn listen(at: SocketAddr) -> Result<TcpListener, Stop> {
    TcpListener::bind(at).await.map_err(|why| {
        Stop::new(
            FAILED,
            "listen",
            format!("L’adresse {at} ne peut pas être ouverte\u{a0}: {why}"),
            format!("The address {at} cannot be opened: {why}"),
        )
    })
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
    let said = |it: Stop| it.text.get(out.lang).to_owned();
    start::schema(&store).await.map_err(said)?;
    start::held(config, &Source::of(&store))
        .await
        .map_err(said)?;
    Ok(out.pick("schéma à jour", "schema up to date").into())
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
