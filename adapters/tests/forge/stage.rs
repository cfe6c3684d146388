//! A zone whose forge is the Gitea stand-in, and an ordinary `git` that looks at it from outside.

use adapters::{
    forge::{GiteaClient, RepoId},
    git_change::{ChangeParams, GitChange},
    sandbox::{gitea::Gitea, serving::Serving},
    systems::{Systems, Zone},
    wire::{Auth, Secret, Wire},
};
use chrono::{DateTime, Utc};
use std::{path::Path, process::Command, sync::Arc};
use tempfile::TempDir;
use uuid::Uuid;
use workflows::{Action, Cx, EvidenceLog, Plan, Verdict};

pub const TOKEN: &str = "canary-4f9d1c-token";
pub const REPO: &str = "orders/config";

pub const PROMETHEUS: &str = "# Prometheus of the client, see runbook 12\n\
global:\n  scrape_interval: 30s # agreed in May\n  external_labels:\n    env: prod\n    \
region: paris   # do not translate\nscrape_configs: []\n";

pub const ALERTMANAGER: &str = "# who gets which alert\n\
route:\n  receiver: supervision # never remove\n  group_by: [alertname]\n  routes:\n  \
- receiver: infra\n    matchers: [ team=\"infra\" ]\n\
receivers:\n- name: supervision\n  webhook_configs:\n  - url: http://127.0.0.1:9/sup\n\
- name: infra\n  webhook_configs:\n  - url: http://127.0.0.1:9/infra\n";

pub struct Stage {
    pub gitea: Gitea,
    pub serving: Serving,
    pub systems: Arc<Systems>,
    pub change: GitChange,
    pub clone: TempDir,
    _root: TempDir,
}

pub fn repo() -> RepoId {
    REPO.parse().unwrap()
}

pub fn params(edit: serde_json::Value) -> ChangeParams {
    serde_json::from_value(serde_json::json!({"repo": REPO, "edit": edit})).unwrap()
}

pub fn file(path: &str, operation: &str, content: Option<&str>) -> ChangeParams {
    params(serde_json::json!({
        "kind": "file", "path": path, "operation": operation, "content": content,
    }))
}

pub fn cx(idem: u128) -> Cx {
    Cx {
        ticket: "ACME-2026-0042".into(),
        title: "Deposit a manifest\n\nGuichet-Task: forged".into(),
        task: "deposit".into(),
        idem: Uuid::from_u128(idem),
        plan_digest: "sha256:00ff".into(),
        actor: "Camille Roy".into(),
        zone: "zone-a".into(),
        attempt: 1,
        now: DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap(),
        evidence: EvidenceLog::default(),
    }
}

impl Stage {
    pub async fn set() -> Stage {
        let root = TempDir::new().unwrap();
        let gitea = Gitea::new(root.path());
        gitea.accept(TOKEN, true);
        gitea.accept("reader", false);
        let files: [(&str, &[u8]); 3] = [
            ("README.md", b"# Configuration\n"),
            ("prometheus/prometheus.yml", PROMETHEUS.as_bytes()),
            ("alertmanager/alertmanager.yml", ALERTMANAGER.as_bytes()),
        ];
        gitea.create(&repo(), &files).await.unwrap();
        let serving = gitea.serve(0).await.unwrap();
        let client = Stage::client(&serving, TOKEN);
        let mut systems = Systems::default();
        systems.add(Zone::new("zone-a").with_forge(Arc::new(client)));
        let systems = Arc::new(systems);
        let change = GitChange::new(systems.clone());
        Stage {
            gitea,
            serving,
            systems,
            change,
            clone: TempDir::new().unwrap(),
            _root: root,
        }
    }

    pub fn client(serving: &Serving, token: &str) -> GiteaClient {
        let auth = Auth::Scheme("token", Secret::new(token));
        GiteaClient::new(Wire::new("gitea", &serving.url(), auth, None).unwrap())
    }

    pub async fn plan(&self, idem: u128, params: &ChangeParams) -> Plan<PlanBefore> {
        self.change.plan(&cx(idem), params).await.unwrap()
    }

    /// Plan, apply, verify; panics unless the verdict is good.
    pub async fn succeed(
        &self,
        idem: u128,
        params: &ChangeParams,
    ) -> (Plan<PlanBefore>, adapters::git_change::Receipt) {
        let plan = self.plan(idem, params).await;
        let receipt = self.change.apply(&cx(idem), params, &plan).await.unwrap();
        let verdict = self
            .change
            .verify(&cx(idem), params, &plan, Some(&receipt))
            .await
            .unwrap();
        assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
        (plan, receipt)
    }

    /// What an ordinary `git` says about the bare repository.
    pub fn witness(&self, args: &[&str]) -> String {
        git(&self.gitea.dir(&repo()), args)
    }

    pub fn head(&self) -> String {
        self.witness(&["rev-parse", "main"])
    }

    pub fn commits(&self) -> usize {
        self.witness(&["rev-list", "--count", "main"])
            .parse()
            .unwrap()
    }

    pub fn show(&self, path: &str) -> String {
        self.witness(&["cat-file", "blob", &format!("main:{path}")])
    }
}

pub type PlanBefore = adapters::git_change::Before;

pub fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args([
            "-c",
            "user.name=Witness",
            "-c",
            "user.email=witness@example.invalid",
        ])
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}
