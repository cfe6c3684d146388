//! The zones and how to reach their systems: the operator's inventory, never a ticket's.

use crate::{
    forge::{Forge, GiteaClient},
    git_change::{GitChange, GitManifest},
    kube::{Kube, KubeClient},
    kube_apply::KubeApply,
    monitor::{self, Monitor, MonitorClient, MonitorConfig},
    pools::{AksConfig, AksPools, Pools},
    power::ClusterPower,
    vault::{ClusterLink, Vault, VaultClient, VaultEnsure, VaultLogin},
    wire::{Auth, Ear, Secret, SecretError, Wire, WireError},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use thiserror::Error;
use workflows::{Fault, FaultClass, Registry};

/// Adds every action of this crate to the registry.
pub fn register(registry: &mut Registry, systems: Arc<Systems>) {
    registry.add(GitChange::new(systems.clone()));
    registry.add(GitManifest::new(systems.clone()));
    registry.add(VaultEnsure::new(systems.clone()));
    registry.add(VaultLogin::new(systems.clone()));
    registry.add(ClusterPower::new(systems.clone()));
    registry.add(KubeApply::new(systems.clone()));
    monitor::register(registry, &systems);
}

/// Every zone the program may touch, by name.
#[derive(Default)]
pub struct Systems {
    zones: BTreeMap<String, Zone>,
}

impl Systems {
    /// Connects to what the configuration names; nothing is sent yet.
    ///
    /// # Errors
    /// When an address is unsafe or a secret reference leads nowhere; names zone and system.
    pub fn connect(config: &SystemsConfig) -> Result<Systems, SystemsError> {
        Systems::heard_by(config, None)
    }
    /// The same, with somebody who hears of every exchange.
    ///
    /// # Errors
    /// As [`Systems::connect`].
    pub fn heard_by(
        config: &SystemsConfig,
        ear: Option<Arc<dyn Ear>>,
    ) -> Result<Systems, SystemsError> {
        let mut systems = Systems::default();
        for (name, zone) in &config.zones {
            let connected = zone.connect(name, ear.as_ref());
            systems.add(connected.map_err(|why| SystemsError {
                zone: name.clone(),
                why,
            })?);
        }
        Ok(systems)
    }
    /// Adds a zone, in place of one of the same name.
    pub fn add(&mut self, zone: Zone) {
        self.zones.insert(zone.name.clone(), zone);
    }
    /// The zone of that name.
    ///
    /// # Errors
    /// `Guard` when the inventory has none: a ticket cannot reach what no operator configured.
    pub fn zone(&self, name: &str) -> Result<&Zone, Fault> {
        self.zones.get(name).ok_or_else(|| {
            Fault::new(
                FaultClass::Guard,
                format!("zone {name} is not in the inventory"),
            )
        })
    }
    /// Names of all zones, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.zones.keys().map(String::as_str)
    }
}

/// One client environment and the systems that serve it. A system that the zone's offer does not
/// include is absent.
pub struct Zone {
    name: String,
    kube: Option<Arc<dyn Kube>>,
    pools: Option<Arc<dyn Pools>>,
    forge: Option<Arc<dyn Forge>>,
    vault: Option<Arc<dyn Vault>>,
    link: Option<ClusterLink>,
    vault_address: Option<String>,
    monitor: Option<Arc<dyn Monitor>>,
}

