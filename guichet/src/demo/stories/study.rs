//! Studies: what no line of the catalogue offers.

use super::{
    super::{Scene, player::Player, seed},
    carry, ended, manifest, unique,
};
use anyhow::{Context as _, ensure};
use catalogue::Text;
use chrono::{Duration, Timelike};
use engine::ticket::{Command, Ending, Study, Ticket, command::Line};
use workflows::Purpose;

async fn study(player: &Player<'_>, scene: &Scene, title: &str) -> anyhow::Result<Ticket> {
    let study = Study {
        title: title.into(),
        need: "Nous avons besoin d’aide pour décider comment faire.".into(),
        on_behalf_of: None,
    };
    let contract = seed::ACME_CONTRACT;
    let ticket = player
        .create("camille", contract, Command::OpenStudy(study))
        .await?;
    let soon = scene.app.desk.clock.now() + Duration::days(1);
    let slot = soon
        .with_minute(0)
        .and_then(|it| it.with_second(0))
        .unwrap_or(soon);
    let slots = vec![slot, slot + Duration::hours(3)];
    player
        .act("lea", &ticket, Command::ProposeCall { slots })
        .await?;
    player
        .act("camille", &ticket, Command::ChooseCall { slot })
        .await?;
    let minutes = "Le client veut déposer ses fichiers sans passer par nous.".to_owned();
    let attendees = vec!["Camille Roy".to_owned(), "Léa Martin".to_owned()];
    player
        .act("lea", &ticket, Command::RecordCall { minutes, attendees })
        .await
}

pub(super) async fn reclassified(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let ticket = study(&player, scene, "Ranger nos fichiers de configuration").await?;
    let entry = scene
        .app
        .desk
        .catalogue
        .get("C01")
        .context("no C01")?
        .clone();
    let name = unique(scene, "reclasse");
    let answers = manifest(&name).as_object().cloned().unwrap_or_default();
    let lines = vec![Line { entry, answers }];
    let same = player
        .act("lea", &ticket, Command::Reclassify { lines })
        .await?;
    ensure!(same.reference == ticket.reference, "the reference changed");
    player.answer("paul", &ticket, Purpose::Offer, true).await?;
    let ticket = carry(&player, &ticket).await?;
    ended(&ticket, Ending::Validated)?;
    Ok(Text::new(
        format!("{} : devenue C01, 2 tokens", ticket.reference),
        format!("{}: became C01, 2 tokens", ticket.reference),
    ))
}

pub(super) async fn infeasible(scene: &Scene) -> anyhow::Result<Text> {
    let player = Player::new(scene);
    let ticket = study(
        &player,
        scene,
        "Faire tourner nos calculs sur cartes graphiques",
    )
    .await?;
    let tokens = catalogue::Tokens(6);
    let estimate = Command::Estimate {
        tokens,
        effort_days: 4,
        lead_days: 10,
    };
    player.act("lea", &ticket, estimate).await?;
    player
        .answer("paul", &ticket, Purpose::Estimate, true)
        .await?;
    let conclude = Command::Conclude {
        feasible: false,
        justification: "Aucune région de l’offre ne propose ces machines.".into(),
        items: Vec::new(),
        entries: Vec::new(),
    };
    let ticket = player.act("hugo", &ticket, conclude).await?;
    ended(&ticket, Ending::Infeasible)?;
    ensure!(ticket.held().0 == 0, "tokens are still held");
    Ok(Text::new(
        format!("{} : 6 tokens dus, comme annoncé", ticket.reference),
        format!("{}: 6 tokens due, as announced", ticket.reference),
    ))
}
