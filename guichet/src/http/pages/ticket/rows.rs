//! The lists of a ticket: tasks, agreements, movements of tokens, what happened.

use chrono::TimeDelta;
use engine::{
    approval::{self, Gate, GateState, Verdict},
    audit::StatementLine,
    envelope::VALIDATION,
    ledger::Account,
    people::Right,
    ticket::{Status, Task as EngineTask},
};
use workflows::{Proof, Work};

use super::Scene;
use crate::{
    format,
    http::pages::{
        ticket::plain,
        words::{move_key, name_of, party_key, purpose, right_of, role_key, task_mark},
    },
    pages::{
        Ui,
        fields::{Choice, Field, Form, Input, Line, Shown},
        parts::{Badge, Mark, Tone},
        ticket::{Agreement, Event, Move, ProofLine, Task},
    },
};

/// Records that only machines care about; `?detail=1` shows them too.
const MACHINE: [&str; 4] = [
    "task.claimed",
    "effect.intended",
    "clock.due",
    "task.to-retry",
];
/// Lines of a task's log that are shown: its tail.
const LOG: usize = 20;

impl Scene {
    /// Whom an open gate waits for.
    pub(super) fn awaited(&self, gate: &Gate) -> String {
        let operators = self.ticket.approving_operators();
        let (people, client) = (&self.people, &self.ticket.client);
        let who = approval::eligible(
            people,
            client,
            gate.party,
            gate.purpose,
            &gate.barred,
            &operators,
        );
        match &who[..] {
            [] => self.ui.t(party_key(gate.party)),
            [one] => one.name.clone(),
            [one, other] => format!("{}, {}", one.name, other.name),
            [one, rest @ ..] => {
                let more = self.ui.say("and-others").n("n", rest.len());
                format!("{} {more}", one.name)
            }
        }
    }

    pub(super) fn mark(&self, task: &EngineTask) -> Mark {
        let gate = self
            .ticket
            .open_gates()
            .find(|it| it.task == task.node.name);
        let awaited = gate.map(|it| self.awaited(it)).unwrap_or_default();
        task_mark(&self.ui, task, &awaited)
    }

    pub(super) fn tasks(&self) -> Vec<Task> {
        self.ticket.tasks.iter().map(|it| self.task(it)).collect()
    }

    fn task(&self, task: &EngineTask) -> Task {
        let lang = self.ui.words.lang();
        let who = match (&task.by, &task.node.work) {
            (Some(person), _) => name_of(&self.people, *person),
            (None, Work::Plan | Work::Timer { .. }) => "Guichet".to_owned(),
            (None, Work::Action { name, .. }) if self.person.is_staff() => name.clone(),
            (None, Work::Action { .. }) => "Guichet".to_owned(),
            (None, Work::Manual { role, .. }) => self.ui.t(role_key(*role)),
            (None, Work::Gate(spec)) => self.ui.t(party_key(spec.party)),
        };
        let until = task.ended_at.unwrap_or(self.ui.now);
        let waits = matches!(
            task.status,
            Status::Waiting | Status::Skipped | Status::Cancelled
        );
        let span = task.started_at.filter(|_| !waits).map(|it| until - it);
        let by_hand = match &task.node.work {
            Work::Manual { instructions, .. } if !task.status.is_over() => {
                Some(self.text(instructions))
            }
            _ => task.note.clone(),
        };
        Task {
            name: task.node.name.clone(),
            title: self.text(&task.node.title),
            mark: self.mark(task),
            who,
            span: span
                .filter(|it| *it > TimeDelta::zero())
                .map(|it| format::span(lang, it)),
            instructions: by_hand,
            log: self.log(task),
            proofs: task.proofs.iter().map(proof).collect(),
            forms: self.task_forms(task),
        }
    }

