//! `ticket new|list` and `inbox`: ordering, and finding what was ordered.

use super::{
    args::{List, New},
    end::{OK, REFUSED, Stop, WAITING},
    here::{self, Here},
    look::show,
    print::{facts, table, wrap},
};
use crate::{
    format,
    http::api::views::ticket::{self as view, Row, WaitingView},
};
use catalogue::{Lang, Speed};
use engine::{
    desk::DeskError,
    people::Person,
    query::{Filter, Summary},
    ticket::{Command, Order, Refusal, Start, State, Transition},
};
use serde_json::json;

/// The client that a command is about: the person's own, or that of whom it is filed for.
///
/// # Errors
/// Nobody has that login.
pub(super) async fn on_behalf(
    here: &Here,
    actor: &Person,
    login: Option<&str>,
) -> Result<(Option<Person>, Option<String>), Stop> {
    let Some(login) = login else {
        return Ok((None, actor.client.clone()));
    };
    let person = here.desk().person(login).await?;
    let person = person
        .filter(|it| it.client.is_some())
        .ok_or_else(|| Stop::missing(login))?;
    let client = person.client.clone();
    Ok((Some(person), client))
}

/// Orders a change, or shows what that would lead to.
///
/// # Errors
/// Refused whole; nothing is written then.
pub async fn new(here: &Here, asked: &New) -> Result<u8, Stop> {
    let actor = here.person().await?;
    let entry = here
        .desk()
        .catalogue
        .get(&asked.line)
        .cloned()
        .ok_or_else(|| Stop::from(Refusal::UnknownLine(asked.line.clone())))?;
    let (other, client) = on_behalf(here, &actor, asked.on_behalf_of.as_deref()).await?;
    let contract = here
        .contract(asked.contract.as_deref(), client.as_deref())
        .await?;
    let start = match &asked.at {
        Some(it) => Start::At(here::moment(it)?),
        None => Start::Asap,
    };
    let order = Order {
        entry,
        answers: here::answers(&asked.answers)?,
        speed: if asked.accelerated {
            Speed::Accelerated
        } else {
            Speed::Normal
        },
        start,
        why: asked.why.clone(),
        on_behalf_of: other.map(|it| it.id),
    };
    let help = format!("guichet catalogue show {}", order.entry.code);
    let hinted = |it: DeskError| {
        let stop = Stop::from(it);
        let form = stop.exit == REFUSED && stop.hint.is_none();
        if form { stop.hint(help.clone()) } else { stop }
    };
    let command = Command::Order(Box::new(order));
    let caller = here.caller(&actor);
    if asked.dry_run {
        let desk = here.desk();
        let step = desk
            .preview(&contract.client, &contract.code, &command, caller)
            .await;
        let standing = desk.standing(&contract).await?;
        let step = step.map_err(hinted)?;
        rehearse(
            here,
            &step,
            standing.available(here.now()),
            standing.slots.len(),
        )?;
        return Ok(OK);
    }
    let made = here
        .desk()
        .create(&contract.client, &contract.code, command, caller)
        .await;
    show(here, &made.map_err(hinted)?, true).await?;
    Ok(OK)
}

/// Shows what an order would lead to.
fn rehearse(here: &Here, step: &Transition, available: u32, slots: usize) -> Result<(), Stop> {
    let out = &here.out;
    let ticket = &step.ticket;
    let tokens = ticket.price.as_ref().map(|it| it.total().0);
    let after = available.saturating_sub(ticket.held().0);
    let accelerated = ticket.speed == Speed::Accelerated;
    let slots_after = slots + usize::from(accelerated);
    let tasks: Vec<&str> = ticket
        .tasks
        .iter()
        .map(|it| it.node.title.get(out.lang))
        .collect();
    let value = json!({
        "dry_run": true, "code": ticket.code, "title": ticket.title.get(out.lang),
        "client": ticket.client, "contract": ticket.contract, "tokens": tokens,
        "base": ticket.price.as_ref().map(|it| it.base.0),
        "surcharge": ticket.price.as_ref().map(|it| it.surcharge.0),
        "accelerated": accelerated, "state": ticket.state.word(),
        "available": available, "available_after": after,
        "accelerated_used": slots, "accelerated_used_after": slots_after,
        "answers": ticket.ordered.answers, "tasks": tasks,
    });
    out.show(&value, || {
        let price = match &ticket.price {
            Some(it) => format!(
                "{} ({})",
                format::tokens(out.lang, i64::from(it.total().0)),
                it.formula.get(out.lang)
            ),
            None => out.pick("sur devis", "on quote").to_owned(),
        };
        let mut text = format!(
            "{}\n{}",
            out.pick(
                "Essai à blanc, rien n’est déposé.",
                "Dry run, nothing is ordered."
            ),
            facts(&[
                (out.pick("Prix", "Price"), price),
                (
                    out.pick("Tokens", "Tokens"),
                    format!("{available} → {after}")
                ),
                (
                    out.pick("Accélérés", "Accelerated"),
                    format!("{slots} → {slots_after} / 6")
                ),
            ])
        );
        for (n, it) in tasks.iter().enumerate() {
            text += &wrap(&format!("{}. {it}", n + 1), "  ");
        }
        text + out.pick(
            "Déposer\u{a0}: relancez sans -n.",
            "To order: run again without -n.",
        )
    })
}

