//! The client's diary against the database: what was answered is there once, what was refused is
//! not there, and nothing is there that nobody sent.

use super::{Findings, get, number, rows};
use crate::diary::{Diary, Fate};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(super) async fn judge<C: ConnectionTrait>(db: &C, diary: &Diary, found: &mut Findings) {
    let mut persons = BTreeMap::new();
    for row in rows(db, "SELECT login, id FROM person").await {
        let id: Uuid = get::<String>(&row, "id").parse().expect("a name");
        persons.insert(get::<String>(&row, "login"), id);
    }
    let mut applied: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sql = "SELECT i.command, t.reference FROM inbox i
               LEFT JOIN ticket t ON t.client = i.client AND t.id = i.ticket";
    for row in rows(db, sql).await {
        let reference = get::<Option<String>>(&row, "reference").unwrap_or_default();
        applied
            .entry(get(&row, "command"))
            .or_default()
            .push(reference);
    }
    let mut sent = BTreeSet::new();
    let mut acked = BTreeMap::new();
    for it in diary.read() {
        // The name of a command: its sender, the path and the sender's key.
        let name = format!("api\0{}\0{}", it.path, it.key);
        let command = Uuid::new_v5(&persons[&it.login], name.as_bytes()).to_string();
        sent.insert(command.clone());
        let there = applied.get(&command).map_or(&[][..], Vec::as_slice);
        let told = format!("{} {} under {}", it.login, it.path, it.key);
        match it.fate {
            Fate::Sent => {}
            Fate::Refused if there.is_empty() => {}
            Fate::Refused => found.blame(format!("{told} was refused and is applied")),
            Fate::Acked if there == [it.reference.clone()] => {
                acked.insert(command, it);
            }
            Fate::Acked => found.blame(format!(
                "{told} was answered for {} and is there as {there:?}",
                it.reference
            )),
        }
    }
    for command in applied.keys().filter(|it| !sent.contains(*it)) {
        found.blame(format!("command {command} is applied and nobody sent it"));
    }
    // A command is one transition is one record: a command applied twice would show here.
    let by_persons = "SELECT count(*) FROM record WHERE person IS NOT NULL AND ticket IS NOT NULL";
    let by_persons = number(db, by_persons).await;
    if usize::try_from(by_persons) != Ok(applied.len()) {
        let commands = applied.len();
        found.blame(format!(
            "{commands} commands of persons left {by_persons} records"
        ));
    }
    orders(db, &acked.values().cloned().collect::<Vec<_>>(), found).await;
    found.look("acknowledged commands", acked.len());
    found.look("applied commands", applied.len());
}

/// Each acknowledged order is one ticket, each acknowledged decision one decision with that
/// verdict, each acknowledged step by hand is in the journal once.
async fn orders<C: ConnectionTrait>(db: &C, acked: &[crate::diary::Entry], found: &mut Findings) {
    let mut tickets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sql = "SELECT t.reference, o.body FROM ticket t
               JOIN ticket_order o ON o.client = t.client AND o.ticket = t.id";
    for row in rows(db, sql).await {
        let body: Value = serde_json::from_str(&get::<String>(&row, "body")).unwrap_or_default();
        let why = body["why"].as_str().unwrap_or_default().to_owned();
        tickets.entry(why).or_default().push(get(&row, "reference"));
    }
    let mut decisions: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let sql = "SELECT d.gate, d.verdict, p.login FROM decision d JOIN person p ON p.id = d.person";
    for row in rows(db, sql).await {
        let place = (get::<String>(&row, "gate"), get::<String>(&row, "login"));
        decisions
            .entry(place)
            .or_default()
            .push(get(&row, "verdict"));
    }
    for (why, made) in &tickets {
        if made.len() != 1 {
            found.blame(format!("order {why} made {made:?}"));
        }
    }
    let mut decided = 0;
    for it in acked {
        if it.path == "/api/v1/tickets" {
            let made = tickets.get(&it.key).map_or(&[][..], Vec::as_slice);
            if made != [it.reference.clone()] {
                found.blame(format!(
                    "order {} was answered {} and is {made:?}",
                    it.key, it.reference
                ));
            }
        }
        let gate = it.path.strip_suffix("/decision");
        if let Some(gate) = gate.and_then(|it| it.rsplit('.').next()) {
            decided += 1;
            let said = decisions.get(&(gate.to_owned(), it.login.clone()));
            let wanted = it.body["decision"].as_str().unwrap_or_default();
            if said.is_none_or(|it| *it != [wanted]) {
                found.blame(format!(
                    "{} answered {wanted} to {gate}, kept is {said:?}",
                    it.login
                ));
            }
        }
    }
    found.look("acknowledged decisions", decided);
}
