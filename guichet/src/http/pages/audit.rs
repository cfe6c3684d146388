//! Who did what, when: the search over the journal.

use axum::{
    extract::{Query, State},
    response::Response,
};
use chrono::{Days, NaiveDate};
use engine::{audit::Search, id::PersonId, window::midnight};
use serde::Deserialize;

use super::{
    Portal,
    fail::{Fail, url_encoded},
    page as show,
    ticket::event,
    visit::Signed,
};
use crate::pages::{
    Ui,
    audit::{AuditPage, Record},
    fields::{Choice, Field, Input, Line},
};

/// Records on one page.
const PAGE: u64 = 100;
/// Families of records, by the first part of their kind.
const FAMILIES: [&str; 9] = [
    "ticket.",
    "gate.",
    "plan.",
    "task.",
    "effect.",
    "study.",
    "tokens.",
    "contract.",
    "clock.",
];

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    who: String,
    kind: String,
    reference: String,
    cluster: String,
    from: String,
    until: String,
    before: Option<i64>,
}

impl Wanted {
    fn query(&self, before: i64) -> String {
        let e = url_encoded;
        let (who, kind, reference) = (e(&self.who), e(&self.kind), e(&self.reference));
        let (cluster, from, until) = (e(&self.cluster), e(&self.from), e(&self.until));
        format!(
            "/audit?who={who}&kind={kind}&reference={reference}&cluster={cluster}&from={from}\
             &until={until}&before={before}"
        )
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()
}

pub(super) async fn page(
    State(portal): State<Portal>,
    Query(wanted): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Fail> {
    let Signed { ui, person } = signed;
    let desk = &portal.web.desk;
    let people = match &person.client {
        Some(client) => desk.people_around(client).await?,
        None => desk.everybody().await?,
    };
    let reference = wanted.reference.trim();
    let ticket = match reference {
        "" => None,
        some => desk.ticket(some, Some(&person)).await?,
    };
    let text = |it: &str| Some(it.trim().to_owned()).filter(|it| !it.is_empty());
    let search = Search {
        client: person
            .client
            .clone()
            .or(ticket.as_ref().map(|it| it.client.clone())),
        ticket: ticket.as_ref().map(|it| it.id),
        person: wanted.who.parse::<PersonId>().ok(),
        cluster: text(&wanted.cluster),
        kind: text(&wanted.kind),
        from: day(&wanted.from).map(midnight),
        until: day(&wanted.until)
            .and_then(|it| it.checked_add_days(Days::new(1)))
            .map(midnight),
        before: wanted.before.filter(|_| person.client.is_some()),
        limit: PAGE,
    };
    // A reference that leads nowhere finds nothing, rather than everything.
    let traces = if reference.is_empty() || ticket.is_some() {
        desk.records(&search).await?
    } else {
        Vec::new()
    };
    let full = traces.len() as u64 == PAGE && person.client.is_some();
    let more = traces
        .last()
        .filter(|_| full)
        .map(|it| wanted.query(it.seq));
    let records: Vec<Record> = traces
        .iter()
        .map(|it| {
            let event = event(&ui, it, str::to_owned);
            Record {
                seq: it.seq,
                at: it.at,
                who: event.who,
                kind: it.kind.clone(),
                text: event.text,
                reference: it.reference.clone().filter(|it| !it.contains('/')),
                hash: it.leaf_hash.clone(),
            }
        })
        .collect();
    let fields = fields(&ui, &wanted, &people);
    show(&AuditPage {
        fields,
        count: records.len(),
        records,
        more,
        ui,
    })
}

fn fields(ui: &Ui, wanted: &Wanted, people: &[engine::people::Person]) -> Vec<Field> {
    let all = || Choice::new("", ui.t("audit-all"));
    let mut who = vec![all()];
    who.extend(people.iter().map(|it| {
        let id = it.id.to_string();
        Choice {
            chosen: id == wanted.who,
            ..Choice::new(id, &it.name)
        }
    }));
    let mut kinds = vec![all()];
    kinds.extend(FAMILIES.map(|it| {
        let label = ui.t(&format!("kind-{}", it.trim_end_matches('.')));
        Choice {
            chosen: it == wanted.kind,
            ..Choice::new(it, label)
        }
    }));
    let line = |name: &str, key: &str, line: Line| {
        Field::new(ui.words, name, ui.t(key), Input::Line(line))
    };
    let date = |value: &str| Line {
        kind: "date",
        size: 12,
        ..Line::text(value)
    };
    let short = |value: &str| Line {
        size: 18,
        ..Line::text(value)
    };
    vec![
        Field::new(ui.words, "who", ui.t("audit-who"), Input::Select(who)),
        Field::new(ui.words, "kind", ui.t("audit-what"), Input::Select(kinds)),
        line("reference", "tickets-title", short(&wanted.reference)),
        line("cluster", "fact-cluster", short(&wanted.cluster)),
        line("from", "audit-from", date(&wanted.from)),
        line("until", "audit-until", date(&wanted.until)),
    ]
}
