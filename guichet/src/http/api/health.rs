//! Probes for whoever runs this program, and the pages that problems point to.

use super::super::{
    Web,
    problem::{Problem, language},
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use catalogue::Lang;
use migrations::Migrator;
use sea_orm_migration::MigratorTrait;
use serde_json::{Value, json};

/// The process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({"ok": true}))
}

/// The database answers, and its schema is the one this program was built with.
pub(super) async fn ready(State(web): State<Web>) -> Result<Json<Value>, Problem> {
    let pending = Migrator::get_pending_migrations(web.desk.store.connection()).await;
    let not_yet = |why: &str| {
        tracing::warn!(why, "not ready");
        let mut problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-ready",
            "Le service n’est pas prêt.",
            "The service is not ready.",
        );
        problem.retry_after = Some(5);
        problem
    };
    match pending {
        Ok(it) if it.is_empty() => Ok(Json(json!({"ok": true}))),
        Ok(_) => Err(not_yet("schema steps are pending")),
        Err(error) => Err(not_yet(&error.to_string())),
    }
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
