//! The question a gate asks, worded once for the signed-in page and for the link.

use catalogue::Text;
use engine::{
    approval::{Decision as Said, Gate, Verdict},
    people::Person,
    ticket::{Start, Ticket},
};
use serde_json::Value;
use workflows::{Plan, Purpose, Work};

use super::{
    posted::Posted,
    words::{impact_key, name_of, purpose},
};
use crate::pages::{
    Ui,
    decide::{Decision, Recorded},
    fields::{Choice, Faults, Field, Input, Line},
    plan::PlanView,
    ui::Fact,
};

/// What `gate` of `ticket` asks, of people who may be named.
pub(super) struct Question<'a> {
    pub(super) ui: &'a Ui,
    pub(super) ticket: &'a Ticket,
    pub(super) gate: &'a Gate,
    pub(super) people: &'a [Person],
}

/// The answer in a posted form, as far as it can be understood.
pub(super) struct Answer {
    pub(super) verdict: Option<Verdict>,
    pub(super) comment: Option<String>,
}

impl Answer {
    pub(super) fn of(posted: &Posted) -> Answer {
        Answer {
            verdict: match posted.get("choice") {
                Some("approve") => Some(Verdict::Approve),
                Some("refuse") => Some(Verdict::Reject),
                _ => None,
            },
            comment: Some(posted.text("comment")).filter(|it| !it.is_empty()),
        }
    }
}

/// What is wrong with an answer, field by field.
#[derive(Default)]
pub(super) struct Wrong {
    pub(super) choice: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) code: Option<String>,
}

impl Wrong {
    pub(super) fn is_empty(&self) -> bool {
        self.choice.is_none() && self.comment.is_none() && self.code.is_none()
    }
}

