//! The stories, played side by side without a browser. Each ends by checking what it claims.

mod study;

use super::{Scene, player::Player, scanner, seed, stage, town};
use anyhow::{Context as _, ensure};
use catalogue::{Lang, Text};
use engine::ticket::{Command, Ending, State, Ticket};
use serde_json::{Value, json};
use std::{pin::Pin, time::Instant};
use workflows::Purpose;

/// How a story went.
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) failure: Option<String>,
    pub(crate) seconds: f64,
}

type Story<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Text>> + 'a>>;

/// Tells all stories; prints a line for each that ends, if in a language.
pub(crate) async fn tell(scene: &Scene, aloud: Option<Lang>) -> Vec<Told> {
    let lang = aloud.unwrap_or_default();
    let said = |fr: &'static str, en: &'static str| match lang {
        Lang::Fr => fr,
        Lang::En => en,
    };
    let stories: Vec<(&'static str, Story<'_>)> = vec![
        (said("K06, simple", "K06, simple"), Box::pin(sleep(scene))),
        (
            said(
                "K13, complexe, puis un échec défait",
                "K13, complex, then a failure undone",
            ),
            Box::pin(receiver_then_failure(scene)),
        ),
        (
            said("K11, accéléré", "K11, accelerated"),
            Box::pin(accelerated(scene)),
        ),
        (
            said("C01, dépôt Git", "C01, Git repository"),
            Box::pin(deposit(scene)),
        ),
        (
            said("K05, Vault Injector", "K05, Vault Injector"),
            Box::pin(injector(scene)),
        ),
        (
            said("étude reclassée", "a study filed under a line"),
            Box::pin(study::reclassified(scene)),
        ),
        (
            said("étude sans faisabilité", "a study of what cannot be done"),
            Box::pin(study::infeasible(scene)),
        ),
        (
            said("septième accéléré refusé", "a seventh accelerated, refused"),
            Box::pin(seventh(scene)),
        ),
        (
            said("robot de messagerie", "a mailbox scanner"),
            Box::pin(robot(scene)),
        ),
    ];
    let mut all = Vec::new();
    for (name, story) in stories {
        all.push(async move {
            let begun = Instant::now();
            let end = story.await;
            let seconds = (begun.elapsed().as_secs_f64() * 10.0).round() / 10.0;
            if aloud.is_some() {
                match &end {
                    Ok(words) => println!("  ✓ {name} — {} ({seconds} s)", words.get(lang)),
                    Err(error) => println!("  ✕ {name} — {error:#} ({seconds} s)"),
                }
            }
            let failure = end.err().map(|it| format!("{name}: {it:#}"));
            Told {
                name,
                failure,
                seconds,
            }
        });
    }
    stage::together(all).await
}

/// The way of every change: operators agree if anything is felt, the client agrees, it acts, the
/// client validates and closes.
async fn carry(player: &Player<'_>, ticket: &Ticket) -> anyhow::Result<Ticket> {
    let agreed = agree(player, ticket).await?;
    player
        .answer("paul", &agreed, Purpose::Validation, true)
        .await?;
    player
        .until(ticket, "closed", |it| it.state == State::Closed)
        .await
}

async fn agree(player: &Player<'_>, ticket: &Ticket) -> anyhow::Result<Ticket> {
    let asks = |it: &Ticket, purpose| it.open_gates().any(|gate| gate.purpose == purpose);
    let planned = player
        .until(ticket, "asking", |it| {
            asks(it, Purpose::Operations) || asks(it, Purpose::Agreement)
        })
        .await?;
    if asks(&planned, Purpose::Operations) {
        player
            .answer("jules", ticket, Purpose::Operations, true)
            .await?;
    }
    player
        .answer("paul", ticket, Purpose::Agreement, true)
        .await
}

fn ended(ticket: &Ticket, ending: Ending) -> anyhow::Result<()> {
    ensure!(
        ticket.ending == Some(ending),
        "{} ended as {:?} instead of {ending:?}: {}",
        ticket.reference,
        ticket.ending,
        ticket.cause.clone().unwrap_or_default()
    );
    Ok(())
}

