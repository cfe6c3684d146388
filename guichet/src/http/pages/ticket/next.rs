//! What comes next on a ticket, from whom, and the forms with which it is done.

use engine::{
    approval::{self, Gate},
    people::Right,
    ticket::{State, Verb, verb::admits},
};
use workflows::{Purpose, Work};

use super::Scene;
use crate::{
    http::pages::words::{party_key, purpose, right_of, role_key, state_key},
    pages::{
        fields::{Field, Form, Input, Line, Shown},
        parts::{Check, Turn},
        ticket::Next,
    },
};

impl Scene {
    /// The open question that this person may answer.
    pub(super) fn question(&self) -> Option<&Gate> {
        let (ticket, person) = (&self.ticket, &self.person);
        let operators = ticket.approving_operators();
        ticket.open_gates().find(|gate| {
            let digest = &gate.digest;
            let now = self.ui.now;
            approval::may_decide(gate, &ticket.client, person, digest, &operators, now).is_ok()
        })
    }

    /// Title, whose turn, and the way to the act.
    pub(in crate::http::pages) fn next(&self) -> Next {
        let (ui, ticket) = (&self.ui, &self.ticket);
        let mut next = Next {
            title: ui.t(state_key(ticket.state, ticket.ending)),
            turn: self.turn(),
            checks: self.checks(),
            notes: self.notes(),
            link: None,
            forms: Vec::new(),
        };
        if let Some(gate) = self.question() {
            next.title = ui.t(&format!("act-{}", purpose(gate.purpose)));
            let href = format!("/tickets/{}/decide", ticket.reference);
            next.link = Some((href, ui.t("next-review")));
        }
        if let Some(task) = self.by_hand() {
            next.title = self.text(&task.node.title);
        }
        next.forms = self.forms();
        next
    }

    /// A task that waits for this person's hands.
    fn by_hand(&self) -> Option<&engine::ticket::Task> {
        self.ticket.tasks.iter().find(|it| match &it.node.work {
            Work::Manual { role, .. } => {
                it.status == engine::ticket::Status::Ready && self.person.may(right_of(*role))
            }
            _ => false,
        })
    }

    fn turn(&self) -> Turn {
        let (ui, ticket) = (&self.ui, &self.ticket);
        if ticket.state == State::Closed {
            return Turn::Nobody;
        }
        if self.question().is_some() || self.by_hand().is_some() {
            return Turn::You;
        }
        if let Some(gate) = ticket.open_gates().next() {
            return Turn::Other(self.awaited(gate));
        }
        if let Some(still) = &ticket.standstill {
            let mine = self.person.may(right_of(still.responsible));
            return if mine {
                Turn::You
            } else {
                Turn::Other(ui.t(role_key(still.responsible)))
            };
        }
        let hands = ticket.tasks.iter().find_map(|it| match &it.node.work {
            Work::Manual { role, .. } if it.status == engine::ticket::Status::Ready => Some(*role),
            _ => None,
        });
        match (hands, ticket.state) {
            (_, State::Calling) if self.chooses_call() => Turn::You,
            (Some(role), _) => Turn::Other(ui.t(role_key(role))),
            (None, State::Contested) => {
                let mine = self.person.may(Right::Support) || self.person.may(Right::Operate);
                let them = party_key(workflows::Party::Support);
                if mine {
                    Turn::You
                } else {
                    Turn::Other(ui.t(them))
                }
            }
            (None, State::Suspended) => {
                let them = party_key(workflows::Party::Operations);
                if self.person.may(Right::Operate) {
                    Turn::You
                } else {
                    Turn::Other(ui.t(them))
                }
            }
            _ => Turn::Guichet,
        }
    }

