//! `db verify`: what was checked, how much of it, and what is wrong.

use super::progress::Progress;
use crate::{
    backup::{self, Kind, Manifest},
    cli::{
        args::Global,
        end::{OK, Stop, UNVERIFIED},
        here,
        print::{Printer, cut, table},
        start,
    },
    config::Config,
    published,
};
use catalogue::Text;
use engine::audit::{
    source::{Head, Source},
    verify::{Check, Finding, Report, verify as verify_view},
};
use serde_json::json;
use std::path::Path;

/// Checks made here, beside those of the engine.
const MANIFEST: &str = "manifest";
const PUBLISHED: &str = "published";

/// How a check is called.
pub(super) fn label(check: &str) -> Text {
    let (fr, en) = match check {
        "copy" => ("copie", "copy"),
        "file" => ("fichier", "file"),
        "guards" => ("déclencheurs", "guards"),
        "journal" => ("journal", "journal"),
        "openings" => ("engagements", "openings"),
        "tiles" => ("tuiles", "tiles"),
        "tickets" => ("demandes", "tickets"),
        "tasks" => ("étapes", "tasks"),
        "gates" => ("accords", "gates"),
        "ledger" => ("tokens", "ledger"),
        "slots" => ("accélérés", "slots"),
        "letters" => ("courriels", "letters"),
        MANIFEST => ("bordereau", "manifest"),
        PUBLISHED => ("publié", "published"),
        other => (other, other),
    };
    Text::new(fr, en)
}

/// Runs `db verify`.
///
/// # Errors
/// There is nothing to verify, or its schema is not known.
pub(super) async fn verify(global: &Global, what: Option<&str>, out: &Printer) -> Result<u8, Stop> {
    let report = match what {
        Some(it) if !it.contains("://") => of_file(Path::new(it), out).await?,
        _ => {
            let there = Global {
                data: global.data.clone().filter(|_| what.is_none()),
                database: what.map(str::to_owned).or_else(|| global.database.clone()),
                ..global.clone()
            };
            of_database(&here::config(&there)?, out).await?
        }
    };
    print(&report, out)?;
    Ok(if report.is_sound() { OK } else { UNVERIFIED })
}

async fn of_database(config: &Config, out: &Printer) -> Result<Report, Stop> {
    let source = super::look(config).await?;
    let mut report = of_source(&source, out).await?;
    if let Some(published) = config.heads.as_deref().map(published::read).transpose()?
        && let Some(published) = published
    {
        let lost = published::lost(&published, &source).await?;
        let said = lost.iter().map(start::told).collect();
        add(&mut report, PUBLISHED, published.heads.len(), said);
    }
    source.close().await?;
    Ok(report)
}

/// Verifies one view of an open database.
async fn of_source(source: &Source, out: &Printer) -> Result<Report, Stop> {
    start::known(source.connection()).await?;
    let view = source.view().await?;
    let mut bar = Progress::new(out);
    let mut tell = |what: &'static str, n, of| bar.tell(what, n, of);
    let report = verify_view(&view, &mut tell).await?;
    view.end().await?;
    Ok(report)
}

async fn of_file(file: &Path, out: &Printer) -> Result<Report, Stop> {
    if !file.exists() {
        return Err(Stop::missing(&file.display().to_string()));
    }
    let kind = backup::kind_of(file)?;
    let manifest = match backup::manifest_of(file).exists() {
        true => Some(backup::manifest(file)?),
        false => None,
    };
    let mut report = match kind {
        Some(Kind::Sqlite) => {
            let source = Source::file(file).await?;
            let report = of_source(&source, out).await?;
            source.close().await?;
            report
        }
        Some(Kind::Postgres) => archive(file, manifest.as_ref()).await?,
        None => {
            let file = file.display();
            return Err(Stop::usage(
                format!("{file} n’est ni une base SQLite ni une archive de pg_dump."),
                format!("{file} is neither an SQLite database nor an archive of pg_dump."),
            ));
        }
    };
    if let Some(manifest) = &manifest {
        let wrong = against(file, manifest, &report.heads)?;
        add(&mut report, MANIFEST, 1 + manifest.heads.len(), wrong);
    }
    Ok(report)
}

/// An archive is read to its end; what it holds is verified where it is restored.
async fn archive(file: &Path, manifest: Option<&Manifest>) -> Result<Report, Stop> {
    backup::readable(file).await?;
    Ok(Report {
        checks: vec![Check {
            name: "file",
            looked_at: 1,
            findings: 0,
        }],
        findings: Vec::new(),
        heads: manifest.map(|it| it.heads.clone()).unwrap_or_default(),
    })
}

fn against(file: &Path, manifest: &Manifest, heads: &[Head]) -> Result<Vec<Text>, Stop> {
    let mut wrong = Vec::new();
    if !backup::is_whole(file, manifest)? {
        wrong.push(Text::new(
            "le fichier n’a pas l’empreinte du bordereau",
            "the file does not have the manifest’s digest",
        ));
    }
    if heads != manifest.heads {
        wrong.push(Text::new(
            "les têtes ne sont pas celles du bordereau",
            "the heads are not those of the manifest",
        ));
    }
    Ok(wrong)
}

fn add(report: &mut Report, name: &'static str, looked_at: usize, wrong: Vec<Text>) {
    report.checks.push(Check {
        name,
        looked_at: looked_at as u64,
        findings: wrong.len() as u64,
    });
    report
        .findings
        .extend(wrong.into_iter().map(|what| Finding {
            check: name,
            client: None,
            what,
        }));
}

fn print(report: &Report, out: &Printer) -> Result<(), Stop> {
    let value = json!({
        "ok": report.is_sound(), "checks": report.checks, "findings": report.findings,
        "heads": report.heads,
    });
    out.show(&value, || {
        let head = [
            out.pick("CONTRÔLE", "CHECK"),
            out.pick("EXAMINÉS", "LOOKED AT"),
            out.pick("CONSTATS", "FINDINGS"),
        ];
        let rows: Vec<Vec<String>> = report
            .checks
            .iter()
            .map(|it| {
                vec![
                    label(it.name).get(out.lang).to_owned(),
                    it.looked_at.to_string(),
                    it.findings.to_string(),
                ]
            })
            .collect();
        let mut text = table(&head, &rows);
        for it in &report.findings {
            let client = it.client.as_deref().map(|it| format!("{it}, "));
            let line = format!(
                "✕ {}: {}{}",
                label(it.check).get(out.lang),
                client.unwrap_or_default(),
                it.what.get(out.lang)
            );
            text.push_str(&cut(&line, crate::cli::print::COLUMNS));
            text.push('\n');
        }
        text.push_str(&heads(&report.heads, out));
        if report.is_sound() {
            text.push_str(out.pick("Rien à redire.", "Nothing is wrong."));
        }
        text
    })
}

/// Clients with the size and the root of their logs.
pub(super) fn heads(all: &[Head], out: &Printer) -> String {
    let head = [
        "CLIENT",
        out.pick("ENREGISTREMENTS", "RECORDS"),
        out.pick("RACINE", "ROOT"),
    ];
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| vec![it.client.clone(), it.size.to_string(), it.root.clone()])
        .collect();
    table(&head, &rows)
}
