//! `ticket new|list|show|graph|plan|log` and `inbox`: ordering and looking.

use super::{
    args::{List, New},
    end::{NOT_FOUND, OK, REFUSED, Stop, WAITING},
    here::{self, Here},
    offer::draw_nodes,
    print::{facts, table, wrap},
};
use crate::{
    format,
    http::api::views::{
        plan::{PlanView, drawing},
        task::{self, LogView},
        ticket::{self as view, Row, TicketView, WaitingView},
    },
};
use catalogue::{Lang, Speed};
use engine::{
    desk::DeskError,
    people::Person,
    query::{Filter, Summary},
    ticket::{Command, Order, Start, State, Ticket, Transition},
};
use serde_json::{Value, json};

/// The client that a command is about: the person's own, or that of whom it is filed for.
///
/// # Errors
/// Nobody has that login.
pub(super) async fn on_behalf(
    here: &Here,
    actor: &Person,
    login: Option<&str>,
) -> Result<(Option<Person>, Option<String>), Stop> {
    let Some(login) = login else { return Ok((None, actor.client.clone())) };
    let person = here.desk().person(login).await?;
    let person = person.filter(|it| it.client.is_some()).ok_or_else(|| Stop::missing(login))?;
    let client = person.client.clone();
    Ok((Some(person), client))
}

/// Orders a change, or shows what that would lead to.
///
/// # Errors
/// Refused whole; nothing is written then.
pub async fn new(here: &Here, asked: &New) -> Result<u8, Stop> {
    let actor = here.person().await?;
    let entry = here.desk().catalogue.get(&asked.line).cloned().ok_or_else(|| {
        Stop::from(engine::ticket::Refusal::UnknownLine(asked.line.clone()))
    })?;
    let (other, client) = on_behalf(here, &actor, asked.on_behalf_of.as_deref()).await?;
    let contract = here.contract(asked.contract.as_deref(), client.as_deref()).await?;
    let start = match &asked.at {
        Some(it) => Start::At(here::moment(it)?),
        None => Start::Asap,
    };
    let order = Order {
        entry,
        answers: here::answers(&asked.answers)?,
        speed: if asked.accelerated { Speed::Accelerated } else { Speed::Normal },
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
        let step = desk.preview(&contract.client, &contract.code, &command, caller).await;
        let standing = desk.standing(&contract).await?;
        let step = step.map_err(hinted)?;
        rehearse(here, &step, standing.available(here.now()), standing.slots.len())?;
        return Ok(OK);
    }
    let made = here.desk().create(&contract.client, &contract.code, command, caller).await;
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
    let tasks: Vec<&str> = ticket.tasks.iter().map(|it| it.node.title.get(out.lang)).collect();
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
            out.pick("Essai à blanc, rien n’est déposé.", "Dry run, nothing is ordered."),
            facts(&[
                (out.pick("Prix", "Price"), price),
                (out.pick("Tokens", "Tokens"), format!("{available} → {after}")),
                (out.pick("Accélérés", "Accelerated"), format!("{slots} → {slots_after} / 6")),
            ])
        );
        for (n, it) in tasks.iter().enumerate() {
            text += &wrap(&format!("{}. {it}", n + 1), "  ");
        }
        text + out.pick("Déposer\u{a0}: relancez sans -n.", "To order: run again without -n.")
    })
}

/// Shows a ticket; `fresh` when it was just ordered.
///
/// # Errors
/// The database failed.
pub async fn show(here: &Here, ticket: &Ticket, fresh: bool) -> Result<(), Stop> {
    let names = here.names(&ticket.client).await?;
    let out = &here.out;
    let view = TicketView::of(ticket, &names, out.lang);
    out.show(&view, || {
        let mut text = wrap(&format!("{}  {}", view.row.reference, view.row.title), "");
        let price = view.price.as_ref().map_or(String::new(), |it| {
            format!("{} ({})", format::tokens(out.lang, i64::from(it.tokens)), it.formula)
        });
        let ending = view.row.ending.map(|it| format!(" ({it})")).unwrap_or_default();
        let state = format!("{}{ending}", view::said(ticket.state, out.lang));
        let still = view.standstill.as_ref().map(|it| format!("{} : {}", it.task, it.why));
        text += &facts(&[
            (out.pick("État", "State"), state),
            (out.pick("Ligne", "Line"), view.row.code.clone().unwrap_or_default()),
            (out.pick("Prix", "Price"), price),
            (out.pick("Cluster", "Cluster"), view.row.cluster.clone().unwrap_or_default()),
            (out.pick("Demandeur", "Requester"), view.requester.name.clone()),
            (out.pick("Arrêt", "Standstill"), still.unwrap_or_default()),
            (out.pick("Cause", "Cause"), view.cause.clone().unwrap_or_default()),
            (out.pick("Empreinte", "Digest"), view.digest.as_deref().map_or(String::new(), format::digest)),
        ]);
        text += &steps(ticket, out.lang);
        text += &questions(&view, out.lang);
        if fresh {
            let follow = out.pick("Suivre\u{a0}:", "Follow:");
            text += &format!("{follow} guichet ticket watch {}\n", view.row.reference);
        }
        text
    })
}

