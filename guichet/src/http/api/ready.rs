//! Whether this program is ready: the database answers, and nothing due has been left waiting.

use super::super::problem::{FieldProblem, Problem};
use crate::config::ReadyConfig;
use axum::http::StatusCode;
use catalogue::Text;
use engine::{desk::Desk, gauges::Pulse, store::StoreError};
use migrations::Migrator;
use sea_orm_migration::MigratorTrait;
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer is good for: anybody may ask, and asking often costs nothing more.
const FRESH: Duration = Duration::from_millis(500);

/// When the program calls itself ready, and what it saw last.
#[derive(Debug, Default)]
pub struct Readiness {
    bounds: ReadyConfig,
    current: AtomicBool,
    seen: Mutex<Option<(Instant, Pulse)>>,
}

/// What the database had to say.
enum Seen {
    Pulse(Pulse),
    OldSchema(usize),
    Failed(StoreError),
}

impl Readiness {
    /// Ready within these bounds.
    #[must_use]
    pub fn within(bounds: ReadyConfig) -> Self {
        Readiness {
            bounds,
            ..Readiness::default()
        }
    }

    /// How the work stands, in seconds.
    ///
    /// # Errors
    /// 503 that names everything that is wrong.
    pub async fn look(&self, desk: &Desk) -> Result<Value, Problem> {
        let asked = tokio::time::timeout(PATIENCE, self.see(desk)).await;
        let pulse = match asked {
            Ok(Seen::Pulse(pulse)) => pulse,
            Ok(Seen::OldSchema(steps)) => {
                let fr = format!("Il manque {steps} étapes au schéma de la base de données.");
                let en = format!("The schema of the database lacks {steps} steps.");
                return Err(not_ready(vec![("database", Text::new(fr, en))]));
            }
            Ok(Seen::Failed(error)) => {
                tracing::warn!(%error, "not ready");
                return Err(not_ready(vec![("database", silent())]));
            }
            Err(_) => return Err(not_ready(vec![("database", silent())])),
        };
        let late = self.late(&pulse);
        if !late.is_empty() {
            return Err(not_ready(late));
        }
        let seconds = |it: Duration| it.as_secs_f64();
        Ok(json!({
            "ok": true,
            "lag_seconds": { "wake": seconds(pulse.wake), "task": seconds(pulse.task) },
            "outbox_seconds": seconds(pulse.letter),
        }))
    }

    async fn see(&self, desk: &Desk) -> Seen {
        if !self.current.load(Ordering::Relaxed) {
            // A schema that is up to date stays so.
            match Migrator::get_pending_migrations(desk.store.connection()).await {
                Ok(it) if it.is_empty() => self.current.store(true, Ordering::Relaxed),
                Ok(it) => return Seen::OldSchema(it.len()),
                Err(error) => return Seen::Failed(error.into()),
            }
        }
        let mut seen = self.seen.lock().await;
        if let Some((at, pulse)) = *seen
            && at.elapsed() < FRESH
        {
            return Seen::Pulse(pulse);
        }
        match desk.pulse().await {
            Ok(pulse) => {
                *seen = Some((Instant::now(), pulse));
                Seen::Pulse(pulse)
            }
            Err(error) => Seen::Failed(error),
        }
    }

    fn late(&self, pulse: &Pulse) -> Vec<(&'static str, Text)> {
        let over = |it: Duration, bound: u64| bound > 0 && it.as_secs() > bound;
        let mut late = Vec::new();
        let (lag, most) = (pulse.wake.max(pulse.task), self.bounds.lag_s);
        if over(lag, most) {
            let (lag, fr, en) = (lag.as_secs(), "attend depuis", "has been waiting for");
            late.push((
                "lag",
                Text::new(
                    format!("Ce qui est dû {fr} {lag} s\u{202f}; la limite est {most} s."),
                    format!("Something due {en} {lag} s; the limit is {most} s."),
                ),
            ));
        }
        let (age, most) = (pulse.letter.as_secs(), self.bounds.outbox_s);
        if over(pulse.letter, most) {
            late.push((
                "outbox",
                Text::new(
                    format!("Un courriel est dû depuis {age} s\u{202f}; la limite est {most} s."),
                    format!("A letter has been owed for {age} s; the limit is {most} s."),
                ),
            ));
        }
        late
    }
}

fn silent() -> Text {
    Text::new(
        "La base de données ne répond pas.",
        "The database does not answer.",
    )
}

fn not_ready(why: Vec<(&'static str, Text)>) -> Problem {
    let mut problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-ready",
        "Le service n’est pas prêt.",
        "The service is not ready.",
    );
    problem.errors = why
        .into_iter()
        .map(|(what, detail)| FieldProblem {
            pointer: format!("/{what}"),
            code: format!("ready.{what}"),
            detail,
        })
        .collect();
    problem.retry_after = Some(5);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(lag_s: u64, outbox_s: u64, pulse: Pulse) -> Vec<&'static str> {
        let it = Readiness::within(ReadyConfig { lag_s, outbox_s });
        it.late(&pulse).into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn everything_that_is_late_is_named_and_a_bound_of_zero_never_is() {
        let pulse = Pulse {
            task: Duration::from_secs(61),
            letter: Duration::from_secs(901),
            ..Pulse::default()
        };
        assert_eq!(late(60, 900, pulse), ["lag", "outbox"]);
        assert_eq!(late(61, 901, pulse), [""; 0]);
        assert_eq!(late(0, 900, pulse), ["outbox"]);
        assert_eq!(late(60, 0, pulse), ["lag"]);
        assert_eq!(late(60, 900, Pulse::default()), [""; 0]);
    }
}
