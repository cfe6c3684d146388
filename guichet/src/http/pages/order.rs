//! Ordering: form, check, send. Nothing is reserved before the last step, and a form sent twice is
//! one order.

use axum::{
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::Response,
};
use catalogue::{Entry, Price, Speed};
use engine::{
    approval,
    contract::Contract,
    desk::DeskError,
    people::Right,
    quota,
    ticket::{Command, Order, Refusal, Start, Study, Ticket},
    window::midnight,
};
use workflows::{Party, Purpose};

use super::{
    Portal,
    acts::local,
    answers,
    fail::Fail,
    go, page_as,
    posted::Posted,
    shop,
    visit::{Signed, query},
};
use crate::pages::{
    Ui,
    fields::{Choice, Fault, Faults, Field, Input, Line},
    order::{CheckPage, OrderPage, StudyNewPage},
    ui::Fact,
};

/// Everything an order form needs to know.
struct Counter<'a> {
    portal: &'a Portal,
    signed: Signed,
    entry: &'a Entry,
    contracts: Vec<Contract>,
}

/// What stands in the way of an order.
enum Obstacle {
    Form(Vec<catalogue::Fault>),
    Rule(Box<Refusal>),
}

impl<'a> Counter<'a> {
    async fn of(portal: &'a Portal, signed: Signed, code: &str) -> Result<Counter<'a>, Fail> {
        let entry = portal.web.desk.catalogue.get(code).ok_or(Fail::NotFound)?;
        if signed.person.client.is_none() || !signed.person.may(Right::Request) {
            return Err(Refusal::NotEntitled.into());
        }
        let contracts = shop::contracts(portal, &signed.person).await?;
        Ok(Counter { portal, signed, entry, contracts })
    }

    /// The contract that the order falls under: the one that covers the cluster, else the first.
    fn contract(&self, posted: &Posted) -> Result<&Contract, Fail> {
        let cluster = posted.get("cluster").unwrap_or_default();
        let covering = self.contracts.iter().find(|it| it.clusters.iter().any(|c| c == cluster));
        covering.or(self.contracts.first()).ok_or_else(|| Refusal::NotEntitled.into())
    }

    fn clusters(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.contracts.iter().flat_map(|it| it.clusters.clone()).collect();
        all.dedup();
        all
    }

    /// The order as it was posted.
    fn order(&self, posted: &Posted) -> Result<Order, Obstacle> {
        let start = match posted.get("order-start") {
            None => Start::Asap,
            Some(text) => {
                Start::At(local(text).ok_or_else(|| Obstacle::Rule(Box::new(Refusal::BadStart)))?)
            }
        };
        let speed = match posted.get("order-speed") {
            Some("accelerated") => Speed::Accelerated,
            _ => Speed::Normal,
        };
        Ok(Order {
            entry: self.entry.clone(),
            answers: answers::answers(&self.entry.form, posted),
            speed,
            start,
            why: Some(posted.text("order-why")).filter(|it| !it.is_empty()),
            on_behalf_of: None,
        })
    }

    /// The ticket that would come of it; nothing is written.
    async fn preview(&self, posted: &Posted) -> Result<Result<Ticket, Obstacle>, Fail> {
        let order = match self.order(posted) {
            Ok(order) => order,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let contract = self.contract(posted)?;
        let command = Command::Order(Box::new(order));
        let caller = self.signed.caller(posted.command()?);
        let desk = &self.portal.web.desk;
        match desk.preview(&contract.client, &contract.code, &command, caller).await {
            Ok(step) => Ok(Ok(step.ticket)),
            Err(DeskError::Refused(Refusal::Form(faults))) => Ok(Err(Obstacle::Form(faults))),
            Err(DeskError::Refused(refusal)) => Ok(Err(Obstacle::Rule(Box::new(refusal)))),
            Err(DeskError::Store(error)) => Err(error.into()),
        }
    }

    /// The form, with what was typed and what is wrong with it.
    async fn form(
        self,
        posted: &Posted,
        obstacle: Option<Obstacle>,
        unread: bool,
    ) -> Result<Response, Fail> {
        let ui = &self.signed.ui;
        let entry = self.entry;
        let mut fields = answers::fields(ui, &entry.form, &self.clusters(), posted);
        let mut faults = match &obstacle {
            Some(Obstacle::Form(wrong)) => answers::mark(ui, &mut fields, wrong),
            Some(Obstacle::Rule(refusal)) => {
                let mut faults = Faults::none(ui.words);
                faults.items.push(Fault {
                    id: None,
                    text: refusal.sentence().get(ui.words.lang()).to_owned(),
                    clause: refusal.clause().map(str::to_owned),
                });
                faults
            }
            None => Faults::none(ui.words),
        };
        let contract = self.contract(posted)?;
        let standing = self.portal.web.desk.standing(contract).await?;
        if !entry.is_quoted() {
            fields.push(speed(ui, entry, &standing, posted));
        }
        fields.push(start(ui, posted));
        fields.push(why(ui, posted));
        if entry.iaas_note {
            let ticked = posted.raw("order-iaas").is_some();
            let text = ui.t("order-iaas");
            let mut box_ = Field::new(ui.words, "order-iaas", text, Input::Flag(ticked));
            if unread {
                box_.error = Some(ui.t("order-iaas-unread"));
                let text = ui.t("order-iaas-unread");
                let clause = Some("§ 1.12 (S64)".to_owned());
                faults.items.push(Fault { id: Some(box_.id()), text, clause });
            }
            fields.push(box_);
        }
        let status = if faults.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let available = i64::from(standing.available(ui.now));
        let mut price = vec![Fact::new(ui.t("price-base"), shop::price(ui, entry, 1))];
        if !entry.is_quoted() {
            price.push(Fact::new(ui.t("speed-accelerated"), shop::price(ui, entry, 2)));
        }
        price.push(Fact::new(ui.t("price-available"), ui.tokens(available)));
        let key = match posted.get("key") {
            Some(key) => key.to_owned(),
            None => self.portal.web.desk.ids.id().to_string(),
        };
        let view = OrderPage {
            line: shop::line(self.portal, ui, entry, &self.contracts),
            fields,
            faults,
            price,
            key,
            ui: self.signed.ui,
        };
        page_as(status, &view)
    }

    /// Whether the note on infrastructure costs has been acknowledged where it must be (S64).
    fn acknowledged(&self, posted: &Posted) -> bool {
        !self.entry.iaas_note || posted.raw("order-iaas").is_some()
    }
}

/// Normal or accelerated, with both prices and the count of the year (S7, S13, S14).
fn speed(ui: &Ui, entry: &Entry, standing: &engine::query::Standing, posted: &Posted) -> Field {
    let fast = posted.get("order-speed") == Some("accelerated");
    let taken = standing.slots.len();
    let all = usize::from(quota::PER_YEAR);
    let hint = if taken >= all {
        let when = ui.day_text(midnight(standing.year.until));
        ui.say("speed-spent").n("of", all).with("when", when).to_string()
    } else {
        ui.say("speed-left").n("taken", taken).n("of", all).n("left", all - taken).to_string()
    };
    let label = |key: &str, times| {
        ui.say(key).with("price", shop::price(ui, entry, times)).to_string()
    };
    let radios = Input::Radios(vec![
        Choice { chosen: !fast, ..Choice::new("normal", label("speed-normal-price", 1)) },
        Choice {
            chosen: fast,
            hint: Some(hint),
            ..Choice::new("accelerated", label("speed-accelerated-price", 2))
        },
    ]);
    Field::new(ui.words, "order-speed", ui.t("speed"), radios)
}

fn start(ui: &Ui, posted: &Posted) -> Field {
    let value = posted.text("order-start");
    let line = Line { kind: "datetime-local", size: 20, ..Line::text(value) };
    Field::new(ui.words, "order-start", ui.t("order-start"), Input::Line(line))
        .hint(ui.t("order-start-hint"))
        .optional()
}

fn why(ui: &Ui, posted: &Posted) -> Field {
    let area = Input::Area { value: posted.text("order-why"), rows: 2, code: false };
    Field::new(ui.words, "order-why", ui.t("order-why"), area).optional()
}

pub(super) async fn form(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
) -> Result<Response, Fail> {
    Counter::of(&portal, signed, &code).await?.form(&Posted::default(), None, false).await
}

pub(super) async fn edit(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    Counter::of(&portal, signed, &code).await?.form(&posted, None, false).await
}

pub(super) async fn check(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let counter = Counter::of(&portal, signed, &code).await?;
    let ticket = match counter.preview(&posted).await? {
        Ok(_) if !counter.acknowledged(&posted) => return counter.form(&posted, None, true).await,
        Ok(ticket) => ticket,
        Err(obstacle) => return counter.form(&posted, Some(obstacle), false).await,
    };
    let contract = counter.contract(&posted)?;
    let people = portal.web.desk.people_around(&contract.client).await?;
    let barred = ticket.barred();
    let none = std::collections::BTreeSet::new();
    let (client, purpose) = (&contract.client, Purpose::Agreement);
    let who = approval::eligible(&people, client, Party::Client, purpose, &barred, &none);
    let who: Vec<&str> = who.iter().map(|it| it.name.as_str()).collect();
    let ui = &counter.signed.ui;
    let entry = counter.entry;
    let kept = posted.0.iter().filter(|it| it.0 != "key").cloned().collect();
    let mut cautions = Vec::new();
    if entry.iaas_note {
        cautions.push(ui.t("order-iaas-reminder"));
    }
    if entry.irreversible {
        cautions.push(ui.t("item-irreversible"));
    }
    let view = CheckPage {
        line: shop::line(&portal, ui, entry, &counter.contracts),
        answers: understood(ui, entry, &ticket),
        terms: terms(ui, &ticket, &who.join(", ")),
        posted: kept,
        key: posted.text("key"),
        cautions,
        ui: counter.signed.ui,
    };
    super::page(&view)
}

/// The answers as they were understood.
fn understood(ui: &Ui, entry: &Entry, ticket: &Ticket) -> Vec<Fact> {
    let lang = ui.words.lang();
    let answered = entry.form.fields.iter().filter_map(|field| {
        let value = ticket.ordered.answers.get(&field.name).filter(|it| !it.is_null())?;
        Some(Fact::new(field.label.get(lang), answers::shown(ui, &field.kind, value)))
    });
    answered.collect()
}

fn terms(ui: &Ui, ticket: &Ticket, who: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut put = |key: &str, value: String| facts.push(Fact::new(ui.t(key), value));
    match &ticket.price {
        Some(price) => put("fact-price", held(ui, price)),
        None => put("fact-price", ui.t("check-on-quote")),
    }
    let when = match ticket.start {
        Start::Asap => ui.t("start-asap"),
        Start::At(at) => ui.say("start-at").with("when", ui.moment(at)).to_string(),
    };
    put("fact-when", when);
    if let Some((_, n)) = ticket.slot {
        let text = ui.say("check-slot").n("n", n).n("of", quota::PER_YEAR);
        put("speed-accelerated", text.to_string());
    }
    put("check-who", who.to_owned());
    put("check-rights", ui.t("check-rights-text"));
    facts
}

fn held(ui: &Ui, price: &Price) -> String {
    let total = ui.tokens(i64::from(price.total().0));
    let formula = price.formula.get(ui.words.lang());
    let text = ui.say("check-price").with("total", total).with("formula", formula);
    text.to_string()
}

pub(super) async fn submit(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let counter = Counter::of(&portal, signed, &code).await?;
    if !counter.acknowledged(&posted) {
        return counter.form(&posted, None, true).await;
    }
    let order = match counter.order(&posted) {
        Ok(order) => order,
        Err(obstacle) => return counter.form(&posted, Some(obstacle), false).await,
    };
    let contract = counter.contract(&posted)?;
    let command = Command::Order(Box::new(order));
    let caller = counter.signed.caller(posted.command()?);
    match portal.web.desk.create(&contract.client, &contract.code, command, caller).await {
        Ok(ticket) => Ok(go(&format!("/tickets/{}?new=1", ticket.reference))),
        Err(DeskError::Refused(Refusal::Form(faults))) => {
            counter.form(&posted, Some(Obstacle::Form(faults)), false).await
        }
        Err(DeskError::Refused(refusal)) => {
            counter.form(&posted, Some(Obstacle::Rule(Box::new(refusal))), false).await
        }
        Err(DeskError::Store(error)) => Err(error.into()),
    }
}

fn study_view(portal: &Portal, ui: Ui, posted: &Posted, refusal: Option<&Refusal>) -> StudyNewPage {
    let line = Input::Line(Line { size: 60, ..Line::text(posted.text("title")) });
    let area = Input::Area { value: posted.text("need"), rows: 8, code: false };
    let fields = vec![
        Field::new(ui.words, "title", ui.t("study-title"), line),
        Field::new(ui.words, "need", ui.t("study-need-label"), area).hint(ui.t("study-need-hint")),
    ];
    let mut faults = Faults::none(ui.words);
    if let Some(refusal) = refusal {
        let id = match refusal {
            Refusal::BadText { field: "title" } => Some(fields[0].id()),
            Refusal::BadText { field: "need" } => Some(fields[1].id()),
            _ => None,
        };
        let text = refusal.sentence().get(ui.words.lang()).to_owned();
        faults.items.push(Fault { id, text, clause: refusal.clause().map(str::to_owned) });
    }
    let key = match posted.get("key") {
        Some(key) => key.to_owned(),
        None => portal.web.desk.ids.id().to_string(),
    };
    StudyNewPage { fields, faults, key, ui }
}

pub(super) async fn study_form(
    State(portal): State<Portal>,
    uri: Uri,
    signed: Signed,
) -> Result<Response, Fail> {
    let mut posted = Posted::default();
    if let Some(need) = query(&uri, "need") {
        posted.0.push(("need".into(), super::sign::decoded(need)));
    }
    super::page(&study_view(&portal, signed.ui, &posted, None))
}

pub(super) async fn study(
    State(portal): State<Portal>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let contracts = shop::contracts(&portal, &signed.person).await?;
    let contract = contracts.first().ok_or(Refusal::NotEntitled)?;
    let (title, need) = (posted.text("title"), posted.text("need"));
    let command = Command::OpenStudy(Study { title, need, on_behalf_of: None });
    let caller = signed.caller(posted.command()?);
    match portal.web.desk.create(&contract.client, &contract.code, command, caller).await {
        Ok(ticket) => Ok(go(&format!("/tickets/{}?new=1", ticket.reference))),
        Err(DeskError::Refused(refusal)) => {
            let view = study_view(&portal, signed.ui, &posted, Some(&refusal));
            page_as(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Err(DeskError::Store(error)) => Err(error.into()),
    }
}
