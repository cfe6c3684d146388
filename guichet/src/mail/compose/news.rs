//! Letters that tell something and ask for no decision.

use super::{Said, Words};
use crate::mail::{
    clean,
    view::{
        Call, Closure, Conclusion, Decided, Failure, Letter, Outcome, PlanFacts, Price, Receipt,
        Stop, Stopped, Undo, Window,
    },
};
use catalogue::Text;
use chrono::{DateTime, Utc};

impl Words {
    pub(super) fn news(&self, letter: &Letter) -> Said {
        match letter {
            Letter::Submitted {
                next,
                before,
                price,
                decider,
                page,
            } => self.submitted(next, *before, price.as_ref(), decider.as_deref(), page),
            Letter::Question {
                asker,
                question,
                page,
            } => self.question(asker, question, page),
            Letter::Receipt(it) => self.receipt(it),
            Letter::Scheduled {
                window,
                starting,
                plan,
                page,
            } => self.scheduled(window, *starting, plan, page),
            Letter::Failed(it) => self.failed(it),
            Letter::Closed(it) => self.closed(it),
            Letter::Stopped(it) => self.stopped(it),
            Letter::Call(it) => self.call(it),
            Letter::Conclusion(it) => self.conclusion(it),
            Letter::Ask(ask) | Letter::Reminder { ask, .. } => self.ask(ask),
        }
    }

    fn submitted(
        &self,
        next: &Text,
        before: Option<DateTime<Utc>>,
        price: Option<&Price>,
        decider: Option<&str>,
        page: &str,
    ) -> Said {
        let next = self.text(next);
        let lead = match before {
            Some(by) => self
                .all
                .say("mail-submitted-lead-by")
                .with("next", next)
                .with("by", self.day_time(by)),
            None => self.all.say("mail-submitted-lead").with("next", next),
        };
        let mut facts = Vec::new();
        facts.push(match price {
            Some(price) => self.fact("mail-price-held", self.price(price)),
            None => self.fact("mail-price", self.all.t("mail-price-later")),
        });
        if let Some(who) = decider {
            facts.push(self.fact("mail-decider", clean::line(who, clean::NAME)));
        }
        self.told(lead.to_string(), facts, page)
    }

    fn question(&self, asker: &str, question: &str, page: &str) -> Said {
        let lead = self
            .all
            .say("mail-question-lead")
            .with("who", clean::line(asker, clean::NAME));
        let facts = self.list("mail-question", clean::lines(question, clean::COMMENT));
        Said {
            button: self.page("mail-answer", page),
            silence: Some(self.all.t("mail-question-silence")),
            ..self.told(lead.to_string(), facts.into_iter().collect(), page)
        }
    }

    fn receipt(&self, it: &Receipt) -> Said {
        let key = match (it.decided, it.own) {
            (Decided::Agreed, true) => "mail-receipt-own-agreed",
            (Decided::Declined, true) => "mail-receipt-own-declined",
            (Decided::Validated, true) => "mail-receipt-own-validated",
            (Decided::Contested, true) => "mail-receipt-own-contested",
            (Decided::Agreed, false) => "mail-receipt-agreed",
            (Decided::Declined, false) => "mail-receipt-declined",
            (Decided::Validated, false) => "mail-receipt-validated",
            (Decided::Contested, false) => "mail-receipt-contested",
        };
        let decider = clean::line(&it.decider, clean::NAME);
        let mut say = self.all.say(key).with("at", self.day_time(it.at));
        if !it.own {
            say = say.with("who", &decider);
        }
        let lead = say.to_string();
        let mut facts = vec![self.fact("mail-decided-by", decider)];
        if let Some(comment) = &it.comment {
            facts.extend(self.list("mail-comment", clean::lines(comment, clean::COMMENT)));
        }
        facts.extend(
            it.price
                .as_ref()
                .map(|it| self.fact("mail-price", self.price(it))),
        );
        facts.extend(it.digest.as_deref().map(|it| self.digest(it)));
        facts.push(self.record(it.record));
        let note = if it.own {
            "mail-receipt-not-you"
        } else {
            "mail-receipt-wrong"
        };
        Said {
            notes: vec![self.all.t(note)],
            ..self.told(lead, facts, &it.page)
        }
    }

    fn scheduled(&self, window: &Window, starting: bool, plan: &PlanFacts, page: &str) -> Said {
        let when = self.window(window);
        let key = if starting {
            "mail-starting-lead"
        } else {
            "mail-scheduled-lead"
        };
        let lead = self.all.say(key).with("window", &when).to_string();
        let mut facts = vec![self.fact("mail-when", when)];
        facts.extend(self.plan(plan, "mail-notes"));
        self.told(lead, facts, page)
    }

