//! The run of a ticket's tasks: what may start, what is skipped, what has to be taken back.

use crate::ticket::{Status, Task};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
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
/// # Errors
/// The sentence of a guard that refers to something that is not there.
pub fn settle(tasks: &mut [Task], now: DateTime<Utc>) -> Result<Vec<usize>, String> {
    let index: HashMap<String, usize> = tasks
        .iter()
        .enumerate()
        .map(|(i, it)| (it.node.name.clone(), i))
        .collect();
    let mut opened = Vec::new();
    loop {
        let mut moved = false;
        for i in 0..tasks.len() {
            if tasks[i].status != Status::Waiting || held_back(tasks, i) {
                continue;
            }
            match step(tasks, &index, i)? {
                Step::Wait => continue,
                Step::Skip => tasks[i].rest(Status::Skipped, now),
                Step::Go => {
                    start(&mut tasks[i], now);
                    cancel_losers(tasks, &index, i, now);
                    if tasks[i].status == Status::Asked {
                        opened.push(i);
                    }
                }
            }
            moved = true;
        }
        if !moved {
            return Ok(opened);
        }
    }
}

/// Nothing acts while an agreement is open: a later phase waits for the whole envelope before it.
fn held_back(tasks: &[Task], i: usize) -> bool {
    tasks[i].node.phase >= Phase::Act
        && tasks
            .iter()
            .any(|it| (Phase::Plan..Phase::Act).contains(&it.node.phase) && !it.status.is_over())
}

fn step(tasks: &[Task], index: &HashMap<String, usize>, i: usize) -> Result<Step, String> {
    let node = &tasks[i].node;
    let before: Vec<&Task> = node
        .after
        .iter()
        .filter_map(|name| index.get(name))
        .map(|it| &tasks[*it])
        .collect();
    let done = before.iter().filter(|it| it.status == Status::Done).count();
    let over = before.iter().filter(|it| it.status.is_over()).count();
    let passed = before
        .iter()
        .filter(|it| {
            matches!(
                it.status,
                Status::Done | Status::Skipped | Status::Cancelled
            )
        })
        .count();
    let go = match node.join {
        Join::All if before.is_empty() => true,
        Join::All if passed < before.len() => return Ok(Step::Wait),
        Join::All => done > 0,
        Join::Of(k) if done >= k as usize => true,
        Join::Of(k) if done + (before.len() - over) >= k as usize => return Ok(Step::Wait),
        Join::Of(_) => false,
    };
    if !go {
        return Ok(Step::Skip);
    }
    let output =
        |name: &str| -> Option<Value> { index.get(name).and_then(|it| tasks[*it].receipt.clone()) };
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
/// them and they have not begun to act.
fn cancel_losers(tasks: &mut [Task], index: &HashMap<String, usize>, i: usize, now: DateTime<Utc>) {
    if !matches!(tasks[i].node.join, Join::Of(_)) {
        return;
    }
    let name = tasks[i].node.name.clone();
    for before in tasks[i].node.after.clone() {
        let Some(&b) = index.get(&before) else {
            continue;
        };
        let idle = matches!(
            tasks[b].status,
            Status::Waiting | Status::Ready | Status::Asked | Status::Timed
        );
        let needed = tasks
            .iter()
            .any(|it| it.node.name != name && it.node.after.contains(&before));
        if idle && !needed {
            tasks[b].rest(Status::Cancelled, now);
        }
    }
}

/// Stops everything that has not begun.
pub fn stop(tasks: &mut [Task], now: DateTime<Utc>) {
    for task in tasks.iter_mut() {
        let idle = match task.status {
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
        if idle {
            task.rest(Status::Cancelled, now);
        }
    }
}

/// Marks the next task to be taken back: of those that began and are not yet back, the one that
/// began last. Returns whether one is left.
pub fn next_undo(tasks: &mut [Task], now: DateTime<Utc>) -> bool {
    if tasks
        .iter()
        .any(|it| matches!(it.status, Status::Running | Status::Undoing))
    {
        return true;
    }
    let pending = |it: &Task| it.status == Status::UndoDue || it.status == Status::UndoFailed;
    if tasks.iter().any(pending) {
        return true;
    }
    let last = tasks
        .iter_mut()
        .filter(|it| it.touched() && it.status != Status::Undone)
        .max_by_key(|it| (it.begun, it.seq));
    match last {
        None => false,
        Some(task) => {
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
pub fn targets(tasks: &[Task]) -> Vec<String> {
    written(tasks.iter())
}

/// Every resource that has something on it to be taken back.
#[must_use]
pub fn touched_targets(tasks: &[Task]) -> Vec<String> {
    let pending = |it: &&Task| it.touched() && it.status != Status::Undone;
    written(tasks.iter().filter(pending))
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
