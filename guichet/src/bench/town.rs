//! Who orders and who agrees, and the desk they stand at.

use super::flow::{self, CODE, Tally};
use crate::app;
use anyhow::Context as _;
use catalogue::{Entry, Family, Lang, Offer, Speed, Tokens};
use chrono::{DateTime, NaiveDate, Utc};
use engine::{
    ambient::System,
    contract::{Contract, Terms},
    desk::{Desk, DeskError},
    people::{Actor, Right, Via},
    store::{NewPerson, Store},
    ticket::{Command, Order, Start, Ticket},
    window,
};
use serde_json::json;
use std::collections::BTreeMap;

/// Tokens granted at once, and how many such lots: more than any run spends.
const LOT: u32 = 1_000_000;

/// One client: who asks and who decides.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Code.
    pub(super) code: String,
    /// Code of the contract.
    pub(super) contract: String,
    /// Orders.
    pub(super) asks: Actor,
    /// Agrees and validates.
    pub(super) decides: Actor,
}

/// Everybody, and what they order.
#[derive(Clone, Debug)]
pub(super) struct Town {
    /// The clients.
    pub(super) clients: Vec<Client>,
    entry: Entry,
}

/// What stands at the desk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// Tasks have an effect.
    pub(super) effects: bool,
    /// A question after the second task.
    pub(super) passage: bool,
}

/// A desk of its own on that database, as a process of its own would have it.
pub(super) async fn desk(url: &str, rules: Rules, tally: &Tally) -> anyhow::Result<Desk> {
    let store = Store::open(url).await?;
    app::migrate(&store).await?;
    let (catalogue, workflows, registry) = flow::rules(rules.effects, rules.passage, tally)?;
    Ok(Desk::new(store, &System, catalogue, workflows, registry))
}

impl Town {
    /// Makes that many clients known, each with a contract, tokens, one person who orders and one
    /// who agrees.
    pub(super) async fn found(desk: &Desk, clients: usize) -> anyhow::Result<Town> {
        let entry = desk.catalogue.get(CODE).context("the line")?.clone();
        let mut all = Vec::new();
        for nth in 1..=clients.max(1) {
            let code = format!("B{nth}");
            let contract = contract(&code)?;
            desk.add_client(&code, &contract.client_name).await?;
            desk.add_contract(&contract).await?;
            let asks = person(desk, &code, "asks", &[Right::Request]).await?;
            let decides = [Right::Commit, Right::Validate];
            let decides = person(desk, &code, "decides", &decides).await?;
            let caller = desk.caller(Actor::Engine("office"));
            desk.grant(&contract, Tokens(LOT), None, caller).await?;
            all.push(Client {
                code,
                contract: contract.code,
                asks,
                decides,
            });
        }
        Ok(Town {
            clients: all,
            entry,
        })
    }

    /// The town that was founded on this database before.
    pub(super) async fn recall(desk: &Desk, clients: usize) -> anyhow::Result<Town> {
        let entry = desk.catalogue.get(CODE).context("the line")?.clone();
        let mut all = Vec::new();
        for nth in 1..=clients.max(1) {
            let code = format!("B{nth}");
            all.push(Client {
                contract: contract(&code)?.code,
                asks: known(desk, &code, "asks").await?,
                decides: known(desk, &code, "decides").await?,
                code,
            });
        }
        Ok(Town {
            clients: all,
            entry,
        })
    }

    /// The client of that code.
    pub(super) fn client(&self, code: &str) -> Option<&Client> {
        self.clients.iter().find(|it| it.code == code)
    }

    /// Orders the `nth` ticket.
    pub(super) async fn ask(&self, desk: &Desk, nth: usize) -> Result<Ticket, DeskError> {
        self.ask_for(desk, nth, nth, Speed::Normal).await
    }

    /// Orders the `nth` ticket in the name of the `client`-th client.
    pub(super) async fn ask_for(
        &self,
        desk: &Desk,
        client: usize,
        nth: usize,
        speed: Speed,
    ) -> Result<Ticket, DeskError> {
        let client = &self.clients[client % self.clients.len()];
        let caller = desk.caller(client.asks.clone());
        desk.create(
            &client.code,
            &client.contract,
            self.order(nth, speed),
            caller,
        )
        .await
    }

    /// The `nth` order.
    fn order(&self, nth: usize, speed: Speed) -> Command {
        let answers = BTreeMap::from([
            ("cluster".to_owned(), json!("prod")),
            ("name".to_owned(), json!(format!("t{nth}"))),
        ]);
        Command::Order(Box::new(Order {
            entry: self.entry.clone(),
            answers: answers.into_iter().collect(),
            speed,
            start: Start::Asap,
            why: None,
            on_behalf_of: None,
        }))
    }
}

/// The midnight that begins a contract year, so many years from a fixed one.
pub(super) fn new_year(later: i32) -> anyhow::Result<DateTime<Utc>> {
    let day = NaiveDate::from_ymd_opt(2030 + later, 1, 1).context("a first of January")?;
    Ok(window::midnight(day))
}

fn contract(code: &str) -> anyhow::Result<Contract> {
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).context("a first of January");
    Ok(Contract {
        client: code.to_owned(),
        client_name: format!("Client {code}"),
        code: format!("{code}-K8S"),
        offer: Offer::Dedicated,
        services: vec![Family::Kubernetes, Family::Containers],
        starts: day(2000)?,
        ends: day(2200)?,
        clusters: vec!["prod".into()],
        terms: Terms::default(),
    })
}

async fn person(desk: &Desk, client: &str, word: &str, rights: &[Right]) -> anyhow::Result<Actor> {
    let login = format!("{word}-{}", client.to_lowercase());
    let new = NewPerson {
        client: Some(client.to_owned()),
        name: format!("{word} {client}"),
        mail: format!("{login}@bench.example"),
        login: login.clone(),
        lang: Lang::En,
        rights: rights.iter().copied().collect(),
        password: None,
    };
    desk.add_person(&new).await?;
    known(desk, client, word).await
}

async fn known(desk: &Desk, client: &str, word: &str) -> anyhow::Result<Actor> {
    let login = format!("{word}-{}", client.to_lowercase());
    let person = desk.person(&login).await?.context("a person of the town")?;
    Ok(Actor::Person(Box::new(person), Via::Portal))
}
