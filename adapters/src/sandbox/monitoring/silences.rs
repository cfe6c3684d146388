//! Silences of the stand-in, with the answers that the real program gives to mistaken ones.

use super::{live::now, state::Labels};
use crate::monitor::{Comparison, Matcher};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// All silences by id; those that ended stay readable.
#[derive(Debug, Default)]
pub(super) struct Silences {
    all: BTreeMap<String, Silence>,
    made: u128,
}

#[derive(Clone, Debug)]
struct Silence {
    matchers: Vec<Matcher>,
    shown: Value,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A refused silence: the status and the body to answer.
pub(super) type Refusal = (u16, Value);

impl Silences {
    /// Makes one, or changes the one whose id is given; the answer is its id.
    pub fn post(&mut self, body: &Value) -> Result<String, Refusal> {
        let invalid = |code: u16, what: &str| {
            let message = format!("{what} in body");
            (422, json!({ "code": code, "message": message }))
        };
        let shown = body["matchers"].as_array().cloned().unwrap_or_default();
        if shown.is_empty() {
            return Err((
                422,
                json!({ "code": 612, "message": "matchers in body should have at least 1 items" }),
            ));
        }
        for field in ["comment", "createdBy", "startsAt", "endsAt"] {
            if body[field].as_str().is_none_or(str::is_empty) {
                let (status, mut answer) = invalid(602, field);
                answer["message"] = json!(format!("{field} in body is required"));
                return Err((status, answer));
            }
        }
        let time = |field: &str| {
            let text = body[field].as_str().unwrap_or_default();
            DateTime::parse_from_rfc3339(text)
                .map(|it| it.with_timezone(&Utc))
                .map_err(|_| invalid(601, field))
        };
        let (starts_at, ends_at) = (time("startsAt")?, time("endsAt")?);
        if ends_at <= starts_at {
            let why = "Failed to create silence: start time must be before end time";
            return Err((400, json!(why)));
        }
        let matchers = shown.iter().map(matcher).collect::<Result<Vec<_>, _>>()?;
        if matchers.iter().all(Matcher::holds_for_absent) {
            let why = "silence invalid: at least one matcher must not match the empty string";
            return Err((400, json!(why)));
        }
        let old = body["id"].as_str().unwrap_or_default();
        // One that has begun may change its end, not its beginning; seconds are what is compared.
        let same = self.all.get(old).map(|it| {
            let begun = it.state() == "active";
            it.matchers == matchers && (!begun || it.starts_at.timestamp() == starts_at.timestamp())
        });
        let starts_at = if same == Some(true) {
            starts_at
        } else {
            starts_at.max(now())
        };
        let id = match same {
            Some(true) => old.to_owned(),
            Some(false) => {
                self.expire(old);
                self.next_id()
            }
            None if old.is_empty() => self.next_id(),
            None => return Err((404, json!("silence not found"))),
        };
        let shown = json!({
            "id": id, "matchers": shown, "comment": body["comment"],
            "createdBy": body["createdBy"],
        });
        let silence = Silence {
            matchers,
            shown,
            starts_at,
            ends_at,
            updated_at: now(),
        };
        self.all.insert(id.clone(), silence);
        Ok(id)
    }

    /// Ends one; false when there is none of that id.
    pub fn expire(&mut self, id: &str) -> bool {
        let at = now();
        let Some(silence) = self.all.get_mut(id) else {
            return false;
        };
        if silence.ends_at > at {
            (silence.ends_at, silence.updated_at) = (at, at);
        }
        true
    }

    /// One as the API shows it.
    pub fn shown(&self, id: &str) -> Option<Value> {
        self.all.get(id).map(Silence::show)
    }

    /// Those about exactly these labels, as far as the filter names them.
    pub fn list(&self, filter: &[Matcher]) -> Vec<Value> {
        let fits = |silence: &Silence| {
            filter.iter().all(|wanted| {
                silence.shown["matchers"].as_array().is_some_and(|list| {
                    list.iter().any(|it| {
                        let labels: Labels = match (it["name"].as_str(), it["value"].as_str()) {
                            (Some(name), Some(value)) => {
                                [(name.to_owned(), value.to_owned())].into()
                            }
                            _ => return false,
                        };
                        wanted.holds(&labels)
                    })
                })
            })
        };
        self.all
            .values()
            .filter(|it| fits(it))
            .map(Silence::show)
            .collect()
    }

    /// Ids of the active ones that hold for these labels.
    pub fn active_for(&self, labels: &Labels) -> Vec<String> {
        self.all
            .iter()
            .filter(|(_, it)| it.state() == "active")
            .filter(|(_, it)| it.matchers.iter().all(|m| m.holds(labels)))
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn next_id(&mut self) -> String {
        self.made += 1;
        Uuid::from_u128(0x5111_0000_0000_4000_8000_0000_0000_0000 + self.made).to_string()
    }
}

impl Silence {
    fn state(&self) -> &'static str {
        let at = now();
        if self.ends_at <= at {
            "expired"
        } else if self.starts_at > at {
            "pending"
        } else {
            "active"
        }
    }

    fn show(&self) -> Value {
        let mut shown = self.shown.clone();
        shown["status"] = json!({ "state": self.state() });
        shown["startsAt"] = json!(self.starts_at);
        shown["endsAt"] = json!(self.ends_at);
        shown["updatedAt"] = json!(self.updated_at);
        shown
    }
}

fn matcher(it: &Value) -> Result<Matcher, Refusal> {
    let comparison = match (
        it["isEqual"].as_bool() != Some(false),
        it["isRegex"] == true,
    ) {
        (true, false) => Comparison::Equal,
        (false, false) => Comparison::NotEqual,
        (true, true) => Comparison::Like,
        (false, true) => Comparison::NotLike,
    };
    let (name, value) = (&it["name"], &it["value"]);
    Matcher::new(
        name.as_str().unwrap_or_default(),
        comparison,
        value.as_str().unwrap_or_default(),
    )
    .map_err(|e| (400, json!(format!("silence invalid: {e}"))))
}
