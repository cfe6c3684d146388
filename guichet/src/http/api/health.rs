//! Probes for whoever runs this program, and the pages that problems point to.

use super::super::{
    Web,
    problem::{Problem, language},
};
use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use catalogue::Lang;
use serde_json::{Value, json};

/// The process answers; nothing else is touched.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({"ok": true}))
}

/// The database answers, and nothing due has been left waiting beyond the bounds.
pub(super) async fn ready(State(web): State<Web>) -> Result<Json<Value>, Problem> {
    web.house.readiness.look(&web.desk).await.map(Json)
}

/// What the `type` of a problem leads to.
pub(super) async fn problem(headers: HeaderMap, Path(code): Path<String>) -> Json<Value> {
    let about = match language(&headers) {
        Lang::Fr => {
            "Code stable d’un refus de Guichet\u{a0}: la réponse qui le porte dit le \
                     motif, la clause du contrat et le remède."
        }
        Lang::En => {
            "Stable code of a refusal of Guichet: the answer that bears it says the \
                     reason, the clause of the contract and the remedy."
        }
    };
    let code: String = code
        .chars()
        .filter(|it| !it.is_control())
        .take(100)
        .collect();
    Json(json!({"code": code, "about": about}))
}
