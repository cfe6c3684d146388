//! The systems of the two clients: real Prometheus, Alertmanager and Git where they are installed,
//! stand-ins over loopback HTTP for the rest.

use adapters::{
    forge::{GiteaClient, RepoId},
    kube::KubeClient,
    monitor::MonitorClient,
    pools::{AksPools, Size},
    sandbox::{
        gitea::Gitea,
        kubernetes::{ADMIN_TOKEN, Kubernetes},
        monitoring::{Monitoring, Programs},
        pools::{NodePools, PROVIDER_TOKEN, PoolSpec},
        serving::Serving,
        vault::VaultServer,
    },
    systems::{Systems, Zone},
    vault::{ClusterLink, VaultClient},
    wire::{Auth, Secret, Wire},
};
use anyhow::Context as _;
use catalogue::Text;
use std::{path::Path, sync::Arc};

/// Clusters of ACME.
pub(crate) const PARIS: &str = "prod-paris";
/// The other one.
pub(crate) const LYON: &str = "recette-lyon";
/// The cluster of the bakeries.
pub(crate) const BAKERY: &str = "fournil";

const FORGE_TOKEN: &str = "sandbox-forge-token";
const VAULT_TOKEN: &str = "sandbox-vault-root";

/// One cluster and the provider of its nodes.
struct Site {
    _kube: Kubernetes,
    _pools: NodePools,
}

/// Everything that answers on loopback; it stops when dropped.
pub(crate) struct Town {
    pub(crate) systems: Arc<Systems>,
    pub(crate) monitoring: Monitoring,
    _gitea: (Gitea, Serving),
    _vault: (VaultServer, Serving),
    _sites: Vec<Site>,
}

fn wire(system: &'static str, url: &str, auth: Auth) -> anyhow::Result<Wire> {
    Ok(Wire::new(system, url, auth, None)?)
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

impl Town {
    /// Starts everything below `dir`.
    pub(crate) async fn build(dir: &Path) -> anyhow::Result<Town> {
        let monitoring = Monitoring::start(&dir.join("monitoring"), PARIS, Programs::Best)
            .await
            .context("monitoring")?;
        let (gitea, forge) = forge(dir, &monitoring).await?;
        let vault = VaultServer::new(VAULT_TOKEN);
        let vault_serving = vault.serve(0).await?;
        let mut systems = Systems::default();
        let mut sites = Vec::new();
        for name in [PARIS, LYON, BAKERY] {
            let (site, mut zone) = site(name, &vault_serving.url()).await?;
            let auth = Auth::Scheme("token", secret(FORGE_TOKEN));
            let client = GiteaClient::new(wire("gitea", &forge.url(), auth)?);
            zone = zone.with_forge(Arc::new(client));
            if name == PARIS {
                let client = MonitorClient::connect(&monitoring.config())?;
                zone = zone.with_monitor(Arc::new(client));
            }
            systems.add(zone);
            sites.push(site);
        }
        Ok(Town {
            systems: Arc::new(systems),
            monitoring,
            _gitea: (gitea, forge),
            _vault: (vault, vault_serving),
            _sites: sites,
        })
    }

    pub(crate) fn real_monitoring(&self) -> bool {
        self.monitoring.real
    }

    /// What runs, one line each.
    pub(crate) fn inventory(&self) -> [Text; 4] {
        let monitoring = match self.monitoring.real {
            true => Text::new(
                "Prometheus et Alertmanager, les vrais",
                "Prometheus and Alertmanager, the real ones",
            ),
            false => Text::new(
                "Prometheus et Alertmanager de remplacement (les vrais ne sont pas installés)",
                "stand-ins for Prometheus and Alertmanager (the real ones are not installed)",
            ),
        };
        [
            Text::new(
                "base SQLite, 26 articles de catalogue",
                "SQLite database, 26 lines of catalogue",
            ),
            monitoring,
            Text::new(
                "Git réel derrière un Gitea de remplacement",
                "real Git behind a stand-in for Gitea",
            ),
            Text::new(
                "clusters, nodepools et Vault de remplacement",
                "stand-ins for clusters, node pools and Vault",
            ),
        ]
    }
}

async fn forge(dir: &Path, monitoring: &Monitoring) -> anyhow::Result<(Gitea, Serving)> {
    let root = dir.join("git");
    std::fs::create_dir_all(&root)?;
    let gitea = Gitea::new(&root);
    gitea.accept(FORGE_TOKEN, true);
    let platform = repo("platform/monitoring");
    if !gitea.dir(&platform).exists() {
        let files = monitoring.files()?;
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(path, text)| (*path, text.as_bytes()))
            .collect();
        gitea.create(&platform, &files).await.context("git")?;
    }
    let shop = repo("acme/boutique");
    if !gitea.dir(&shop).exists() {
        let readme: &[u8] = "# Boutique\n\nManifestes de la boutique ACME.\n".as_bytes();
        gitea
            .create(&shop, &[("README.md", readme)])
            .await
            .context("git")?;
    }
    let serving = gitea.serve(0).await?;
    Ok((gitea, serving))
}

fn repo(name: &str) -> RepoId {
    RepoId::try_from(name.to_owned()).expect("the names below are well formed")
}

async fn site(name: &str, vault: &str) -> anyhow::Result<(Site, Zone)> {
    let kube = Kubernetes::start(name).await?;
    let pools = [
        spec(
            "systeme",
            Size {
                min: 1,
                max: 3,
                desired: 1,
            },
            true,
        ),
        spec(
            "frontaux",
            Size {
                min: 2,
                max: 6,
                desired: 2,
            },
            false,
        ),
    ];
    let cluster = kube.cluster();
    for namespace in ["boutique", "paiement"] {
        cluster.add_namespace(namespace, &[]);
    }
    let nodes = NodePools::start(cluster.clone(), name, &pools).await?;
    let admin = Auth::Bearer(secret(ADMIN_TOKEN));
    let client = KubeClient::new(wire("kubernetes", &kube.url(), admin)?);
    let provider = Auth::Bearer(secret(PROVIDER_TOKEN));
    let aks = AksPools::new(wire("aks", &nodes.url(), provider)?, nodes.id().clone());
    let root = Auth::Header("x-vault-token", secret(VAULT_TOKEN));
    let store = VaultClient::new(wire("vault", vault, root)?);
    let link = ClusterLink {
        host: kube.url(),
        ca_pem: String::new(),
        reviewer: None,
    };
    let zone = Zone::new(name)
        .with_kube(Arc::new(client))
        .with_pools(Arc::new(aks))
        .with_vault(Arc::new(store), link)
        .with_vault_address(vault);
    Ok((
        Site {
            _kube: kube,
            _pools: nodes,
        },
        zone,
    ))
}

fn spec(name: &'static str, size: Size, system: bool) -> PoolSpec {
    PoolSpec {
        name,
        size,
        autoscaled: true,
        system,
    }
}
