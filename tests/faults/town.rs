//! The clients' systems, in this process, which nobody kills: what they keep is the ledger of what
//! really happened outside.

use adapters::{
    forge::RepoId,
    sandbox::{
        gitea::Gitea,
        kubernetes::{ADMIN_TOKEN, Kubernetes},
        monitoring::{Monitoring, Programs},
        pools::{Doing, NodePools, PROVIDER_TOKEN, PoolSpec},
        serving::Serving,
    },
};
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const FORGE_TOKEN: &str = "sandbox-forge-token";
/// Where the monitoring's files are kept.
pub const PLATFORM: &str = "platform/monitoring";
/// Every repository, and who may deposit manifests in it.
pub const REPOS: [&str; 3] = [PLATFORM, "acme/boutique", "nord/vitrine"];
/// The cluster that has a monitoring.
pub const WATCHED: &str = "paris";
/// Every cluster.
pub const CLUSTERS: [&str; 5] = [WATCHED, "lyon", "nice", "lille", "brest"];

/// One commit that Guichet made.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Ticket it was made for.
    pub ticket: String,
    /// Key of the effect, for one that applies.
    pub task: Option<String>,
    /// Key of the effect, for one that takes back.
    pub undo: Option<String>,
}

/// Everything that answers on loopback.
pub struct Town {
    gitea: Gitea,
    _forge: Serving,
    pub monitoring: Monitoring,
    sites: BTreeMap<&'static str, (Kubernetes, NodePools)>,
    inventory: PathBuf,
}

fn repo(name: &str) -> RepoId {
    RepoId::try_from(name.to_owned()).expect("the names above are well formed")
}

impl Town {
    /// Starts everything below `dir`, and writes the operator's inventory of it.
    pub async fn build(dir: &Path) -> Town {
        let files = dir.join("monitoring");
        let monitoring = Monitoring::start(&files, WATCHED, Programs::StandIn);
        let monitoring = monitoring.await.expect("the monitoring starts");
        let git = dir.join("git");
        fs::create_dir_all(&git).expect("a folder");
        let gitea = Gitea::new(&git);
        gitea.accept(FORGE_TOKEN, true);
        for name in REPOS {
            let files = match name {
                PLATFORM => monitoring.files().expect("its files"),
                _ => vec![("README.md", format!("# {name}\n"))],
            };
            let files: Vec<(&str, &[u8])> = files
                .iter()
                .map(|(path, text)| (*path, text.as_bytes()))
                .collect();
            gitea.create(&repo(name), &files).await.expect("git works");
        }
        let forge = gitea.serve(0).await.expect("a port");
        let mut sites = BTreeMap::new();
        for name in CLUSTERS {
            let kube = Kubernetes::start(name).await.expect("a port");
            let size = adapters::pools::Size {
                min: 1,
                max: 3,
                desired: 1,
            };
            let pools = [PoolSpec {
                name: "systeme",
                size,
                autoscaled: true,
                system: true,
            }];
            let pools = NodePools::start(kube.cluster().clone(), name, &pools);
            sites.insert(name, (kube, pools.await.expect("a port")));
        }
        let inventory = dir.join("systems.toml");
        let town = Town {
            gitea,
            _forge: forge,
            monitoring,
            sites,
            inventory,
        };
        town.write_inventory(dir);
        town
    }

    fn write_inventory(&self, dir: &Path) {
        let secret = |name: &str, token: &str| {
            let path = dir.join(name);
            fs::write(&path, token).expect("a file");
            format!("file:{}", path.display())
        };
        let kube_token = secret("kube.token", ADMIN_TOKEN);
        let pools_token = secret("pools.token", PROVIDER_TOKEN);
        let forge_token = secret("forge.token", FORGE_TOKEN);
        let mut text = String::new();
        for (name, (kube, pools)) in &self.sites {
            let id = pools.id();
            let (subscription, group) = (&id.subscription, &id.group);
            write!(
                text,
                "[zones.{name}]\n\
                 kube = {{ url = {:?}, token = {kube_token:?} }}\n\
                 forge = {{ url = {:?}, token = {forge_token:?} }}\n\
                 [zones.{name}.pools]\n\
                 endpoint = {{ url = {:?}, token = {pools_token:?} }}\n\
                 subscription = {subscription:?}\ngroup = {group:?}\ncluster = {name:?}\n",
                kube.url(),
                self._forge.url(),
                pools.url(),
            )
            .expect("a String takes everything");
        }
        let watch = &self.monitoring;
        write!(
            text,
            "[zones.{WATCHED}.monitor]\n\
             prometheus = {{ url = {:?} }}\nalertmanager = {{ url = {:?} }}\n\
             config_dir = {:?}\n",
            watch.prometheus_url, watch.alertmanager_url, watch.config_dir,
        )
        .expect("a String takes everything");
        fs::write(&self.inventory, text).expect("a file");
    }

    /// The operator's inventory.
    pub fn inventory(&self) -> &Path {
        &self.inventory
    }

    /// What the provider of a cluster's nodes was asked and accepted, in order.
    pub fn operations(&self, cluster: &str) -> Vec<(String, Doing)> {
        self.sites[cluster].1.operations()
    }

    /// Whether a cluster runs, as its provider knows it.
    pub fn runs(&self, cluster: &str) -> bool {
        self.sites[cluster].1.running()
    }

    fn git(&self, name: &str, args: &[&str]) -> String {
        let out = Command::new("git")
            .arg("-C")
            .arg(self.gitea.dir(&repo(name)))
            .args(args)
            .output()
            .expect("git runs");
        assert!(out.status.success(), "git {args:?} on {name}");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Every commit of a repository that names a ticket, read by git itself.
    pub fn commits(&self, name: &str) -> Vec<Commit> {
        let log = self.git(name, &["log", "main", "--format=%B%x00"]);
        let mut all = Vec::new();
        for message in log.split('\0') {
            let mut commit = Commit::default();
            for line in message.lines() {
                match line.split_once(": ") {
                    Some(("Guichet-Ticket", it)) => commit.ticket = it.to_owned(),
                    Some(("Guichet-Task", it)) => commit.task = Some(it.to_owned()),
                    Some(("Guichet-Undo", it)) => commit.undo = Some(it.to_owned()),
                    _ => {}
                }
            }
            if !commit.ticket.is_empty() {
                all.push(commit);
            }
        }
        all
    }

    /// Makes the last commit of a repository once more, with the very same words.
    pub fn repeat_last_commit(&self, name: &str) {
        let message = self.git(name, &["log", "-1", "main", "--format=%B"]);
        let author = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
        let commit = ["commit-tree", "main^{tree}", "-p", "main", "-m", &message];
        let made = self.git(name, &[&author[..], &commit[..]].concat());
        self.git(name, &["update-ref", "refs/heads/main", made.trim()]);
    }

    /// Every path at the tip of a repository.
    pub fn paths(&self, name: &str) -> Vec<String> {
        let list = self.git(name, &["ls-tree", "-r", "--name-only", "main"]);
        list.lines().map(str::to_owned).collect()
    }

    /// A file at the tip of a repository.
    pub fn file(&self, name: &str, path: &str) -> String {
        self.git(name, &["show", &format!("main:{path}")])
    }
}
