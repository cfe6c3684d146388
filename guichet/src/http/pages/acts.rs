//! Acts on a ticket, a task or a study: each posted form is one command of the desk.

use axum::{
    extract::{Path, State},
    response::Response,
};
use catalogue::{Text, Tokens};
use chrono::{DateTime, NaiveDateTime, Utc};
use engine::{
    store::Known,
    ticket::{
        Command, Item, Refusal, Ticket,
        command::{Line, untranslated},
    },
};
use serde_json::{Map, Value};

use super::{Portal, fail::Fail, go, posted::Posted, visit::Signed};
use crate::format;

async fn find(portal: &Portal, signed: &Signed, reference: &str) -> Result<Ticket, Fail> {
    let found = portal
        .web
        .desk
        .ticket(reference, Some(&signed.person))
        .await?;
    found.ok_or(Fail::NotFound)
}

async fn send(
    portal: &Portal,
    signed: &Signed,
    ticket: &Ticket,
    posted: &Posted,
    command: Command,
) -> Result<Response, Fail> {
    let caller = signed.caller(posted.command()?);
    let ticket = portal
        .web
        .desk
        .handle(&Known::from(ticket), command, caller)
        .await?;
    Ok(go(&format!("/tickets/{}", ticket.reference)))
}

/// The fields of one form, whose names end in what the form is about.
struct Scoped<'a> {
    posted: &'a Posted,
    scope: &'a str,
}

impl Scoped<'_> {
    fn name(&self, field: &str) -> String {
        format!("{field}-{}", self.scope)
    }
    fn text(&self, field: &str) -> String {
        self.posted.text(&self.name(field))
    }
    fn number(&self, field: &str) -> u32 {
        self.posted.number(&self.name(field))
    }
    fn tokens(&self, field: &str) -> Tokens {
        Tokens(self.number(field))
    }
}

pub(super) async fn act(
    State(portal): State<Portal>,
    Path((reference, act)): Path<(String, String)>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let ticket = find(&portal, &signed, &reference).await?;
    let form = Scoped {
        posted: &posted,
        scope: &act,
    };
    let reason = form.text("reason");
    let command = match act.as_str() {
        "cancel" => Command::Cancel { reason },
        "suspend" => Command::Suspend { reason },
        "resume" => Command::Resume,
        "give-up" => Command::GiveUp { reason },
        "redeliver" => Command::Redeliver {
            note: form.text("note"),
        },
        "quote" => Command::Quote {
            tokens: form.tokens("tokens"),
            note: form.text("note"),
        },
        "remind" => {
            let gate = ticket.open_gates().next().ok_or(Refusal::AlreadyDecided)?;
            Command::Remind { gate: gate.id }
        }
        _ => return Err(Fail::NotFound),
    };
    send(&portal, &signed, &ticket, &posted, command).await
}

pub(super) async fn on_task(
    State(portal): State<Portal>,
    Path((reference, task, act)): Path<(String, String, String)>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let ticket = find(&portal, &signed, &reference).await?;
    let scope = posted.text("seq");
    let form = Scoped {
        posted: &posted,
        scope: &scope,
    };
    let command = match act.as_str() {
        "complete" => Command::Complete {
            task,
            well: match form.text("well").as_str() {
                "yes" => true,
                "no" => false,
                _ => return Err(Refusal::BadText { field: "outcome" }.into()),
            },
            evidence: form.text("evidence"),
            spent: form.tokens("spent"),
        },
        "retry" => Command::Retry { task },
        "skip" => Command::Skip {
            task,
            proof: form.text("proof"),
        },
        "take-over" => Command::TakeOver {
            task,
            reason: form.text("reason"),
        },
        _ => return Err(Fail::NotFound),
    };
    send(&portal, &signed, &ticket, &posted, command).await
}

pub(super) async fn on_study(
    State(portal): State<Portal>,
    Path((reference, act)): Path<(String, String)>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let ticket = find(&portal, &signed, &reference).await?;
    let form = Scoped {
        posted: &posted,
        scope: &act,
    };
    let command = match act.as_str() {
        "propose-call" => Command::ProposeCall {
            slots: slots(&form)?,
        },
        "choose-call" => {
            let slot = form.text("slot").parse();
            Command::ChooseCall {
                slot: slot.map_err(|_| Refusal::OutOfRange { field: "slot" })?,
            }
        }
        "record-call" => Command::RecordCall {
            minutes: form.text("minutes"),
            attendees: listed(&form.text("attendees")),
        },
        "estimate" => Command::Estimate {
            tokens: form.tokens("tokens"),
            effort_days: form.number("effort"),
            lead_days: form.number("lead"),
        },
        "reclassify" => Command::Reclassify {
            lines: vec![line(&portal, &form)?],
        },
        "conclude" => conclusion(&form)?,
        _ => return Err(Fail::NotFound),
    };
    send(&portal, &signed, &ticket, &posted, command).await
}

