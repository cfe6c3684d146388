//! The tasks of a ticket, and who comes after whom.

use crate::ticket::{Status, Task};
use std::{
    collections::{BTreeSet, HashMap},
    iter::Map,
    ops::Index,
    slice,
    sync::{Arc, OnceLock},
};

/// The tasks of a ticket in order of definition. Copies share every task that they did not change.
#[derive(Clone, Debug, Default)]
pub struct Run {
    tasks: Vec<Arc<Task>>,
    links: Arc<OnceLock<Arc<Links>>>,
}

/// Who comes after whom, by position.
#[derive(Debug)]
pub(super) struct Links {
    named: HashMap<String, usize>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Run {
    /// The task at that position, to be changed.
    pub fn change(&mut self, at: usize) -> &mut Task {
        Arc::make_mut(&mut self.tasks[at])
    }

    /// Changes those tasks of which `which` is true.
    pub fn change_those(
        &mut self,
        which: impl Fn(&Task) -> bool,
        mut change: impl FnMut(&mut Task),
    ) {
        for task in self.tasks.iter_mut().filter(|it| which(it)) {
            change(Arc::make_mut(task));
        }
    }

    /// Adds tasks.
    pub fn extend(&mut self, more: Run) {
        self.tasks.extend(more.tasks);
        self.links = Arc::default();
    }

    /// All of them.
    #[must_use]
    pub fn iter(&self) -> <&Run as IntoIterator>::IntoIter {
        self.into_iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The task at that position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Task> {
        self.tasks.get(at).map(AsRef::as_ref)
    }

    /// Whether the task at that position is the very one that `other` has there.
    #[must_use]
    pub fn shares(&self, at: usize, other: &Run) -> bool {
        let pair = self.tasks.get(at).zip(other.tasks.get(at));
        pair.is_some_and(|(mine, theirs)| Arc::ptr_eq(mine, theirs))
    }

    /// Whether both have the same nodes.
    #[must_use]
    pub fn same_nodes(&self, other: &Run) -> bool {
        let same = |(mine, theirs): (&Arc<Task>, &Arc<Task>)| {
            Arc::ptr_eq(mine, theirs)
                || Arc::ptr_eq(&mine.node, &theirs.node)
                || mine.node == theirs.node
        };
        self.len() == other.len() && self.tasks.iter().zip(&other.tasks).all(same)
    }

    /// Worked out once for all copies.
    pub(super) fn links(&self) -> Arc<Links> {
        let links = self.links.get_or_init(|| Arc::new(Links::of(&self.tasks)));
        links.clone()
    }
}

impl Links {
    fn of(tasks: &[Arc<Task>]) -> Links {
        let names = tasks.iter().enumerate();
        let named: HashMap<String, usize> =
            names.map(|(at, it)| (it.node.name.clone(), at)).collect();
        let before: Vec<Vec<usize>> = tasks
            .iter()
            .map(|it| {
                let all = it.node.after.iter();
                all.filter_map(|name| named.get(name).copied()).collect()
            })
            .collect();
        let mut after = vec![Vec::new(); tasks.len()];
        for (at, all) in before.iter().enumerate() {
            for it in all {
                after[*it].push(at);
            }
        }
        Links {
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

    /// Whom it may concern that `run` is not as it was: tasks that wait anew, and what follows
    /// those that ended.
    pub(super) fn concerned(&self, run: &Run, was: &Run) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        for (at, now) in run.iter().enumerate() {
            if run.shares(at, was) {
                continue;
            }
            if now.status == Status::Waiting {
                all.insert(at);
            }
            all.extend(self.after(at));
        }
        all
    }
}

impl PartialEq for Run {
    fn eq(&self, other: &Run) -> bool {
        self.tasks == other.tasks
    }
}

impl Index<usize> for Run {
    type Output = Task;
    fn index(&self, at: usize) -> &Task {
        &self.tasks[at]
    }
}

impl From<Vec<Arc<Task>>> for Run {
    fn from(tasks: Vec<Arc<Task>>) -> Run {
        Run {
            tasks,
            links: Arc::default(),
        }
    }
}

impl FromIterator<Task> for Run {
    fn from_iter<I: IntoIterator<Item = Task>>(tasks: I) -> Run {
        Run::from(tasks.into_iter().map(Arc::new).collect::<Vec<_>>())
    }
}

impl<'a> IntoIterator for &'a Run {
    type Item = &'a Task;
    type IntoIter = Map<slice::Iter<'a, Arc<Task>>, fn(&'a Arc<Task>) -> &'a Task>;
    fn into_iter(self) -> Self::IntoIter {
        self.tasks.iter().map(Arc::as_ref)
    }
}
