//! A believable provider and two clients, made once per database.

use super::{Scene, player::Player, town};
use catalogue::{Family, Lang, Offer, Tokens};
use chrono::{Datelike, Duration, NaiveDate};
use engine::{
    contract::{Contract, Terms},
    people::{Actor, Right, Via},
    store::NewPerson,
    ticket::{Command, Study},
    window::midnight,
};
use serde_json::json;

/// Code of the first client.
pub(crate) const ACME: &str = "ACME";
/// Its contract.
pub(crate) const ACME_CONTRACT: &str = "ACME-K8S";
/// Code of the second client.
pub(crate) const BMART: &str = "BMART";
/// Its contract.
pub(crate) const BMART_CONTRACT: &str = "BMART-SHARED";

/// Address of a person of the demonstration.
pub(crate) fn mail(login: &str, client: Option<&str>) -> String {
    match client {
        Some(client) => format!("{login}@{}.example", client.to_lowercase()),
        None => format!("{login}@nuage-sur.example"),
    }
}

fn person(
    client: Option<&str>,
    name: &str,
    login: &str,
    lang: Lang,
    rights: &[Right],
) -> NewPerson {
    NewPerson {
        client: client.map(str::to_owned),
        name: name.into(),
        mail: mail(login, client),
        login: login.into(),
        lang,
        rights: rights.iter().copied().collect(),
        password: None,
    }
}

fn everybody() -> Vec<NewPerson> {
    use Right::{Administer, Audit, Commit, Operate, Request, Steer, Support, Validate};
    let (fr, en) = (Lang::Fr, Lang::En);
    vec![
        person(None, "Léa Martin", "lea", fr, &[Support]),
        person(None, "Hugo Petit", "hugo", fr, &[Steer]),
        person(None, "Jules Lambert", "jules", fr, &[Operate]),
        person(None, "Nora Benali", "nora", fr, &[Operate]),
        person(None, "Anne Leroy", "anne", fr, &[Administer]),
        person(Some(ACME), "Camille Roy", "camille", fr, &[Request]),
        person(Some(ACME), "Paul Dupont", "paul", fr, &[Commit, Validate]),
        person(
            Some(ACME),
            "Inès Ba",
            "ines",
            en,
            &[Request, Commit, Validate],
        ),
        person(Some(ACME), "Sonia Klein", "sonia", fr, &[Audit]),
        person(Some(BMART), "Théo Martin", "theo", fr, &[Request]),
        person(
            Some(BMART),
            "Jeanne Morel",
            "jeanne",
            fr,
            &[Commit, Validate],
        ),
    ]
}

/// Seeds an empty database. Returns whether it was empty.
pub(crate) async fn once(scene: &Scene) -> anyhow::Result<bool> {
    let desk = &scene.app.desk;
    if !desk.contracts(None).await?.is_empty() {
        return Ok(false);
    }
    let now = desk.clock.now();
    let first = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let (starts, ends) = (first(now.year()), first(now.year() + 3));
    desk.add_client(ACME, "ACME").await?;
    desk.add_client(BMART, "Boulangeries Martin").await?;
    for it in everybody() {
        desk.add_person(&it).await?;
    }
    let acme = Contract {
        client: ACME.into(),
        client_name: "ACME".into(),
        code: ACME_CONTRACT.into(),
        offer: Offer::Dedicated,
        services: vec![Family::Kubernetes, Family::Containers],
        starts,
        ends,
        clusters: vec![town::PARIS.into(), town::LYON.into()],
        terms: Terms::default(),
    };
    let bakery = Contract {
        client: BMART.into(),
        client_name: "Boulangeries Martin".into(),
        code: BMART_CONTRACT.into(),
        offer: Offer::Shared,
        services: vec![Family::Kubernetes],
        clusters: vec![town::BAKERY.into()],
        ..acme.clone()
    };
    desk.add_contract(&acme).await?;
    desk.add_contract(&bakery).await?;
    let hugo = desk
        .person("hugo")
        .await?
        .ok_or_else(|| anyhow::anyhow!("nobody seeded"))?;
    let caller = || desk.caller(Actor::Person(Box::new(hugo.clone()), Via::Cli));
    desk.grant(&acme, Tokens(60), Some(now + Duration::days(200)), caller())
        .await?;
    desk.grant(&acme, Tokens(40), Some(midnight(ends)), caller())
        .await?;
    desk.grant(&bakery, Tokens(24), Some(midnight(ends)), caller())
        .await?;
    Ok(true)
}

/// A few open tickets, so that nobody meets an empty inbox.
pub(crate) async fn open_cases(scene: &Scene) -> anyhow::Result<()> {
    let player = Player::new(scene);
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: vitrine\ndata:\n  \
                    saison: hiver\n";
    let deposit = json!({
        "cluster": town::PARIS, "repo": "acme/boutique", "path": "manifests/vitrine.yaml",
        "operation": "create", "content": manifest,
    });
    player
        .order("camille", ACME_CONTRACT, "C01", &deposit, false)
        .await?;
    let sleep = json!({ "cluster": town::LYON, "action": "hibernate" });
    player
        .order("camille", ACME_CONTRACT, "K06", &sleep, false)
        .await?;
    let study = Study {
        title: "Intégrer notre GitLab au dépôt".into(),
        need: "Nous voulons que nos pipelines GitLab déposent dans le dépôt Caascad.".into(),
        on_behalf_of: None,
    };
    player
        .create("camille", ACME_CONTRACT, Command::OpenStudy(study))
        .await?;
    Ok(())
}
