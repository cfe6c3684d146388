//! Letters that ask their reader to decide: what is decided, what it does, what it costs.

use super::{Room, count, result_of};
use crate::{
    mail::view::{
        Approval, Ask, Effect, Estimate, PlanFacts, Quote, Reversible, Validation, Window,
    },
    post::quoted,
};
use catalogue::Text;
use chrono::{DateTime, Duration, Utc};
use engine::{
    approval::{Gate, GateState},
    ticket::Task,
};
use workflows::{Phase, Purpose, UndoKind, Work};

impl Room<'_> {
    pub(super) fn ask(&self) -> Ask {
        let Some(gate) = &self.due.gate else {
            return Ask::Approval(self.approval(None));
        };
        match gate.purpose {
            Purpose::Offer => Ask::Quote(Quote {
                price: self.price(),
                covers: self.covers(),
                until: self.until(gate),
                link: self.link(),
            }),
            Purpose::Estimate => Ask::Estimate(self.estimate(gate)),
            Purpose::Validation => Ask::Validation(self.validation(gate)),
            Purpose::Agreement | Purpose::Operations | Purpose::Passage => {
                let now = self.approval(Some(gate));
                match self.void_agreement() {
                    Some(approved) if gate.purpose == Purpose::Agreement => {
                        Ask::PlanChanged { approved, now }
                    }
                    _ => Ask::Approval(now),
                }
            }
        }
    }

    /// When the agreement given to an earlier plan was given.
    pub(super) fn void_agreement(&self) -> Option<DateTime<Utc>> {
        let earlier = self
            .ticket()
            .gates
            .iter()
            .filter(|it| it.purpose == Purpose::Agreement && it.state == GateState::Approved);
        earlier.flat_map(|it| &it.decisions).map(|it| it.at).max()
    }

    pub(super) fn until(&self, gate: &Gate) -> DateTime<Utc> {
        let days = i64::from(self.terms().link_days);
        gate.expires_at
            .unwrap_or(gate.opened_at + Duration::days(days))
    }

    pub(super) fn covers(&self) -> Vec<Text> {
        let ticket = self.ticket();
        let quoted_note = ticket
            .task("quote")
            .and_then(|it| it.note.as_deref())
            .map(quoted);
        let entry = ticket.ordered.entry.as_ref().map(|it| it.summary.clone());
        [quoted_note, entry].into_iter().flatten().collect()
    }

    pub(super) fn approval(&self, gate: Option<&Gate>) -> Approval {
        Approval {
            plan: self.plan(),
            price: self.price(),
            window: self.window(),
            by: gate.and_then(|it| it.expires_at),
            link: self.link(),
        }
    }

    pub(super) fn window(&self) -> Option<Window> {
        let ticket = self.ticket();
        let from = ticket.starts_at.or(match ticket.start {
            engine::ticket::Start::Asap => None,
            engine::ticket::Start::At(at) => Some(at),
        })?;
        Some(Window { from, to: None })
    }

    pub(super) fn plan(&self) -> PlanFacts {
        let ticket = self.ticket();
        let planned = || ticket.tasks.iter().filter_map(|it| it.planned.as_ref());
        let effects = ticket
            .tasks
            .iter()
            .flat_map(|it| self.effects(it))
            .collect();
        let warnings = planned()
            .flat_map(|it| &it.plan.warnings)
            .map(|it| quoted(it))
            .collect();
        PlanFacts {
            effects,
            impact: ticket.impact.clone().unwrap_or_default(),
            reversible: self.reversible(),
            warnings,
            digest: ticket.digest.clone().unwrap_or_default(),
        }
    }

    /// What one task does, in words; by hand, in the reader's language.
    pub(super) fn effects(&self, task: &Task) -> Vec<Effect> {
        let planned = task.planned.iter().flat_map(|it| &it.plan.changes);
        planned
            .map(|change| {
                let mut effect = Effect::from(change);
                if let Work::Manual { .. } = task.node.work {
                    effect.path = task.node.title.get(self.due.to.lang).to_owned();
                }
                effect
            })
            .collect()
    }

    pub(super) fn reversible(&self) -> Reversible {
        let ticket = self.ticket();
        if ticket
            .impact
            .as_ref()
            .is_some_and(|it| it.irreversible.is_some())
        {
            return Reversible::No;
        }
        let by_hand = ticket
            .tasks
            .iter()
            .filter(|it| it.node.phase == Phase::Act)
            .any(|it| match &it.node.work {
                Work::Manual { .. } => true,
                Work::Action { name, .. } => self
                    .registry
                    .get(name)
                    .is_some_and(|it| it.policy().undo == UndoKind::Manual),
                Work::Plan | Work::Gate(_) | Work::Timer { .. } => false,
            });
        if by_hand {
            Reversible::ByHand
        } else {
            Reversible::Alone(None)
        }
    }

    pub(super) fn validation(&self, gate: &Gate) -> Validation {
        let ticket = self.ticket();
        let terms = self.terms();
        let acts = ticket.tasks.iter().filter(|it| it.node.phase == Phase::Act);
        let results = acts.flat_map(result_of).collect();
        let notes = ticket.ordered.entry.as_ref().map(|it| it.notes.clone());
        Validation {
            done: gate.opened_at,
            results,
            remains: notes.unwrap_or_default(),
            price: self.price(),
            balance_after: i64::from(count(&self.facts()["available"])),
            by: self.until(gate),
            tacit_on: terms
                .tacit_validation_days
                .map(|it| gate.opened_at + Duration::days(i64::from(it))),
            link: self.link(),
        }
    }

    pub(super) fn estimate(&self, gate: &Gate) -> Estimate {
        let study = self.ticket().study.clone().unwrap_or_default();
        let days = |it: Option<u32>| {
            let n = it.unwrap_or(0);
            Text::new(
                format!("{n}\u{a0}jours ouvrés"),
                format!("{n} working days"),
            )
        };
        Estimate {
            tokens: study.estimate.unwrap_or_default().0,
            duration: days(study.effort_days),
            lead_time: days(study.lead_days),
            until: self.until(gate),
            link: self.link(),
        }
    }
}
