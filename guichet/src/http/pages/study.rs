//! An off-catalogue study: its page, and the acts that move it on.

use engine::{
    people::Right,
    ticket::{Ending, State},
};

use super::ticket::Scene;
use crate::pages::{
    fields::{Choice, Field, Form, Input, Line, Shown},
    parts::{Progress, Step},
    study::{Call, StudyPage},
    ui::Fact,
};

/// The page of a study.
pub(super) fn view(scene: Scene, fresh: bool, detail: bool) -> StudyPage {
    let need = &scene.ticket.ordered.need;
    let need = need
        .iter()
        .map(|it| Fact::new(scene.ui.t("fact-need"), it))
        .collect();
    StudyPage {
        head: scene.head(),
        fresh,
        steps: steps(&scene),
        next: scene.next(),
        need,
        call: call(&scene),
        outcome: outcome(&scene),
        feed: scene.feed(detail),
        moves: scene.moves,
        kin: scene.kin,
        ui: scene.ui,
    }
}

fn call(scene: &Scene) -> Option<Call> {
    let study = scene.ticket.study.as_ref()?;
    (!study.slots.is_empty() || study.minutes.is_some()).then(|| Call {
        proposed: study.slots.clone(),
        chosen: study.call_at,
        attendees: study.attendees.clone(),
        minutes: study.minutes.clone(),
    })
}

fn outcome(scene: &Scene) -> Vec<Fact> {
    let ui = &scene.ui;
    let Some(study) = &scene.ticket.study else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    let mut put = |key: &str, value: String| facts.push(Fact::new(ui.t(key), value));
    if let Some(tokens) = study.estimate {
        put("study-estimate", ui.tokens(i64::from(tokens.0)));
    }
    if let (Some(effort), Some(lead)) = (study.effort_days, study.lead_days) {
        let days = ui
            .say("fact-days-value")
            .n("effort", effort)
            .n("lead", lead);
        put("fact-days", days.to_string());
    }
    if study.estimate.is_some() {
        put("study-due", ui.t("ask-due"));
    }
    if let Some(feasible) = study.feasible {
        let key = if feasible {
            "study-feasible"
        } else {
            "study-infeasible"
        };
        put("study-conclusion", ui.t(key));
    }
    if let Some(why) = &study.justification {
        put("study-justification", why.clone());
    }
    facts
}

fn steps(scene: &Scene) -> Vec<Step> {
    let keys = [
        "step-need",
        "step-call",
        "step-orientation",
        "step-study-agreed",
        "step-study",
        "step-conclusion",
    ];
    let ticket = &scene.ticket;
    let at = match ticket.state {
        State::Calling => 1,
        State::Orienting => 2,
        State::Offered => 3,
        State::Studying => 4,
        State::Closed => match ticket.ending {
            Some(Ending::Feasible | Ending::Infeasible) => 6,
            _ if ticket
                .study
                .as_ref()
                .is_some_and(|it| it.estimate.is_some()) =>
            {
                3
            }
            _ => 1,
        },
        _ => 5,
    };
    let step = |(i, key): (usize, &&'static str)| Step {
        key,
        progress: match i {
            i if i < at => Progress::Done,
            i if i > at => Progress::Ahead,
            _ if ticket.state == State::Closed => Progress::Stopped,
            _ => Progress::Current,
        },
    };
    keys.iter().enumerate().map(step).collect()
}

impl Scene {
    /// Whether it is for this person to choose a slot for the call.
    pub(super) fn chooses_call(&self) -> bool {
        let open = |it: &engine::ticket::StudyFile| !it.slots.is_empty() && it.call_at.is_none();
        self.person.client.is_some()
            && self.person.may(Right::Request)
            && self.ticket.study.as_ref().is_some_and(open)
    }

    fn moment(&self, name: &str, key: &str) -> Field {
        let line = Line {
            kind: "datetime-local",
            size: 20,
            ..Line::text("")
        };
        Field::new(self.ui.words, name, self.ui.t(key), Input::Line(line))
    }
}

/// The acts on a study that this person may do now.
pub(super) fn forms(scene: &Scene) -> Vec<Form> {
    if !super::words::is_study(&scene.ticket) {
        return Vec::new();
    }
    let may = |right| scene.person.may(right);
    match scene.ticket.state {
        State::Calling => {
            let mut forms = Vec::new();
            if scene.chooses_call() {
                forms.push(choose_call(scene));
            }
            if may(Right::Support) {
                forms.extend(hold_call(scene));
            }
            forms
        }
        State::Orienting if may(Right::Support) => vec![estimate(scene), reclassify(scene)],
        State::Studying if may(Right::Steer) || may(Right::Operate) => vec![conclude(scene)],
        _ => Vec::new(),
    }
}

fn choose_call(scene: &Scene) -> Form {
    let slots = scene.ticket.study.iter().flat_map(|it| &it.slots);
    let choices = slots
        .map(|it| Choice::new(it.to_rfc3339(), scene.ui.slot_text(it)))
        .collect();
    let radios = Input::Radios(choices);
    let field = Field::new(scene.ui.words, "slot", scene.ui.t("study-slot"), radios);
    scene.form(
        "/study/choose-call",
        "do-choose-call",
        Shown::Primary,
        vec![field],
    )
}

fn hold_call(scene: &Scene) -> [Form; 2] {
    let slots = vec![
        scene.moment("slot1", "study-slot-1"),
        scene.moment("slot2", "study-slot-2").optional(),
        scene.moment("slot3", "study-slot-3").optional(),
    ];
    let proposed = scene
        .ticket
        .study
        .as_ref()
        .is_some_and(|it| !it.slots.is_empty());
    let minutes = vec![
        scene.area("minutes", "study-minutes-label"),
        scene
            .area("attendees", "study-attendees")
            .hint(scene.ui.t("study-attendees-hint")),
    ];
    let (first, second) = if proposed {
        (Shown::Folded, Shown::Primary)
    } else {
        (Shown::Primary, Shown::Folded)
    };
    [
        scene.form("/study/propose-call", "do-propose-call", first, slots),
        scene.form("/study/record-call", "do-record-call", second, minutes),
    ]
}

fn estimate(scene: &Scene) -> Form {
    let fields = vec![
        scene.number("tokens", "study-estimate"),
        scene.number("effort", "study-effort"),
        scene.number("lead", "study-lead"),
    ];
    scene.form("/study/estimate", "do-estimate", Shown::Folded, fields)
}

fn reclassify(scene: &Scene) -> Form {
    let choices = scene
        .lines
        .iter()
        .map(|it| Choice::new(&it.0, format!("{} — {}", it.0, it.1)));
    let select = Input::Select(choices.collect());
    let code = Field::new(scene.ui.words, "code", scene.ui.t("study-line"), select);
    let answers = scene
        .area("answers", "study-answers")
        .hint(scene.ui.t("study-answers-hint"))
        .optional();
    let fields = vec![code, answers];
    scene.form("/study/reclassify", "do-reclassify", Shown::Folded, fields)
}

fn conclude(scene: &Scene) -> Form {
    let ui = &scene.ui;
    let radios = Input::Radios(vec![
        Choice::new("yes", ui.t("study-feasible")),
        Choice::new("no", ui.t("study-infeasible")),
    ]);
    let fields = vec![
        Field::new(ui.words, "feasible", ui.t("study-conclusion"), radios),
        scene.area("justification", "study-justification"),
        scene
            .area("items", "study-items")
            .hint(ui.t("study-items-hint"))
            .optional(),
    ];
    scene.form("/study/conclude", "do-conclude", Shown::Primary, fields)
}
