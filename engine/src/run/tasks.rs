//! The tasks of a ticket, in blocks: a command on a large graph copies only the blocks that it
//! changes, and passes over those that cannot have what it looks for.

use super::links::Links;
use crate::ticket::{Status, Task};
use std::{
    iter::FlatMap,
    ops::Index,
    slice,
    sync::{Arc, OnceLock},
};
use workflows::Phase;

/// Tasks in a block: all but the last have that many.
const BLOCK: usize = 64;

/// The tasks of a ticket in order of definition. Copies share whatever they did not change.
#[derive(Clone, Debug, Default)]
pub struct Run {
    blocks: Vec<Arc<Block>>,
    links: Arc<OnceLock<Arc<Links>>>,
}

/// Tasks that follow each other.
#[derive(Clone, Debug, Default)]
struct Block {
    tasks: Vec<Arc<Task>>,
    /// Worked out when somebody asks; gone with each change.
    outline: OnceLock<Outline>,
}

/// What can be said of tasks without looking at each.
#[derive(Clone, Copy, Debug, Default)]
struct Outline {
    statuses: u32,
    front: Option<Phase>,
    envelope_is_open: bool,
}

impl Outline {
    fn of(tasks: &[Arc<Task>]) -> Outline {
        let mut all = Outline::default();
        for it in tasks {
            let phase = it.node.phase;
            all.statuses |= bit(it.status);
            if it.status.is_over() {
                continue;
            }
            all.envelope_is_open |= (Phase::Plan..Phase::Act).contains(&phase);
            if it.status != Status::Waiting || phase >= Phase::Act {
                all.front = Some(all.front.map_or(phase, |it| it.min(phase)));
            }
        }
        all
    }
}

fn bit(status: Status) -> u32 {
    1 << status as u32
}

impl Block {
    fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| Outline::of(&self.tasks))
    }

    /// Its tasks, to be changed.
    fn change(self: &mut Arc<Block>) -> &mut [Arc<Task>] {
        let block = Arc::make_mut(self);
        block.outline.take();
        &mut block.tasks
    }
}

impl Run {
    /// The task at that position, to be changed.
    pub fn change(&mut self, at: usize) -> &mut Task {
        Arc::make_mut(&mut self.blocks[at / BLOCK].change()[at % BLOCK])
    }

    /// Changes those tasks of which `which` is true.
    pub fn change_those(
        &mut self,
        which: impl Fn(&Task) -> bool,
        mut change: impl FnMut(&mut Task),
    ) {
        for block in &mut self.blocks {
            if block.tasks.iter().any(|it| which(it)) {
                let tasks = block.change().iter_mut();
                tasks
                    .filter(|it| which(it))
                    .for_each(|it| change(Arc::make_mut(it)));
            }
        }
    }

    /// Adds tasks.
    pub fn extend(&mut self, more: Run) {
        let all = self.arcs().chain(more.arcs());
        *self = Run::from(all.cloned().collect::<Vec<_>>());
    }