impl Question<'_> {
    fn text(&self, text: &Text) -> String {
        text.get(self.ui.words.lang()).to_owned()
    }

    fn t(&self, suffix: &str) -> String {
        self.ui
            .t(&format!("ask-{}{suffix}", purpose(self.gate.purpose)))
    }

    /// What is wrong with an answer before the desk is asked.
    pub(super) fn wrong(&self, answer: &Answer) -> Wrong {
        let mut wrong = Wrong::default();
        if answer.verdict.is_none() {
            wrong.choice = Some(self.ui.t("ask-choose"));
        }
        if answer.verdict == Some(Verdict::Reject) && answer.comment.is_none() {
            wrong.comment = Some(self.ui.t("ask-say-why"));
        }
        wrong
    }

    /// The form. What was typed is kept; a choice only when it was the reader's own and something
    /// else was wrong.
    pub(super) fn form(
        &self,
        action: String,
        nonce: String,
        needs_code: bool,
        posted: &Posted,
        wrong: Wrong,
    ) -> Decision {
        let words = self.ui.words;
        let kept = if wrong.is_empty() {
            None
        } else {
            posted.get("choice")
        };
        let choice = |value: &str, suffix| Choice {
            chosen: kept == Some(value),
            ..Choice::new(value, self.t(suffix))
        };
        let radios = Input::Radios(vec![choice("approve", "-yes"), choice("refuse", "-no")]);
        let area = Input::Area {
            value: posted.text("comment"),
            rows: 3,
            code: false,
        };
        let mut fields = vec![
            Field::new(words, "choice", self.ui.t("ask-decision"), radios).error(wrong.choice),
            Field::new(words, "comment", self.ui.t("decide-comment"), area)
                .hint(self.ui.t("ask-comment-hint"))
                .error(wrong.comment),
        ];
        if needs_code {
            let line = Line {
                complete: "one-time-code",
                ..Line::number("", None)
            };
            fields.push(
                Field::new(words, "code", self.ui.t("ask-code"), Input::Line(line))
                    .hint(self.ui.t("ask-code-hint"))
                    .error(wrong.code),
            );
        }
        Decision {
            question: self.t(""),
            facts: self.facts(),
            plan: self.plan().map(|it| it.capped(24)),
            detail: self.ui.t(match self.gate.purpose {
                Purpose::Validation => "decide-done",
                _ => "decide-plan",
            }),
            caution: (self.gate.purpose == Purpose::Estimate).then(|| self.ui.t("ask-due")),
            action,
            nonce,
            faults: Faults::of(words, &fields),
            fields,
            again: None,
        }
    }

    /// The plan that is decided on, where the question is about a plan.
    pub(super) fn plan(&self) -> Option<PlanView> {
        match self.gate.purpose {
            Purpose::Agreement | Purpose::Operations | Purpose::Passage | Purpose::Validation => {
                plan(self.ui, self.ticket)
            }
            Purpose::Offer | Purpose::Estimate => None,
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let (ui, ticket) = (self.ui, self.ticket);
        let title = self.text(&ticket.title);
        let by = name_of(self.people, ticket.requester);
        let asked = ui.moment(ticket.created_at);
        let mut facts = vec![
            Fact::new(
                ui.t("fact-request"),
                format!("{} — {title}", ticket.reference),
            ),
            Fact::new(ui.t("fact-by"), format!("{by}, {asked}")),
        ];
        let mut put = |key: &str, value: String| facts.push(Fact::new(ui.t(key), value));
        if let Some(cluster) = &ticket.cluster {
            put("fact-cluster", cluster.clone());
        }
        if let Some(study) = &ticket.study {
            if let Some(minutes) = &study.minutes {
                put("fact-need", minutes.clone());
            }
            if let (Some(effort), Some(lead)) = (study.effort_days, study.lead_days) {
                let text = ui
                    .say("fact-days-value")
                    .n("effort", effort)
                    .n("lead", lead);
                put("fact-days", text.to_string());
            }
        }
        if let Some(quote) = ticket.task("quote").and_then(|it| it.note.clone()) {
            put("fact-covers", quote);
        }
        match self.gate.purpose {
            Purpose::Validation => put("fact-result", self.result()),
            _ => {
                if let Some(impact) = &ticket.impact {
                    put("fact-effect", ui.t(impact_key(impact.level)));
                }
            }
        }
        if let Some(price) = &ticket.price {
            put("fact-price", self.price(i64::from(price.total().0)));
        }
        if let Some(when) = self.when() {
            put("fact-when", when);
        }
        if let Some(until) = self.gate.expires_at {
            put("fact-until", ui.moment(until));
        }
        facts
    }

    fn price(&self, total: i64) -> String {
        let tokens = self.ui.tokens(total);
        let key = match self.gate.purpose {
            Purpose::Offer | Purpose::Estimate => "price-on-yes",
            Purpose::Validation => "price-on-validation",
            Purpose::Agreement | Purpose::Operations | Purpose::Passage => "price-on-agreement",
        };
        self.ui.say(key).with("tokens", tokens).to_string()
    }

    fn when(&self) -> Option<String> {
        match self.gate.purpose {
            Purpose::Agreement | Purpose::Operations => match self.ticket.start {
                Start::At(at) => Some(self.ui.moment(at)),
                Start::Asap => Some(self.ui.t("start-asap")),
            },
            Purpose::Offer | Purpose::Estimate | Purpose::Passage | Purpose::Validation => None,
        }
    }

    fn result(&self) -> String {
        let proofs: Vec<_> = self.ticket.tasks.iter().flat_map(|it| &it.proofs).collect();
        let good = proofs.iter().filter(|it| it.ok).count();
        let hand = self.ticket.tasks.iter().filter_map(|it| it.note.as_deref());
        let mut text = self
            .ui
            .say("fact-proofs")
            .n("good", good)
            .n("all", proofs.len())
            .to_string();
        for note in hand.take(3) {
            text.push('\n');
            text.push_str(note);
        }
        text
    }

    /// A decision of this gate as its receipt shows it.
    pub(super) fn recorded(&self, said: &Said) -> Recorded {
        let yes = said.verdict == Verdict::Approve;
        let contested = !yes && self.gate.purpose == Purpose::Validation;
        let key = |yes_suffix: &str, no: &str, contest: &str| match (yes, contested) {
            (true, _) => self.t(yes_suffix),
            (false, true) => self.ui.t(contest),
            (false, false) => self.ui.t(no),
        };
        Recorded {
            reference: self.ticket.reference.clone(),
            title: self.text(&self.ticket.title),
            who: name_of(self.people, said.person),
            what: key("-done", "ask-refused", "ask-contested"),
            yes,
            at: said.at,
            comment: said.comment.clone(),
            digest: Some(self.gate.digest.clone()),
            next: key("-next", "ask-refused-next", "ask-contested-next"),
        }
    }
}

/// The plan of a ticket as it stands, if it has been computed.
pub(super) fn plan(ui: &Ui, ticket: &Ticket) -> Option<PlanView> {
    let digest = ticket.digest.as_deref()?;
    let planned = ticket.tasks.iter().filter_map(|task| {
        let mut plan = task.planned.as_ref()?.plan.clone();
        if let Work::Manual { .. } = task.node.work {
            for change in &mut plan.changes {
                change.path = task.node.title.get(ui.words.lang()).to_owned();
            }
        }
        Some(plan)
    });
    let plans: Vec<Plan<Value>> = planned.collect();
    Some(PlanView::of(ui.words, digest, &plans))
}
