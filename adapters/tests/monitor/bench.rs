//! A zone to work on: monitoring, a Git of its own, and the actions.

use adapters::{
    forge::{Blob, Commit, Entry, Forge, NewCommit, RepoId, blob_sha},
    monitor::{
        CheckLabels, CheckRoute, Component, LoadConfig, LoadParams, Monitor, MonitorClient,
        SendProbe,
    },
    sandbox::monitoring::{Monitoring, Programs},
    systems::{Systems, Zone},
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};
use tempfile::TempDir;
use uuid::Uuid;
use workflows::{Action, Cx, EvidenceLog, Fault, FaultClass, Plan, Proof, Verdict};

pub const ZONE: &str = "zone-a";
pub const REPO: &str = "platform/monitoring";

/// The files of one commit, by path.
type Tree = BTreeMap<String, Vec<u8>>;

/// What no action of monitoring asks of a forge: one that began to would be told so.
fn unasked(what: &str) -> Fault {
    let why = format!("no action of monitoring {what}");
    Fault::new(FaultClass::Guard, why)
}

/// What is in the repository, commit by commit.
#[derive(Clone, Default)]
pub struct Git(Arc<Mutex<Vec<Tree>>>);

impl Git {
    /// Commits one file on top of what is there, and names the commit.
    pub fn put(&self, path: &str, text: &str) -> String {
        let mut commits = self.0.lock().unwrap();
        let mut tree = commits.last().cloned().unwrap_or_default();
        tree.insert(path.to_owned(), text.as_bytes().to_vec());
        commits.push(tree);
        format!("{:040x}", commits.len())
    }
}

#[async_trait]
impl Forge for Git {
    async fn head(&self, _: &Cx, _: &RepoId, _: &str) -> Result<String, Fault> {
        Ok(format!("{:040x}", self.0.lock().unwrap().len()))
    }
    async fn read(&self, _: &Cx, _: &RepoId, at: &str, path: &str) -> Result<Option<Blob>, Fault> {
        let commits = self.0.lock().unwrap();
        let number = usize::from_str_radix(at, 16).unwrap();
        let content = commits
            .get(number - 1)
            .and_then(|tree| tree.get(path))
            .cloned();
        Ok(content.map(|content| Blob {
            sha: blob_sha(&content),
            content,
        }))
    }
    async fn tree(&self, _: &Cx, _: &RepoId, _: &str, _: &str) -> Result<Vec<Entry>, Fault> {
        Err(unasked("lists files"))
    }
    async fn commit(&self, _: &Cx, _: &RepoId, _: &NewCommit) -> Result<Commit, Fault> {
        Err(unasked("commits"))
    }
    async fn recent(&self, _: &Cx, _: &RepoId, _: &str, _: u32) -> Result<Vec<Commit>, Fault> {
        Err(unasked("reads history"))
    }
    async fn commit_info(&self, _: &Cx, _: &RepoId, _: &str) -> Result<Option<Commit>, Fault> {
        Err(unasked("reads history"))
    }
}

pub struct Bench {
    pub monitoring: Monitoring,
    pub git: Git,
    pub monitor: Arc<MonitorClient>,
    pub load: LoadConfig,
    pub labels: CheckLabels,
    pub route: CheckRoute,
    pub probe: SendProbe,
    dir: TempDir,
}

impl Bench {
    pub async fn start(programs: Programs) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let monitoring = Monitoring::start(dir.path(), ZONE, programs).await.unwrap();
        let monitor = Arc::new(MonitorClient::connect(&monitoring.config()).unwrap());
        let git = Git::default();
        for (path, text) in monitoring.files().unwrap() {
            git.put(path, &text);
        }
        let zone = Zone::new(ZONE)
            .with_forge(Arc::new(git.clone()))
            .with_monitor(monitor.clone());
        let mut systems = Systems::default();
        systems.add(zone);
        let systems = Arc::new(systems);
        Bench {
            monitoring,
            git,
            monitor,
            load: LoadConfig::new(systems.clone()),
            labels: CheckLabels::new(systems.clone()),
            route: CheckRoute::new(systems.clone()),
            probe: SendProbe::new(systems),
            dir,
        }
    }

    /// The file as the program would read it now.
    pub fn on_disk(&self, component: Component) -> String {
        std::fs::read_to_string(self.dir.path().join(component.file())).unwrap()
    }

    /// Writes the file as somebody else would, stamped with the exact time.
    pub fn write_on_disk(&self, component: Component, text: &str) {
        let mut file = File::create(self.dir.path().join(component.file())).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.set_modified(SystemTime::now()).unwrap();
    }

    /// Parameters that load this text, committed for the purpose.
    pub fn committed(&self, component: Component, text: &str) -> LoadParams {
        let commit = self.git.put(component.file(), text);
        LoadParams {
            commit: Some(commit),
            ..planned(component)
        }
    }

    /// Plans and applies the loading of this text, and expects it to succeed.
    pub async fn loaded(&self, component: Component, text: &str) {
        let params = self.committed(component, text);
        let plan = self.load.plan(&cx(), &params).await.unwrap();
        let receipt = self.load.apply(&cx(), &params, &plan).await.unwrap();
        good(
            self.load
                .verify(&cx(), &params, &plan, Some(&receipt))
                .await
                .unwrap(),
        );
    }

    pub async fn running(&self, component: Component) -> adapters::monitor::Running {
        self.monitor.running(&cx(), component).await.unwrap()
    }

    /// Asks for a verdict until it is no longer pending, as the engine does.
    pub async fn settled<A: Action>(
        &self,
        action: &A,
        params: &A::Params,
        plan: &Plan<A::Before>,
        receipt: Option<&A::Receipt>,
    ) -> Verdict {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            match action.verify(&cx(), params, plan, receipt).await.unwrap() {
                Verdict::Pending { why, poll_ms } => {
                    assert!(Instant::now() < end, "still waiting for {why}");
                    tokio::time::sleep(Duration::from_millis(poll_ms)).await;
                }
                settled => return settled,
            }
        }
    }
}

/// Parameters while the commit does not exist yet.
pub fn planned(component: Component) -> LoadParams {
    LoadParams {
        component,
        repo: REPO.parse().unwrap(),
        path: component.file().into(),
        branch: "main".into(),
        commit: Some("$task.deposit.commit".into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test go by the real clock"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

pub fn cx() -> Cx {
    Cx {
        ticket: "ACME-2026-0042".into(),
        title: "Route alerts to the on-call team".into(),
        task: "load".into(),
        idem: Uuid::from_u128(0x0042),
        plan_digest: String::new(),
        actor: "Camille Roy".into(),
        zone: ZONE.into(),
        attempt: 1,
        now: now(),
        evidence: EvidenceLog::default(),
    }
}

/// The same task some seconds later.
pub fn cx_after(seconds: i64) -> Cx {
    let cx = cx();
    Cx {
        now: cx.now + TimeDelta::seconds(seconds),
        ..cx
    }
}

pub fn good(verdict: Verdict) -> Vec<Proof> {
    match verdict {
        Verdict::Ok(proofs) => proofs,
        other => panic!("expected a good verdict, got {other:#?}"),
    }
}

/// The claims that do not hold.
pub fn bad(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Bad(proofs) => proofs
            .into_iter()
            .filter(|it| !it.ok)
            .map(|it| it.claim)
            .collect(),
        other => panic!("expected a bad verdict, got {other:#?}"),
    }
}
