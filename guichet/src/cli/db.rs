//! `db …` and `journal …`: the schema, copies that prove themselves, and what was published.

mod copies;
mod progress;
mod verify;

use super::{
    args::{Db, Global, Journal},
    end::{FAILED, OK, Stop, UNVERIFIED},
    here::{self, Here},
    print::{Printer, table},
    proof, start,
};
use crate::{
    app,
    config::Config,
    published::{self, Published},
};
use engine::{
    audit::source::{Head, Source, Standing},
    store::Store,
};
use serde_json::json;
use std::{fs, path::Path};

/// Runs `db …`.
///
/// # Errors
/// The database cannot be reached, or what was asked for was refused.
pub async fn db(global: &Global, verb: &Db, out: &Printer) -> Result<u8, Stop> {
    match verb {
        Db::Migrate => migrate(&here::config(global)?, out).await,
        Db::Status => {
            let config = here::config(global)?;
            let source = look(&config).await?;
            status(&source, out).await
        }
        Db::Backup { file } => copies::backup(&here::config(global)?, file, out).await,
        Db::Verify { what } => verify::verify(global, what.as_deref(), out).await,
        Db::Restore {
            file,
            to,
            force_empty,
        } => {
            let there = Global {
                data: None,
                database: Some(to.clone()),
                ..global.clone()
            };
            copies::restore(&here::config(&there)?, file, *force_empty, out).await
        }
        Db::AcceptRollback { reason } => accept(global, reason, out).await,
    }
}

/// Opens the configured database for reading; a misspelt path makes no file.
async fn look(config: &Config) -> Result<Source, Stop> {
    if let Some(file) = config.database_file().filter(|it| !it.exists()) {
        return Err(Stop::missing(&file.display().to_string()).hint("guichet db migrate"));
    }
    Ok(Source::open(&config.database_url).await?)
}

async fn migrate(config: &Config, out: &Printer) -> Result<u8, Stop> {
    if let Some(parent) = config.database_file().as_deref().and_then(Path::parent) {
        fs::create_dir_all(parent)?;
    }
    let store = Store::open(&config.database_url).await?;
    let before = start::known(store.connection()).await?;
    if !before.applied.is_empty() {
        start::held(config, &Source::of(&store)).await?;
    }
    app::migrate(&store).await?;
    status(&Source::of(&store), out).await
}

async fn status(source: &Source, out: &Printer) -> Result<u8, Stop> {
    let steps = migrations::standing(source.connection())
        .await
        .map_err(anyhow::Error::from)?;
    let rows: Vec<_> = steps
        .applied
        .iter()
        .map(|it| (it, true, !steps.unknown.contains(it)))
        .chain(steps.pending.iter().map(|it| (it, false, true)))
        .collect();
    let value: Vec<_> = rows
        .iter()
        .map(|(name, applied, known)| json!({"name": name, "applied": applied, "known": known}))
        .collect();
    let (pending, unknown) = (steps.pending.len(), steps.unknown.len());
    let value = json!({"steps": value, "pending": pending, "unknown": unknown});
    out.show(&value, || {
        let head = [out.pick("ÉTAPE", "STEP"), out.pick("ÉTAT", "STATE")];
        let said = |applied, known| match (applied, known) {
            (true, true) => out.pick("appliquée", "applied"),
            (true, false) => out.pick(
                "appliquée par un programme plus récent",
                "applied by a newer program",
            ),
            (false, _) => out.pick("à appliquer", "to be applied"),
        };
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|(name, applied, known)| vec![(*name).clone(), said(*applied, *known).to_owned()])
            .collect();
        table(&head, &lines)
    })?;
    Ok(match pending + unknown {
        0 => OK,
        _ => UNVERIFIED,
    })
}

/// The file of published heads, which these commands cannot do without.
fn file(config: &Config) -> Result<&Path, Stop> {
    config.heads.as_deref().ok_or_else(|| {
        Stop::usage(
            "Nommez le fichier des têtes publiées.",
            "Name the file of published heads.",
        )
        .hint("guichet --heads FILE …   (heads, GUICHET_HEADS)")
    })
}

