//! From facts to sentences: one body per letter, which both parts of the mail then print, so that
//! neither can say more than the other.

use super::{
    clean,
    view::{
        Addressee, Effect, Envelope, Letter, Link, PlanFacts, Price, Request, Reversible, Sender,
        Window,
    },
};
use crate::{format, i18n::I18n};
use catalogue::{Lang, Text};
use chrono::{DateTime, Utc};
use workflows::plan::{Level, Verb};

mod ask;
mod news;

/// Effects, results or lines shown one by one before the rest is only counted.
const SHOWN: usize = 12;

/// One labelled piece of information, with one value or a list.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) values: Vec<String>,
    /// Must not be overlooked.
    pub(super) grave: bool,
}

/// The one address to open.
pub(super) struct Button {
    pub(super) label: String,
    pub(super) url: String,
    pub(super) code: Option<String>,
    pub(super) personal: bool,
}

/// Everything a letter says, in order of reading.
pub(super) struct Body {
    pub(super) lang: Lang,
    pub(super) greeting: String,
    pub(super) lead: String,
    pub(super) facts: Vec<Fact>,
    pub(super) button: Button,
    pub(super) silence: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) help: String,
    pub(super) signature: String,
}

/// What one letter has to say besides what all letters say.
struct Said {
    lead: String,
    facts: Vec<Fact>,
    button: Button,
    silence: Option<String>,
    notes: Vec<String>,
}

/// The body of `letter` for its reader.
pub(super) fn body(
    letter: &Letter,
    request: &Request,
    to: &Addressee,
    from: &Sender,
    envelope: &Envelope,
) -> Body {
    let words = Words {
        lang: to.lang,
        all: I18n::get(to.lang),
    };
    let said = match letter {
        Letter::Ask(ask) => words.ask(ask),
        Letter::Reminder {
            ask,
            nth,
            of,
            left,
            reader,
        } => words.reminder(ask, *nth, *of, *left, reader),
        news => words.news(news),
    };
    let name = clean::line(&to.name, clean::NAME);
    let signature = words
        .all
        .say(if said.button.personal {
            "mail-signature-personal"
        } else {
            "mail-signature"
        })
        .with("provider", clean::line(&from.provider, clean::NAME))
        .with("reference", &envelope.reference)
        .to_string();
    let help = if from.inbound {
        "mail-help-ticket"
    } else {
        "mail-help-support"
    };
    Body {
        lang: to.lang,
        greeting: if name.is_empty() {
            words.all.t("mail-greeting-plain")
        } else {
            words
                .all
                .say("mail-greeting")
                .with("name", name)
                .to_string()
        },
        lead: said.lead,
        facts: words
            .about(request, envelope)
            .into_iter()
            .chain(said.facts)
            .collect(),
        button: said.button,
        silence: said
            .silence
            .map(|what| words.all.say("mail-silence").with("what", what).to_string()),
        notes: said.notes,
        help: words
            .all
            .say(help)
            .with("phone", clean::line(&from.support_phone, clean::NAME))
            .with("mail", clean::line(&from.support_mail, clean::NAME))
            .to_string(),
        signature,
    }
}

/// The words of one language, applied to the types of the view.
struct Words {
    lang: Lang,
    all: &'static I18n,
}

impl Words {
    fn fact(&self, label: &str, value: impl Into<String>) -> Fact {
        Fact {
            label: self.all.t(label),
            values: vec![value.into()],
            grave: false,
        }
    }

    /// A labelled list; none when there is nothing to list.
    fn list(&self, label: &str, mut values: Vec<String>) -> Option<Fact> {
        let more = values.len().saturating_sub(SHOWN);
        values.truncate(SHOWN);
        if more > 0 {
            values.push(self.all.say("mail-more").n("n", more as i64).to_string());
        }
        (!values.is_empty()).then(|| Fact {
            label: self.all.t(label),
            values,
            grave: false,
        })
    }

    fn texts(&self, label: &str, texts: &[Text]) -> Option<Fact> {
        self.list(label, texts.iter().map(|it| self.text(it)).collect())
    }

    fn text(&self, text: &Text) -> String {
        clean::line(text.get(self.lang), clean::VALUE)
    }

    fn day_time(&self, at: DateTime<Utc>) -> String {
        format::date_time(self.lang, at)
    }

    fn tokens(&self, n: impl Into<i64>) -> String {
        format::tokens(self.lang, n.into())
    }

    /// What every letter recalls: which request, whose, where.
    fn about(&self, request: &Request, envelope: &Envelope) -> Vec<Fact> {
        let title = clean::line(request.title.get(self.lang), clean::TITLE);
        let mut facts = vec![
            self.fact("mail-request", format!("{} — {title}", envelope.reference)),
            self.fact(
                "mail-requester",
                clean::line(&request.requester, clean::NAME),
            ),
        ];
        if let Some(cluster) = &request.cluster {
            facts.push(self.fact("mail-cluster", clean::line(cluster, clean::NAME)));
        }
        facts
    }

