//! The objects, their versions, and the ids they get.

use super::{
    kinds::{self, Kind},
    ownership::{self, Managed},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use uuid::Uuid;

/// Where an object is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub group: String,
    pub plural: String,
    pub namespace: String,
    pub name: String,
}

impl Address {
    pub fn of(kind: &Kind, namespace: &str, name: &str) -> Address {
        Address {
            group: kind.group.clone(),
            plural: kind.plural.clone(),
            namespace: if kind.namespaced {
                namespace.to_owned()
            } else {
                String::new()
            },
            name: name.to_owned(),
        }
    }
}

/// One object and who owns its fields.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub kind: Arc<Kind>,
    pub value: Value,
    pub managed: Vec<Managed>,
}

impl Stored {
    pub fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }
    pub fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }
    pub fn deleting(&self) -> bool {
        self.value["metadata"]["deletionTimestamp"].is_string()
    }
    /// As the API answers it.
    pub fn shown(&self) -> Value {
        let mut value = self.value.clone();
        if !self.managed.is_empty() {
            value["metadata"]["managedFields"] = ownership::to_wire(&self.managed);
        }
        value
    }
}

/// What happened to an object, for those who watch.
#[derive(Debug)]
pub(super) struct Event {
    pub version: u64,
    pub what: &'static str,
    pub address: Address,
    pub object: Value,
}

/// How many events are kept; who wants older ones has to list again.
const REMEMBERED: usize = 10_000;

/// Everything the server remembers.
#[derive(Clone, Debug)]
pub(super) struct Store {
    objects: BTreeMap<Address, Stored>,
    version: u64,
    ids: u64,
    seed: Uuid,
    events: VecDeque<Arc<Event>>,
}

impl Store {
    /// An empty store; `seed` makes the ids of two servers differ, and those of two runs equal.
    pub fn new(seed: Uuid) -> Store {
        Store {
            objects: BTreeMap::new(),
            version: 100,
            ids: 0,
            seed,
            events: VecDeque::new(),
        }
    }
    pub fn version(&self) -> u64 {
        self.version
    }
    pub fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::new_v5(&self.seed, &self.ids.to_be_bytes())
    }
    pub fn get(&self, at: &Address) -> Option<&Stored> {
        self.objects.get(at)
    }
    pub fn of_kind(&self, kind: &Kind) -> impl Iterator<Item = &Stored> {
        let (group, plural) = (kind.group.clone(), kind.plural.clone());
        self.objects
            .iter()
            .filter(move |(at, _)| at.group == group && at.plural == plural)
            .map(|(_, it)| it)
    }
    pub fn named<'a>(&'a self, kind: &str) -> Vec<&'a Stored> {
        self.of_kind(&kinds::named(kind)).collect()
    }
    pub fn all(&self) -> impl Iterator<Item = (&Address, &Stored)> {
        self.objects.iter()
    }
    /// Stores the object under a new version; its version is written into it.
    pub fn put(&mut self, at: Address, mut stored: Stored) -> &Stored {
        self.version += 1;
        stored.value["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let what = if self.objects.contains_key(&at) {
            "MODIFIED"
        } else {
            "ADDED"
        };
        self.note(what, &at, stored.shown());
        self.objects.insert(at.clone(), stored);
        &self.objects[&at]
    }
    pub fn remove(&mut self, at: &Address) {
        if let Some(stored) = self.objects.remove(at) {
            self.version += 1;
            let mut last = stored.shown();
            last["metadata"]["resourceVersion"] = json!(self.version.to_string());
            self.note("DELETED", at, last);
        }
    }
    fn note(&mut self, what: &'static str, at: &Address, object: Value) {
        let (version, address) = (self.version, at.clone());
        self.events.push_back(Arc::new(Event {
            version,
            what,
            address,
            object,
        }));
        if self.events.len() > REMEMBERED {
            self.events.pop_front();
        }
    }
    /// What happened after a version, oldest first.
    pub fn since(&self, version: u64) -> Vec<Arc<Event>> {
        self.events
            .iter()
            .filter(|it| it.version > version)
            .cloned()
            .collect()
    }
    /// The version after which nothing is forgotten.
    pub fn forgotten(&self) -> u64 {
        match self.events.front() {
            Some(oldest) if self.events.len() == REMEMBERED => oldest.version,
            _ => 0,
        }
    }
    /// Changes an object in place, as a controller does; nothing happens when nothing changes.
    pub fn touch(&mut self, at: &Address, change: impl FnOnce(&mut Value)) {
        let Some(stored) = self.objects.get(at) else {
            return;
        };
        let mut changed = stored.clone();
        change(&mut changed.value);
        if !ownership::same(&changed.value, &stored.value) {
            self.put(at.clone(), changed);
        }
    }
    /// The kind behind a path, built in or defined.
    pub fn kind(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        let fits =
            |it: &Arc<Kind>| it.group == group && it.version == version && it.plural == plural;
        kinds::built_in()
            .iter()
            .find(|it| fits(it))
            .cloned()
            .or_else(|| self.defined().into_iter().find(fits))
    }
    pub fn has_group(&self, group: &str, version: &str) -> bool {
        let fits = |it: &Arc<Kind>| it.group == group && it.version == version;
        kinds::built_in().iter().any(fits)
            || kinds::REVIEW_GROUPS.contains(&group)
            || self.defined().iter().any(fits)
    }
    fn defined(&self) -> Vec<Arc<Kind>> {
        let definitions = self.named("CustomResourceDefinition");
        let usable = definitions.into_iter().filter(|it| !it.deleting());
        usable.flat_map(|it| Kind::defined(&it.value)).collect()
    }
}
