//! `/tickets/{reference}/tasks`: steps of a change, and repairing them.

use super::{
    super::{Web, problem::Problem},
    auth::{Acting, Signed},
    body::Sent,
    tickets::{names, seen, send, view},
    views::{
        task::{LogView, TaskView},
        ticket::TicketView,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use catalogue::Tokens;
use engine::ticket::{Command, Task, Ticket};
use serde::Deserialize;

pub(super) async fn all(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
) -> Result<Json<Vec<TaskView>>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    Ok(Json(view(&web, &ticket, signed.lang).await?.tasks))
}

/// A task by its name, or by its position from 1.
fn find<'t>(ticket: &'t Ticket, task: &str) -> Result<&'t Task, Problem> {
    let at = |it: &&Task| task.parse().is_ok_and(|n: i32| it.seq + 1 == n);
    let found = ticket.task(task).or_else(|| ticket.tasks.iter().find(at));
    found.ok_or_else(Problem::not_found)
}

pub(super) async fn one(
    State(web): State<Web>,
    signed: Signed,
    Path((reference, task)): Path<(String, String)>,
) -> Result<Json<TaskView>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    let names = names(&web, &ticket.client).await?;
    Ok(Json(TaskView::of(
        find(&ticket, &task)?,
        &names,
        signed.lang,
    )))
}

pub(super) async fn log(
    State(web): State<Web>,
    signed: Signed,
    Path((reference, task)): Path<(String, String)>,
) -> Result<Json<LogView>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    Ok(Json(LogView::of(find(&ticket, &task)?)))
}

/// Words that go with an act on a task.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TaskBody {
    reason: String,
    evidence: String,
    failed: bool,
    spent: u32,
}

pub(super) async fn act(
    State(web): State<Web>,
    acting: Acting,
    Path((reference, task, act)): Path<(String, String, String)>,
    Sent(body): Sent<TaskBody>,
) -> Result<Json<TicketView>, Problem> {
    let ticket = seen(&web, &acting.person, &reference).await?;
    let task = find(&ticket, &task)?.node.name.clone();
    let command = match act.as_str() {
        "retry" => Command::Retry { task },
        "skip" => Command::Skip {
            task,
            proof: body.reason,
        },
        "take-over" => Command::TakeOver {
            task,
            reason: body.reason,
        },
        "complete" => Command::Complete {
            task,
            well: !body.failed,
            evidence: body.evidence,
            spent: Tokens(body.spent),
        },
        _ => return Err(Problem::not_found()),
    };
    send(&web, acting, &ticket.reference, command).await
}
