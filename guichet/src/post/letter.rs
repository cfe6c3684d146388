//! From a message owed, and the ticket as it stands, to the facts of a letter.

use super::quoted;
use crate::mail::view::{
    Approval, Ask, Call, Closure, Conclusion, Decided, Effect, Estimate, Failure, Heading, Letter,
    Link, Outcome, PlanFacts, Price, Quote, Reader, Receipt, Reversible, Stop, Stopped, Undo,
    Validation, Window,
};
use catalogue::{Lang, Text};
use chrono::{DateTime, Duration, Utc};
use engine::{
    approval::{Gate, GateState},
    contract::Terms,
    id::PersonId,
    outbox::Due,
    people::Person,
    quota::PER_YEAR,
    ticket::{Ending, Status, Task, Ticket},
};
use serde_json::Value;
use workflows::{Phase, Purpose, Registry, UndoKind, Work};

/// Length of the call of a study (S20).
const CALL: Duration = Duration::minutes(30);

/// Everything a letter may draw on.
pub(super) struct Room<'a> {
    pub(super) due: &'a Due,
    pub(super) people: &'a [Person],
    pub(super) terms: Option<&'a Terms>,
    pub(super) base_url: &'a str,
    pub(super) provider: &'a str,
    pub(super) registry: &'a Registry,
}

