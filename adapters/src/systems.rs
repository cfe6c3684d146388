//! The zones and how to reach their systems: the operator's inventory, never a ticket's.

use crate::{
    forge::{Forge, GiteaClient},
    git_change::{GitChange, GitManifest},
    monitor::{self, Monitor, MonitorClient, MonitorConfig},
    vault::{Vault, VaultClient},
    wire::{Auth, Secret, SecretError, Wire, WireError},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};
use thiserror::Error;
use workflows::{Fault, FaultClass, Registry};

/// Adds every action of this crate to the registry.
pub fn register(registry: &mut Registry, systems: Arc<Systems>) {
    registry.add(GitChange::new(systems.clone()));
    registry.add(GitManifest::new(systems.clone()));
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
        let mut systems = Systems::default();
        for (name, zone) in &config.zones {
            let connected = zone.connect(name);
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
    forge: Option<Arc<dyn Forge>>,
    vault: Option<Arc<dyn Vault>>,
    monitor: Option<Arc<dyn Monitor>>,
}

impl Zone {
    /// A zone without any system yet.
    pub fn new(name: impl Into<String>) -> Zone {
        Zone {
            name: name.into(),
            forge: None,
            vault: None,
            monitor: None,
        }
    }
    /// The name in the inventory.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// With this forge.
    #[must_use]
    pub fn with_forge(mut self, forge: Arc<dyn Forge>) -> Zone {
        self.forge = Some(forge);
        self
    }
    /// With this vault.
    #[must_use]
    pub fn with_vault(mut self, vault: Arc<dyn Vault>) -> Zone {
        self.vault = Some(vault);
        self
    }
    /// With this monitoring.
    #[must_use]
    pub fn with_monitor(mut self, monitor: Arc<dyn Monitor>) -> Zone {
        self.monitor = Some(monitor);
        self
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
    /// The Git forge.
    pub forge: Option<Endpoint>,
    /// The secret store.
    pub vault: Option<Endpoint>,
    /// Prometheus and Alertmanager.
    pub monitor: Option<MonitorConfig>,
}

impl ZoneConfig {
    fn connect(&self, name: &str) -> Result<Zone, Why> {
        let mut zone = Zone::new(name);
        if let Some(forge) = &self.forge {
            let auth = forge.auth(|token| Auth::Scheme("token", token))?;
            zone = zone.with_forge(Arc::new(GiteaClient::new(forge.wire("gitea", auth)?)));
        }
        if let Some(vault) = &self.vault {
            let auth = vault.auth(|token| Auth::Header("x-vault-token", token))?;
            zone = zone.with_vault(Arc::new(VaultClient::new(vault.wire("vault", auth)?)));
        }
        if let Some(monitor) = &self.monitor {
            zone = zone.with_monitor(Arc::new(MonitorClient::connect(monitor)?));
        }
        Ok(zone)
    }
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
        let pem = match &self.ca_file {
            Some(path) => Some(fs::read(path).map_err(|source| Why::Certificates {
                path: path.clone(),
                source,
            })?),
            None => None,
        };
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
    /// The file of certificates.
    #[error("certificates {path}: {source}")]
    Certificates {
        /// As configured.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}
