//! The program put together: database, rules, actions, mail, and the workers that keep it moving.

use crate::{
    http::{House, Web, state::Provider},
    mail::{Deliver, Outbox, view::Sender},
    metrics::Metrics,
    post::Post,
    published,
    telemetry::{All, Teller},
};
use adapters::systems::Systems;
use anyhow::Context as _;
use catalogue::Catalogue;
use engine::{
    ambient::System, desk::Desk, runner::Runner, scheduler::Scheduler, store::Store,
    witness::Witness,
};
use migrations::Migrator;
use sea_orm_migration::MigratorTrait;
use std::{
    collections::BTreeSet,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{sync::watch, task::JoinSet};
use workflows::{Registry, Workflows};

/// A kind of work that a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Answers HTTP.
    Web,
    /// Performs tasks.
    Worker,
    /// Wakes what is due.
    Scheduler,
    /// Sends letters.
    Mailer,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 4] = [Part::Web, Part::Worker, Part::Scheduler, Part::Mailer];
}

/// How letters leave, and in whose name.
#[derive(Clone)]
pub struct Mail {
    /// The way out.
    pub deliver: Arc<dyn Deliver>,
    /// The same, when letters are kept instead of sent.
    pub outbox: Option<Arc<Outbox>>,
    /// In whose name.
    pub sender: Sender,
}

/// The program put together.
pub struct App {
    /// The one door to tickets.
    pub desk: Desk,
    /// The provider as people read it.
    pub provider: Arc<Provider>,
    /// Letters kept instead of sent.
    pub outbox: Option<Arc<Outbox>>,
    /// Where the scheduler publishes the journal's heads; nowhere when there is none.
    pub heads: Option<PathBuf>,
    /// This process has the database for itself, as [`alone`] says.
    pub alone: bool,
    mail: Mail,
    demo: bool,
    house: Arc<House>,
}

/// Rules and actions, as they are built into the program.
///
/// # Errors
/// The first fault of a catalogue line or workflow file, with file and line.
pub fn rules(systems: Arc<Systems>) -> anyhow::Result<(Catalogue, Workflows, Registry)> {
    let catalogue = Catalogue::embedded().context("catalogue")?;
    let workflows = Workflows::embedded().map_err(|all| {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("workflows: {}", all.join("; "))
    })?;
    let mut registry = Registry::default();
    adapters::systems::register(&mut registry, systems);
    Ok((catalogue, workflows, registry))
}

/// Brings the schema up to date; on PostgreSQL several starts at once take turns.
///
/// # Errors
/// A step failed; none of it was applied then.
pub async fn migrate(store: &Store) -> anyhow::Result<()> {
    migrations::bring_up(store.connection())
        .await
        .context("schema")
}

/// Takes an SQLite file for this process alone, until the returned file is dropped: SQLite is for
/// one working process, PostgreSQL for several. `None` when another one has it.
///
/// # Errors
/// The lock file beside the database cannot be made.
pub fn alone(database: &Path) -> std::io::Result<Option<File>> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let file = File::create(PathBuf::from(name))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl App {
    /// Puts the program together on an open database whose schema is up to date.
    ///
    /// # Errors
    /// The built-in rules have a fault, or the schema is not up to date.
    pub async fn assemble(
        store: Store,
        systems: Arc<Systems>,
        mail: Mail,
        provider: Provider,
        demo: bool,
    ) -> anyhow::Result<App> {
        let pending = Migrator::get_pending_migrations(store.connection()).await?;
        if !pending.is_empty() {
            anyhow::bail!(
                "the database lacks {} schema steps; run `guichet db migrate`",
                pending.len()
            );
        }
        let (catalogue, workflows, registry) = rules(systems)?;
        let desk = Desk::new(store, &System, catalogue, workflows, registry);
        let outbox = mail.outbox.clone();
        Ok(App {
            desk,
            provider: Arc::new(provider),
            outbox,
            heads: None,
            alone: false,
            mail,
            demo,
            house: Arc::default(),
        })
    }

    /// The same program with these rules of the house.
    #[must_use]
    pub fn housed(self, house: House) -> App {
        let house = Arc::new(house);
        App { house, ..self }
    }

    /// The same program, which puts its transitions into the log, and into `metrics` if given.
    #[must_use]
    pub fn watched(mut self, metrics: Option<&Arc<Metrics>>) -> App {
        let mut all: Vec<Arc<dyn Witness>> = vec![Arc::new(Teller)];
        if let Some(metrics) = metrics {
            all.push(metrics.clone());
            self.mail.deliver = metrics.counting(self.mail.deliver);
        }
        self.desk.witness = Arc::new(All(all));
        self
    }

    /// What HTTP handlers may use.
    #[must_use]
    pub fn web(&self) -> Web {
        Web {
            desk: self.desk.clone(),
            provider: self.provider.clone(),
            outbox: self.outbox.clone(),
            demo: self.demo,
            nonce_key: Arc::new(self.desk.ids.secret()),
            house: self.house.clone(),
        }
    }

    /// The runner of this process. In a container every life has the same process number, so one
    /// that may take over from the dead has a name of its own.
    fn runner(&self) -> Runner {
        let name = format!("worker-{}", std::process::id());
        if self.alone {
            let life = self.desk.ids.id().simple().to_string();
            let name = format!("{name}-{}", &life[life.len() - 6..]);
            return Runner::new(self.desk.clone(), name).alone();
        }
        Runner::new(self.desk.clone(), name)
    }

    fn post(&self) -> Post {
        let post = Post::new(
            self.desk.clone(),
            self.mail.deliver.clone(),
            self.mail.sender.clone(),
            self.provider.base_url.clone(),
        );
        if self.alone { post.alone() } else { post }
    }

    /// Starts the workers among `parts`; they finish what they hold once `stop` says true.
    #[must_use]
    pub fn work(&self, parts: &BTreeSet<Part>, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut hands = JoinSet::new();
        let (desk, told) = (self.desk.clone(), stop.clone());
        hands.spawn(async move { desk.overhear(told).await });
        for part in parts {
            match part {
                Part::Web => {}
                Part::Worker => {
                    hands.spawn(self.runner().run(stop.clone()));
                }
                Part::Scheduler => {
                    hands.spawn(Scheduler::new(self.desk.clone()).run(stop.clone()));
                    if let Some(file) = self.heads.clone() {
                        hands.spawn(published::run(file, self.desk.clone(), stop.clone()));
                    }
                }
                Part::Mailer => {
                    hands.spawn(self.post().run(stop.clone()));
                }
            }
        }
        hands
    }
}
