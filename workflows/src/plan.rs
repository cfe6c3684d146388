//! What a change would do, said before it is done, and what proves that it was done.

use crate::action::{Fault, FaultClass};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How bad an effect can be, from read-only to irreversible. Decides which gates open.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Read-only, or Git only.
    #[default]
    None,
    /// Configuration reload, no restart.
    Reload,
    /// Pods of a platform tool restart.
    RollingRestart,
    /// Client pods move.
    Eviction,
    /// The cluster or a tool is unavailable.
    Outage,
    /// Something cannot be brought back.
    DataLoss,
}

/// What a change does to those who use the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Worst effect.
    pub level: Level,
    /// What restarts, in words.
    pub restarts: Vec<String>,
    /// The exact sentence of what is lost for good, if anything.
    pub irreversible: Option<String>,
}

impl Impact {
    /// An impact of that level and nothing more to say.
    #[must_use]
    pub fn of(level: Level) -> Self {
        Impact {
            level,
            ..Impact::default()
        }
    }
    /// The worse of the two, with both lists.
    #[must_use]
    pub fn and(mut self, other: &Impact) -> Self {
        self.level = self.level.max(other.level);
        self.restarts.extend(other.restarts.iter().cloned());
        self.irreversible = match (self.irreversible, &other.irreversible) {
            (Some(a), Some(b)) => Some(format!("{a} {b}")),
            (a, b) => a.or_else(|| b.clone()),
        };
        self
    }
}

/// What happens to one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It did not exist.
    Create,
    /// It had another value.
    Update,
    /// It will be gone.
    Delete,
    /// Something is run.
    Run,
}

/// How far a plan can be trusted to be what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// Exactly this.
    #[default]
    Exact,
    /// This, as far as the system lets itself be asked.
    Predicted,
    /// Not visible beforehand.
    Opaque,
}

/// One difference that a task would make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Address in words of the system, e.g. `alertmanager.yml/receivers/astreinte`.
    pub path: String,
    /// What happens to it.
    pub verb: Verb,
    /// Value now; `null` when absent. A secret carries `sha256:…` only.
    pub before: Value,
    /// Value afterwards; `null` when gone.
    pub after: Value,
    /// The values are digests of secrets.
    pub secret: bool,
    /// How far this line can be trusted.
    #[serde(default)]
    pub fidelity: Fidelity,
}

/// What one task would do to its system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan<B> {
    /// What undo needs.
    pub before: B,
    /// Differences; empty means "already in place": apply is skipped, verify still runs.
    pub changes: Vec<Change>,
    /// Versions to compare and swap against; outside the digest, since a resourceVersion moves on
    /// every status write.
    pub cas: BTreeMap<String, String>,
    /// What users of the target feel.
    pub impact: Impact,
    /// What a person should read before agreeing, one English sentence each.
    pub warnings: Vec<String>,
}

impl<B> Plan<B> {
    /// A plan with no restart, no warning and no version to compare.
    pub fn new(before: B, changes: Vec<Change>, level: Level) -> Self {
        Plan {
            before,
            changes,
            cas: BTreeMap::new(),
            impact: Impact::of(level),
            warnings: Vec::new(),
        }
    }
    /// Whether the target is already as asked.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
    /// `sha256:…` over changes, impact and warnings: what an agreement agrees to. How far a line
    /// could be trusted is not part of it: a prediction that comes true was agreed to.
    pub fn digest(&self) -> String {
        let changes: Vec<Value> = self
            .changes
            .iter()
            .map(|it| {
                serde_json::json!({
                    "path": it.path, "verb": it.verb, "before": it.before, "after": it.after,
                    "secret": it.secret,
                })
            })
            .collect();
        digest(&serde_json::json!({
            "changes": changes, "impact": self.impact, "warnings": self.warnings,
        }))
    }
}

impl<B: Serialize> Plan<B> {
    /// The same plan with its `before` as JSON.
    ///
    /// # Errors
    /// `Guard` when `before` has no JSON form.
    pub fn erase(self) -> Result<Plan<Value>, Fault> {
        let before = serde_json::to_value(self.before)
            .map_err(|e| Fault::new(FaultClass::Guard, format!("before-state: {e}")))?;
        Ok(Plan {
            before,
            changes: self.changes,
            cas: self.cas,
            impact: self.impact,
            warnings: self.warnings,
        })
    }
}

impl Plan<Value> {
    /// The same plan with its `before` as `B`.
    ///
    /// # Errors
    /// `Guard` when the stored JSON is not a `B`.
    pub fn typed<B: DeserializeOwned>(&self) -> Result<Plan<B>, Fault> {
        let before = B::deserialize(&self.before)
            .map_err(|e| Fault::new(FaultClass::Guard, format!("stored before-state: {e}")))?;
        Ok(Plan {
            before,
            changes: self.changes.clone(),
            cas: self.cas.clone(),
            impact: self.impact.clone(),
            warnings: self.warnings.clone(),
        })
    }
}

/// One claim about the system, and what the system answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// What is claimed, one English sentence.
    pub claim: String,
    /// What was expected.
    pub expected: Value,
    /// What the system said.
    pub actual: Value,
    /// Whether the claim holds.
    pub ok: bool,
}

impl Proof {
    /// A claim that holds exactly when the two values are equal.
    pub fn equal(claim: impl Into<String>, expected: Value, actual: Value) -> Self {
        let ok = expected == actual;
        Proof {
            claim: claim.into(),
            expected,
            actual,
            ok,
        }
    }
}

/// `sha256:` and the hex digest of the canonical JSON (keys sorted, no spaces) of `value`.
#[must_use]
pub fn digest(value: &Value) -> String {
    format!(
        "sha256:{}",
        hex::encode(Sha256::digest(canonical(value).as_bytes()))
    )
}

/// JSON with keys sorted and no spaces; equal values give equal text, whatever order they came in.
#[must_use]
pub fn canonical(value: &Value) -> String {
    serde_json::to_string(&Sorted(value)).expect("a value is JSON already")
}

/// A value whose keys come in their order, whatever order its maps keep.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let mut pairs: Vec<_> = map.iter().map(|(key, it)| (key, Sorted(it))).collect();
                pairs.sort_unstable_by_key(|it| it.0);
                to.collect_map(pairs)
            }
            Value::Array(list) => to.collect_seq(list.iter().map(Sorted)),
            other => other.serialize(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn keys_come_in_their_order_and_nothing_else_is_added() {
        let value = json!({ "b": [1, { "z": null, "a": -2.5 }, []], "a": {}, "ä": "\"\n" });
        let text = r#"{"a":{},"b":[1,{"a":-2.5,"z":null},[]],"ä":"\"\n"}"#;
        assert_eq!(canonical(&value), text);
    }
}
