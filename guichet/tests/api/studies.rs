//! Studies and decisions.

use crate::stage::{Api, good, problem};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_study_is_estimated_agreed_and_concluded_and_a_decision_is_made_once_s19_s28() {
    let api = Api::open(true).await;
    let body = json!({"title": "Bus", "need": "Un bus managé"});
    let study = good(api.post("camille", "/studies", "s", &body).await).await;
    let reference = study["reference"].as_str().unwrap();
    let on = |act: &str| format!("/studies/{reference}/{act}");
    let slot = (api.app.desk.clock.now() + chrono::Duration::days(2)).to_rfc3339();
    let slots = json!({"slots": [slot]});
    good(api.post("lea", &on("propose-call"), "1", &slots).await).await;
    let wrong = api
        .post("lea", &on("propose-call"), "2", &json!({"slot": slot}))
        .await;
    problem(wrong, 422, "body.invalid").await;
    good(
        api.post("camille", &on("choose-call"), "3", &json!({"slot": slot}))
            .await,
    )
    .await;
    let minutes = json!({"minutes": "Un bus", "attendees": ["Camille"]});
    good(api.post("lea", &on("minutes"), "4", &minutes).await).await;
    let estimate = json!({"tokens": 6, "effort_days": 3, "lead_days": 10});
    good(api.post("lea", &on("estimate"), "5", &estimate).await).await;
    let waiting = api.get("paul", "/approvals").await;
    let id = waiting[0]["gate"].as_str().unwrap().to_owned();
    let gate = api.get("paul", &format!("/approvals/{id}")).await;
    let path = format!("/approvals/{id}/decision");
    let yes = json!({"decision": "approve", "plan_digest": gate["digest"]});
    let stale = json!({"decision": "approve", "plan_digest": "sha256:0"});
    problem(
        api.post("paul", &path, "d0", &stale).await,
        409,
        "gate.plan-changed",
    )
    .await;
    problem(
        api.post("camille", &path, "d1", &yes).await,
        403,
        "gate.own-request",
    )
    .await;
    let no = json!({"decision": "reject", "plan_digest": gate["digest"]});
    problem(
        api.post("paul", &path, "d2", &no).await,
        422,
        "gate.reason-missing",
    )
    .await;
    let decided = good(api.post("paul", &path, "d3", &yes).await).await;
    assert_eq!(decided["held"], 6);
    let again = good(api.post("paul", &path, "d3", &yes).await).await;
    assert_eq!(
        again["version"], decided["version"],
        "the same decision, sent twice"
    );
    let second = api.post("paul", &path, "d4", &yes).await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    let end = json!({"feasible": false, "justification": "Pas sur cette offre"});
    let ended = good(api.post("hugo", &on("conclude"), "6", &end).await).await;
    assert_eq!(
        (&ended["ending"], &ended["captured"]),
        (&json!("infeasible"), &json!(6))
    );
}