async fn sleep(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let answers = json!({ "cluster": town::LYON, "action": "hibernate" });
    let ticket = player
        .order("camille", seed::ACME_CONTRACT, "K06", &answers, false)
        .await?;
    let ticket = carry(&player, &ticket).await?;
    ended(&ticket, Ending::Validated)?;
    Ok(Text::new(
        format!(
            "{} : le cluster {} dort, 1 token",
            ticket.reference,
            town::LYON
        ),
        format!(
            "{}: cluster {} sleeps, 1 token",
            ticket.reference,
            town::LYON
        ),
    ))
}

async fn receiver_then_failure(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let sink = &scene.town.monitoring.sink;
    let name = unique(scene, "astreinte");
    let answers = json!({
        "cluster": town::PARIS, "receiver": name, "url": sink.url(&name),
        "matchers": [format!("team=\"{name}\"")], "continue": false, "send_resolved": true,
        "test_labels": { "team": name, "severity": "critical" },
    });
    let ticket = player
        .order("camille", seed::ACME_CONTRACT, "K13", &answers, false)
        .await?;
    let first = carry(&player, &ticket).await?;
    ended(&first, Ending::Validated)?;
    let heard = sink.received().iter().any(|it| it.path.contains(&name));
    ensure!(heard, "the new receiver never received the synthetic alert");

    // Alertmanager's own parser refuses what every offline check lets pass: more than a thousand
    // repetitions. The commit is already made by then and has to be taken back.
    let answers = json!({
        "cluster": town::PARIS, "receiver": "trop-long", "url": sink.url("trop-long"),
        "matchers": ["service=~\"a{1001}\"", "team=\"paiement\""],
        "test_labels": { "team": "paiement", "service": "a" },
    });
    let ticket = player
        .order("camille", seed::ACME_CONTRACT, "K13", &answers, false)
        .await?;
    agree(&player, &ticket).await?;
    let failed = player
        .until(&ticket, "closed", |it| it.state == State::Closed)
        .await?;
    ended(&failed, Ending::Failed)?;
    let back = failed
        .tasks
        .iter()
        .any(|it| it.status == engine::ticket::Status::Undone);
    ensure!(back, "nothing was taken back");
    Ok(Text::new(
        format!(
            "{} : l’alerte de preuve est arrivée ; {} : refusé par Alertmanager, commit défait, \
             0 token",
            first.reference, failed.reference
        ),
        format!(
            "{}: the alert that proves it arrived; {}: refused by Alertmanager, commit undone, \
             0 tokens",
            first.reference, failed.reference
        ),
    ))
}

async fn accelerated(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let answers = json!({
        "cluster": town::PARIS, "labels": { "equipe": "boutique" }, "confirm_series_change": true,
    });
    let ticket = player
        .order("ines", seed::ACME_CONTRACT, "K11", &answers, true)
        .await?;
    let price = ticket.price.clone().context("no price")?;
    ensure!(
        price.base.0 == 3 && price.surcharge.0 == 3,
        "the price is not doubled"
    );
    let ticket = carry(&player, &ticket).await?;
    ended(&ticket, Ending::Validated)?;
    Ok(Text::new(
        format!(
            "{} : 3 + 3 tokens, accéléré nº {}",
            ticket.reference,
            slot(&ticket)
        ),
        format!(
            "{}: 3 + 3 tokens, accelerated no. {}",
            ticket.reference,
            slot(&ticket)
        ),
    ))
}

fn slot(ticket: &Ticket) -> u8 {
    ticket.slot.map_or(0, |it| it.1)
}

fn manifest(name: &str) -> Value {
    let content = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  mode: vente\n"
    );
    json!({
        "cluster": town::PARIS, "repo": "acme/boutique", "path": format!("manifests/{name}.yaml"),
        "operation": "create", "content": content,
    })
}