    fn failed(&self, it: &Failure) -> Said {
        let (lead, undo) = match it.undo {
            Undo::Done => ("mail-failed-lead-undone", "mail-undone"),
            Undo::NotNeeded => ("mail-failed-lead-nothing", "mail-undone-nothing"),
            Undo::Missing => ("mail-failed-lead-missing", "mail-undone-missing"),
        };
        let step = format!("{} — {}", it.step, self.text(&it.title));
        let mut facts = vec![
            self.fact("mail-step", step),
            self.fact("mail-cause", self.text(&it.cause)),
            self.fact("mail-rollback", self.all.t(undo)),
            self.fact("mail-charged", self.tokens(0)),
        ];
        if it.returned > 0 {
            facts.push(self.fact("mail-returned", self.tokens(it.returned)));
        }
        let lead = self.all.say(lead).with("step", it.step).to_string();
        Said {
            silence: Some(self.all.t("mail-failed-silence")),
            ..self.told(lead, facts, &it.page)
        }
    }

    fn closed(&self, it: &Closure) -> Said {
        let (used, of) = it.accelerated;
        let (charged, balance) = (self.tokens(it.charged), self.tokens(it.balance));
        let accelerated = self
            .all
            .say("mail-n-of")
            .with("n", used)
            .with("of", of)
            .to_string();
        let lead = self
            .all
            .say(if it.tacit {
                "mail-closed-lead-tacit"
            } else {
                "mail-closed-lead"
            })
            .with("charged", &charged)
            .with("balance", &balance)
            .with("accelerated", &accelerated)
            .to_string();
        let facts = vec![
            self.fact("mail-charged", charged),
            self.fact("mail-balance", balance),
            self.fact("mail-accelerated", accelerated),
            self.record(it.record),
        ];
        self.told(lead, facts, &it.page)
    }

    fn stopped(&self, it: &Stopped) -> Said {
        let key = match (it.how, &it.by) {
            (Stop::Refused, Some(_)) => "mail-refused-by-lead",
            (Stop::Refused, None) => "mail-refused-lead",
            (Stop::Cancelled, Some(_)) => "mail-cancelled-by-lead",
            (Stop::Cancelled, None) => "mail-cancelled-lead",
            (Stop::Expired, _) => "mail-expired-lead",
        };
        let mut say = self.all.say(key);
        if let (Some(who), Stop::Refused | Stop::Cancelled) = (&it.by, it.how) {
            say = say.with("who", clean::line(who, clean::NAME));
        }
        let mut facts = vec![self.fact("mail-reason", self.text(&it.reason))];
        if let Some(clause) = &it.clause {
            facts.push(self.fact("mail-clause", clean::line(clause, clean::VALUE)));
        }
        if let Some(remedy) = &it.remedy {
            facts.push(self.fact("mail-remedy", self.text(remedy)));
        }
        facts.push(self.fact("mail-returned", self.tokens(it.returned)));
        self.told(say.to_string(), facts, &it.page)
    }

    fn call(&self, it: &Call) -> Said {
        let window = Window {
            from: it.from,
            to: Some(it.to),
        };
        let when = self.window(&window);
        let key = if it.moved == 0 {
            "mail-call-lead"
        } else {
            "mail-call-lead-moved"
        };
        let lead = self.all.say(key).with("window", &when).to_string();
        let mut facts = vec![
            self.fact("mail-when", when),
            self.fact("mail-place", clean::line(&it.place, clean::VALUE)),
        ];
        let names = it
            .attendees
            .iter()
            .map(|(name, _)| clean::line(name, clean::NAME));
        facts.extend(self.list("mail-attendees", names.collect()));
        Said {
            notes: vec![self.all.t("mail-call-free")],
            ..self.told(lead, facts, &it.page)
        }
    }

    fn conclusion(&self, it: &Conclusion) -> Said {
        let priced = |lines: &[(Text, u32)]| {
            let priced =
                |(title, n): &(Text, u32)| format!("{} — {}", self.text(title), self.tokens(*n));
            self.list("mail-changes", lines.iter().map(priced).collect())
        };
        let (lead, about) = match &it.outcome {
            Outcome::Feasible(lines) => (self.all.t("mail-feasible-lead"), priced(lines)),
            Outcome::Reclassified(lines) => (self.all.t("mail-reclassified-lead"), priced(lines)),
            Outcome::Infeasible(why) => (
                self.all.t("mail-infeasible-lead"),
                Some(self.fact("mail-reason", self.text(why))),
            ),
        };
        let mut facts: Vec<_> = about.into_iter().collect();
        facts.push(self.fact("mail-charged", self.tokens(it.charged)));
        facts.push(self.fact("mail-balance", self.tokens(it.balance)));
        self.told(lead, facts, &it.page)
    }

    fn record(&self, number: u64) -> super::Fact {
        self.fact("mail-record", format!("#{number}"))
    }

    fn told(&self, lead: String, facts: Vec<super::Fact>, page: &str) -> Said {
        Said {
            lead,
            facts,
            button: self.page("mail-open", page),
            silence: None,
            notes: Vec::new(),
        }
    }
}
