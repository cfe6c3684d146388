//! `audit …` and `mail …`: who did what, and what was said about it.

use super::{
    args::{Audit, Mail},
    end::{OK, Stop},
    here::{self, Here},
    print::{facts, table, wrap},
};
use crate::{
    format,
    http::api::views::trace::{self, MessageView},
};
use catalogue::Lang;
use engine::audit::{Search, Trace};

/// Runs `audit search`.
///
/// # Errors
/// There is no such ticket or person.
pub async fn audit(here: &Here, verb: &Audit) -> Result<u8, Stop> {
    let Audit::Search {
        client,
        ticket,
        person,
        cluster,
        kind,
        from,
        until,
        limit,
    } = verb;
    let own = here.viewer().await?.and_then(|it| it.client);
    if let (Some(own), Some(other)) = (&own, client)
        && own != other
    {
        return Err(Stop::missing(other));
    }
    let ticket = match ticket {
        Some(it) => Some(here.ticket(it).await?.id),
        None => None,
    };
    let person = match person {
        Some(it) => {
            let found = here.desk().person(it).await?;
            Some(found.ok_or_else(|| Stop::missing(it))?.id)
        }
        None => None,
    };
    let search = Search {
        client: own.or_else(|| client.clone()),
        ticket,
        person,
        cluster: cluster.clone(),
        kind: kind.clone(),
        from: from.as_deref().map(here::day).transpose()?,
        until: until.as_deref().map(here::day).transpose()?,
        before: None,
        limit: *limit,
    };
    let records = here.desk().records(&search).await?;
    here.out
        .show(&records, || record_lines(&records, here.out.lang))?;
    Ok(OK)
}

fn record_lines(records: &[Trace], lang: Lang) -> String {
    let head = match lang {
        Lang::Fr => ["N°", "QUAND", "QUOI", "DEMANDE", "ÉTAPE", "MOTS"],
        Lang::En => ["NO", "WHEN", "WHAT", "TICKET", "TASK", "WORDS"],
    };
    let rows: Vec<Vec<String>> = records
        .iter()
        .map(|it| {
            let words: Vec<String> = it.words.values().cloned().collect();
            vec![
                format!("{} {}", it.client, it.seq),
                it.at.format("%Y-%m-%d %H:%M:%S").to_string(),
                it.kind.clone(),
                it.reference.clone().unwrap_or_default(),
                it.task.clone().unwrap_or_default(),
                words.join(", "),
            ]
        })
        .collect();
    table(&head, &rows)
}

/// Runs `mail …`.
///
/// # Errors
/// There is no such letter.
pub async fn mail(here: &Here, verb: &Mail) -> Result<u8, Stop> {
    match verb {
        Mail::List { ticket, limit } => {
            let all = messages(here, ticket.as_deref(), *limit).await?;
            here.out.show(&all, || message_lines(&all, here.out.lang))?;
        }
        Mail::Show { id } => {
            let all = messages(here, None, 1_000).await?;
            let found = all.into_iter().find(|it| it.id == *id);
            let it = found.ok_or_else(|| Stop::missing(id).hint("guichet mail list"))?;
            show(here, &it)?;
        }
    }
    Ok(OK)
}

async fn messages(here: &Here, ticket: Option<&str>, limit: u64) -> Result<Vec<MessageView>, Stop> {
    let own = here.viewer().await?.and_then(|it| it.client);
    let about = match ticket {
        Some(it) => Some(here.ticket(it).await?.id),
        None => None,
    };
    Ok(trace::messages(here.desk(), own.as_deref(), about, limit).await?)
}

fn message_lines(all: &[MessageView], lang: Lang) -> String {
    let head = match lang {
        Lang::Fr => ["NOM", "ÉTAT", "POUR", "DEMANDE", "OBJET"],
        Lang::En => ["NAME", "STATE", "TO", "TICKET", "OCCASION"],
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            let reference = it.reference.clone();
            vec![
                it.id.clone(),
                it.state.clone(),
                it.to.name.clone(),
                reference,
                it.occasion.clone(),
            ]
        })
        .collect();
    table(&head, &rows)
}

fn show(here: &Here, it: &MessageView) -> Result<(), Stop> {
    let out = &here.out;
    let kept = here.kept()?.and_then(|outbox| outbox.get(&it.id));
    out.show(it, || {
        let sent = it
            .sent_at
            .map_or(String::new(), |at| format::date_time(out.lang, at));
        let mut text = facts(&[
            (out.pick("Nom", "Name"), it.id.clone()),
            (out.pick("Pour", "To"), it.to.name.clone()),
            (out.pick("Objet", "Occasion"), it.occasion.clone()),
            (out.pick("Demande", "Ticket"), it.reference.clone()),
            (out.pick("État", "State"), it.state.clone()),
            (out.pick("Essais", "Tries"), it.attempts.to_string()),
            (out.pick("Partie", "Sent"), sent),
            (
                out.pick("Réponse", "Answer"),
                it.answer.clone().unwrap_or_default(),
            ),
        ]);
        if let Some(kept) = kept {
            text.push('\n');
            text += &wrap(&kept.mail.text, "");
        }
        text
    })
}
