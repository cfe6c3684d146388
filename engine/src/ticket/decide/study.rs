//! The off-catalogue request (1.16): details, half-hour call, then reclassified, or estimated,
//! agreed, studied and concluded. Never accelerated (S31).

use super::{
    children::{bespoke_child, known_price, offered_child},
    draft::{Draft, entitled, line, snapshot, text},
    operate::LARGEST,
    order::{
        Checked, blank, check, is_capped, receipt_to_requester, requester, somebody_decides, tasks,
    },
};
use crate::{
    envelope::{self, Pricing},
    notice::Occasion,
    people::Right,
    ticket::{
        Ending, Facts, Item, Ordered, Refusal, Status, Study, StudyFile, Transition,
        command::{Line, untranslated},
        state,
    },
};
use catalogue::{Entry, Price, Text, Tokens};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use workflows::{Phase, Purpose, reference::Scope};

/// Most lines that one study may turn into.
const MOST_LINES: usize = 20;

/// Opens a study.
pub(super) fn open(study: &Study, facts: &Facts) -> Result<Transition, Refusal> {
    let (person, filer) = requester(facts, study.on_behalf_of)?;
    let title = line("title", &study.title)?;
    let need = text("need", &study.need)?;
    somebody_decides(
        facts,
        person.id,
        filer,
        &[Purpose::Estimate, Purpose::Validation],
    )?;
    let workflow = facts
        .workflows
        .get("study")
        .filter(|it| it.is_validated())
        .ok_or_else(|| Refusal::NotValidated("study".into()))?;
    let empty = json!({});
    let scope = Scope {
        form: &empty,
        given: &empty,
        ticket: &empty,
    };
    let nodes = workflow
        .unfold(&scope, &|_| false)
        .map_err(|e| Refusal::Workflow(e.to_string()))?;
    let ordered = Ordered {
        entry: None,
        answers: empty.clone(),
        workflow: workflow.name.clone(),
        workflow_version: workflow.version,
        validated_by: workflow.validated_by.clone(),
        why: None,
        need: Some(need.clone()),
    };
    let mut ticket = blank(facts, 0, untranslated(&title), ordered);
    ticket.requester = person.id;
    ticket.filer = filer;
    ticket.study = Some(StudyFile::default());
    ticket.tasks = tasks(nodes, 0);
    let mut draft = Draft::new(ticket, "study.opened", facts);
    draft.say("title", title);
    draft.say("need", need);
    let about = snapshot(&draft.it.ticket, facts);
    receipt_to_requester(&mut draft, about);
    draft.advance()?;
    Ok(draft.finish())
}

fn file<'t>(draft: &'t mut Draft<'_>) -> Result<&'t mut StudyFile, Refusal> {
    draft.ticket().study.as_mut().ok_or(Refusal::NotFound)
}

fn finish_task(draft: &mut Draft<'_>, phase: Phase, receipt: Value) -> Result<(), Refusal> {
    let now = draft.now();
    let by = draft.facts.actor.person().map(|it| it.id);
    let tasks = &mut draft.it.ticket.tasks;
    let open = |it: &crate::ticket::Task| it.node.phase == phase && it.status == Status::Ready;
    let at = tasks.iter().position(open).ok_or(Refusal::NotFound)?;
    let task = tasks.change(at);
    task.receipt = Some(receipt);
    task.by = by;
    task.rest(Status::Done, now);
    let name = task.node.name.clone();
    draft.it.record.task = Some(name);
    Ok(())
}

/// S20: the provider organises the call.
pub(super) fn propose_call(draft: &mut Draft<'_>, slots: &[DateTime<Utc>]) -> Result<(), Refusal> {
    draft.person(Right::Support)?;
    let now = draft.now();
    let sane = |it: &DateTime<Utc>| *it > now && *it < now + Duration::days(90);
    if slots.is_empty() || slots.len() > 5 || !slots.iter().all(sane) {
        return Err(Refusal::OutOfRange { field: "slots" });
    }
    file(draft)?.slots = slots.to_vec();
    file(draft)?.call_at = None;
    draft.tell_requester(Occasion::Call, json!({ "slots": slots }));
    Ok(())
}

