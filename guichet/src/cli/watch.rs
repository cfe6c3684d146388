//! `ticket watch`: one line per change, until the ticket ends.

use super::{
    args::Watch,
    end::{OK, Stop, TICKET_FAILED, TIMEOUT, WAITING},
    here::Here,
};
use crate::{
    format,
    http::api::views::{
        task::{mark, said},
        ticket as view,
    },
};
use engine::ticket::{Ending, State, Status, Ticket};
use serde::Serialize;
use std::{collections::HashMap, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How often we look when nobody rings: the work is mostly done by another process.
const PATROL: Duration = Duration::from_millis(300);

/// One change of a ticket.
#[derive(Debug, Serialize)]
struct Change<'t> {
    reference: &'t str,
    version: i64,
    state: &'static str,
    ending: Option<&'static str>,
    task: Option<&'t str>,
    status: Option<&'static str>,
}

/// What was last seen of a ticket.
#[derive(Default)]
struct Seen {
    state: Option<State>,
    tasks: HashMap<String, Status>,
}

/// Follows a ticket.
///
/// # Errors
/// There is no such ticket, or the database failed.
pub async fn watch(here: &Here, asked: &Watch) -> Result<u8, Stop> {
    let mut ticket = here.ticket(&asked.reference).await?;
    let mut bell = here.desk().bell.listen();
    let far = Duration::from_secs(asked.timeout.unwrap_or(u64::from(u32::MAX)));
    let until = Instant::now() + far;
    let mut seen = Seen::default();
    loop {
        tell(here, &ticket, &mut seen)?;
        if ticket.state == State::Closed {
            return Ok(match ticket.ending {
                Some(Ending::Failed) => TICKET_FAILED,
                _ => OK,
            });
        }
        if asked.until_asked && ticket.open_gates().next().is_some() {
            return Ok(WAITING);
        }
        if Instant::now() >= until {
            return Ok(TIMEOUT);
        }
        let next = until.min(Instant::now() + PATROL);
        // A ring and the end of the wait mean the same: look again.
        let _ = timeout_at(next, bell.changed()).await;
        ticket = here.ticket(&asked.reference).await?;
    }
}

fn tell(here: &Here, ticket: &Ticket, seen: &mut Seen) -> Result<(), Stop> {
    let out = &here.out;
    let change = |task, status| Change {
        reference: &ticket.reference,
        version: ticket.version,
        state: ticket.state.word(),
        ending: ticket.ending.map(|it| it.word()),
        task,
        status,
    };
    for task in &ticket.tasks {
        let before = seen.tasks.insert(task.node.name.clone(), task.status);
        if before == Some(task.status) || (before.is_none() && task.status == Status::Waiting) {
            continue;
        }
        let took = match (task.started_at, task.ended_at) {
            (Some(from), Some(to)) => format!("  {}", format::span(out.lang, to - from)),
            _ => String::new(),
        };
        let title = task.node.title.get(out.lang);
        let words = format!(
            "{} {title}  {}{took}",
            mark(task.status).shape(),
            said(task.status, out.lang)
        );
        out.stream(
            &change(Some(&task.node.name), Some(task.status.word())),
            &words,
        )?;
    }
    if seen.state != Some(ticket.state) {
        seen.state = Some(ticket.state);
        let state = view::stands(ticket.state, ticket.ending, out.lang);
        out.stream(
            &change(None, None),
            &format!("= {}  {state}", ticket.reference),
        )?;
    }
    Ok(())
}
