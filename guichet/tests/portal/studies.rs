//! An off-catalogue request, from need to conclusion (S19 to S28).

use crate::town::Town;
use axum::http::StatusCode;

#[tokio::test]
async fn a_study_is_called_estimated_agreed_and_concluded_by_forms() {
    let town = Town::demo().await;
    let mut camille = town.browser("camille").await;
    let form = camille.get("/studies/new?need=GitLab+CI").await;
    assert!(form.says("GitLab CI"), "what was searched for is kept");
    let own = [
        ("title", "Brancher GitLab"),
        ("need", "Notre CI doit pousser dans Gitea."),
    ];
    let made = camille.fill(&form, "/studies/new", &own).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let path = made.to().trim_end_matches("?new=1").to_owned();
    let study = |act: &str| format!("{path}/study/{act}");
    town.work().await;

    let mut lea = town.browser("lea").await;
    let page = lea.get(&path).await;
    let own = [
        ("slot1-propose-call", "2026-11-24T10:00"),
        ("slot2-propose-call", "2026-11-25T14:30"),
    ];
    let sent = lea.fill(&page, &study("propose-call"), &own).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);

    let page = camille.get(&path).await;
    assert!(
        page.says("mar. 24 nov., 10 h") && page.says("C’est à vous"),
        "{}",
        page.body
    );
    let slot = ("slot-choose-call", "2026-11-24T09:00:00+00:00");
    let sent = camille.fill(&page, &study("choose-call"), &[slot]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);

    town.wait(26 * 3600);
    // A session lasts a working day: everybody signs in again.
    let mut lea = town.browser("lea").await;
    let mut camille = town.browser("camille").await;
    let page = lea.get(&path).await;
    let own = [
        ("minutes-record-call", "Pousser des images depuis GitLab."),
        ("attendees-record-call", "Camille Roy, Léa Morel"),
    ];
    let sent = lea.fill(&page, &study("record-call"), &own).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    town.work().await;
    let page = lea.get(&path).await;
    let own = [
        ("tokens-estimate", "6"),
        ("effort-estimate", "3"),
        ("lead-estimate", "10"),
    ];
    let sent = lea.fill(&page, &study("estimate"), &own).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    town.work().await;

    let mut paul = town.browser("paul").await;
    let decide = format!("{path}/decide");
    let question = paul.get(&decide).await;
    assert!(
        question.says("dus même si elle conclut à une impossibilité"),
        "S27 is shown before"
    );
    assert!(question.says("6 tokens"), "S25");
    let sent = paul
        .fill(&question, &decide, &[("choice", "approve")])
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    town.work().await;

    let mut hugo = town.browser("hugo").await;
    let page = hugo.get(&path).await;
    let own = [
        ("feasible-conclude", "no"),
        ("justification-conclude", "Le réseau ne le permet pas."),
    ];
    let sent = hugo.fill(&page, &study("conclude"), &own).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let page = camille.get(&path).await;
    assert!(page.says("pas faisable") && page.says("Le réseau ne le permet pas."));
    let contract = camille.get("/contracts/ACME-K8S").await;
    assert!(
        contract.says("34 = 40 − 6 − 0"),
        "the study is due even if infeasible"
    );
}
