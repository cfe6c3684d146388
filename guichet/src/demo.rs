//! The demonstration: one process with everything it needs on loopback, a believable provider and
//! two clients, and the stories played by themselves when asked.

mod player;
mod scanner;
mod seed;
mod stage;
mod stories;
mod town;

use crate::{
    app::{self, App, Mail, Part},
    http::state::Provider,
    mail::{Outbox, view::Sender},
};
use anyhow::Context as _;
use catalogue::{Lang, Text};
use engine::{
    ambient::{Clock, System},
    store::Store,
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};
use tokio::sync::watch;

/// Name of the database in its directory.
const DATABASE: &str = "guichet.db";

/// What the demonstration is asked for.
#[derive(Clone, Debug, Default)]
pub struct DemoOptions {
    /// Plays the stories and ends.
    pub auto: bool,
    /// Port of the portal; the next free one when it is taken.
    pub port: u16,
    /// Where data stays; without it everything is erased at the end.
    pub keep: Option<PathBuf>,
    /// One JSON line instead of words.
    pub json: bool,
    /// Language of the words.
    pub lang: Lang,
}

/// Everything that runs during a demonstration.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) town: town::Town,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) base_url: String,
}

/// Runs the demonstration until Ctrl-C, or until the stories are told.
///
/// # Errors
/// Something on this machine is missing: a port, a directory, `git`.
pub async fn run(options: DemoOptions) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let scratch = tempfile::Builder::new().prefix("guichet-demo-").tempdir()?;
    let dir = options
        .keep
        .clone()
        .unwrap_or_else(|| scratch.path().to_owned());
    std::fs::create_dir_all(&dir).with_context(|| format!("directory {}", dir.display()))?;
    let _alone = app::alone(&dir.join(DATABASE))?
        .context("another Guichet already works in this directory; stop it first")?;
    let (stop, stopped) = watch::channel(false);
    let listener = listen(options.port).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let scene = open(&dir, &base_url).await?;
    let fresh = seed::once(&scene).await?;
    let mut hands = scene.app.work(&Part::ALL.into_iter().collect(), &stopped);
    let web = scene.app.web();
    hands.spawn(crate::http::server::serve(listener, web, stopped.clone()));
    let code = if options.auto {
        let aloud = (!options.json).then_some(options.lang);
        let told = stories::tell(&scene, aloud).await;
        finish(&scene, told, begun, &options).await?
    } else {
        if fresh {
            seed::open_cases(&scene).await?;
        }
        let kept = options.keep.is_some();
        println!("{}", welcome(&scene, &dir, kept).get(options.lang));
        tokio::signal::ctrl_c().await?;
        ExitCode::SUCCESS
    };
    stop.send_replace(true);
    while hands.join_next().await.is_some() {}
    Ok(code)
}

async fn listen(port: u16) -> anyhow::Result<tokio::net::TcpListener> {
    for offset in 0..20 {
        let address = ("127.0.0.1", port.saturating_add(offset));
        match tokio::net::TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error.into()),
        }
    }
    anyhow::bail!(
        "no free port between {port} and {}",
        port.saturating_add(19)
    )
}

/// The caller holds the lock of the directory's database.
async fn open(dir: &Path, base_url: &str) -> anyhow::Result<Scene> {
    let file = dir.join(DATABASE);
    let store = Store::open(&format!("sqlite://{}", file.display())).await?;
    app::migrate(&store).await?;
    let town = town::Town::build(dir).await?;
    let outbox = Arc::new(Outbox::open(dir.join("outbox"))?);
    let mail = Mail {
        deliver: outbox.clone(),
        outbox: Some(outbox.clone()),
        sender: Sender {
            provider: "Nuage Sûr".into(),
            address: "guichet@nuage-sur.example".into(),
            domain: "nuage-sur.example".into(),
            support_phone: "+33 1 99 00 00 00".into(),
            support_mail: "support@nuage-sur.example".into(),
            inbound: false,
        },
    };
    let provider = Provider {
        name: "Nuage Sûr".into(),
        mail: "support@nuage-sur.example".into(),
        phone: "+33 1 99 00 00 00".into(),
        base_url: base_url.to_owned(),
    };
    let mut app = App::assemble(store, town.systems.clone(), mail, provider, true).await?;
    app.alone = true;
    Ok(Scene {
        app,
        town,
        outbox,
        base_url: base_url.to_owned(),
    })
}

