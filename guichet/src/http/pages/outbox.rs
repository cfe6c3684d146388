//! The demonstration's mails, to be read where they stayed.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use super::{Portal, fail::Fail, page, visit::Visit};
use crate::{
    mail::{Kept, Rendered},
    pages::outbox::{MailPage, OutboxPage, Row},
};

/// A mail's own HTML: no script, nothing fetched, no form, and no origin of ours.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; \
    base-uri 'none'; sandbox allow-top-navigation-by-user-activation allow-popups";

fn row(mail: &Rendered) -> Row {
    Row {
        id: mail.id.clone(),
        to: format!("{} ({})", mail.to.name, mail.to.mail),
        subject: mail.subject.clone(),
        at: mail.date,
        reference: Some(mail.reference.clone()),
    }
}

/// Path and query of a link of ours, so that it leads to where this page was read from.
fn local(portal: &Portal, link: &str) -> String {
    let base = &portal.web.provider.base_url;
    link.strip_prefix(base.as_str()).unwrap_or(link).to_owned()
}

fn kept(portal: &Portal, id: &str) -> Result<Kept, Fail> {
    portal
        .web
        .outbox
        .as_ref()
        .and_then(|it| it.get(id))
        .ok_or(Fail::NotFound)
}

pub(super) async fn list(State(portal): State<Portal>, visit: Visit) -> Result<Response, Fail> {
    let all = portal
        .web
        .outbox
        .as_ref()
        .map(|it| it.list())
        .unwrap_or_default();
    let mails = all.iter().rev().map(|it| row(&it.mail)).collect();
    page(&OutboxPage {
        mails,
        ui: visit.ui,
    })
}

pub(super) async fn mail(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, Fail> {
    let Kept { mail, .. } = kept(&portal, &id)?;
    let view = MailPage {
        row: row(&mail),
        headers: mail.headers.clone(),
        text: mail.text.clone(),
        links: mail
            .link()
            .map(|it| local(&portal, it))
            .into_iter()
            .collect(),
        html: Some(format!("/outbox/{id}/html")),
        ui: visit.ui,
    };
    page(&view)
}

pub(super) async fn html(
    State(portal): State<Portal>,
    Path(id): Path<String>,
) -> Result<Response, Fail> {
    let policy = HeaderValue::from_static(MAIL_POLICY);
    let body = Html(kept(&portal, &id)?.mail.html);
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], body).into_response())
}
