//! The run of a ticket's tasks: what may start, what is skipped, what has to be taken back.

mod links;
mod tasks;

pub use tasks::Run;

use crate::ticket::{Status, Task};
use chrono::{DateTime, Duration, Utc};
use links::Links;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use workflows::{Join, Phase, UndoKind, Work, reference};

/// What became possible for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Not yet.
    Wait,
    /// It may start.
    Go,
    /// It will not be needed.
    Skip,
}

/// Lets everything happen that can happen by itself: readies, asks, times and skips tasks until
/// nothing moves. Returns the positions of gates that have to be opened.
///
/// `settled` is the run as it was when nothing could move any more: only what follows the tasks
/// that changed since is looked at, so that a large graph costs its edges once in all.
///
/// # Errors
/// The sentence of a guard that refers to something that is not there.
pub fn settle(
    run: &mut Run,
    settled: Option<&Run>,
    now: DateTime<Utc>,
) -> Result<Vec<usize>, String> {
    // Its own copy: the tasks change meanwhile.
    let links = run.links().clone();
    let mut asking = run.envelope_is_open();
    let mut due = match settled {
        Some(settled) if settled.envelope_is_open() == asking => links.concerned(run, settled),
        _ => waiting(run),
    };
    let mut opened = Vec::new();
    while let Some(at) = due.pop_first() {
        let task = &run[at];
        // Nothing acts while an agreement is open.
        let held_back = asking && task.node.phase >= Phase::Act;
        if task.status != Status::Waiting || held_back {
            continue;
        }
        match step(run, &links, at)? {
            Step::Wait => continue,
            Step::Skip => run.change(at).rest(Status::Skipped, now),
            Step::Go => {
                start(run.change(at), now);
                due.extend(cancel_losers(run, &links, at, now));
                if run[at].status == Status::Asked {
                    opened.push(at);
                }
            }
        }
        due.extend(links.after(at));
        if asking && !run.envelope_is_open() {
            asking = false;
            due.extend(waiting(run));
        }
    }
    Ok(opened)
}

fn waiting(run: &Run) -> BTreeSet<usize> {
    let all = run.having(&[Status::Waiting]);
    all.map(|(at, _)| at).collect()
}

fn step(run: &Run, links: &Links, at: usize) -> Result<Step, String> {
    let node = &run[at].node;
    let before = links.before(at);
    let go = match node.join {
        Join::All if before.is_empty() => true,
        Join::All => {
            let passed =
                |it: Status| matches!(it, Status::Done | Status::Skipped | Status::Cancelled);
            if !before.iter().all(|it| passed(run[*it].status)) {
                return Ok(Step::Wait);
            }
            before.iter().any(|it| run[*it].status == Status::Done)
        }
        Join::Of(k) => {
            let count =
                |is: fn(Status) -> bool| before.iter().filter(|it| is(run[**it].status)).count();
            let done = count(|it| it == Status::Done);
            let left = before.len() - count(Status::is_over);
            if done < k as usize && done + left >= k as usize {
                return Ok(Step::Wait);
            }
            done >= k as usize
        }
    };
    if !go {
        return Ok(Step::Skip);
    }
    let output =
        |name: &str| -> Option<Value> { links.find(name).and_then(|it| run[it].receipt.clone()) };
    for guard in &node.when {
        if !reference::holds(guard, &output).map_err(|e| e.to_string())? {
            return Ok(Step::Skip);
        }
    }
    Ok(Step::Go)
}

fn start(task: &mut Task, now: DateTime<Utc>) {
    task.started_at.get_or_insert(now);
    match &task.node.work {
        Work::Plan | Work::Action { .. } | Work::Manual { .. } => {
            task.rest(Status::Ready, now);
            task.run_at = Some(now);
        }
        Work::Gate(_) => task.rest(Status::Asked, now),
        Work::Timer { after_s } => {
            let after = after_s.and_then(|it| i64::try_from(it).ok());
            task.run_at = after.and_then(|it| now.checked_add_signed(Duration::seconds(it)));
            task.rest(Status::Timed, now);
        }
    }
}

