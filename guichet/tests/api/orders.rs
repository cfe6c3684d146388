//! Orders, quotes, grants and lists.

use crate::stage::{Api, good, k06, problem};
use engine::audit::proof::{Consistency, Inclusion};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_sent_twice_under_one_key_is_one_ticket() {
    let api = Api::open(true).await;
    let first = api.order("k-1").await;
    let again = api.order("k-1").await;
    assert_eq!(first["reference"], again["reference"]);
    assert_ne!(first["reference"], api.order("k-2").await["reference"]);
    let other = json!({"line": "K06", "values": {"cluster": "prod-paris", "action": "wake"}});
    let reused = api.post("camille", "/tickets", "k-1", &other).await;
    problem(reused, 422, "idempotency.key-reused").await;
    let bare = api
        .by("camille", Method::POST, "/tickets")
        .json(&k06())
        .send()
        .await
        .unwrap();
    problem(bare, 400, "idempotency.key-missing").await;
    let left = api.get("paul", "/contracts/ACME-K8S/balance").await;
    assert_eq!((&left["available"], &left["held"]), (&json!(18), &json!(2)));
}

#[tokio::test]
async fn a_grant_sent_twice_under_one_key_is_one_lot_s11() {
    let api = Api::open(true).await;
    let path = "/contracts/ACME-K8S/grants";
    let five = json!({"tokens": 5});
    for _ in 0..2 {
        let left = good(api.post("hugo", path, "g-1", &five).await).await;
        assert_eq!(left["tokens"]["available"], 25);
    }
    let reused = api.post("hugo", path, "g-1", &json!({"tokens": 6})).await;
    problem(reused, 422, "idempotency.key-reused").await;
    let both = tokio::join!(
        api.post("hugo", path, "g-2", &five),
        api.post("hugo", path, "g-2", &five)
    );
    good(both.0).await;
    assert_eq!(good(both.1).await["tokens"]["available"], 30);
    problem(
        api.post("paul", path, "g-3", &five).await,
        403,
        "person.not-entitled",
    )
    .await;
}

#[tokio::test]
async fn refusals_speak_the_language_of_the_request_and_point_at_the_fault() {
    let api = Api::open(true).await;
    let bad = json!({"line": "K06", "values": {"cluster": "elsewhere"}});
    let send = |lang: &'static str| {
        let request = api
            .by("camille", Method::POST, "/tickets")
            .header("idempotency-key", lang);
        request.header("accept-language", lang).json(&bad).send()
    };
    let french = problem(send("fr").await.unwrap(), 422, "form.invalid").await;
    let english = problem(send("en-GB,en;q=0.9").await.unwrap(), 422, "form.invalid").await;
    assert_ne!(french["detail"], english["detail"]);
    let pointers: Vec<&Value> = english["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["pointer"])
        .collect();
    assert!(pointers.contains(&&json!("/values/cluster")), "{english}");
    assert!(
        pointers.contains(&&json!("/values/action")),
        "all faults at once: {english}"
    );
    let quoted = json!({"line": "C13", "accelerated": true});
    let it = good_quote(&api, &quoted).await;
    assert!(it["clause"].as_str().unwrap().contains("S12"), "{it}");
}

async fn good_quote(api: &Api, body: &Value) -> Value {
    let asked = api
        .by("camille", Method::POST, "/quotes")
        .json(body)
        .send()
        .await
        .unwrap();
    problem(asked, 422, "quota.not-for-quotes").await
}

#[tokio::test]
async fn a_quote_needs_no_key_and_changes_nothing_s7() {
    let api = Api::open(true).await;
    let body = json!({"line": "K02", "values": {"nodes": 12}, "accelerated": true,
        "contract": "ACME-K8S"});
    let asked = api
        .by("camille", Method::POST, "/quotes")
        .json(&body)
        .send()
        .await
        .unwrap();
    let quote = good(asked).await;
    assert_eq!(
        (&quote["tokens"], &quote["available"]),
        (&json!(24), &json!(20))
    );
    assert_eq!(quote["accelerated_left"], 6);
    assert_eq!(
        api.get("camille", "/contracts/ACME-K8S/balance").await["available"],
        20
    );
    assert_eq!(
        api.get("camille", "/catalogue/items")
            .await
            .as_array()
            .unwrap()
            .len(),
        26
    );
    let line = api.get("camille", "/catalogue/items/k13").await;
    assert_eq!(line["code"], "K13");
}

