//! `ticket show|graph|plan|log`: looking at one ticket.

use super::{
    end::{NOT_FOUND, OK, Stop},
    here::Here,
    offer::draw_nodes,
    print::{facts, wrap},
};
use crate::{
    format,
    http::api::views::{
        plan::{PlanView, drawing},
        task::{self, LogView},
        ticket::{TicketView, stands},
    },
};
use catalogue::Lang;
use engine::ticket::Ticket;
use serde_json::Value;

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
            format!(
                "{} ({})",
                format::tokens(out.lang, i64::from(it.tokens)),
                it.formula
            )
        });
        let state = stands(ticket.state, ticket.ending, out.lang);
        let still = view
            .standstill
            .as_ref()
            .map(|it| format!("{}, {}", it.task, it.why));
        text += &facts(&[
            (out.pick("État", "State"), state),
            (
                out.pick("Ligne", "Line"),
                view.row.code.clone().unwrap_or_default(),
            ),
            (out.pick("Prix", "Price"), price),
            (
                out.pick("Cluster", "Cluster"),
                view.row.cluster.clone().unwrap_or_default(),
            ),
            (
                out.pick("Demandeur", "Requester"),
                view.requester.name.clone(),
            ),
            (out.pick("Arrêt", "Standstill"), still.unwrap_or_default()),
            (
                out.pick("Cause", "Cause"),
                view.cause.clone().unwrap_or_default(),
            ),
            (
                out.pick("Empreinte", "Digest"),
                view.digest.as_deref().map_or(String::new(), format::digest),
            ),
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
        let line = format!(
            "{shape} {}  {}, {status}",
            it.node.name,
            it.node.title.get(lang)
        );
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
            Lang::Fr => format!("Attend une décision ({}, {})\u{a0}:", it.purpose, it.party),
            Lang::En => format!("Waits for a decision ({}, {}):", it.purpose, it.party),
        };
        let verb = if it.purpose == "validation" {
            "validate"
        } else {
            "approve"
        };
        let command = format!("guichet ticket {verb} {}", it.reference);
        text += &wrap(&format!("{asks} {command}"), "");
    }
    text
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
                text += &wrap(
                    out.pick(words, "Visible only after the steps before it"),
                    "  ",
                );
            } else if it.empty {
                text += &wrap(out.pick("Déjà en place", "Already in place"), "  ");
            }
            for change in &it.changes {
                text += &change_lines(change);
            }
            it.warnings
                .iter()
                .for_each(|it| text += &wrap(&format!("! {it}"), "  "));
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
        value
            .lines()
            .for_each(|line| text += &wrap(&format!("{sign} {line}"), "    "));
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
    let logs: Vec<LogView> = ticket
        .tasks
        .iter()
        .filter(wanted)
        .map(LogView::of)
        .collect();
    if let (Some(name), true) = (name, logs.is_empty()) {
        return Err(Stop {
            exit: NOT_FOUND,
            ..Stop::missing(name)
        }
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
