//! The world: one database with its schema, a provider, two clients, a scripted clock, systems in
//! memory. When it is dropped it audits itself: a test that leaves a broken ledger, a held token of
//! a closed ticket or a gap in the journal fails, whatever it asserted.

use crate::{Systems, audit, place};
use catalogue::{Catalogue, Family, Lang, Offer, Tokens};
use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use engine::{
    ambient::{Clock, Scripted},
    contract::{Contract, Terms},
    desk::{Bell, Desk},
    people::{Actor, Person, Right, Via},
    runner::Runner,
    scheduler::Scheduler,
    store::{NewPerson, Store},
    witness::Silent,
};
use migrations::Migrator;
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;
use workflows::{Registry, Workflows};

/// Everything a test needs.
pub struct World {
    /// The desk under test.
    pub desk: Desk,
    /// Its clock and its names.
    pub clock: Scripted,
    /// The outside.
    pub systems: Systems,
    /// A runner that works one round at a time.
    pub runner: Runner,
    /// The clock's side, one round at a time.
    pub scheduler: Mutex<Scheduler>,
    /// Contract of ACME: dedicated, both services.
    pub acme: Contract,
    /// Contract of MARTIN: shared, Kubernetes only.
    pub martin: Contract,
    /// Whether it audits itself at its end; not when its faults were read and told already.
    pub audited: bool,
    people: BTreeMap<String, Person>,
    url: String,
    server: Option<(String, String)>,
    _dir: Option<tempfile::TempDir>,
}

/// What may differ from test to test.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Parameters of ACME's contract.
    pub terms: Terms,
    /// Tokens granted to ACME; none for 0.
    pub tokens: u32,
    /// The actions exist; else every task is done by hand.
    pub automated: bool,
    /// When the world begins.
    pub begins: DateTime<Utc>,
    /// Where an SQLite database is put; a folder of its own when nobody cares.
    pub folder: Option<std::path::PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            terms: Terms::default(),
            tokens: 100,
            automated: true,
            begins: monday(),
            folder: None,
        }
    }
}

/// Monday 23 November 2026, nine o'clock UTC: ten in Paris.
#[must_use]
pub fn monday() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0)
        .single()
        .expect("that instant exists")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("that day exists")
}

/// The two contracts.
#[must_use]
pub fn contracts(terms: Terms) -> (Contract, Contract) {
    let acme = Contract {
        client: "ACME".into(),
        client_name: "ACME".into(),
        code: "ACME-K8S".into(),
        offer: Offer::Dedicated,
        services: vec![Family::Kubernetes, Family::Containers],
        starts: day(2026, 3, 1),
        ends: day(2029, 2, 28),
        clusters: vec!["prod-paris".into(), "dev-paris".into()],
        terms,
    };
    let martin = Contract {
        client: "MARTIN".into(),
        client_name: "Boulangeries Martin".into(),
        code: "MARTIN-S".into(),
        offer: Offer::Shared,
        services: vec![Family::Kubernetes],
        starts: day(2026, 1, 1),
        ends: day(2028, 12, 31),
        clusters: vec!["prod-paris".into()],
        terms: Terms::default(),
    };
    (acme, martin)
}

type Who = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static [Right],
);

/// Login, name, client and rights of everybody.
const PEOPLE: [Who; 9] = [
    (
        "camille",
        "Camille Roy",
        Some("ACME"),
        &[Right::Request, Right::Commit, Right::Validate],
    ),
    (
        "paul",
        "Paul Dupont",
        Some("ACME"),
        &[Right::Commit, Right::Validate],
    ),
    (
        "ines",
        "Inès Faure",
        Some("ACME"),
        &[Right::Request, Right::Commit, Right::Validate],
    ),
    ("lea", "Léa Morel", None, &[Right::Support]),
    ("hugo", "Hugo Petit", None, &[Right::Steer]),
    ("jules", "Jules Blanc", None, &[Right::Operate]),
    ("nora", "Nora Simon", None, &[Right::Operate]),
    ("marie", "Marie Martin", Some("MARTIN"), &[Right::Request]),
    (
        "luc",
        "Luc Martin",
        Some("MARTIN"),
        &[Right::Commit, Right::Validate],
    ),
];

impl World {
    /// A world with the usual contracts.
    pub async fn new() -> World {
        World::with(Setup::default()).await
    }

    /// A world in which ACME has that many tokens.
    pub async fn with_tokens(tokens: u32) -> World {
        World::with(Setup {
            tokens,
            ..Setup::default()
        })
        .await
    }

