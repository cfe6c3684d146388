//! What the operator decides: one TOML file, the environment above it, the command line above
//! both. Secrets are references, never values.

mod place;
mod watch;

pub use watch::{LimitsConfig, LogConfig, LogFormat, MetricsConfig, ReadyConfig, TracesConfig};

use serde::Deserialize;
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `sqlite://FILE` or `postgres://…`.
    pub database_url: String,
    /// Address that HTTP answers on.
    pub listen: SocketAddr,
    /// Where people reach the portal, without a slash at the end.
    pub base_url: String,
    /// File of the zones and their systems; none: every task of the outside is refused.
    pub systems: Option<PathBuf>,
    /// File of the published heads of the journal, best kept where the database is not; by default
    /// beside an SQLite file, else in the service's own directory, else nowhere.
    pub heads: Option<PathBuf>,
    /// How letters leave.
    pub mail: MailConfig,
    /// The provider as people read it.
    pub provider: ProviderConfig,
    /// When the program calls itself ready.
    pub ready: ReadyConfig,
    /// Figures.
    pub metrics: MetricsConfig,
    /// The log.
    pub log: LogConfig,
    /// Traces.
    pub traces: TracesConfig,
    /// What strangers may take.
    pub limits: LimitsConfig,
}

/// How letters leave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// Sent, or kept for the demo.
    pub transport: Transport,
    /// Name or address of the mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encryption on the way to it.
    pub tls: Tls,
    /// User, if the server wants one.
    pub user: Option<String>,
    /// Reference of the password: `env:NAME` or `file:PATH`.
    pub password: Option<String>,
    /// Address the letters come from.
    pub from: String,
    /// Domain of Message-IDs; by default that of `from`.
    pub domain: Option<String>,
    /// Directory of kept letters, with the transport `outbox`.
    pub directory: Option<PathBuf>,
}

/// What becomes of letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Sent over SMTP.
    #[default]
    Smtp,
    /// Kept, and shown to whoever can reach the machine: loopback only.
    Outbox,
}

/// Encryption on the way to the mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// In clear: only to this very machine.
    None,
    /// When the server offers it.
    Opportunistic,
    /// STARTTLS, or nothing is sent.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
}

/// The provider as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderConfig {
    /// Name.
    pub name: String,
    /// Support mailbox.
    pub mail: String,
    /// Support telephone.
    pub phone: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            database_url: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: "http://127.0.0.1:8080".into(),
            systems: None,
            heads: None,
            mail: MailConfig::default(),
            provider: ProviderConfig::default(),
            ready: ReadyConfig::default(),
            metrics: MetricsConfig::default(),
            log: LogConfig::default(),
            traces: TracesConfig::default(),
            limits: LimitsConfig::default(),
        }
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        MailConfig {
            transport: Transport::Smtp,
            host: "127.0.0.1".into(),
            port: 25,
            tls: Tls::None,
            user: None,
            password: None,
            from: "guichet@localhost".into(),
            domain: None,
            directory: None,
        }
    }
}

impl Default for ProviderConfig {
    fn default() -> Self {
        ProviderConfig {
            name: "Guichet".into(),
            mail: "support@localhost".into(),
            phone: String::new(),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what we expect; the message names the line.
    #[error("{path}: {source}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// A value that cannot be understood.
    #[error("{key}: {why}")]
    Value {
        /// Where it stands.
        key: &'static str,
        /// What is wrong and what would be right.
        why: String,
    },
    /// Values that are unsafe together.
    #[error("unsafe configuration: {0}")]
    Unsafe(String),
}

fn value(key: &'static str, why: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        key,
        why: why.into(),
    }
}

/// What the command line or the environment says above the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `GUICHET_DATABASE_URL`.
    pub database_url: Option<String>,
    /// `GUICHET_LISTEN`.
    pub listen: Option<String>,
    /// `GUICHET_BASE_URL`.
    pub base_url: Option<String>,
    /// `GUICHET_SYSTEMS`.
    pub systems: Option<PathBuf>,
    /// `GUICHET_HEADS`.
    pub heads: Option<PathBuf>,
    /// Directory of an SQLite database and kept letters.
    pub data: Option<PathBuf>,
}

