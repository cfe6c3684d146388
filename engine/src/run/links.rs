//! Who comes after whom.

use super::Run;
use crate::ticket::{Status, family};
use std::collections::{BTreeSet, HashMap};
use workflows::Work;

/// Who comes after whom, by position.
#[derive(Debug)]
pub(super) struct Links {
    named: HashMap<String, usize>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    families: usize,
}

impl Links {
    pub(super) fn of(run: &Run) -> Links {
        let mut named = HashMap::with_capacity(run.len());
        for (at, it) in run.iter().enumerate() {
            named.entry(it.node.name.clone()).or_insert(at);
        }
        let before: Vec<Vec<usize>> = run
            .iter()
            .map(|it| {
                let all = it.node.after.iter();
                all.filter_map(|name| named.get(name).copied()).collect()
            })
            .collect();
        let mut after = vec![Vec::new(); run.len()];
        for (at, all) in before.iter().enumerate() {
            for it in all {
                after[*it].push(at);
            }
        }
        let by_machine = |it: &&Work| matches!(it, Work::Plan | Work::Action { .. });
        let works = run.iter().map(|it| &it.node.work);
        let families: BTreeSet<_> = works.filter(by_machine).map(family).collect();
        Links {
            families: families.len(),
            named,
            before,
            after,
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.named.get(name).copied()
    }

    pub(super) fn before(&self, at: usize) -> &[usize] {
        &self.before[at]
    }

    pub(super) fn after(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.after[at].iter().copied()
    }

    /// How many families of actions there are among what machines do.
    pub(super) fn families(&self) -> usize {
        self.families
    }

    /// Whom it may concern that `run` is not as it was: tasks that wait anew, and what follows
    /// those that ended.
    pub(super) fn concerned(&self, run: &Run, was: &Run) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        for (at, now) in run.changed(Some(was)) {
            if now.status == Status::Waiting {
                all.insert(at);
            }
            all.extend(self.after(at));
        }
        all
    }
}