/// Name of a person, or a dash.
pub(super) fn name_of(people: &[Person], id: PersonId) -> String {
    people.iter().find(|it| it.id == id).map_or_else(|| "—".into(), |it| it.name.clone())
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

fn count(value: &Value) -> u32 {
    value.as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
}

impl Room<'_> {
    fn ticket(&self) -> &Ticket {
        &self.due.ticket
    }
    fn facts(&self) -> &Value {
        &self.due.facts
    }
    fn page(&self) -> String {
        format!("{}/tickets/{}", self.base_url, self.ticket().reference)
    }
    fn link(&self) -> Link {
        match &self.due.link {
            Some(minted) => Link::Decision {
                url: format!("{}/v/{}", self.base_url, minted.token),
                code: minted.code.clone(),
            },
            None => Link::Portal(self.page()),
        }
    }
    fn price(&self) -> Price {
        let ticket = self.ticket();
        let slot = ticket.slot.map(|(_, ordinal)| (u32::from(ordinal), u32::from(PER_YEAR)));
        match &ticket.price {
            Some(it) => Price { base: it.base.0, surcharge: it.surcharge.0, slot },
            None => Price { base: 0, surcharge: 0, slot },
        }
    }
    fn terms(&self) -> Terms {
        self.terms.cloned().unwrap_or_default()
    }

    /// The letter.
    pub(super) fn letter(&self) -> Letter {
        match self.due.occasion.as_str() {
            "submitted" => self.submitted(),
            "offer" | "agreement" | "plan_changed" | "validation" | "estimate" => {
                Letter::Ask(self.ask())
            }
            "reminder" => self.reminder(),
            "receipt" => self.receipt(),
            "scheduled" => self.scheduled(),
            "failed" => self.failed(),
            "closed" => self.closed(),
            "ended" => self.stopped(),
            "call" => self.call(),
            "conclusion" => self.conclusion(),
            _ if self.due.gate.is_some() => Letter::Ask(self.ask()),
            _ => self.question(),
        }
    }

    fn submitted(&self) -> Letter {
        let ticket = self.ticket();
        let next = if ticket.study.is_some() {
            Text::new(
                "le support vous propose un point téléphonique d’une demi-heure",
                "the support centre proposes a half-hour call",
            )
        } else if ticket.price.is_none() {
            Text::new("un devis vous est proposé", "a quote is put to you")
        } else {
            Text::new(
                "le plan est calculé et soumis à l’accord",
                "the plan is computed and put up for agreement",
            )
        };
        Letter::Submitted {
            next,
            before: None,
            price: ticket.price.as_ref().map(|_| self.price()),
            decider: None,
            page: self.page(),
        }
    }

    fn ask(&self) -> Ask {
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
    fn void_agreement(&self) -> Option<DateTime<Utc>> {
        let earlier = self.ticket().gates.iter().filter(|it| {
            it.purpose == Purpose::Agreement && it.state == GateState::Approved
        });
        earlier.flat_map(|it| &it.decisions).map(|it| it.at).max()
    }

    fn until(&self, gate: &Gate) -> DateTime<Utc> {
        let days = i64::from(self.terms().link_days);
        gate.expires_at.unwrap_or(gate.opened_at + Duration::days(days))
    }

    fn covers(&self) -> Vec<Text> {
        let ticket = self.ticket();
        let quoted_note = ticket.task("quote").and_then(|it| it.note.as_deref()).map(quoted);
        let entry = ticket.ordered.entry.as_ref().map(|it| it.summary.clone());
        [quoted_note, entry].into_iter().flatten().collect()
    }

    fn approval(&self, gate: Option<&Gate>) -> Approval {
        Approval {
            plan: self.plan(),
            price: self.price(),
            window: self.window(),
            by: gate.and_then(|it| it.expires_at),
            link: self.link(),
        }
    }

    fn window(&self) -> Option<Window> {
        let ticket = self.ticket();
        let from = ticket.starts_at.or(match ticket.start {
            engine::ticket::Start::Asap => None,
            engine::ticket::Start::At(at) => Some(at),
        })?;
        Some(Window { from, to: None })
    }

    fn plan(&self) -> PlanFacts {
        let ticket = self.ticket();
        let planned = || ticket.tasks.iter().filter_map(|it| it.planned.as_ref());
        let effects = ticket.tasks.iter().flat_map(|it| self.effects(it)).collect();
        let warnings = planned().flat_map(|it| &it.plan.warnings).map(|it| quoted(it)).collect();
        PlanFacts {
            effects,
            impact: ticket.impact.clone().unwrap_or_default(),
            reversible: self.reversible(),
            warnings,
            digest: ticket.digest.clone().unwrap_or_default(),
        }
    }

    /// What one task does, in words; by hand, in the reader's language.
    fn effects(&self, task: &Task) -> Vec<Effect> {
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

    fn reversible(&self) -> Reversible {
        let ticket = self.ticket();
        if ticket.impact.as_ref().is_some_and(|it| it.irreversible.is_some()) {
            return Reversible::No;
        }
        let by_hand = ticket.tasks.iter().filter(|it| it.node.phase == Phase::Act).any(|it| {
            match &it.node.work {
                Work::Manual { .. } => true,
                Work::Action { name, .. } => self
                    .registry
                    .get(name)
                    .is_some_and(|it| it.policy().undo == UndoKind::Manual),
                Work::Plan | Work::Gate(_) | Work::Timer { .. } => false,
            }
        });
        if by_hand { Reversible::ByHand } else { Reversible::Alone(None) }
    }

    fn validation(&self, gate: &Gate) -> Validation {
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

    fn estimate(&self, gate: &Gate) -> Estimate {
        let study = self.ticket().study.clone().unwrap_or_default();
        let days = |it: Option<u32>| {
            let n = it.unwrap_or(0);
            Text::new(format!("{n}\u{a0}jours ouvrés"), format!("{n} working days"))
        };
        Estimate {
            tokens: study.estimate.unwrap_or_default().0,
            duration: days(study.effort_days),
            lead_time: days(study.lead_days),
            until: self.until(gate),
            link: self.link(),
        }
    }

    fn reminder(&self) -> Letter {
        let gate = self.due.gate.as_ref();
        let of = u32::try_from(self.terms().reminder_days.len()).unwrap_or(2);
        let nth = gate.map_or(1, |it| it.reminders).clamp(1, of.max(1));
        let left = gate.and_then(|it| it.expires_at).map(|it| it - self.due.at);
        Letter::Reminder { ask: self.ask(), nth, of: of.max(nth), left, reader: Reader::Decider }
    }

    fn receipt(&self) -> Letter {
        let facts = self.facts();
        let approve = facts["verdict"] == "approve";
        let purpose = facts["purpose"].as_str().unwrap_or_default();
        let decided = match (purpose, approve) {
            ("validation", true) => Decided::Validated,
            ("validation", false) => Decided::Contested,
            (_, true) => Decided::Agreed,
            (_, false) => Decided::Declined,
        };
        let heading = match purpose {
            "validation" => Heading::Validation,
            "offer" => Heading::Quote { tokens: self.price().total() },
            "estimate" => Heading::Estimate,
            _ => {
                let digest = facts["digest"].as_str();
                let gates = &self.ticket().gates;
                let gate = gates.iter().find(|it| Some(it.digest.as_str()) == digest);
                Heading::Approval { by: gate.and_then(|it| it.expires_at) }
            }
        };
        let by = facts["by"].as_str().unwrap_or("—");
        Letter::Receipt(Receipt {
            heading,
            decided,
            at: time(&facts["at"]).unwrap_or(self.due.at),
            decider: by.to_owned(),
            own: by == self.due.to.name,
            comment: facts["comment"].as_str().map(str::to_owned),
            price: self.ticket().price.as_ref().map(|_| self.price()),
            digest: facts["digest"].as_str().map(str::to_owned),
            record: u64::try_from(self.due.key.record).unwrap_or(0),
            page: self.page(),
        })
    }

    fn scheduled(&self) -> Letter {
        let facts = self.facts();
        let from = time(&facts["starts_at"]).unwrap_or(self.due.at);
        Letter::Scheduled {
            window: Window { from, to: None },
            starting: facts["started"] == true || facts["reworked"] == true,
            plan: self.plan(),
            page: self.page(),
        }
    }

    fn failed(&self) -> Letter {
        let ticket = self.ticket();
        let acts = || ticket.tasks.iter().filter(|it| it.node.phase == Phase::Act);
        let broken = acts().find(|it| it.fault.is_some()).or_else(|| acts().next());
        let touched = acts().any(|it| it.begun.is_some());
        let undo = match (touched, ticket.standstill.is_some()) {
            (_, true) => Undo::Missing,
            (true, false) => Undo::Done,
            (false, false) => Undo::NotNeeded,
        };
        let title = broken.map(|it| it.node.title.clone());
        Letter::Failed(Failure {
            step: broken.map_or(0, |it| u32::try_from(it.seq + 1).unwrap_or(0)),
            title: title.unwrap_or_else(|| ticket.title.clone()),
            cause: quoted(ticket.cause.as_deref().unwrap_or("—")),
            undo,
            returned: count(&self.facts()["released"]),
            page: self.page(),
        })
    }

    fn closed(&self) -> Letter {
        let facts = self.facts();
        Letter::Closed(Closure {
            charged: count(&facts["captured"]),
            balance: i64::from(count(&facts["available"])),
            accelerated: (count(&facts["slots_used"]), u32::from(PER_YEAR)),
            tacit: facts["ending"] == Ending::Tacit.word(),
            reopen_until: self.due.at + Duration::days(7),
            record: u64::try_from(self.due.key.record).unwrap_or(0),
            page: self.page(),
        })
    }

    fn stopped(&self) -> Letter {
        let facts = self.facts();
        let how = match facts["ending"].as_str() {
            Some("declined") => Stop::Refused,
            Some("expired") => Stop::Expired,
            _ => Stop::Cancelled,
        };
        Letter::Stopped(Stopped {
            how,
            by: None,
            reason: quoted(self.ticket().cause.as_deref().unwrap_or("—")),
            clause: None,
            remedy: None,
            returned: count(&facts["released"]),
            page: self.page(),
        })
    }

    fn call(&self) -> Letter {
        let facts = self.facts();
        if let Some(minutes) = facts["minutes"].as_str() {
            return self.say(Text::new(
                format!("Compte rendu de l’appel, à corriger s’il le faut\u{a0}: {minutes}"),
                format!("Minutes of the call, to be corrected if needed: {minutes}"),
            ));
        }
        let Some(from) = time(&facts["call_at"]) else {
            let slots: Vec<String> = facts["slots"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(time)
                .map(|it| crate::format::date_time(self.due.to.lang, it))
                .collect();
            let slots = slots.join(" — ");
            return self.say(Text::new(
                format!("Choisissez un créneau pour l’appel d’une demi-heure\u{a0}: {slots}"),
                format!("Choose a slot for the half-hour call: {slots}"),
            ));
        };
        let ticket = self.ticket();
        let requester = self.people.iter().find(|it| it.id == ticket.requester);
        let attendees = [requester, Some(&self.due.to)]
            .into_iter()
            .flatten()
            .map(|it| (it.name.clone(), it.mail.clone()))
            .collect::<std::collections::BTreeSet<_>>();
        Letter::Call(Call {
            from,
            to: from + CALL,
            place: match self.due.to.lang {
                Lang::Fr => format!("{} vous appelle", self.provider),
                Lang::En => format!("{} calls you", self.provider),
            },
            attendees: attendees.into_iter().collect(),
            moved: 0,
            page: self.page(),
        })
    }

    fn conclusion(&self) -> Letter {
        let ticket = self.ticket();
        let study = ticket.study.clone().unwrap_or_default();
        let why = study.justification.clone().unwrap_or_default();
        let outcome = if study.feasible == Some(true) {
            let items = study.items.into_iter().map(|it| (it.title, it.tokens.0)).collect();
            Outcome::Feasible(items)
        } else {
            Outcome::Infeasible(quoted(&why))
        };
        Letter::Conclusion(Conclusion {
            outcome,
            charged: count(&self.facts()["captured"]),
            balance: i64::from(count(&self.facts()["available"])),
            page: self.page(),
        })
    }

    fn say(&self, words: Text) -> Letter {
        Letter::Question {
            asker: self.provider.to_owned(),
            question: words.get(self.due.to.lang).to_owned(),
            page: self.page(),
        }
    }

    /// Somebody of the provider has to act, or a detail is needed.
    fn question(&self) -> Letter {
        let facts = self.facts();
        let task = facts["task"].as_str().and_then(|it| self.ticket().task(it));
        let title = task.map_or_else(|| self.ticket().title.clone(), |it| it.node.title.clone());
        let cause = facts["cause"].as_str().unwrap_or_default();
        let words = if facts["blocked"] == true {
            Text::new(
                format!("« {} » est bloquée\u{a0}: {cause}", title.fr),
                format!("“{}” is blocked: {cause}", title.en),
            )
        } else if facts["undo"] == true {
            Text::new(
                format!("« {} » est à défaire à la main.", title.fr),
                format!("“{}” has to be taken back by hand.", title.en),
            )
        } else if facts["contested"] == true {
            Text::new(
                format!("Le client ne valide pas\u{a0}: {cause}"),
                format!("The client does not validate: {cause}"),
            )
        } else if let Some(why) = facts["suspended"].as_str() {
            Text::new(
                format!("La demande est suspendue\u{a0}: {why}"),
                format!("The ticket is suspended: {why}"),
            )
        } else if facts["nobody"] == true {
            Text::new(
                "Personne n’est habilité à répondre. Faites habiliter quelqu’un.",
                "Nobody is entitled to answer. Have somebody entitled.",
            )
        } else if facts["silent"] == true {
            Text::new(
                "La réponse attendue du client tarde malgré une relance.",
                "The client’s answer is late although a reminder was sent.",
            )
        } else {
            Text::new(
                format!("« {} » est à faire à la main.", title.fr),
                format!("“{}” is to be done by hand.", title.en),
            )
        };
        self.say(words)
    }
}

/// What a task brought, one line per proof.
fn result_of(task: &Task) -> Vec<Text> {
    if task.status != Status::Done {
        return Vec::new();
    }
    if task.proofs.is_empty() {
        return task.note.as_deref().map(quoted).into_iter().collect();
    }
    task.proofs.iter().filter(|it| it.ok).map(|it| quoted(&it.claim)).collect()
}