    fn log(&self, task: &EngineTask) -> Vec<String> {
        let lang = self.ui.words.lang();
        let tail = task.evidence.len().saturating_sub(LOG);
        let mut lines: Vec<String> = task.evidence[tail..]
            .iter()
            .map(|it| {
                let at = format::date_time(lang, it.at);
                let status = if it.status == 0 {
                    "—".into()
                } else {
                    it.status.to_string()
                };
                format!("{at}  {}  {}  {status}", it.system, it.request)
            })
            .collect();
        lines.extend(task.fault.as_ref().map(|it| it.message.clone()));
        lines
    }

    /// What this person may do with a task now.
    fn task_forms(&self, task: &EngineTask) -> Vec<Form> {
        let due = matches!(task.status, Status::Ready | Status::UndoDue);
        match &task.node.work {
            Work::Manual { role, .. } if due && self.person.may(right_of(*role)) => {
                let own = matches!(
                    task.node.phase,
                    workflows::Phase::Call | workflows::Phase::Orient | workflows::Phase::Quote
                );
                if own {
                    Vec::new()
                } else {
                    vec![self.complete(task)]
                }
            }
            _ => self.repairs(task),
        }
    }

    fn complete(&self, task: &EngineTask) -> Form {
        let ui = &self.ui;
        let choice = |value: &str, key: &str| Choice::new(value, ui.t(key));
        let radios = Input::Radios(vec![
            choice("yes", "task-went-well"),
            choice("no", "task-failed"),
        ]);
        let name = |it: &str| format!("{it}-{}", task.seq);
        let mut fields = vec![
            Field::new(ui.words, name("well"), ui.t("task-outcome"), radios),
            Field::new(ui.words, name("evidence"), ui.t("task-evidence"), area())
                .hint(ui.t("task-evidence-hint")),
        ];
        if self.ticket.capped {
            let line = Input::Line(Line::number("", Some("tokens".into())));
            fields.push(Field::new(ui.words, name("spent"), ui.t("task-spent"), line).optional());
        }
        self.task_form(task, "complete", "task-complete", fields, Shown::Plain)
    }

    fn repairs(&self, task: &EngineTask) -> Vec<Form> {
        let stuck = matches!(
            task.status,
            Status::Failed | Status::InDoubt | Status::UndoFailed
        );
        let blocked = self
            .ticket
            .standstill
            .as_ref()
            .is_some_and(|it| it.task == task.node.name);
        if !stuck || !blocked || !self.person.may(Right::Operate) {
            return Vec::new();
        }
        let ui = &self.ui;
        let why = |field: &str, key: &str| {
            let name = format!("{field}-{}", task.seq);
            vec![Field::new(ui.words, name, ui.t(key), area())]
        };
        vec![
            self.task_form(task, "retry", "task-retry", Vec::new(), Shown::Plain),
            self.task_form(
                task,
                "skip",
                "task-skip",
                why("proof", "task-proof-label"),
                Shown::Folded,
            ),
            self.task_form(
                task,
                "take-over",
                "task-take-over",
                why("reason", "reason"),
                Shown::Folded,
            ),
        ]
    }

    fn task_form(
        &self,
        task: &EngineTask,
        act: &str,
        button: &str,
        fields: Vec<Field>,
        shape: Shown,
    ) -> Form {
        let (reference, name) = (&self.ticket.reference, &task.node.name);
        let name = crate::http::pages::fail::url_encoded(name);
        Form {
            words: self.ui.words,
            action: format!("/tickets/{reference}/tasks/{name}/{act}"),
            key: self.key(),
            fields,
            hidden: vec![("seq".into(), task.seq.to_string())],
            button: self.ui.t(button),
            shape,
        }
    }

    pub(super) fn agreements(&self) -> Vec<Agreement> {
        self.ticket
            .gates
            .iter()
            .flat_map(|it| self.agreement(it))
            .collect()
    }

