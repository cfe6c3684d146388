//! Tickets, tasks, gates, slots and letters against what the journal says happened.

use super::{
    Book,
    journal::{Replay, pseudonyms},
    reach,
};
use crate::store::{
    StoreError,
    entity::{decision, gate, gate_barred, notice, slot, task, ticket},
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

pub(super) async fn check(
    db: &DatabaseTransaction,
    client: &str,
    book: &mut Book,
    replay: &mut Replay,
) -> Result<(), StoreError> {
    let all = ticket::Entity::find()
        .filter(ticket::Column::Client.eq(client))
        .all(db)
        .await?;
    book.saw("tickets", all.len());
    for it in &all {
        let trail = replay.tickets.get(&it.id);
        let (records, to) = trail.map_or((0, ""), |it| (it.records, &it.to));
        let named = trail.is_none_or(|trail| trail.reference == it.reference);
        if records != it.version || to != it.state || !named {
            let (name, version, state) = (&it.reference, it.version, &it.state);
            book.note(
                "tickets",
                client,
                format!(
                    "{name}\u{a0}: version {version} «\u{a0}{state}\u{a0}»\u{a0}; au journal \
                     {records} «\u{a0}{to}\u{a0}»"
                ),
                format!("{name}: version {version} “{state}”; on record {records} “{to}”"),
            );
        }
    }
    let known: HashMap<&str, &ticket::Model> = all.iter().map(|it| (it.id.as_str(), it)).collect();
    for (id, trail) in &replay.tickets {
        if !known.contains_key(id.as_str()) {
            let name = &trail.reference;
            book.note(
                "tickets",
                client,
                format!("{name} est au journal et n’existe plus"),
                format!("{name} is on record and no longer exists"),
            );
        }
    }
    tasks(db, client, book, replay).await?;
    gates(db, client, &known, book, replay).await?;
    slots(db, client, &known, book).await?;
    letters(db, client, &known, book, replay.size).await
}

/// A fence is never lowered (R2), and no task outlives its ticket.
async fn tasks(
    db: &DatabaseTransaction,
    client: &str,
    book: &mut Book,
    replay: &Replay,
) -> Result<(), StoreError> {
    use task::Column as C;
    let all: Vec<(String, String, i64)> = task::Entity::find()
        .select_only()
        .columns([C::Ticket, C::Name, C::Fence])
        .filter(reach::tickets(client, C::Client, C::Ticket))
        .into_tuple()
        .all(db)
        .await?;
    book.saw("tasks", all.len());
    for (ticket, name, fence) in all {
        let trail = replay.tickets.get(&ticket);
        let highest = trail.and_then(|it| it.fences.get(&name)).copied();
        if trail.is_none() || highest.is_some_and(|it| it > fence) {
            let about = trail.map_or(ticket.as_str(), |it| it.reference.as_str());
            let highest = highest.unwrap_or_default();
            book.note(
                "tasks",
                client,
                format!("{about}, {name}\u{a0}: barrière {fence}, {highest} au journal"),
                format!("{about}, {name}: fence {fence}, {highest} on record"),
            );
        }
    }
    Ok(())
}

/// Every decision is on record once, by a person who may, about what the gate was about.
async fn gates(
    db: &DatabaseTransaction,
    client: &str,
    known: &HashMap<&str, &ticket::Model>,
    book: &mut Book,
    replay: &mut Replay,
) -> Result<(), StoreError> {
    let all = gate::Entity::find()
        .filter(reach::tickets(
            client,
            gate::Column::Client,
            gate::Column::Ticket,
        ))
        .all(db)
        .await?;
    book.saw("gates", all.len());
    let all: HashMap<String, gate::Model> = all.into_iter().map(|it| (it.id.clone(), it)).collect();
    use gate_barred::Column as B;
    let barred: HashSet<(String, String)> = gate_barred::Entity::find()
        .filter(reach::gates(client, B::Client, B::Gate))
        .all(db)
        .await?
        .into_iter()
        .map(|it| (it.gate, it.person))
        .collect();
    use decision::Column as D;
    let pseudonyms = pseudonyms(db, client).await?;
    let decisions = decision::Entity::find()
        .filter(reach::gates(client, D::Client, D::Gate))
        .all(db)
        .await?;
    let mut approvals: HashMap<&str, i32> = HashMap::new();
    let mut rejected: HashSet<&str> = HashSet::new();
    for it in &decisions {
        let Some(gate) = all.get(&it.gate) else {
            continue;
        };
        if it.verdict == "approve" {
            *approvals.entry(gate.id.as_str()).or_default() += 1;
        } else {
            rejected.insert(&gate.id);
        }
        let reference = known
            .get(gate.ticket.as_str())
            .map_or_else(|| gate.ticket.clone(), |it| it.reference.clone());
        let who = pseudonyms.get(&it.person).cloned().unwrap_or_default();
        let said = (
            reference.clone(),
            gate.task.clone(),
            it.digest.clone(),
            format!("p:{who}"),
            it.via.clone(),
        );
        let times = replay.decided.entry(said).or_default();
        *times -= 1;
        let off = barred.contains(&(it.gate.clone(), it.person.clone()));
        if *times < 0 || off || it.digest != gate.digest {
            let task = &gate.task;
            book.note(
                "gates",
                client,
                format!("{reference}, {task}\u{a0}: décision absente du journal ou interdite"),
                format!("{reference}, {task}: decision not on record, or barred"),
            );
        }
    }
    let missing = replay.decided.iter().filter(|it| *it.1 > 0);
    for ((reference, task, ..), _) in missing {
        book.note(
            "gates",
            client,
            format!("{reference}, {task}\u{a0}: décision au journal sans ligne"),
            format!("{reference}, {task}: decision on record without a row"),
        );
    }
    for gate in all.values() {
        let closed = known
            .get(gate.ticket.as_str())
            .is_none_or(|it| it.state == "closed");
        let open = gate.state == "open";
        let short = gate.state == "approved"
            && approvals.get(gate.id.as_str()).copied().unwrap_or_default() < gate.quorum;
        let turned = (gate.state == "rejected") != rejected.contains(gate.id.as_str());
        if open && closed || short || turned {
            let (task, state) = (&gate.task, &gate.state);
            let about = known
                .get(gate.ticket.as_str())
                .map_or(gate.ticket.as_str(), |it| it.reference.as_str());
            book.note(
                "gates",
                client,
                format!("{about}, {task}\u{a0}: «\u{a0}{state}\u{a0}» ne peut pas être"),
                format!("{about}, {task}: “{state}” cannot be"),
            );
        }
    }
    Ok(())
}

/// A slot belongs to the ticket that says so, and an open ticket that says so has it.
async fn slots(
    db: &DatabaseTransaction,
    client: &str,
    known: &HashMap<&str, &ticket::Model>,
    book: &mut Book,
) -> Result<(), StoreError> {
    let all = slot::Entity::find()
        .filter(slot::Column::Client.eq(client))
        .all(db)
        .await?;
    book.saw("slots", all.len());
    let claimed = |it: &ticket::Model| {
        let head: Value = serde_json::from_str(&it.head).unwrap_or_default();
        let year = head["slot"][0].as_str()?.to_owned();
        Some((year, head["slot"][1].as_i64()?))
    };
    let mut taken = HashSet::new();
    for it in &all {
        let holder = known.get(it.ticket.as_str());
        let says = holder.and_then(|it| claimed(it));
        let failed = holder.is_some_and(|it| it.ending.as_deref() == Some("failed"));
        taken.insert(it.ticket.as_str());
        if says != Some((it.year_from.clone(), i64::from(it.ordinal))) || failed {
            let (year, n) = (&it.year_from, it.ordinal);
            book.note(
                "slots",
                client,
                format!("accéléré {n} de {year}\u{a0}: sa demande n’en dit rien"),
                format!("accelerated {n} of {year}: its ticket does not say so"),
            );
        }
    }
    for it in known.values().filter(|it| it.state != "closed") {
        if claimed(it).is_some() && !taken.contains(it.id.as_str()) {
            let name = &it.reference;
            book.note(
                "slots",
                client,
                format!("{name} est accélérée et ne tient aucun des six"),
                format!("{name} is accelerated and holds none of the six"),
            );
        }
    }
    Ok(())
}

/// A letter is owed because of a record, about a ticket.
async fn letters(
    db: &DatabaseTransaction,
    client: &str,
    known: &HashMap<&str, &ticket::Model>,
    book: &mut Book,
    size: i64,
) -> Result<(), StoreError> {
    use notice::Column as C;
    let all: Vec<(i64, i32, String)> = notice::Entity::find()
        .select_only()
        .columns([C::Record, C::N, C::Ticket])
        .filter(C::Client.eq(client))
        .into_tuple()
        .all(db)
        .await?;
    book.saw("letters", all.len());
    for (record, n, ticket) in all {
        if record >= size || !known.contains_key(ticket.as_str()) {
            book.note(
                "letters",
                client,
                format!("courriel {record}/{n}\u{a0}: rien ne le demande"),
                format!("letter {record}/{n}: nothing asks for it"),
            );
        }
    }
    Ok(())
}
