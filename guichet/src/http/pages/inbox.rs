//! What waits for the reader, and the list of tickets.

use axum::{
    extract::{Query, State},
    response::Response,
};
use catalogue::Speed;
use chrono::{DateTime, Utc};
use engine::{
    id::TicketId,
    query::{Filter, Summary, Turn, Waiting},
    ticket::State as At,
};
use serde::Deserialize;
use std::collections::BTreeSet;
use workflows::Purpose;

use super::{
    Portal,
    fail::{Fail, url_encoded},
    page,
    visit::Signed,
    words::{purpose, state_key, state_mark},
};
use crate::pages::{
    Ui,
    fields::Choice,
    inbox::{Group, InboxPage, Item},
    parts::{Badge, Tone},
    tickets::{Row, TicketsPage},
};

/// Tickets on one page of the list.
const PAGE: usize = 50;
/// Tickets looked through for words.
const SEARCHED: u64 = 500;

fn badges(ui: &Ui, ticket: &Summary) -> Vec<Badge> {
    let mut badges = Vec::new();
    if ticket.speed == Speed::Accelerated {
        badges.push(Badge {
            tone: Tone::Wait,
            text: ui.t("speed-accelerated"),
        });
    }
    badges
}

fn item(ui: &Ui, ticket: &Summary, act: String, href: String) -> Item {
    Item {
        act,
        title: ticket.title.get(ui.words.lang()).to_owned(),
        reference: ticket.reference.clone(),
        href,
        due: None,
        tokens: ticket.tokens.map(i64::from),
        badges: badges(ui, ticket),
    }
}

fn waiting(ui: &Ui, it: &Waiting) -> Item {
    let ticket = format!("/tickets/{}", it.ticket.reference);
    let (act, href) = match &it.what {
        Turn::Gate(_, what) => (
            ui.t(&format!("act-{}", purpose(*what))),
            format!("{ticket}/decide"),
        ),
        Turn::Hand(task) => (ui.t("act-by-hand"), format!("{ticket}#t-{task}")),
        Turn::Standstill(task) => (ui.t("act-unblock"), format!("{ticket}#t-{task}")),
        Turn::Contested => (ui.t("act-rework"), ticket),
    };
    Item {
        due: it.until,
        ..item(ui, &it.ticket, act, href)
    }
}

pub(super) async fn inbox(State(portal): State<Portal>, signed: Signed) -> Result<Response, Fail> {
    let Signed { ui, person } = signed;
    let all = portal.web.desk.inbox(&person).await?;
    let group = |title: &str, mine: bool, items: Vec<Item>| Group {
        title: ui.t(title),
        mine,
        empty: ui.t("inbox-empty"),
        items,
    };
    let of = |wanted: fn(&Turn) -> bool| -> Vec<Item> {
        all.iter()
            .filter(|it| wanted(&it.what))
            .map(|it| waiting(&ui, it))
            .collect()
    };
    let closing = |it: &Turn| matches!(it, Turn::Gate(_, Purpose::Validation));
    let mut groups = vec![
        group(
            "inbox-decisions",
            true,
            of(|it| matches!(it, Turn::Gate(_, what) if *what != Purpose::Validation)),
        ),
        group("inbox-closures", true, of(closing)),
        group(
            "inbox-stuck",
            true,
            of(|it| matches!(it, Turn::Standstill(_) | Turn::Contested)),
        ),
        group("inbox-by-hand", true, of(|it| matches!(it, Turn::Hand(_)))),
    ];
    groups.retain(|it| !it.items.is_empty());
    if groups.is_empty() {
        groups.push(group("inbox-decisions", true, Vec::new()));
    }
    let mine: BTreeSet<TicketId> = all.iter().map(|it| it.ticket.id).collect();
    let filter = Filter {
        client: person.client.clone(),
        open: true,
        limit: 50,
        ..Filter::default()
    };
    let open = portal.web.desk.tickets(&filter).await?;
    let others = open.iter().filter(|it| !mine.contains(&it.id)).map(|it| {
        let state = ui.t(state_key(it.state, it.ending));
        item(&ui, it, state, format!("/tickets/{}", it.reference))
    });
    groups.push(group("inbox-elsewhere", false, others.collect()));
    page(&InboxPage { groups, ui })
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    state: String,
    accelerated: String,
    after: String,
}

impl Wanted {
    fn before(&self) -> Option<(DateTime<Utc>, TicketId)> {
        let (at, id) = self.after.split_once('_')?;
        Some((
            DateTime::from_timestamp_micros(at.parse().ok()?)?,
            id.parse().ok()?,
        ))
    }
    fn finds(&self, ticket: &Summary) -> bool {
        let words = catalogue::search::fold(&self.q);
        let (fr, en) = (&ticket.title.fr, &ticket.title.en);
        let code = ticket.code.as_deref().unwrap_or_default();
        let text = catalogue::search::fold(&format!("{} {code} {fr} {en}", ticket.reference));
        words.split_whitespace().all(|it| text.contains(it))
    }
    fn after(&self, last: &Summary) -> String {
        let (q, state) = (url_encoded(&self.q), url_encoded(&self.state));
        let cursor = format!("{}_{}", last.created_at.timestamp_micros(), last.id);
        let fast = if self.accelerated.is_empty() {
            ""
        } else {
            "&accelerated=1"
        };
        format!("/tickets?q={q}&state={state}{fast}&after={cursor}")
    }
}

pub(super) async fn tickets(
    State(portal): State<Portal>,
    Query(wanted): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Fail> {
    let Signed { ui, person } = signed;
    let filter = Filter {
        client: person.client.clone(),
        state: At::from_word(&wanted.state),
        open: wanted.state == "open",
        accelerated: !wanted.accelerated.is_empty(),
        parent: None,
        before: wanted.before(),
        limit: SEARCHED,
    };
    let found = portal.web.desk.tickets(&filter).await?;
    let looked_at = found.len();
    let kept: Vec<Summary> = found.into_iter().filter(|it| wanted.finds(it)).collect();
    let more = kept
        .get(PAGE - 1)
        .filter(|_| kept.len() > PAGE || looked_at as u64 == SEARCHED);
    let more = more.map(|it| wanted.after(it));
    let rows = kept.iter().take(PAGE).map(|it| Row {
        reference: it.reference.clone(),
        title: it.title.get(ui.words.lang()).to_owned(),
        mark: state_mark(&ui, it.state, it.ending),
        state: ui.t(state_key(it.state, it.ending)),
        contract: it.contract.clone(),
        ordered: it.created_at,
        tokens: it.tokens.map(i64::from),
        badges: badges(&ui, it),
    });
    let rows: Vec<Row> = rows.collect();
    let chosen = |value: &str| wanted.state == value;
    let mut states = vec![
        Choice {
            chosen: chosen(""),
            ..Choice::new("", ui.t("tickets-all"))
        },
        Choice {
            chosen: chosen("open"),
            ..Choice::new("open", ui.t("tickets-open"))
        },
    ];
    states.extend(At::ALL.into_iter().map(|it| {
        let choice = Choice::new(it.word(), ui.t(state_key(it, None)));
        Choice {
            chosen: chosen(it.word()),
            ..choice
        }
    }));
    let view = TicketsPage {
        q: wanted.q,
        states,
        accelerated: filter.accelerated,
        count: kept.len(),
        rows,
        more,
        ui,
    };
    page(&view)
}