/// The client chooses one of the proposed slots; both sides get the invitation.
pub(super) fn choose_call(draft: &mut Draft<'_>, slot: DateTime<Utc>) -> Result<(), Refusal> {
    draft.person(Right::Request)?;
    if !file(draft)?.slots.contains(&slot) {
        return Err(Refusal::OutOfRange { field: "slot" });
    }
    file(draft)?.call_at = Some(slot);
    let facts = json!({ "call_at": slot });
    let requester = draft.it.ticket.requester;
    draft.it.notices.push(crate::notice::Notice {
        occasion: Occasion::Call,
        to: requester,
        gate: None,
        facts: facts.clone(),
    });
    draft.tell_staff(Right::Support, Occasion::Call, &facts);
    Ok(())
}

/// S20, S21: the call was held; its minutes restate the need.
pub(super) fn record_call(
    draft: &mut Draft<'_>,
    minutes: &str,
    attendees: &[String],
) -> Result<(), Refusal> {
    draft.person(Right::Support)?;
    let minutes = text("minutes", minutes)?;
    let attendees: Vec<String> = attendees
        .iter()
        .map(|it| line("attendees", it))
        .collect::<Result<_, _>>()?;
    if attendees.is_empty() || attendees.len() > 30 {
        return Err(Refusal::OutOfRange { field: "attendees" });
    }
    draft.say("minutes", minutes.clone());
    draft.say("attendees", attendees.join(", "));
    draft.tell_requester(Occasion::Call, json!({ "minutes": minutes }));
    let study = file(draft)?;
    study.minutes = Some(minutes);
    study.attendees = attendees;
    finish_task(draft, Phase::Call, json!({ "held": true }))?;
    draft.advance()
}

/// S22: the ticket keeps its name and history and becomes a catalogue change; the price appears
/// and acceptance is asked again. Further lines become children.
pub(super) fn reclassify(draft: &mut Draft<'_>, lines: &[Line]) -> Result<(), Refusal> {
    draft.person(Right::Support)?;
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(Refusal::OutOfRange { field: "lines" });
    }
    let facts = draft.facts;
    let requester = facts
        .people
        .iter()
        .find(|it| it.id == draft.it.ticket.requester)
        .ok_or(Refusal::NotFound)?;
    let reference = draft.it.ticket.reference.clone();
    let first = check(
        &lines[0].entry,
        &lines[0].answers,
        requester,
        &reference,
        facts,
    )?;
    let rest: Vec<(usize, &Line)> = lines.iter().enumerate().skip(1).collect();
    for (nth, line) in rest {
        let nth = i64::try_from(nth).unwrap_or(i64::MAX) - 1;
        let name = super::order::reference(facts, nth);
        let checked = check(&line.entry, &line.answers, requester, &name, facts)?;
        let child = offered_child(draft, nth, &line.entry, checked)?;
        draft.it.children.push(child);
    }
    finish_task(draft, Phase::Orient, json!({ "outcome": "reclassified" }))?;
    let now = draft.now();
    let open = |it: &crate::ticket::Task| !it.status.is_over();
    let tasks_before = &mut draft.it.ticket.tasks;
    tasks_before.change_those(open, |it| it.rest(Status::Cancelled, now));
    let entry = &lines[0].entry;
    let price = known_price(entry, &first);
    let pricing = if price.is_some() {
        Pricing::Offered
    } else {
        Pricing::Quoted
    };
    let Checked {
        mut ordered,
        acts,
        cluster,
        ..
    } = first;
    ordered.need.clone_from(&draft.it.ticket.ordered.need);
    let nodes = envelope::wrap(acts, pricing, &facts.contract.terms);
    let ticket = draft.ticket();
    ticket.code = Some(entry.code.clone());
    ticket.title = entry.title.clone();
    ticket.cluster = cluster;
    ticket.price = price;
    ticket.capped = is_capped(entry);
    ticket.ordered = Arc::new(ordered);
    let first_seq = ticket.tasks.len();
    ticket.tasks.extend(tasks(nodes, first_seq));
    draft.it.reordered = true;
    draft.say("line", entry.code.clone());
    draft.advance()
}

