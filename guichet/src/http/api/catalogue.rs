//! `/catalogue` and `/quotes`: what can be ordered, and its price.

use super::{
    super::{Web, problem::Problem},
    auth::Signed,
    body::Sent,
    views::{
        catalogue::{Item, Line},
        quote::Quote,
    },
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use catalogue::{Entry, Speed};
use engine::ticket::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use workflows::draw;

/// Words to look for.
#[derive(Deserialize)]
pub(super) struct Words {
    q: Option<String>,
}

pub(super) async fn items(
    State(web): State<Web>,
    _: Signed,
    Query(words): Query<Words>,
) -> Json<Vec<Item>> {
    let desk = &web.desk;
    let item = |it: &Entry| Item::of(it, &desk.workflows, &desk.registry);
    Json(match words.q.filter(|it| !it.trim().is_empty()) {
        Some(q) => desk.catalogue.search(&q).into_iter().map(item).collect(),
        None => desk.catalogue.iter().map(item).collect(),
    })
}

fn entry<'w>(web: &'w Web, key: &str) -> Result<&'w Entry, Problem> {
    let found = web.desk.catalogue.get(key);
    found.ok_or_else(|| Refusal::UnknownLine(key.to_owned()).into())
}

pub(super) async fn item(
    State(web): State<Web>,
    signed: Signed,
    Path(key): Path<String>,
) -> Result<Json<Line>, Problem> {
    let desk = &web.desk;
    let entry = entry(&web, &key)?;
    Ok(Json(Line::of(
        entry,
        &desk.workflows,
        &desk.registry,
        signed.lang,
    )))
}

/// How to draw.
#[derive(Deserialize)]
pub(super) struct Drawn {
    format: Option<String>,
}

impl Drawn {
    /// The drawing in the format asked for: `svg`, `mermaid`, or JSON.
    pub(super) fn answer(&self, nodes: &[draw::DrawNode], lang: catalogue::Lang) -> Response {
        match self.format.as_deref() {
            Some("svg") => (
                [(header::CONTENT_TYPE, "image/svg+xml")],
                draw::svg(nodes, lang),
            )
                .into_response(),
            Some("mermaid") => draw::mermaid(nodes).into_response(),
            Some("text") => draw::text(nodes).into_response(),
            _ => Json(nodes).into_response(),
        }
    }
}

pub(super) async fn graph(
    State(web): State<Web>,
    signed: Signed,
    Path(key): Path<String>,
    Query(drawn): Query<Drawn>,
) -> Result<Response, Problem> {
    let entry = entry(&web, &key)?;
    let flow = web
        .desk
        .workflows
        .get(&entry.workflow)
        .ok_or_else(Problem::not_found)?;
    Ok(drawn.answer(&flow.draw_nodes(signed.lang), signed.lang))
}

/// A price asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuoteBody {
    line: String,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    accelerated: bool,
    contract: Option<String>,
}

/// A price, and what would be left under the contract that was named.
#[derive(Serialize)]
pub(super) struct QuoteAnswer {
    #[serde(flatten)]
    quote: Quote,
    available: Option<u32>,
    available_after: Option<u32>,
    accelerated_left: Option<usize>,
}

/// No side effect, hence no key.
pub(super) async fn quote(
    State(web): State<Web>,
    signed: Signed,
    Sent(body): Sent<QuoteBody>,
) -> Result<Json<QuoteAnswer>, Problem> {
    let entry = entry(&web, &body.line)?;
    let speed = if body.accelerated {
        Speed::Accelerated
    } else {
        Speed::Normal
    };
    let quote = Quote::of(entry, &body.values, speed, signed.lang)?;
    let mut answer = QuoteAnswer {
        quote,
        available: None,
        available_after: None,
        accelerated_left: None,
    };
    if let Some(code) = &body.contract {
        let contract = web.desk.contract(code, Some(&signed.person)).await?;
        let standing = web
            .desk
            .standing(&contract.ok_or_else(Problem::not_found)?)
            .await?;
        let available = standing.available(web.desk.clock.now());
        answer.available = Some(available);
        answer.available_after = answer.quote.tokens.map(|it| available.saturating_sub(it));
        let taken = standing.slots.len();
        answer.accelerated_left = Some(usize::from(engine::quota::PER_YEAR).saturating_sub(taken));
    }
    Ok(Json(answer))
}
