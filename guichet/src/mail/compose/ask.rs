//! Letters that ask for a decision, and their reminders.

use super::{Fact, Said, Words};
use crate::{
    format,
    mail::{
        clean,
        view::{Approval, Ask, Estimate, Link, Quote, Reader, Validation},
    },
};
use chrono::TimeDelta;

impl Words {
    pub(super) fn ask(&self, ask: &Ask) -> Said {
        match ask {
            Ask::Quote(it) => self.quote(it),
            Ask::Approval(it) => self.approval(it),
            Ask::PlanChanged { approved, now } => {
                let approved = self.day_time(*approved);
                Said {
                    lead: self
                        .all
                        .say("mail-plan-changed-lead")
                        .with("at", approved)
                        .to_string(),
                    ..self.approval(now)
                }
            }
            Ask::Validation(it) => self.validation(it),
            Ask::Estimate(it) => self.estimate(it),
        }
    }

    pub(super) fn reminder(
        &self,
        ask: &Ask,
        nth: u32,
        of: u32,
        left: Option<TimeDelta>,
        reader: &Reader,
    ) -> Said {
        let mut said = self.ask(ask);
        let left = left.filter(|it| *it > TimeDelta::zero());
        let say = |key| self.all.say(key).with("nth", nth).with("of", of);
        said.lead = match (reader, left) {
            (Reader::Manager { decider }, _) => {
                say("mail-reminder-manager").with("who", clean::line(decider, clean::NAME))
            }
            (Reader::Decider, Some(left)) => {
                say("mail-reminder-left").with("left", format::span(self.lang, left))
            }
            (Reader::Decider, None) => say("mail-reminder"),
        }
        .to_string();
        if let Reader::Manager { .. } = reader {
            // The facts are the same for both; the rest speaks to the person who decides.
            said.silence = None;
            said.notes.clear();
            said.button.label = self.all.t("mail-open");
        }
        said
    }

    fn decide(&self, link: &Link) -> super::Button {
        self.button("mail-decide", link)
    }

    fn quote(&self, quote: &Quote) -> Said {
        let until = self.day_time(quote.until);
        let mut facts = vec![self.fact("mail-price", self.price(&quote.price))];
        facts.extend(self.texts("mail-covers", &quote.covers));
        facts.push(self.fact("mail-until", &*until));
        Said {
            lead: self
                .all
                .say("mail-quote-lead")
                .with("tokens", self.tokens(quote.price.total()))
                .to_string(),
            facts,
            button: self.decide(&quote.link),
            silence: Some(
                self.all
                    .say("mail-quote-silence")
                    .with("until", until)
                    .to_string(),
            ),
            notes: Vec::new(),
        }
    }

    fn approval(&self, approval: &Approval) -> Said {
        let mut facts = self.plan(&approval.plan, "mail-warnings");
        facts.push(match &approval.window {
            Some(window) => self.fact("mail-when", self.window(window)),
            None => self.fact("mail-when", self.all.t("mail-when-agreed")),
        });
        facts.push(self.fact("mail-price", self.price(&approval.price)));
        facts.push(self.digest(&approval.plan.digest));
        let lead = match approval.by {
            Some(by) => {
                let by = self.day_time(by);
                facts.push(self.fact("mail-decide-by", &*by));
                self.all
                    .say("mail-approval-lead")
                    .with("by", by)
                    .to_string()
            }
            None => self.all.t("mail-approval-lead-open"),
        };
        let silence = if approval.window.is_some() {
            "mail-approval-silence-window"
        } else {
            "mail-approval-silence"
        };
        Said {
            lead,
            facts,
            button: self.decide(&approval.link),
            silence: Some(self.all.t(silence)),
            notes: vec![self.all.t("mail-approval-bound")],
        }
    }

    fn validation(&self, it: &Validation) -> Said {
        let by = self.day_time(it.by);
        let mut facts = vec![self.fact("mail-done", self.day_time(it.done))];
        facts.extend(self.texts("mail-result", &it.results));
        facts.extend(self.texts("mail-remains", &it.remains));
        facts.extend(self.to_be_charged(it));
        let lead = match it.results.first() {
            Some(first) => {
                let first = clean::shorten(&self.text(first), 160);
                let result = first.trim_end_matches('.').to_owned();
                self.all
                    .say("mail-validation-lead")
                    .with("result", result)
                    .with("by", by)
            }
            None => self.all.say("mail-validation-lead-plain").with("by", by),
        }
        .to_string();
        let silence = match it.tacit_on {
            Some(on) => {
                let on = self.day_time(on);
                self.all
                    .say("mail-validation-silence-tacit")
                    .with("on", on)
                    .to_string()
            }
            None => self.all.t("mail-validation-silence"),
        };
        Said {
            lead,
            facts,
            button: self.button("mail-validate", &it.link),
            silence: Some(silence),
            notes: vec![self.all.t("mail-validation-scope")],
        }
    }

    fn to_be_charged(&self, it: &Validation) -> [Fact; 2] {
        [
            self.fact("mail-to-charge", self.price(&it.price)),
            self.fact("mail-balance-after", self.tokens(it.balance_after)),
        ]
    }

    fn estimate(&self, it: &Estimate) -> Said {
        let until = self.day_time(it.until);
        Said {
            lead: self
                .all
                .say("mail-estimate-lead")
                .with("tokens", self.tokens(it.tokens))
                .to_string(),
            facts: vec![
                self.fact("mail-price-most", self.tokens(it.tokens)),
                self.fact("mail-duration", self.text(&it.duration)),
                self.fact("mail-lead-time", self.text(&it.lead_time)),
                self.fact("mail-until", &*until),
            ],
            button: self.decide(&it.link),
            silence: Some(
                self.all
                    .say("mail-estimate-silence")
                    .with("until", until)
                    .to_string(),
            ),
            notes: vec![self.all.t("mail-estimate-due")],
        }
    }
}
