//! Letters that tell their reader what happened, or that somebody has to act.

use super::{CALL, Room, count, time};
use crate::{
    mail::view::{
        Call, Closure, Conclusion, Decided, Failure, Heading, Letter, Outcome, Reader, Receipt,
        Stop, Stopped, Undo, Window,
    },
    post::quoted,
};
use catalogue::{Lang, Text};
use engine::{quota::PER_YEAR, ticket::Ending};
use workflows::Phase;

impl Room<'_> {
    pub(super) fn submitted(&self) -> Letter {
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

    pub(super) fn reminder(&self) -> Letter {
        let gate = self.due.gate.as_ref();
        let of = u32::try_from(self.terms().reminder_days.len()).unwrap_or(2);
        let nth = gate.map_or(1, |it| it.reminders).clamp(1, of.max(1));
        let left = gate.and_then(|it| it.expires_at).map(|it| it - self.due.at);
        Letter::Reminder {
            ask: self.ask(),
            nth,
            of: of.max(nth),
            left,
            reader: Reader::Decider,
        }
    }

    pub(super) fn receipt(&self) -> Letter {
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
            "offer" => Heading::Quote {
                tokens: self.price().total(),
            },
            "estimate" => Heading::Estimate,
            _ => {
                let digest = facts["digest"].as_str();
                let gates = &self.ticket().gates;
                let gate = gates.iter().find(|it| Some(it.digest.as_str()) == digest);
                Heading::Approval {
                    by: gate.and_then(|it| it.expires_at),
                }
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

    pub(super) fn scheduled(&self) -> Letter {
        let facts = self.facts();
        let from = time(&facts["starts_at"]).unwrap_or(self.due.at);
        Letter::Scheduled {
            window: Window { from, to: None },
            starting: facts["started"] == true || facts["reworked"] == true,
            plan: self.plan(),
            page: self.page(),
        }
    }

    pub(super) fn failed(&self) -> Letter {
        let ticket = self.ticket();
        let acts = || ticket.tasks.iter().filter(|it| it.node.phase == Phase::Act);
        let broken = acts()
            .find(|it| it.fault.is_some())
            .or_else(|| acts().next());
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

    pub(super) fn closed(&self) -> Letter {
        let facts = self.facts();
        Letter::Closed(Closure {
            charged: count(&facts["captured"]),
            balance: i64::from(count(&facts["available"])),
            accelerated: (count(&facts["slots_used"]), u32::from(PER_YEAR)),
            tacit: facts["ending"] == Ending::Tacit.word(),
            record: u64::try_from(self.due.key.record).unwrap_or(0),
            page: self.page(),
        })
    }

    pub(super) fn stopped(&self) -> Letter {
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

    pub(super) fn call(&self) -> Letter {
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

    pub(super) fn conclusion(&self) -> Letter {
        let ticket = self.ticket();
        let study = ticket.study.clone().unwrap_or_default();
        let why = study.justification.clone().unwrap_or_default();
        let outcome = if study.feasible == Some(true) {
            let items = study
                .items
                .into_iter()
                .map(|it| (it.title, it.tokens.0))
                .collect();
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

    pub(super) fn say(&self, words: Text) -> Letter {
        Letter::Question {
            asker: self.provider.to_owned(),
            question: words.get(self.due.to.lang).to_owned(),
            page: self.page(),
        }
    }

    /// Somebody of the provider has to act, or a detail is needed.
    pub(super) fn question(&self) -> Letter {
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
