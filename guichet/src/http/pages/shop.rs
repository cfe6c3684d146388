//! The catalogue: what may be asked, at what price, under which contract.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use catalogue::{Entry, Family, Pricing, Tokens};
use engine::{contract::Contract, people::Person};
use serde::Deserialize;
use workflows::Step;

use super::{
    Portal,
    fail::Fail,
    page,
    visit::Signed,
    words::{party_key, role_key},
};
use crate::pages::{
    Ui,
    catalogue::{CataloguePage, ItemPage, Line, Note, Section, Stage},
    parts::Class,
    ui::Fact,
};

/// What the catalogue is searched for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    simple: String,
}

/// The contracts under which this person may order; none for the provider's own staff.
pub(super) async fn contracts(portal: &Portal, person: &Person) -> Result<Vec<Contract>, Fail> {
    match &person.client {
        Some(client) => Ok(portal.web.desk.contracts(Some(client)).await?),
        None => Ok(Vec::new()),
    }
}

/// A price as printed in the catalogue; `times` is 2 for an accelerated change (S13).
pub(super) fn price(ui: &Ui, entry: &Entry, times: u32) -> String {
    let tokens = |it: Tokens| ui.tokens(i64::from(it.0) * i64::from(times));
    match &entry.pricing {
        Pricing::Fixed { tokens: n } => tokens(*n),
        Pricing::Tranche { tokens: n, per, .. } => ui
            .say("price-tranche")
            .with("tokens", tokens(*n))
            .n("per", *per)
            .to_string(),
        Pricing::Quoted => ui.t("class-quote"),
        Pricing::TimeAndMaterials => ui.t("price-time"),
    }
}

/// Why none of these contracts allows the line, if so (S55, S57).
fn closed(ui: &Ui, entry: &Entry, contracts: &[Contract]) -> Option<String> {
    let needs: &[Family] = match entry.family {
        Family::Kubernetes => &[Family::Kubernetes],
        Family::Containers => &[Family::Kubernetes, Family::Containers],
    };
    let subscribed = |it: &&Contract| needs.iter().all(|family| it.services.contains(family));
    let offered = |it: &&Contract| entry.orderable_on(it.offer, it.terms.shared_checks);
    if contracts.is_empty() || contracts.iter().any(|it| subscribed(&it) && offered(&it)) {
        None
    } else if contracts.iter().any(|it| subscribed(&it)) {
        Some(ui.t("line-not-on-shared"))
    } else {
        Some(ui.t("line-not-subscribed"))
    }
}

/// A line of the catalogue as pages show it.
pub(super) fn line(portal: &Portal, ui: &Ui, entry: &Entry, contracts: &[Contract]) -> Line {
    let desk = &portal.web.desk;
    let exists = |name: &str| desk.registry.get(name).is_some();
    let workflow = desk.workflows.get(&entry.workflow);
    let class = match (entry.is_quoted(), entry.class()) {
        (true, _) => Class::Quote,
        (false, catalogue::Class::Simple) => Class::Simple,
        (false, catalogue::Class::Complex) => Class::Complex,
    };
    Line {
        code: entry.code.clone(),
        title: entry.title.get(ui.words.lang()).to_owned(),
        price: price(ui, entry, 1),
        class,
        automated: workflow.is_some_and(|it| it.is_automated(&exists)),
        closed: closed(ui, entry, contracts),
    }
}

pub(super) async fn catalogue(
    State(portal): State<Portal>,
    Query(wanted): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Fail> {
    let Signed { ui, person } = signed;
    let contracts = contracts(&portal, &person).await?;
    let simple = !wanted.simple.is_empty();
    let found = portal.web.desk.catalogue.search(&wanted.q);
    let mut sections = Vec::new();
    for family in [Family::Kubernetes, Family::Containers] {
        let mut of: Vec<&Entry> = found
            .iter()
            .copied()
            .filter(|it| it.family == family)
            .collect();
        of.retain(|it| !simple || it.class() == catalogue::Class::Simple);
        if !of.is_empty() {
            let title = family.label().get(ui.words.lang()).to_owned();
            let lines = of
                .into_iter()
                .map(|it| line(&portal, &ui, it, &contracts))
                .collect();
            sections.push(Section { title, lines });
        }
    }
    page(&CataloguePage {
        q: wanted.q,
        simple,
        sections,
        ui,
    })
}

pub(super) async fn item(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
) -> Result<Response, Fail> {
    let Signed { ui, person } = signed;
    let lang = ui.words.lang();
    let desk = &portal.web.desk;
    let entry = desk.catalogue.get(&code).ok_or(Fail::NotFound)?;
    let contracts = contracts(&portal, &person).await?;
    let workflow = desk.workflows.get(&entry.workflow).ok_or(Fail::NotFound)?;
    let tasks = workflow.tasks.iter().map(|it| Stage {
        name: it.name.clone(),
        title: it.title.get(lang).to_owned(),
        who: match &it.step {
            Step::Manual { role, .. } => ui.t(role_key(*role)),
            Step::Gate(spec) => ui.t(party_key(spec.party)),
            Step::Action { name, .. } if desk.registry.get(name).is_some() => "Guichet".to_owned(),
            Step::Action { .. } => ui.t("party-operations"),
            Step::Timer { .. } => "Guichet".to_owned(),
        },
    });
    let note = |text: String| Note { text, clause: None };
    let view = ItemPage {
        line: line(&portal, &ui, entry, &contracts),
        what: Some(entry.summary.get(lang).to_owned()),
        facts: terms(&ui, entry),
        notes: entry
            .notes
            .iter()
            .map(|it| note(it.get(lang).to_owned()))
            .collect(),
        tasks: tasks.collect(),
        picture: Some(workflows::draw::svg(&workflow.draw_nodes(lang), lang)),
        orders: person.client.is_some(),
        ui,
    };
    page(&view)
}

fn terms(ui: &Ui, entry: &Entry) -> Vec<Fact> {
    let mut facts = vec![Fact::new(ui.t("ticket-price"), price(ui, entry, 1))];
    if !entry.is_quoted() {
        facts.push(Fact::new(ui.t("speed-accelerated"), price(ui, entry, 2)));
    }
    let lead = match entry.minutes {
        Some(minutes) => ui.say("item-minutes").n("n", minutes).to_string(),
        None => ui.t("item-no-lead-time"),
    };
    facts.push(Fact::new(ui.t("item-lead"), lead));
    let back = if entry.irreversible {
        "item-irreversible"
    } else {
        "item-reversible"
    };
    facts.push(Fact::new(ui.t("item-back"), ui.t(back)));
    facts
}
