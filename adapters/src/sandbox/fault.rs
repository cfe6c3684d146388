//! The ways in which a stand-in misbehaves on demand, and its count of what was asked.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// What happens to one mutating request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Does it, then closes the connection without an answer.
    DoThenDrop,
    /// Closes the connection and does it afterwards.
    DropThenDo,
    /// Closes the connection and never does it.
    Drop,
    /// Answers 500 without doing it.
    Error500,
    /// Answers 503 with `Retry-After: 1` without doing it.
    Busy,
}

/// Misbehaviour of one stand-in, shared by all its handlers; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Mischief(Arc<State>);

#[derive(Debug, Default)]
struct State {
    queue: Mutex<VecDeque<Option<Trouble>>>,
    lying: AtomicBool,
    mutations: AtomicU64,
}

impl Mischief {
    /// The next mutating request gets this trouble; several calls queue up in order.
    pub fn next(&self, trouble: Trouble) {
        self.after(0, trouble);
    }
    /// As [`Mischief::next`], but `well` requests go well before.
    pub fn after(&self, well: usize, trouble: Trouble) {
        let mut queue = self.0.queue.lock().expect("no holder of this lock panics");
        queue.extend(std::iter::repeat_n(None, well));
        queue.push_back(Some(trouble));
    }
    /// While lying, mutating requests are answered as successful and nothing happens.
    pub fn lie(&self, on: bool) {
        self.0.lying.store(on, Ordering::SeqCst);
    }
    /// Whether the stand-in lies now.
    #[must_use]
    pub fn lying(&self) -> bool {
        self.0.lying.load(Ordering::SeqCst)
    }
    /// Counts a mutating request and says which trouble it meets.
    #[must_use]
    pub fn meet(&self) -> Option<Trouble> {
        self.0.mutations.fetch_add(1, Ordering::SeqCst);
        let mut queue = self.0.queue.lock().expect("no holder of this lock panics");
        queue.pop_front().flatten()
    }
    /// Mutating requests that arrived since the start, answered or not.
    #[must_use]
    pub fn mutations(&self) -> u64 {
        self.0.mutations.load(Ordering::SeqCst)
    }
}

/// Closes the connection without an answer, as a crashed proxy would.
///
/// # Panics
/// Always, and silently: the panic ends the task of this connection and nothing else.
pub fn hang_up() -> ! {
    std::panic::resume_unwind(Box::new("the stand-in hangs up"))
}
