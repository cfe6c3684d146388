//! `/me`, `/inbox`, `/audit/…` and `/messages`.

use super::{
    super::{Web, problem::Problem},
    auth::Signed,
    tickets::{odd, seen},
    views::{
        Page,
        ticket::WaitingView,
        trace::{self, MessageView},
    },
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use chrono::{DateTime, Utc};
use engine::{
    audit::{
        Search, Trace,
        proof::{Consistency, Inclusion},
    },
    people::Right,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whoever is signed in.
#[derive(Serialize)]
pub(super) struct Me {
    login: String,
    name: String,
    mail: String,
    client: Option<String>,
    rights: BTreeSet<Right>,
}

pub(super) async fn me(signed: Signed) -> Json<Me> {
    let it = signed.person;
    Json(Me {
        login: it.login,
        name: it.name,
        mail: it.mail,
        client: it.client,
        rights: it.rights,
    })
}

pub(super) async fn inbox(
    State(web): State<Web>,
    signed: Signed,
) -> Result<Json<Vec<WaitingView>>, Problem> {
    let waiting = web.desk.inbox(&signed.person).await?;
    Ok(Json(
        waiting
            .iter()
            .map(|it| WaitingView::of(it, signed.lang))
            .collect(),
    ))
}

/// Which records.
#[derive(Deserialize)]
pub(super) struct Which {
    client: Option<String>,
    ticket: Option<String>,
    person: Option<String>,
    cluster: Option<String>,
    kind: Option<String>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    after: Option<i64>,
    limit: Option<u64>,
}

pub(super) async fn events(
    State(web): State<Web>,
    signed: Signed,
    Query(which): Query<Which>,
) -> Result<Json<Page<Trace>>, Problem> {
    let client = signed.person.client.clone().or(which.client);
    if which.after.is_some() && client.is_none() {
        // Numbers count within one client's log.
        return Err(odd("after"));
    }
    let ticket = match &which.ticket {
        Some(it) => Some(seen(&web, &signed.person, it).await?.id),
        None => None,
    };
    let person = match &which.person {
        Some(it) => Some(
            web.desk
                .person(it)
                .await?
                .ok_or_else(Problem::not_found)?
                .id,
        ),
        None => None,
    };
    let size = which.limit.unwrap_or(100).clamp(1, 1_000);
    let search = Search {
        client: client.clone(),
        ticket,
        person,
        cluster: which.cluster,
        kind: which.kind,
        from: which.from,
        until: which.until,
        before: which.after,
        limit: size + 1,
    };
    let mut data = web.desk.records(&search).await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = data.len() > size;
    data.truncate(size);
    let last = data.last().filter(|_| has_more && client.is_some());
    let next_cursor = last.map(|it| it.seq.to_string());
    Ok(Json(Page {
        data,
        has_more,
        next_cursor,
    }))
}

/// Which tree.
#[derive(Deserialize)]
pub(super) struct Tree {
    client: Option<String>,
    from: Option<u64>,
    size: Option<u64>,
}

impl Tree {
    /// Whose journal: for people of a client their own, whatever they ask for.
    fn client(&self, signed: &Signed) -> Result<String, Problem> {
        let client = signed.person.client.clone();
        client
            .or_else(|| self.client.clone())
            .ok_or_else(|| odd("client"))
    }
}

pub(super) async fn inclusion(
    State(web): State<Web>,
    signed: Signed,
    Path(seq): Path<u64>,
    Query(of): Query<Tree>,
) -> Result<Json<Inclusion>, Problem> {
    let client = of.client(&signed)?;
    let proof = web.desk.inclusion(&client, seq, of.size).await?;
    proof.map(Json).ok_or_else(Problem::not_found)
}

pub(super) async fn consistency(
    State(web): State<Web>,
    signed: Signed,
    Query(of): Query<Tree>,
) -> Result<Json<Consistency>, Problem> {
    let client = of.client(&signed)?;
    let from = of.from.ok_or_else(|| odd("from"))?;
    let proof = web.desk.consistency(&client, from, of.size).await?;
    proof.map(Json).ok_or_else(Problem::not_found)
}

/// Which messages.
#[derive(Deserialize)]
pub(super) struct About {
    ticket: Option<String>,
    limit: Option<u64>,
}

pub(super) async fn messages(
    State(web): State<Web>,
    signed: Signed,
    Query(about): Query<About>,
) -> Result<Json<Vec<MessageView>>, Problem> {
    let ticket = match &about.ticket {
        Some(it) => Some(seen(&web, &signed.person, it).await?.id),
        None => None,
    };
    let client = signed.person.client.as_deref();
    let limit = about.limit.unwrap_or(100).clamp(1, 1_000);
    Ok(Json(
        trace::messages(&web.desk, client, ticket, limit).await?,
    ))
}