    /// All of them.
    #[must_use]
    pub fn iter(&self) -> Tasks<'_> {
        self.into_iter()
    }

    /// Those that have one of these statuses, with their positions.
    pub fn having(&self, statuses: &[Status]) -> impl Iterator<Item = (usize, &Task)> {
        let bits = statuses.iter().fold(0, |all, it| all | bit(*it));
        let blocks = self.blocks.iter().enumerate();
        let blocks = blocks.filter(move |(_, it)| it.outline().statuses & bits != 0);
        let tasks = blocks.flat_map(|(nth, it)| numbered(nth, it));
        tasks.filter(move |(_, it)| bit(it.status) & bits != 0)
    }

    /// Those that are not the very ones that `was` has, with their positions; all of them when
    /// there was nothing.
    pub fn changed<'a>(&'a self, was: Option<&'a Run>) -> impl Iterator<Item = (usize, &'a Task)> {
        let blocks = self.blocks.iter().enumerate();
        let blocks = blocks.filter(move |(nth, it)| {
            let then = was.and_then(|was| was.blocks.get(*nth));
            !then.is_some_and(|then| Arc::ptr_eq(it, then))
        });
        let tasks = blocks.flat_map(|(nth, it)| numbered(nth, it));
        tasks.filter(move |(at, it)| {
            let then = was.and_then(|was| was.get(*at));
            !then.is_some_and(|then| std::ptr::eq(*it, then))
        })
    }

    /// The earliest phase in which something is to be done; what acts counts before it may begin.
    #[must_use]
    pub fn front(&self) -> Option<Phase> {
        let blocks = self.blocks.iter();
        blocks.filter_map(|it| it.outline().front).min()
    }

    /// Whether something between plan and start is not through.
    #[must_use]
    pub fn envelope_is_open(&self) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|it| it.outline().envelope_is_open)
    }

    /// Position of the task of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.links().find(name)
    }

    /// How many families of actions there are among what machines do.
    #[must_use]
    pub fn families(&self) -> usize {
        self.links().families()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let before = self.blocks.len().saturating_sub(1) * BLOCK;
        before + self.blocks.last().map_or(0, |it| it.tasks.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The task at that position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Task> {
        let block = self.blocks.get(at / BLOCK)?;
        block.tasks.get(at % BLOCK).map(AsRef::as_ref)
    }

    /// Whether both have the same nodes.
    #[must_use]
    pub fn same_nodes(&self, other: &Run) -> bool {
        let same =
            |it: &Task, then: &Task| Arc::ptr_eq(&it.node, &then.node) || it.node == then.node;
        let mut changed = self.changed(Some(other));
        self.len() == other.len()
            && changed.all(|(at, it)| other.get(at).is_some_and(|then| same(it, then)))
    }

    /// Worked out once for all copies.
    pub(super) fn links(&self) -> &Arc<Links> {
        self.links.get_or_init(|| Arc::new(Links::of(self)))
    }

    fn arcs(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.blocks.iter().flat_map(|it| &it.tasks)
    }
}

fn numbered(nth: usize, block: &Block) -> impl Iterator<Item = (usize, &Task)> {
    let tasks = block.tasks.iter().enumerate();
    tasks.map(move |(at, it)| (nth * BLOCK + at, it.as_ref()))
}

impl PartialEq for Run {
    fn eq(&self, other: &Run) -> bool {
        let mut changed = self.changed(Some(other));
        self.len() == other.len() && changed.all(|(at, it)| *it == other[at])
    }
}

impl Index<usize> for Run {
    type Output = Task;
    fn index(&self, at: usize) -> &Task {
        &self.blocks[at / BLOCK].tasks[at % BLOCK]
    }
}

impl From<Vec<Arc<Task>>> for Run {
    fn from(tasks: Vec<Arc<Task>>) -> Run {
        let block = |it: &[Arc<Task>]| {
            Arc::new(Block {
                tasks: it.to_vec(),
                outline: OnceLock::new(),
            })
        };
        Run {
            blocks: tasks.chunks(BLOCK).map(block).collect(),
            links: Arc::default(),
        }
    }
}

impl FromIterator<Task> for Run {
    fn from_iter<I: IntoIterator<Item = Task>>(tasks: I) -> Run {
        Run::from(tasks.into_iter().map(Arc::new).collect::<Vec<_>>())
    }
}

/// Goes through all tasks of a run.
#[derive(Debug)]
pub struct Tasks<'a>(FlatMap<Blocks<'a>, Arcs<'a>, Within<'a>>);

type Blocks<'a> = slice::Iter<'a, Arc<Block>>;
type Arcs<'a> = slice::Iter<'a, Arc<Task>>;
type Within<'a> = fn(&'a Arc<Block>) -> Arcs<'a>;

impl<'a> Iterator for Tasks<'a> {
    type Item = &'a Task;
    fn next(&mut self) -> Option<&'a Task> {
        self.0.next().map(AsRef::as_ref)
    }
}

impl<'a> IntoIterator for &'a Run {
    type Item = &'a Task;
    type IntoIter = Tasks<'a>;
    fn into_iter(self) -> Tasks<'a> {
        Tasks(self.blocks.iter().flat_map(|it| it.tasks.iter()))
    }
}