impl Zone {
    /// A zone without any system yet.
    pub fn new(name: impl Into<String>) -> Zone {
        Zone {
            name: name.into(),
            kube: None,
            pools: None,
            forge: None,
            vault: None,
            link: None,
            vault_address: None,
            monitor: None,
        }
    }
    /// The name in the inventory.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// With this cluster.
    #[must_use]
    pub fn with_kube(mut self, kube: Arc<dyn Kube>) -> Zone {
        self.kube = Some(kube);
        self
    }
    /// With this provider of node pools.
    #[must_use]
    pub fn with_pools(mut self, pools: Arc<dyn Pools>) -> Zone {
        self.pools = Some(pools);
        self
    }
    /// With this forge.
    #[must_use]
    pub fn with_forge(mut self, forge: Arc<dyn Forge>) -> Zone {
        self.forge = Some(forge);
        self
    }
    /// With this vault, which reaches the zone's cluster by that link.
    #[must_use]
    pub fn with_vault(mut self, vault: Arc<dyn Vault>, link: ClusterLink) -> Zone {
        self.vault = Some(vault);
        self.link = Some(link);
        self
    }
    /// With the address at which the pods of the zone's cluster reach the vault.
    #[must_use]
    pub fn with_vault_address(mut self, address: impl Into<String>) -> Zone {
        self.vault_address = Some(address.into());
        self
    }
    /// With this monitoring.
    #[must_use]
    pub fn with_monitor(mut self, monitor: Arc<dyn Monitor>) -> Zone {
        self.monitor = Some(monitor);
        self
    }
    /// The zone's cluster.
    ///
    /// # Errors
    /// `Guard` when the zone has none.
    pub fn kube(&self) -> Result<&dyn Kube, Fault> {
        self.port("cluster", self.kube.as_deref())
    }
    /// The zone's provider of node pools.
    ///
    /// # Errors
    /// `Guard` when the zone has none.
    pub fn pools(&self) -> Result<&dyn Pools, Fault> {
        self.port("node pools", self.pools.as_deref())
    }
    /// The zone's forge.
    ///
    /// # Errors
    /// `Guard` when the zone has none.
    pub fn forge(&self) -> Result<&dyn Forge, Fault> {
        self.port("forge", self.forge.as_deref())
    }
    /// The zone's vault.
    ///
    /// # Errors
    /// `Guard` when the zone has none.
    pub fn vault(&self) -> Result<&dyn Vault, Fault> {
        self.port("vault", self.vault.as_deref())
    }
    /// How the zone's vault reaches the zone's cluster.
    ///
    /// # Errors
    /// `Guard` when the zone has no vault.
    pub fn cluster_link(&self) -> Result<&ClusterLink, Fault> {
        self.port("vault", self.link.as_ref())
    }
    /// The address at which the pods of the zone's cluster reach the vault.
    ///
    /// # Errors
    /// `Guard` when the zone has none.
    pub fn vault_address(&self) -> Result<&str, Fault> {
        self.port("vault address", self.vault_address.as_deref())
    }
    /// The zone's monitoring.
    ///
    /// # Errors
    /// `Guard` when the zone has none.
    pub fn monitor(&self) -> Result<&dyn Monitor, Fault> {
        self.port("monitoring", self.monitor.as_deref())
    }
    fn port<'a, P: ?Sized>(&self, what: &str, port: Option<&'a P>) -> Result<&'a P, Fault> {
        port.ok_or_else(|| {
            Fault::new(
                FaultClass::Guard,
                format!("zone {} has no {what}", self.name),
            )
        })
    }
}

/// The inventory as the operator writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemsConfig {
    /// Zones by name.
    #[serde(default)]
    pub zones: BTreeMap<String, ZoneConfig>,
}

/// One zone as the operator writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneConfig {
    /// The Kubernetes API.
    pub kube: Option<Endpoint>,
    /// The provider of the cluster's node pools.
    pub pools: Option<AksConfig>,
    /// The Git forge.
    pub forge: Option<Endpoint>,
    /// The secret store.
    pub vault: Option<Endpoint>,
    /// How that store reaches the cluster; by default as this program does.
    pub vault_cluster: Option<VaultClusterConfig>,
    /// Prometheus and Alertmanager.
    pub monitor: Option<MonitorConfig>,
}