#[tokio::test]
async fn what_belongs_to_another_client_looks_like_what_does_not_exist() {
    let api = Api::open(true).await;
    let reference = api.order("k").await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    for rest in [
        "",
        "/tasks",
        "/plan",
        "/timeline",
        "/ledger-entries",
        "/graph",
    ] {
        let ask = |reference: &str| {
            api.by("theo", Method::GET, &format!("/tickets/{reference}{rest}"))
                .send()
        };
        let foreign = problem(ask(&reference).await.unwrap(), 404, "not-found").await;
        let unknown = problem(ask("ACME-2026-9999").await.unwrap(), 404, "not-found").await;
        assert_eq!(foreign["detail"], unknown["detail"]);
        good(
            api.by(
                "camille",
                Method::GET,
                &format!("/tickets/{reference}{rest}"),
            )
            .send()
            .await
            .unwrap(),
        )
        .await;
    }
    let body = json!({"reason": "x"});
    let act = api
        .post("theo", &format!("/tickets/{reference}/cancel"), "c", &body)
        .await;
    problem(act, 404, "not-found").await;
    assert_eq!(api.get("theo", "/tickets").await["data"], json!([]));
    let events = api.get("theo", "/audit/events?client=ACME").await;
    let all = events["data"].as_array().unwrap();
    assert!(all.iter().all(|it| it["client"] == "BMART"), "{events}");
    let contract = api
        .by("theo", Method::GET, "/contracts/ACME-K8S")
        .send()
        .await
        .unwrap();
    problem(contract, 404, "not-found").await;
}

#[tokio::test]
async fn a_record_is_proved_to_whoever_may_read_the_journal_p31() {
    let api = Api::open(true).await;
    let old = api.get("camille", "/audit/events").await;
    api.order("k-1").await;
    let events = api.get("camille", "/audit/events").await;
    let newest = &events["data"][0];
    let seq = newest["seq"].as_u64().unwrap();
    let path = format!("/audit/events/{seq}/proof");
    let proof = api.get("camille", &path).await;
    let held: Inclusion = serde_json::from_value(proof.clone()).unwrap();
    assert!(held.holds() && held.size == seq + 1, "{proof}");
    assert_eq!(proof["leaf_hash"], newest["leaf_hash"]);
    let leaf: Value = serde_json::from_str(&held.leaf).unwrap();
    assert_eq!(leaf, newest["leaf"]);
    let first = api.get("camille", "/audit/events/0/proof?size=1").await;
    assert_eq!(
        (&first["path"], &first["root"]),
        (&json!([]), &first["leaf_hash"])
    );

    let from = old["data"][0]["seq"].as_u64().unwrap() + 1;
    let path = format!("/audit/consistency?from={from}");
    let grown: Consistency = serde_json::from_value(api.get("camille", &path).await).unwrap();
    assert!(grown.holds() && (grown.from, grown.size) == (from, seq + 1));
    assert_eq!(grown.root, held.root);

    // Others see their own journal only, the provider names one, strangers see none.
    let other = api.get("theo", "/audit/events/0/proof?client=ACME").await;
    assert_eq!(other["client"], "BMART");
    let named = api.get("hugo", "/audit/events/0/proof?client=ACME").await;
    assert_eq!(named["client"], "ACME");
    let ask = |login: &'static str, path: String| api.by(login, Method::GET, &path).send();
    for (login, path, status, code) in [
        (
            "hugo",
            "/audit/events/0/proof".to_owned(),
            400,
            "query.invalid",
        ),
        (
            "camille",
            "/audit/consistency".to_owned(),
            400,
            "query.invalid",
        ),
        (
            "camille",
            format!("/audit/events/{}/proof", seq + 1),
            404,
            "not-found",
        ),
        (
            "camille",
            format!("/audit/events/{seq}/proof?size={seq}"),
            404,
            "not-found",
        ),
        (
            "camille",
            "/audit/consistency?from=100000".to_owned(),
            404,
            "not-found",
        ),
    ] {
        problem(ask(login, path).await.unwrap(), status, code).await;
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page_without_loss() {
    let api = Api::open(true).await;
    for n in 0..5 {
        api.order(&n.to_string()).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/tickets?limit=2".to_owned());
    loop {
        let page = api.get("camille", &path).await;
        let data = page["data"].as_array().unwrap();
        seen.extend(
            data.iter()
                .map(|it| it["reference"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/tickets?limit=2&after={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), sorted.len()), (5, 5), "{seen:?}");
}