fn welcome(scene: &Scene, dir: &Path, kept: bool) -> Text {
    let (url, dir) = (&scene.base_url, dir.display());
    let (place_fr, place_en) = match kept {
        true => ("gardées", "kept"),
        false => ("effacées à la fin", "erased at the end"),
    };
    let running = |lang: Lang| -> String {
        let all = scene.town.inventory();
        all.iter()
            .map(|it| format!("  ✓ {}\n", it.get(lang)))
            .collect()
    };
    let fr = format!(
        "Guichet — démonstration (données dans {dir}, {place_fr})
{}  ✓ prestataire « Nuage Sûr », clients ACME et Boulangeries Martin
Ouvrez   {url}/
  Camille  demandeuse  {url}/demo/as/camille
  Paul     valideur    {url}/demo/as/paul
  Léa      support     {url}/demo/as/lea
  Hugo     GSM         {url}/demo/as/hugo
  Jules    opérateur   {url}/demo/as/jules
  Courriels            {url}/outbox
Essayez : Camille dépose une demande, Jules puis Paul décident par leur courriel.
Ctrl-C pour arrêter.",
        running(Lang::Fr)
    );
    let en = format!(
        "Guichet — demonstration (data in {dir}, {place_en})
{}  ✓ provider “Nuage Sûr”, clients ACME and Boulangeries Martin
Open     {url}/
  Camille  requester   {url}/demo/as/camille
  Paul     approver    {url}/demo/as/paul
  Léa      support     {url}/demo/as/lea
  Hugo     GSM         {url}/demo/as/hugo
  Jules    operator    {url}/demo/as/jules
  Mails                {url}/outbox
Try: Camille orders a change, Jules and then Paul decide from their mail.
Ctrl-C stops it.",
        running(Lang::En)
    );
    Text { fr, en }
}

async fn finish(
    scene: &Scene,
    told: Vec<stories::Told>,
    begun: Instant,
    options: &DemoOptions,
) -> anyhow::Result<ExitCode> {
    let filter = engine::query::Filter {
        limit: 500,
        ..Default::default()
    };
    let tickets = scene.app.desk.tickets(&filter).await?;
    let closed = tickets.iter().filter(|it| it.ending.is_some()).count();
    let mut records = 0;
    for client in [seed::ACME, seed::BMART] {
        let search = engine::audit::Search {
            client: Some(client.into()),
            limit: 10_000,
            ..Default::default()
        };
        records += scene.app.desk.records(&search).await?.len();
    }
    let ok = told.iter().all(|it| it.failure.is_none());
    let seconds = (begun.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    let mails = scene.outbox.list().len();
    if !options.json {
        let of = tickets.len();
        let sum = Text::new(
            format!(
                "{closed} demandes closes sur {of}, {mails} courriels, {records} \
                 enregistrements, {seconds} s"
            ),
            format!(
                "{closed} of {of} changes closed, {mails} mails, {records} records, {seconds} s"
            ),
        );
        println!("{}", sum.get(options.lang));
    }
    for failure in told.iter().filter_map(|it| it.failure.as_ref()) {
        eprintln!("{failure}");
    }
    let line = json!({
        "ok": ok, "tickets": tickets.len(), "closed": closed, "mails": mails,
        "records": records, "seconds": seconds,
        "real": { "prometheus": scene.town.real_monitoring() },
        "stories": told.iter().map(|it| json!({
            "story": it.name, "ok": it.failure.is_none(), "seconds": it.seconds,
        })).collect::<Vec<_>>(),
        "at": System.now(),
    });
    if options.json {
        println!("{line}");
    }
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