impl ZoneConfig {
    fn connect(&self, name: &str, ear: Option<&Arc<dyn Ear>>) -> Result<Zone, Why> {
        let mut zone = Zone::new(name);
        let wire = |at: &Endpoint, system, auth| -> Result<Wire, Why> {
            Ok(at.wire(system, auth)?.heard_by(ear.cloned()))
        };
        if let Some(kube) = &self.kube {
            let auth = kube.auth(Auth::Bearer)?;
            zone = zone.with_kube(Arc::new(KubeClient::new(wire(kube, "kubernetes", auth)?)));
        }
        if let Some(pools) = &self.pools {
            let auth = pools.endpoint.auth(Auth::Bearer)?;
            let wire = wire(&pools.endpoint, "aks", auth)?;
            zone = zone.with_pools(Arc::new(AksPools::new(wire, pools.id())));
        }
        if let Some(forge) = &self.forge {
            let auth = forge.auth(|token| Auth::Scheme("token", token))?;
            zone = zone.with_forge(Arc::new(GiteaClient::new(wire(forge, "gitea", auth)?)));
        }
        if let Some(vault) = &self.vault {
            let auth = vault.auth(|token| Auth::Header("x-vault-token", token))?;
            let client = VaultClient::new(wire(vault, "vault", auth)?);
            zone = zone.with_vault(Arc::new(client), self.link()?);
            zone = zone.with_vault_address(&vault.url);
        }
        if let Some(monitor) = &self.monitor {
            let client = MonitorClient::connect(monitor)?.heard_by(ear);
            zone = zone.with_monitor(Arc::new(client));
        }
        Ok(zone)
    }

    fn link(&self) -> Result<ClusterLink, Why> {
        let given = self.vault_cluster.clone().unwrap_or_default();
        let kube = self.kube.as_ref();
        let host = given
            .url
            .or_else(|| kube.map(|it| it.url.clone()))
            .ok_or(Why::NoCluster)?;
        let ca = given
            .ca_file
            .or_else(|| kube.and_then(|it| it.ca_file.clone()));
        let ca_pem = ca
            .map(|it| certificates(&it))
            .transpose()?
            .unwrap_or_default();
        Ok(ClusterLink {
            host,
            ca_pem: String::from_utf8_lossy(&ca_pem).into_owned(),
            reviewer: given.reviewer.map(|it| Secret::load(&it)).transpose()?,
        })
    }
}

/// How a zone's secret store reaches the zone's cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultClusterConfig {
    /// Address of the Kubernetes API as the store sees it.
    pub url: Option<String>,
    /// File with the PEM certificates of that API.
    pub ca_file: Option<PathBuf>,
    /// Reference of a token that may review logins and does not expire, `env:NAME` or `file:path`;
    /// by default the one that the reviewer account has in the cluster.
    pub reviewer: Option<String>,
}

fn certificates(path: &Path) -> Result<Vec<u8>, Why> {
    fs::read(path).map_err(|source| Why::Certificates {
        path: path.to_owned(),
        source,
    })
}

/// Where a system is and how it recognises us.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Scheme, host, port and path; `https` unless it is this machine.
    pub url: String,
    /// Reference of the token, `env:NAME` or `file:path`; none when the system asks for none.
    pub token: Option<String>,
    /// File with the PEM certificates to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Endpoint {
    /// The token behind the reference, in the form the system wants; [`Auth::Open`] without one.
    ///
    /// # Errors
    /// When nothing usable is behind the reference.
    pub fn auth(&self, form: impl FnOnce(Secret) -> Auth) -> Result<Auth, Why> {
        Ok(match &self.token {
            Some(reference) => form(Secret::load(reference)?),
            None => Auth::Open,
        })
    }
    /// A client of this address.
    ///
    /// # Errors
    /// When the address is unsafe or the certificates cannot be read.
    pub fn wire(&self, system: &'static str, auth: Auth) -> Result<Wire, Why> {
        let pem = self.ca_file.as_deref().map(certificates).transpose()?;
        Ok(Wire::new(system, &self.url, auth, pem.as_deref())?)
    }
}

/// A zone that cannot be reached as configured.
#[derive(Debug, Error)]
#[error("zone {zone}: {why}")]
pub struct SystemsError {
    /// Name in the configuration.
    pub zone: String,
    /// What is wrong with it.
    #[source]
    pub why: Why,
}

/// What is wrong with the configuration of a system.
#[derive(Debug, Error)]
pub enum Why {
    /// The address or its TLS setup.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The secret reference.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A vault without a cluster to let in.
    #[error("a vault needs the address of the cluster: kube.url or vault_cluster.url")]
    NoCluster,
    /// The file of certificates.
    #[error("certificates {path}: {source}")]
    Certificates {
        /// As configured.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests;