/// A join of k starts with its k-th predecessor: the others are cancelled if nothing else needs
/// them and they have not begun to act. Returns what follows those.
fn cancel_losers(run: &mut Run, links: &Links, at: usize, now: DateTime<Utc>) -> Vec<usize> {
    if !matches!(run[at].node.join, Join::Of(_)) {
        return Vec::new();
    }
    let mut follow = Vec::new();
    for &lost in links.before(at) {
        let idle = matches!(
            run[lost].status,
            Status::Waiting | Status::Ready | Status::Asked | Status::Timed
        );
        let needed = links.after(lost).any(|it| it != at);
        if idle && !needed {
            run.change(lost).rest(Status::Cancelled, now);
            follow.extend(links.after(lost));
        }
    }
    follow
}

/// Stops everything that has not begun.
pub fn stop(run: &mut Run, now: DateTime<Utc>) {
    let idle = |task: &Task| match task.status {
        Status::Waiting | Status::Ready | Status::Asked | Status::Timed => !task.touched(),
        // It holds a lease but has not said that it would call the outside; it may not any
        // more, since its report will find another status.
        Status::Running => task.begun.is_none(),
        Status::Done
        | Status::Failed
        | Status::Skipped
        | Status::Cancelled
        | Status::InDoubt
        | Status::UndoDue
        | Status::Undoing
        | Status::Undone
        | Status::UndoFailed => false,
    };
    run.change_those(idle, |it| it.rest(Status::Cancelled, now));
}

/// Marks the next task to be taken back: of those that began and are not yet back, the one that
/// began last. Returns whether one is left.
pub fn next_undo(run: &mut Run, now: DateTime<Utc>) -> bool {
    let going = [
        Status::Running,
        Status::Undoing,
        Status::UndoDue,
        Status::UndoFailed,
    ];
    if run.having(&going).next().is_some() {
        return true;
    }
    let last = (0..run.len())
        .filter(|at| run[*at].touched() && run[*at].status != Status::Undone)
        .max_by_key(|at| (run[*at].begun, run[*at].seq));
    match last {
        None => false,
        Some(at) => {
            let task = run.change(at);
            task.rest(Status::UndoDue, now);
            task.run_at = Some(now);
            task.attempt = 0;
            true
        }
    }
}

/// Whether a task's effect can only be taken back by a person.
#[must_use]
pub fn undone_by_hand(task: &Task) -> bool {
    matches!(task.node.work, Work::Manual { .. }) || task.undo == UndoKind::Manual
}

/// Every resource that the agreed plans write.
#[must_use]
pub fn targets(run: &Run) -> Vec<String> {
    written(run.iter())
}

/// Every resource that has something on it to be taken back.
#[must_use]
pub fn touched_targets(run: &Run) -> Vec<String> {
    let pending = |it: &&Task| it.touched() && it.status != Status::Undone;
    written(run.iter().filter(pending))
}

fn written<'a>(tasks: impl Iterator<Item = &'a Task>) -> Vec<String> {
    let all: BTreeMap<&str, ()> = tasks
        .filter_map(|it| it.planned.as_ref())
        .flat_map(|it| it.targets.iter().map(|target| (target.as_str(), ())))
        .collect();
    all.into_keys().map(str::to_owned).collect()
}

/// Pause before the next try: exponential, capped, with full jitter drawn from `dice` (0..=1).
#[must_use]
pub fn backoff(policy: &workflows::Policy, attempt: u32, dice: f64) -> std::time::Duration {
    let factor = 2f64.powi(
        i32::try_from(attempt.saturating_sub(1))
            .unwrap_or(30)
            .min(30),
    );
    let longest = (policy.base_delay.as_secs_f64() * factor).min(policy.max_delay.as_secs_f64());
    std::time::Duration::from_secs_f64(longest * dice.clamp(0.1, 1.0))
}
