//! Tasks that could never start: their conditions exclude each other.

use super::{Report, raw::Spots};
use crate::{
    graph::Graph,
    task::{Guard, Test},
    workflow::TaskDef,
};

/// Whether both lists of conditions can never hold together.
pub(super) fn exclude(one: &[Guard], other: &[Guard]) -> bool {
    one.iter().any(|a| {
        other
            .iter()
            .any(|b| a.value == b.value && contradict(&a.test, &b.test))
    })
}

fn contradict(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::In(few), any) | (any, Test::In(few)) => {
            few.iter().all(|it| contradict(&Test::Is(it.clone()), any))
        }
        (Test::Is(a), Test::Is(b)) => a != b,
        (Test::Is(a), Test::Not(b)) | (Test::Not(b), Test::Is(a)) => a == b,
        (Test::Is(a), Test::AtLeast(n)) | (Test::AtLeast(n), Test::Is(a)) => {
            a.as_f64().is_none_or(|it| it < *n as f64)
        }
        (Test::Not(_) | Test::AtLeast(_), Test::Not(_) | Test::AtLeast(_)) => false,
    }
}

/// A task inherits what all its predecessors need: when those are all skipped, so is it.
pub(super) fn dead(tasks: &[TaskDef], graph: &Graph, spots: &[Spots], report: &mut Report) {
    let mut needs: Vec<Option<Vec<Guard>>> = vec![None; tasks.len()];
    for i in graph.topological() {
        let own = &tasks[i].when;
        let alive: Vec<&Vec<Guard>> = graph
            .before(i)
            .filter_map(|it| needs[it].as_ref())
            .collect();
        let mut all = own.clone();
        if let Some((first, others)) = alive.split_first() {
            let shared = |it: &&Guard| others.iter().all(|more| more.contains(*it));
            all.extend(first.iter().filter(shared).cloned());
        }
        let orphan = alive.is_empty() && graph.before(i).next().is_some();
        let impossible = own
            .iter()
            .any(|it| matches!(&it.test, Test::In(few) if few.is_empty()));
        if orphan || impossible || exclude(&all, &all) {
            let wrong = format!("task {} can never start", tasks[i].name);
            let right = "make its conditions agree with those of the tasks before it";
            report.say(spots[i].task, wrong, right);
        } else {
            needs[i] = Some(all);
        }
    }
}
