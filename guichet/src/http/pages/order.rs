//! Ordering: form, check, send. Nothing is reserved before the last step, and a form sent twice is
//! one order.

mod fields;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use catalogue::{Entry, Price, Speed};
use engine::{
    approval,
    contract::Contract,
    desk::DeskError,
    people::Right,
    quota,
    ticket::{Command, Order, Refusal, Start, Ticket},
};
use workflows::{Party, Purpose};

use super::{
    Portal, acts::local, answers, fail::Fail, go, page_as, posted::Posted, shop, visit::Signed,
};
use crate::pages::{
    Ui,
    fields::{Fault, Faults, Field, Input},
    order::{CheckPage, OrderPage},
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
        Ok(Counter {
            portal,
            signed,
            entry,
            contracts,
        })
    }

    /// The contract that the order falls under: the one that covers the cluster, else the first.
    fn contract(&self, posted: &Posted) -> Result<&Contract, Fail> {
        let cluster = posted.get("cluster").unwrap_or_default();
        let covering = self
            .contracts
            .iter()
            .find(|it| it.clusters.iter().any(|c| c == cluster));
        covering
            .or(self.contracts.first())
            .ok_or_else(|| Refusal::NotEntitled.into())
    }

    fn clusters(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .contracts
            .iter()
            .flat_map(|it| it.clusters.clone())
            .collect();
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
        match desk
            .preview(&contract.client, &contract.code, &command, caller)
            .await
        {
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
        let mut asked = answers::fields(ui, &entry.form, &self.clusters(), posted);
        let mut faults = match &obstacle {
            Some(Obstacle::Form(wrong)) => answers::mark(ui, &mut asked, wrong),
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
            asked.push(fields::speed(ui, entry, &standing, posted));
        }
        asked.push(fields::start(ui, posted));
        asked.push(fields::why(ui, posted));
        if entry.iaas_note {
            let ticked = posted.raw("order-iaas").is_some();
            let text = ui.t("order-iaas");
            let mut tick = Field::new(ui.words, "order-iaas", text, Input::Flag(ticked));
            if unread {
                tick.error = Some(ui.t("order-iaas-unread"));
                let text = ui.t("order-iaas-unread");
                let clause = Some("§ 1.12 (S64)".to_owned());
                faults.items.push(Fault {
                    id: Some(tick.id()),
                    text,
                    clause,
                });
            }
            asked.push(tick);
        }
        let status = if faults.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let available = i64::from(standing.available(ui.now));
        let mut price = vec![Fact::new(ui.t("price-base"), shop::price(ui, entry, 1))];
        if !entry.is_quoted() {
            price.push(Fact::new(
                ui.t("speed-accelerated"),
                shop::price(ui, entry, 2),
            ));
        }
        price.push(Fact::new(ui.t("price-available"), ui.tokens(available)));
        let key = match posted.get("key") {
            Some(key) => key.to_owned(),
            None => self.portal.web.desk.ids.id().to_string(),
        };
        let view = OrderPage {
            line: shop::line(self.portal, ui, entry, &self.contracts),
            fields: asked,
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

pub(super) async fn form(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
) -> Result<Response, Fail> {
    Counter::of(&portal, signed, &code)
        .await?
        .form(&Posted::default(), None, false)
        .await
}

pub(super) async fn edit(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    Counter::of(&portal, signed, &code)
        .await?
        .form(&posted, None, false)
        .await
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
    let kept = posted
        .0
        .iter()
        .filter(|it| it.0 != "key")
        .cloned()
        .collect();
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
        let value = ticket
            .ordered
            .answers
            .get(&field.name)
            .filter(|it| !it.is_null())?;
        Some(Fact::new(
            field.label.get(lang),
            answers::shown(ui, &field.kind, value),
        ))
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
    let how = if formula == total {
        String::new()
    } else {
        format!(" = {formula}")
    };
    format!("{total}{how}\n{}", ui.t("check-price"))
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
    match portal
        .web
        .desk
        .create(&contract.client, &contract.code, command, caller)
        .await
    {
        Ok(ticket) => Ok(go(&format!("/tickets/{}?new=1", ticket.reference))),
        Err(DeskError::Refused(Refusal::Form(faults))) => {
            counter
                .form(&posted, Some(Obstacle::Form(faults)), false)
                .await
        }
        Err(DeskError::Refused(refusal)) => {
            counter
                .form(&posted, Some(Obstacle::Rule(Box::new(refusal))), false)
                .await
        }
        Err(DeskError::Store(error)) => Err(error.into()),
    }
}