/// S24–S27: what the study would cost and how long it takes; due even if it ends infeasible.
pub(super) fn estimate(
    draft: &mut Draft<'_>,
    tokens: Tokens,
    effort_days: u32,
    lead_days: u32,
) -> Result<(), Refusal> {
    draft.person(Right::Support)?;
    if tokens.0 == 0 || tokens.0 > LARGEST {
        return Err(Refusal::OutOfRange { field: "tokens" });
    }
    if !(1..=365).contains(&effort_days) || !(effort_days..=730).contains(&lead_days) {
        return Err(Refusal::OutOfRange { field: "days" });
    }
    let study = file(draft)?;
    study.estimate = Some(tokens);
    study.effort_days = Some(effort_days);
    study.lead_days = Some(lead_days);
    let formula = Text::new(
        "étude, due même sans faisabilité",
        "study, due even if infeasible",
    );
    draft.ticket().price = Some(Price {
        base: tokens,
        surcharge: Tokens(0),
        formula,
    });
    draft.it.record.tokens.insert("estimated", tokens.0);
    finish_task(draft, Phase::Orient, json!({ "outcome": "study" }))?;
    draft.advance()
}

/// S28–S30: feasible or not, with reasons; feasible ones come with priced changes, each ordered
/// separately by the client.
pub(super) fn conclude(
    draft: &mut Draft<'_>,
    feasible: bool,
    justification: &str,
    items: &[Item],
    entries: &[Option<Entry>],
) -> Result<(), Refusal> {
    let staff = [Right::Steer, Right::Operate];
    if !staff.iter().any(|it| entitled(draft.facts, *it).is_ok()) {
        return Err(Refusal::NotEntitled);
    }
    let justification = text("justification", justification)?;
    if feasible == items.is_empty() || items.len() > MOST_LINES || items.len() != entries.len() {
        return Err(Refusal::OutOfRange { field: "items" });
    }
    let facts = draft.facts;
    let requester = facts
        .people
        .iter()
        .find(|it| it.id == draft.it.ticket.requester)
        .ok_or(Refusal::NotFound)?;
    for (nth, (item, entry)) in items.iter().zip(entries).enumerate() {
        let nth = i64::try_from(nth).unwrap_or(i64::MAX);
        let made = match entry {
            Some(entry) => {
                let empty = Map::new();
                let answers = item.answers.as_object().unwrap_or(&empty);
                let name = super::order::reference(facts, nth);
                let checked = check(entry, answers, requester, &name, facts)?;
                offered_child(draft, nth, entry, checked)?
            }
            None => bespoke_child(draft, nth, item)?,
        };
        draft.it.children.push(made);
    }
    draft.say("justification", justification.clone());
    draft.say("feasible", feasible.to_string());
    let now = draft.now();
    let by = facts.actor.person().map(|it| it.id);
    let studying = |it: &crate::ticket::Task| it.node.phase == Phase::Study && !it.status.is_over();
    draft.it.ticket.tasks.change_those(studying, |task| {
        task.by = by;
        task.receipt = Some(json!({ "feasible": feasible }));
        task.rest(Status::Done, now);
    });
    let study = file(draft)?;
    study.feasible = Some(feasible);
    study.justification = Some(justification.clone());
    study.items = items.to_vec();
    draft.it.ticket.cause = Some(justification);
    draft.close(if feasible {
        Ending::Feasible
    } else {
        Ending::Infeasible
    });
    debug_assert_eq!(
        state::derive(&draft.it.ticket),
        crate::ticket::State::Closed
    );
    Ok(())
}