/// Lists tickets.
///
/// # Errors
/// The database failed, or there is no such state.
pub async fn list(here: &Here, asked: &List) -> Result<u8, Stop> {
    let viewer = here.viewer().await?;
    let own = viewer.and_then(|it| it.client);
    if let (Some(own), Some(other)) = (&own, &asked.client)
        && own != other
    {
        return Err(Stop::missing(other));
    }
    let state = asked.state.as_deref().map(|it| {
        State::from_word(it).ok_or_else(|| {
            let all: Vec<&str> = State::ALL.iter().map(|it| it.word()).collect();
            let all = all.join(", ");
            Stop::usage(format!("États\u{a0}: {all}"), format!("States: {all}"))
        })
    });
    let filter = Filter {
        client: own.or_else(|| asked.client.clone()),
        state: state.transpose()?,
        open: !asked.all && asked.state.is_none(),
        limit: asked.limit,
        ..Filter::default()
    };
    let all = here.desk().tickets(&filter).await?;
    let rows: Vec<Row> = all.iter().map(|it| Row::of(it, here.out.lang)).collect();
    here.out.show(&rows, || listing(&all, here.out.lang))?;
    Ok(OK)
}

fn listing(all: &[Summary], lang: Lang) -> String {
    let head = match lang {
        Lang::Fr => ["RÉF", "ÉTAT", "TOKENS", "LIGNE", "OBJET"],
        Lang::En => ["REF", "STATE", "TOKENS", "LINE", "SUBJECT"],
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            let fast = if it.speed == Speed::Accelerated {
                " ×2"
            } else {
                ""
            };
            let tokens = it
                .tokens
                .map_or("—".into(), |tokens| format!("{tokens}{fast}"));
            let code = it.code.clone().unwrap_or_default();
            let state = view::stands(it.state, it.ending, lang);
            vec![
                it.reference.clone(),
                state,
                tokens,
                code,
                it.title.get(lang).to_owned(),
            ]
        })
        .collect();
    let n = all.len();
    let foot = match (lang, n) {
        (Lang::Fr, 0 | 1) => format!("{n} demande."),
        (Lang::Fr, _) => format!("{n} demandes."),
        (Lang::En, 1) => "1 ticket.".to_owned(),
        (Lang::En, _) => format!("{n} tickets."),
    };
    format!("{}{foot}", table(&head, &rows))
}

/// Shows what waits for whoever acts.
///
/// # Errors
/// Nobody acts, or the database failed.
pub async fn inbox(here: &Here, check: bool) -> Result<u8, Stop> {
    let person = here.person().await?;
    let waiting = here.desk().inbox(&person).await?;
    let lang = here.out.lang;
    let views: Vec<WaitingView> = waiting.iter().map(|it| WaitingView::of(it, lang)).collect();
    here.out.show(&views, || {
        let head = match lang {
            Lang::Fr => ["RÉF", "ATTEND", "ÉCHÉANCE", "OBJET"],
            Lang::En => ["REF", "WAITS FOR", "DUE", "SUBJECT"],
        };
        let now = here.now();
        let rows: Vec<Vec<String>> = views
            .iter()
            .map(|it| {
                let what = it
                    .purpose
                    .clone()
                    .or(it.task.clone())
                    .unwrap_or(it.kind.to_owned());
                let due = it
                    .until
                    .map_or("—".into(), |until| format::left(lang, until, now));
                vec![
                    it.ticket.reference.clone(),
                    what,
                    due,
                    it.ticket.title.clone(),
                ]
            })
            .collect();
        match rows.is_empty() {
            true => here
                .out
                .pick("Rien ne vous attend.", "Nothing waits for you.")
                .to_owned(),
            false => table(&head, &rows),
        }
    })?;
    Ok(if check && !views.is_empty() {
        WAITING
    } else {
        OK
    })
}