fn steps(ticket: &Ticket, lang: Lang) -> String {
    let mut text = String::from("\n");
    for it in &ticket.tasks {
        let shape = task::mark(it.status).shape();
        let status = task::said(it.status, lang);
        let line = format!("{shape} {}  {}, {status}", it.node.name, it.node.title.get(lang));
        text += &wrap(&line, "  ");
        if let Some(fault) = &it.fault {
            text += &wrap(&fault.message, "      ");
        }
    }
    text
}

fn questions(view: &TicketView, lang: Lang) -> String {
    let mut text = String::new();
    for it in view.gates.iter().filter(|it| it.state == "open") {
        let asks = match lang {
            Lang::Fr => "Attend une décision",
            Lang::En => "Waits for a decision",
        };
        let verb = if it.purpose == "validation" { "validate" } else { "approve" };
        let command = format!("guichet ticket {verb} {}", it.reference);
        text += &wrap(&format!("{asks} ({}, {}) : {command}", it.purpose, it.party), "");
    }
    text
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
            let fast = if it.speed == Speed::Accelerated { " ×2" } else { "" };
            let tokens = it.tokens.map_or("—".into(), |tokens| format!("{tokens}{fast}"));
            let code = it.code.clone().unwrap_or_default();
            let state = view::said(it.state, lang).to_owned();
            vec![it.reference.clone(), state, tokens, code, it.title.get(lang).to_owned()]
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
                let what = it.purpose.clone().or(it.task.clone()).unwrap_or(it.kind.to_owned());
                let due = it.until.map_or("—".into(), |until| format::left(lang, until, now));
                vec![it.ticket.reference.clone(), what, due, it.ticket.title.clone()]
            })
            .collect();
        match rows.is_empty() {
            true => here.out.pick("Rien ne vous attend.", "Nothing waits for you.").to_owned(),
            false => table(&head, &rows),
        }
    })?;
    Ok(if check && !views.is_empty() { WAITING } else { OK })
}

/// Draws the tasks of a ticket.
///
/// # Errors
/// There is no such ticket.
pub async fn graph(here: &Here, reference: &str, svg: bool, mermaid: bool) -> Result<u8, Stop> {
    let ticket = here.ticket(reference).await?;
    draw_nodes(&drawing(&ticket, here.out.lang), svg, mermaid, &here.out)?;
    Ok(OK)
}

/// Shows what a ticket would change.
///
/// # Errors
/// There is no such ticket.
pub async fn plan(here: &Here, reference: &str) -> Result<u8, Stop> {
    let ticket = here.ticket(reference).await?;
    let out = &here.out;
    let plan = PlanView::of(&ticket, out.lang);
    out.show(&plan, || {
        if plan.tasks.is_empty() {
            return out.pick("Pas encore de plan.", "No plan yet.").to_owned();
        }
        let mut text = String::new();
        for it in &plan.tasks {
            text += &wrap(&format!("{}  {}", it.task, it.title), "");
            if it.opaque {
                let words = "Visible seulement après les étapes précédentes";
                text += &wrap(out.pick(words, "Visible only after the steps before it"), "  ");
            } else if it.empty {
                text += &wrap(out.pick("Déjà en place", "Already in place"), "  ");
            }
            for change in &it.changes {
                text += &change_lines(change);
            }
            it.warnings.iter().for_each(|it| text += &wrap(&format!("! {it}"), "  "));
        }
        let digest = plan.digest.as_deref().map_or(String::new(), format::digest);
        text + &facts(&[(out.pick("Empreinte", "Digest"), digest)])
    })?;
    Ok(OK)
}

fn change_lines(change: &workflows::Change) -> String {
    let shown = |it: &Value| match it {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let mut text = wrap(&change.path, "  ");
    for (sign, value) in [('-', &change.before), ('+', &change.after)] {
        let Some(value) = shown(value) else { continue };
        value.lines().for_each(|line| text += &wrap(&format!("{sign} {line}"), "    "));
    }
    text
}

/// Shows the exchanges of a ticket with the systems.
///
/// # Errors
/// There is no such ticket or task.
pub async fn log(here: &Here, reference: &str, name: Option<&str>) -> Result<u8, Stop> {
    let ticket = here.ticket(reference).await?;
    let wanted = |it: &&engine::ticket::Task| name.is_none_or(|name| it.node.name == name);
    let logs: Vec<LogView> = ticket.tasks.iter().filter(wanted).map(LogView::of).collect();
    if let (Some(name), true) = (name, logs.is_empty()) {
        return Err(Stop { exit: NOT_FOUND, ..Stop::missing(name) }
            .hint(format!("guichet ticket show {}", ticket.reference)));
    }
    here.out.show(&logs, || {
        let mut text = String::new();
        for it in &logs {
            text += &format!("{}  {}\n", it.task, it.status);
            for line in &it.evidence {
                let at = line.at.format("%H:%M:%S");
                let words = format!("{at}  {} {}  {}", line.status, line.system, line.request);
                text += &wrap(&words, "  ");
            }
            for proof in &it.proofs {
                let mark = if proof.ok { '✓' } else { '✕' };
                text += &wrap(&format!("{mark} {}", proof.claim), "  ");
            }
            if let Some(fault) = &it.fault {
                text += &wrap(&format!("✕ {}", fault.message), "  ");
            }
        }
        text
    })?;
    Ok(OK)
}
