//! `contract …` and `client …`: what was agreed, what is left, what was used.

use super::{
    args::{Client as ClientVerb, Contract as Verb},
    end::{OK, Stop},
    here::{self, Here},
    print::{facts, table},
};
use crate::{
    format,
    http::api::views::contract::{ContractView, StandingView},
};
use catalogue::{Lang, Tokens};
use chrono::Datelike;
use engine::{audit::Statement, contract::Contract, window};
use serde_json::json;

/// Runs `contract …`.
///
/// # Errors
/// There is no such contract, or it was refused.
pub async fn contract(here: &Here, verb: &Verb) -> Result<u8, Stop> {
    match verb {
        Verb::List => list(here).await?,
        Verb::Show { code } => {
            let contract = seen(here, code).await?;
            show(here, &contract).await?;
        }
        Verb::Statement { code, from, until } => {
            let contract = seen(here, code).await?;
            let today = window::paris_date(here.now());
            let first = today.with_ordinal(1).unwrap_or(today);
            let from = from.clone().unwrap_or_else(|| first.to_string());
            let next = today.succ_opt().unwrap_or(today).to_string();
            let until = until.clone().unwrap_or(next);
            let (from, until) = (here::day(&from)?, here::day(&until)?);
            let statement = here.desk().statement(&contract, from, until).await?;
            here.out
                .show(&statement, || lines(&statement, here.out.lang))?;
        }
        Verb::Grant {
            code,
            tokens,
            expires,
        } => {
            let person = here.person().await?;
            let contract = seen(here, code).await?;
            let expires = expires.as_deref().map(here::day).transpose()?;
            let caller = here.caller(&person);
            here.desk()
                .grant(&contract, Tokens(*tokens), expires, caller)
                .await?;
            show(here, &contract).await?;
        }
        Verb::Add { file } => {
            let contract: Contract = toml::from_str(&here::read(file)?).map_err(|why| {
                let file = file.display();
                Stop::usage(format!("{file}\u{a0}: {why}"), format!("{file}: {why}"))
            })?;
            here.desk().add_contract(&contract).await?;
            show(here, &contract).await?;
        }
    }
    Ok(OK)
}

/// Runs `client …`.
///
/// # Errors
/// The code is taken or odd.
pub async fn client(here: &Here, verb: &ClientVerb) -> Result<u8, Stop> {
    let ClientVerb::Add { code, name } = verb;
    let sane = |it: &str| {
        !it.is_empty()
            && it.len() <= 12
            && it
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    if !sane(code) || name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(Stop::usage(
            "Un code de client a 1 à 12 capitales ou chiffres, et un nom.",
            "A client’s code is 1 to 12 capitals or digits, with a name.",
        ));
    }
    here.desk().add_client(code, name).await?;
    here.out.show(&json!({"code": code, "name": name}), || {
        format!("{code}  {name}")
    })?;
    Ok(OK)
}

/// The contract of that code, as far as whoever acts may see it.
async fn seen(here: &Here, code: &str) -> Result<Contract, Stop> {
    let viewer = here.viewer().await?;
    let found = here.desk().contract(code, viewer.as_ref()).await?;
    found.ok_or_else(|| Stop::missing(code).hint("guichet contract list"))
}

async fn list(here: &Here) -> Result<(), Stop> {
    let viewer = here.viewer().await?;
    let client = viewer.and_then(|it| it.client);
    let all = here.desk().contracts(client.as_deref()).await?;
    let views: Vec<ContractView> = all.iter().map(ContractView::from).collect();
    here.out.show(&views, || {
        let head = match here.out.lang {
            Lang::Fr => ["CODE", "CLIENT", "OFFRE", "FIN"],
            Lang::En => ["CODE", "CLIENT", "OFFER", "ENDS"],
        };
        let rows: Vec<Vec<String>> = views
            .iter()
            .map(|it| {
                let ends = it.ends.to_string();
                vec![
                    it.code.clone(),
                    it.client_name.clone(),
                    it.offer.clone(),
                    ends,
                ]
            })
            .collect();
        table(&head, &rows)
    })
}

async fn show(here: &Here, contract: &Contract) -> Result<(), Stop> {
    let standing = here.desk().standing(contract).await?;
    let view = StandingView::of(&standing, here.now());
    let out = &here.out;
    out.show(&view, || {
        let (tokens, quota) = (&view.tokens, &view.accelerated);
        let count = |n: u32| format::tokens(out.lang, i64::from(n));
        let mut text = format!("{}  {}\n", view.contract.code, view.contract.client_name);
        text += &facts(&[
            (out.pick("Offre", "Offer"), view.contract.offer.clone()),
            (
                out.pick("Durée", "Term"),
                format!("{} → {}", view.contract.starts, view.contract.ends),
            ),
            (out.pick("Disponible", "Available"), count(tokens.available)),
            (out.pick("Réservé", "Held"), count(tokens.held)),
            (out.pick("Consommé", "Spent"), count(tokens.spent)),
            (out.pick("Expiré", "Expired"), count(tokens.expired)),
            (
                out.pick("Accélérés", "Accelerated"),
                format!(
                    "{} / {} ({} → {})",
                    quota.used, quota.of, quota.from, quota.until
                ),
            ),
            (
                out.pick("Clusters", "Clusters"),
                view.contract.clusters.join(", "),
            ),
        ]);
        text
    })
}

fn lines(it: &Statement, lang: Lang) -> String {
    let head = match lang {
        Lang::Fr => [
            "QUAND",
            "DEMANDE",
            "MOUVEMENT",
            "TOKENS",
            "STOCK",
            "RÉSERVÉ",
        ],
        Lang::En => ["WHEN", "TICKET", "MOVEMENT", "TOKENS", "STOCK", "HELD"],
    };
    let rows: Vec<Vec<String>> = it
        .lines
        .iter()
        .map(|line| {
            vec![
                format::date_time(lang, line.at),
                line.reference.clone().unwrap_or_default(),
                format!("{} → {}", line.from.word(), line.to.word()),
                line.tokens.to_string(),
                line.available.to_string(),
                line.held.to_string(),
            ]
        })
        .collect();
    let sums = match lang {
        Lang::Fr => format!(
            "Report {} + {} réservés. Acquis {}, consommés {}, expirés {}. Reste {} + {} réservés.",
            it.opening, it.opening_held, it.granted, it.spent, it.expired, it.available, it.held
        ),
        Lang::En => format!(
            "Brought forward {} + {} held. Granted {}, spent {}, expired {}. Left {} + {} held.",
            it.opening, it.opening_held, it.granted, it.spent, it.expired, it.available, it.held
        ),
    };
    format!(
        "{}{sums}\n{}",
        table(&head, &rows),
        format::digest(&it.digest)
    )
}