/// Names separated by commas or line ends.
fn listed(text: &str) -> Vec<String> {
    let parts = text.split([',', '\n']).map(str::trim);
    parts
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

fn slots(form: &Scoped<'_>) -> Result<Vec<DateTime<Utc>>, Refusal> {
    let typed = ["slot1", "slot2", "slot3"].map(|it| form.text(it));
    let typed = typed.iter().filter(|it| !it.is_empty());
    typed
        .map(|it| local(it).ok_or(Refusal::OutOfRange { field: "slots" }))
        .collect()
}

/// A moment typed in a form, in the time of Paris.
pub(super) fn local(text: &str) -> Option<DateTime<Utc>> {
    let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
    format::from_paris(wall.ok()?)
}

fn line(portal: &Portal, form: &Scoped<'_>) -> Result<Line, Refusal> {
    let code = form.text("code");
    let entry = portal.web.desk.catalogue.get(&code);
    let entry = entry.ok_or(Refusal::UnknownLine(code))?.clone();
    let mut answers: Map<String, Value> = Map::new();
    for line in form.text("answers").lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.trim();
        match answers.get_mut(name.trim()) {
            // The same name again is one more line of a list.
            Some(Value::String(before)) => {
                before.push('\n');
                before.push_str(value);
            }
            _ => {
                answers.insert(name.trim().to_owned(), Value::String(value.to_owned()));
            }
        }
    }
    Ok(Line { entry, answers })
}

/// Feasible with what it leads to, one `title = tokens` a line; or not feasible.
fn conclusion(form: &Scoped<'_>) -> Result<Command, Refusal> {
    let feasible = match form.text("feasible").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Refusal::BadText { field: "feasible" }),
    };
    let item = |line: &str| -> Result<Item, Refusal> {
        let wrong = Refusal::OutOfRange { field: "items" };
        let (title, tokens) = line.rsplit_once('=').ok_or(wrong.clone())?;
        let title: Text = untranslated(title.trim());
        let tokens = Tokens(tokens.trim().parse().map_err(|_| wrong)?);
        Ok(Item {
            code: None,
            title,
            tokens,
            answers: Value::Null,
        })
    };
    let text = form.text("items");
    let lines = text.lines().filter(|it| !it.trim().is_empty());
    let items: Vec<Item> = lines.map(item).collect::<Result<_, _>>()?;
    let entries = vec![None; items.len()];
    let justification = form.text("justification");
    Ok(Command::Conclude {
        feasible,
        justification,
        items,
        entries,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Posted {
        Posted(pairs.iter().map(|it| (it.0.into(), it.1.into())).collect())
    }

    #[test]
    fn a_slot_is_typed_in_the_time_of_paris() {
        assert_eq!(
            local("2026-11-24T10:00"),
            Some("2026-11-24T09:00:00Z".parse().unwrap())
        );
        assert_eq!(
            local("2026-07-24T10:00:00"),
            Some("2026-07-24T08:00:00Z".parse().unwrap())
        );
        assert_eq!(local("demain"), None);
    }

    #[test]
    fn a_conclusion_lists_what_it_leads_to_with_its_price() {
        let posted = form(&[
            ("feasible-conclude", "yes"),
            ("justification-conclude", "vu"),
            (
                "items-conclude",
                "Créer un dépôt = 3\r\n\r\nBrancher a=b = 2",
            ),
        ]);
        let scoped = Scoped {
            posted: &posted,
            scope: "conclude",
        };
        let Ok(Command::Conclude {
            feasible: true,
            items,
            entries,
            ..
        }) = conclusion(&scoped)
        else {
            panic!("understood")
        };
        let read: Vec<_> = items
            .iter()
            .map(|it| (it.title.fr.as_str(), it.tokens.0))
            .collect();
        assert_eq!(read, [("Créer un dépôt", 3), ("Brancher a=b", 2)]);
        assert_eq!(entries.len(), 2);
    }

    #[test]
    fn an_item_without_a_price_is_refused() {
        let posted = form(&[
            ("feasible-conclude", "yes"),
            ("items-conclude", "Créer un dépôt"),
        ]);
        let scoped = Scoped {
            posted: &posted,
            scope: "conclude",
        };
        assert_eq!(
            conclusion(&scoped),
            Err(Refusal::OutOfRange { field: "items" })
        );
    }
}
