use super::*;
use crate::sandbox::serving::Serving;
use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode, header::LOCATION},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use workflows::EvidenceLog;

const CANARY: &str = "canary-77aa";

fn cx() -> Cx {
    Cx {
        ticket: "T-1".into(),
        title: "t".into(),
        task: "t".into(),
        idem: Uuid::nil(),
        plan_digest: String::new(),
        actor: "a".into(),
        zone: "z".into(),
        attempt: 1,
        now: DateTime::<Utc>::UNIX_EPOCH,
        evidence: EvidenceLog::default(),
    }
}

async fn server() -> Serving {
    let echo = async |headers: HeaderMap| {
        let shown = headers.get("authorization").and_then(|it| it.to_str().ok());
        (
            StatusCode::BAD_REQUEST,
            Json(json!({"message": format!("you sent {shown:?}")})),
        )
    };
    let elsewhere = async || (StatusCode::FOUND, [(LOCATION, "/api/inside")], "go there");
    let slow = async || std::future::pending::<()>().await;
    let router = Router::new()
        .route("/api/echo", get(echo))
        .route("/api/elsewhere", get(elsewhere))
        .route(
            "/api/inside",
            get(async || Json(json!({"id": "x1", "token": CANARY}))),
        )
        .route("/api/slow", get(slow).post(slow))
        .route(
            "/api/busy",
            post(async || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")])),
        )
        .route("/outside", get(async || "outside"));
    Serving::start(router, 0).await.unwrap()
}

fn wire(serving: &Serving) -> Wire {
    let auth = Auth::Bearer(Secret::new(CANARY));
    Wire::new("thing", &format!("{}/api", serving.url()), auth, None).unwrap()
}

/// Addresses come from the operator only, and even they cannot send a secret in clear text.
#[test]
fn unsafe_addresses_are_refused() {
    let open = |base: &str| Wire::new("thing", base, Auth::Open, None);
    assert!(open("http://127.0.0.1:1/x").is_ok());
    assert!(open("http://[::1]:1").is_ok());
    assert!(open("https://vault.example.invalid").is_ok());
    for plain in ["http://vault.example.invalid", "http://10.0.0.1"] {
        assert!(
            matches!(open(plain), Err(WireError::Plain { .. })),
            "{plain}"
        );
    }
    for bad in [
        "https://u:p@h.invalid",
        "https://h.invalid/?a=b",
        "file:///etc",
        "nothing",
        "",
    ] {
        assert!(matches!(open(bad), Err(WireError::Address { .. })), "{bad}");
    }
}

#[tokio::test]
async fn a_call_never_leaves_the_configured_address() {
    let serving = server().await;
    let wire = wire(&serving);
    for path in [
        "/../outside",
        "/x/../../outside",
        "//evil.invalid/",
        "outside",
        "/%2e%2e/outside",
    ] {
        match wire.send(&cx(), Call::get(path)).await {
            Err(fault) => assert_eq!(fault.class, FaultClass::Guard, "{path}"),
            Ok(reply) => assert_eq!(reply.status, 404, "{path} stayed below the address"),
        }
    }
    let reply = wire.send(&cx(), Call::get("/elsewhere")).await.unwrap();
    assert_eq!(reply.status, 302, "redirects are not followed");
}

#[tokio::test]
async fn what_is_quoted_and_kept_holds_no_secret() {
    let serving = server().await;
    let (wire, cx) = (wire(&serving), cx());
    let fault = wire.ask(&cx, Call::get("/echo")).await.err().unwrap();
    assert!(fault.message.contains("you sent"), "{fault}");
    assert!(!fault.message.contains(CANARY), "{fault}");
    wire.ask(&cx, Call::get("/inside").noting("id", "/id"))
        .await
        .unwrap();
    let other = wire.recognised_by(Auth::Bearer(Secret::new("other")));
    let hidden = Secret::new("other");
    let fault = other
        .ask(&cx, Call::get("/echo").hiding(&hidden))
        .await
        .err()
        .unwrap();
    assert!(!fault.message.contains("other"), "{fault}");

    let kept = cx.evidence.take();
    assert_eq!(kept[1].ids.get("id").map(String::as_str), Some("x1"));
    let blanked = json!({"id": "x1", "token": "<secret>"});
    let expected = workflows::plan::digest(&blanked);
    assert_eq!(format!("sha256:{}", kept[1].body_sha256), expected);
    assert!(!serde_json::to_string(&kept).unwrap().contains(CANARY));
}

/// No answer to a change is the one thing that must not be repeated blindly.
#[tokio::test]
async fn silence_means_different_things_to_reads_and_changes() {
    let serving = server().await;
    let wire = wire(&serving);
    let soon = Duration::from_millis(200);
    let class = async |call: Call| wire.send(&cx(), call).await.err().unwrap().class;
    assert_eq!(
        class(Call::get("/slow").within(soon)).await,
        FaultClass::Transient
    );
    assert_eq!(
        class(Call::post("/slow").within(soon)).await,
        FaultClass::Ambiguous
    );
    assert_eq!(
        class(Call::post("/slow").reading().within(soon)).await,
        FaultClass::Transient
    );
    let busy = wire.ask(&cx(), Call::post("/busy")).await.err().unwrap();
    assert_eq!(
        (busy.class, busy.retry_after_s),
        (FaultClass::Transient, Some(7))
    );

    let nobody = Wire::new("thing", "http://127.0.0.1:1", Auth::Open, None).unwrap();
    let refused = nobody.send(&cx(), Call::post("/x")).await.err().unwrap();
    assert_eq!(refused.class, FaultClass::Transient, "nothing was sent");
}

#[test]
fn names_from_outside_stay_one_segment() {
    assert_eq!(segment("a/b?c#d%"), "a%2Fb%3Fc%23d%25");
    assert_eq!(segment(".."), "%2E%2E");
    assert_eq!(segment("v1.2-x_y~"), "v1.2-x_y~");
    assert_eq!(segment("é"), "%C3%A9");
}

#[test]
fn a_secret_is_a_reference_in_the_configuration() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{CANARY}\n")).unwrap();
    let path = file.path().display();
    assert_eq!(
        Secret::load(&format!("file:{path}")).ok().unwrap().expose(),
        CANARY
    );
    assert!(matches!(Secret::load(CANARY), Err(SecretError::Reference)));
    assert!(matches!(
        Secret::load("env:NO_SUCH_VARIABLE"),
        Err(SecretError::Absent(_))
    ));
    std::fs::write(file.path(), " \n").unwrap();
    assert!(matches!(
        Secret::load(&format!("file:{path}")),
        Err(SecretError::Empty(_))
    ));
}
