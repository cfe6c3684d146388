//! What differs between a cluster as it is and as it is asked to be.

use super::{Asked, PowerParams, PowerState};
use crate::pools::{Pool, Power, Size};
use serde_json::{Value, json};
use workflows::{Change, Fidelity, Verb};

pub(super) fn has_condition(object: &Value, name: &str) -> bool {
    let conditions = object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten();
    conditions
        .into_iter()
        .any(|it| it["type"] == name && it["status"] == "True")
}

pub(super) fn words(power: Power) -> &'static str {
    match power {
        Power::On => "running",
        Power::Off => "hibernated",
        Power::Changing => "changing",
    }
}

/// Whether a pool has that size as far as it is ours to say: between its bounds the autoscaler
/// moves the number of nodes, not we.
pub(super) fn fits(pool: &Pool, size: Option<&Size>) -> bool {
    size.is_none_or(|size| {
        let bounds = (pool.size.min, pool.size.max) == (size.min, size.max);
        if pool.autoscaled {
            bounds
        } else {
            pool.size.desired == size.desired
        }
    })
}

pub(super) fn needed(pool: &Pool, size: Option<&Size>) -> u32 {
    match size.filter(|_| !pool.autoscaled) {
        Some(size) => size.desired,
        None => pool.size.desired.max(pool.size.min),
    }
}

/// Size in the plan: the bounds of an autoscaled pool, since its number of nodes moves by itself
/// and an agreement must not lapse for that.
pub(super) fn shown(pool: &Pool, size: &Size) -> Value {
    if pool.autoscaled {
        json!({"min": size.min, "max": size.max})
    } else {
        json!({"nodes": size.desired})
    }
}

pub(super) fn goal(params: &PowerParams, before: &PowerState) -> PowerState {
    let mut sizes = before.sizes.clone();
    if params.action == Asked::Wake {
        sizes.extend(params.sizes.clone());
    }
    PowerState {
        power: params.action.power(),
        sizes,
    }
}

pub(super) fn state(power: Power, pools: &[Pool]) -> PowerState {
    PowerState {
        power,
        sizes: pools.iter().map(|it| (it.name.clone(), it.size)).collect(),
    }
}

pub(super) fn is(power: Power, pools: &[Pool], goal: &PowerState) -> bool {
    power == goal.power && pools.iter().all(|it| fits(it, goal.sizes.get(&it.name)))
}

pub(super) fn changes(
    params: &PowerParams,
    power: Power,
    pools: &[Pool],
    goal: &PowerState,
) -> Vec<Change> {
    let line = |path: String, before: Value, after: Value, fidelity: Fidelity| Change {
        path,
        verb: Verb::Update,
        before,
        after,
        secret: false,
        fidelity,
    };
    let mut changes = Vec::new();
    if power != goal.power {
        let (before, after) = (json!(words(power)), json!(words(goal.power)));
        changes.push(line("cluster/power".into(), before, after, Fidelity::Exact));
        let sleeping = json!({"nodes": 0});
        for pool in pools {
            let (path, size) = (
                format!("pools/{}/nodes", pool.name),
                shown(pool, &pool.size),
            );
            let wanted = goal.sizes.get(&pool.name).unwrap_or(&pool.size);
            changes.push(match params.action {
                Asked::Hibernate => line(path, size, sleeping.clone(), Fidelity::Predicted),
                Asked::Wake => line(
                    path,
                    sleeping.clone(),
                    shown(pool, wanted),
                    Fidelity::Predicted,
                ),
            });
        }
    }
    for pool in pools
        .iter()
        .filter(|it| !fits(it, goal.sizes.get(&it.name)))
    {
        let wanted = goal.sizes.get(&pool.name).unwrap_or(&pool.size);
        let path = format!("pools/{}/size", pool.name);
        let (before, after) = (shown(pool, &pool.size), shown(pool, wanted));
        changes.push(line(path, before, after, Fidelity::Exact));
    }
    changes
}
