//! One ticket: everything the desk knows, in the order people ask for it.

mod next;
mod rows;
mod steps;

pub(super) use rows::{event, moves};

use axum::{
    extract::{Path, State},
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use engine::{
    audit::Trace,
    people::Person,
    query::{Filter, Summary},
    store::Known,
    ticket::{Ending, State as At, Status, Ticket},
};
use serde_json::Value;
use workflows::DrawNode;

use super::{
    Portal,
    fail::Fail,
    question::plan,
    study,
    visit::{Signed, query},
    words::{drawn, fault_key, is_study, name_of, state_key, state_mark},
};
use crate::pages::{
    Ui,
    parts::{Badge, Class, Tone},
    ticket::{Failure, Head, Kin, Move, Price, Tense, TicketPage, Tokens},
    ui::Fact,
};

/// A ticket with everything its page shows.
pub(super) struct Scene {
    pub(super) ui: Ui,
    pub(super) person: Person,
    pub(super) ticket: Ticket,
    /// The client's persons and the provider's staff.
    pub(super) people: Vec<Person>,
    pub(super) history: Vec<Trace>,
    pub(super) moves: Vec<Move>,
    pub(super) kin: Vec<Kin>,
    /// Key of the next form, then of the one after, and so on.
    pub(super) keys: std::sync::Arc<dyn engine::ambient::Ids>,
    /// Codes and titles of the catalogue, for reclassification.
    pub(super) lines: Vec<(String, String)>,
}

impl Scene {
    async fn of(portal: &Portal, signed: Signed, ticket: Ticket) -> Result<Scene, Fail> {
        let desk = &portal.web.desk;
        let Signed { ui, person } = signed;
        let lang = ui.words.lang();
        let children = Filter {
            parent: Some(ticket.id),
            limit: 50,
            ..Filter::default()
        };
        let mut kin: Vec<Kin> = Vec::new();
        if let Some(id) = ticket.parent {
            let at = Known {
                client: ticket.client.clone(),
                id,
            };
            if let Some(parent) = desk.ticket_at(&at).await? {
                kin.push(relative(&ui, "kin-parent", &Summary::from(&parent)));
            }
        }
        for child in desk.tickets(&children).await? {
            kin.push(relative(&ui, "kin-child", &child));
        }
        let moves = match desk.contract(&ticket.contract, Some(&person)).await? {
            Some(contract) => {
                let until = ui.now + chrono::Duration::seconds(1);
                let all = desk.statement(&contract, ticket.created_at, until).await?;
                rows::moves(&ui, &all.lines, Some(&ticket.reference))
            }
            None => Vec::new(),
        };
        let lines = desk.catalogue.iter();
        Ok(Scene {
            people: desk.people_around(&ticket.client).await?,
            history: desk.history(&ticket).await?,
            keys: desk.ids.clone(),
            lines: lines
                .map(|it| (it.code.clone(), it.title.get(lang).to_owned()))
                .collect(),
            moves,
            kin,
            ui,
            person,
            ticket,
        })
    }

    /// A one-time key for a form.
    pub(super) fn key(&self) -> String {
        self.keys.id().to_string()
    }

    pub(super) fn text(&self, text: &catalogue::Text) -> String {
        text.get(self.ui.words.lang()).to_owned()
    }

    pub(super) fn head(&self) -> Head {
        let (ui, ticket) = (&self.ui, &self.ticket);
        let class = match (&ticket.ordered.entry, is_study(ticket)) {
            (_, true) => Class::Study,
            (Some(entry), false) if entry.is_quoted() => Class::Quote,
            (Some(entry), false) if entry.class() == catalogue::Class::Simple => Class::Simple,
            _ => Class::Complex,
        };
        let mut badges = Vec::new();
        let mut badge = |tone, key: &str| {
            badges.push(Badge {
                tone,
                text: ui.t(key),
            })
        };
        if ticket.suspended.is_some() {
            badge(Tone::Wait, "state-suspended");
        }
        let undone = ticket.tasks.iter().any(|it| it.status == Status::Undone);
        if undone && ticket.state == At::Closed {
            badge(Tone::Bad, "mark-rolled-back");
        }
        Head {
            reference: ticket.reference.clone(),
            title: self.text(&ticket.title),
            class,
            slot: ticket.slot.map(|it| (it.1, engine::quota::PER_YEAR)),
            contract: ticket.contract.clone(),
            zone: ticket.cluster.clone(),
            requester: name_of(&self.people, ticket.requester),
            ordered: ticket.created_at,
            mark: state_mark(ui, ticket.state, ticket.ending),
            sentence: self.sentence(),
            due: ticket.open_gates().filter_map(|it| it.expires_at).min(),
            badges,
        }
    }

    /// Where it stands, naming whom it waits for.
    fn sentence(&self) -> String {
        let ui = &self.ui;
        match self.ticket.open_gates().next() {
            Some(_) if self.question().is_some() => ui.t("state-yours"),
            Some(gate) => ui
                .say("state-theirs")
                .with("who", self.awaited(gate))
                .to_string(),
            None => ui.t(state_key(self.ticket.state, self.ticket.ending)),
        }
    }

    fn price(&self) -> Price {
        let ticket = &self.ticket;
        let captured: u32 = ticket
            .holds
            .iter()
            .filter_map(|it| it.captured)
            .map(|it| it.0)
            .sum();
        let state = if ticket.held().0 > 0 {
            Tokens::Held
        } else if captured > 0 {
            Tokens::Charged
        } else if ticket.holds.is_empty() {
            Tokens::Untouched
        } else {
            Tokens::Returned
        };
        let price = ticket.price.as_ref();
        // A fixed price has nothing to explain; a tranche, a quote or a study has.
        let entry = ticket.ordered.entry.as_ref();
        let fixed = entry.is_some_and(|it| matches!(it.pricing, catalogue::Pricing::Fixed { .. }));
        Price {
            base: price.map(|it| i64::from(it.base.0)),
            surcharge: price.map_or(0, |it| i64::from(it.surcharge.0)),
            formula: price.filter(|_| !fixed).map(|it| self.text(&it.formula)),
            state,
        }
    }

    /// What went wrong, as long as it matters.
    pub(super) fn failure(&self) -> Option<Failure> {
        let (ui, ticket) = (&self.ui, &self.ticket);
        let failed = |it: &&engine::ticket::Task| {
            matches!(
                it.status,
                Status::Failed | Status::InDoubt | Status::UndoFailed
            ) || (it.status == Status::Undone && it.fault.is_some())
        };
        let task = ticket.tasks.iter().find(failed)?;
        let undone = match (ticket.state, ticket.ending) {
            (At::Closed, Some(Ending::Failed)) => "failure-undone",
            (At::Undoing, _) => "failure-undoing",
            (At::Blocked, _) => "failure-blocked",
            _ => "failure-watched",
        };
        // A person who did it by hand already said it plainly.
        let said = task.note.clone().or(ticket.cause.clone());
        let fault = task.fault.as_ref();
        Some(Failure {
            task: self.text(&task.node.title),
            cause: match fault {
                Some(fault) => ui.t(fault_key(fault.class)),
                None => said.unwrap_or_else(|| ui.t("fault-by-hand")),
            },
            words: fault.map(|it| it.message.clone()),
            undone: ui.t(undone),
            duty: ui.t("failure-duty-nothing"),
        })
    }

    fn asked(&self) -> Vec<Fact> {
        let ordered = &self.ticket.ordered;
        let mut facts = Vec::new();
        if let Some(entry) = &ordered.entry {
            for field in &entry.form.fields {
                let answer = ordered.answers.get(&field.name).filter(|it| !it.is_null());
                if let Some(value) = answer {
                    let value = super::answers::shown(&self.ui, &field.kind, value);
                    facts.push(Fact::new(self.text(&field.label), value));
                }
            }
        }
        for (key, words) in [("fact-need", &ordered.need), ("fact-why", &ordered.why)] {
            if let Some(words) = words {
                facts.push(Fact::new(self.ui.t(key), words));
            }
        }
        facts
    }

    fn tense(&self) -> Tense {
        match (self.ticket.state, self.ticket.ending) {
            (At::Delivered | At::Contested, _) => Tense::Done,
            (At::Closed, Some(Ending::Validated | Ending::Tacit)) => Tense::Done,
            (At::Closed, _) => Tense::Dropped,
            _ => Tense::Ahead,
        }
    }

    fn picture(&self) -> Option<String> {
        let drawing = workflows::draw::svg(&self.drawing(), self.ui.words.lang());
        (!drawing.is_empty()).then_some(drawing)
    }

    /// The tasks as they are drawn.
    fn drawing(&self) -> Vec<DrawNode> {
        let node = |it: &engine::ticket::Task| DrawNode {
            name: it.node.name.clone(),
            label: self.text(&it.node.title),
            mark: drawn(&self.mark(it)),
            after: it.node.after.clone(),
        };
        self.ticket.tasks.iter().map(node).collect()
    }

    fn page(self, fresh: bool, detail: bool) -> TicketPage {
        TicketPage {
            head: self.head(),
            fresh,
            steps: self.steps(),
            next: self.next(),
            failure: self.failure(),
            asked: self.asked(),
            plan: plan(&self.ui, &self.ticket),
            tense: self.tense(),
            price: self.price(),
            tasks: self.tasks(),
            picture: self.picture(),
            agreements: self.agreements(),
            feed: self.feed(detail),
            moves: self.moves,
            kin: self.kin,
            ui: self.ui,
        }
    }
}

fn relative(ui: &Ui, key: &str, ticket: &Summary) -> Kin {
    Kin {
        relation: ui.t(key),
        reference: ticket.reference.clone(),
        title: ticket.title.get(ui.words.lang()).to_owned(),
    }
}

/// An answer as a person reads it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| format!("{k}={}", plain(v)))
            .collect::<Vec<_>>()
            .join("\n"),
        other => other.to_string(),
    }
}

