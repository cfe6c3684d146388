//! Asking for what the catalogue does not have (S19).

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use engine::{
    desk::DeskError,
    ticket::{Command, Refusal, Study},
};

use super::{
    Portal,
    fail::Fail,
    go, page_as,
    posted::Posted,
    shop,
    visit::{Signed, query},
};
use crate::pages::{
    Ui,
    fields::{Fault, Faults, Field, Input, Line},
    order::StudyNewPage,
};

fn view(portal: &Portal, ui: Ui, posted: &Posted, refusal: Option<&Refusal>) -> StudyNewPage {
    let line = Input::Line(Line {
        size: 60,
        ..Line::text(posted.text("title"))
    });
    let area = Input::Area {
        value: posted.text("need"),
        rows: 8,
        code: false,
    };
    let fields = vec![
        Field::new(ui.words, "title", ui.t("study-title"), line),
        Field::new(ui.words, "need", ui.t("study-need-label"), area).hint(ui.t("study-need-hint")),
    ];
    let mut faults = Faults::none(ui.words);
    if let Some(refusal) = refusal {
        let id = match refusal {
            Refusal::BadText { field: "title" } => Some(fields[0].id()),
            Refusal::BadText { field: "need" } => Some(fields[1].id()),
            _ => None,
        };
        let text = refusal.sentence().get(ui.words.lang()).to_owned();
        faults.items.push(Fault {
            id,
            text,
            clause: refusal.clause().map(str::to_owned),
        });
    }
    let key = match posted.get("key") {
        Some(key) => key.to_owned(),
        None => portal.web.desk.ids.id().to_string(),
    };
    StudyNewPage {
        fields,
        faults,
        key,
        ui,
    }
}

pub(super) async fn form(
    State(portal): State<Portal>,
    uri: Uri,
    signed: Signed,
) -> Result<Response, Fail> {
    let mut posted = Posted::default();
    if let Some(need) = query(&uri, "need") {
        posted.0.push(("need".into(), super::sign::decoded(need)));
    }
    super::page(&view(&portal, signed.ui, &posted, None))
}

pub(super) async fn open(
    State(portal): State<Portal>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let contracts = shop::contracts(&portal, &signed.person).await?;
    let contract = contracts.first().ok_or(Refusal::NotEntitled)?;
    let (title, need) = (posted.text("title"), posted.text("need"));
    let command = Command::OpenStudy(Study {
        title,
        need,
        on_behalf_of: None,
    });
    let caller = signed.caller(posted.command()?);
    match portal
        .web
        .desk
        .create(&contract.client, &contract.code, command, caller)
        .await
    {
        Ok(ticket) => Ok(go(&format!("/tickets/{}?new=1", ticket.reference))),
        Err(DeskError::Refused(refusal)) => {
            let view = view(&portal, signed.ui, &posted, Some(&refusal));
            page_as(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Err(DeskError::Store(error)) => Err(error.into()),
    }
}