async fn deposit(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let name = unique(scene, "catalogue");
    let answers = manifest(&name);
    let ticket = player
        .order("camille", seed::ACME_CONTRACT, "C01", &answers, false)
        .await?;
    let ticket = carry(&player, &ticket).await?;
    ended(&ticket, Ending::Validated)?;
    let commit = ticket
        .tasks
        .iter()
        .find_map(|it| it.receipt.as_ref()?["commit"].as_str());
    let commit: String = commit.context("no commit")?.chars().take(10).collect();
    Ok(Text::new(
        format!("{} : commit {commit}", ticket.reference),
        format!("{}: commit {commit}", ticket.reference),
    ))
}

async fn injector(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let answers = json!({
        "cluster": town::PARIS, "namespaces": ["boutique"], "models": ["namespace"],
        "failure_policy": "Ignore", "service_account": "default",
    });
    let ticket = player
        .order("camille", seed::ACME_CONTRACT, "K05", &answers, false)
        .await?;
    let ticket = carry(&player, &ticket).await?;
    ended(&ticket, Ending::Validated)?;
    let login = ticket.task("login").context("no login")?;
    ensure!(login.proofs.iter().any(|it| it.ok), "no login was proved");
    Ok(Text::new(
        format!("{} : un pod s’est connecté à Vault", ticket.reference),
        format!("{}: a pod logged in to Vault", ticket.reference),
    ))
}

/// A name that a second start on the same data does not meet again.
fn unique(scene: &Scene, stem: &str) -> String {
    format!("{stem}-{}", scene.app.desk.clock.now().timestamp_millis())
}

/// Six accelerated changes take the six slots; the seventh is refused with its clause; what was
/// ordered is cancelled and gives the slots back.
async fn seventh(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let answers = json!({ "cluster": town::BAKERY, "action": "hibernate" });
    let mut taken = Vec::new();
    for _ in 0..6 {
        let order = player.order("theo", seed::BMART_CONTRACT, "K06", &answers, true);
        taken.push(order.await?);
    }
    let one_more = player
        .order("theo", seed::BMART_CONTRACT, "K06", &answers, true)
        .await;
    let error = one_more
        .err()
        .context("a seventh accelerated change was taken")?;
    let refusal = Player::refusal(&error).context("not a refusal")?;
    ensure!(
        refusal.code() == "quota.spent",
        "refused as {}",
        refusal.code()
    );
    let clause = refusal.clause().unwrap_or_default();
    for ticket in &taken {
        let reason = "Fin de la démonstration.".to_owned();
        let end = player
            .act("theo", ticket, Command::Cancel { reason })
            .await?;
        ended(&end, Ending::Cancelled)?;
    }
    Ok(Text::new(
        format!("refusé, {clause}"),
        format!("refused, {clause}"),
    ))
}

async fn robot(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let name = unique(scene, "robot");
    let answers = manifest(&name);
    let ticket = player
        .order("camille", seed::ACME_CONTRACT, "C01", &answers, false)
        .await?;
    let open = player
        .until(&ticket, "asking", |it| {
            it.open_gates()
                .any(|gate| gate.purpose == Purpose::Agreement)
        })
        .await?;
    let letters = || {
        let asks = |it: &&crate::mail::Kept| {
            it.mail.reference == ticket.reference
                && it.mail.link().is_some_and(|it| it.contains("/v/"))
        };
        scene.outbox.list().iter().filter(asks).count()
    };
    let begun = Instant::now();
    while letters() == 0 && begun.elapsed().as_secs() < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let scan = scanner::scan(scene, &ticket.reference).await?;
    ensure!(scan.links > 0, "no link was opened");
    let after = player.until(&ticket, "there", |_| true).await?;
    let decided = |it: &Ticket| it.gates.iter().map(|it| it.decisions.len()).sum::<usize>();
    ensure!(
        decided(&after) == decided(&open),
        "opening a link decided something"
    );
    let ticket = carry(&player, &ticket).await?;
    ended(&ticket, Ending::Validated)?;
    Ok(Text::new(
        format!(
            "{} liens ouverts, rien de décidé ; puis un humain décide",
            scan.links
        ),
        format!(
            "{} links opened, nothing decided; then a human decides",
            scan.links
        ),
    ))
}