    /// What is there and what is not, before the change can act.
    fn checks(&self) -> Vec<Check> {
        let (ui, ticket) = (&self.ui, &self.ticket);
        let gates = ticket.open_gates().map(|gate| Check {
            done: false,
            text: ui
                .say("check-awaited")
                .with("who", self.awaited(gate))
                .to_string(),
        });
        match ticket.state {
            State::Preparing | State::Agreeing | State::Offered | State::Scheduled => {
                let mut checks = vec![
                    Check {
                        done: ticket.digest.is_some(),
                        text: ui.t("check-plan"),
                    },
                    Check {
                        done: ticket.held().0 > 0,
                        text: ui.t("check-tokens"),
                    },
                ];
                checks.extend(gates);
                checks
            }
            _ => gates.collect(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let (ui, ticket) = (&self.ui, &self.ticket);
        let mut notes = Vec::new();
        let mut note = |key: &str, name: &'static str, value: String| {
            notes.push(ui.say(key).with(name, value).to_string());
        };
        if let Some(at) = ticket.starts_at
            && matches!(ticket.state, State::Scheduled)
        {
            note("next-starts", "when", ui.moment(at));
        }
        if let Some(why) = &ticket.suspended {
            note("next-suspended", "why", why.clone());
        }
        if let Some(still) = &ticket.standstill {
            note("next-standstill", "why", still.why.clone());
        }
        if let Some(why) = &ticket.contested {
            note("next-contested", "why", why.clone());
        }
        if let Some(cause) = ticket
            .cause
            .as_ref()
            .filter(|_| ticket.state == State::Closed && self.failure().is_none())
        {
            note("next-cause", "why", cause.clone());
        }
        if ticket.waits_for.is_some() {
            notes.push(ui.t("next-locked"));
        }
        if self
            .question()
            .is_some_and(|it| it.purpose == Purpose::Validation)
        {
            notes.push(ui.t("next-validate"));
        }
        notes
    }

    /// Acts that need no page of their own, as far as this person may do them now.
    fn forms(&self) -> Vec<Form> {
        let (ticket, person) = (&self.ticket, &self.person);
        let mut forms = super::study::forms(self);
        let may = |verb, rights: &[Right]| {
            admits(ticket.state, verb) && rights.iter().any(|it| person.may(*it))
        };
        if may(Verb::Quote, &[Right::Steer]) {
            forms.push(self.act(
                "quote",
                Shown::Primary,
                vec![
                    self.number("tokens", "quote-tokens"),
                    self.area("note", "quote-note"),
                ],
            ));
        }
        if may(Verb::Redeliver, &[Right::Support, Right::Operate]) {
            forms.push(self.act(
                "redeliver",
                Shown::Primary,
                vec![self.area("note", "rework-note")],
            ));
        }
        if may(Verb::Resume, &[Right::Operate]) {
            forms.push(self.act("resume", Shown::Plain, Vec::new()));
        }
        if ticket.open_gates().next().is_some() && may(Verb::Remind, &[Right::Support]) {
            forms.push(self.act("remind", Shown::Plain, Vec::new()));
        }
        let reason = || vec![self.area("reason", "reason")];
        if may(Verb::Suspend, &[Right::Operate]) {
            forms.push(self.act("suspend", Shown::Folded, reason()));
        }
        if may(Verb::Repair, &[Right::Operate]) {
            forms.push(self.act("give-up", Shown::Folded, reason()));
        }
        let cancels = [Right::Request, Right::Commit, Right::Support, Right::Steer];
        if may(Verb::Cancel, &cancels) {
            forms.push(self.act("cancel", Shown::Folded, reason()));
        }
        forms
    }

    fn act(&self, act: &str, shape: Shown, fields: Vec<Field>) -> Form {
        self.form(&format!("/{act}"), &format!("do-{act}"), shape, fields)
    }

    /// A form that posts under this ticket. Field names carry the act, so that several forms may
    /// ask for a reason on one page.
    pub(in crate::http::pages) fn form(
        &self,
        path: &str,
        button: &str,
        shape: Shown,
        mut fields: Vec<Field>,
    ) -> Form {
        let scope = path.rsplit('/').next().unwrap_or_default();
        for field in &mut fields {
            field.name = format!("{}-{scope}", field.name);
        }
        Form {
            words: self.ui.words,
            action: format!("/tickets/{}{path}", self.ticket.reference),
            key: self.key(),
            fields,
            hidden: Vec::new(),
            button: self.ui.t(button),
            shape,
        }
    }

    pub(in crate::http::pages) fn area(&self, name: &str, key: &str) -> Field {
        let area = Input::Area {
            value: String::new(),
            rows: 3,
            code: false,
        };
        Field::new(self.ui.words, name, self.ui.t(key), area)
    }

    pub(in crate::http::pages) fn number(&self, name: &str, key: &str) -> Field {
        let line = Input::Line(Line::number("", None));
        Field::new(self.ui.words, name, self.ui.t(key), line)
    }
}