    fn agreement(&self, gate: &Gate) -> Vec<Agreement> {
        let ui = &self.ui;
        let what = ui.t(&format!("agreement-{}", purpose(gate.purpose)));
        let line = |who: String, tone, key: &str| Agreement {
            what: what.clone(),
            who,
            badge: Badge {
                tone,
                text: ui.t(key),
            },
            asked: gate.opened_at,
            answered: None,
            comment: None,
            digest: Some(gate.digest.clone()),
        };
        let mut lines: Vec<Agreement> = gate
            .decisions
            .iter()
            .map(|said| {
                let (tone, key) = match said.verdict {
                    Verdict::Approve => (Tone::Ok, "agreement-approved"),
                    Verdict::Reject => (Tone::Bad, "agreement-refused"),
                };
                Agreement {
                    answered: Some(said.at),
                    comment: said.comment.clone(),
                    ..line(name_of(&self.people, said.person), tone, key)
                }
            })
            .collect();
        match gate.state {
            GateState::Open => {
                lines.push(line(self.awaited(gate), Tone::Wait, "agreement-awaited"));
            }
            GateState::Expired => {
                lines.push(line(self.awaited(gate), Tone::Bad, "agreement-expired"));
            }
            GateState::Superseded => {
                lines.push(line(self.awaited(gate), Tone::Idle, "agreement-void"));
            }
            GateState::Approved | GateState::Rejected => {}
        }
        lines
    }

    /// What happened, oldest first.
    pub(in crate::http::pages) fn feed(&self, detail: bool) -> Vec<Event> {
        let title = |name: &str| match self.ticket.task(name) {
            Some(task) => self.text(&task.node.title),
            None => name.to_owned(),
        };
        let shown = |it: &&engine::audit::Trace| detail || !MACHINE.contains(&it.kind.as_str());
        self.history
            .iter()
            .filter(shown)
            .map(|it| event(&self.ui, it, title))
            .collect()
    }
}

/// A record as one line of what happened; `title` tells the name of a task as people read it.
pub(in crate::http::pages) fn event(
    ui: &Ui,
    trace: &engine::audit::Trace,
    title: impl Fn(&str) -> String,
) -> Event {
    let word = |name: &str| trace.words.get(name).cloned();
    let refused = word("verdict").is_some_and(|it| it == "reject");
    let key = match (trace.kind.as_str(), refused) {
        ("gate.decided", true) => "event-gate-refused".to_owned(),
        ("gate.decided", false) if trace.task.as_deref() == Some(VALIDATION) => {
            "event-gate-validated".to_owned()
        }
        (kind, _) => format!("event-{}", kind.replace('.', "-")),
    };
    let mut text = if ui.words.has(&key) {
        ui.t(&key)
    } else {
        trace.kind.clone()
    };
    let shown = trace
        .task
        .as_deref()
        .filter(|_| trace.kind.starts_with("task.") || trace.kind.starts_with("effect."));
    if let Some(task) = shown {
        let name = title(task);
        text.push_str(&format!(" ({name})"));
    }
    let said = [
        "comment",
        "reason",
        "note",
        "evidence",
        "proof",
        "minutes",
        "justification",
        "fault",
    ];
    Event {
        at: trace.at,
        who: word("actor").unwrap_or_else(|| "Guichet".to_owned()),
        text,
        comment: said.into_iter().find_map(word),
    }
}

fn area() -> Input {
    Input::Area {
        value: String::new(),
        rows: 3,
        code: false,
    }
}

fn proof(proof: &Proof) -> ProofLine {
    ProofLine {
        claim: proof.claim.clone(),
        expected: plain(&proof.expected),
        actual: plain(&proof.actual),
        ok: proof.ok,
    }
}

/// Movements as people read them; of one ticket when it is named.
pub(in crate::http::pages) fn moves(
    ui: &Ui,
    lines: &[StatementLine],
    of: Option<&str>,
) -> Vec<Move> {
    let wanted = |it: &&StatementLine| of.is_none_or(|of| it.reference.as_deref() == Some(of));
    let shown = |it: &StatementLine| {
        let n = i64::from(it.tokens.0);
        let gained = i64::from(it.to == Account::Stock) - i64::from(it.from == Account::Stock);
        Move {
            at: it.at,
            label: ui.say(move_key(it.from, it.to)).n("n", n).to_string(),
            reference: it.reference.clone(),
            amount: n * gained,
            held: it.held,
            available: it.available,
        }
    };
    lines.iter().filter(wanted).map(shown).collect()
}
