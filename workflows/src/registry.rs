//! Every action the program can perform, by durable name.

use crate::action::{Action, Erased};
use std::{collections::BTreeMap, sync::Arc};

/// The actions that exist. A workflow task whose action is not here becomes a manual task.
#[derive(Default, Clone)]
pub struct Registry {
    actions: BTreeMap<&'static str, Arc<dyn Erased>>,
}

impl Registry {
    /// Adds an action.
    ///
    /// # Panics
    /// When another action already has that name: two meanings of one stored word.
    pub fn add<A: Action>(&mut self, action: A) {
        let twice = self.actions.insert(A::NAME, Arc::new(action)).is_some();
        assert!(!twice, "action {} registered twice", A::NAME);
    }
    /// The action of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Erased>> {
        self.actions.get(name)
    }
    /// Names of all actions, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.actions.keys().copied()
    }
}
