//! Letters: each one owed is sent, and sent once, unless the answer to its text was lost; then the
//! second copy has the same Message-ID, so that the reader's program shows one.

use super::{Findings, get, rows};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) async fn judge<C: ConnectionTrait>(db: &C, taken: &[Value], found: &mut Findings) {
    let mut arrived: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for it in taken {
        let name = it["headers"]["Message-ID"].as_str().unwrap_or_default();
        let to = it["rcpt"][0].as_str().unwrap_or_default();
        arrived.entry(name.to_owned()).or_default().push(to);
    }
    let sql = "SELECT n.record, n.n, n.state, n.attempts, n.answer, t.reference, p.mail
               FROM notice n JOIN ticket t ON t.client = n.client AND t.id = n.ticket
               JOIN person p ON p.id = n.person";
    let (mut owed, mut twice) = (0, 0);
    for row in rows(db, sql).await {
        owed += 1;
        let (record, n): (i64, i32) = (get(&row, "record"), get(&row, "n"));
        let (reference, mail): (String, String) = (get(&row, "reference"), get(&row, "mail"));
        let state: String = get(&row, "state");
        let attempts: i32 = get(&row, "attempts");
        let number = record * 100 + i64::from(n);
        let name = format!("<{reference}.{number}@faults.example>");
        let copies = arrived.remove(&name).unwrap_or_default();
        if state != "sent" {
            let answer: Option<String> = get(&row, "answer");
            found.blame(format!(
                "letter {name} is {state} after {attempts} tries: {answer:?}"
            ));
        }
        if copies.is_empty() && state == "sent" {
            found.blame(format!(
                "letter {name} is said to be sent and never arrived"
            ));
        }
        if copies.iter().any(|it| *it != mail) {
            found.blame(format!("letter {name} for {mail} went to {copies:?}"));
        }
        // Each copy beyond the first needs a try that lost its process or its answer.
        if copies.len() > usize::try_from(attempts).unwrap_or_default() {
            found.blame(format!(
                "{} copies of {name} in {attempts} tries",
                copies.len()
            ));
        }
        twice += copies.len().saturating_sub(1);
    }
    for name in arrived.keys() {
        found.blame(format!("letter {name} arrived and nobody owes it"));
    }
    found.look("letters owed", owed);
    found.look("second copies", twice);
}
