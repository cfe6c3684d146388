//! What a change does where people do it: said in the plan like everything else, and visibly as
//! something that no system was asked about.

use crate::ticket::{Task, Ticket, task::Planned};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use workflows::{Change, Fidelity, Impact, Level, Phase, Plan, Verb, Work, reference};

/// What stands in a plan for a line that nothing can take back.
const FOR_GOOD: &str = "Ce changement ne se défait pas de lui-même\u{a0}; lisez d’abord ce qu’il \
    faut savoir. / This change cannot be taken back; read first what there is to know.";

/// Puts every manual task of the change into the plan.
pub(super) fn foresee(ticket: &mut Ticket) {
    let mut impact = line_impact(ticket);
    let foreseen = |it: &Task| {
        let by_hand = matches!(it.node.work, Work::Manual { .. });
        by_hand && it.node.phase == Phase::Act && !it.status.is_over()
    };
    ticket.tasks.change_those(foreseen, |task| {
        let Work::Manual { with, .. } = &task.node.work else {
            return;
        };
        let with = reference::resolve_known(with, &|_| None).unwrap_or(Value::Null);
        let empty = with.as_object().is_none_or(serde_json::Map::is_empty);
        let change = Change {
            path: task.node.title.fr.clone(),
            verb: Verb::Run,
            before: Value::Null,
            after: if empty { Value::Null } else { with },
            secret: false,
            fidelity: Fidelity::Opaque,
        };
        let mut plan = Plan::new(Value::Null, vec![change], Level::None);
        // The line's impact is told once, with its first task.
        plan.impact = std::mem::take(&mut impact);
        let digest = plan.digest();
        task.planned = Some(Arc::new(Planned {
            plan,
            digest,
            targets: Vec::new(),
            opaque: true,
        }));
    });
}

/// What the catalogue says of a line whose effect cannot be computed.
fn line_impact(ticket: &Ticket) -> Impact {
    let Some(entry) = &ticket.ordered.entry else {
        return Impact::default();
    };
    let said = entry
        .given
        .get("impact")
        .and_then(|it| Level::deserialize(it).ok());
    let mut impact = Impact::of(said.unwrap_or_default());
    if entry.irreversible {
        impact.level = Level::DataLoss;
        impact.irreversible = Some(FOR_GOOD.to_owned());
    }
    impact
}
