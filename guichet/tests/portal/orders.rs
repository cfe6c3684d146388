//! Ordering, agreeing, doing by hand, validating: all by forms.

use crate::town::{Answer, Browser, Town};
use axum::http::StatusCode;

/// What K06 asks: hibernate a cluster of development.
pub const HIBERNATE: [(&str, &str); 2] = [("cluster", "dev-paris"), ("action", "hibernate")];

/// Camille orders a change; answers its reference.
pub async fn order_by_hand(town: &Town) -> String {
    let mut camille = town.browser("camille").await;
    let answer = order(&mut camille, "normal").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let reference = answer
        .to()
        .trim_start_matches("/tickets/")
        .trim_end_matches("?new=1");
    town.work().await;
    reference.to_owned()
}

async fn order(browser: &mut Browser<'_>, speed: &str) -> Answer {
    let mut own = HIBERNATE.to_vec();
    own.push(("order-speed", speed));
    order_line(browser, "K06", &own).await
}

/// Orders a line with these answers, by form, check and submission.
pub async fn order_line(browser: &mut Browser<'_>, code: &str, own: &[(&str, &str)]) -> Answer {
    let path = |step: &str| format!("/catalogue/{code}/{step}");
    let form = browser.get(&path("new")).await;
    let check = browser.fill(&form, &path("check"), own).await;
    if check.status != StatusCode::OK {
        return check;
    }
    browser.fill(&check, &path("submit"), &[]).await
}

#[tokio::test]
async fn the_price_and_the_slots_are_printed_before_the_order() {
    let town = Town::demo().await;
    let form = town
        .browser("camille")
        .await
        .get("/catalogue/K06/new")
        .await;
    assert!(form.says("Normal — 1 token"), "S7: the price is known");
    assert!(form.says("Accéléré — 2 tokens (prix doublé)"), "S13");
    assert!(
        form.says("0 utilisés sur 6 cette année de contrat, 6 restants"),
        "S14"
    );
}

#[tokio::test]
async fn a_form_sent_twice_is_one_order() {
    let town = Town::demo().await;
    let mut camille = town.browser("camille").await;
    let form = camille.get("/catalogue/K06/new").await;
    let check = camille
        .fill(&form, "/catalogue/K06/check", &HIBERNATE)
        .await;
    assert!(check.says("Vérifiez votre demande"), "{}", check.body);
    assert!(check.says("1 token"), "the total once more");
    assert!(check.says("Paul Dupont"), "who has to agree");
    let once = camille.fill(&check, "/catalogue/K06/submit", &[]).await;
    let twice = camille.fill(&check, "/catalogue/K06/submit", &[]).await;
    assert_eq!(once.to(), twice.to());
    assert!(once.to().ends_with("?new=1"));
    let list = camille.get("/tickets").await;
    assert!(list.says("1 demande"), "one ticket");
}

#[tokio::test]
async fn a_wrong_form_is_shown_again_with_what_was_typed() {
    let town = Town::demo().await;
    let mut camille = town.browser("camille").await;
    let form = camille.get("/catalogue/K02/new").await;
    let own = [
        ("cluster", "prod-paris"),
        ("pool", "Front!"),
        ("nodes", "999"),
    ];
    let answer = camille.fill(&form, "/catalogue/K02/check", &own).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("<title>Erreur\u{a0}: "));
    assert!(answer.body.contains("href=\"#f-nodes\"") && answer.body.contains("id=\"f-nodes-e\""));
    assert!(answer.body.contains("value=\"999\"") && answer.body.contains("value=\"Front!\""));
    assert_eq!(
        answer.hidden("key"),
        form.hidden("key"),
        "still the same order"
    );
}

#[tokio::test]
async fn infrastructure_costs_are_acknowledged_before_the_check() {
    let town = Town::demo().await;
    let mut camille = town.browser("camille").await;
    let form = camille.get("/catalogue/K02/new").await;
    let mut own = vec![
        ("cluster", "prod-paris"),
        ("pool", "frontaux"),
        ("flavor", "m5.xlarge"),
        ("nodes", "12"),
    ];
    let unread = camille.fill(&form, "/catalogue/K02/check", &own).await;
    assert_eq!(unread.status, StatusCode::UNPROCESSABLE_ENTITY, "S64");
    own.push(("order-iaas", "true"));
    let check = camille.fill(&form, "/catalogue/K02/check", &own).await;
    assert_eq!(check.status, StatusCode::OK, "{}", check.body);
    assert!(
        check.says("12 tokens"),
        "three started tranches of five nodes at four tokens"
    );
}