    /// A world with particular contracts.
    pub async fn with(setup: Setup) -> World {
        let (url, server, dir) = place::database(setup.folder.as_deref()).await;
        let store = Store::open(&url).await.expect("the database opens");
        Migrator::up(store.connection(), None)
            .await
            .expect("the schema is made");
        let clock = Scripted::at(setup.begins);
        let systems = Systems::default();
        let registry = if setup.automated {
            systems.registry()
        } else {
            Registry::default()
        };
        let catalogue = Catalogue::embedded().expect("the catalogue is sound");
        let workflows = Workflows::embedded().expect("the workflows are sound");
        let desk = Desk::new(store, &clock, catalogue, workflows, registry);
        let (acme, martin) = contracts(setup.terms);
        let mut world = World {
            runner: Runner::new(desk.clone(), "runner-1"),
            scheduler: Mutex::new(Scheduler::new(desk.clone())),
            desk,
            clock,
            systems,
            acme,
            martin,
            audited: true,
            people: BTreeMap::new(),
            url,
            server,
            _dir: dir,
        };
        world.populate(setup.tokens).await;
        world
    }

    async fn populate(&mut self, tokens: u32) {
        for contract in [&self.acme, &self.martin] {
            let desk = &self.desk;
            desk.add_client(&contract.client, &contract.client_name)
                .await
                .expect("a new client");
            desk.add_contract(contract).await.expect("a new contract");
        }
        for (login, name, client, rights) in PEOPLE {
            self.add_person(login, name, client, rights).await;
        }
        let year = Duration::days(365);
        if tokens > 0 {
            self.grant(&self.acme, tokens, Some(year)).await;
        }
        self.grant(&self.martin, 10, Some(year)).await;
    }

    /// Makes one more person known.
    pub async fn add_person(
        &mut self,
        login: &str,
        name: &str,
        client: Option<&str>,
        rights: &[Right],
    ) {
        let new = NewPerson {
            client: client.map(str::to_owned),
            name: name.to_owned(),
            mail: format!("{login}@example.org"),
            login: login.to_owned(),
            lang: Lang::Fr,
            rights: rights.iter().copied().collect(),
            password: None,
        };
        self.desk.add_person(&new).await.expect("a new person");
        let person = self.desk.person(login).await.expect("the database answers");
        self.people
            .insert(login.to_owned(), person.expect("just added"));
    }

    /// Grants a lot of tokens that lasts as long as given.
    pub async fn grant(&self, to: &Contract, tokens: u32, lasts: Option<Duration>) {
        let until = lasts.map(|it| self.now() + it);
        let caller = self.desk.caller(self.actor("hugo"));
        self.desk
            .grant(to, Tokens(tokens), until, caller)
            .await
            .expect("a grant");
    }

    /// The person of that login.
    #[must_use]
    pub fn person(&self, login: &str) -> &Person {
        self.people
            .get(login)
            .unwrap_or_else(|| panic!("nobody is called {login}"))
    }
    /// The person as an actor on the portal.
    #[must_use]
    pub fn actor(&self, login: &str) -> Actor {
        Actor::Person(Box::new(self.person(login).clone()), Via::Portal)
    }
    /// Now, in this world.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
    /// Address of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
    /// A desk of its own on the same database, as another process has one.
    pub async fn replica(&self) -> Desk {
        let store = Store::open(&self.url).await.expect("the database opens");
        Desk {
            store,
            bell: Bell::default(),
            witness: Arc::new(Silent),
            ..self.desk.clone()
        }
    }
    /// Runs SQL as somebody with direct access to the database would.
    ///
    /// # Errors
    /// What the database said.
    pub async fn sql(&self, sql: &str) -> Result<u64, sea_orm::DbErr> {
        let done = self.desk.store.connection().execute_unprepared(sql).await?;
        Ok(done.rows_affected())
    }
    /// What is not in order at this moment, inside and outside, in words (promises §5, §7).
    pub async fn faults(&self) -> Vec<String> {
        let mut wrong = audit::look(self.desk.store.connection()).await;
        wrong.extend(self.systems.broken());
        wrong
    }
    /// What the audit would say if somebody with direct access did this: it is taken back at once.
    pub async fn altered(&self, sql: &str) -> Vec<String> {
        let db = Database::connect(&self.url)
            .await
            .expect("the database opens");
        let tx = db.begin().await.expect("a transaction begins");
        let found = match tx.execute_unprepared(sql).await {
            Ok(_) => audit::look(&tx).await,
            Err(refused) => vec![refused.to_string()],
        };
        tx.rollback().await.expect("it is taken back");
        db.close().await.expect("the database closes");
        found
    }
    /// The first column of a query as a number.
    pub async fn number(&self, sql: &str) -> i64 {
        audit::number(self.desk.store.connection(), sql).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let (url, server) = (self.url.clone(), self.server.take());
        let check = self.audited && !std::thread::panicking();
        let mut wrong = std::thread::spawn(move || audit::last_look(&url, server, check))
            .join()
            .expect("the audit ends");
        wrong.extend(self.systems.broken());
        assert!(
            wrong.is_empty() || !check,
            "the world is not in order:\n{}",
            wrong.join("\n")
        );
    }
}
