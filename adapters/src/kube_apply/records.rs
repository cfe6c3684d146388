//! What is kept of the objects: as they were, and as they were written.

use crate::kube::ObjRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One object as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Which object.
    pub object: ObjRef,
    /// What to apply so that it is as it was; `None` when it did not exist.
    pub was: Option<Value>,
    /// Whether the plan changes it.
    pub changes: bool,
}

/// State before `kube.apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplyBefore {
    /// Every object of the manifest, in order.
    pub objects: Vec<Held>,
}

/// One object as the server stored it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// Which object.
    pub object: ObjRef,
    /// Its identity; a new object of the same name has another.
    pub uid: String,
    /// The version that was stored.
    pub resource_version: String,
}

/// What `kube.apply` leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplyReceipt {
    /// The objects that were written, in order.
    pub objects: Vec<Written>,
}