/// Runs `journal …`.
///
/// # Errors
/// No file of heads is configured, or the database does not hold what was published; or there is
/// nothing to prove.
pub async fn journal(here: &Here, verb: &Journal) -> Result<u8, Stop> {
    match verb {
        Journal::Proof { seq, of } => proof::inclusion(here, *seq, of).await,
        Journal::Consistency { from, of } => proof::consistency(here, *from, of).await,
        Journal::Heads => heads(here, false).await,
        Journal::Publish => heads(here, true).await,
    }
}

async fn heads(here: &Here, publish: bool) -> Result<u8, Stop> {
    let file = file(&here.config)?;
    let source = Source::of(&here.desk().store);
    if publish {
        published::publish(file, &source, here.now()).await?;
    }
    let published = published::read(file)?;
    let heads = source.heads().await?;
    let lost = match &published {
        Some(it) => published::lost(it, &source).await?,
        None => Vec::new(),
    };
    let value = json!({"file": file, "heads": heads, "published": published});
    here.out
        .show(&value, || head_lines(&heads, published.as_ref(), &here.out))?;
    for it in &lost {
        eprintln!("{}", start::told(it).get(here.out.lang));
    }
    Ok(if lost.is_empty() { OK } else { UNVERIFIED })
}

fn head_lines(heads: &[Head], published: Option<&Published>, out: &Printer) -> String {
    let head = [
        "CLIENT",
        out.pick("ENREGISTREMENTS", "RECORDS"),
        out.pick("RACINE", "ROOT"),
        out.pick("PUBLIÉ", "PUBLISHED"),
    ];
    let rows: Vec<Vec<String>> = heads
        .iter()
        .map(|it| {
            let mut all = published.iter().flat_map(|it| &it.heads);
            let mine = all.find(|out| out.head.client == it.client);
            let said = mine.map(|it| format!("{} ({})", it.head.size, published::moment(it.at)));
            vec![
                it.client.clone(),
                it.size.to_string(),
                it.root[..16].to_owned(),
                said.unwrap_or_default(),
            ]
        })
        .collect();
    table(&head, &rows)
}

/// Puts on record that what was published is given up, then publishes what there is.
async fn accept(global: &Global, reason: &str, out: &Printer) -> Result<u8, Stop> {
    let here = Here::open(global, out).await?;
    let file = file(&here.config)?;
    let person = here.person().await?;
    let _alone = match here.config.database_file() {
        Some(it) => Some(app::alone(&it)?.ok_or_else(super::run::taken)?),
        None => None,
    };
    let source = Source::of(&here.desk().store);
    let lost = match published::read(file)? {
        Some(it) => published::lost(&it, &source).await?,
        None => Vec::new(),
    };
    if lost.is_empty() {
        return Err(Stop::new(
            FAILED,
            "journal.whole",
            "La base tient tout ce qui a été publié\u{a0}: il n’y a rien à assumer.",
            "The database holds all that was published: there is nothing to accept.",
        ));
    }
    let heads = source.heads().await?;
    for it in &lost {
        let known = heads
            .iter()
            .find(|head| head.client == it.published.head.client);
        if let (Some(head), false) = (known, matches!(it.found, Standing::Unknown)) {
            let caller = here.caller(&person);
            here.desk()
                .accept_rollback(&it.published.head, head, reason, caller)
                .await?;
        }
    }
    published::give_up(file, &source, here.now()).await?;
    let said: Vec<_> = lost.iter().map(start::told).collect();
    out.show(&json!({"given_up": said}), || {
        let lines: Vec<&str> = said.iter().map(|it| it.get(out.lang)).collect();
        format!(
            "{}\n{}",
            out.pick(
                "Écart assumé et consigné\u{a0}:",
                "Gap accepted and on record:"
            ),
            lines.join("\n")
        )
    })?;
    Ok(OK)
}