    fn price(&self, price: &Price) -> String {
        let total = self.tokens(price.total());
        if price.surcharge == 0 {
            return total;
        }
        let key = if price.slot.is_some() {
            "mail-price-slot"
        } else {
            "mail-price-accelerated"
        };
        let (slot, of) = price.slot.unwrap_or_default();
        let say = self
            .all
            .say(key)
            .with("total", total)
            .with("base", price.base)
            .with("surcharge", price.surcharge);
        if price.slot.is_some() {
            say.with("slot", slot).with("of", of).to_string()
        } else {
            say.to_string()
        }
    }

    fn window(&self, window: &Window) -> String {
        let lang = self.lang;
        let day = format::date(lang, window.from);
        match window.to {
            None => self
                .all
                .say("mail-window-open")
                .with("day", day)
                .with("from", format::time(lang, window.from)),
            Some(to) if format::date(lang, to) == day => self
                .all
                .say("mail-window-day")
                .with("day", day)
                .with("from", format::time(lang, window.from))
                .with("to", format::time(lang, to)),
            Some(to) => self
                .all
                .say("mail-window")
                .with("from", self.day_time(window.from))
                .with("to", self.day_time(to)),
        }
        .to_string()
    }

    fn plan(&self, plan: &PlanFacts, warnings: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        facts.extend(self.list(
            "mail-effect",
            plan.effects.iter().map(|it| self.effect(it)).collect(),
        ));
        if plan.effects.is_empty() {
            facts.push(self.fact("mail-effect", self.all.t("mail-effect-none")));
        }
        let level = match plan.impact.level {
            Level::None => "impact-none",
            Level::Reload => "impact-reload",
            Level::RollingRestart => "impact-rolling-restart",
            Level::Eviction => "impact-eviction",
            Level::Outage => "impact-outage",
            Level::DataLoss => "impact-data-loss",
        };
        facts.push(self.fact("mail-impact", self.all.t(level)));
        let restarts = plan
            .impact
            .restarts
            .iter()
            .map(|it| clean::line(it, clean::VALUE));
        facts.extend(self.list("mail-restarts", restarts.collect()));
        if let Some(lost) = &plan.impact.irreversible {
            let lost = clean::line(lost, clean::VALUE);
            facts.push(Fact {
                grave: true,
                ..self.fact("mail-irreversible", lost)
            });
        }
        facts.extend(self.texts(warnings, &plan.warnings));
        let undo = match plan.reversible {
            Reversible::Alone(Some(minutes)) => self
                .all
                .say("mail-undo-minutes")
                .n("n", minutes)
                .to_string(),
            Reversible::Alone(None) => self.all.t("mail-undo-alone"),
            Reversible::ByHand => self.all.t("mail-undo-hand"),
            Reversible::No => self.all.t("mail-undo-no"),
        };
        facts.push(self.fact("mail-undo", undo));
        facts
    }

    fn digest(&self, digest: &str) -> Fact {
        self.fact(
            "mail-plan",
            format::digest(&clean::line(digest, clean::NAME)),
        )
    }

    fn effect(&self, effect: &Effect) -> String {
        let value = |it: &Option<String>| match it {
            None => self.all.t("mail-nothing"),
            Some(it) if effect.secret => {
                let print: String = clean::line(it, clean::NAME)
                    .trim_start_matches("sha256:")
                    .chars()
                    .take(6)
                    .collect();
                self.all.say("mail-secret").with("print", print).to_string()
            }
            Some(it) => clean::line(it, clean::VALUE),
        };
        let path = clean::line(&effect.path, clean::VALUE);
        let (before, after) = (value(&effect.before), value(&effect.after));
        match effect.verb {
            Verb::Create => self
                .all
                .say("mail-effect-create")
                .with("path", path)
                .with("after", after),
            Verb::Update => self
                .all
                .say("mail-effect-update")
                .with("path", path)
                .with("before", before)
                .with("after", after),
            Verb::Delete => self
                .all
                .say("mail-effect-delete")
                .with("path", path)
                .with("before", before),
            Verb::Run => self.all.say("mail-effect-run").with("path", path),
        }
        .to_string()
    }

    fn button(&self, label: &str, link: &Link) -> Button {
        Button {
            label: self.all.t(label),
            url: link.url().to_owned(),
            code: link.code().map(|it| {
                self.all
                    .say("mail-code")
                    .with("code", clean::line(it, clean::NAME))
                    .to_string()
            }),
            personal: matches!(link, Link::Decision { .. }),
        }
    }

    fn page(&self, label: &str, url: &str) -> Button {
        self.button(label, &Link::Portal(url.to_owned()))
    }
}