impl Config {
    /// Reads `file`, if any, and puts `over` above it.
    ///
    /// # Errors
    /// Names file, line and what is wrong; nothing is used in part.
    pub fn load(file: Option<&Path>, over: &Overrides) -> Result<Config, ConfigError> {
        let mut config = match file {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        if let Some(it) = &over.listen {
            config.listen = it.parse().map_err(|_| {
                value(
                    "listen",
                    format!("“{it}” is not an address; write 127.0.0.1:8080"),
                )
            })?;
            if over.base_url.is_none() && file.is_none() {
                config.base_url = format!("http://{}", config.listen);
            }
        }
        if let Some(it) = &over.base_url {
            config.base_url.clone_from(it);
        }
        if let Some(it) = &over.systems {
            config.systems = Some(it.clone());
        }
        let data = over.data.clone().unwrap_or_else(place::home);
        if let Some(it) = &over.database_url {
            config.database_url.clone_from(it);
        } else if config.database_url.is_empty() || over.data.is_some() {
            config.database_url = format!("sqlite://{}", data.join("guichet.db").display());
        }
        if let Some(it) = &over.heads {
            config.heads = Some(it.clone());
        }
        if config.heads.is_none() {
            config.heads = place::heads(config.database_file());
        }
        if config.mail.directory.is_none() {
            config.mail.directory = Some(data.join("outbox"));
        }
        while config.base_url.ends_with('/') {
            config.base_url.pop();
        }
        config.check()?;
        Ok(config)
    }

    /// The file of an SQLite database.
    #[must_use]
    pub fn database_file(&self) -> Option<PathBuf> {
        let rest = self.database_url.strip_prefix("sqlite://")?;
        Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
    }

    fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let mut config: Config = toml::from_str(&text).map_err(|source| {
            let source = Box::new(source);
            ConfigError::Malformed {
                path: path.to_owned(),
                source,
            }
        })?;
        // A path in a file means the place beside that file, wherever the program was started.
        let beside = path.parent().unwrap_or(Path::new("."));
        let paths = [
            &mut config.systems,
            &mut config.heads,
            &mut config.mail.directory,
        ];
        for it in paths.into_iter().flatten() {
            *it = beside.join(&*it);
        }
        Ok(config)
    }

    /// Refuses what is unsafe together or cannot be meant.
    fn check(&self) -> Result<(), ConfigError> {
        let known = ["sqlite://", "postgres://", "postgresql://"];
        if !known.iter().any(|it| self.database_url.starts_with(it)) {
            let why = "write sqlite://FILE or postgres://USER@HOST/NAME";
            return Err(value("database_url", why));
        }
        let https = self.base_url.starts_with("https://");
        if !https && !self.base_url.starts_with("http://") {
            return Err(value(
                "base_url",
                "write the whole address, https://guichet.example",
            ));
        }
        if self
            .base_url
            .chars()
            .any(|it| it.is_control() || it.is_whitespace())
        {
            return Err(value("base_url", "an address holds no space"));
        }
        let loopback = self.listen.ip().is_loopback();
        if !loopback && !https {
            return Err(ConfigError::Unsafe(format!(
                "listening on {} without https in base_url would send sessions and decision \
                 links in clear",
                self.listen
            )));
        }
        self.metrics.check(self.listen)?;
        self.traces.check()?;
        self.limits.check()?;
        self.mail.check(loopback)
    }
}

impl MailConfig {
    fn check(&self, loopback: bool) -> Result<(), ConfigError> {
        if self.transport == Transport::Outbox {
            return match loopback {
                true => Ok(()),
                false => Err(ConfigError::Unsafe(
                    "the outbox shows everybody's decision links: it needs a loopback address"
                        .into(),
                )),
            };
        }
        if self.host.is_empty() || self.port == 0 {
            return Err(value("mail.host", "name the mail server and its port"));
        }
        let (user, domain) = self.from.split_once('@').unwrap_or_default();
        let odd = |it: &str| it.chars().any(|c| c.is_control() || c.is_whitespace());
        if user.is_empty() || domain.is_empty() || odd(&self.from) {
            return Err(value("mail.from", "write an address, guichet@example.com"));
        }
        let near = self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|it| it.is_loopback());
        if self.tls == Tls::None && !near {
            return Err(ConfigError::Unsafe(format!(
                "letters to {} would carry decision links in clear: set mail.tls = \"starttls\" \
                 or \"implicit\"",
                self.host
            )));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(value("mail.user", "user and password come together"));
        }
        match &self.password {
            Some(it) if !it.starts_with("env:") && !it.starts_with("file:") => {
                // The value is not repeated: it may be the password itself.
                Err(value(
                    "mail.password",
                    "write env:NAME or file:PATH, not the password",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The domain of Message-IDs.
    #[must_use]
    pub fn id_domain(&self) -> &str {
        let of_sender = self.from.rsplit_once('@').map_or("localhost", |it| it.1);
        self.domain.as_deref().unwrap_or(of_sender)
    }
}

#[cfg(test)]
mod tests;