async fn scene(portal: &Portal, signed: Signed, reference: &str) -> Result<Scene, Fail> {
    let found = portal
        .web
        .desk
        .ticket(reference, Some(&signed.person))
        .await?;
    Scene::of(portal, signed, found.ok_or(Fail::NotFound)?).await
}

pub(super) async fn page(
    State(portal): State<Portal>,
    Path(reference): Path<String>,
    uri: Uri,
    signed: Signed,
) -> Result<Response, Fail> {
    let fresh = query(&uri, "new").is_some();
    let detail = query(&uri, "detail").is_some();
    let scene = scene(&portal, signed, &reference).await?;
    if is_study(&scene.ticket) {
        return super::page(&study::view(scene, fresh, detail));
    }
    super::page(&scene.page(fresh, detail))
}

pub(super) async fn picture(
    State(portal): State<Portal>,
    Path(reference): Path<String>,
    signed: Signed,
) -> Result<Response, Fail> {
    let scene = scene(&portal, signed, &reference).await?;
    let drawing = scene.picture().ok_or(Fail::NotFound)?;
    let standing = drawing.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], standing).into_response())
}

pub(super) async fn drawing(
    State(portal): State<Portal>,
    Path(reference): Path<String>,
    signed: Signed,
) -> Result<Response, Fail> {
    let scene = scene(&portal, signed, &reference).await?;
    let text = workflows::draw::text(&scene.drawing());
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
