//! From the configuration to the program put together.

use super::{end::Stop, start};
use crate::{
    app::{App, Mail},
    config::{Config, MailConfig, Tls, Transport},
    http::{House, api::Readiness, state::Provider},
    mail::{
        Outbox,
        smtp::{Security, Settings, Smtp},
        view::Sender,
    },
    metrics::Metrics,
};
use adapters::{
    systems::{Systems, SystemsConfig},
    wire::{Ear, Secret},
};
use anyhow::Context as _;
use engine::store::Store;
use std::{fs, sync::Arc};

/// Opens what the configuration names, counted by `metrics` if given; nothing is sent yet.
///
/// # Errors
/// The database cannot be used, or mail or systems are configured wrongly.
pub async fn open(config: &Config, metrics: Option<&Arc<Metrics>>) -> Result<App, Stop> {
    let systems = Arc::new(systems(config, metrics)?);
    let mail = mail(config)?;
    let store = Store::open(&config.database_url).await?;
    start::schema(&store).await?;
    let provider = Provider {
        name: config.provider.name.clone(),
        mail: config.provider.mail.clone(),
        phone: config.provider.phone.clone(),
        base_url: config.base_url.clone(),
    };
    let app = App::assemble(store, systems, mail, provider, false).await?;
    let house = House::new(Readiness::within(config.ready), &config.limits);
    let app = app.housed(house);
    Ok(app.watched(metrics))
}

/// The inventory; empty when none is configured.
///
/// # Errors
/// The file cannot be read, or names an unsafe address or an absent secret.
fn systems(config: &Config, metrics: Option<&Arc<Metrics>>) -> anyhow::Result<Systems> {
    let Some(file) = &config.systems else {
        return Ok(Systems::default());
    };
    let named = || format!("systems file {}", file.display());
    let text = fs::read_to_string(file).with_context(named)?;
    let inventory: SystemsConfig = toml::from_str(&text).with_context(named)?;
    let ear = metrics.map(|it| it.clone() as Arc<dyn Ear>);
    Systems::heard_by(&inventory, ear).with_context(named)
}

fn mail(config: &Config) -> anyhow::Result<Mail> {
    let it = &config.mail;
    let sender = Sender {
        provider: config.provider.name.clone(),
        address: it.from.clone(),
        domain: it.id_domain().to_owned(),
        support_phone: config.provider.phone.clone(),
        support_mail: config.provider.mail.clone(),
        inbound: false,
    };
    match it.transport {
        Transport::Outbox => {
            let dir = it.directory.clone().context("mail.directory")?;
            let outbox = Arc::new(Outbox::open(dir)?);
            Ok(Mail {
                deliver: outbox.clone(),
                outbox: Some(outbox),
                sender,
            })
        }
        Transport::Smtp => {
            let smtp = Smtp::new(settings(it)?).context("mail")?;
            Ok(Mail {
                deliver: Arc::new(smtp),
                outbox: None,
                sender,
            })
        }
    }
}

fn settings(it: &MailConfig) -> anyhow::Result<Settings> {
    let mut settings = Settings::new(&it.host, it.port, it.id_domain());
    settings.security = match it.tls {
        Tls::None => Security::Plain,
        Tls::Opportunistic => Security::Opportunistic,
        Tls::Starttls => Security::StartTls,
        Tls::Implicit => Security::Implicit,
    };
    if let (Some(user), Some(reference)) = (&it.user, &it.password) {
        let password = Secret::load(reference).context("mail.password")?;
        settings.login = Some((user.clone(), password.expose().to_owned()));
    }
    Ok(settings)
}