#[tokio::test]
async fn the_seventh_acceleration_is_refused_with_its_clause() {
    let town = Town::demo().await;
    let mut camille = town.browser("camille").await;
    for _ in 0..6 {
        let answer = order(&mut camille, "accelerated").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let seventh = order(&mut camille, "accelerated").await;
    assert_eq!(seventh.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(seventh.says("(S14)"), "the clause stands with the refusal");
    assert!(
        seventh.says("6 utilisés sur 6 ; le prochain est possible à partir du"),
        "the remedy"
    );
    assert!(
        seventh.body.contains("value=\"accelerated\" checked"),
        "what was chosen is kept"
    );
    let normal = order(&mut camille, "normal").await;
    assert_eq!(
        normal.status,
        StatusCode::SEE_OTHER,
        "at the normal price it goes"
    );
}

#[tokio::test]
async fn nobody_decides_on_their_own_request() {
    let town = Town::demo().await;
    let reference = order_by_hand(&town).await;
    let mut camille = town.browser("camille").await;
    let answer = camille.get(&format!("/tickets/{reference}/decide")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.says("Personne ne décide de sa propre demande"));
    let ticket = camille.get(&format!("/tickets/{reference}")).await;
    assert!(!ticket.body.contains("/decide\""), "nor is she offered to");
}

#[tokio::test]
async fn a_change_done_by_hand_goes_from_order_to_closure_by_forms_alone() {
    let town = Town::demo().await;
    let reference = order_by_hand(&town).await;
    let path = format!("/tickets/{reference}");
    let decide = format!("{path}/decide");

    let mut paul = town.browser("paul").await;
    assert!(
        paul.get("/inbox").await.body.contains(&decide),
        "it waits in Paul's inbox"
    );
    let question = paul.get(&decide).await;
    assert!(question.says("Donnez-vous votre accord à ce changement"));
    let silent = paul.fill(&question, &decide, &[]).await;
    assert_eq!(
        silent.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "no answer is no answer"
    );
    let agreed = paul
        .fill(&question, &decide, &[("choice", "approve")])
        .await;
    assert_eq!(
        (agreed.status, agreed.to()),
        (StatusCode::SEE_OTHER, path.as_str()),
        "{}",
        agreed.body
    );

    let mut jules = town.browser("jules").await;
    for _ in 0..20 {
        town.work().await;
        let page = jules.get(&path).await;
        let task = format!("{path}/tasks/");
        let Some(found) = page.body.split(&format!("action=\"{task}")).nth(1) else {
            break;
        };
        let name = found.split("/complete\"").next().unwrap();
        let action = format!("{task}{name}/complete");
        let seq = page
            .form(&action)
            .into_iter()
            .find(|it| it.0 == "seq")
            .unwrap()
            .1;
        let own = [
            (format!("well-{seq}"), "yes".to_owned()),
            (
                format!("evidence-{seq}"),
                "fait, vu dans la console".to_owned(),
            ),
        ];
        let own: Vec<(&str, &str)> = own
            .iter()
            .map(|it| (it.0.as_str(), it.1.as_str()))
            .collect();
        let done = jules.fill(&page, &action, &own).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }

    let question = paul.get(&decide).await;
    assert!(
        question.says("Validez-vous la clôture de cette demande"),
        "{}",
        question.body
    );
    let closed = paul
        .fill(&question, &decide, &[("choice", "approve")])
        .await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER);
    let page = paul.get(&path).await;
    assert!(page.says("Validée et clôturée") && page.says("Débités."));
    let contract = paul.get("/contracts/ACME-K8S").await;
    assert!(
        contract.says("39 = 40 − 1 − 0"),
        "available = granted − charged − held"
    );
    assert!(
        !contract.says("ne mènent pas au solde"),
        "the statement sums"
    );
}

#[tokio::test]
async fn a_refusal_says_why() {
    let town = Town::demo().await;
    let reference = order_by_hand(&town).await;
    let decide = format!("/tickets/{reference}/decide");
    let mut paul = town.browser("paul").await;
    let question = paul.get(&decide).await;
    let bare = paul.fill(&question, &decide, &[("choice", "refuse")]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bare.says("Dites pourquoi vous refusez"));
    assert!(
        bare.body.contains("value=\"refuse\" checked"),
        "his own choice is kept"
    );
    let own = [("choice", "refuse"), ("comment", "pas cette semaine")];
    assert_eq!(
        paul.fill(&bare, &decide, &own).await.status,
        StatusCode::SEE_OTHER
    );
    let page = paul.get(&format!("/tickets/{reference}")).await;
    assert!(page.says("Refusée") && page.says("pas cette semaine") && page.says("Rendus"));
}

#[tokio::test]
async fn the_requester_takes_a_request_back_free_of_charge() {
    let town = Town::demo().await;
    let reference = order_by_hand(&town).await;
    let path = format!("/tickets/{reference}");
    let cancel = format!("{path}/cancel");
    let mut camille = town.browser("camille").await;
    let page = camille.get(&path).await;
    let done = camille
        .fill(&page, &cancel, &[("reason-cancel", "plus nécessaire")])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = camille.get(&path).await;
    assert!(page.says("Annulée") && page.says("Rendus : ce changement ne coûte rien"));
}
